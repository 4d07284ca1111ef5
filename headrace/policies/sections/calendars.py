"""[calendars], as the rules read them and as people write them."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from dataflows.rules.provisions.calendars import DAY_MINUTES
from headrace.policies.sections.fields import Day, Name, Section, none, whole, wrong

# The holidays of years further away than this are nobody's business.
MOST_YEARS = 30


def _weekend(days: list[int]) -> list[int]:
    if len({day for day in days if 0 <= day <= 6}) != len(days) or len(days) > 6:
        raise wrong("must be days from 0 (Monday) to 6, each once, not all")
    return days


def _after_start(end: int, info: ValidationInfo) -> int:
    if end <= info.data.get("start_minute", 0):
        raise wrong("must be after start_minute")
    return end


class CalendarModel(Section):
    """One country's days and hours, as data."""

    weekend: list[int]
    holidays: list[Day]
    start_minute: Annotated[int, whole(0, DAY_MINUTES - 1)]
    end_minute: Annotated[int, whole(1, DAY_MINUTES)]
    offsets: list[int]

    _days = field_validator("weekend")(_weekend)
    _hours = field_validator("end_minute")(_after_start)

    @field_validator("offsets")
    @classmethod
    def _pairs(cls, offsets: list[int]) -> list[int]:
        if len(offsets) % 2 or offsets[::2] != sorted(set(offsets[::2])):
            raise wrong("must be pairs of UTC milliseconds, rising, and minutes")
        return offsets


class CalendarSource(Section):
    """A calendar that is compiled: what is left out comes from the country, the time zone or the built-in calendar.

    country: ISO 3166-1, the calendar's own name where it is left out; subdivision: ISO 3166-2 without the country, such as
    CA of US; years: first and last; add, remove: days; time_zone: such as America/New_York.
    """

    country: Name | None = None
    subdivision: Name | None = None
    years: Annotated[list[Annotated[int, whole(1970, 2200)]], Field(min_length=2, max_length=2)]
    add: list[Day] = none()
    remove: list[Day] = none()
    time_zone: Name | None = None
    weekend: list[int] | None = None
    start_minute: Annotated[int, whole(0, DAY_MINUTES - 1)] | None = None
    end_minute: Annotated[int, whole(1, DAY_MINUTES)] | None = None

    @field_validator("years")
    @classmethod
    def _span(cls, years: list[int]) -> list[int]:
        if not 0 <= years[1] - years[0] < MOST_YEARS:
            raise wrong(f"must be the first and the last year, at the most {MOST_YEARS} years")
        return years
