"""Facts that can have no effect on their account, and why."""

from dataflows.rules.account import parts
from dataflows.rules.account.account import Account
from dataflows.rules.account.account_rows import REFUND
from dataflows.rules.cash import relations, returns
from dataflows.rules.credit import credit_group
from dataflows.rules.keep import not_taken, receipt_name
from dataflows.rules.rejections import known_currency
from dataflows.rules.release import goods, rebilling
from schemas.records import (
    CashTransferred,
    CreditExposure,
    CreditGroupTold,
    CreditLimit,
    CreditNote,
    DebitNote,
    Decision,
    Dispute,
    ErpPosting,
    Fact,
    Invoice,
    OpeningItem,
    OperatorAction,
    PayerRelation,
    Promise,
    Receipt,
    ReceiptReturned,
    Refund,
    RemittanceAdvice,
    Return,
    Shipment,
)


def refusal(account: Account, fact: Fact) -> Decision | None:
    """Why the fact can have no effect on this account, as fact_rejected; None where it can."""
    reason = ""
    document = ""
    if isinstance(fact, (Invoice, CreditNote, DebitNote, OpeningItem)):
        document = fact.document
        reason = _document_amiss(account, fact)
    elif isinstance(fact, Receipt):
        known = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        if known is not None and known.amount:
            reason = "receipt_known"
        elif fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, ReceiptReturned):
        came = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        if fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
        elif came is not None and came.currency != fact.currency and not not_taken(fact, came):
            reason = f"currency_of_receipt:{came.currency}"
    elif isinstance(fact, Promise):
        # One that takes a promise back need not say how much it was.
        if fact.amount <= 0 and not fact.cancelled:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, Dispute):
        if fact.amount is not None and fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, Refund):
        if account.fetch(REFUND + fact.refund_id) is not None:
            reason = "refund_known"
        elif fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, (OperatorAction, ErpPosting)):
        if fact.amount < 0:
            reason = f"amount_below_zero:{fact.amount}"
    elif isinstance(fact, RemittanceAdvice):
        if account.advice(fact.advice_id) is not None:
            reason = "advice_known"
    elif isinstance(fact, PayerRelation):
        if relations.leads_nowhere(account, fact):
            reason = "target_is_no_account"
        elif relations.is_one_too_many(account, fact):
            reason = f"relations_at_most:{relations.MOST_RELATIONS}"
    elif isinstance(fact, Shipment):
        if goods.sent_otherwise(account, fact):
            reason = f"shipment_known:{fact.shipment_id}"
    elif isinstance(fact, Return):
        if goods.returned_otherwise(account, fact):
            reason = f"return_known:{fact.return_id}"
    elif isinstance(fact, CreditLimit):
        if fact.amount < 0:
            reason = f"amount_below_zero:{fact.amount}"
    elif isinstance(fact, CreditExposure):
        reason = credit_group.stated_amiss(account, fact)
    elif isinstance(fact, CreditGroupTold):
        reason = credit_group.told_amiss(account, fact)
    elif isinstance(fact, CashTransferred) and fact.returned:
        sent = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        part = None if sent is None else returns.sent_to(sent, fact.from_account)
        if part is None or part.amount < fact.amount:
            reason = "not_sent_from_here"
    if not reason:
        return None
    currency = known_currency(account, fact)
    return Decision(kind="fact_rejected", rule="facts", currency=currency, document=document, reasons=[reason])


def _document_amiss(account: Account, fact: Invoice | CreditNote | DebitNote | OpeningItem) -> str:
    """Why the document cannot be one of the account's; empty where it can."""
    if _is_document(account, fact) or (
        fact.document in account.row.held and (not isinstance(fact, Invoice) or fact.stage == "draft")
    ):
        return "document_known"
    if isinstance(fact, OpeningItem) and not 0 < fact.residual <= fact.amount:
        return f"residual_not_within_amount:{fact.residual}"
    if isinstance(fact, Invoice) and not _adds_up(fact):
        return "instalments_do_not_add_up"
    if fact.amount <= 0:
        return f"amount_not_above_zero:{fact.amount}"
    # It would end the currency in the index of open debits (open_debits.py).
    return "nul_in_currency" if "\0" in fact.currency else ""


def _is_document(account: Account, fact: Invoice | CreditNote | DebitNote | OpeningItem) -> bool:
    """Whether any item of that number was posted."""
    if account.known_item(fact.document) is not None or account.joined(fact.document) is not None:
        return True
    if account.row.held and rebilling.is_instalment_of_draft(account, fact.document):
        return True
    if isinstance(fact, Invoice) and fact.instalments:
        return any(account.known_item(name) is not None for name in parts.names(fact))
    return False


def _adds_up(fact: Invoice) -> bool:
    if not fact.instalments:
        return True
    return min([x.amount for x in fact.instalments]) > 0 and sum([x.amount for x in fact.instalments]) == fact.amount
