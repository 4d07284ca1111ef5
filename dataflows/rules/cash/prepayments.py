"""Money paid in advance: kept for its order's invoice. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.cash.cash_wanted import advices_for, lines_of, wanted_of
from dataflows.rules.context import Context
from schemas.records import Decision, Item, ReceiptRow

RULE: Final = "cash.prepayment"


def match(account: Account, receipt: ReceiptRow) -> list[Decision]:
    """Apply it to its order's open invoices, the first one first; what is left waits for the next one."""
    left = receipt.unapplied
    decisions: list[Decision] = []
    for item in _items(account, receipt):
        part = min(left, item.open)
        if part:
            decisions.append(
                Decision(
                    kind="cash_applied",
                    rule=RULE,
                    currency=receipt.currency,
                    amount=part,
                    document=item.document,
                    receipt_id=receipt.receipt_id,
                    posting_date=max(receipt.posting_date, item.posting_date),
                    value_date=receipt.value_date,
                    evidence=[f"order:{receipt.order_id}"],
                )
            )
            left -= part
    reasons = [f"prepayment:{receipt.order_id}"]
    if left and receipt.proposed != reasons:
        decisions.append(
            Decision(
                kind="cash_proposed",
                rule="cash.proposed",
                currency=receipt.currency,
                amount=left,
                receipt_id=receipt.receipt_id,
                reasons=reasons,
            )
        )
    return decisions


def _items(account: Account, receipt: ReceiptRow) -> list[Item]:
    """Open debits of its order in its currency."""
    order = account.order(receipt.order_id)
    if order is None:
        return []
    found: list[Item] = []
    for billed in order.billed:
        group = account.joined(billed.document)
        for document in [billed.document] if group is None else group.documents:
            item = account.item(document)
            if item is not None and item.currency == receipt.currency and item.kind != "credit_note":
                found.append(item)
    return found


def for_order(account: Account, order_id: str, ctx: Context) -> list[Decision]:
    """An invoice of the order was posted: the first receipt that was kept for it, and names no other one, pays it."""
    order = account.order(order_id)
    if order is None:
        return []
    for name in order.prepaid:
        receipt = account.receipt(name)
        if receipt is not None and receipt.unapplied and not _names_items(account, receipt, ctx):
            found = match(account, receipt)
            if any(d.kind == "cash_applied" for d in found):
                return found
    return []


def _names_items(account: Account, receipt: ReceiptRow, ctx: Context) -> bool:
    return bool(wanted_of(receipt, lines_of(account, receipt, ctx), RULE) or advices_for(account, receipt))
