"""How tasks of collectors, missing templates and statements are kept. They post no money. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import Provisions
from dataflows.rules.reminders.statements import balance_of, cash_of
from dataflows.rules.reminders.tasks import ESCALATED_BY, LARGE_OVERDUE
from schemas.records import Decision, TaskState

TASKS: Final = ("task_opened", "task_closed", "escalated")


def post_task(account: Account, d: Decision) -> None:
    """A task opened, closed, or gone to the next step."""
    tasks = account.row.tasks
    if d.kind == "escalated" and not d.rule.startswith(ESCALATED_BY):
        # Another chain's, such as that of a dispute.
        return
    if d.kind == "task_opened":
        subject = d.reference_id.partition(":")[2]
        tasks.append(
            TaskState(d.reference_id, d.category, subject, d.currency, d.owner, d.level, d.event_time, d.deadline)
        )
        account.wake_first()
        return
    for task in tasks:
        if task.task_id == d.reference_id:
            break
    else:
        raise AssertionError(f"no task {d.reference_id}")
    if d.kind == "task_closed":
        tasks.remove(task)
        account.wake_first()
        return
    task.step = d.level
    task.owner = d.owner
    task.deadline = d.deadline
    account.wake_first()


def looks_daily(account: Account) -> bool:
    """Whether a task is open that only time shows to be settled."""
    return any(task.category == LARGE_OVERDUE for task in account.row.tasks)


def post_untemplated(account: Account, d: Decision) -> None:
    """A level and language without a template, or with one by now."""
    lacking = d.reference_id.partition(":")[2]
    if d.kind == "exception_raised":
        account.row.untemplated.append(lacking)
    else:
        account.row.untemplated.remove(lacking)
    account.touch()


def post_statement(account: Account, d: Decision) -> None:
    """The next statement opens where this one closed."""
    balance = account.posting_balance(d.currency)
    balance.stated_balance = balance_of(balance)
    balance.stated_debits = balance.debits_raised
    balance.stated_credits = balance.credits_raised
    balance.stated_cash = cash_of(balance)
    balance.stated_date = d.posting_date


def plan_statement(account: Account, provisions: Provisions, ctx: Context) -> None:
    """When the account's next scheduled statement is; none where nothing is open and none is planned."""
    row = account.row
    if not provisions.statements.day_of_month:
        row.next_statement = 0
    elif row.next_statement <= ctx.today and (row.open_items or row.next_statement):
        row.next_statement = provisions.statements.next_day(ctx.today) if _has_balance(account) else 0


def _has_balance(account: Account) -> bool:
    return any(balance_of(balance) != 0 for balance in account.row.balances)
