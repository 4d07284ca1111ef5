"""Approvals: what one person asks for and another one has to agree to. Source: REFERENCE 3.5, CAPABILITIES E2.

A request carries what is to be done; once it is given, that follows as a decision of its own (approved.py). A request is
open until it is given, rejected, expired, or until what it is about is no more. The maker never gives it.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.account_times import MOST_TIME_MS
from dataflows.rules.approvals import authority, daily
from dataflows.rules.approvals.authority import day_of, running_day, time_of
from dataflows.rules.context import Context
from dataflows.rules.credit import credit_limits
from dataflows.rules.evidence import value
from dataflows.rules.provisions.approvals import (
    CASH,
    CREDIT,
    GOODWILL,
    NO_LIMIT,
    REFUND,
    RELEASE,
    REMINDER,
    TRANSFER,
    WRITE_OFF,
    same_person,
)
from schemas.records import Approval, ApprovalState, Decision, OperatorAction

RULE: Final = "approvals."
TOO_MANY: Final = "approvals.too_many"
# The reason that tells of an amount above all levels of the policy.
NOBODY_MAY: Final = "nobody_may_approve"
# Who asks where a rule of the policy does.
POLICY: Final = "policy"
# What is kept of why it was asked for.
MOST_NOTE: Final = 500
# Open requests of an account.
MOST_OPEN: Final = 200
PROPOSALS: Final = ("write_off_proposed", "refund_proposed", "credit_change_proposed")
# What people say of requests.
APPROVE: Final = "approve"
REJECT: Final = "reject"
DELEGATE: Final = "delegate"
WITHDRAW: Final = "withdraw"
ACTIONS: Final[tuple[str, ...]] = (APPROVE, REJECT, DELEGATE, WITHDRAW)
# By what an approval fact says.
VERDICTS: Final = {"approved": APPROVE, "rejected": REJECT, "delegated": DELEGATE}
# Actions of people that may need an approval, with its category.
GATED: Final = {
    "apply_cash": CASH,
    "unapply_cash": CASH,
    "identify_payer": TRANSFER,
    "release_invoice": RELEASE,
}
# The section of the policy that has the limit, where it is not [approvals].
SECTION: Final = {GOODWILL: "disputes", CREDIT: "credit"}
# What those actions post, besides what is put back for it.
POSTED: Final = ("cash_applied", "cash_unapplied", "cash_transferred", "invoice_released")
# What the directory's own actions are called: they are no person's.
DIRECTORY: Final = "identify:"
# Decisions after which no request can be without its cause that had it before.
SILENT: Final = (
    "approval_requested",
    "approval_delegated",
    "exception_raised",
    "exception_closed",
    "assigned",
    "noted",
)


def find(account: Account, approval_id: str) -> ApprovalState | None:
    """The open request of that id."""
    for request in account.row.approvals:
        if request.approval_id == approval_id:
            return request
    return None


def open_requests(account: Account) -> int:
    """How many wait for an answer; without those for a change of a limit that another change has just replaced, which are
    about to be withdrawn: what replaces one takes its place."""
    requests = account.row.approvals
    if len(requests) < MOST_OPEN:
        return len(requests)
    proposed = [x.proposal_id for x in account.credit().proposals] if account.row.credit else []
    return sum([request.category != CREDIT or request.approval_id in proposed for request in requests])


# --- asking ---


def is_needed(account: Account, category: str, currency: str, amount: int, ctx: Context) -> bool:
    """Whether so much of that category, with what went without an approval that day, waits for one."""
    if category == CREDIT:
        # What is proposed is what needs one (credit_limits.py).
        return True
    if category == GOODWILL:
        limit = account.provisions(ctx, currency).disputes.goodwill_minor
        return amount + daily.gone(account, category, currency, ctx) > limit
    return authority.is_needed(account, category, currency, amount, daily.gone(account, category, currency, ctx), ctx)


def within(account: Account, category: str, currency: str, ctx: Context) -> str:
    """The limit under which something goes at once, as evidence."""
    return f"within:{category}:{_limit(account, category, currency, ctx)}"


def _limit(account: Account, category: str, currency: str, ctx: Context) -> int:
    provisions = account.provisions(ctx, currency)
    return provisions.disputes.goodwill_minor if category == GOODWILL else provisions.approvals.limit(category)


def above(account: Account, request: ApprovalState, ctx: Context) -> list[str]:
    """Why so much of its category needs another person: the limit that it is above, with what went before on that day."""
    gone = daily.gone(account, request.category, request.currency, ctx)
    limit = _limit(account, request.category, request.currency, ctx)
    base = account.provisions(ctx, request.currency).approvals.currency
    if request.category == GOODWILL or base in ("", request.currency):
        return [f"above:{limit}", f"same_day:{gone}"] if gone else [f"above:{limit}"]
    if authority.told(account, request.currency, request.amount, ctx) == authority.UNTOLD:
        return [f"no_rate:{request.currency}/{base}"]
    return [f"above_in:{base}:{limit}", f"same_day_in:{base}:{gone}"] if gone else [f"above_in:{base}:{limit}"]


def requested(account: Account, request: ApprovalState, reasons: list[str], extra: list[str], ctx: Context) -> Decision:
    """A request for approval; `extra`: more evidence. Who may give it is said as owner, where the policy names a role."""
    provisions = account.provisions(ctx, request.currency)
    terms = provisions.approvals
    d = _about("approval_requested", request)
    d.text = request.note
    d.reasons = reasons
    d.policy_line = provisions.lines.get(SECTION.get(request.category, "approvals"), "")
    role = authority.asked(account, request.category, request.currency, request.amount, ctx)
    if role:
        d.owner = account.owner_of(role, day_of(ctx)) or role
    elif terms.levels:
        d.reasons = [*reasons, NOBODY_MAY]
    if terms.expiry_minutes:
        due = provisions.calendar.after_business_minutes(time_of(ctx), terms.expiry_minutes)
        d.deadline = due if 0 < due < MOST_TIME_MS else 0
    d.evidence += extra
    return d


def too_many(request: ApprovalState) -> Decision:
    """The account has so many open requests that this one cannot be asked: a person is told."""
    return Decision(
        kind="exception_raised",
        rule=TOO_MANY,
        currency=request.currency,
        amount=request.amount,
        document=request.document,
        receipt_id=request.receipt_id,
        reference_id=f"approval:{request.approval_id}",
        reasons=[f"approvals_at_most:{MOST_OPEN}"],
    )


def gated(account: Account, fact: OperatorAction, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """What a person ordered, or the request for its approval where it is above the limit."""
    category = GATED.get(fact.action, "")
    if not category or fact.event_id.startswith(DIRECTORY):
        return decisions
    principal = [d for d in decisions if d.kind in POSTED]
    if not principal:
        return decisions
    first = principal[0]
    if account.provisions(ctx, first.currency).approvals.limit(category) == NO_LIMIT:
        return decisions
    amount = sum([d.amount for d in principal if d.kind == first.kind])
    if not is_needed(account, category, first.currency, amount, ctx):
        first.evidence = [*first.evidence, within(account, category, first.currency, ctx)]
        return decisions
    parts = [category, fact.receipt_id, fact.document]
    if fact.action == "unapply_cash":
        parts[0] = "unapply"
    request = ApprovalState(
        ":".join([part for part in parts if part]),
        category,
        fact.action,
        first.currency,
        amount,
        fact.document,
        fact.receipt_id,
        fact.target_account,
        "",
        fact.actor,
        fact.note[:MOST_NOTE],
    )
    known = find(account, request.approval_id)
    if known is not None:
        return [_refused(f"operator.{fact.action}", request, f"approval_pending:{known.maker}")]
    if open_requests(account) >= MOST_OPEN:
        return [_refused(f"operator.{fact.action}", request, f"approvals_at_most:{MOST_OPEN}")]
    overridden = [x for x in first.evidence if x.startswith("overridden:")]
    return [requested(account, request, above(account, request, ctx), overridden, ctx)]


def _refused(rule: str, request: ApprovalState, reason: str) -> Decision:
    return Decision(
        kind="fact_rejected",
        rule=rule,
        document=request.document,
        receipt_id=request.receipt_id,
        reference_id=request.approval_id,
        reasons=[reason],
    )


# --- answering ---


def decide(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """approve, reject, delegate, withdraw: what a person says of a request."""
    return _judged(
        account, fact.action, fact.reference_id, fact.actor, fact.note, fact.owner, f"operator.{fact.action}", ctx
    )


def decide_approval(account: Account, fact: Approval, ctx: Context) -> list[Decision]:
    """The same said as an approval fact."""
    verdict = VERDICTS.get(fact.decision, "")
    return _judged(account, verdict, fact.approval_id, fact.actor, fact.note, fact.delegate, "approvals", ctx)


def _judged(
    account: Account, verdict: str, approval_id: str, actor: str, note: str, delegate: str, rule: str, ctx: Context
) -> list[Decision]:
    request = find(account, approval_id)
    if request is None or not verdict:
        reason = "approval_unknown" if verdict else "verdict_unknown"
        return [Decision(kind="fact_rejected", rule=rule, reference_id=approval_id, reasons=[reason])]
    if 0 < request.deadline <= time_of(ctx):
        # Time has it already, and was not asked yet.
        return [_expired(request)]
    own = same_person(actor, request.maker)
    if verdict == WITHDRAW or (verdict == REJECT and own):
        return [_withdrawn(request, f"by_maker:{actor}", note) if own else _refused(rule, request, "not_the_maker")]
    right = authority.of(account, request, actor, ctx)
    reason = right.refused if actor.strip() else "actor_missing"
    if not reason and verdict == REJECT and not note.strip():
        reason = "reason_missing"
    if not reason and verdict == DELEGATE:
        reason = _why_no_delegate(account, request, actor, delegate, ctx)
    if reason:
        return [_refused(rule, request, reason)]
    kinds = {APPROVE: "approval_given", REJECT: "approval_rejected", DELEGATE: "approval_delegated"}
    d = _about(kinds[verdict], request)
    d.text = note
    d.owner = delegate if verdict == DELEGATE else actor
    d.evidence += [f"by:{actor}", f"role:{right.role}"]
    if right.acts_for:
        d.evidence.append(f"for:{right.acts_for}")
    if request.note:
        d.evidence.append(f"note:{request.note}")
    if verdict == DELEGATE:
        d.deadline = request.deadline
    return [d]


def _why_no_delegate(account: Account, request: ApprovalState, actor: str, delegate: str, ctx: Context) -> str:
    if not delegate.strip():
        return "delegate_missing"
    if same_person(delegate, actor):
        return "delegate_is_oneself"
    if same_person(delegate, request.maker):
        return f"maker_never_approves:{request.maker}"
    terms = account.provisions(ctx, request.currency).approvals
    if any(same_person(delegate, x) for x in terms.delegates_of(request.maker, running_day(ctx))):
        return f"acts_for_the_maker:{request.maker}"
    return ""


# --- ending ---


def expire_due(account: Account, ctx: Context) -> list[Decision]:
    """Requests whose time is over."""
    return [_expired(x) for x in account.row.approvals if 0 < x.deadline <= ctx.now]


def _expired(request: ApprovalState) -> Decision:
    d = _about("approval_expired", request)
    d.deadline = request.deadline
    return d


def withdrawn(request: ApprovalState, reason: str) -> Decision:
    """The end of a request that is about nothing any more."""
    return _withdrawn(request, reason, "")


def _withdrawn(request: ApprovalState, reason: str, note: str) -> Decision:
    d = _about("approval_withdrawn", request)
    d.reasons = [reason]
    d.text = note
    return d


def moot(account: Account, d: Decision) -> list[Decision]:
    """Requests whose cause a decision that has just been posted has taken away."""
    if d.kind in SILENT:
        return []
    decisions: list[Decision] = []
    about = (d.document, d.counterparty)
    letters = [x.approval_id for x in account.row.letters if x.document in about]
    for request in account.row.approvals:
        if request.category == RELEASE and d.kind == "invoice_held" and d.document == request.document:
            # What was to be set aside is no more all that holds it.
            decisions.append(_withdrawn(request, "held_for_other_reasons", ""))
            continue
        if request.category == REMINDER and request.approval_id not in letters:
            continue
        if request.category not in (RELEASE, CREDIT, REMINDER) and not _touches(d, request):
            continue
        why = _gone(account, request)
        if why:
            decisions.append(_withdrawn(request, why, ""))
    return decisions


def _touches(d: Decision, request: ApprovalState) -> bool:
    if request.receipt_id and d.receipt_id == request.receipt_id:
        return True
    return request.document != "" and request.document in (d.document, d.counterparty)


def _gone(account: Account, request: ApprovalState) -> str:
    """Why nothing is left of what was asked for; empty where something is."""
    category = request.category
    receipt = account.receipt(request.receipt_id) if request.receipt_id else None
    if category == REMINDER:
        return _nobody_owes(account, request)
    if category == RELEASE:
        return "" if request.document in account.row.held else "not_held"
    if category == CREDIT:
        return "" if credit_limits.proposal_of(account, request.approval_id) is not None else "replaced"
    if category == REFUND and receipt is None:
        return "" if account.item(request.document) is not None else "cleared"
    if (category in (REFUND, TRANSFER) or request.action == "apply_cash") and (
        receipt is None or not (receipt.unapplied or (receipt.on_account and category != TRANSFER))
    ):
        return "nothing_unapplied"
    if request.document and request.action != "unapply_cash" and account.item(request.document) is None:
        return "cleared"
    if request.action == "unapply_cash" or (receipt is not None and category == WRITE_OFF):
        # It hangs on that application.
        there = receipt is not None and any(x.document == request.document for x in receipt.allocations)
        return "" if there else "application_undone"
    return ""


def _nobody_owes(account: Account, request: ApprovalState) -> str:
    """Why nothing of a letter is to be reminded any more: each of its items is cleared, or wholly disputed."""
    why = "cleared"
    for one in account.row.letters:
        item = account.item(one.document) if one.approval_id == request.approval_id else None
        if item is not None and item.disputed < item.open:
            return ""
        if item is not None:
            why = "disputed"
    return why


def _about(kind: str, request: ApprovalState) -> Decision:
    d = Decision(
        kind=kind,
        rule=f"{RULE}{request.category}",
        currency=request.currency,
        amount=request.amount,
        document=request.document,
        receipt_id=request.receipt_id,
        reference_id=request.approval_id,
        counterparty=request.target,
        category=request.category,
        evidence=[f"maker:{request.maker}"],
    )
    if request.action:
        d.evidence.append(f"action:{request.action}")
    if request.about:
        d.evidence.append(f"about:{request.about}")
    return d


# --- posting ---


def state_of(d: Decision) -> ApprovalState:
    """The open request that approval_requested makes."""
    return ApprovalState(
        d.reference_id,
        d.category,
        value(d, "action"),
        d.currency,
        d.amount,
        d.document,
        d.receipt_id,
        d.counterparty,
        value(d, "about"),
        value(d, "maker"),
        d.text,
        d.deadline,
    )
