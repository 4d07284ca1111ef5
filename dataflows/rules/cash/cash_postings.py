"""Cash application: the decisions that post and propose. What they say is decided in cash.py and beside it."""

from typing import Final

from dataflows.rules.account.account import Account
from schemas.records import Decision, Item, ReceiptRow

BY_PERSON: Final = "cash.operator"
# Reasons, and candidates, that a decision names; a receipt may have thousands of lines.
MOST_SAID: Final = 200


def said(names: list[str]) -> list[str]:
    """The first MOST_SAID of the names, and how many more there are."""
    return names if len(names) <= MOST_SAID else [*names[:MOST_SAID], f"more:{len(names) - MOST_SAID}"]


def propose(
    account: Account, receipt: ReceiptRow, applied: int, reasons: list[str], candidates: list[str]
) -> list[Decision]:
    """Say once what a person has to look at."""
    reasons = said(reasons)
    candidates = said(candidates)
    if receipt.proposed == reasons + candidates:
        return []
    return [proposal(receipt, receipt.unapplied - applied, reasons, candidates)]


def proposal(receipt: ReceiptRow, amount: int, reasons: list[str], candidates: list[str]) -> Decision:
    return Decision(
        kind="cash_proposed",
        rule="cash.proposed",
        currency=receipt.currency,
        amount=amount,
        receipt_id=receipt.receipt_id,
        reasons=reasons,
        candidates=candidates,
    )


def application(receipt: ReceiptRow, item: Item, amount: int, rule: str, advice_id: str) -> Decision:
    """Clearing is posted on the later day of its two sides: before that, one of them was not in the books."""
    return Decision(
        kind="cash_applied",
        rule=rule,
        currency=receipt.currency,
        amount=amount,
        document=item.document,
        receipt_id=receipt.receipt_id,
        reference_id=advice_id,
        posting_date=max(receipt.posting_date, item.posting_date),
        value_date=receipt.value_date,
    )


def apply_by_person(receipt: ReceiptRow, item: Item, amount: int) -> Decision:
    """What a person said is to be applied."""
    return application(receipt, item, amount, BY_PERSON, "")


def applied_by(receipt: ReceiptRow, item: Item, amount: int, rule: str) -> Decision:
    """Cash that somebody else has put on the item, by that rule."""
    return application(receipt, item, amount, rule, "")


def unapply_by_person(receipt: ReceiptRow, item: Item, amount: int) -> Decision:
    """What a person said is to be taken off the item, on the day it was applied."""
    decision = application(receipt, item, amount, BY_PERSON, "")
    decision.kind = "cash_unapplied"
    return decision


def send_on(receipt: ReceiptRow, target: str) -> Decision:
    """All that is unapplied goes to another account, on the day it came."""
    return Decision(
        kind="cash_transferred",
        rule="transfer.out",
        currency=receipt.currency,
        amount=receipt.unapplied,
        receipt_id=receipt.receipt_id,
        counterparty=target,
        posting_date=receipt.posting_date,
        value_date=receipt.value_date,
    )


def allocate_credit(credit: Item, invoice: Item, most: int) -> list[Decision]:
    """A credit note clears the open invoice it names, by no more than `most` minor units."""
    if invoice.kind == "credit_note" or invoice.currency != credit.currency:
        return []
    return [
        Decision(
            kind="credit_allocated",
            rule="cash.credit_note",
            currency=credit.currency,
            amount=min(most, invoice.open),
            document=invoice.document,
            counterparty=credit.document,
            posting_date=max(credit.posting_date, invoice.posting_date),
            value_date=max(credit.posting_date, invoice.posting_date),
        )
    ]
