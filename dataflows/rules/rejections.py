"""What is said of facts that the rules reject, beside the reason."""

from dataflows.rules.account.account import Account
from schemas.records import CreditNote, Dispute, Fact, Invoice, OperatorAction, Promise, Receipt, ReceiptReturned


def known_currency(account: Account, fact: Fact) -> str:
    """The currency of what is rejected, for amounts in the reason; empty where the account has nothing in it.

    A currency that only a rejected fact names is not the account's, and reports are not to list it.
    """
    named = ""
    if isinstance(fact, OperatorAction):
        receipt = account.receipt(fact.receipt_id) if fact.receipt_id else None
        named = "" if receipt is None else receipt.currency
    elif isinstance(fact, (Invoice, CreditNote, Receipt, ReceiptReturned, Promise, Dispute)):
        named = fact.currency
    for balance in account.row.balances:
        if balance.currency == named:
            return named
    return ""
