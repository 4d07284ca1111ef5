"""Days and times as whole numbers: days since 1970-01-01, UTC milliseconds. Weekends only, no holidays."""

from datetime import date

DAY = 86_400_000
HOUR = 3_600_000
MINUTE = 60_000
SECOND = 1_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> date:
    return date.fromordinal(day + _EPOCH_ORDINAL)


def business_day(day: int) -> int:
    """The day itself, or the Monday after it. Day 0 was a Thursday."""
    weekday = (day + 3) % 7
    return day if weekday < 5 else day + 7 - weekday


def business_days_after(day: int, count: int) -> int:
    """The `count`-th business day after `day`."""
    for _ in range(count):
        day = business_day(day + 1)
    return day


def work_time(time: int) -> int:
    """The time of day squeezed into 07:00 to 18:00 of a business day; grows with `time` on one day."""
    day, rest = divmod(time, DAY)
    return business_day(day) * DAY + 7 * HOUR + rest * 11 // 24
