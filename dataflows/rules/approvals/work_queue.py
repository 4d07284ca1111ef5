"""The queue of what a person has to look at: owner, deadline, escalation, and what people do with it. Source: E1.

Exceptions and proposals of cash are in it (rows of their own), tasks and disputes are where their own rules keep them;
all of them are assigned and noted by the same actions, which are facts in the log.
"""

from typing import Final

from dataflows.rules.account.account import PROPOSAL, Account
from dataflows.rules.account.account_times import MOST_TIME_MS
from dataflows.rules.approvals import approvals
from dataflows.rules.approvals.authority import time_of
from dataflows.rules.context import Context
from dataflows.rules.disputes import dispute_routing
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.provisions.exceptions import ROLE
from schemas.records import Decision, DisputeUpdate, ExceptionRow, OperatorAction

PROPOSED: Final = "cash.proposed"
# Cash that was kept for its order waits for an invoice, not for a person.
KEPT: Final = "prepayment:"
OVERDUE: Final = "exceptions.sla"
ASSIGN: Final = "assign"
NOTE: Final = "note"
CLOSE: Final = "close_exception"
ACTIONS: Final[tuple[str, ...]] = (ASSIGN, NOTE, CLOSE)
# What nothing closes but a person. The others are closed by what resolves them.
BY_HAND: Final = (
    "approvals.letter_unanswered",
    "approvals.not_possible",
    "approvals.too_many",
    "cash.remittance_asked",
    "disputes.message",
    "erp.cleared",
    "erp.refused",
    "interest.rate_missing",
    "refund",
    "refund.not_approved",
    "returned.early",
    "returned.not_here",
    "returned.too_much",
)
KINDS: Final = ("exception_raised", "exception_closed", "cash_proposed")


def id_of(d: Decision) -> str:
    """The exception that a decision raises, or closes; empty where it is none."""
    if d.kind == "cash_proposed":
        kept = len(d.reasons) == 1 and d.reasons[0].startswith(KEPT)
        return "" if kept else f"{PROPOSAL}{d.receipt_id}"
    return d.reference_id if d.kind in KINDS else ""


def place(account: Account, decisions: list[Decision], ctx: Context) -> None:
    """Write into decisions that raise an exception, before they are posted, who gets it and until when."""
    for d in decisions:
        if d.kind not in KINDS or d.kind == "exception_closed":
            continue
        name = id_of(d)
        if not name:
            continue
        known = account.exception(name)
        if known is not None:
            d.owner = known.owner
            d.deadline = known.deadline
            continue
        provisions = account.provisions(ctx, d.currency)
        terms = provisions.exceptions
        time = time_of(ctx)
        if not d.owner:
            d.owner = _there(account, terms.owner(d.rule), time, ctx, d.currency)
        minutes = terms.minutes(d.rule)
        if minutes:
            due = provisions.calendar.after_business_minutes(time, minutes)
            d.deadline = due if 0 < due < MOST_TIME_MS else 0


def _there(account: Account, owner: str, time: int, ctx: Context, currency: str) -> str:
    day = time // DAY_MS
    return account.provisions(ctx, currency).exceptions.present(dispute_routing.named(account, owner, day), day)


def escalate_due(account: Account, ctx: Context) -> list[Decision]:
    """Exceptions that nobody resolved in time: the next one of the chain is told and has it."""
    decisions: list[Decision] = []
    for row in account.exceptions_due(ctx.now):
        provisions = account.provisions(ctx, row.currency)
        terms = provisions.exceptions
        step = row.step + 1
        d = _about("escalated", row)
        d.rule = OVERDUE
        d.level = step
        d.owner = row.owner
        if step <= len(terms.escalations):
            d.owner = _there(account, ROLE + terms.escalations[step - 1], row.due, ctx, row.currency)
        else:
            d.reasons = ["no_further_step"]
        if step < len(terms.escalations):
            due = provisions.calendar.after_business_minutes(row.due, terms.escalation_minutes)
            d.deadline = due if 0 < due < MOST_TIME_MS else 0
        if row.owner:
            d.evidence.append(f"from:{row.owner}")
        decisions.append(d)
    return decisions


