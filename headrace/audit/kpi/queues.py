"""kpi_queues, kpi_exceptions: what waited for a person, from when it began to when it ended."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from headrace.audit.books import ABOUT_A_RECEIPT
from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import ANSWERS, Basis, minutes, shown
from headrace.audit.kpi.contacts import last_said
from headrace.audit.kpi.invoices import draft_of
from headrace.audit.kpi.reading import DAY_MS
from headrace.audit.kpi.stocks import Stock, total
from headrace.audit.kpi.tables import Rows, Table, Value, per
from schemas.records import Decision

_AGES: Final = (("age_0_1", 0, 1), ("age_2_5", 2, 5), ("age_6_10", 6, 10), ("age_11", 11, 10**6))
SLA: Final = "exceptions.sla"


@dataclass(slots=True)
class Entry:
    """Something that waits, or waited. end: None while it does; owner: the last that was named; last: of its deadlines."""

    queue: str
    begin: Decision
    amount: int
    owner: str
    deadline: int
    end: Decision | None = None

    @property
    def in_time(self) -> bool:
        return self.end is not None and (not self.deadline or self.end.event_time <= self.deadline)


class _Waiting:
    """The entries of one queue; a thing waits at most once at a time. Things are named by account and id."""

    def __init__(self, queue: str) -> None:
        self.entries: Final[list[Entry]] = []
        self._queue: Final = queue
        self._open: Final[dict[tuple[str, ...], Entry]] = {}

    def begin(self, name: tuple[str, ...], d: Decision) -> None:
        if name not in self._open:
            entry = self._open[name] = Entry(self._queue, d, d.amount, "", d.deadline)
            self.entries.append(entry)
        self.about(name, d)

    def about(self, name: tuple[str, ...], d: Decision) -> None:
        """A decision about it may name another owner."""
        entry = self._open.get(name)
        if entry is not None:
            entry.owner = d.owner or entry.owner

    def end(self, name: tuple[str, ...], d: Decision) -> None:
        self.about(name, d)
        entry = self._open.pop(name, None)
        if entry is not None:
            entry.end = d


def exceptions(basis: Basis) -> list[Entry]:
    """By reference and rule. Who it was given to, and to whom it went on, says the reference alone."""
    waiting = _Waiting("exception")
    rules: dict[tuple[str, str], set[str]] = defaultdict(set)
    for d in basis.decisions:
        name = account_of(d), d.reference_id
        if d.kind == "exception_raised":
            rules[name].add(d.rule)
            waiting.begin((*name, d.rule), d)
        elif d.kind == "exception_closed":
            waiting.end((*name, d.rule), d)
        elif (d.kind == "assigned" and d.category == "exception") or d.rule == SLA:
            for rule in rules[name]:
                waiting.about((*name, rule), d)
    return waiting.entries


def proposals(basis: Basis) -> list[Entry]:
    """By receipt; what is kept for its order waits for nobody."""
    waiting = _Waiting("proposal")
    for d in basis.decisions:
        about = d.reference_id.removeprefix("proposal:")
        if d.kind == "cash_proposed":
            if not (len(d.reasons) == 1 and d.reasons[0].startswith("prepayment:")):
                waiting.begin((account_of(d), d.receipt_id), d)
        elif about != d.reference_id and d.kind == "exception_closed":
            waiting.end((account_of(d), about), d)
        elif about != d.reference_id and (d.kind == "assigned" or d.rule == SLA):
            waiting.about((account_of(d), about), d)
        elif d.kind in ABOUT_A_RECEIPT and not d.receipt_unapplied:
            waiting.end((account_of(d), d.receipt_id), d)
    return waiting.entries


def tasks(basis: Basis) -> list[Entry]:
    """By reference."""
    waiting = _Waiting("task")
    for d in basis.decisions:
        name = account_of(d), d.reference_id
        if d.kind == "task_opened":
            waiting.begin(name, d)
        elif d.kind == "task_closed":
            waiting.end(name, d)
        elif (d.kind == "assigned" and d.category == "task") or d.rule.startswith("collections."):
            waiting.about(name, d)
    return waiting.entries


def approvals(basis: Basis) -> list[Entry]:
    """By reference: each request until it is answered."""
    waiting = _Waiting("approval")
    for d in basis.decisions:
        name = account_of(d), d.reference_id
        if d.kind == "approval_requested":
            waiting.begin(name, d)
        elif d.kind in ANSWERS:
            waiting.end(name, d)
        elif d.kind == "approval_delegated" or (d.kind == "assigned" and d.category == "approval"):
            waiting.about(name, d)
    return waiting.entries


def disputes(basis: Basis) -> list[Entry]:
    """By dispute, with the amount that it was said to have last."""
    owners, _ = last_said(basis)
    return [
        Entry("dispute", opened, last.amount, owners.get(name, ""), 0, closed)
        for name, (opened, last, closed) in basis.disputes().items()
    ]


def drafts(basis: Basis) -> list[Entry]:
    """By draft, from the first hold to the last decision that ended it."""
    found: dict[tuple[str, str], Entry] = {}
    for d in basis.decisions:
        name = account_of(d), draft_of(d)
        if d.kind == "invoice_held":
            entry = found.setdefault(name, Entry("draft", d, d.amount, "", d.deadline))
        elif d.kind in ("invoice_released", "invoice_withdrawn", "item_posted") and name in found:
            entry = found[name]
            entry.end = d
        else:
            continue
        entry.owner = d.owner or entry.owner
    return list(found.values())


def queues(basis: Basis) -> Rows:
    """kpi_queues."""
    stock = Stock(basis.last_day)
    for of in (exceptions, proposals, tasks, approvals, disputes, drafts):
        for entry in of(basis):
            group, begin = (*basis.group(entry.begin, entry.owner), entry.queue), entry.begin.event_time // DAY_MS
            for measure, amount in (("open", 1), ("open_minor", entry.amount)):
                stock.change(group, begin, measure, amount, begin)
                if entry.end is not None:
                    stock.change(group, entry.end.event_time // DAY_MS, measure, -amount, begin)
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
