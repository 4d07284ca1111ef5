"""Credit limits: which one holds, and how one is changed. Source: REFERENCE 3.7, C8, E2.

A limit that rises by more than the policy's threshold, alone or with what rose before it on that business day, or is taken away, waits as a proposal until another person than
its maker approves it (approvals.py). The first limit of an account, and one that is lowered, hold at once: neither lets anybody owe more.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals.daily import business_day
from dataflows.rules.context import Context
from dataflows.rules.evidence import number, value
from dataflows.rules.provisions.credit import CreditTerms
from schemas.records import CreditLimit, CreditRow, Decision, LimitProposal, LimitState

PROPOSED: Final = "credit.change_proposed"
CHANGED: Final = "credit.limit"
APPROVED: Final = "credit.approved"
REJECTED: Final = "credit.rejected"
POLICY: Final = "policy"
# Limits of an account, those that are to come included.
MOST_LIMITS: Final = 32
MOST_PROPOSALS: Final = 32


def limit_of(limits: list[LimitState], terms: CreditTerms, day: int) -> LimitState | None:
    """Of these the limit that holds on that day: the one that began last, then the last by id; else the policy's; None:
    none."""
    found: LimitState | None = None
    for limit in limits:
        if _holds(limit, day) and (found is None or _key(limit) > _key(found)):
            found = limit
    if found is None and terms.limit_currency:
        found = LimitState(POLICY, terms.limit_currency, terms.limit_minor)
    return found


def _holds(limit: LimitState, day: int) -> bool:
    return limit.valid_from_date <= day and (not limit.valid_until_date or day <= limit.valid_until_date)


def _key(limit: LimitState) -> tuple[int, str]:
    return (limit.valid_from_date, limit.limit_id)


def _changes(limits: list[LimitState], day: int) -> list[int]:
    """The later days on which another of the limits may hold."""
    days: list[int] = []
    for limit in limits:
        days += [limit.valid_from_date, limit.valid_until_date + 1]
    return [x for x in days if x > day]


def next_change(row: CreditRow, day: int) -> int:
    """The first later day on which another limit may hold; 0 where there is none."""
    return min(_changes(row.limits, day), default=0) if row.limits else 0


def decide_limit(account: Account, fact: CreditLimit, ctx: Context) -> list[Decision]:
    """A limit comes, is replaced or taken away: at once, or when it is approved."""
    row = account.credit()
    provisions = account.provisions(ctx)
    terms = provisions.credit
    known = [limit for limit in row.limits if limit.limit_id == fact.limit_id]
    if fact.cancelled and not known:
        return [_refused(fact, "limit_unknown")]
    if not fact.cancelled and not known and len(row.limits) >= MOST_LIMITS:
        return [_refused(fact, f"limits_at_most:{MOST_LIMITS}")]
    before = limit_of(row.limits, terms, ctx.today)
    d = Decision(
        kind="credit_limit_set",
        rule=CHANGED,
        currency=fact.currency,
        amount=0 if fact.cancelled else fact.amount,
        reference_id=fact.limit_id,
        policy_line=provisions.lines.get("credit", ""),
        evidence=_told(fact, before),
    )
    rise, why = _beyond(fact, row, terms, ctx.today, _risen(account, row, ctx))
    if why:
        if len(row.proposals) >= MOST_PROPOSALS:
            return [_refused(fact, f"proposals_at_most:{MOST_PROPOSALS}")]
        d.kind = "credit_change_proposed"
        d.rule = PROPOSED
        d.reasons = [why]
        d.evidence.append(f"limit:{fact.limit_id}")
        d.reference_id = f"credit:{fact.event_id}"
    elif rise:
        d.evidence.append(f"risen:{rise}")
    return [d]


def _risen(account: Account, row: CreditRow, ctx: Context) -> int:
    """By how much limits rose without an approval on the business day that runs."""
    return row.risen if row.risen and row.risen_date == business_day(account, ctx) else 0


def _told(fact: CreditLimit, before: LimitState | None) -> list[str]:
    found = [f"maker:{maker_of(fact)}"]
    if fact.valid_from_date:
        found.append(f"from:{fact.valid_from_date}")
    if fact.valid_until_date:
        found.append(f"until:{fact.valid_until_date}")
    if fact.cancelled:
        found.append("cancelled:1")
    if before is not None:
        found.append(f"before:{before.amount}")
        if before.currency != fact.currency:
            found.append(f"before_currency:{before.currency}")
    if fact.note:
        found.append(f"note:{fact.note}")
    return found


def maker_of(fact: CreditLimit) -> str:
    """Who wants the limit: a person, else the system that says so."""
    return fact.actor or fact.source


def _beyond(fact: CreditLimit, row: CreditRow, terms: CreditTerms, today: int, risen: int) -> tuple[int, str]:
    """By how much limits rise that day with it, `risen` before it; and why it needs an approval: on some day from today on
    so much more may be owed. Empty where it needs none."""
    most = 0
    after = [limit for limit in row.limits if limit.limit_id != fact.limit_id]
    if not fact.cancelled:
        dates = fact.valid_from_date, fact.valid_until_date
        after.append(LimitState(fact.limit_id, fact.currency, fact.amount, dates[0], dates[1]))
    for day in sorted({today, *_changes(row.limits + after, today)}):
        old = limit_of(row.limits, terms, day)
        if old is None:
            continue
        new = limit_of(after, terms, day)
        if new is None:
            return 0, "limit_taken_away"
        if new.currency != old.currency:
            return 0, f"other_currency:{old.currency}"
        most = max(most, new.amount - old.amount)
        if most and most + risen > terms.change_approval_minor:
            return 0, f"rises_by:{most + risen}"
    return (most + risen if most else 0), ""


def _refused(fact: CreditLimit, reason: str) -> Decision:
    return Decision(kind="fact_rejected", rule="credit.limit", reference_id=fact.limit_id, reasons=[reason])


# --- answers ---


def approved(account: Account, approval_id: str, why: list[str]) -> list[Decision]:
    """The proposed change that was approved holds from now on. why: the evidence of who said so."""
    proposal = proposal_of(account, approval_id)
    return [] if proposal is None else [_answered("credit_limit_set", APPROVED, proposal, why)]


def rejected(account: Account, d: Decision) -> list[Decision]:
    """The proposed change whose request was rejected, withdrawn or expired by `d` is given up."""
    proposal = proposal_of(account, d.reference_id)
    if proposal is None:
        return []
    by = value(d, "by")
    why = [f"approval:{d.reference_id}", f"maker:{proposal.maker}", *([f"by:{by}"] if by else [])]
    found = _answered("credit_change_rejected", REJECTED, proposal, why)
    found.reasons = [d.kind.removeprefix("approval_")]
    return [found]


def proposal_of(account: Account, approval_id: str) -> LimitProposal | None:
    """The change that waits for that approval."""
    if account.row.credit:
        for proposal in account.credit().proposals:
            if proposal.proposal_id == approval_id:
                return proposal
    return None


def _answered(kind: str, rule: str, proposal: LimitProposal, why: list[str]) -> Decision:
    evidence = list(why)
    if proposal.valid_from_date:
        evidence.append(f"from:{proposal.valid_from_date}")
    if proposal.valid_until_date:
        evidence.append(f"until:{proposal.valid_until_date}")
    if proposal.cancelled:
        evidence.append("cancelled:1")
    return Decision(
        kind=kind,
        rule=rule,
        currency=proposal.currency,
        amount=proposal.amount,
        reference_id=proposal.limit_id,
        evidence=evidence,
    )


# --- posting ---


def post_proposal(account: Account, d: Decision) -> None:
    """A change waits. One that was proposed before for the same limit is replaced."""
    row = account.credit()
    limit_id = value(d, "limit")
    row.proposals = [x for x in row.proposals if x.limit_id != limit_id]
    row.proposals.append(
        LimitProposal(
            d.reference_id,
            limit_id,
            d.currency,
            d.amount,
            number(d, "from"),
            number(d, "until"),
            value(d, "cancelled") != "",
            value(d, "maker"),
        )
    )
    account.touch_credit()


def post_limit(account: Account, d: Decision, ctx: Context) -> None:
    """A limit holds, or holds no more; a proposal is approved or rejected."""
    row = account.credit()
    account.touch_credit()
    # What is said of the limit now goes before what was proposed for it.
    row.proposals = [x for x in row.proposals if x.limit_id != d.reference_id]
    if d.kind == "credit_change_rejected":
        return
    row.limits = [
        x
        for x in row.limits
        if x.limit_id != d.reference_id and (not x.valid_until_date or x.valid_until_date >= ctx.today)
    ]
    if value(d, "risen"):
        row.risen_date = business_day(account, ctx)
        row.risen = number(d, "risen")
    if not value(d, "cancelled"):
        row.limits.append(LimitState(d.reference_id, d.currency, d.amount, number(d, "from"), number(d, "until")))
        row.limits.sort(key=_by_id)


def _by_id(limit: LimitState) -> str:
    return limit.limit_id
