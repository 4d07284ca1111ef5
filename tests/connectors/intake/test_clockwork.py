"""Time: which ticks are due, when it refuses to move, and finding a shard's last clock in the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.intake.clockwork import (
    ASTRAY_MS,
    HOUR_MS,
    MINUTE_MS,
    TAIL_RECORDS,
    ClockRefused,
    MachineTime,
    ShardClock,
    clock_message,
    day_end_message,
    due_ticks,
    shard_clocks,
    utc_text,
)
from connectors.intake.whole_shards import publish_allowance
from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from schemas.codec import decode_fact, encode_fact
from schemas.records import Clock, OperatorAction
from schemas.topics import FACTS, INPUT_TOPICS
from tests.facts import DAY, DAY_MS, TODAY, facts, invoice

CATCH_UP = 24 * HOUR_MS
NOON = TODAY + 12 * HOUR_MS


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = SqliteLog(tmp_path / "log", sync=False)
    opened.ensure_topic(FACTS, 4)
    yield opened
    opened.close()


def due(clock: ShardClock, now_ms: int) -> list[int]:
    return list(due_ticks(clock, now_ms, CATCH_UP, "headrace operate --dir D"))


def test_the_first_tick_is_the_minute_that_runs() -> None:
    assert due(ShardClock(), NOON + 59_999) == [NOON]


def test_a_tick_each_minute_and_none_twice() -> None:
    assert due(ShardClock(NOON), NOON + 59_999) == []
    assert due(ShardClock(NOON), NOON + 60_000) == [NOON + 60_000]
    assert due(ShardClock(NOON), NOON + 3 * MINUTE_MS + 5) == [NOON + n * MINUTE_MS for n in (1, 2, 3)]


def test_a_shard_that_was_away_for_a_day_catches_up_in_steps_that_shards_take() -> None:
    found = due(ShardClock(NOON - CATCH_UP), NOON)
    assert found == list(range(NOON - CATCH_UP + MINUTE_MS, NOON + 1, MINUTE_MS))


def test_time_never_goes_back() -> None:
    assert due(ShardClock(NOON + HOUR_MS), NOON) == []


def test_longer_than_that_is_refused_with_the_command() -> None:
    with pytest.raises(ClockRefused) as refused:
        due(ShardClock(NOON - CATCH_UP - MINUTE_MS), NOON)
    assert str(refused.value) == (
        "the last clock fact is of 2026-03-09T11:59:00Z, the machine says 2026-03-10T12:00:00Z: more than 24 hours apart. "
        "If the machine's time is right, say so: "
        'headrace operate --dir D allow-clock --until 2026-03-10T13:00:00Z --note "why"'
    )


def test_an_operator_lets_it_jump() -> None:
    year_ago = NOON - 365 * DAY_MS
    assert due(ShardClock(year_ago, allowed=NOON + HOUR_MS), NOON) == [NOON]
    two_hours_ago = NOON - 2 * HOUR_MS
    assert due(ShardClock(year_ago, allowed=two_hours_ago), NOON) == list(range(two_hours_ago, NOON + 1, MINUTE_MS))
    with pytest.raises(ClockRefused):
        due(ShardClock(year_ago, allowed=NOON - 25 * HOUR_MS), NOON)


def test_after_a_replay_the_first_live_tick_is_on_a_minute() -> None:
    assert due(ShardClock(TODAY - 1, "replay"), TODAY + MINUTE_MS)[:2] == [TODAY, TODAY + MINUTE_MS]


def test_a_machines_clock_that_is_set_is_noticed_and_not_believed() -> None:
    watch = MachineTime(NOON, 1_000)
    assert watch.astray_ms(NOON + 500, 1_500) == 0
    assert watch.astray_ms(NOON + ASTRAY_MS, 1_000) == 0
    year = 365 * DAY_MS
    assert watch.astray_ms(NOON + year + 500, 1_500) == year
    assert watch.astray_ms(NOON - year + 500, 1_500) == -year
    assert watch.now(NOON + year + 500, 1_500) == NOON + 500
    assert watch.now(NOON + 600, 1_500) == NOON + 600


def test_a_clock_fact() -> None:
    fact = decode_fact(day_end_message(DAY))
    assert isinstance(fact, Clock)
    end = TODAY + DAY_MS - 1
    assert (fact.event_id, fact.now, fact.event_time, fact.recorded_time) == (f"clock:replay:{end}", end, end, end)
    assert {mark.name: mark.time for mark in fact.watermarks} == dict.fromkeys(INPUT_TOPICS, end)
    assert (fact.tenant, fact.entity, fact.account_id) == ("", "", "")
    assert utc_text(end) == "2026-03-10T23:59:59Z"


def append(log: Log, shard: int, *values: bytes) -> None:
    writer = log.writer(FACTS, "test")
    for value in values:
        writer.send(shard, None, value)
    writer.flush(5)
    writer.close()


def test_the_last_clock_is_found_however_far_back(log: Log) -> None:
    other = encode_fact(invoice())
    marks = [("payments", TODAY)]
    append(log, 0, clock_message(TODAY, "live", marks), clock_message(TODAY + MINUTE_MS, "live", marks), other)
    append(log, 1, clock_message(TODAY, "replay", marks), *[other] * (TAIL_RECORDS * 10))
    append(log, 2, *[other] * (TAIL_RECORDS + 1))
    assert shard_clocks(log) == [
        ShardClock(TODAY + MINUTE_MS, "live", 0, (("payments", TODAY),)),
        ShardClock(TODAY, "replay", 0, (("payments", TODAY),)),
        ShardClock(),
        ShardClock(),
    ]


def test_an_allowance_reaches_every_shard_and_is_found_behind_the_clock(log: Log) -> None:
    for shard in range(4):
        append(log, shard, clock_message(TODAY, "live", ()))
    event = publish_allowance(log, 4, "allow_clock", NOON, "operator", "moved house", TODAY + 1)
    assert [clock.allowed for clock in shard_clocks(log)] == [NOON] * 4
    for partition in facts(log, FACTS):
        fact = partition[-1]
        assert isinstance(fact, OperatorAction)
        assert (fact.event_id, fact.action, fact.until, fact.note) == (event, "allow_clock", NOON, "moved house")
