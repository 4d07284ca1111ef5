"""How differences, exchanged cash and refunds are posted. evolve.py says when; a rule that begins with `reversed.`
posts the opposite."""

from dataflows.rules.account.account import Account
from dataflows.rules.account.posting_items import fill, open_item, reopen_item
from dataflows.rules.context import Context
from dataflows.rules.differences.differences import ASKED, CHARGES, REVERSED, TOLERANCE
from dataflows.rules.money.months import month_of
from schemas.records import Decision, Difference, Item, ReceiptRow


def post_discount(account: Account, d: Decision, ctx: Context) -> None:
    """A cash discount on an item."""
    balance = account.posting_balance(d.currency)
    if d.rule.startswith(REVERSED):
        item = reopen_item(account, d.document, d.amount, ctx)
        item.discounted -= d.amount
        balance.open_debit += d.amount
        balance.discounts -= d.amount
        _undone(account, d, "discount", d.document)
    else:
        item = _lowered(account, d)
        item.discounted += d.amount
        balance.open_debit -= d.amount
        balance.discounts += d.amount
        _hangs(account, d, "discount", d.document, "")
    fill(d, item)


def post_write_off(account: Account, d: Decision, ctx: Context) -> None:
    """What is given up of an item: by tolerance, as bank charges, or by approval. Without an item: what is left of a
    receipt is kept as income."""
    balance = account.posting_balance(d.currency)
    if not d.document:
        receipt = account.known_receipt(d.receipt_id)
        amount = -d.amount if d.rule.startswith(REVERSED) else d.amount
        assert amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
        balance.unapplied -= amount
        balance.small_credits += amount
        if amount < 0:
            _undone(account, d, "small_credit", "")
        else:
            _hangs(account, d, "small_credit", "", "")
        account.set_unapplied(receipt, receipt.unapplied - amount)
        d.receipt_unapplied = receipt.unapplied
        return
    charges = d.rule in (CHARGES, REVERSED + "charges")
    sign = -1 if d.rule.startswith(REVERSED) else 1
    if charges:
        balance.charges += sign * d.amount
    else:
        balance.written_off += sign * d.amount
    balance.open_debit -= sign * d.amount
    if sign < 0:
        item = reopen_item(account, d.document, d.amount, ctx)
        _undone(account, d, "charges" if charges else "write_off", d.document)
    else:
        item = _lowered(account, d)
        if d.receipt_id:
            _hangs(account, d, "charges" if charges else "write_off", d.document, "")
    if d.rule == TOLERANCE:
        month = month_of(ctx.today)
        if balance.tolerance_month != month:
            balance.tolerance_month = month
            balance.tolerance_used = 0
        balance.tolerance_used += d.amount
    fill(d, item)


def _lowered(account: Account, d: Decision) -> Item:
    item = open_item(account, d.document)
    assert 0 < d.amount <= item.open, f"{d.amount} of {item.open} of {d.document}"
    assert item.kind != "credit_note"
    account.lower_item(item, d.amount)
    _cleared_by(item, d)
    return item


def _cleared_by(item: Item, d: Decision) -> None:
    """What hangs on a payment may clear what the payment left: it is that payment that did."""
    if not item.open and d.receipt_id:
        item.cleared_by = d.receipt_id


def post_deduction(account: Account, d: Decision, ctx: Context) -> None:
    """What a payer kept back: an item of its own, its invoice being less by it. The account's balance stays."""
    if d.rule.startswith(REVERSED):
        item = account.posted_item(d.document)
        assert 0 < d.amount <= item.open, f"{d.amount} of {item.open} of {d.document}"
        account.lower_item(item, d.amount)
        reopen_item(account, d.counterparty, d.amount, ctx)
        _undone(account, d, "deduction", d.counterparty)
    else:
        invoice = open_item(account, d.counterparty)
        assert 0 < d.amount <= invoice.open, f"{d.amount} of {invoice.open} of {d.counterparty}"
        assert invoice.kind != "credit_note"
        account.lower_item(invoice, d.amount)
        _cleared_by(invoice, d)
        item = Item(d.document, "deduction", d.currency, d.amount, d.amount)
        item.document_date = d.document_date
        item.posting_date = d.posting_date
        item.due_date = d.due_date
        item.tax = d.tax
        item.order_id = invoice.order_id
        account.add_item(item)
        _hangs(account, d, "deduction", d.counterparty, d.document)
    fill(d, item)


