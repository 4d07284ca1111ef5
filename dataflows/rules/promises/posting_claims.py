"""How promises and reminders are kept. They post no money. evolve.py says when."""

from dataflows.rules.account.account import Account
from dataflows.rules.account.contacts import add_contact
from dataflows.rules.account.posting_items import fill, open_item
from dataflows.rules.context import Context, contact_time, next_contact, step_day
from dataflows.rules.evidence import value
from dataflows.rules.policy.policy import DAY_MS
from schemas.records import (
    Decision,
    Item,
    PromiseRow,
)


def post_promise(account: Account, d: Decision, ctx: Context) -> None:
    """A promise made, judged or taken back."""
    promises = account.row.promises
    account.touch()
    if d.kind == "promise_opened":
        provisions = account.provisions(ctx, d.currency)
        judge_date = d.due_date + provisions.promises.tolerance_days + 1
        made_date = d.event_time // DAY_MS
        promises.append(
            PromiseRow(d.reference_id, d.currency, d.amount, d.due_date, made_date, judge_date, list(d.candidates))
        )
        promises[-1].part_of = value(d, "part_of")
        promises.sort(key=_by_promised)
        account.wake_by(next_contact(ctx, provisions, account.key, judge_date))
        return
    for promise in promises:
        if promise.promise_id == d.reference_id:
            break
    else:
        raise AssertionError(f"no promise {d.reference_id}")
    if d.kind == "promise_cancelled":
        promises.remove(promise)
        return
    promise.status = d.kind.removeprefix("promise_")
    if d.kind == "promise_broken":
        _raise_levels(account, promise, ctx)


def _raise_levels(account: Account, promise: PromiseRow, ctx: Context) -> None:
    """Reminders of what was promised resume one level up: of what was due by the promised day, where none is named."""
    items: list[Item] = []
    for document in promise.documents:
        item = account.item(document)
        if item is not None and item.kind != "credit_note":
            items.append(item)
    if not promise.documents:
        for item in account.debits_by_due(promise.currency):
            if item.due_date > promise.promised_date:
                break
            items.append(item)
    for item in items:
        item.raise_by = 1
        account.plan_item(item, ctx.today + 1)
        account.wake_by(contact_time(account.provisions(ctx), account.key, ctx.planning_day() + 1))


def _by_promised(promise: PromiseRow) -> tuple[int, str]:
    return (promise.promised_date, promise.promise_id)


def post_reminder(account: Account, d: Decision, ctx: Context) -> None:
    """A reminder said, or why it was not."""
    item = open_item(account, d.document)
    if d.kind == "reminder_due":
        item.level = d.level
        item.said_level = 0
        item.raise_by = 0
        item.last_letter = ctx.today
        provisions = account.provisions(ctx, item.currency)
        account.plan_item(item, step_day(provisions, item.due_date, item.level + 1))
        account.row.last_letter = ctx.today
        add_contact(account, ctx.today, d.reference_id)
        exhausted = item.level >= len(provisions.reminders.steps_days)
        if exhausted != item.exhausted:
            item.exhausted = exhausted
            account.posting_balance(item.currency).exhausted += 1 if exhausted else -1
    else:
        item.said_level = d.level
    level = d.level
    fill(d, item)
    d.level = level
    account.touch_item(item)
