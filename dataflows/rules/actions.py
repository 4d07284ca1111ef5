"""What a person, or the directory, asks for: done, or rejected with the reason."""

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import people
from dataflows.rules.cash import aliases, cash_postings, relations, returns
from dataflows.rules.cash.cash_text import payer_references
from dataflows.rules.context import Context
from dataflows.rules.delivery import delivery
from dataflows.rules.differences import differences, exchange
from dataflows.rules.reminders import statements, tasks
from schemas.records import Decision, OperatorAction, ReceiptRow


def decide_action(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """What a person, or the directory, asked for; what cannot be done is rejected and says why."""
    if fact.action in ("block_reminders", "unblock_reminders"):
        return []
    if fact.action == "request_statement":
        return statements.requested(account, fact, ctx) or [_rejected(fact, "nothing_to_state")]
    if fact.action in people.ACTIONS or fact.action == delivery.SEND:
        by = delivery.by_person if fact.action == delivery.SEND else people.decide
        found, why = by(account, fact, ctx)
        return [_rejected(fact, why)] if why else found
    if fact.action == "close_task":
        return tasks.close_by_person(account, fact) or [_rejected(fact, "task_unknown")]
    receipt = account.receipt(fact.receipt_id) if fact.receipt_id else None
    if receipt is None or not receipt.amount:
        return [_rejected(fact, "receipt_unknown")]
    if fact.action == "unapply_cash":
        return _unapplied(account, fact, receipt)
    if fact.amount and fact.currency not in ("", receipt.currency):
        return [_rejected(fact, f"currency_of_receipt:{receipt.currency}")]
    if not receipt.unapplied:
        item = account.item(fact.document) if fact.action == "apply_cash" and receipt.on_account else None
        if item is not None and item.kind != "credit_note" and item.currency == receipt.currency:
            most = min(receipt.on_account, item.open)
            part = min(fact.amount or most, most)
            back = differences.put_back(receipt, part, receipt.posting_date, receipt.value_date)
            return [*back, cash_postings.apply_by_person(receipt, item, part)]
        return [_rejected(fact, "nothing_unapplied")]
    if fact.action == "identify_payer":
        target = fact.target_account
        if not target or target == account.account_id:
            return [_rejected(fact, "target_account_missing")]
        if "\0" in target:
            # No account is called so, and the money would be in transit for ever.
            return [_rejected(fact, "nul_in_target_account")]
        if not relations.may_be_sent_to(account, target):
            return [_rejected(fact, "target_is_no_account")]
        if returns.sent_to(receipt, target) is not None:
            # It has that money, and takes a receipt once; or its refusal is on its way.
            return [_rejected(fact, "sent_there_already")]
        if fact.amount and receipt.unapplied > fact.amount:
            # All of it goes, and it is more than somebody agreed to.
            return [_rejected(fact, f"more_than_that:{receipt.unapplied}", receipt.currency)]
        return [cash_postings.send_on(receipt, target), *aliases.of_identification(account, fact, receipt)]
    if fact.action == "apply_cash":
        item = account.item(fact.document)
        if item is None or item.kind == "credit_note" or item.currency != receipt.currency:
            return [_rejected(fact, "no_such_open_item")]
        most = min(receipt.unapplied, item.open)
        if fact.amount > most:
            return [_rejected(fact, f"more_than_there_is:{most}", receipt.currency)]
        learned = aliases.of_application(account, fact, receipt, payer_references(receipt))
        return [cash_postings.apply_by_person(receipt, item, fact.amount or most), *learned]
    return [_rejected(fact, f"action_unknown:{fact.action}")]


def _unapplied(account: Account, fact: OperatorAction, receipt: ReceiptRow) -> list[Decision]:
    """Its amount is in the item's currency."""
    for allocation in receipt.allocations:
        if allocation.document != fact.document:
            continue
        applied = account.posted_item(fact.document)
        if fact.amount and fact.currency not in ("", applied.currency):
            return [_rejected(fact, f"currency_of_item:{applied.currency}")]
        if allocation.exchanged:
            on = max(receipt.posting_date, applied.posting_date)
            spent = allocation.exchanged
            if fact.amount:
                spent = min(spent, spent * fact.amount // allocation.amount)
            by = cash_postings.BY_PERSON
            return exchange.undone(receipt, allocation, applied, spent, by, on, receipt.value_date)
        part = min(fact.amount or allocation.amount, allocation.amount)
        return [cash_postings.unapply_by_person(receipt, applied, part)]
    return [_rejected(fact, "not_applied_there")]


def _rejected(fact: OperatorAction, reason: str, currency: str = "") -> Decision:
    """currency: of amounts in the reason."""
    return Decision(
        kind="fact_rejected",
        rule=f"operator.{fact.action}",
        currency=currency,
        document=fact.document,
        receipt_id=fact.receipt_id,
        reference_id=fact.reference_id,
        reasons=[reason],
    )
