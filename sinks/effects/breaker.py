"""When a target that fails is tried again: a circuit breaker for each, in the sink's file, so that a restart goes on with it.

A target that failed several times in a row is left alone for a while, longer each time, and then tried with one effect.
Each effect has its own schedule besides; while its target is left alone it makes no attempts of it.
"""

from typing import Final

from sinks.effects.base import Outcome, Result, spread
from sinks.effects.store import TargetRow

# An endpoint that has trouble with one account's events and none with others is not left alone.
FAILURES: Final = 3
FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 300.0
_SPREAD: Final = 0.2


def after(row: TargetRow, outcome: Outcome, now_ms: int, asks_for_all: bool = False) -> TargetRow:
    """How the target stands after an attempt at it. asks_for_all: as in `Target`."""
    if outcome.result is Result.off:
        return TargetRow(row.target, off_ms=now_ms, off_why=outcome.detail)
    if outcome.result in (Result.done, Result.more, Result.refused):
        # It answered.
        return row._replace(failures=0, paused_until_ms=0, paused_ms=0)
    # Attempts that were made at the same time and failed together count once.
    paused = row.paused_until_ms > now_ms
    failures = row.failures if paused else row.failures + 1
    # What was tried waits for as long as it was told to; the others may have nothing to do with that.
    asked = outcome.after_seconds if asks_for_all else min(outcome.after_seconds, LONGEST_SECONDS)
    pause = asked if paused else max(pause_seconds(row.target, failures), asked)
    until_ms = now_ms + round(pause * 1000)
    if until_ms <= row.paused_until_ms:
        return row._replace(failures=failures)
    return row._replace(failures=failures, paused_until_ms=until_ms, paused_ms=now_ms)


def pause_seconds(target: str, failures: int) -> float:
    """How long it is left alone after so many failures in a row; 0 while they are few."""
    if failures < FAILURES:
        return 0.0
    doubled: float = FIRST_SECONDS * 2 ** min(failures - FAILURES, 16)
    return min(doubled * spread(target, failures, _SPREAD), LONGEST_SECONDS)
