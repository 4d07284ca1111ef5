"""When the next clock facts are due, what they say, and how far a shard's time has come. Machine time is an argument.

Guarantees: a shard's clock never goes back; a live clock moves in steps of a minute; a gap longer than
intake may catch up by itself, and a machine's clock that was set, move nothing until an operator says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from connectors.checking import DAY_MS
from connectors.log.base import Log, Record
from connectors.reading import read_to_end
from schemas.codec import decode_fact, encode_fact
from schemas.records import FACT_IDS_READ, Clock, OperatorAction, Watermark
from schemas.topics import FACTS, INPUT_TOPICS
from schemas.wire import MAX_MESSAGE_BYTES

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
# The machine's clock may be corrected by this much while intake runs; shards refuse a jump of more.
ASTRAY_MS: Final = 5 * MINUTE_MS
SOURCE: Final = "headrace"
# How many of a shard's last facts are looked at first for its last clock; eight times as many each time after.
TAIL_RECORDS: Final = 512


class ClockRefused(Exception):
    """Time must not move on by itself; the message says what an operator can do."""


class ShardClock(NamedTuple):
    """How far one shard's time has come: its last clock fact, and what an operator allowed after it. 0: never."""

    now: int = 0
    mode: str = ""
    allowed: int = 0
    watermarks: tuple[tuple[str, int], ...] = ()


class MachineTime:
    """Wall time, watched by the monotonic clock: once they part by more than ASTRAY_MS the wall clock was set."""

    def __init__(self, wall_ms: int, monotonic_ms: int) -> None:
        self._offset = wall_ms - monotonic_ms

    def astray_ms(self, wall_ms: int, monotonic_ms: int) -> int:
        """How far the wall clock was set since the start; 0 where it runs well."""
        apart = wall_ms - monotonic_ms - self._offset
        return apart if abs(apart) > ASTRAY_MS else 0

    def now(self, wall_ms: int, monotonic_ms: int) -> int:
        """The wall clock, or what it would be had nobody set it. UTC milliseconds."""
        return monotonic_ms + self._offset if self.astray_ms(wall_ms, monotonic_ms) else wall_ms


def due_ticks(clock: ShardClock, now_ms: int, catch_up_ms: int, operate: str) -> Iterator[int]:
    """The times of the clock facts that a shard is due at `now_ms`: each minute since its last.

    `operate` is the start of the operator's command, for the message. Raises ClockRefused at the call
    where the gap is longer than `catch_up_ms` and nobody allowed it.
    """
    target = now_ms // MINUTE_MS * MINUTE_MS
    if clock.now == 0:
        return iter((target,))
    allowed = min(clock.allowed // MINUTE_MS * MINUTE_MS, target)
    jump = (allowed,) if allowed - clock.now > catch_up_ms else ()
    last = jump[0] if jump else clock.now
    if target - last > catch_up_ms:
        raise ClockRefused(
            f"the last clock fact is of {utc_text(clock.now)}, the machine says {utc_text(now_ms)}: more than "
            f"{catch_up_ms // HOUR_MS} hours apart. If the machine's time is right, say so: "
            f'{operate} allow-clock --until {utc_text(now_ms + HOUR_MS)} --note "why"'
        )
    steps = range((last // MINUTE_MS + 1) * MINUTE_MS, target + 1, MINUTE_MS)
    return iter((*jump, *steps))


def utc_text(time_ms: int) -> str:
    """ISO 8601 to the second, with Z."""
    days, rest = divmod(time_ms, DAY_MS)
    seconds = rest // 1000
    return f"{_date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def clock_message(now_ms: int, mode: str, watermarks: Iterable[tuple[str, int]]) -> bytes:
    """A clock fact as bytes; the same time in the same mode has the same event id."""
    return encode_fact(
        Clock(
            event_id=f"clock:{mode}:{now_ms}",
            recorded_time=now_ms,
            correlation="",
            source=SOURCE,
            tenant="",
            entity="",
            account_id="",
            event_time=now_ms,
            now=now_ms,
            mode=mode,
            watermarks=[Watermark(name, time) for name, time in watermarks],
        )
    )


def day_end_message(day: int) -> bytes:
    """The clock fact of a replay that closes the day (days since 1970-01-01), all sources complete."""
    now_ms = (day + 1) * DAY_MS - 1
    return clock_message(now_ms, "replay", [(topic, now_ms) for topic in INPUT_TOPICS])


def shard_clocks(log: Log) -> list[ShardClock]:
    """How far each shard's time has come, from the end of its facts back to its last clock."""
    begins, ends = log.begin_offsets(FACTS), log.end_offsets(FACTS)
    clocks: dict[int, ShardClock] = {}
    window = TAIL_RECORDS
    missing = [shard for shard in range(len(ends)) if ends[shard] > begins[shard]]
    while missing:
        start = {shard: max(begins[shard], ends[shard] - window) for shard in missing}
        found = _last_clocks(log, start, {shard: ends[shard] for shard in missing})
        clocks |= found
        missing = [s for s in missing if not clocks[s].now and start[s] > begins[s]]
        window *= 8
    return [clocks.get(shard, ShardClock()) for shard in range(len(ends))]


def _last_clocks(log: Log, start: Mapping[int, int], ends: Mapping[int, int]) -> dict[int, ShardClock]:
    clocks = dict.fromkeys(start, ShardClock())
    reader = log.reader(FACTS, start)
    try:
        for records in read_to_end(reader, ends):
            for record in records:
                _move(clocks, record)
    finally:
        reader.close()
    return clocks


_WATCHED: Final = frozenset(
    b"\0" + number.to_bytes(4, "big") for kind in ("clock", "operator_action") for number in FACT_IDS_READ[kind]
)


def _move(clocks: dict[int, ShardClock], record: Record) -> None:
    if record.value[:5] not in _WATCHED or len(record.value) > MAX_MESSAGE_BYTES:
        return
    fact = decode_fact(record.value)
    before = clocks[record.partition]
    if isinstance(fact, Clock) and fact.now > before.now:
        marks = tuple((mark.name, mark.time) for mark in fact.watermarks)
        clocks[record.partition] = ShardClock(fact.now, fact.mode, before.allowed, marks)
    elif isinstance(fact, OperatorAction) and fact.action == "allow_clock":
        clocks[record.partition] = before._replace(allowed=max(before.allowed, fact.until))
