"""What went without an approval on one business day of an account: many small steps are judged as what they come to.

Source: CAPABILITIES E2. Sums are in the currency of the limit, and of the last day only.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import authority
from dataflows.rules.context import Context
from dataflows.rules.evidence import value
from dataflows.rules.provisions.approvals import GOODWILL, REFUND, WRITE_OFF
from schemas.records import Decision, WithinSum

# What leaves the books for good. What people apply and release by hand is their day's work, and not added up.
SUMMED: Final = (WRITE_OFF, GOODWILL, REFUND)
RULES: Final = ("write_off.within", "refund.within")


def business_day(account: Account, ctx: Context) -> int:
    """The business day that runs; a weekend is of the one after it."""
    return account.provisions(ctx).calendar.business_day(authority.running_day(ctx))


def _unit(account: Account, category: str, currency: str, ctx: Context) -> str:
    base = "" if category == GOODWILL else account.provisions(ctx, currency).approvals.currency
    return base or currency


def gone(account: Account, category: str, currency: str, ctx: Context) -> int:
    """Minor units of that category that went without an approval on the day that runs, in the currency of its limit."""
    if not account.row.within or category not in SUMMED:
        return 0
    day = business_day(account, ctx)
    unit = _unit(account, category, currency, ctx)
    for known in account.row.within:
        if (known.category, known.currency, known.date) == (category, unit, day):
            return known.amount
    return 0


def keep(account: Account, d: Decision, ctx: Context) -> None:
    """A posting that needed no approval is added to its day."""
    category = value(d, "within").partition(":")[0]
    if d.rule not in RULES or category not in SUMMED:
        return
    day = business_day(account, ctx)
    unit = _unit(account, category, d.currency, ctx)
    amount = d.amount if unit == d.currency else max(0, authority.told(account, d.currency, d.amount, ctx))
    sums = [known for known in account.row.within if known.date == day]
    for known in sums:
        if (known.category, known.currency) == (category, unit):
            known.amount += amount
            break
    else:
        sums.append(WithinSum(category, unit, day, amount))
    account.row.within = sums
    account.touch()
