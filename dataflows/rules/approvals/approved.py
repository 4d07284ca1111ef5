"""What follows when something is approved, or needs no approval: the posting itself, as a decision of its own.

It says what allowed it: `approval:ID` with maker and checker, or `within:CATEGORY:LIMIT`. What is no more there to the
full amount is posted as far as it is.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approvals
from dataflows.rules.approvals.authority import day_of
from dataflows.rules.context import Context
from dataflows.rules.credit import credit_limits
from dataflows.rules.differences.differences import put_back, tax_in
from dataflows.rules.evidence import value
from dataflows.rules.provisions.approvals import CREDIT, GOODWILL, REFUND, WRITE_OFF
from schemas.records import ApprovalState, Decision, Item, OperatorAction, Refund, RefundDue

WRITTEN_OFF: Final = "write_off.approved"
WRITTEN_OFF_WITHIN: Final = "write_off.within"
REFUNDED: Final = "refund.approved"
REFUNDED_WITHIN: Final = "refund.within"
REFUND_TOLD: Final = "refund.told"
NOT_APPROVED: Final = "refund.not_approved"
NOT_POSSIBLE: Final = "approvals.not_possible"
PROPOSE_WRITE_OFF: Final = "propose_write_off"
PROPOSE_REFUND: Final = "propose_refund"
BY_PERSON: Final = "write_off.operator"
REFUND_BY_PERSON: Final = "refund.operator"


# --- proposals ---


def propose(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """A person wants a debit written off, or money paid back; or why that cannot be, which is not empty then."""
    if not fact.note.strip():
        return [], "reason_missing"
    if fact.action == PROPOSE_WRITE_OFF:
        item = account.item(fact.document)
        if item is None or item.kind == "credit_note" or fact.currency not in ("", item.currency):
            return [], "no_such_open_item"
        if fact.amount > item.open:
            return [], f"more_than_there_is:{item.open}"
        d = _proposal("write_off_proposed", BY_PERSON, fact, item.currency, fact.amount or item.open)
        d.tax = tax_in(item, d.amount)
        d.reference_id = f"{WRITE_OFF}:{item.document}"
    else:
        there = 0
        currency = ""
        receipt = account.receipt(fact.receipt_id) if fact.receipt_id else None
        credit = account.item(fact.document) if fact.document and receipt is None else None
        if receipt is not None and receipt.amount:
            there = receipt.unapplied + receipt.on_account
            currency = receipt.currency
        elif credit is not None and credit.kind == "credit_note":
            there = credit.open
            currency = credit.currency
        if not there or fact.currency not in ("", currency):
            return [], "nothing_to_refund"
        if fact.amount > there:
            return [], f"more_than_there_is:{there}"
        d = _proposal("refund_proposed", REFUND_BY_PERSON, fact, currency, fact.amount or there)
        if receipt is not None:
            d.document = ""
        d.reference_id = f"{REFUND}:{fact.receipt_id or fact.document}"
    known = approvals.find(account, d.reference_id)
    return ([], f"approval_pending:{known.maker}") if known is not None else ([d], "")


def _proposal(kind: str, rule: str, fact: OperatorAction, currency: str, amount: int) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=currency,
        amount=amount,
        document=fact.document,
        receipt_id=fact.receipt_id,
        text=fact.note[: approvals.MOST_NOTE],
        evidence=[f"maker:{fact.actor}"],
    )


def proposed(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A proposal that was just said is posted where it is within its limit, and is asked to be approved where not."""
    category = CREDIT if d.kind == "credit_change_proposed" else REFUND
    if d.kind == "write_off_proposed":
        category = GOODWILL if d.rule == f"disputes.{GOODWILL}" else WRITE_OFF
    start = f"{category}:"
    approval_id = d.reference_id if d.reference_id.startswith(start) else start + d.reference_id
    known = approvals.find(account, approval_id)
    if known is not None and (known.document, known.receipt_id) == (d.document, d.receipt_id):
        return []
    if known is not None:
        # A dispute may be called as an item is.
        approval_id += f"/{d.document or d.receipt_id}"
    request = ApprovalState(
        approval_id,
        category,
        "",
        d.currency,
        d.amount,
        d.document,
        d.receipt_id,
        "",
        "" if approval_id == d.reference_id else d.reference_id,
        value(d, "maker") or approvals.POLICY,
        d.text if d.rule in (BY_PERSON, REFUND_BY_PERSON) else value(d, "note"),
    )
    if not approvals.is_needed(account, category, d.currency, d.amount, ctx):
        why = [f"maker:{request.maker}", approvals.within(account, category, d.currency, ctx)]
        return _posted(account, request, why, False, ctx)
    if approvals.open_requests(account) >= approvals.MOST_OPEN:
        return [approvals.too_many(request)]
    if category != CREDIT:
        return [approvals.requested(account, request, approvals.above(account, request, ctx), [], ctx)]
    told = [text for text in d.evidence if not text.startswith("maker:")]
    return [approvals.requested(account, request, list(d.reasons), told, ctx)]


# --- effects ---


