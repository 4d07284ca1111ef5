"""kpi_reminders, kpi_promises, kpi_disputes, kpi_collectors: what customers are told, promise and contest."""

from collections import defaultdict
from datetime import date
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import INVOICE, Basis, customers, is_sale, said, said_number
from headrace.audit.kpi.tables import Key, Rows, Table, at_place, per
from schemas.records import Decision

RESPONSE_MS: Final = 10 * 86_400_000
OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
LOST: Final = {"customer_days": "days_customer", "own_days": "days_own", "upstream_days": "days_upstream"}
_OF_DISPUTES: Final = ("dispute_opened", "dispute_routed", "dispute_closed", "escalated")
_JUDGED: Final = {"promise_kept": "in_full", "promise_partially_kept": "in_part", "promise_broken": "broken"}


# --- reminders ---


def reminders(basis: Basis) -> Rows:
    """kpi_reminders."""
    table = Table("reminders", "reminded_minor", "letters", "responded", "suppressed")
    letters = first_letters(basis)
    by_document: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    by_account: dict[str, list[Decision]] = defaultdict(list)
    for d in basis.of("cash_applied", "dispute_opened"):
        by_document[account_of(d), d.document].append(d)
    for d in basis.of("promise_opened"):
        by_account[account_of(d)].append(d)
    for d in basis.of("reminder_due"):
        answers = [*by_document[account_of(d), d.document]]
        answers += [p for p in by_account[account_of(d)] if not p.candidates or d.document in p.candidates]
        responded = any(x.sequence > d.sequence and 0 <= x.event_time - d.event_time <= RESPONSE_MS for x in answers)
        key = basis.on_event(d, d.level, d.channel)
        first = (d.shard, d.sequence) in letters
        table.add(key, reminders=1, reminded_minor=d.amount, letters=int(first), responded=int(responded))
    for d in basis.of("reminder_suppressed"):
        table.add(basis.on_event(d, d.level, d.channel), suppressed=1)
    return table.flow(lambda row: {"response_bp": per(row["responded"], row["reminders"])})


def first_letters(basis: Basis) -> set[tuple[int, int]]:
    """Shard and sequence of the first reminder of each letter."""
    first: dict[tuple[str, str], Decision] = {}
    for d in basis.of("reminder_due"):
        first.setdefault((account_of(d), d.reference_id), d)
    return {(d.shard, d.sequence) for d in first.values()}


# --- promises ---


def promises(basis: Basis) -> Rows:
    """kpi_promises."""
    table = Table("made", "made_minor", "judged", "promised_minor", "kept_minor", "in_full", "in_part", "broken", "cancelled")  # fmt: skip
    first_judged: dict[tuple[str, str], Decision] = {}
    for d in basis.decisions:
        if d.kind in _JUDGED:
            first_judged.setdefault((account_of(d), d.reference_id), d)
    for name, (opened, last) in basis.promises().items():
        table.add(basis.on_event(opened), made=1, made_minor=opened.amount)
        if last.kind in _JUDGED:
            key = basis.on_event(first_judged[name])
            to_keep = int(said(last, "lowered_to") or opened.amount)
            kept = min(last.item_amount, to_keep)
            table.add(key, judged=1, promised_minor=to_keep, kept_minor=kept, **{_JUDGED[last.kind]: 1})
        elif last.kind == "promise_cancelled":
            table.add(basis.on_event(last), cancelled=1)
    return table.flow(lambda row: {"conversion_bp": per(row["kept_minor"], row["promised_minor"])})


# --- disputes ---


def disputes(basis: Basis) -> Rows:
    """kpi_disputes."""
    lasts = [f"{name}_minor" for name in OUTCOMES]
    table = Table("opened", "opened_minor", "closed", "closed_minor", *lasts, *LOST, "resolution_minutes", "escalated", "invoiced", "invoiced_minor")  # fmt: skip
    owners, categories = last_said(basis)
    times: dict[Key, list[int]] = defaultdict(list)
    for name, (opened, last, closed) in basis.disputes().items():
        owner, category = owners.get(name, ""), categories.get(name, "")
        table.add(basis.on_event(opened, category, "", owner=owner), opened=1, opened_minor=last.amount)
        if closed is None:
            continue
        key = basis.on_event(closed, category, said(closed, "root_cause"), owner=owner)
        table.add(key, closed=1, closed_minor=last.amount)
        table.add(key, **{f"{outcome}_minor": said_number(closed, outcome) for outcome in OUTCOMES})
        table.add(key, **{measure: said_number(closed, word) for measure, word in LOST.items()})
        table.add(key, resolution_minutes=said_number(closed, "business_minutes"))
        times[key].append(said_number(closed, "business_minutes"))
    for d in basis.of("escalated"):
        if d.rule.startswith("disputes."):
            name = account_of(d), d.reference_id
            table.add(basis.on_event(d, categories.get(name, ""), "", owner=owners.get(name, "")), escalated=1)
    for posting in basis.postings:
        d = posting.decision
        if is_sale(d) and d.item_kind == INVOICE:
            table.add(basis.on_posted(d, "", "", owner=""), invoiced=1, invoiced_minor=posting.debit)
    rows = table.flow()
    for key, row in rows.items():
        row["resolution_median_minutes"] = at_place(times[key], 5)
        row["resolution_p90_minutes"] = at_place(times[key], 9)
    return rows


def last_said(basis: Basis) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """The last owner and the last category of each dispute."""
    owners: dict[tuple[str, str], str] = {}
    categories: dict[tuple[str, str], str] = {}
    for d in basis.decisions:
        if d.kind not in _OF_DISPUTES or (d.kind == "escalated" and not d.rule.startswith("disputes.")):
            continue
        name = account_of(d), d.reference_id
        owners[name] = d.owner or owners.get(name, "")
        categories[name] = d.category or categories.get(name, "")
    return owners, categories


# --- collectors ---


def collectors(basis: Basis) -> Rows:
    """kpi_collectors."""
    table = Table("letters", "promises", "promised_minor", "cash_minor", "tasks_opened", "tasks_closed", "tasks_done", "notes")  # fmt: skip
    letters = first_letters(basis)
    for d in basis.decisions:
        if not customers(d):
            continue
        key = basis.on_event(d)
        if (d.shard, d.sequence) in letters:
            table.add(key, letters=1)
        elif d.kind == "task_opened":
            table.add(key, tasks_opened=1)
        elif d.kind == "task_closed":
            table.add(key, tasks_closed=1, tasks_done=int(any(text.startswith("done_by:") for text in d.reasons)))
        elif d.kind == "noted":
            table.add(key, notes=1)
        if (cash := _came(d)) != 0:
            table.add(basis.on_posted(d), cash_minor=cash)
    for opened, _ in basis.promises().values():
        if customers(opened):
            table.add(basis.on_event(opened), promises=1, promised_minor=opened.amount)
    rows = table.flow()
    for key, row in rows.items():
        row["is_working_day"] = int(date.fromisoformat(str(key[0])).weekday() < 5)
    return rows


def _came(d: Decision) -> int:
    """Cash that came to the account by this decision, less what went."""
    if d.kind == "receipt_booked":
        return d.amount
    gone = d.kind == "receipt_reversed" or (d.kind == "cash_transferred" and d.rule == "transfer.out")
    return -d.amount if gone or (d.kind == "application_reversed" and not d.counterparty) else 0
