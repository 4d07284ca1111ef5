"""What decisions of a span of time come to: counted once as they were made and once as another policy makes them."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Final

from headrace.audit.transit import BROUGHT
from schemas.records import Decision
from schemas.topics import SUSPENSE_PREFIX

DAY_MS: Final = 86_400_000
# Nothing of these is of any account's business.
OF_SHARDS: Final = frozenset(("policy_in_force",))
CLEARING: Final = frozenset(("cash_applied", "credit_allocated"))
POSTING: Final = frozenset(("invoice_released", "item_posted"))
# Orders of the directory, which is no person.
DIRECTORY: Final = "headrace.directory"

Document = tuple[str, str]
Mark = tuple[str, ...]


@dataclass(slots=True)
class Side:
    """One of the two: as it was, or as it would have been. Accounts are tenant/entity/account; days since 1970-01-01.

    kinds: count and minor units by kind and currency; rules: count by kind and rule; levels: reminders by level;
    released: day, amount, currency; held: documents that were ever held; cleared: day, amount, currency;
    by_hand: receipts that a person worked on; booked: receipts of customers' accounts; left: what of each is unapplied;
    brought: of each that came from another account the transfer that brought it;
    balances: open debits and unapplied money after the last decision, by account and currency.
    """

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    released: dict[Document, tuple[int, int, str]] = field(default_factory=dict)
    held: dict[Document, tuple[int, int, str]] = field(default_factory=dict)
    cleared: dict[Document, tuple[int, int, str]] = field(default_factory=dict)
    booked: set[Document] = field(default_factory=set)
    left: dict[Document, int] = field(default_factory=dict)
    brought: dict[Document, str] = field(default_factory=dict)
    by_hand: set[Document] = field(default_factory=set)
    balances: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    by_account: dict[str, Counter[str]] = field(default_factory=dict)

    def take(self, d: Decision, by_person: bool) -> None:
        """Count one decision of the span. `by_person`: a person ordered what it says."""
        if d.kind in OF_SHARDS or not d.account_id:
            return
        account, day = account_of(d), d.recorded_time // DAY_MS
        pair = (d.kind, d.currency)
        self.kinds[pair] += 1
        self.amounts[pair] += d.amount
        self.rules[d.kind, d.rule] += 1
        self.by_account.setdefault(account, Counter())[d.kind] += 1
        if d.currency:
            self.balances[account, d.currency] = (d.open_debit, d.unapplied)
        document = (account, d.document)
        if d.kind == "reminder_due":
            self.levels[d.level] += 1
        elif d.kind == "invoice_released":
            self.released[document] = (day, d.amount, d.currency)
        elif d.kind == "invoice_held":
            self.held.setdefault(document, (day, d.amount, d.currency))
        elif d.kind in CLEARING and d.item_open == 0:
            self.cleared[document] = (day, d.item_amount, d.currency)
        elif d.kind in ("application_reversed", "cash_unapplied"):
            self.cleared.pop(document, None)
        if d.receipt_id and not d.account_id.startswith(SUSPENSE_PREFIX):
            # As kpi_cash_application: a receipt counts in the account that it is identified for, and not where it waited.
            self._money(d, (account, d.receipt_id), by_person)

    def _money(self, d: Decision, receipt: Document, by_person: bool) -> None:
        if d.kind == "receipt_booked":
            self.booked.add(receipt)
            self.left[receipt] = d.amount
            if d.cause_id.startswith(BROUGHT):
                self.brought[receipt] = d.cause_id
        elif d.kind in ("cash_applied", "cash_unapplied", "application_reversed", "receipt_reversed"):
            self.left[receipt] = d.receipt_unapplied
        if by_person:
            self.by_hand.add(receipt)

    def straight_through(self, sent: Container[str]) -> int:
        """Receipts that were cleared in full with no person; `sent`: the transfers that a person ordered."""
        return sum(
            not self.left[receipt] and receipt not in self.by_hand and self.brought.get(receipt) not in sent
            for receipt in self.booked
        )

    def add(self, other: "Side") -> None:
        """Take in what another shard has."""
        self.kinds.update(other.kinds)
        self.amounts.update(other.amounts)
        self.rules.update(other.rules)
        self.levels.update(other.levels)
        self.booked |= other.booked
        self.by_hand |= other.by_hand
        for mine, theirs in (
            (self.released, other.released),
            (self.held, other.held),
            (self.cleared, other.cleared),
            (self.left, other.left),
            (self.brought, other.brought),
            (self.balances, other.balances),
            (self.by_account, other.by_account),
        ):
            mine.update(theirs)  # type: ignore[arg-type]


@dataclass(slots=True)
class Outcome:
    """What a span came to on both sides. dated: document dates of items; different: by account, decisions that only one
    side has; facts: of the span, by kind; orders: ids of what people ordered, one that every shard has once; sent: of the
    transfers in the log those that a person ordered."""

    was: Side = field(default_factory=Side)
    would: Side = field(default_factory=Side)
    dated: dict[Document, int] = field(default_factory=dict)
    different: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    replaced: set[int] = field(default_factory=set)
    rules_versions: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    orders_refused: set[str] = field(default_factory=set)
    orders_refused_then: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    transfers_differ: int = 0
    parked: int = 0
    decisions: int = 0

    def add(self, other: "Outcome") -> None:
        """Take in what another shard came to."""
        self.was.add(other.was)
        self.would.add(other.would)
        self.dated.update(other.dated)
        self.different.update(other.different)
        self.facts.update(other.facts)
        self.replaced |= other.replaced
        self.rules_versions |= other.rules_versions
        self.orders |= other.orders
        self.orders_refused |= other.orders_refused
        self.orders_refused_then |= other.orders_refused_then
        self.sent |= other.sent
        for name in ("transfers_differ", "parked", "decisions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def account_of(d: Decision) -> str:
    return f"{d.tenant}/{d.entity}/{d.account_id}"


def mark(d: Decision) -> Mark:
    """What makes two decisions the same for a person: all that they say, but for numbers, versions and balances."""
    return (
        account_of(d),
        d.kind,
        d.rule,
        d.currency,
        str(d.amount),
        d.document,
        d.receipt_id,
        d.reference_id,
        str(d.level),
        str(d.recorded_time // DAY_MS),
        *d.reasons,
    )


class Differing:
    """Counts decisions that only one side has. Both sides' decisions of one day are held against each other."""

    def __init__(self) -> None:
        self._pending: Counter[Mark] = Counter()

    def was(self, decisions: Iterable[Decision]) -> None:
        self._pending.subtract(mark(d) for d in decisions if d.kind not in OF_SHARDS)

    def would(self, decisions: Iterable[Decision]) -> None:
        self._pending.update(mark(d) for d in decisions if d.kind not in OF_SHARDS)

    def close(self, different: Counter[str]) -> int:
        """Add what is left over to the accounts' counts; how many transfers of money are among it."""
        transfers = 0
        for key, count in self._pending.items():
            if count:
                different[key[0]] += abs(count)
                transfers += abs(count) if key[1] == "cash_transferred" else 0
        self._pending.clear()
        return transfers

    def shed(self) -> None:
        """Forget what is even."""
        self._pending = Counter({key: count for key, count in self._pending.items() if count})