def _about(kind: str, row: ExceptionRow) -> Decision:
    return Decision(
        kind=kind,
        rule=row.rules[0],
        currency=row.currency,
        amount=row.amount,
        document=row.document,
        receipt_id=row.receipt_id,
        reference_id=row.exception_id,
        category="exception",
    )


# --- what people do ---


def decide(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """assign, note, close_exception: what comes of it, or why it cannot be done, which is not empty then."""
    found = _subject(account, fact.reference_id)
    if found is None:
        return [], "nothing_open_of_that_name"
    if fact.action == CLOSE:
        return _closed(account, fact)
    found.evidence.append(f"by:{fact.actor}")
    if fact.action == NOTE:
        if not fact.note.strip():
            return [], "note_missing"
        found.kind = "noted"
        found.text = fact.note
        return [found], ""
    if not fact.owner.strip():
        return [], "owner_missing"
    if found.category == "approval":
        return [], "delegate_an_approval"
    if found.category == "dispute":
        return _routed(account, fact, ctx), ""
    if found.owner:
        found.evidence.append(f"from:{found.owner}")
    found.owner = fact.owner
    found.text = fact.note
    return [found], ""


def _subject(account: Account, name: str) -> Decision | None:
    """What is open under that name, as what is said when it is assigned."""
    row = account.exception(name)
    if row is not None:
        d = _about("assigned", row)
        d.rule = "people.exception"
        d.owner = row.owner
        d.deadline = row.deadline
        d.level = row.step
        return d
    for task in account.row.tasks:
        if task.task_id == name:
            return Decision(
                kind="assigned",
                rule="people.task",
                currency=task.currency,
                reference_id=name,
                category="task",
                owner=task.owner,
                level=task.step,
                deadline=task.deadline,
            )
    request = approvals.find(account, name)
    if request is not None:
        return Decision(
            kind="assigned",
            rule="people.approval",
            currency=request.currency,
            amount=request.amount,
            document=request.document,
            receipt_id=request.receipt_id,
            reference_id=name,
            category="approval",
            deadline=request.deadline,
        )
    dispute = account.dispute(name)
    if dispute is None or dispute.status == "closed":
        return None
    return Decision(
        kind="assigned",
        rule="people.dispute",
        currency=dispute.currency,
        amount=dispute.amount,
        document=dispute.document,
        reference_id=name,
        category="dispute",
        owner=dispute.owner,
        deadline=dispute.deadline,
    )


def _routed(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """A dispute that is assigned goes to its owner as news of it would send it there."""
    dispute = account.dispute(fact.reference_id)
    assert dispute is not None, f"no dispute {fact.reference_id}"
    news = DisputeUpdate(
        fact.event_id,
        fact.recorded_time,
        "",
        fact.source,
        fact.tenant,
        fact.entity,
        fact.account_id,
        fact.event_time,
        dispute.dispute_id,
        dispute_routing.WAITS if dispute.waits_since else dispute_routing.IN_REVIEW,
        fact.owner,
        0,
        0,
        0,
        fact.note,
    )
    d = dispute_routing.decide_review(account, dispute, news, ctx)
    d.evidence += [f"by:{fact.actor}"]
    return [d]


def _closed(account: Account, fact: OperatorAction) -> tuple[list[Decision], str]:
    """A person says that it is resolved, where nothing else would."""
    row = account.exception(fact.reference_id)
    if row is None:
        return [], "no_exception"
    if not fact.note.strip():
        return [], "reason_missing"
    receipt = account.receipt(row.receipt_id) if fact.reference_id.startswith(PROPOSAL) else None
    # All of the money is applied, and an advice that came later does not fit: nothing but a person settles that.
    settled = receipt is not None and not receipt.unapplied
    decisions: list[Decision] = []
    for rule in row.rules:
        if rule in BY_HAND or settled:
            d = _about("exception_closed", row)
            d.rule = rule
            d.amount = 0
            d.category = ""
            d.text = fact.note
            d.reasons = [f"done_by:{fact.actor}"]
            decisions.append(d)
    return (decisions, "") if decisions else ([], f"closes_when_resolved:{row.rules[0]}")
