"""Who may approve what: by role, amount and scope, never who asked for it. Source: CAPABILITIES E2, E3."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.differences.rates import find
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.provisions.approvals import CREDIT, NO_LIMIT, ApprovalTerms, same_person
from schemas.records import ApprovalState

# A rate of an amount that is judged may be this old.
RATE_AGE_DAYS: Final = 31
# In place of an amount that cannot be told in the policy's currency: it is more than any.
UNTOLD: Final = -1
ANYBODY: Final = "anybody"


def time_of(ctx: Context) -> int:
    """When the cause happened, but not before what the log knows of time, UTC milliseconds."""
    return max(ctx.now, ctx.event_time)


def day_of(ctx: Context) -> int:
    """The day of that."""
    return time_of(ctx) // DAY_MS


def running_day(ctx: Context) -> int:
    """The day that runs by the log's clock: of a replay, whose clock stands at the end of a day, the next one. What an answer
    says of its own time counts only where there is no clock yet: nobody dates himself into a delegation."""
    return (ctx.now + 1) // DAY_MS if ctx.now else day_of(ctx)


class Authority:
    """Why somebody may approve, or why not: `refused` is empty where he may. acts_for: whose authority it is, if it is
    another's; role: the role that it comes from."""

    __slots__ = ("acts_for", "refused", "role")

    def __init__(self, role: str, acts_for: str, refused: str) -> None:
        self.role: Final = role
        self.acts_for: Final = acts_for
        self.refused: Final = refused


def told(account: Account, currency: str, amount: int, ctx: Context) -> int:
    """The amount in the currency of the policy's limits, minor units; UNTOLD where there is no rate for it."""
    base = account.provisions(ctx, currency).approvals.currency
    if not base or base == currency:
        return amount
    rate = find(ctx.rates, currency, base, day_of(ctx), RATE_AGE_DAYS)
    return UNTOLD if rate is None else rate.convert(amount)


def _judged(account: Account, category: str, currency: str, amount: int, ctx: Context) -> int:
    """The amount that who approves it must be good for. No credit limit at all is more than any."""
    return UNTOLD if category == CREDIT and not amount else told(account, currency, amount, ctx)


def is_needed(account: Account, category: str, currency: str, amount: int, gone: int, ctx: Context) -> bool:
    """Whether the amount is above what goes without an approval. gone: of that, what went that day, in the limit's
    currency."""
    limit = account.provisions(ctx, currency).approvals.limit(category)
    if limit == NO_LIMIT:
        return False
    here = told(account, currency, amount, ctx)
    return here == UNTOLD or here + gone > limit


def of(account: Account, request: ApprovalState, actor: str, ctx: Context) -> Authority:
    """Whether that person may approve the request today, and by what."""
    terms = account.provisions(ctx, request.currency).approvals
    if same_person(actor, request.maker):
        return Authority("", "", f"maker_never_approves:{request.maker}")
    for delegate in terms.delegates_of(request.maker, running_day(ctx)):
        if same_person(delegate, actor):
            return Authority("", "", f"acts_for_the_maker:{request.maker}")
    amount = _judged(account, request.category, request.currency, request.amount, ctx)
    role = _role(account, terms, request.category, amount, actor, ctx)
    if role:
        return Authority(role, "", "")
    if request.delegate and same_person(request.delegate, actor):
        return Authority("delegate", request.delegated_by, "")
    for person in terms.acted_for_by(actor, running_day(ctx)):
        role = (
            "" if same_person(person, request.maker) else _role(account, terms, request.category, amount, person, ctx)
        )
        if role:
            return Authority(role, person, "")
    return Authority("", "", f"may_not_approve:{request.category}")


def _role(account: Account, terms: ApprovalTerms, category: str, amount: int, person: str, ctx: Context) -> str:
    """The first role by which that person may approve so much of that category; empty where there is none."""
    if not terms.levels:
        return ANYBODY
    region = account.who().region
    for level in terms.levels:
        if not level.fits(category, amount):
            continue
        if same_person(account.owner_of(level.role, running_day(ctx)), person):
            return level.role
        for known in terms.people:
            if (
                level.role in known.roles
                and same_person(known.name, person)
                and known.acts_in(account.tenant, account.entity, region)
            ):
                return level.role
    return ""


def asked(account: Account, category: str, currency: str, amount: int, ctx: Context) -> str:
    """The role that is asked first: of the first level that may approve so much; empty where everybody may."""
    here = _judged(account, category, currency, amount, ctx)
    for level in account.provisions(ctx, currency).approvals.levels:
        if level.fits(category, here):
            return level.role
    return ""
