"""Sentences of rules that post: invoices of the ERP, receipts, cash, transfers, returns. rules.py is where they are looked up."""

from typing import Final

from headrace.why.sentence import Rule

_CASH: Final = "cash application"
_RETURNS: Final = "cash application: money that goes back"
_SUSPENSE: Final = "receipts without an account"

OF_MONEY: Final[dict[str, Rule]] = {
    # --- posting ---
    "posted.erp": Rule(
        "the ERP has posted it",
        "A document that the ERP has posted is an open item from its posting date on; nothing here can hold it back.",
        "posting: an invoice posted by the ERP is open from posting",
        "",
    ),
    # --- receipts and cash ---
    "receipt": Rule(
        "the bank booked it",
        "What the bank has booked is a receipt of the account: all of it is unapplied until it is known what it pays.",
        "a receipt is one booked credit on a bank account",
        "",
    ),
    "cash.1.structured": Rule(
        "the payment names it",
        "Step 1: the payment's own structured reference names an open item, or several whose amounts add up to it. The "
        "reference fixes the item: paying less leaves a residual, paying more leaves money unapplied.",
        f"{_CASH}, step 1: structured reference and amount agree",
        "cash",
    ),
    "cash.2.advice": Rule(
        "its remittance advice names it",
        "Step 2: a remittance advice of just this receipt names the items, and its lines add up to the money, or each is just "
        "what is open of its item and what is left of the money waits.",
        f"{_CASH}, step 2: remittance advice whose lines add up to the receipt",
        "cash",
    ),
    "cash.3.normalised": Rule(
        "the reference is its number, spelled otherwise",
        "Step 3: the reference as written is no document of the account; without case, zeros, punctuation, prefixes and "
        "what machines misread it is just one document's number.",
        f"{_CASH}, step 3: reference normalised",
        "cash",
    ),
    "cash.3.one_edit": Rule(
        "the reference is one letter off, the amount agrees",
        "Step 3: the reference as written is no document; just one document's number is a single letter away, the amount "
        "is what is open of it, and the reference cannot be another number of the same series.",
        f"{_CASH}, step 3: one edit away and the amount agrees, no other as near",
        "cash",
    ),
    "cash.3.order": Rule(
        "the reference is the order that it bills",
        "Step 3: the reference as written is no document; it is the number of an order of the account, which just one open "
        "item bills, and the amount is what is open of that item.",
        f"{_CASH}, step 3: no other item is as near, and the amount agrees",
        "cash",
    ),
    "cash.3.text": Rule(
        "the payer's text names it",
        "Step 3: words of the payer's free text are numbers of open items of the account, and these add up to the money, "
        "or just one is written out.",
        f"{_CASH}, step 3: references in free text",
        "cash",
    ),
    "cash.operator": Rule(
        "a person said so",
        "A person ordered it: what is certain to a person needs no step, only that the money and the item are there.",
        f"{_CASH}: by a person",
        "",
    ),
    "cash.credit_note": Rule(
        "the credit note names the invoice",
        "A credit note clears the open invoice that it names, as far as both are open; else it stays open until it is "
        "remitted or netted.",
        f"{_CASH}: a credit note clears the open invoice it names",
        "cash",
    ),
    "cash.net": Rule(
        "the policy nets open credits",
        "A credit note that clears no invoice of its own is netted with the oldest items, as the policy says and so many "
        "days after it was posted; not with what is disputed, nor while money waits that may be less the credit.",
        f"{_CASH}: else it stays open until remitted or netted by policy",
        "cash",
    ),
    "cash.proposed": Rule(
        "it is not certain what it pays",
        "No step found just one answer without contradiction, so nothing is posted: a person chooses among the "
        "candidates. It is tried again when a document or an advice comes that it waits for.",
        f"{_CASH}: certain means exactly one answer; two answers are proposed, never posted",
        "cash",
    ),
    "cash.unidentified": Rule(
        "nobody knows whose money it is",
        "The bank named no account that is known, so the money stands in a suspense account until the directory or a "
        "person knows the payer.",
        f"{_CASH}, step 8: unidentified",
        "",
    ),
    "transfer.in": Rule(
        "another account sent it here",
        "Money that was found to be this account's is booked here, and applied like any receipt.",
        _SUSPENSE,
        "",
    ),
    "transfer.out": Rule(
        "it is another account's money",
        "Money that was found to be another account's goes there; until it is booked there it is in transit and counted "
        "as such.",
        _SUSPENSE,
        "",
    ),
    "transfer.refused": Rule(
        "it cannot be booked here",
        "The account cannot take money that was sent to it, since it has no customer or has that receipt already: the "
        "money goes back to where it came from.",
        _SUSPENSE,
        "",
    ),
    "transfer.returned": Rule(
        "the other account refused it",
        "Money that another account did not take is here again, and is not sent there a second time.",
        _SUSPENSE,
        "",
    ),
    "transfer.return": Rule(
        "the bank took it back",
        "The bank took money back that had been sent on: the account that has it is told, and gives it up there.",
        _RETURNS,
        "",
    ),
    "returned.unapplied": Rule(
        "the bank took it back",
        "Money that the bank takes back is first taken from what is unapplied of its receipt.",
        _RETURNS,
        "",
    ),
    "returned.applied": Rule(
        "the bank took it back",
        "Where less is unapplied than the bank takes back, applications are undone, the latest first: the items are open "
        "again with their due dates and reminder levels.",
        f"{_RETURNS}: items reopen with their due date and level",
        "",
    ),
    "returned.credit": Rule(
        "its payment went back",
        "When none of a payment is left, the credit notes that its remittance took off are open again too.",
        _RETURNS,
        "",
    ),
    "returned.early": Rule(
        "the bank took money back that has not come",
        "The return of a payment came before the payment: it waits as an exception, and the money is gone as soon as it "
        "is booked.",
        _RETURNS,
        "",
    ),
    "returned.refused": Rule(
        "it went back while it was away",
        "The bank took money back while another account was refusing it: it is gone as soon as it is here again.",
        _RETURNS,
        "",
    ),
    "returned.too_much": Rule(
        "more went back than came",
        "The bank says that more went back than is left of the receipt; what is beyond it is for a person.",
        _RETURNS,
        "",
    ),
    "returned.not_here": Rule(
        "this account never took that money",
        "A return was passed on for money that this account refused: nothing moves here, the sender gives it back.",
        _RETURNS,
        "",
    ),
}
