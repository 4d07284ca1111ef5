"""All that was read, put in order once for every figure: decisions by kind, items with their movements, who is who."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.reading import DAY_MS, Posting, Reading, day_of
from headrace.audit.kpi.tables import Group, Key
from headrace.audit.policy import day_text
from headrace.audit.views import day_kept
from schemas.records import Decision

OPENING: Final = "posted.opening"
INVOICE: Final = "invoice"
CREDIT_NOTE: Final = "credit_note"
INTEREST: Final = "interest"
DEDUCTION: Final = "deduction"
UNDONE: Final = "reversed."
ANSWERS: Final = {
    "approval_given": "given",
    "approval_rejected": "rejected",
    "approval_expired": "expired",
    "approval_withdrawn": "withdrawn",
}
_RAISES: Final = ("invoice_released", "item_posted", "interest_charged", "deduction_opened")


@dataclass(slots=True)
class Item:
    """A document from when it was raised. Amounts are minor units; moves: (posted day, change of what is open, decision)."""

    raised: Decision
    kind: str
    day: int
    open: int = 0
    moves: list[tuple[int, int, Decision]] = field(default_factory=list)


class Basis:
    """What every figure is made of. `last_day`: the latest day on which anything was recorded."""

    def __init__(self, reading: Reading) -> None:
        self._reading: Final = reading
        self.decisions: Final = reading.decisions
        self.postings: Final = reading.postings
        self.last_day: Final = max((d.recorded_time // DAY_MS for d in reading.decisions), default=0)
        self._kinds: Final[dict[str, list[Decision]]] = defaultdict(list)
        for d in reading.decisions:
            self._kinds[d.kind].append(d)
        self.items: Final[dict[tuple[str, str], Item]] = {}
        # By shard and sequence of the decision: the item that it left with nothing open.
        self.cleared: Final[dict[tuple[int, int], Item]] = {}
        for posting in reading.postings:
            self._move(posting)

    def _move(self, posting: Posting) -> None:
        d = posting.decision
        for document, change in posting.items:
            item = self.items.get((account_of(d), document))
            if item is None:
                if document != d.document or not raises(d):
                    continue
                kind = DEDUCTION if d.kind == "deduction_opened" else d.item_kind
                item = self.items[account_of(d), document] = Item(d, kind, posting.day)
            item.moves.append((posting.day, change, d))
            item.open += change
            if document == d.document and change < 0 and not item.open:
                self.cleared[d.shard, d.sequence] = item

    def of(self, *kinds: str) -> Iterator[Decision]:
        """All decisions of these kinds, one kind after the other, each in the order of the logs."""
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def affiliate(self, d: Decision) -> bool:
        who = self._reading.customers.get(account_of(d))
        return who is not None and who.affiliate

    def item_of(self, d: Decision) -> Item | None:
        return self.items.get((account_of(d), d.document))

    def disputes(self) -> dict[tuple[str, str], tuple[Decision, Decision, Decision | None]]:
        """By account and dispute: the first and the last dispute_opened, and the last dispute_closed."""
        found: dict[tuple[str, str], tuple[Decision, Decision, Decision | None]] = {}
        for d in self.of("dispute_opened"):
            name = account_of(d), d.reference_id
            found[name] = (found[name][0] if name in found else d, d, None)
        for d in self.of("dispute_closed"):
            name = account_of(d), d.reference_id
            if name in found:
                found[name] = (*found[name][:2], d)
        return found

    def promises(self) -> dict[tuple[str, str], tuple[Decision, Decision]]:
        """By account and promise: its last promise_opened, and the last decision about it."""
        found: dict[tuple[str, str], tuple[Decision, Decision]] = {}
        for d in self.decisions:
            name = account_of(d), d.reference_id
            if d.kind == "promise_opened":
                found[name] = d, d
            elif d.kind.startswith("promise_") and name in found:
                found[name] = found[name][0], d
        return found

    # --- keys ---

    def group(self, d: Decision, owner: str | None = None, currency: str | None = None) -> Group:
        """The key of the decision's account without a day; `owner` and `currency` are others than the usual ones."""
        account = account_of(d)
        who = self._reading.customers.get(account)
        region, segment = ("", "") if who is None or d.account_id.startswith("~") else (who.region, who.segment)
        collector = self._reading.collectors.get(account, "")
        return (
            *(d.tenant, d.entity, region, segment, d.currency if currency is None else currency),
            collector if owner is None else owner,
        )

    def on_event(self, d: Decision, *also: int | str, owner: str | None = None) -> Key:
        """The key of its event day."""
        return (shown(d.event_time // DAY_MS), *self.group(d, owner), *also)

    def on_posted(self, d: Decision, *also: int | str, owner: str | None = None) -> Key:
        """The key of its posted day."""
        return (shown(day_of(d)), *self.group(d, owner), *also)


def shown(day: int) -> str:
    """A day as the views have it."""
    return day_text(day_kept(day))


def raises(d: Decision) -> bool:
    return d.kind in _RAISES and not d.rule.startswith(UNDONE)


def is_sale(d: Decision) -> bool:
    return d.kind == "invoice_released" or (d.kind == "item_posted" and d.rule != OPENING)


def by_person(d: Decision) -> bool:
    """A person's action or approval led to it; not what headrace's own directory found."""
    return d.cause_kind in ("operator_action", "approval") and not d.cause_id.startswith("identify:")


def said(d: Decision, name: str) -> str:
    """The text behind `name:` in its evidence; empty where it is not said."""
    start = f"{name}:"
    return next((text[len(start) :] for text in d.evidence if text.startswith(start)), "")


def said_number(d: Decision, name: str) -> int:
    return int(said(d, name) or 0)


def minutes(first: Decision, last: Decision) -> int:
    """Whole minutes from the event of the one to that of the other; 0 where that was before it."""
    return max(0, last.event_time - first.event_time) // 60_000


def customers(d: Decision) -> bool:
    """Whether it is of a customer's account: no suspense account, no group's."""
    return not d.account_id.startswith("~")
