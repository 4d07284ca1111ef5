"""kpi_queues, kpi_exceptions: what waited for a person, from when it began to when it ended."""

from dataclasses import dataclass
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import ANSWERS, Basis, minutes, shown
from headrace.audit.kpi.invoices import draft_of
from headrace.audit.kpi.reading import DAY_MS
from headrace.audit.kpi.stocks import Stock, total
from headrace.audit.kpi.tables import Rows, Table, Value, per
from schemas.records import Decision

_AGES: Final = (("age_0_1", 0, 1), ("age_2_5", 2, 5), ("age_6_10", 6, 10), ("age_11", 11, 10**6))
SLA: Final = "exceptions.sla"
PROPOSAL: Final = "proposal:"
# Decisions that may name an owner, by what they are about; assigned and escalated say that themselves.
_NAMES: Final = {
    "exception_raised": "exception",
    "cash_proposed": "proposal",
    "task_opened": "task",
    "invoice_held": "draft",
    "dispute_routed": "dispute",
    "dispute_closed": "dispute",
    "approval_requested": "approval",
    "approval_delegated": "approval",
}
_MOVES: Final = frozenset(
    ("receipt_booked", "cash_applied", "cash_unapplied", "receipt_reversed", "cash_exchanged", "cash_on_account")
)


@dataclass(slots=True)
class Entry:
    """Something that waits, or waited. end: None while it does; owner: the last that was named for the thing."""

    queue: str
    begin: Decision
    amount: int
    owner: str
    end: Decision | None = None

    @property
    def in_time(self) -> bool:
        deadline = self.begin.deadline
        return self.end is not None and (not deadline or self.end.event_time <= deadline)


Thing = tuple[str, str, str]
"""Queue, account and id."""


def _about(d: Decision) -> Thing | None:
    """What waits, where the decision may say who has it."""
    queue, name = _NAMES.get(d.kind, ""), d.reference_id
    if d.kind in ("assigned", "escalated"):
        if d.reference_id.startswith(PROPOSAL):
            queue, name = "proposal", d.reference_id.removeprefix(PROPOSAL)
        elif d.kind == "assigned":
            queue = d.category
        else:
            queue = {"disputes": "dispute", "collections": "task"}.get(d.rule.partition(".")[0], "exception")
    elif d.kind == "cash_proposed":
        name = d.receipt_id
    elif d.kind == "invoice_held":
        name = draft_of(d)
    return (queue, account_of(d), name) if queue else None


def _owners(basis: Basis) -> dict[Thing, str]:
    """The last owner of each thing that is not empty, whenever it was named."""
    found: dict[Thing, str] = {}
    for d in basis.decisions:
        thing = _about(d)
        if thing is not None and d.owner:
            found[thing] = d.owner
    return found


class _Waiting:
    """The entries of one queue; a thing waits at most once at a time. `rule` tells things of one name apart."""

    def __init__(self, queue: str, owners: dict[Thing, str]) -> None:
        self.entries: Final[list[Entry]] = []
        self._queue: Final = queue
        self._owners: Final = owners
        self._open: Final[dict[tuple[str, str, str], Entry]] = {}

    def begin(self, d: Decision, name: str, rule: str = "") -> None:
        account = account_of(d)
        if (account, name, rule) not in self._open:
            owner = self._owners.get((self._queue, account, name), "")
            entry = self._open[account, name, rule] = Entry(self._queue, d, d.amount, owner)
            self.entries.append(entry)

    def end(self, d: Decision, name: str, rule: str = "") -> None:
        entry = self._open.pop((account_of(d), name, rule), None)
        if entry is not None:
            entry.end = d


def exceptions(basis: Basis) -> list[Entry]:
    """By reference and rule."""
    waiting = _Waiting("exception", _owners(basis))
    for d in basis.decisions:
        if d.kind == "exception_raised" and not d.reference_id.startswith(PROPOSAL):
            waiting.begin(d, d.reference_id, d.rule)
        elif d.kind == "exception_closed":
            waiting.end(d, d.reference_id, d.rule)
    return waiting.entries


