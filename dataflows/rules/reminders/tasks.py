"""Tasks of collectors: opened by a cause, closed when it is gone, escalated when nobody acts. Source: C4, C5, C6.

An account has few of them: one for each category and currency, and one for each broken promise, overdue dispute and
short payment up to MOST_TASKS. None walks all items.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.provisions.collections import CollectionTerms
from dataflows.rules.reminders.worklist import Standing, next_action, score_parts, standing
from schemas.records import CustomerRow, Decision, OperatorAction, TaskState

REMINDERS_EXHAUSTED: Final = "reminders_exhausted"
BROKEN_PROMISE: Final = "broken_promise"
DISPUTE_OVERDUE: Final = "dispute_overdue"
SHORT_PAY: Final = "short_pay"
LARGE_OVERDUE: Final = "large_overdue"
CREDIT_HOLD: Final = "credit_hold"
ESCALATED_BY: Final = "collections."
MOST_TASKS: Final = 64
# These change nothing that a task is about.
SETTLE_NOTHING: Final = ("task_opened", "task_closed", "fact_rejected")
# What a payment leads to that says what its rest is, or asks for it.
EXPLAINED: Final = ("discount_granted", "write_off_posted", "write_off_proposed", "deduction_opened", "dispute_opened")


def follow(account: Account, d: Decision, led_to: list[Decision], ctx: Context) -> list[Decision]:
    """Tasks that a decision that has just been posted settles, and those that it gives a collector. `led_to`: what
    follows from it besides, not yet posted."""
    decisions: list[Decision] = []
    if account.row.tasks and d.kind not in SETTLE_NOTHING:
        for task in account.row.tasks:
            gone = _gone(account, task, d, ctx)
            if gone:
                decisions.append(_closed(task, gone))
    if ctx.policy.opens_tasks and not account.suspense:
        decisions += _opened_by(account, d, led_to, ctx)
    return decisions


def _gone(account: Account, task: TaskState, d: Decision, ctx: Context) -> str:
    """Why the task's cause is gone after the decision; empty where it is not. The first reason that is certain."""
    category = task.category
    if category == DISPUTE_OVERDUE:
        return "dispute_closed" if d.kind == "dispute_closed" and d.reference_id == task.subject else ""
    if category == CREDIT_HOLD:
        return "credit_hold_released" if d.kind == "credit_hold_released" else ""
    if category == SHORT_PAY:
        about = d.counterparty if d.kind == "deduction_opened" else d.document
        if about != task.subject or d.kind == "exception_raised":
            return ""
        item = account.known_item(about)
        if item is None or not item.open:
            return "paid"
        return "disputed" if item.disputed >= item.open else ""
    if d.currency != task.currency:
        return ""
    balance = account.balance(task.currency)
    if not balance.open_debit:
        return "paid"
    if category == REMINDERS_EXHAUSTED:
        return "" if balance.exhausted else "paid"
    if category == BROKEN_PROMISE:
        return _mended(account, task.subject)
    return "" if balance.open_debit >= account.provisions(ctx, task.currency).collections.large_minor else "paid"


def _mended(account: Account, promise_id: str) -> str:
    for promise in account.row.promises:
        if promise.promise_id == promise_id:
            if promise.status != BROKEN_PROMISE.split("_")[0]:
                return f"promise_{promise.status}"
            open_ones = [x for x in promise.documents if account.item(x) is not None]
            return "paid" if promise.documents and not open_ones else ""
    return "promise_cancelled"


def _opened_by(account: Account, d: Decision, led_to: list[Decision], ctx: Context) -> list[Decision]:
    kind = d.kind
    if kind == "reminder_due" or kind == "application_reversed" or kind == "cash_unapplied":
        if account.balance(d.currency).exhausted:
            return _open(account, ctx, REMINDERS_EXHAUSTED, d.currency, d.currency, "")
    elif kind == "promise_broken":
        if not account.balance(d.currency).open_debit or _mended(account, d.reference_id):
            # What was promised is paid otherwise: nothing is left to be done.
            return []
        return _open(account, ctx, BROKEN_PROMISE, d.reference_id, d.currency, "")
    elif kind == "cash_applied":
        # A payment that is used up left a rest that nobody has contested.
        explained = d.item_disputed or d.receipt_unapplied or any(x.kind in EXPLAINED for x in led_to)
        unexplained = d.item_open and not explained
        if unexplained and d.item_open > account.provisions(ctx, d.currency).collections.short_pay_minor:
            return _open(account, ctx, SHORT_PAY, d.document, d.currency, d.document)
    elif kind == "escalated" and not d.rule.startswith(ESCALATED_BY):
        if account.dispute(d.reference_id) is not None:
            return _open(account, ctx, DISPUTE_OVERDUE, d.reference_id, d.currency, d.document)
    elif kind == "credit_hold_set":
        return _open(account, ctx, CREDIT_HOLD, d.currency, d.currency, "")
    return []


