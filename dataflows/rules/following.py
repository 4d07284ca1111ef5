"""What a decision that has just been posted leads to. Changes nothing: transition.py posts what this concludes."""

from typing import Final

from dataflows.rules.account import parts
from dataflows.rules.account.account import Account
from dataflows.rules.actions import decide_action
from dataflows.rules.approvals import approvals, approved
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.cash import cash, prepayments, returns
from dataflows.rules.cash.cash_postings import allocate_credit, said
from dataflows.rules.cash.cash_text import payer_references
from dataflows.rules.cash.later_advice import ADVICE
from dataflows.rules.context import Context
from dataflows.rules.credit import credit_limits
from dataflows.rules.delivery import delivery
from dataflows.rules.differences import deductions, differences
from dataflows.rules.disputes import dispute_documents, dispute_parts, dispute_routing, disputes
from dataflows.rules.promises import promises
from dataflows.rules.provisions.approvals import CREDIT, REMINDER
from dataflows.rules.release import release
from dataflows.rules.reminders import letter_approvals
from schemas.records import Decision, Item, ReceiptRow
from schemas.topics import WHO_PAID_SEPARATOR

UNIDENTIFIED: Final = "cash.unidentified"
# Besides applied cash, what changes how much of a promise is here.
MOVED_CASH: Final = ("application_reversed", "cash_unapplied", "cash_proposed", "receipt_reversed")
# A request that comes to nothing.
NOT_GIVEN: Final = ("approval_rejected", "approval_expired", "approval_withdrawn")
# Of the payer's name and the bank's text, in the exception that asks whose money it is.
MOST_WHO_PAID: Final = 300


