"""What a transition may know beside the account and the fact: the log's time, the policy, what caused it."""

from typing import Final
from zlib import crc32

from dataflows.rules.differences.rates import NO_RATES, Rates
from dataflows.rules.policy.policy import DAY_MS, Policy, Provisions
from schemas.records import Decision, Watermark

# When an account with open items wakes that has nothing to do: 2100-01-01, or when a new policy has its wake brought forward.
FAR: Final = 47_482 * DAY_MS

# A fact that is learned this long after its event was brought in from elsewhere: what is concluded of it is history.
BROUGHT_IN_MS: Final = 7 * DAY_MS
LIVE: Final = "live"
HISTORY: Final = "history"


def origin_of(mode: str, now: int, event_time: int) -> str:
    """Where what a fact leads to comes from: `live`, or `history`, which is sent to nobody. mode: of the shard's last
    clock; now and event_time: UTC milliseconds."""
    return LIVE if mode == LIVE and now - event_time <= BROUGHT_IN_MS else HISTORY


class Context:
    """The shard's time and policy at one fact or wake, and that cause. No rule asks the machine.

    now: The shard's time, UTC milliseconds; today: its day. Both are 0 before its first clock.
    origin: live or history (`origin_of`; of a wake as the shard's clock is, since it judges by the books of now).
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

    def planning_day(self) -> int:
        """The first day on which anything can be planned: today, and before the shard's first clock the day of the fact."""
        return self.today or self.recorded_time // DAY_MS

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
    start, length = provisions.contact_window(day)
    return start + crc32(account_key.encode()) % length


def is_quiet(provisions: Provisions, ctx: Context) -> bool:
    """Whether it is too late, or too early, for a letter where the customer is. What is told of the past disturbs nobody.

    `now` of a wake is how far the books are complete, its recorded_time is the shard's time.
    """
    if ctx.origin != "live":
        return False
    return provisions.reminders.quiet(provisions.calendar.local(max(ctx.now, ctx.recorded_time)))


def before_contact(provisions: Provisions, account_key: str, ctx: Context) -> int:
    """The account's contact time of today, UTC milliseconds, where contacts have to wait for it: they were planned by
    another country's hours, or it is night after the machine was away. 0 where they need not wait.

    A wake's event_time is when it was due.
    """
    time = contact_time(provisions, account_key, ctx.today)
    if ctx.now >= time:
        return 0
    return time if ctx.event_time // DAY_MS == ctx.today or is_quiet(provisions, ctx) else 0


def next_contact(ctx: Context, provisions: Provisions, account_key: str, day: int) -> int:
    """The account's contact time on `day`, or else its first one that is still to come, UTC milliseconds.

    What comes in while a day's contact time is past waits for the next: it is judged on books that
    have the rest of that day.
    """
    first = ctx.planning_day()
    time = contact_time(provisions, account_key, max(day, first))
    return time if time > ctx.now else contact_time(provisions, account_key, first + 1)


def step_day(provisions: Provisions, due_date: int, level: int) -> int:
    """The business day of the reminder that raises an item to `level`; 0 where the sequence ends before it."""
    steps = provisions.reminders.steps_days
    if level > len(steps):
        return 0
    return provisions.calendar.business_day(due_date + steps[level - 1])


def complete(now: int, sources: list[str], watermarks: list[Watermark]) -> int:
    """How far the books have all cash, UTC milliseconds: no further than the shard's time, and than what each of the
    sources has sent everything up to; 0 where one of them has said nothing yet."""
    bound = now
    for name in sources:
        known = 0
        for watermark in watermarks:
            if watermark.name == name:
                known = watermark.time
        bound = min(bound, known)
    return bound
