"""How money is posted: receipts, applications, credits, returns, transfers. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.posting_items import fill, open_item, pause, reopen
from dataflows.rules.cash.cash import waiting_references
from dataflows.rules.cash.cash_postings import BY_PERSON
from dataflows.rules.cash.cash_search import BY_AMOUNT, BY_ORDER, BY_SUBSET
from dataflows.rules.cash.returns import RETURNED_EARLY, RETURNED_REFUSED, sent_to
from dataflows.rules.context import Context
from dataflows.rules.differences.exchange import waits_for_rate
from dataflows.rules.money.money import MOST_MINOR
from schemas.records import (
    Allocation,
    CreditTaken,
    Decision,
    Item,
    ReceiptRow,
    SentOn,
)

# References of one receipt that its account tries again by; the rest are tried by the first ones.
MOST_WAITING: Final = 64
# Receipts of an account that steps 4 to 6 applied and that a later advice may open again.
MOST_GUESSED: Final = 50


def post_receipt(account: Account, d: Decision) -> None:
    """Money that came, from outside or from another account."""
    assert 0 < d.amount < MOST_MINOR, f"amount {d.amount} of {d.receipt_id}"
    balance = account.posting_balance(d.currency)
    assert balance.unapplied + d.amount < MOST_MINOR
    receipt = account.known_receipt(d.receipt_id)
    # What came into a closed period was posted later than it says.
    receipt.posting_date = max(receipt.posting_date, d.posting_date)
    balance.unapplied += d.amount
    if d.rule == "transfer.returned":
        balance.transferred_in += d.amount
        sent = _sent(receipt, d.counterparty)
        sent.amount -= d.amount
        _drop_empty(receipt, sent)
        receipt.refused_by.append(d.counterparty)
    elif d.rule == "transfer.in":
        balance.transferred_in += d.amount
        receipt.amount += d.amount
        receipt.came_from = d.counterparty
    else:
        balance.received += d.amount
        receipt.amount += d.amount
    account.set_unapplied(receipt, receipt.unapplied + d.amount)
    d.receipt_unapplied = receipt.unapplied


def post_proposal(account: Account, d: Decision) -> None:
    """Remember what was said, and the references that this cash waits for."""
    receipt = account.known_receipt(d.receipt_id)
    receipt.proposed = d.reasons + d.candidates
    waits = waits_for_rate(d)
    if waits != (d.receipt_id in account.row.rate_receipts):
        if waits:
            account.row.rate_receipts.append(d.receipt_id)
        else:
            account.row.rate_receipts.remove(d.receipt_id)
        account.touch()
    d.receipt_unapplied = receipt.unapplied
    account.put_receipt(receipt)
    account.wait_for(receipt, waiting_references(account, receipt)[:MOST_WAITING])


def _post_advised(account: Account, d: Decision, receipt: ReceiptRow) -> None:
    """An advice that its receipt was applied by belongs to that receipt, and waits no more once all is applied and none
    of it is on its way to an account that may refuse it."""
    advice = account.advice(d.reference_id)
    assert advice is not None, f"no advice {d.reference_id}"
    advice.used = True
    advice.receipt_id = receipt.receipt_id
    account.put_advice(advice)
    if not receipt.unapplied and not receipt.sent and advice.advice_id in account.row.advices:
        account.row.advices.remove(advice.advice_id)


def _take(account: Account, receipt: ReceiptRow, amount: int) -> None:
    """Take unapplied cash from a receipt and its account."""
    balance = account.posting_balance(receipt.currency)
    balance.unapplied -= amount
    account.set_unapplied(receipt, receipt.unapplied - amount)


def post_application(account: Account, d: Decision) -> None:
    """Cash on an item."""
    item = open_item(account, d.document)
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= item.open, f"{d.amount} on {d.document} with {item.open} open"
    assert item.kind != "credit_note"
    balance = account.posting_balance(d.currency)
    balance.open_debit -= d.amount
    balance.cash_applied += d.amount
    spent = 0
    if d.other_currency:
        # cash_exchanged took it from the receipt.
        assert d.other_currency == receipt.currency
        spent = d.other_amount
        balance.exchanged_in += d.amount
        account.put_receipt(receipt)
    else:
        assert d.amount <= receipt.unapplied, f"{d.amount} of {d.receipt_id} with {receipt.unapplied} unapplied"
        assert item.currency == receipt.currency
        _take(account, receipt, d.amount)
    account.lower_item(item, d.amount)
    for allocation in receipt.allocations:
        if allocation.document == d.document:
            allocation.amount += d.amount
            allocation.exchanged += spent
            break
    else:
        receipt.allocations.append(Allocation(d.document, d.amount, spent))
    _count_for_promises(account, d.document, d.currency, d.amount, d.value_date)
    if not item.open:
        item.cleared_by = d.receipt_id
    if d.reference_id:
        _post_advised(account, d, receipt)
    if d.rule in (BY_AMOUNT, BY_SUBSET) or d.rule.startswith(BY_ORDER):
        _post_guessed(account, d, receipt)
    fill(d, item)
    d.receipt_unapplied = receipt.unapplied


def _post_guessed(account: Account, d: Decision, receipt: ReceiptRow) -> None:
    """No word of the payer says so: a later advice may say otherwise."""
    if d.document not in receipt.guessed:
        receipt.guessed.append(d.document)
    guessed = account.row.guessed
    if d.receipt_id not in guessed:
        guessed.append(d.receipt_id)
        # Only the last ones are looked at.
        del guessed[:-MOST_GUESSED]


def _count_for_promises(account: Account, document: str, currency: str, amount: int, value_date: int) -> None:
    """Count applied cash for the promises it is for; each unit once, earliest promise first. Negative takes it off.

    What is beyond them all is kept with the last one, so that taking that off again breaks none.
    """
    fit = [
        promise
        for promise in account.row.promises
        if promise.currency == currency
        and value_date >= promise.made_date
        and (not promise.documents or document in promise.documents)
    ]
    if not fit:
        return
    left = amount
    if amount > 0:
        for promise in fit:
            taken = min(left, max(0, promise.amount - promise.counted))
            promise.counted += taken
            left -= taken
        fit[-1].counted += left
    else:
        for promise in reversed(fit):
            taken = min(-left, promise.counted)
            promise.counted -= taken
            left += taken
    account.touch()


def post_reversal(account: Account, d: Decision, ctx: Context) -> None:
    """Cash taken off an item again: it stays here, or it went back."""
    receipt = account.known_receipt(d.receipt_id)
    for allocation in receipt.allocations:
        if allocation.document == d.document:
            break
    else:
        raise AssertionError(f"{d.receipt_id} is not applied to {d.document}")
    assert 0 < d.amount <= allocation.amount, f"{d.amount} of {allocation.amount} on {d.document}"
    allocation.amount -= d.amount
    allocation.exchanged -= d.other_amount
    if not allocation.amount:
        receipt.allocations.remove(allocation)
    if d.document in receipt.guessed:
        receipt.guessed.remove(d.document)
    if d.reference_id:
        advice = account.advice(d.reference_id)
        assert advice is not None, f"no advice {d.reference_id}"
        advice.receipt_id = receipt.receipt_id
        account.put_advice(advice)
    if d.rule == BY_PERSON and d.kind == "cash_unapplied" and d.document not in receipt.declined:
        receipt.declined.append(d.document)
    item = reopen(account, d, ctx)
    balance = account.posting_balance(d.currency)
    balance.open_debit += d.amount
    balance.cash_applied -= d.amount
    if d.other_currency:
        # cash_exchanged brings it back to the receipt.
        balance.exchanged_in -= d.amount
    elif d.kind == "cash_unapplied":
        balance.unapplied += d.amount
        account.set_unapplied(receipt, receipt.unapplied + d.amount)
    else:
        balance.returned += d.amount
        receipt.returned += d.amount
    _count_for_promises(account, d.document, d.currency, -d.amount, receipt.value_date)
    account.put_receipt(receipt)
    fill(d, item)
    d.receipt_unapplied = receipt.unapplied


def post_returned_unapplied(account: Account, d: Decision) -> None:
    """Money that went back before it was applied."""
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
    account.posting_balance(d.currency).returned += d.amount
    receipt.returned += d.amount
    if d.rule == RETURNED_EARLY:
        receipt.pending_return = 0
    elif d.rule == RETURNED_REFUSED:
        sent = _sent(receipt, d.counterparty)
        sent.returned -= d.amount
        _drop_empty(receipt, sent)
    _take(account, receipt, d.amount)
    d.receipt_unapplied = receipt.unapplied


def post_transfer(account: Account, d: Decision) -> None:
    """Money on its way to another account."""
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
    account.posting_balance(d.currency).transferred_out += d.amount
    receipt.sent.append(SentOn(d.counterparty, d.amount, 0, 0, list(d.candidates)))
    _take(account, receipt, d.amount)
    d.receipt_unapplied = receipt.unapplied


def post_return_passed_on(account: Account, d: Decision) -> None:
    """The bank took back what another account has by now; that account is told."""
    receipt = account.known_receipt(d.receipt_id)
    sent = _sent(receipt, d.counterparty)
    assert 0 < d.amount <= sent.amount - sent.returned, f"{d.amount} of {d.receipt_id} from {d.counterparty}"
    sent.returned += d.amount
    sent.return_date = d.posting_date
    account.put_receipt(receipt)


def _sent(receipt: ReceiptRow, account_id: str) -> SentOn:
    sent = sent_to(receipt, account_id)
    assert sent is not None, f"nothing of {receipt.receipt_id} was sent to {account_id}"
    return sent


def _drop_empty(receipt: ReceiptRow, sent: SentOn) -> None:
    if not sent.amount and not sent.returned:
        receipt.sent.remove(sent)


def post_credit(account: Account, d: Decision) -> None:
    """A credit note on an invoice."""
    invoice = open_item(account, d.document)
    credit = open_item(account, d.counterparty)
    assert 0 < d.amount <= min(invoice.open, credit.open)
    assert invoice.currency == credit.currency
    assert invoice.kind != "credit_note"
    assert credit.kind == "credit_note"
    balance = account.posting_balance(d.currency)
    balance.open_debit -= d.amount
    balance.open_credit -= d.amount
    account.lower_item(invoice, d.amount)
    account.lower_item(credit, d.amount)
    if d.reference_id:
        _settle_dispute(account, d, invoice, d.amount)
    fill(d, invoice)
    if not credit.open:
        account.row.credits.remove(credit.document)
    if d.receipt_id:
        receipt = account.known_receipt(d.receipt_id)
        receipt.credits.append(CreditTaken(d.document, d.counterparty, d.amount, d.reference_id))
        d.receipt_unapplied = receipt.unapplied
        account.put_receipt(receipt)


def _settle_dispute(account: Account, d: Decision, invoice: Item, amount: int) -> None:
    """What a credit note settles of a dispute; negative takes it back."""
    dispute = account.dispute(d.reference_id)
    assert dispute is not None, f"no dispute {d.reference_id}"
    dispute.credited += amount
    account.put_dispute(dispute)
    pause(account, invoice)


def post_credit_undone(account: Account, d: Decision, ctx: Context) -> None:
    """The money of the remittance that took the credit off went back: invoice and credit note are open again."""
    receipt = account.known_receipt(d.receipt_id)
    for taken in receipt.credits:
        if taken.document == d.document and taken.credit == d.counterparty and taken.amount == d.amount:
            break
    else:
        raise AssertionError(f"{d.receipt_id} took no {d.amount} of {d.counterparty} off {d.document}")
    receipt.credits.remove(taken)
    account.put_receipt(receipt)
    if d.reference_id:
        _settle_dispute(account, d, account.posted_item(d.document), -d.amount)
    invoice = reopen(account, d, ctx)
    credit = account.raise_item(d.counterparty, d.amount)
    assert invoice.open <= invoice.amount, f"{invoice.open} open of {invoice.document}"
    assert credit.open <= credit.amount, f"{credit.open} open of {credit.document}"
    if credit.document not in account.row.credits:
        account.row.credits.append(credit.document)
    balance = account.posting_balance(d.currency)
    balance.open_debit += d.amount
    balance.open_credit += d.amount
    fill(d, invoice)
    d.receipt_unapplied = receipt.unapplied
