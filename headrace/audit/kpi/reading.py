"""What the figures are made of, read once as the audit walks the logs: postings by the books, facts, decisions.

Memory grows with everything that is in the logs: a batch has all of it at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headrace.audit.accounts import Account, Sums
from headrace.audit.books import Books
from headrace.audit.findings import Check
from headrace.audit.keep import Scratch
from headrace.audit.streams import Group
from schemas.codec import digest64
from schemas.records import AccountOwner, Customer, Decision, Fact

DAY_MS: Final = 86_400_000
COLLECTOR: Final = "collector"


@dataclass(frozen=True, slots=True)
class Posting:
    """What a decision moved, as the books make it: balances in its currency, and the open amounts of items by document.

    Amounts are minor units, above zero where they rise; `day` is its posting date, or the day of its event.
    """

    decision: Decision
    day: int
    debit: int
    credit: int
    unapplied: int
    on_account: int
    items: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Reading:
    """Everything that was read. Lists are in the order of shards and of their logs.

    `customers`: by tenant/entity/account the last fact about the customer; `collectors`: the last owner in that role.
    `known`: by shard, the sequence that its next decision will have; `facts`: the offset after the last fact; `named`: the
    offset of the last fact that says who an account is.
    """

    decisions: list[Decision] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)
    collectors: dict[str, str] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)
    facts: dict[int, int] = field(default_factory=dict)
    named: dict[int, int] = field(default_factory=dict)
    _events: set[tuple[int, int]] = field(default_factory=set)

    def take(self, shard: int, group: Group) -> None:
        """One fact with what was decided on it."""
        self.known.setdefault(shard, 0)
        if group.said:
            self.decisions += [entry.decision for entry in group.said]
            self.known[shard] = group.said[-1].decision.sequence + 1
        self.facts[shard] = group.offset + 1
        fact = group.fact
        if fact is None or (group.said and _rejects(group.said[0].decision, fact)):
            return
        # 64 bits of each event id: what came before is no news.
        event = shard, digest64(fact.event_id.encode())
        if event in self._events:
            return
        self._events.add(event)
        account = f"{fact.tenant}/{fact.entity}/{fact.account_id}"
        if isinstance(fact, Customer | AccountOwner):
            self.named[shard] = group.offset
        if isinstance(fact, Customer):
            self.customers[account] = fact
        elif isinstance(fact, AccountOwner) and fact.role == COLLECTOR:
            self.collectors[account] = fact.owner


def _rejects(d: Decision, fact: Fact) -> bool:
    return d.kind == "fact_rejected" and (d.cause_kind, d.cause_id) == (fact.kind, fact.event_id)


class WatchedBooks(Books):
    """Books that tell a reading what each decision moved."""

    def __init__(self, check: Check, scratch: Scratch, reading: Reading) -> None:
        super().__init__(check, scratch)
        self._reading: Final = reading

    def post(self, account: Account, d: Decision) -> None:
        documents = {d.document, d.counterparty} - {""}
        before = self._open(account, documents)
        sums = account.sums.get(d.currency, Sums()).balances()
        super().post(account, d)
        after = self._open(account, documents)
        here = account.sums.get(d.currency, Sums()).balances()
        items = tuple((name, after[name] - before[name]) for name in sorted(documents) if after[name] != before[name])
        if items or here != sums:
            debit, credit, unapplied, on_account = (a - b for a, b in zip(here, sums, strict=True))
            self._reading.postings.append(Posting(d, day_of(d), debit, credit, unapplied, on_account, items))

    def _open(self, account: Account, documents: set[str]) -> Mapping[str, int]:
        found = {name: self.item(account, name) for name in documents}
        return {name: 0 if item is None else item.open for name, item in found.items()}


def day_of(d: Decision) -> int:
    """The day on which it is in the books: its posting date, or the day of the event."""
    return d.posting_date if d.posting_date > 0 else d.event_time // DAY_MS
