"""How decisions, and wakes that are done, change an account's state; what facts say is kept by keep.py.

Each decision is posted as docs/ledger.md says, and gets the balances right after it. An assertion
here means that a rule concluded what the books do not bear: nothing was changed by then.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.entries import ERP_REFUSED
from dataflows.rules.account.posting_items import post_hold, post_item, post_overdue, post_withdrawn
from dataflows.rules.approvals import daily, posting_people
from dataflows.rules.approvals.work_queue import KINDS as QUEUED
from dataflows.rules.approvals.work_queue import OVERDUE
from dataflows.rules.cash import aliases, netting
from dataflows.rules.cash.posting_cash import (
    post_application,
    post_credit,
    post_credit_undone,
    post_proposal,
    post_receipt,
    post_return_passed_on,
    post_returned_unapplied,
    post_reversal,
    post_transfer,
)
from dataflows.rules.cash.returns import RETURNED_CREDIT
from dataflows.rules.context import FAR, Context, before_contact, contact_time, next_contact, step_day
from dataflows.rules.credit.posting_credit import KINDS as OF_CREDIT
from dataflows.rules.credit.posting_credit import post_standing
from dataflows.rules.delivery.delivery_rows import find_first_deadline
from dataflows.rules.delivery.posting_delivery import DELIVERIES, post_about_delivery
from dataflows.rules.differences.differences import STEP
from dataflows.rules.differences.posting_differences import (
    keep_asked,
    keep_dispute,
    keep_refusals,
    post_deduction,
    post_discount,
    post_exchange_difference,
    post_exchanged,
    post_on_account,
    post_refund,
    post_write_off,
)
from dataflows.rules.disputes.posting_disputes import DISPUTES, KINDS, post_about_dispute
from dataflows.rules.money.money import MOST_MINOR
from dataflows.rules.promises.posting_claims import post_promise, post_reminder
from dataflows.rules.reminders import posting_letters
from dataflows.rules.reminders.posting_interest import note_late, post_interest
from dataflows.rules.reminders.posting_tasks import (
    TASKS,
    looks_daily,
    plan_statement,
    post_statement,
    post_task,
    post_untemplated,
)
from dataflows.rules.reminders.reminders import NO_TEMPLATE
from dataflows.rules.reminders.tasks import BROKEN_PROMISE
from schemas.records import (
    Decision,
)

# A judged promise is judged again when money comes late or goes back, for this long.
PROMISE_KEPT_DAYS: Final = 60
DIFFERENCES: Final = (
    "discount_granted",
    "write_off_posted",
    "deduction_opened",
    "cash_exchanged",
    "fx_difference_posted",
    "refund_posted",
    "cash_on_account",
    "exception_raised",
    "exception_closed",
)


def evolve_decision(account: Account, d: Decision, ctx: Context) -> None:
    """Post the decision and write the balances right after it into it."""
    kind = d.kind
    if kind == "cash_applied":
        post_application(account, d)
        note_late(account, d)
    elif kind == "receipt_booked":
        post_receipt(account, d)
    elif kind == "item_posted" or kind == "invoice_released":
        post_item(account, d, ctx)
    elif kind == "reminder_due" or kind == "reminder_suppressed":
        post_reminder(account, d, ctx)
    elif kind == "invoice_held":
        post_hold(account, d)
    elif kind == "invoice_withdrawn":
        post_withdrawn(account, d, ctx)
    elif kind == "cash_proposed":
        post_proposal(account, d)
    elif kind == "credit_allocated":
        post_credit(account, d)
    elif kind == "application_reversed" and d.rule == RETURNED_CREDIT:
        post_credit_undone(account, d, ctx)
    elif kind in ("cash_unapplied", "application_reversed"):
        post_reversal(account, d, ctx)
        note_late(account, d)
    elif kind == "receipt_reversed":
        post_returned_unapplied(account, d)
    elif kind == "cash_transferred":
        if d.rule == "transfer.out":
            post_transfer(account, d)
        elif d.rule == "transfer.return":
            post_return_passed_on(account, d)
    elif kind == "alias_learned":
        aliases.post(account, d)
    elif d.rule.startswith(DELIVERIES):
        post_about_delivery(account, d)
    elif kind in KINDS or d.rule.startswith(DISPUTES):
        post_about_dispute(account, d)
        if d.rule == f"{STEP}dispute":
            keep_dispute(account, d)
    elif kind in posting_people.KINDS or d.rule == OVERDUE:
        posting_people.post(account, d, ctx)
    elif kind.startswith("promise_"):
        post_promise(account, d, ctx)
    elif kind == "exception_raised" and d.rule == "release.sla":
        post_overdue(account, d)
    elif kind == "interest_charged":
        post_interest(account, d, ctx)
    elif kind in TASKS:
        post_task(account, d)
    elif d.rule == NO_TEMPLATE:
        post_untemplated(account, d)
    elif kind == "statement":
        post_statement(account, d)
    elif kind in DIFFERENCES:
        _post_difference(account, d, ctx)
    elif kind in OF_CREDIT:
        post_standing(account, d, ctx)
    if account.row.letters:
        posting_letters.look(account, d)
    if kind in QUEUED:
        posting_people.keep_exception(account, d, ctx)
    if d.currency:
        balance = account.balance(d.currency)
        d.open_debit = balance.open_debit
        d.open_credit = balance.open_credit
        d.unapplied = balance.unapplied
        d.on_account = balance.on_account
        assert -MOST_MINOR < balance.open_debit < MOST_MINOR
        assert -MOST_MINOR < balance.unapplied < MOST_MINOR


def _post_difference(account: Account, d: Decision, ctx: Context) -> None:
    """What is beside cash on items."""
    kind = d.kind
    if kind == "discount_granted":
        post_discount(account, d, ctx)
    elif kind == "write_off_posted":
        post_write_off(account, d, ctx)
        daily.keep(account, d, ctx)
    elif kind == "deduction_opened":
        post_deduction(account, d, ctx)
    elif kind == "cash_exchanged":
        post_exchanged(account, d)
    elif kind == "fx_difference_posted":
        post_exchange_difference(account, d)
    elif kind == "refund_posted":
        post_refund(account, d)
        posting_people.keep_refund(account, d)
        daily.keep(account, d, ctx)
    elif kind == "cash_on_account":
        post_on_account(account, d)
    elif d.rule == ERP_REFUSED:
        keep_refusals(account, d)
    else:
        keep_asked(account, d)


def evolve_steps(account: Account, ctx: Context) -> None:
    """Before a wake: where a new policy has other steps, the next one of each open debit is set by it.

    An account is looked at once for each change of steps, at its first wake after it; the shard brings that forward.
    """
    row = account.row
    steps_key = account.provisions(ctx).steps_key
    if row.steps_key == steps_key:
        return
    row.steps_key = steps_key
    account.touch()
    for balance in row.balances:
        provisions = account.provisions(ctx, balance.currency)
        for item in list(account.debits_by_due(balance.currency)):
            day = step_day(provisions, item.due_date, item.level + 1)
            # What a broken promise raises is due in any case.
            if day != item.action_date and not item.raise_by and item.kind != "deduction":
                account.plan_item(item, day)
    first = account.first_action()
    if first:
        # This wake may be for a deadline alone, and what is to be sent now may be earlier than planned.
        account.wake_by(next_contact(ctx, account.provisions(ctx), account.key, first))


def contacts_due(account: Account, ctx: Context) -> bool:
    """Whether this wake is for contacts, and their time has come: not for a deadline before them alone."""
    return _planned(account, ctx) and not before_contact(account.provisions(ctx), account.key, ctx)


def _planned(account: Account, ctx: Context) -> bool:
    return 0 < account.row.contact_wake <= ctx.event_time


def evolve_wake(account: Account, ctx: Context, contacts: bool) -> None:
    """A wake is done: what was due and not said waits for the next business day; the next wake is set.

    contacts: whether it was for contacts, at its begin.
    """
    row = account.row
    provisions = account.provisions(ctx)
    if 0 < row.delivery_deadline <= ctx.now:
        find_first_deadline(account)
    if not contacts:
        if _planned(account, ctx):
            row.contact_wake = before_contact(provisions, account.key, ctx)
        account.wake_first()
        return
    tomorrow = provisions.calendar.business_day(ctx.today + 1)
    for item in account.debits_to_act_on(ctx.today):
        last = len(account.provisions(ctx, item.currency).reminders.steps_days)
        # Nothing comes after the last step, a broken promise neither.
        account.plan_item(item, tomorrow if item.level < last else 0)
    in_task = [task.subject for task in row.tasks if task.category == BROKEN_PROMISE]
    row.promises = [
        p
        for p in row.promises
        if p.status == "open" or p.judge_date + PROMISE_KEPT_DAYS >= ctx.today or p.promise_id in in_task
    ]
    days = [promise.judge_date for promise in row.promises if promise.status == "open"]
    first = account.first_action()
    if first:
        days.append(first)
    if row.held or looks_daily(account):
        days.append(tomorrow)
    if row.credits:
        netted = netting.next_day(account, ctx)
        if netted:
            days.append(provisions.calendar.business_day(netted))
    plan_statement(account, provisions, ctx)
    if row.next_statement:
        days.append(row.next_statement)
    if days:
        account.set_contact_wake(contact_time(provisions, account.key, max(min(days), ctx.today + 1)))
    else:
        account.set_contact_wake(FAR if row.open_items else 0)
