"""How decisions, and wakes that are done, change an account's state; what facts say is kept by keep.py.

Each decision is posted as docs/ledger.md says, and gets the balances right after it. An assertion
here means that a rule concluded what the books do not bear: nothing was changed by then.
"""

from typing import Final

from dataflows.rules import aliases
from dataflows.rules.account import Account
from dataflows.rules.context import FAR, Context, contact_time, step_day
from dataflows.rules.money import MOST_MINOR
from dataflows.rules.posting_cash import (
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
from dataflows.rules.posting_claims import post_dispute, post_promise, post_reminder
from dataflows.rules.posting_items import post_hold, post_item
from dataflows.rules.returns import RETURNED_CREDIT
from schemas.records import (
    Decision,
)

# A judged promise is judged again when money comes late or goes back, for this long.
PROMISE_KEPT_DAYS: Final = 60


def evolve_decision(account: Account, d: Decision, ctx: Context) -> None:
    """Post the decision and write the balances right after it into it."""
    kind = d.kind
    if kind == "cash_applied":
        post_application(account, d)
    elif kind == "receipt_booked":
        post_receipt(account, d)
    elif kind == "item_posted" or kind == "invoice_released":
        post_item(account, d, ctx)
    elif kind == "reminder_due" or kind == "reminder_suppressed":
        post_reminder(account, d, ctx)
    elif kind == "invoice_held":
        post_hold(account, d)
    elif kind == "cash_proposed":
        post_proposal(account, d)
    elif kind == "credit_allocated":
        post_credit(account, d)
    elif kind == "application_reversed" and d.rule == RETURNED_CREDIT:
        post_credit_undone(account, d, ctx)
    elif kind in ("cash_unapplied", "application_reversed"):
        post_reversal(account, d, ctx)
    elif kind == "receipt_reversed":
        post_returned_unapplied(account, d)
    elif kind == "cash_transferred":
        if d.rule == "transfer.out":
            post_transfer(account, d)
        elif d.rule == "transfer.return":
            post_return_passed_on(account, d)
    elif kind == "alias_learned":
        aliases.post(account, d)
    elif kind in ("dispute_opened", "dispute_routed", "dispute_closed"):
        post_dispute(account, d)
    elif kind.startswith("promise_"):
        post_promise(account, d, ctx)
    elif kind == "exception_raised" and d.rule == "release.sla":
        draft = account.draft(d.document)
        assert draft is not None, f"no draft {d.document}"
        draft.sla_said = True
        account.put_draft(d.document, draft)
    if d.currency:
        balance = account.balance(d.currency)
        d.open_debit = balance.open_debit
        d.open_credit = balance.open_credit
        d.unapplied = balance.unapplied
        d.on_account = balance.on_account
        assert -MOST_MINOR < balance.open_debit < MOST_MINOR
        assert -MOST_MINOR < balance.unapplied < MOST_MINOR


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
            if day != item.action_date and not item.raise_by:
                account.plan_item(item, day)


def evolve_wake(account: Account, ctx: Context) -> None:
    """A wake is done: what was due and not said waits for the next business day; the next wake is set."""
    row = account.row
    provisions = account.provisions(ctx)
    tomorrow = provisions.calendar.business_day(ctx.today + 1)
    for item in account.debits_to_act_on(ctx.today):
        last = len(account.provisions(ctx, item.currency).reminders.steps_days)
        # Nothing comes after the last step, a broken promise neither.
        account.plan_item(item, tomorrow if item.level < last else 0)
    row.promises = [p for p in row.promises if p.status == "open" or p.judge_date + PROMISE_KEPT_DAYS >= ctx.today]
    days = [promise.judge_date for promise in row.promises if promise.status == "open"]
    first = account.first_action()
    if first:
        days.append(first)
    if row.held:
        days.append(tomorrow)
    if days:
        row.wake = contact_time(provisions, account.key, max(min(days), ctx.today + 1))
    else:
        row.wake = FAR if row.open_items else 0
    account.touch()
