"""The sorted sets of what people work on: for all and for each owner, and the clocks of what has a deadline."""

from sinks.redis.live.keys import CLOCKS, OWNERS
from sinks.redis.live.values import add
from sinks.redis.live.work import Work


def want_owner(work: Work, owner: str) -> None:
    """Read what `enter` and `leave` need."""
    if owner:
        work.want(OWNERS, owner)


def enter(work: Work, ranking: str, member: str, owner: str, score: int) -> None:
    """Put it into the list of all and into its owner's."""
    work.rank(ranking, member, score)
    if owner:
        work.rank(f"{ranking}:{owner}", member, score)
        add(work, OWNERS, owner, 1)


def leave(work: Work, ranking: str, member: str, owner: str) -> None:
    """Take it out of both."""
    work.rank(ranking, member, None)
    if owner:
        work.rank(f"{ranking}:{owner}", member, None)
        add(work, OWNERS, owner, -1)


def set_clock(work: Work, member: str, deadline: int) -> None:
    """Its deadline, UTC milliseconds; 0 is without."""
    work.rank(CLOCKS, member, deadline or None)
