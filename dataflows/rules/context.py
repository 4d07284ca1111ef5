"""What a transition may know beside the account and the fact: the log's time, the policy, what caused it."""

from typing import Final
from zlib import crc32

from dataflows.rules.policy import DAY_MS, Policy, Provisions
from dataflows.rules.rates import NO_RATES, Rates
from schemas.records import Decision

# When an account with open items wakes that has nothing to do: 2100-01-01, or when a new policy has its wake brought forward.
FAR: Final = 47_482 * DAY_MS


class Context:
    """The shard's time and policy at one fact or wake, and that cause. No rule asks the machine.

    now: The shard's time, UTC milliseconds; today: its day.
    origin: live or history.
    rates: Exchange rates said so far. first_open: The first day on which the account's company still posts.
    """

    __slots__ = (
        "cause_id",
        "cause_kind",
        "event_time",
        "first_open",
        "now",
        "origin",
        "policy",
        "rates",
        "recorded_time",
        "today",
    )

    def __init__(
        self,
        now: int,
        origin: str,
        policy: Policy,
        cause_kind: str,
        cause_id: str,
        event_time: int,
        recorded_time: int,
        rates: Rates = NO_RATES,
        first_open: int = 0,
    ) -> None:
        self.now: Final = now
        self.today: Final = now // DAY_MS
        self.origin: Final = origin
        self.policy: Final = policy
        self.cause_kind: Final = cause_kind
        self.cause_id: Final = cause_id
        self.event_time: Final = event_time
        self.recorded_time: Final = recorded_time
        self.rates: Final = rates
        self.first_open: Final = first_open

    def stamp(self, d: Decision, tenant: str, entity: str, account_id: str) -> None:
        """Write into a decision whose it is and what caused it; before it is posted."""
        d.tenant = tenant
        d.entity = entity
        d.account_id = account_id
        d.origin = self.origin
        d.cause_kind = self.cause_kind
        d.cause_id = self.cause_id
        d.event_time = self.event_time
        d.recorded_time = self.recorded_time
        if 0 < d.posting_date < self.first_open:
            # That period is closed. Document and value dates stay as they are.
            d.posting_date = self.first_open


def contact_time(provisions: Provisions, account_key: str, day: int) -> int:
    """When on `day` this account's wake comes, UTC milliseconds: spread over the policy's window by hash."""
    terms = provisions.reminders
    spread = crc32(account_key.encode()) % terms.window_ms
    return day * DAY_MS + terms.window_start_ms + spread


def next_contact(ctx: Context, provisions: Provisions, account_key: str, day: int) -> int:
    """The account's contact time on `day`, or else its first one that is still to come, UTC milliseconds.

    What comes in while a day's contact time is past waits for the next: it is judged on books that
    have the rest of that day.
    """
    time = contact_time(provisions, account_key, max(day, ctx.today))
    return time if time > ctx.now else contact_time(provisions, account_key, ctx.today + 1)


def step_day(provisions: Provisions, due_date: int, level: int) -> int:
    """The business day of the reminder that raises an item to `level`; 0 where the sequence ends before it."""
    steps = provisions.reminders.steps_days
    if level > len(steps):
        return 0
    return provisions.calendar.business_day(due_date + steps[level - 1])
