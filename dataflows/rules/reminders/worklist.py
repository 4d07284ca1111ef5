"""What orders a collector's worklist: a score in parts, and what to do next. Source: C5."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.provisions.collections import CollectionTerms
from schemas.records import CustomerRow

# Items past due that are looked at, the oldest first; an account may have a million.
MOST_LOOKED_AT: Final = 200
MOST_AGE_POINTS_DAYS: Final = 365


class Standing:
    """How an account stands in one currency. overdue, disputed: minor units of its oldest items past due.

    age_days: how long the oldest is past due. more: there are more than were looked at.
    """

    __slots__ = ("age_days", "broken", "disputed", "last_letter_days", "more", "overdue", "promised")

    def __init__(self) -> None:
        self.overdue = 0
        self.disputed = 0
        self.age_days = 0
        self.broken = 0
        self.promised = False
        self.last_letter_days = -1
        self.more = False

    def told(self) -> list[str]:
        """What the score rests on."""
        found = [f"past_due:{self.overdue}", f"oldest_days:{self.age_days}"]
        if self.more:
            found.append(f"items:the {MOST_LOOKED_AT} oldest")
        return found


def standing(account: Account, currency: str, ctx: Context) -> Standing:
    """Look at the account's oldest items that are past due, and at its promises."""
    found = Standing()
    for looked, item in enumerate(account.debits_by_due(currency)):
        if item.due_date >= ctx.today:
            break
        if looked == MOST_LOOKED_AT:
            found.more = True
            break
        if not looked:
            found.age_days = ctx.today - item.due_date
        found.overdue += item.open
        found.disputed += item.disputed
    for promise in account.row.promises:
        if promise.currency == currency:
            found.broken += promise.status == "broken"
            found.promised = found.promised or promise.status == "open"
    if account.row.last_letter:
        found.last_letter_days = ctx.today - account.row.last_letter
    return found


def score_parts(now: Standing, terms: CollectionTerms, customer: CustomerRow) -> list[tuple[str, int]]:
    """The parts of the score by name, those that count; the score is their sum."""
    weights = terms.weights
    parts = [
        ("overdue", weights["overdue"] * (now.overdue // terms.amount_unit_minor)),
        ("age", weights["age"] * min(now.age_days, MOST_AGE_POINTS_DAYS)),
        ("broken_promise", weights["broken_promise"] * now.broken),
        ("risk", weights["risk"] if customer.tier in terms.risk_tiers else 0),
        ("strategic", weights["strategic"] if customer.segment in terms.strategic_segments else 0),
        ("dispute", weights["dispute"] if now.disputed else 0),
    ]
    return [(name, points) for name, points in parts if points]


def next_action(category: str, role: str, now: Standing) -> str:
    """What is best done next, in one word: the first that fits."""
    if role == "agency":
        return "hand_over"
    if role == "legal":
        return "legal_notice"
    if now.promised:
        return "wait_for_promise"
    if category == "dispute_overdue" or (now.overdue and now.disputed >= now.overdue):
        return "resolve_dispute"
    if category == "short_pay":
        return "ask_for_reason"
    if category == "credit_hold":
        return "review_credit"
    if now.broken > 1:
        return "escalate"
    if category == "large_overdue" and now.last_letter_days < 0:
        return "letter"
    return "call"
