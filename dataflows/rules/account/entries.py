"""Facts that are entries in the books themselves: debit notes, items taken over, refunds, what the ERP says."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approved
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.cash.cash_postings import applied_by
from dataflows.rules.context import Context
from dataflows.rules.differences.differences import put_back
from dataflows.rules.disputes.dispute_meaning import Meaning
from dataflows.rules.disputes.disputes import opened
from dataflows.rules.release.release import no_sale
from schemas.records import DebitNote, Decision, ErpPosting, OpeningItem, Refund

DEBIT_NOTE: Final = "posted.debit_note"
OPENING: Final = "posted.opening"
REFUND: Final = "refund"
ERP: Final = "cash.erp"
ERP_REFUSED: Final = "erp.refused"
ERP_CLEARED: Final = "erp.cleared"


def decide_debit_note(account: Account, fact: DebitNote) -> list[Decision]:
    """A debit that is no sale of goods: open from posting."""
    return [
        Decision(
            kind="item_posted",
            rule=DEBIT_NOTE,
            currency=fact.currency,
            amount=fact.amount,
            document=fact.document,
            item_kind="debit_note",
            counterparty=fact.invoice,
            posting_date=fact.posting_date,
            due_date=fact.due_date,
            document_date=fact.document_date,
            text=fact.reason,
            tax=fact.tax,
            reasons=no_sale(account),
        )
    ]


def decide_opening(account: Account, fact: OpeningItem, ctx: Context) -> list[Decision]:
    """An item taken over at the cut-over: what is left of it is raised; it keeps what it was, its level and its dispute."""
    decisions = [
        Decision(
            kind="item_posted",
            rule=OPENING,
            currency=fact.currency,
            amount=fact.residual,
            item_amount=fact.amount,
            document=fact.document,
            item_kind=fact.item_kind,
            level=fact.level,
            reference_id=fact.order_id,
            posting_date=fact.posting_date,
            due_date=fact.due_date,
            document_date=fact.document_date,
            reasons=[*no_sale(account), "opening"],
        )
    ]
    if fact.disputed and fact.item_kind != "credit_note":
        dispute_id = fact.dispute_id or f"opening:{fact.document}"
        meaning = Meaning("other", [], [], 0)
        said = opened(account, dispute_id, fact.document, fact.currency, fact.disputed, meaning, "", ctx)
        said.rule = OPENING
        decisions.append(said)
    return decisions


def decide_refund(account: Account, fact: Refund, ctx: Context) -> list[Decision]:
    """Money that was paid back: off the receipt or the credit note it names, unless it was posted when it was approved.
    What is not here to be paid back is told."""
    paid = 0
    decisions = approved.refunds_told(account, fact)
    wanted = fact.amount - sum([d.amount for d in decisions])
    decisions += approved.told_without(account, fact, wanted, ctx)
    if not wanted:
        return decisions
    if fact.receipt_id:
        receipt = account.receipt(fact.receipt_id)
        if receipt is not None and receipt.currency == fact.currency:
            back = put_back(receipt, wanted - receipt.unapplied, fact.posting_date, fact.value_date)
            decisions += back
            paid = min(wanted, receipt.unapplied + sum([d.amount for d in back]))
    elif fact.document:
        credit = account.item(fact.document)
        if credit is not None and credit.kind == "credit_note" and credit.currency == fact.currency:
            paid = min(wanted, credit.open)
    if paid:
        decisions.append(_refunded(fact, paid))
    if paid < wanted:
        decisions.append(
            Decision(
                kind="exception_raised",
                rule=REFUND,
                currency=fact.currency,
                amount=wanted - paid,
                document=fact.document,
                receipt_id=fact.receipt_id,
                reference_id=f"refund:{fact.refund_id}",
                reasons=["refunded_more_than_there_is" if fact.receipt_id or fact.document else "refund_names_nothing"],
            )
        )
    return decisions


def _refunded(fact: Refund, amount: int) -> Decision:
    return Decision(
        kind="refund_posted",
        rule=REFUND,
        currency=fact.currency,
        amount=amount,
        document="" if fact.receipt_id else fact.document,
        receipt_id=fact.receipt_id,
        reference_id=fact.refund_id,
        posting_date=fact.posting_date,
        value_date=fact.value_date,
    )


def decide_erp(account: Account, fact: ErpPosting, ctx: Context) -> list[Decision]:
    """Confirmed settles what was refused before; refused, or cleared there in a way that these books cannot follow, is
    for a person; cash on an item that was cleared there by hand is applied here too."""
    number = f"erp:{fact.decision_id or fact.posting_id}"
    settled: list[Decision] = []
    if number in account.row.erp_refused and fact.status != "refused":
        settled.append(closed(ERP_REFUSED, number, fact.currency, document=fact.document, receipt_id=fact.receipt_id))
    if fact.status == "confirmed":
        return settled
    if fact.status == "cleared":
        item = account.item(fact.document) if fact.document else None
        receipt = account.receipt(fact.receipt_id) if fact.receipt_id else None
        if (
            item is not None
            and receipt is not None
            and item.currency == receipt.currency
            and item.kind != "credit_note"
        ):
            most = min(item.open, receipt.unapplied)
            amount = fact.amount or most
            if 0 < amount <= most:
                return [*settled, applied_by(receipt, item, amount, ERP)]
    return [
        *settled,
        Decision(
            kind="exception_raised",
            rule=ERP_REFUSED if fact.status == "refused" else ERP_CLEARED,
            currency=fact.currency,
            amount=fact.amount,
            document=fact.document,
            receipt_id=fact.receipt_id,
            reference_id=number,
            reasons=[fact.reason or "no_reason_given" if fact.status == "refused" else "cleared_in_erp"],
        ),
    ]
