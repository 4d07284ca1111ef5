"""When a target that fails is left alone, for how long, and that a restart knows it."""

import pytest

from sinks.effects.base import Outcome, Result, effect_key, spread
from sinks.effects.breaker import FAILURES, LONGEST_SECONDS, after, pause_seconds
from sinks.effects.store import TargetRow

NOW = 1_000_000
ON = TargetRow("crm")


def after_failures(number: int) -> TargetRow:
    """After so many, each as soon as it is tried again; the pause counted from NOW on."""
    row = ON
    for _ in range(number):
        row = after(row._replace(paused_until_ms=0), Outcome(Result.later), NOW)
    return row


def test_it_is_left_alone_after_some_failures_in_a_row_for_longer_each_time() -> None:
    waits = [after_failures(number).paused_until_ms - NOW for number in range(1, 16)]
    assert waits[: FAILURES - 1] == [0, 0]
    assert 4_000 <= waits[FAILURES - 1] <= 6_000
    rounded = [pause_seconds("crm", number) / spread("crm", number, 0.2) for number in range(FAILURES, 9)]
    assert [round(seconds) for seconds in rounded] == [5, 10, 20, 40, 80, 160]
    assert max(pause_seconds(f"t{at}", number) for at in range(50) for number in range(FAILURES, 20)) == LONGEST_SECONDS


@pytest.mark.parametrize("result", [Result.done, Result.refused])
def test_one_that_answers_is_tried_as_before(result: Result) -> None:
    assert after(after_failures(9), Outcome(result), NOW) == ON


def test_it_is_left_alone_for_as_long_as_it_asks_and_at_most_five_minutes() -> None:
    assert after(ON, Outcome(Result.later, after_seconds=17), NOW).paused_until_ms == NOW + 17_000
    for row in (ON, after_failures(FAILURES)):
        assert after(row, Outcome(Result.later, after_seconds=86_400), NOW).paused_until_ms == NOW + 300_000
    assert after(ON, Outcome(Result.later, after_seconds=1_000), NOW, True).paused_until_ms == NOW + 1_000_000


def test_attempts_that_fail_together_count_once() -> None:
    paused = after_failures(FAILURES)
    assert after(paused, Outcome(Result.later), NOW) == paused
    assert after(paused, Outcome(Result.later), paused.paused_until_ms).failures == FAILURES + 1


def test_one_that_wants_no_more_is_off() -> None:
    off = after(after_failures(9), Outcome(Result.off, "HTTP 410"), NOW)
    assert off == TargetRow("crm", off_ms=NOW, off_why="HTTP 410")


def test_jitter_is_spread_and_the_same_each_time() -> None:
    factors = [spread(f"key-{number}", 1, 0.1) for number in range(1_000)]
    assert 0.9 <= min(factors) < 0.91
    assert 1.09 < max(factors) <= 1.1
    assert factors == [spread(f"key-{number}", 1, 0.1) for number in range(1_000)]
    assert spread("key-1", 1, 0.1) != spread("key-1", 2, 0.1)


def test_a_key_is_of_the_facts_log_and_the_decision() -> None:
    keys = {effect_key(log, shard, sequence) for log in ("a", "b") for shard in (1, 11) for sequence in (1, 11)}
    assert len(keys) == 8
    assert effect_key("a", 3, 17).endswith("-3-17")
