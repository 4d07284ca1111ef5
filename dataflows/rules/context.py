"""What a transition may know beside the account and the fact: the log's time, the policy, where it stands."""

from typing import Final
from zlib import crc32

from dataflows.rules.policy import DAY_MS, Policy


class Context:
    """The shard's time and policy at one fact. No rule asks the machine.

    now: The shard's time, UTC milliseconds; today: its day.
    origin: live or history.
    """

    __slots__ = ("now", "origin", "policy", "today")

    def __init__(self, now: int, origin: str, policy: Policy) -> None:
        self.now: Final = now
        self.today: Final = now // DAY_MS
        self.origin: Final = origin
        self.policy: Final = policy


def contact_time(policy: Policy, account_key: str, day: int) -> int:
    """When on `day` this account's wake comes, UTC milliseconds: spread over the policy's window by hash."""
    spread = crc32(account_key.encode()) % policy.window_ms
    return day * DAY_MS + policy.window_start_ms + spread


def next_contact(ctx: Context, account_key: str, day: int) -> int:
    """The account's contact time on `day`, or else its first one that is still to come, UTC milliseconds.

    What comes in while a day's contact time is past waits for the next: it is judged on books that
    have the rest of that day.
    """
    time = contact_time(ctx.policy, account_key, max(day, ctx.today))
    return time if time > ctx.now else contact_time(ctx.policy, account_key, ctx.today + 1)


def step_day(policy: Policy, due_date: int, level: int) -> int:
    """The business day of the reminder that raises an item to `level`; 0 where the sequence ends before it."""
    if level > len(policy.steps_days):
        return 0
    return policy.business_day(due_date + policy.steps_days[level - 1])