def proposals(basis: Basis) -> list[Entry]:
    """By receipt; what is kept for its order waits for nobody."""
    waiting = _Waiting("proposal", _owners(basis))
    for d in basis.decisions:
        if d.kind == "cash_proposed":
            if not (len(d.reasons) == 1 and d.reasons[0].startswith("prepayment:")):
                waiting.begin(d, d.receipt_id)
        elif d.kind == "exception_closed" and d.reference_id.startswith(PROPOSAL):
            waiting.end(d, d.reference_id.removeprefix(PROPOSAL))
        elif not d.receipt_unapplied and _moves(d):
            waiting.end(d, d.receipt_id)
    return waiting.entries


def _moves(d: Decision) -> bool:
    """Whether it moves unapplied cash of a receipt."""
    if d.kind in ("refund_posted", "write_off_posted"):
        return d.receipt_id != "" and not d.document
    return d.kind in _MOVES or (d.kind == "cash_transferred" and d.rule == "transfer.out")


def tasks(basis: Basis) -> list[Entry]:
    """By reference."""
    waiting = _Waiting("task", _owners(basis))
    for d in basis.decisions:
        if d.kind == "task_opened":
            waiting.begin(d, d.reference_id)
        elif d.kind == "task_closed":
            waiting.end(d, d.reference_id)
    return waiting.entries


def requests(basis: Basis) -> list[Entry]:
    """By reference: each request for approval until it is answered."""
    waiting = _Waiting("approval", _owners(basis))
    for d in basis.decisions:
        if d.kind == "approval_requested":
            waiting.begin(d, d.reference_id)
        elif d.kind in ANSWERS:
            waiting.end(d, d.reference_id)
    return waiting.entries


def disputes(basis: Basis) -> list[Entry]:
    """By dispute, with the amount that it was said to have last."""
    owners = _owners(basis)
    return [
        Entry("dispute", opened, last.amount, owners.get(("dispute", *name), ""), closed)
        for name, (opened, last, closed) in basis.disputes().items()
    ]


def drafts(basis: Basis) -> list[Entry]:
    """By draft, from the first hold to the last decision that ended it."""
    owners = _owners(basis)
    found: dict[tuple[str, str], Entry] = {}
    for d in basis.decisions:
        name = account_of(d), draft_of(d)
        if d.kind == "invoice_held":
            found.setdefault(name, Entry("draft", d, d.amount, owners.get(("draft", *name), "")))
        elif d.kind in ("invoice_released", "invoice_withdrawn", "item_posted") and name in found:
            found[name].end = d
    return list(found.values())


def queues(basis: Basis) -> Rows:
    """kpi_queues."""
    stock = Stock(basis.last_day)
    for of in (exceptions, proposals, tasks, requests, disputes, drafts):
        for entry in of(basis):
            group, begin = (*basis.group(entry.begin, entry.owner), entry.queue), entry.begin.event_time // DAY_MS
            end = None if entry.end is None else entry.end.event_time // DAY_MS
            if end is not None and end <= begin:
                # It is open at the end of no day.
                continue
            for measure, amount in (("open", 1), ("open_minor", entry.amount)):
                stock.change(group, begin, measure, amount, begin)
                if end is not None:
                    stock.change(group, end, measure, -amount, begin)
    rows: Rows = {}
    for group, day, standing in stock.days():
        row: dict[str, Value] = {"open": total(standing, "open"), "open_minor": total(standing, "open_minor")}
        for name, low, high in _AGES:
            row[name] = sum(n for (what, since), n in standing.items() if what == "open" and low <= day - since <= high)
        rows[shown(day), *group] = row
    return rows


def exceptions_kpi(basis: Basis) -> Rows:
    """kpi_exceptions."""
    table = Table("raised", "closed", "closed_minutes", "in_time", "escalated")
    for entry in exceptions(basis):
        rule = entry.begin.rule
        table.add(basis.on_event(entry.begin, rule, owner=entry.owner), raised=1)
        if entry.end is not None:
            key = (shown(entry.end.event_time // DAY_MS), *basis.group(entry.begin, entry.owner), rule)
            table.add(key, closed=1, closed_minutes=minutes(entry.begin, entry.end), in_time=int(entry.in_time))
    for d in basis.of("escalated"):
        if d.rule == SLA:
            table.add(basis.on_event(d, d.rule, owner=d.owner), escalated=1)
    return table.flow(lambda row: {"in_time_bp": per(row["in_time"], row["closed"])})
