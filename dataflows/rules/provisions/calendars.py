"""[calendars]: which days and hours are for business, by country. Source: REFERENCE 3.2, 3.3."""

from bisect import bisect_right
from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 1440
# No time of ours is later, or earlier than its negative.
LAST_TIME: Final = 1 << 60
# The calendar of countries that have none of their own.
DEFAULT_CALENDAR: Final = "default"


class Calendar:
    """One country's: weekend days (0 is Monday), holidays (days since 1970-01-01), business hours in local minutes.

    Local time is UTC plus the offset in force: `offsets` are pairs of UTC milliseconds and minutes, rising.
    """

    __slots__ = (
        "_offset",
        "_offset_from",
        "_offset_minutes",
        "_offset_times",
        "_offset_until",
        "end_minute",
        "holidays",
        "key",
        "offset_minutes",
        "start_minute",
        "weekend",
    )

    def __init__(self, table: Table) -> None:
        weekend = table.numbers("weekend")
        if len({day for day in weekend if 0 <= day <= 6}) != len(weekend) or len(weekend) > 6:
            raise WrongPolicy(f"{table.at('weekend')}: {weekend} must be days from 0 (Monday) to 6, each once, not all")
        self.weekend: Final = weekend
        self.holidays: Final = frozenset(table.days("holidays"))
        self.start_minute: Final = table.number("start_minute", 0, DAY_MINUTES - 1)
        self.end_minute: Final = table.number("end_minute", 1, DAY_MINUTES)
        if self.end_minute <= self.start_minute:
            raise WrongPolicy(f"{table.at('end_minute')}: {self.end_minute} must be after start_minute")
        pairs = table.numbers("offsets")
        self._offset_times: Final = pairs[::2]
        self._offset_minutes: Final = pairs[1::2]
        if len(pairs) % 2 or self._offset_times != sorted(set(self._offset_times)):
            raise WrongPolicy(f"{table.at('offsets')}: must be pairs of UTC milliseconds, rising, and minutes")
        # The offset that was asked for last, milliseconds, and from when until when it is in force.
        self._offset = 0
        self._offset_from = 0
        self._offset_until = 0
        # Every offset that is ever in force.
        self.offset_minutes: Final = sorted({0 if not pairs else pairs[1], *pairs[1::2]})
        # Equal where the same days are for business.
        self.key: Final = repr((sorted(weekend), sorted(self.holidays)))
        table.done()

    def is_business_day(self, day: int) -> bool:
        # 1970-01-01 was a Thursday: weekday 3.
        return (day + 3) % 7 not in self.weekend and day not in self.holidays

    def business_day(self, day: int) -> int:
        """`day`, or the next one that is neither weekend nor holiday. There is one: a week has a working day."""
        while not self.is_business_day(day):
            day += 1
        return day

    def offset_ms(self, time: int) -> int:
        """Local time less UTC at a UTC time, milliseconds."""
        if self._offset_from <= time < self._offset_until:
            return self._offset
        times = self._offset_times
        at = bisect_right(times, time)
        offset = MINUTE_MS * self._offset_minutes[at - 1] if at else 0
        self._offset_from = times[at - 1] if at else -LAST_TIME
        self._offset_until = times[at] if at < len(times) else LAST_TIME
        self._offset = offset
        return offset

    def local(self, time: int) -> int:
        """A UTC time as local milliseconds since 1970-01-01."""
        return time + self.offset_ms(time)

    def utc(self, local: int) -> int:
        """The UTC time of a local time; one that the clocks left out is taken an hour later, one twice the first time."""
        return local - self.offset_ms(local - self.offset_ms(local))

    def after_business_minutes(self, time: int, minutes: int) -> int:
        """The UTC time when that many business minutes have gone by since `time`."""
        local = self.local(time)
        left = minutes * MINUTE_MS
        day = local // DAY_MS
        while True:
            if self.is_business_day(day):
                start = max(local, day * DAY_MS + self.start_minute * MINUTE_MS)
                end = day * DAY_MS + self.end_minute * MINUTE_MS
                if end > start:
                    if left <= end - start:
                        return self.utc(start + left)
                    left -= end - start
            day += 1

    def business_minutes(self, since: int, until: int) -> int:
        """How many business minutes lie between two UTC times; 0 where `until` is not later."""
        local, end = self.local(since), self.local(until)
        found = 0
        for day in range(local // DAY_MS, end // DAY_MS + 1):
            if self.is_business_day(day):
                opens = max(local, day * DAY_MS + self.start_minute * MINUTE_MS)
                closes = min(end, day * DAY_MS + self.end_minute * MINUTE_MS)
                found += max(0, closes - opens)
        return found // MINUTE_MS