def look(account: Account, ctx: Context) -> list[Decision]:
    """What time brings, when the account wakes: a sum that is large and overdue, or is not any more."""
    decisions: list[Decision] = []
    if not ctx.policy.opens_tasks or account.suspense:
        return decisions
    for balance in account.row.balances:
        terms = account.provisions(ctx, balance.currency).collections
        if LARGE_OVERDUE not in terms.tasks:
            continue
        known = _find(account, f"{LARGE_OVERDUE}:{balance.currency}")
        if balance.open_debit < terms.large_minor and known is None:
            continue
        now = standing(account, balance.currency, ctx)
        large = now.overdue >= terms.large_minor and now.age_days >= terms.large_days
        if known is None and large:
            decisions += _open(account, ctx, LARGE_OVERDUE, balance.currency, balance.currency, "")
        elif known is not None and not large:
            decisions.append(_closed(known, "no_longer_large"))
    return decisions


def escalate_due(account: Account, ctx: Context) -> list[Decision]:
    """Tasks whose deadline has passed go to the next step of the chain that holds for them."""
    decisions: list[Decision] = []
    for task in account.row.tasks:
        if not task.deadline or task.deadline > ctx.now:
            continue
        d = Decision(
            kind="escalated",
            currency=task.currency,
            document=task.subject if task.category == SHORT_PAY else "",
            reference_id=task.task_id,
            category=task.category,
        )
        if not _place(account, ctx, d, task.step):
            # It stays where it is, for good.
            d.level = task.step
            d.owner = task.owner
            d.reasons = ["no_further_step"]
        d.rule = f"{ESCALATED_BY}step.{d.level}"
        if task.owner:
            d.evidence.append(f"from:{task.owner}")
        decisions.append(d)
    return decisions


def close_by_person(account: Account, fact: OperatorAction) -> list[Decision]:
    """A person has done the task; none where there is no such task."""
    task = _find(account, fact.reference_id)
    return [] if task is None else [_closed(task, f"done_by:{fact.actor}")]


def _find(account: Account, task_id: str) -> TaskState | None:
    for task in account.row.tasks:
        if task.task_id == task_id:
            return task
    return None


def _open(account: Account, ctx: Context, category: str, subject: str, currency: str, document: str) -> list[Decision]:
    """A new task, where policy wants one of that category and it is not open already."""
    task_id = f"{category}:{subject}"
    if category not in account.provisions(ctx, currency).collections.tasks or _find(account, task_id) is not None:
        return []
    if len(account.row.tasks) >= MOST_TASKS:
        return []
    d = Decision(
        kind="task_opened",
        rule=f"{ESCALATED_BY}{category}",
        currency=currency,
        document=document,
        reference_id=task_id,
        category=category,
        policy_line=account.provisions(ctx, currency).lines.get("collections", ""),
    )
    _place(account, ctx, d, 0)
    return [d]


def _place(account: Account, ctx: Context, d: Decision, after: int) -> bool:
    """Write step, role, owner, deadline, score and next action into the decision: the first step of the chain past
    `after` that holds. False where there is none."""
    provisions = account.provisions(ctx, d.currency)
    terms = provisions.collections
    customer = account.customer() or CustomerRow()
    now = standing(account, d.currency, ctx)
    parts = score_parts(now, terms, customer)
    d.amount = now.overdue
    d.score = sum([points for _, points in parts])
    d.evidence = [f"{name}:{points}" for name, points in parts] + now.told()
    for at in range(after, len(terms.steps)):
        step = terms.steps[at]
        if step.holds(now.overdue, now.age_days, customer.tier):
            d.level = at + 1
            d.owner = _owner(account, ctx, terms, step.role, step.owner, now, customer)
            d.evidence.append(f"role:{step.role}")
            if step.hours:
                d.deadline = provisions.calendar.after_business_minutes(ctx.now, 60 * step.hours)
            d.text = next_action(d.category, step.role, now)
            return True
    d.text = next_action(d.category, "", now)
    if not after:
        d.owner = _owner(account, ctx, terms, "collector", "", now, customer)
    return False


def _owner(
    account: Account,
    ctx: Context,
    terms: CollectionTerms,
    role: str,
    otherwise: str,
    now: Standing,
    customer: CustomerRow,
) -> str:
    """Who has the role for the account: whom a fact names, else the portfolio that it is in, else the step's own
    person; who is away is covered."""
    owner = account.owner_of(role, ctx.today)
    if not owner:
        for portfolio in terms.portfolios:
            if portfolio.role != role or now.overdue < portfolio.minimum_minor:
                continue
            if portfolio.takes(customer.region, customer.country, customer.language, customer.segment):
                owner = portfolio.member(account.key)
                break
    return terms.there(owner or otherwise, ctx.today)


def _closed(task: TaskState, why: str) -> Decision:
    return Decision(
        kind="task_closed",
        rule=f"{ESCALATED_BY}{task.category}",
        currency=task.currency,
        document=task.subject if task.category == SHORT_PAY else "",
        reference_id=task.task_id,
        category=task.category,
        owner=task.owner,
        reasons=[why],
    )
