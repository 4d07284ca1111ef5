"""Calendars by country, made into data: holidays from the package `holidays`, offsets from the time zones of the system.

What is compiled says the days themselves; it is the same whatever version of the two reads it later.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from dataflows.rules.policy.policy import DEFAULT_TEXT, parse
from headrace.policies.model import Finding, Path, checked
from headrace.policies.sections.calendars import CalendarModel, CalendarSource

# A calendar is written for a country where one of these stands in it; else it is data already.
SOURCE_FIELDS: Final = frozenset(CalendarSource.model_fields) - frozenset(CalendarModel.model_fields)
MINUTE: Final = timedelta(minutes=1)


class Made(NamedTuple):
    """A calendar as data, or what is wrong with what was written."""

    calendar: dict[str, Any]
    findings: list[Finding]
    warnings: list[str]


def is_source(written: dict[str, Any]) -> bool:
    """Whether it is written for a country, to be compiled."""
    return bool(SOURCE_FIELDS & written.keys())


def compiled_calendar(name: str, written: dict[str, Any]) -> Made:
    """The calendar `name` as data. One that is data already stays as it is."""
    at: Path = ("calendars", name)
    if not is_source(written):
        return Made(written, [], [])
    wrong = checked(CalendarSource, written, at)
    if wrong:
        return Made(written, wrong, [])
    source = CalendarSource.model_validate(written)
    country = source.country or name
    try:
        days, weekend = _of_country(country, source.subdivision, *source.years)
    except NotImplementedError:
        return Made(written, [_unknown(at, country, source.subdivision)], [])
    try:
        offsets = [] if source.time_zone is None else _offsets(source.time_zone, *source.years)
    except (ZoneInfoNotFoundError, ValueError):
        return Made(
            written, [Finding((*at, "time_zone"), f"{source.time_zone!r} is no time zone, such as Europe/Berlin")], []
        )
    base = _default()
    calendar = {
        "weekend": weekend if source.weekend is None else source.weekend,
        "holidays": sorted((days | set(source.add)) - set(source.remove)),
        "start_minute": base["start_minute"] if source.start_minute is None else source.start_minute,
        "end_minute": base["end_minute"] if source.end_minute is None else source.end_minute,
        "offsets": offsets,
    }
    return Made(calendar, [], _doubts(name, source, days))


def _doubts(name: str, source: CalendarSource, days: set[str]) -> list[str]:
    found = [f"calendars.{name}.add: {day} is a holiday already" for day in source.add if day in days]
    found += [f"calendars.{name}.remove: {day} is no holiday" for day in source.remove if day not in days]
    found += [f"calendars.{name}: {day} is both added and removed" for day in source.add if day in source.remove]
    if source.time_zone is None:
        found.append(f"calendars.{name}.time_zone: is not there: its local time is UTC")
    return found


def _unknown(at: Path, country: str, subdivision: str | None) -> Finding:
    known = holidays.list_supported_countries(include_aliases=False)
    if country in known:
        parts = ", ".join(known[country])
        return Finding((*at, "subdivision"), f"{subdivision!r} is none of {country}; there are {parts or 'none'}")
    return Finding(
        (*at, "country"), f"{country!r} is no country whose holidays are known; write its ISO 3166-1 code, such as DE"
    )


@lru_cache(maxsize=64)
def _known_days(country: str, subdivision: str | None, first: int, last: int) -> tuple[frozenset[str], tuple[int, ...]]:
    calendar = holidays.country_holidays(country, subdiv=subdivision, years=range(first, last + 1), expand=False)
    return frozenset(day.isoformat() for day in calendar), tuple(sorted(calendar.weekend))


def _of_country(country: str, subdivision: str | None, first: int, last: int) -> tuple[set[str], list[int]]:
    """Holidays of these years, and the weekend. Raises NotImplementedError for a country that is not known."""
    days, weekend = _known_days(country, subdivision, first, last)
    return {day for day in days if first <= int(day[:4]) <= last}, list(weekend)


def _offsets(zone_name: str, first: int, last: int) -> list[int]:
    """Pairs of UTC milliseconds and minutes ahead of UTC, from the first year's start to the last one's end."""
    zone = ZoneInfo(zone_name)
    start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    # Before the first year the first one's offset holds.
    found = [0, _minutes(zone, start)]
    at = start
    while at < end:
        following = at + timedelta(days=1)
        if _minutes(zone, following) != found[-1]:
            found += [_ms(_change(zone, at, following)), _minutes(zone, following)]
        at = following
    return found


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The minute at which the offset changes between the two."""
    old = _minutes(zone, before)
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if _minutes(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _minutes(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // MINUTE


def _ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _default() -> dict[str, int]:
    calendar = parse(DEFAULT_TEXT).base.calendar
    return {"start_minute": calendar.start_minute, "end_minute": calendar.end_minute}