def post_exchange_difference(account: Account, d: Decision) -> None:
    """Realised gain, or loss where it is below zero. No balance moves."""
    receipt = account.known_receipt(d.receipt_id)
    if d.rule.startswith(REVERSED):
        _undone(account, d, "exchange", d.document)
    else:
        _hangs(account, d, "exchange", d.document, "")
    d.receipt_unapplied = receipt.unapplied


def post_exchanged(account: Account, d: Decision) -> None:
    """Cash of a receipt on its way to an item in another currency, where cash_applied brings it; or back from there."""
    receipt = account.known_receipt(d.receipt_id)
    balance = account.posting_balance(d.currency)
    amount = -d.amount if d.rule.startswith(REVERSED) else d.amount
    assert amount <= receipt.unapplied, f"{amount} of {receipt.unapplied} of {d.receipt_id}"
    balance.unapplied -= amount
    balance.exchanged_out += amount
    account.set_unapplied(receipt, receipt.unapplied - amount)
    d.receipt_unapplied = receipt.unapplied


def post_refund(account: Account, d: Decision) -> None:
    """Money that was paid back: unapplied cash of a receipt, or a credit note."""
    balance = account.posting_balance(d.currency)
    if d.document:
        credit = open_item(account, d.document)
        assert credit.kind == "credit_note"
        assert 0 < d.amount <= credit.open, f"{d.amount} of {credit.open} of {d.document}"
        balance.open_credit -= d.amount
        balance.credits_refunded += d.amount
        account.lower_item(credit, d.amount)
        if not credit.open:
            account.row.credits.remove(credit.document)
        fill(d, credit)
        return
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
    balance.unapplied -= d.amount
    balance.refunded += d.amount
    account.set_unapplied(receipt, receipt.unapplied - d.amount)
    d.receipt_unapplied = receipt.unapplied


def post_on_account(account: Account, d: Decision) -> None:
    """Cash that is deliberately left on the account, or taken from there again."""
    receipt = account.known_receipt(d.receipt_id)
    balance = account.posting_balance(d.currency)
    amount = -d.amount if d.rule.startswith(REVERSED) else d.amount
    assert amount <= receipt.unapplied, f"{amount} of {receipt.unapplied} of {d.receipt_id}"
    balance.unapplied -= amount
    balance.on_account += amount
    receipt.on_account += amount
    account.set_unapplied(receipt, receipt.unapplied - amount)
    d.receipt_unapplied = receipt.unapplied


def keep_dispute(account: Account, d: Decision) -> None:
    """A dispute that a short payment opened hangs on that payment."""
    _hangs(account, d, "dispute", d.document, d.reference_id)


def keep_asked(account: Account, d: Decision) -> None:
    """Whether the customer is asked about an item."""
    if d.rule == ASKED:
        item = account.posted_item(d.document)
        item.asked = d.receipt_id if d.kind == "exception_raised" else ""
        account.touch_item(item)


def keep_refusals(account: Account, d: Decision) -> None:
    """Postings that the ERP refused, until they are settled."""
    refused = account.row.erp_refused
    if d.kind == "exception_raised" and d.reference_id not in refused:
        refused.append(d.reference_id)
    elif d.kind == "exception_closed" and d.reference_id in refused:
        refused.remove(d.reference_id)
    account.touch()


def _hangs(account: Account, d: Decision, what: str, document: str, reference: str) -> None:
    receipt = account.known_receipt(d.receipt_id)
    name = "" if what == "dispute" else d.reference_id
    receipt.differences.append(Difference(what, document, d.amount, d.currency, reference, name, d.tax))
    account.put_receipt(receipt)
    d.receipt_unapplied = receipt.unapplied


def _undone(account: Account, d: Decision, what: str, document: str) -> None:
    """Take a posting, or a part of it, from what hangs on its receipt."""
    receipt = account.known_receipt(d.receipt_id)
    found = _difference(receipt, d, what, document)
    # An exchange difference may be below zero, and so is what undoes a gain.
    found.amount += d.amount if what == "exchange" else -d.amount
    found.tax -= d.tax
    if not found.amount:
        receipt.differences.remove(found)
    account.put_receipt(receipt)
    d.receipt_unapplied = receipt.unapplied


def _difference(receipt: ReceiptRow, d: Decision, what: str, document: str) -> Difference:
    """The latest that it can be of: an item may have several of a kind."""
    for x in reversed(receipt.differences):
        if x.what == what and x.document == document and x.adjustment == d.reference_id:
            if what == "deduction" and x.reference != d.document:
                continue
            if what == "exchange" and x.currency != d.currency:
                continue
            if abs(x.amount) >= abs(d.amount):
                return x
    raise AssertionError(f"{d.receipt_id} has no {what} of {d.amount} on {document}")
