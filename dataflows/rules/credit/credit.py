"""Credit: hold above the limit or when the oldest item is past due for too long, release with hysteresis; near the limit.

Source: REFERENCE 3.7, C2, C8. Changes nothing: what it concludes is posted by posting_credit.py, and what an exposure is
made of is kept by credit_count.py.
"""

from typing import Final

from dataflows.rules.account.account import NEVER_DAY, Account
from dataflows.rules.context import Context
from dataflows.rules.credit.credit_count import Exposure, exposure, is_near, looks, oldest_due
from dataflows.rules.credit.credit_group import GROUP, is_group, state_exposure, tell_members
from dataflows.rules.credit.credit_limits import limit_of
from dataflows.rules.provisions.credit import PPM, CreditTerms
from schemas.records import CreditRow, Decision, LimitState

OVER_LIMIT: Final = "over_limit"
PAST_DUE: Final = "past_due"


class Standing:
    """How an account's credit stands: its limit (None where it has none), exposure, and for how many days its oldest
    item is past due (0 where that is not long enough to be looked at)."""

    __slots__ = ("_account", "_ctx", "_used", "days", "limit", "row", "terms")

    def __init__(self, account: Account, said: list[Decision], ctx: Context) -> None:
        row = account.credit()
        terms = account.provisions(ctx).credit
        self.row: Final[CreditRow] = row
        self.terms: Final[CreditTerms] = terms
        self.limit: Final[LimitState | None] = limit_of(row.limits, terms, ctx.today)
        self._account: Final = account
        self._ctx: Final = ctx
        self._used: Exposure | None = None
        self.days = 0
        if PAST_DUE in row.causes or looks(row, said, terms, ctx) <= ctx.today:
            due = oldest_due(account)
            if due < NEVER_DAY:
                self.days = max(0, ctx.today - due)

    @property
    def currency(self) -> str:
        return "" if self.limit is None else self.limit.currency

    @property
    def used(self) -> Exposure:
        """Summed up where it is asked for: without a limit hardly anything does."""
        found = self._used
        if found is None:
            currency = self.currency or _own_currency(self._account)
            found = self._used = exposure(self._account, currency, self.terms, self._ctx)
        return found

    @property
    def total(self) -> int:
        return self.used.total

    def causes(self) -> list[str]:
        """Why it is to be held."""
        found: list[str] = []
        if self.limit is not None and self.total > self.limit.amount:
            found.append(OVER_LIMIT)
        if self.terms.past_due_days and self.days > self.terms.past_due_days:
            found.append(f"{PAST_DUE}:{self.days}")
        if self.row.group_held:
            found.append(f"{GROUP}:{self.row.group}")
        return found

    def healed(self) -> bool:
        """Whether nothing holds it any more, and what it was held for has fallen well below that."""
        if self.row.counted or self.causes():
            return False
        for cause in self.row.causes:
            if cause == OVER_LIMIT and self.limit is not None:
                # What has no rate any more is owed as before.
                above = self.total * PPM > self.limit.amount * self.terms.release_ppm or self.used.owes_more
            else:
                above = cause == PAST_DUE and self.terms.past_due_days > 0
                above = above and self.days > self.terms.release_past_due_days
            if above:
                return False
        return True

    def is_near(self) -> bool:
        """Whether it is near its limit, where that was not said."""
        if self.row.near or self.limit is None:
            return False
        return is_near(self.total, self.limit.amount, self.terms, False)

    def evidence(self) -> list[str]:
        found: list[str] = []
        if self.limit is not None:
            found += [f"limit:{self.limit.amount}", f"limit_id:{self.limit.limit_id}"]
        if self.days:
            found.append(f"past_due_days:{self.days}")
        if self.row.counted:
            found.append("counting:1")
        return found + self.used.told()


def _own_currency(account: Account) -> str:
    """Of an account without a limit: the one of its largest open debits, the first by code; else its customer's."""
    found = ""
    most = -1
    for balance in account.row.balances:
        if balance.open_debit > most:
            found = balance.currency
            most = balance.open_debit
    if not found:
        customer = account.customer()
        found = "" if customer is None else customer.currency
    return found


def review(account: Account, said: list[Decision], ctx: Context, final: bool) -> list[Decision]:
    """What an account's exposure and oldest item lead to; none where all of that is posted.

    said: what the fact or wake has led to so far; final: all it leads to but for this.
    """
    now = Standing(account, said, ctx)
    decisions: list[Decision] = []
    if now.row.held:
        # Before all is posted, what is billed of an order may not be owed yet.
        if final and now.healed():
            decisions.append(_said(account, now, "credit_hold_released", "credit.released", now.row.causes, ctx))
    else:
        causes = now.causes()
        if causes:
            decisions.append(_said(account, now, "credit_hold_set", "credit.hold", causes, ctx))
        elif final and now.is_near():
            decisions.append(_said(account, now, "credit_near_limit", "credit.near", [], ctx))
    if decisions or not final:
        return decisions
    return tell_members(account) if is_group(account) else state_exposure(account, now.terms)


def _said(account: Account, now: Standing, kind: str, rule: str, reasons: list[str], ctx: Context) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=now.currency or _own_currency(account),
        amount=now.total,
        reference_id="" if now.limit is None else now.limit.limit_id,
        reasons=list(reasons),
        evidence=now.evidence(),
        policy_line=account.provisions(ctx).lines.get("credit", ""),
    )


def holds_on(account: Account, said: list[Decision], ctx: Context) -> list[str]:
    """What an account that is on hold is held for by now that it was not before, by name."""
    now = Standing(account, said, ctx)
    if not now.row.held:
        return []
    return [name for cause in now.causes() if (name := cause.partition(":")[0]) not in now.row.causes]
