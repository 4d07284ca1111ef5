"""Steps of a rule that a decision does not write down itself: the day of a reminder's step, cash steps passed over."""

from typing import Any, Final

from dataflows.rules.context import step_day
from headrace.why.facts import day
from headrace.why.history import History
from headrace.why.policy import who_at
from schemas.records import Decision

# Steps of cash application that come after those of a payment's own references and its advice.
_AFTER_REFERENCES: Final = ("cash.3.", "cash.4.", "cash.5.", "cash.6.", "cash.proposed")
_AFTER_LINES: Final = ("cash.2.", *_AFTER_REFERENCES)
_OTHER_SPELLING: Final = ("cash.3.normalised", "cash.3.one_edit")
# References that are named.
_MOST_NAMED: Final = 10


def of_reminder(history: History, d: Decision) -> list[str]:
    """Of a reminder: the day of its step, by its due date and the customer's calendar."""
    if not d.kind.startswith("reminder_"):
        return []
    at = history.times.at(d.fact_offset)
    terms = at.in_force.policy.provisions(who_at(history, d.fact_offset), d.currency, at.today(True))
    steps = terms.reminders.steps_days
    due = _due_date(history, d)
    if due is None or not 0 < d.level <= len(steps):
        return []
    planned = due + steps[d.level - 1]
    moved = step_day(terms, due, d.level)
    later = f", moved to the next business day {day(moved)}" if moved != planned else ""
    return [f"step {d.level} is {steps[d.level - 1]:+d} days from the due date {day(due)}: {day(planned)}{later}"]


def _due_date(history: History, d: Decision) -> int | None:
    """Of a decision's document, by its posting before it."""
    for said in history.decisions_naming(f"document:{d.document}"):
        if said.document == d.document and said.item_kind and said.due_date and said.sequence < d.sequence:
            return said.due_date
    return None


def passed_over(history: History, d: Decision) -> list[str]:
    """The steps of cash application before the one that a decision was made at, and why each said nothing."""
    if not d.receipt_id or not d.rule.startswith(_AFTER_LINES):
        return []
    receipt = _receipt(history, d)
    if receipt is None:
        return []
    if receipt.lines:
        written = [line.document for line in receipt.lines if line.document != d.document]
        if d.rule not in _OTHER_SPELLING or not written:
            return []
        return [f"step 1: as written, {', '.join(written[:_MOST_NAMED])}, it is no open document of the account"]
    found = ["step 1: the payment carries no structured reference"]
    if d.rule.startswith(_AFTER_REFERENCES) and not _advised(history, d, receipt):
        found.append("step 2: no remittance advice for it was here")
    return found


def _receipt(history: History, d: Decision) -> Any:
    """The fact that brought the receipt; None where it is not found."""
    number = d.receipt_id.partition("@")[0]
    for taken in reversed(history.facts_naming(f"receipt:{number}", d.fact_offset + 1)):
        if taken.fact.kind in ("receipt", "cash_transferred"):
            return taken.fact
    return None


def _advised(history: History, d: Decision, receipt: Any) -> bool:
    """Whether an advice names it, or has its bank reference or its amount."""
    for taken in history.facts_of("remittance_advice", d.fact_offset + 1):
        advice: Any = taken.fact
        same = advice.bank_reference and advice.bank_reference == receipt.bank_reference
        if same or advice.receipt_id == receipt.receipt_id or advice.amount == receipt.amount:
            return True
    return False
