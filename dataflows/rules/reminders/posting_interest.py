"""How late payments are kept and charges for them posted. evolve.py says when."""

from dataflows.rules.account.account import Account
from dataflows.rules.account.posting_items import post_item
from dataflows.rules.cash.returns import RETURNED_CREDIT
from dataflows.rules.context import Context
from dataflows.rules.reminders.interest import COMPENSATION, LATE
from schemas.records import Decision, LatePayment


def post_interest(account: Account, d: Decision, ctx: Context) -> None:
    """A debit note of its own; what it is for remembers that it was charged."""
    post_item(account, d, ctx)
    source = account.posted_item(d.counterparty)
    if d.rule == LATE:
        source.interest += d.amount
    elif d.rule == COMPENSATION:
        source.compensated = True
    account.touch_item(source)


def note_late(account: Account, d: Decision) -> None:
    """Keep cash that was valued after the due date of its item; take off again what is taken off the item.

    After the decision was posted, which gave it the item's due date.
    """
    if d.kind == "cash_applied":
        if d.value_date > d.due_date:
            _add(account, d.document, d.value_date, d.amount)
    elif d.rule != RETURNED_CREDIT:
        value_date = account.known_receipt(d.receipt_id).value_date
        if value_date > d.due_date:
            _add(account, d.document, value_date, -d.amount)


def _add(account: Account, document: str, value_date: int, amount: int) -> None:
    item = account.posted_item(document)
    for part in item.late_payments:
        if part.value_date == value_date:
            part.amount += amount
            if not part.amount:
                item.late_payments.remove(part)
            break
    else:
        item.late_payments.append(LatePayment(value_date, amount))
    account.touch_item(item)
