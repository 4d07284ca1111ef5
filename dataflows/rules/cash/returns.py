"""Money that goes back to the bank: what it is taken from, here or where it was sent on. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.differences import exchange
from dataflows.rules.differences.differences import put_back
from schemas.records import Decision, Item, ReceiptRow, SentOn

RETURNED_CREDIT: Final = "returned.credit"
RETURNED_EARLY: Final = "returned.early"
RETURNED_REFUSED: Final = "returned.refused"


def reverse(account: Account, receipt: ReceiptRow, amount: int, posting_date: int, value_date: int) -> list[Decision]:
    """Money that went back: first what is unapplied, then applications, latest first, then what was sent on.

    When none of it is left here, the credits that its remittance took off are open again too.
    """
    decisions: list[Decision] = []
    posting_date = max(posting_date, receipt.posting_date)
    left = amount
    part = min(left, receipt.unapplied)
    if part:
        decisions.append(
            _returned(receipt, "receipt_reversed", "returned.unapplied", part, None, posting_date, value_date)
        )
        left -= part
    kept = receipt.unapplied - part
    back = put_back(receipt, left, posting_date, value_date)
    if back:
        decisions += back
        part = sum([d.amount for d in back])
        decisions.append(
            _returned(receipt, "receipt_reversed", "returned.unapplied", part, None, posting_date, value_date)
        )
        left -= part
    kept += receipt.on_account - sum([d.amount for d in back if d.kind == "cash_on_account"])
    for allocation in reversed(receipt.allocations):
        if allocation.exchanged:
            # Back into the receipt's currency first.
            part = min(left, allocation.exchanged)
            kept += allocation.exchanged - part
            if part:
                item = account.posted_item(allocation.document)
                on = max(posting_date, item.posting_date)
                decisions += exchange.undone(receipt, allocation, item, part, "returned.applied", on, value_date)
                decisions.append(
                    _returned(receipt, "receipt_reversed", "returned.exchanged", part, None, on, value_date)
                )
                left -= part
            continue
        part = min(left, allocation.amount)
        kept += allocation.amount - part
        if part:
            item = account.posted_item(allocation.document)
            decisions.append(
                _returned(receipt, "application_reversed", "returned.applied", part, item, posting_date, value_date)
            )
            left -= part
    if decisions and not kept:
        for taken in reversed(receipt.credits):
            item = account.posted_item(taken.document)
            undone = _returned(
                receipt, "application_reversed", RETURNED_CREDIT, taken.amount, item, posting_date, value_date
            )
            undone.counterparty = taken.credit
            undone.reference_id = taken.dispute_id
            decisions.append(undone)
    for sent in reversed(receipt.sent):
        part = min(left, sent.amount - sent.returned)
        if part:
            sent_on = _returned(receipt, "cash_transferred", "transfer.return", part, None, posting_date, value_date)
            sent_on.counterparty = sent.account
            decisions.append(sent_on)
            left -= part
    if left:
        over = _returned(receipt, "exception_raised", "returned.too_much", left, None, posting_date, value_date)
        over.reasons = [f"returned_more_than_received:{left}"]
        over.reference_id = f"return:{receipt.receipt_id}"
        decisions.append(over)
    return decisions


def reverse_early(account: Account, receipt: ReceiptRow) -> list[Decision]:
    """Money that has just come and went back before: it is gone, and what is left of it is applied after that."""
    decisions = reverse(account, receipt, receipt.pending_return, receipt.return_date, receipt.return_date)
    decisions[0].rule = RETURNED_EARLY
    name = f"return:{receipt.receipt_id}"
    told = account.exception(name)
    if told is None or RETURNED_EARLY not in told.rules:
        # A person closed it: nobody expected the money any more.
        return decisions
    settled = closed(RETURNED_EARLY, name, receipt.currency, receipt_id=receipt.receipt_id)
    return [decisions[0], settled, *decisions[1:]]


def reverse_refused(receipt: ReceiptRow, refused_by: str) -> list[Decision]:
    """Refused money is here again that the bank took back while it was away: it is gone. The refuser never had it,
    and the return that was passed on to it takes nothing there."""
    sent = sent_to(receipt, refused_by)
    if sent is None or sent.returned <= sent.amount:
        return []
    part = sent.returned - sent.amount
    gone = _returned(
        receipt,
        "receipt_reversed",
        RETURNED_REFUSED,
        part,
        None,
        max(sent.return_date, receipt.posting_date),
        sent.return_date,
    )
    gone.counterparty = refused_by
    return [gone]


def sent_to(receipt: ReceiptRow, account_id: str) -> SentOn | None:
    """What of the receipt was sent to that account and did not come back, or None."""
    for sent in receipt.sent:
        if sent.account == account_id:
            return sent
    return None


def _returned(
    receipt: ReceiptRow, kind: str, rule: str, amount: int, item: Item | None, posting_date: int, value_date: int
) -> Decision:
    """Nothing is undone on a day before it was done."""
    return Decision(
        kind=kind,
        rule=rule,
        currency=receipt.currency,
        amount=amount,
        document="" if item is None else item.document,
        receipt_id=receipt.receipt_id,
        posting_date=posting_date if item is None else max(posting_date, item.posting_date),
        value_date=value_date,
    )
