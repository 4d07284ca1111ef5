"""[reminders]"""

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from dataflows.rules.provisions.reminders import CHANNELS, DAY_MINUTES, LETTERS, MOST_CONTACTS, MOST_FEE, STEP_DAYS
from headrace.policies.sections.fields import Minor, Name, Section, none, one_of, whole, wrong


class Template(Section):
    """[[reminders.templates]]"""

    name: Name
    language: str
    approved: bool
    levels: list[int] = none()
    channel: Annotated[str, one_of(CHANNELS)] = CHANNELS[0]


class RemindersSection(Section):
    """Who is reminded when, how and how often."""

    steps_days: list[int]
    minimum_minor: Minor
    days_between_letters: Annotated[int, whole(0, 365)]
    window_start_minute: Annotated[int, whole(0, DAY_MINUTES - 1)]
    window_minutes: Annotated[int, whole(1, DAY_MINUTES)]
    quiet_until_minute: Annotated[int, whole(0, DAY_MINUTES)]
    quiet_from_minute: Annotated[int, whole(0, DAY_MINUTES)]
    letter: Annotated[str, one_of(LETTERS)]
    contacts_max: Annotated[int, whole(0, MOST_CONTACTS)]
    contacts_days: Annotated[int, whole(1, 365)]
    only_delivered: bool
    pause_for_cases: bool
    channels: list[Annotated[str, one_of(CHANNELS)]]
    fallback_language: str
    templates: list[Template] = none()
    fees_minor: list[Annotated[int, whole(0, MOST_FEE)]]
    fees_currency: str

    @field_validator("fees_currency")
    @classmethod
    def _of_fees(cls, currency: str, info: ValidationInfo) -> str:
        if any(info.data.get("fees_minor", [])) and not currency:
            raise wrong("must be there")
        return currency

    @field_validator("steps_days")
    @classmethod
    def _rise(cls, steps: list[int]) -> list[int]:
        if steps != sorted(set(steps)):
            raise wrong("must rise, each once")
        if any(days not in STEP_DAYS for days in steps):
            raise wrong(f"must be from {STEP_DAYS[0]} to {STEP_DAYS[-1]} days after the due date")
        return steps

    @field_validator("window_minutes")
    @classmethod
    def _by_midnight(cls, minutes: int, info: ValidationInfo) -> int:
        if info.data.get("window_start_minute", 0) + minutes > DAY_MINUTES:
            raise wrong("the window must end by midnight")
        return minutes

    @field_validator("quiet_from_minute")
    @classmethod
    def _outside_quiet_hours(cls, quiet_from: int, info: ValidationInfo) -> int:
        start, minutes = info.data.get("window_start_minute"), info.data.get("window_minutes")
        until = info.data.get("quiet_until_minute")
        if start is None or minutes is None or until is None:
            # One of them is wrong itself.
            return quiet_from
        if start < until or start + minutes > quiet_from:
            raise wrong("the window must lie outside the quiet hours")
        return quiet_from
