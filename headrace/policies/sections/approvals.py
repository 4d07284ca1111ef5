"""[approvals]"""

from typing import Annotated

from pydantic import Field, create_model, field_validator

from dataflows.rules.provisions.approvals import CATEGORIES, LIMITED, MOST_LEVEL, UNAPPROVED
from headrace.policies.sections.fields import (
    DayOrNone,
    Minor,
    Name,
    Section,
    another_than,
    none,
    not_before_from,
    one_of,
    whole,
    wrong,
)

# [approvals.above_minor]: one that is not there needs no approval.
AboveMinor = create_model("AboveMinor", __base__=Section, **dict.fromkeys(LIMITED, (Minor | None, None)))  # type: ignore[call-overload]


class Level(Section):
    """[[approvals.levels]]"""

    role: Name
    categories: list[Annotated[str, one_of(CATEGORIES)]] = none()
    most_minor: Minor = 0


class Person(Section):
    """[[approvals.people]]"""

    name: str
    roles: list[str] = Field(min_length=1)
    tenants: list[str] = none()
    entities: list[str] = none()
    regions: list[str] = none()

    @field_validator("name")
    @classmethod
    def _somebody(cls, name: str) -> str:
        if not name.strip():
            raise wrong("must not be empty")
        return name


class Delegation(Section):
    """[[approvals.delegations]]"""

    person: Name
    delegate: Name
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = not_before_from()
    _another = another_than("person", "delegate")


class ApprovalsSection(Section):
    """What needs another person, who that may be, and for how long it is asked."""

    above_minor: AboveMinor  # type: ignore[valid-type]
    currency: str
    expiry_hours: Annotated[int, whole(0, 10_000)]
    unapproved_refund: Annotated[str, one_of(UNAPPROVED)]
    reminders_from_level: Annotated[int, whole(0, MOST_LEVEL)]
    reminders_again_days: Annotated[int, whole(0, 365)]
    levels: list[Level] = none()
    people: list[Person] = none()
    delegations: list[Delegation] = none()
