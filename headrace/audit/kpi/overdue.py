"""kpi_overdue_causes: the days past due of each item, by what they were lost to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import INVOICE, OPENING, Basis, Item, said, said_number, shown
from headrace.audit.kpi.invoices import draft_of
from headrace.audit.kpi.reading import DAY_MS
from headrace.audit.kpi.tables import Rows, Table
from headrace.audit.views import day_kept
from schemas.records import Decision

UPSTREAM: Final = "upstream"
OWN: Final = "own"
CUSTOMER: Final = "customer"
_KINDS: Final = (INVOICE, "debit_note")
# What a draft waits for; all else has not arrived, or is wrong where it comes from.
_WAITS_FOR: Final = {
    "waits_for_schedule": OWN,
    "consolidated_incomplete": OWN,
    "complaint": OWN,
    "credit_held": CUSTOMER,
}
IN_PART: Final = "release.in_part"
_ARRIVED: Final = ("delivered", "viewed", "acknowledged")
_WRONG: Final = ("failed", "rejected")
_Name = tuple[str, str]


@dataclass(slots=True)
class _Sending:
    """What was said of sending a document. Days: of arrival, and of the last sending that nothing went wrong with after it."""

    arrived: int | None = None
    sent: int | None = None


@dataclass(slots=True)
class _Told:
    """By account and document, or draft: what days may have been lost to. Of a dispute as _disputes has it."""

    # Numbers of what was left of a draft that was billed in parts.
    rests: set[_Name] = field(default_factory=set)
    holds: dict[_Name, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    sendings: dict[_Name, _Sending] = field(default_factory=lambda: defaultdict(_Sending))
    disputes: dict[_Name, list[tuple[int, int, int, int]]] = field(default_factory=lambda: defaultdict(list))


def overdue_causes(basis: Basis) -> Rows:
    """kpi_overdue_causes."""
    days = ("overdue_days", "upstream_days", "own_days", "customer_days")
    table = Table("items", "overdue_minor", *days, "upstream_minor", "own_minor", "customer_minor")
    told = _told(basis)
    for name, item in basis.items.items():
        raised, end = item.raised, _end(basis, item)
        due = day_kept(raised.due_date)
        if item.kind not in _KINDS or raised.rule == OPENING or due <= 0 or end is None or end <= due:
            continue
        lost = _lost(told, name, item, end)
        overdue = end - due
        upstream = min(lost[UPSTREAM], overdue)
        own = min(lost[OWN], overdue - upstream)
        parts = {UPSTREAM: upstream, OWN: own, CUSTOMER: overdue - upstream - own}
        worth = item.open or raised.amount
        # Of as many days the first: max takes that.
        table.add(
            (shown(end), *basis.group(raised), "open" if item.open else "cleared"),
            items=1,
            overdue_minor=worth,
            overdue_days=overdue,
            **{f"{cause}_days": number for cause, number in parts.items()},
            **{f"{max(parts, key=lambda cause: parts[cause])}_minor": worth},
        )
    return table.flow()


def _end(basis: Basis, item: Item) -> int | None:
    """The day on which it was cleared, or the last one; None where it is not in the books by then."""
    if item.open:
        return basis.last_day if item.day <= basis.last_day else None
    return max([item.day, *(day for day, change, _ in item.moves if change < 0)])


# --- what was lost ---


def _lost(told: _Told, name: _Name, item: Item, end: int) -> dict[str, int]:
    """Days lost upstream and here: all that went by before the customer had the item, and those of disputes past due."""
    raised = item.raised
    released, draft = _day(raised), _whole(told, (name[0], draft_of(raised)))
    holds = [d for d in told.holds.get(draft, ()) if d.sequence < raised.sequence]
    had = min(end, _had(told.sendings.get(name), released, end))
    began = day_kept(raised.document_date)
    if began <= 0:
        began = min([released, *(_day(d) for d in holds[:1])])
    before = max(0, had - began)
    held = {UPSTREAM: 0, OWN: 0, CUSTOMER: 0}
    for d, until in zip(holds, [*(_day(d) for d in holds[1:]), released], strict=False):
        held[_cause(d)] += max(0, min(until, had) - max(_day(d), began))
    upstream = min(held[UPSTREAM], before)
    own = before - upstream - min(held[CUSTOMER], before - upstream)
    for opened, closed, lost_upstream, lost_own in told.disputes.get(name, ()):
        # Of its days only those past due.
        there = max(0, min(closed, end) - max(opened, day_kept(raised.due_date)))
        part = min(lost_upstream, there)
        upstream += part
        own += min(lost_own, there - part)
    return {UPSTREAM: upstream, OWN: own}


def _whole(found: _Told, draft: _Name) -> _Name:
    """The number that a draft had at first: what is left of it is NUMBER/2, then NUMBER/3."""
    return (draft[0], draft[1].rpartition("/")[0]) if draft in found.rests else draft


def _cause(hold: Decision) -> str:
    """What a draft waited for: upstream where any of its reasons is, then here."""
    causes = {_WAITS_FOR.get(reason.partition(":")[0], UPSTREAM) for reason in hold.reasons}
    return next((cause for cause in (UPSTREAM, OWN) if cause in causes), CUSTOMER)


def _had(sending: _Sending | None, released: int, end: int) -> int:
    """The day on which the customer had it. What is not sent by us he has from the release on."""
    if sending is None:
        return released
    if sending.arrived is not None:
        return sending.arrived
    return end if sending.sent is None else sending.sent


def _told(basis: Basis) -> _Told:
    found = _Told()
    found.rests |= {(account_of(d), said(d, "rest")) for d in basis.of("invoice_released") if d.rule == IN_PART}
    for d in basis.of("invoice_held"):
        found.holds[_whole(found, (account_of(d), d.document))].append(d)
    for d in basis.decisions:
        if d.kind in ("delivery_requested", "delivery_status"):
            for document in {d.document, *d.candidates}:
                _send(found.sendings[account_of(d), document], d)
    for name, days in _disputes(basis):
        found.disputes[name].append(days)
    return found


def _send(sending: _Sending, d: Decision) -> None:
    if d.kind == "delivery_requested":
        return
    if d.text in _ARRIVED:
        sending.arrived = _day(d) if sending.arrived is None else min(sending.arrived, _day(d))
    elif d.text == "sent":
        sending.sent = _day(d)
    elif d.text in _WRONG:
        sending.sent = None


def _disputes(basis: Basis) -> Iterator[tuple[_Name, tuple[int, int, int, int]]]:
    """Account and document of each dispute; the days on which it was opened and closed, and those it lost upstream and here.

    One that is open is as if it were closed on the last day: all but what the customer was waited for was lost here.
    """
    routed: dict[_Name, list[Decision]] = defaultdict(list)
    for d in basis.of("dispute_routed"):
        routed[account_of(d), d.reference_id].append(d)
    for name, (opened, _, closed) in basis.disputes().items():
        first, last = _day(opened), basis.last_day if closed is None else _day(closed)
        if closed is not None:
            lost = said_number(closed, "days_upstream"), said_number(closed, "days_own")
        else:
            stops = [*(_day(d) for d in routed[name][1:]), last]
            waited = sum(
                max(0, until - _day(d))
                for d, until in zip(routed[name], stops, strict=False)
                if d.text == "waiting_customer"
            )
            lost = 0, max(0, last - first - waited)
        yield (name[0], opened.document), (first, last, *lost)


def _day(d: Decision) -> int:
    return d.event_time // DAY_MS
