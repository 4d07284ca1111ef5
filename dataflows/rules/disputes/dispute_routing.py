"""Who owns a dispute, until when, and who is told when that is over. Source: REFERENCE 3.3, CAPABILITIES B3, B4."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.account_times import MOST_TIME_MS
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.provisions.calendars import DEFAULT_CALENDAR, Calendar
from dataflows.rules.provisions.disputes import ROLE, DisputeTerms
from schemas.records import Decision, DisputeRow, DisputeUpdate

BY_POLICY: Final = "disputes.routed_by_policy"
BY_PERSON: Final = "disputes.routed"
WAITING: Final = "disputes.waiting_customer"
ANSWERED: Final = "disputes.answered"
OVERDUE: Final = "disputes.sla"
REVIEW_ENDED: Final = "disputes.review_ended"
# What a customer is told.
IN_REVIEW: Final = "in_review"
WAITS: Final = "waiting_customer"
# No dispute is looked back on for longer than this, whatever times producers say.
MOST_SPAN_MS: Final = 20 * 366 * DAY_MS


def terms_of(account: Account, ctx: Context, currency: str) -> DisputeTerms:
    return account.provisions(ctx, currency).disputes


def calendar_of(ctx: Context, name: str) -> Calendar:
    """The calendar of that name; the default one where the policy has none of it."""
    calendars = ctx.policy.calendars
    found = calendars.get(name)
    return calendars[DEFAULT_CALENDAR] if found is None else found


def time_for(ctx: Context, dispute: DisputeRow) -> int:
    """When the cause happened, as a dispute's clock counts it: not before it was opened, UTC milliseconds."""
    return min(max(ctx.event_time, dispute.opened_time), dispute.opened_time + MOST_SPAN_MS)


def named(account: Account, owner: str, day: int) -> str:
    """The person or team by the policy's word: a role of the account, and who that is."""
    if not owner.startswith(ROLE):
        return owner
    role = owner[len(ROLE) :]
    return account.owner_of(role, day) or role


def route_opened(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A dispute that was just opened gets the owner that the policy says; none where it has no routes, or where what
    opened it closed it too."""
    dispute = _dispute(account, d.reference_id)
    if dispute.status == "closed":
        return []
    route = _found(account, dispute, dispute.category, ctx)
    if route is None:
        return []
    return [_routed(account, dispute, BY_POLICY, route[0], route[1], dispute.category, ctx)]


def decide_review(account: Account, dispute: DisputeRow, fact: DisputeUpdate, ctx: Context) -> Decision:
    """News of a dispute that stays open: who has it, whether it waits for the customer, its category, documents.

    Another category finds its owner anew, where the policy has routes and nobody is named.
    """
    category = fact.category or dispute.category
    owner = fact.owner or dispute.owner
    calendar = dispute.calendar
    rule = BY_PERSON
    if not fact.owner and category != dispute.category:
        route = _found(account, dispute, category, ctx)
        if route is not None:
            owner, calendar = route
            rule = BY_POLICY
    if fact.status == WAITS:
        rule = WAITING
    elif dispute.waits_since:
        rule = ANSWERED
    decision = _routed(account, dispute, rule, owner, calendar, category, ctx)
    decision.evidence += [f"document:{name}" for name in fact.documents]
    return decision


def answered(account: Account, dispute: DisputeRow, message_id: str, ctx: Context) -> Decision:
    """The customer, whom a dispute waited for, wrote: its owner's clock goes on."""
    decision = _routed(account, dispute, ANSWERED, dispute.owner, dispute.calendar, dispute.category, ctx)
    decision.evidence.append(f"message:{message_id}")
    return decision


def _found(account: Account, dispute: DisputeRow, category: str, ctx: Context) -> tuple[str, str] | None:
    """Owner and calendar by the policy's routes; who is away is stood in for."""
    terms = terms_of(account, ctx, dispute.currency)
    route = terms.route(category, account.who().region, dispute.amount)
    if route is None:
        return None
    day = time_for(ctx, dispute) // DAY_MS
    return terms.present(named(account, route.owner, day), day), route.calendar


def _routed(
    account: Account, dispute: DisputeRow, rule: str, owner: str, calendar: str, category: str, ctx: Context
) -> Decision:
    time = time_for(ctx, dispute)
    deadline = dispute.deadline
    left = dispute.left_minutes
    hours = calendar_of(ctx, calendar)
    if rule == WAITING:
        if deadline:
            left = max(1, hours.business_minutes(time, deadline))
        deadline = 0
    elif dispute.waits_since:
        deadline = _time(hours.after_business_minutes(time, left)) if left else 0
        left = 0
    elif owner and not dispute.step and (not deadline or category != dispute.category):
        minutes = terms_of(account, ctx, dispute.currency).review_minutes(category)
        deadline = _time(hours.after_business_minutes(dispute.opened_time, minutes))
    evidence = [f"calendar:{calendar}"] if calendar else []
    if left:
        evidence.append(f"left_minutes:{left}")
    return Decision(
        kind="dispute_routed",
        rule=rule,
        currency=dispute.currency,
        amount=dispute.amount,
        document=dispute.document,
        reference_id=dispute.dispute_id,
        text=WAITS if rule == WAITING else IN_REVIEW,
        owner=owner,
        category=category,
        deadline=deadline,
        evidence=evidence,
        policy_line=account.provisions(ctx, dispute.currency).lines.get("disputes", ""),
    )


def _time(time_ms: int) -> int:
    """A deadline as it may be kept; none where it is no time."""
    return time_ms if 0 < time_ms < MOST_TIME_MS else 0


def escalate_due(account: Account, ctx: Context) -> list[Decision]:
    """Disputes whose owner's time is over: the next one is told, and has the policy's hours until the one after."""
    decisions: list[Decision] = []
    for dispute in account.disputes_due(ctx.now):
        terms = terms_of(account, ctx, dispute.currency)
        step = dispute.step + 1
        day = dispute.deadline // DAY_MS
        owner = dispute.owner
        deadline = 0
        if step <= len(terms.escalations):
            owner = terms.present(named(account, ROLE + terms.escalations[step - 1], day), day)
        if step < len(terms.escalations):
            hours = calendar_of(ctx, dispute.calendar)
            deadline = _time(hours.after_business_minutes(dispute.deadline, terms.escalation_minutes))
        decisions.append(
            Decision(
                kind="escalated",
                rule=REVIEW_ENDED if step == 1 and terms.until_review else OVERDUE,
                currency=dispute.currency,
                amount=dispute.amount,
                document=dispute.document,
                reference_id=dispute.dispute_id,
                level=step,
                owner=owner,
                category=dispute.category,
                deadline=deadline,
                text=dispute.status,
                evidence=[f"owner:{dispute.owner}", f"deadline:{dispute.deadline}"],
                policy_line=account.provisions(ctx, dispute.currency).lines.get("disputes", ""),
            )
        )
    return decisions


def _dispute(account: Account, dispute_id: str) -> DisputeRow:
    dispute = account.dispute(dispute_id)
    assert dispute is not None, f"no dispute {dispute_id}"
    return dispute