def effect(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What approval_given, which has just been posted, leads to, where it is no action of a person that waited."""
    request = approvals.state_of(d)
    return _posted(account, request, allowed_by(d), True, ctx) or [_not_possible(d)]


def allowed_by(d: Decision) -> list[str]:
    """The evidence of a posting that the approval `d` allows."""
    return [f"approval:{d.reference_id}", f"maker:{value(d, 'maker')}", f"by:{value(d, 'by')}"]


def ordered(account: Account, d: Decision) -> OperatorAction | None:
    """The action of a person that waited for the approval which was just given, as far as it can still be done; None
    where none did."""
    action = value(d, "action")
    if not action:
        return None
    amount = d.amount
    receipt = account.receipt(d.receipt_id) if d.receipt_id else None
    item = account.item(d.document) if d.document else None
    if action == "apply_cash" and receipt is not None and item is not None:
        there = receipt.unapplied or receipt.on_account
        amount = min(amount, there, item.open) if item.currency == receipt.currency else amount
    elif action == "release_invoice":
        amount = 0
    return OperatorAction(
        "",
        d.recorded_time,
        "",
        "",
        d.tenant,
        d.entity,
        d.account_id,
        d.event_time,
        action,
        value(d, "maker"),
        d.receipt_id,
        d.document,
        d.counterparty,
        d.currency,
        amount,
        0,
        value(d, "note"),
    )


def done(d: Decision, decisions: list[Decision]) -> list[Decision]:
    """What an action that waited has led to, with what allowed it; a person is told where it could not be done."""
    if not decisions or decisions[0].kind == "fact_rejected":
        told = _not_possible(d)
        told.reasons = list(decisions[0].reasons) if decisions else told.reasons
        return [told]
    for said in decisions:
        if said.kind in approvals.POSTED:
            said.evidence = [*said.evidence, *allowed_by(d)]
    return decisions


def _not_possible(d: Decision) -> Decision:
    return Decision(
        kind="exception_raised",
        rule=NOT_POSSIBLE,
        currency=d.currency,
        amount=d.amount,
        document=d.document,
        receipt_id=d.receipt_id,
        reference_id=f"approved:{d.reference_id}",
        reasons=["nothing_left_of_it"],
    )


def _posted(account: Account, request: ApprovalState, why: list[str], approved: bool, ctx: Context) -> list[Decision]:
    if request.category == CREDIT:
        return credit_limits.approved(account, request.approval_id, why)
    if request.category == REFUND:
        return _refunded(account, request, why, approved, ctx)
    item = account.item(request.document)
    if item is None or item.kind == "credit_note" or item.currency != request.currency:
        return []
    return [_written_off(item, request, why, approved, day_of(ctx))]


def _written_off(item: Item, request: ApprovalState, why: list[str], approved: bool, day: int) -> Decision:
    amount = min(request.amount, item.open)
    return Decision(
        kind="write_off_posted",
        rule=WRITTEN_OFF if approved else WRITTEN_OFF_WITHIN,
        currency=item.currency,
        amount=amount,
        document=item.document,
        reference_id=request.about or request.approval_id,
        posting_date=max(day, item.posting_date),
        value_date=day,
        tax=tax_in(item, amount),
        category=request.category,
        text=request.note,
        evidence=why,
    )


def _refunded(account: Account, request: ApprovalState, why: list[str], approved: bool, ctx: Context) -> list[Decision]:
    """The money leaves what can be applied; the bank will tell of it later."""
    day = day_of(ctx)
    decisions: list[Decision] = []
    receipt = account.receipt(request.receipt_id) if request.receipt_id else None
    if receipt is not None:
        decisions = put_back(receipt, request.amount - receipt.unapplied, day, day)
        paid = min(request.amount, receipt.unapplied + sum([d.amount for d in decisions]))
        day = max(day, receipt.posting_date)
    else:
        credit = account.item(request.document)
        paid = 0 if credit is None or credit.kind != "credit_note" else min(request.amount, credit.open)
        if credit is not None:
            day = max(day, credit.posting_date)
    if not paid:
        return []
    decisions.append(
        Decision(
            kind="refund_posted",
            rule=REFUNDED if approved else REFUNDED_WITHIN,
            currency=request.currency,
            amount=paid,
            document="" if receipt is not None else request.document,
            receipt_id=request.receipt_id,
            reference_id=request.approval_id,
            posting_date=day,
            value_date=day,
            text=request.note,
            evidence=why,
        )
    )
    return decisions


# --- what the bank tells of refunds ---


def refunds_told(account: Account, fact: Refund) -> list[Decision]:
    """What of a refund was approved and posted before the bank told of it: it is no second one."""
    decisions: list[Decision] = []
    left = fact.amount
    for due in account.row.refunds_due:
        if not left or due.currency != fact.currency or not _is_of(due, fact):
            continue
        part = min(left, due.amount)
        left -= part
        decisions.append(
            Decision(
                kind="refund_confirmed",
                rule=REFUND_TOLD,
                currency=fact.currency,
                amount=part,
                document=due.document,
                receipt_id=due.receipt_id,
                reference_id=fact.refund_id,
                value_date=fact.value_date,
                evidence=[f"refund:{due.approval_id}"],
            )
        )
    return decisions


def _is_of(due: RefundDue, fact: Refund) -> bool:
    if fact.refund_id == due.approval_id:
        return True
    if fact.receipt_id:
        return fact.receipt_id == due.receipt_id
    return fact.document != "" and fact.document == due.document


def told_without(account: Account, fact: Refund, amount: int, ctx: Context) -> list[Decision]:
    """The bank paid back so much that nobody approved; a person is told where the policy wants that."""
    terms = account.provisions(ctx, fact.currency).approvals
    if not amount or not terms.unapproved_refund_told:
        return []
    if not approvals.is_needed(account, REFUND, fact.currency, amount, ctx):
        return []
    return [
        Decision(
            kind="exception_raised",
            rule=NOT_APPROVED,
            currency=fact.currency,
            amount=amount,
            document=fact.document,
            receipt_id=fact.receipt_id,
            reference_id=f"refund_not_approved:{fact.refund_id}",
            reasons=[f"above:{terms.limit(REFUND)}"],
        )
    ]
