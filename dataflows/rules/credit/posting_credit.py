"""How credit is kept: limits, holds, what was stated to a group; and when it is looked at again. evolve.py says when.

Nothing here posts money.
"""

from itertools import islice
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context, contact_time
from dataflows.rules.credit.credit import Standing, holds_on
from dataflows.rules.credit.credit_count import (
    MOST_LOOKED_AT,
    begun,
    count,
    count_on,
    currencies,
    drop_empty,
    is_near,
    look_again,
    parts_in,
)
from dataflows.rules.credit.credit_group import keep_customer, keep_stated, keep_told, post_stated, post_told
from dataflows.rules.credit.credit_limits import limit_of, next_change, post_limit, post_proposal
from dataflows.rules.provisions.credit import CreditTerms
from schemas.records import CreditExposure, CreditGroupTold, CreditRow, Customer, Decision, Fact

KINDS: Final = (
    "credit_hold_set",
    "credit_hold_released",
    "credit_near_limit",
    "credit_limit_set",
    "credit_change_proposed",
    "credit_change_rejected",
    "credit_exposure_stated",
    "credit_group_told",
)


def keep(account: Account, fact: Fact | None, ctx: Context) -> bool:
    """Keep what the fact says of credit, if there is one. Whether the account's exposure is kept."""
    if not begun(account, fact, ctx):
        return False
    if isinstance(fact, Customer):
        keep_customer(account, fact)
    elif isinstance(fact, CreditExposure):
        keep_stated(account, fact)
    elif isinstance(fact, CreditGroupTold):
        keep_told(account, fact)
    return True


def post_standing(account: Account, d: Decision, ctx: Context) -> None:
    """A decision about the account's credit."""
    kind = d.kind
    if kind == "credit_limit_set" or kind == "credit_change_rejected":
        post_limit(account, d, ctx)
    elif kind == "credit_change_proposed":
        post_proposal(account, d)
    elif kind == "credit_exposure_stated":
        post_stated(account, d)
    elif kind == "credit_group_told":
        post_told(account, d)
    else:
        _post_hold(account, d, ctx)


def _post_hold(account: Account, d: Decision, ctx: Context) -> None:
    row = account.credit()
    account.touch_credit()
    terms = account.provisions(ctx).credit
    if d.kind == "credit_hold_released":
        assert row.held, f"{account.key} is not on credit hold"
        row.held = False
        row.causes = []
        account.row.credit_stop = False
        account.touch()
        return
    assert not row.held, f"{account.key} is on credit hold already"
    # Near the limit is said no more while it is above it.
    row.near = True
    if d.kind == "credit_hold_set":
        row.held = True
        row.causes = [reason.partition(":")[0] for reason in d.reasons]
        account.row.credit_stop = terms.stops_release
        account.touch()
    if ("hold" if row.held else "near_limit") in terms.raises_reminders:
        _remind(account, ctx)


def _remind(account: Account, ctx: Context) -> None:
    """What is past due is reminded the next day, one level up: the oldest items, as many as are looked at."""
    for balance in account.row.balances:
        provisions = account.provisions(ctx, balance.currency)
        for item in list(islice(account.debits_by_due(balance.currency), MOST_LOOKED_AT)):
            if item.due_date >= ctx.today:
                break
            if item.level < len(provisions.reminders.steps_days) and item.kind != "deduction":
                item.raise_by = 1
                account.plan_item(item, ctx.today + 1)
                account.wake_by(contact_time(provisions, account.key, ctx.planning_day() + 1))


def _by_rates(account: Account, row: CreditRow, terms: CreditTerms, ctx: Context) -> bool:
    """Whether some of what counts against its limit is in other currencies: their rates may be others tomorrow."""
    limit = limit_of(row.limits, terms, ctx.today)
    return limit is not None and any(
        name != limit.currency and any(parts_in(account, name, terms)) for name in currencies(account)
    )


def finish(account: Account, said: list[Decision], ctx: Context) -> None:
    """After all that a fact or wake led to: what it is held for by now, and when it is to be looked at again.

    said: all its decisions, which are posted.
    """
    count(account)
    count_on(account)
    drop_empty(account)
    row = account.credit()
    provisions = account.provisions(ctx)
    if row.held:
        more = holds_on(account, said, ctx)
        if more:
            row.causes += more
            account.touch_credit()
    elif row.near:
        now = Standing(account, said, ctx)
        if now.limit is None or not is_near(now.total, now.limit.amount, now.terms, True):
            row.near = False
            account.touch_credit()
    look_again(account, row, said, provisions.credit, ctx)
    day = next_change(row, ctx.today)
    if row.look_date > ctx.today and (not day or row.look_date < day):
        day = row.look_date
    if (row.limits or provisions.credit.limit_currency) and _by_rates(account, row, provisions.credit, ctx):
        day = ctx.today + 1
    due = contact_time(provisions, account.key, day) if day else 0
    if row.counted:
        # Soon, and at another time than this wake.
        due = max(ctx.now, ctx.event_time if ctx.cause_kind == "wake" else 0, 1) + 1
    if account.row.credit_wake != due:
        account.row.credit_wake = due
        account.wake_first()
