"""What a fact that has just been kept leads to. Changes nothing: transition.py posts what this concludes."""

from dataflows.rules.account import entries
from dataflows.rules.account.account import Account
from dataflows.rules.actions import decide_action
from dataflows.rules.approvals import approvals
from dataflows.rules.cash import cash, relations, returns
from dataflows.rules.context import Context
from dataflows.rules.credit import credit_limits
from dataflows.rules.delivery import delivery
from dataflows.rules.differences import differences
from dataflows.rules.disputes import dispute_documents, dispute_parts, messages
from dataflows.rules.keep import not_taken, receipt_name
from dataflows.rules.promises import promises
from dataflows.rules.release import release
from dataflows.rules.reminders import letters
from schemas.records import (
    AccountOwner,
    AdviceRow,
    Approval,
    CashTransferred,
    CreditExposure,
    CreditGroupTold,
    CreditLimit,
    CreditNote,
    Customer,
    DebitNote,
    Decision,
    Dispute,
    DisputeUpdate,
    ErpPosting,
    Fact,
    Invoice,
    Message,
    OpeningItem,
    OperatorAction,
    Order,
    PayerRelation,
    PriceAgreement,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    Refund,
    RemittanceAdvice,
    Return,
    ServiceCase,
    Shipment,
)


def decide(account: Account, fact: Fact, ctx: Context) -> list[Decision]:
    """What a fact that has just been kept leads to. Changes nothing."""
    if isinstance(fact, Receipt):
        return [_booked(account, fact, "receipt", "")]
    if isinstance(fact, Invoice):
        if fact.stage == "posted":
            return release.decide_posted(account, fact)
        return release.decide_draft(account, fact, ctx)
    if isinstance(fact, (Order, Shipment, ProofOfDelivery)):
        return dispute_documents.arrived(account, fact.order_id) + release.recheck_order(account, fact.order_id, ctx)
    if isinstance(fact, Return):
        return release.recheck_order(account, fact.order_id, ctx)
    if isinstance(fact, PriceAgreement):
        return release.recheck_priced(account, fact, ctx)
    if isinstance(fact, Customer):
        sent = delivery.channels_found(account, ctx) if account.row.unreachable else []
        return release.recheck(account, list(account.row.held), ctx) + sent
    if isinstance(fact, CreditNote):
        return [_credit_posted(account, fact)]
    if isinstance(fact, ReceiptReturned):
        return _decide_return(account, fact)
    if isinstance(fact, RemittanceAdvice):
        advice = account.advice(fact.advice_id)
        return [] if advice is None else _explained(account, advice, ctx)
    if isinstance(fact, Dispute):
        return dispute_parts.decide_dispute(account, fact, ctx)
    if isinstance(fact, DisputeUpdate):
        return dispute_parts.decide_update(account, fact, ctx)
    if isinstance(fact, Promise):
        return promises.decide_promise(account, fact, ctx)
    if isinstance(fact, Message):
        return (
            delivery.decide_message(account, fact, ctx)
            or letters.decide_message(fact)
            or messages.decide_message(account, fact, ctx)
        )
    if isinstance(fact, CashTransferred):
        return _decide_transferred(account, fact)
    if isinstance(fact, OperatorAction):
        return approvals.gated(account, fact, decide_action(account, fact, ctx), ctx)
    if isinstance(fact, Approval):
        return approvals.decide_approval(account, fact, ctx)
    if isinstance(fact, PayerRelation):
        return cash.retry_named(account, ctx)
    if isinstance(fact, CreditLimit):
        return credit_limits.decide_limit(account, fact, ctx)
    if isinstance(fact, (ServiceCase, AccountOwner, CreditExposure, CreditGroupTold)):
        return []
    if isinstance(fact, DebitNote):
        return entries.decide_debit_note(account, fact)
    if isinstance(fact, OpeningItem):
        return entries.decide_opening(account, fact, ctx)
    if isinstance(fact, Refund):
        return entries.decide_refund(account, fact, ctx)
    if isinstance(fact, ErpPosting):
        return entries.decide_erp(account, fact, ctx)
    raise AssertionError(f"no rule for {fact.kind}")


def _explained(account: Account, advice: AdviceRow, ctx: Context) -> list[Decision]:
    """An advice after its money explains what is unapplied, and why less came."""
    found = cash.explain(account, advice, ctx)
    return found or (differences.explained(account, advice, ctx) if advice.adjustments else [])


def _booked(account: Account, fact: Receipt | CashTransferred, rule: str, counterparty: str) -> Decision:
    return Decision(
        kind="receipt_booked",
        rule=rule,
        currency=fact.currency,
        amount=fact.amount,
        receipt_id=receipt_name(account, fact.receipt_id, fact.bank_account),
        counterparty=counterparty,
        posting_date=fact.posting_date,
        value_date=fact.value_date,
    )


def _credit_posted(account: Account, fact: CreditNote) -> Decision:
    return Decision(
        kind="item_posted",
        rule="posted.erp",
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="credit_note",
        counterparty=fact.invoice,
        posting_date=fact.posting_date,
        due_date=fact.posting_date,
        document_date=fact.document_date,
        text=fact.reason,
        reasons=release.no_sale(account),
        evidence=[f"dispute:{fact.dispute_id}"] if fact.dispute_id else None,
    )


def _decide_return(account: Account, fact: ReceiptReturned) -> list[Decision]:
    name = receipt_name(account, fact.receipt_id, fact.bank_account)
    if not_taken(fact, account.receipt(name)):
        return [_return_for_another(fact, name)]
    receipt = account.known_receipt(name)
    if receipt.amount:
        return returns.reverse(account, receipt, fact.amount, fact.posting_date, fact.value_date)
    return [
        Decision(
            kind="exception_raised",
            rule=returns.RETURNED_EARLY,
            currency=fact.currency,
            amount=fact.amount,
            receipt_id=receipt.receipt_id,
            reference_id=f"return:{receipt.receipt_id}",
            reasons=["return_before_receipt"],
        )
    ]


def _return_for_another(fact: ReceiptReturned, name: str) -> Decision:
    """A return that was passed on for money that this account did not take. It moves nothing: the sender has that
    money again and gives it back itself."""
    return Decision(
        kind="exception_raised",
        rule="returned.not_here",
        currency=fact.currency,
        amount=fact.amount,
        receipt_id=name,
        reference_id=f"return:{name}",
        counterparty=fact.from_account,
        reasons=["receipt_not_here"],
    )


def _decide_transferred(account: Account, fact: CashTransferred) -> list[Decision]:
    """Book what another account sent, or refuse it: no customer here, or the receipt is here already."""
    if fact.returned:
        return [_booked(account, fact, "transfer.returned", fact.from_account)]
    receipt = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
    known = receipt is not None and receipt.amount > 0
    ours = relations.takes(account, fact)
    if account.known and not known and ours:
        return [_booked(account, fact, "transfer.in", fact.from_account)]
    reason = "customer_unknown" if not account.known else "receipt_known" if known else "not_all_documents_here"
    return [
        Decision(
            kind="cash_transferred",
            rule="transfer.refused",
            currency=fact.currency,
            amount=fact.amount,
            receipt_id=fact.receipt_id,
            reference_id=fact.transfer_id,
            counterparty=fact.from_account,
            reasons=[reason],
            # Those of its references that are documents here, where it was sent for them.
            candidates=relations.are_here(account, fact) if fact.asks else [],
        )
    ]