def follow(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What a decision that has just been posted leads to. Changes nothing."""
    kind = d.kind
    if kind == "receipt_booked":
        receipt = account.known_receipt(d.receipt_id)
        if receipt.pending_return:
            return returns.reverse_early(account, receipt)
        gone = returns.reverse_refused(receipt, d.counterparty) if d.rule == "transfer.returned" else []
        return gone or _follow_money(account, d, ctx)
    if kind == "receipt_reversed" and d.rule in (returns.RETURNED_EARLY, returns.RETURNED_REFUSED):
        return _follow_money(account, d, ctx)
    if kind == "item_posted" or kind == "invoice_released":
        others = _follow_posted(account, d, ctx)
        return others + (_follow_numbers(account, d, ctx) or _follow_item(account, d, ctx))
    if kind == "cash_applied" or kind == "credit_allocated":
        return _follow_lowered(account, d, d.document, ctx)
    if kind in differences.KINDS:
        if d.rule.startswith(differences.REVERSED):
            return _follow_undone(account, d, ctx) if d.document else []
        document = d.counterparty if kind == "deduction_opened" else d.document
        return _follow_lowered(account, d, document, ctx) if document else []
    if kind in approvals.PROPOSALS:
        return approved.proposed(account, d, ctx)
    if kind == "approval_given":
        if d.category == REMINDER:
            # It goes out when letters may.
            return []
        action = approved.ordered(account, d)
        if action is None:
            return approved.effect(account, d, ctx)
        return approved.done(d, decide_action(account, action, ctx))
    if kind in NOT_GIVEN:
        if d.category == REMINDER and kind == "approval_expired":
            return letter_approvals.unanswered(d)
        return credit_limits.rejected(account, d) if d.category == CREDIT else []
    decisions: list[Decision] = []
    if kind in MOVED_CASH:
        if account.suspense:
            return _identified(d)
        if kind == "receipt_reversed":
            # What is left may be just what the payer's references add up to.
            decisions += _follow_money(account, d, ctx)
        elif kind == "application_reversed":
            # A credit that was given back goes to the invoice it names; what else is here for the item is good for it now.
            named = _clear_named(account, d.counterparty) if d.counterparty else differences.undo(account, d, ctx)
            decisions += named or _follow_item(account, d, ctx)
        elif kind == "cash_proposed" and d.reasons == ["overpaid"]:
            decisions += differences.overpaid(account, d, ctx)
        elif kind == "cash_unapplied":
            decisions += differences.undo(account, d, ctx) or _credits_for(account, d.document)
            if d.rule == ADVICE:
                decisions += _follow_money(account, d, ctx)
        if account.row.promises:
            decisions += promises.judge_again(account, ctx)
        return decisions
    if kind == "credit_hold_set" or kind == "credit_hold_released":
        return release.recheck(account, release.decided(account), ctx)
    if kind == "invoice_withdrawn":
        others = release.follow(account, d, ctx) if account.row.held else []
        return others + delivery.after_posting(account, d, others, ctx)
    if kind == "dispute_opened":
        return _follow_dispute(account, d, ctx)
    if kind == "dispute_closed":
        return dispute_documents.not_needed(account, d.reference_id)
    if kind == "cash_transferred" and d.rule == "transfer.out" and account.suspense:
        return _identified(d)
    return []


def _follow_posted(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A new item: drafts that waited for it, its delivery, and the disputes that came before it."""
    others = release.follow(account, d, ctx) if account.row.held else []
    if ctx.policy.delivers:
        others += delivery.after_posting(account, d, others, ctx)
    if account.posted_item(d.document).disputes:
        # Also those whose review ended, which pause nothing.
        others += disputes.amounts_known(account, d.document)
        others += dispute_documents.ask_for_item(account, d.document, ctx)
    if account.row.early_disputes:
        for number in parts.numbers(d):
            others += dispute_parts.came_early(account, number, ctx)
    return others


def _follow_dispute(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A new dispute finds its owner, asks for the documents it needs, and may cancel what was promised."""
    if d.rule == disputes.AMOUNT_KNOWN:
        return []
    decisions = dispute_routing.route_opened(account, d, ctx)
    decisions += dispute_documents.ask(account, d.reference_id, ctx)
    return decisions + promises.cancel_disputed(account, d, ctx)


def _follow_lowered(account: Account, d: Decision, document: str, ctx: Context) -> list[Decision]:
    """Something was taken off an item: what becomes of its rest, what else clears it, what ends with it."""
    decisions: list[Decision] = []
    if d.kind == "deduction_opened":
        decisions += deductions.work(account, d, ctx)
    elif d.kind == "credit_allocated" and d.reference_id:
        decisions += disputes.close_credited(account, d, ctx)
    item = account.item(document)
    if item is not None:
        rest = differences.after(account, d, ctx) if d.kind == "cash_applied" else []
        decisions += rest or _follow_item(account, d, ctx)
    elif not d.item_open or document != d.document:
        cleared = account.cleared_item(document)
        assert cleared is not None, f"no cleared item {document}"
        if cleared.disputes:
            closed_already = [x.reference_id for x in decisions if x.kind == "dispute_closed"]
            decisions += disputes.close_cleared(account, cleared, d, closed_already, ctx)
        decisions += differences.asked_no_more(account, cleared)
        decisions += delivery.cleared(account, document)
    if account.row.promises:
        decisions += promises.judge_again(account, ctx)
    return decisions


def _follow_undone(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What hung on an application is undone. Where the money went back, other money may be good for the item now."""
    decisions = differences.asked_no_more(account, account.posted_item(d.document))
    if d.kind == "deduction_opened":
        deduction = account.posted_item(d.document)
        if not deduction.open and deduction.disputes:
            decisions += disputes.withdraw_all(account, deduction, d.rule, ctx)
    elif d.cause_kind == "operator_action":
        decisions += _credits_for(account, d.document)
    else:
        decisions += _follow_item(account, d, ctx)
    if account.row.promises:
        decisions += promises.judge_again(account, ctx)
    return decisions


def _follow_numbers(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A new item is one of several under a number: what waited for the number, or for its order, is tried."""
    decisions: list[Decision] = []
    for number in parts.numbers(d):
        decisions = decisions or cash.retry(account, number, ctx)
    if d.reference_id and not decisions:
        decisions += prepayments.for_order(account, d.reference_id, ctx)
    return decisions


def _identified(d: Decision) -> list[Decision]:
    """Money left a suspense account: once none of its receipt is left, nobody has to look for its payer."""
    if d.receipt_unapplied:
        return []
    return [closed(UNIDENTIFIED, f"unidentified:{d.receipt_id}", d.currency, receipt_id=d.receipt_id)]


def _follow_money(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """Apply what came, or look for whose it is."""
    receipt = account.known_receipt(d.receipt_id)
    if not receipt.unapplied:
        return []
    return [_unidentified(d, account)] if account.suspense else cash.match(account, receipt, ctx)


def _follow_item(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A new credit clears the invoice it names; a new invoice takes credits and cash that waited for it."""
    item = account.item(d.document)
    if item is None:
        # What came with it has cleared it already.
        return []
    if item.kind == "credit_note":
        return _clear_named(account, d.document) or cash.retry(account, d.document, ctx)
    # The rest of what waits is tried after a credit is posted.
    return _credits_for(account, d.document) or cash.retry(account, d.document, ctx)


def _clear_named(account: Account, document: str) -> list[Decision]:
    """An open credit note clears the open invoice it names."""
    credit = account.item(document)
    return [] if credit is None else _allocated(account, credit)


def _credits_for(account: Account, document: str) -> list[Decision]:
    """The first open credit note that names the open invoice clears it."""
    if account.item(document) is None:
        return []
    for name in account.row.credits:
        credit = account.item(name)
        assert credit is not None, f"no open credit note {name}"
        found = _allocated(account, credit)
        if any(decision.document == document for decision in found):
            return found
    return []


def _allocated(account: Account, credit: Item) -> list[Decision]:
    """A credit note clears the open invoice it names, and settles a dispute of it. Of instalments it clears the first
    ones; all of a consolidated invoice, where it is just what is open of that, for else it says not which."""
    invoices: list[Item] = []
    for document in parts.documents_of(account, [credit.corrects]) if credit.corrects else []:
        invoice = account.item(document)
        if invoice is not None:
            invoices.append(invoice)
    consolidated = [x for x in invoices if x.document.partition(parts.PART)[0] != credit.corrects]
    if consolidated and sum([invoice.open for invoice in invoices]) != credit.open:
        return []
    decisions: list[Decision] = []
    left = credit.open
    for invoice in invoices:
        if not left:
            break
        for decision in allocate_credit(credit, invoice, left):
            decision.reference_id = disputes.credited_by(account, credit, invoice)
            decisions.append(decision)
            left -= decision.amount
    return decisions


def _unidentified(d: Decision, account: Account) -> Decision:
    receipt = account.known_receipt(d.receipt_id)
    return Decision(
        kind="exception_raised",
        rule=UNIDENTIFIED,
        currency=d.currency,
        amount=receipt.unapplied,
        receipt_id=d.receipt_id,
        reference_id=f"unidentified:{d.receipt_id}",
        reasons=["unidentified", *[f"refused_by:{target}" for target in receipt.refused_by]],
        candidates=said(payer_references(receipt)),
        # The directory finds the payer's advice, and a name that a person has explained, by them.
        evidence=[
            *([f"bank_reference:{receipt.bank_reference}"] if receipt.bank_reference else []),
            *([f"payer_name:{receipt.payer_name}"] if receipt.payer_name and not receipt.payer_account else []),
        ],
        text=who_paid(receipt),
    )


def who_paid(receipt: ReceiptRow) -> str:
    """The payer's account, or else name, and the bank's text, such as `BANK-1 · INV 7`; all as the bank sent them.

    The directory reads the account: what follows it begins with the separator, and without an account
    the whole does too, so that no name is ever read as an account.
    """
    account = receipt.payer_account.replace(WHO_PAID_SEPARATOR, " ")
    said = [text for text in ("" if account else receipt.payer_name, receipt.text) if text]
    rest = "".join(WHO_PAID_SEPARATOR + text for text in said)
    return account + (rest if len(rest) <= MOST_WHO_PAID else f"{rest[: MOST_WHO_PAID - 1]}…")
