"""[collections]"""

from typing import Annotated, TypeAlias

from pydantic import Field

from dataflows.rules.provisions.collections import CATEGORIES
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
)

Weight: TypeAlias = Annotated[int, whole(-100_000, 100_000)]


class Step(Section):
    """[[collections.steps]]"""

    role: Name
    hours: Annotated[int, whole(0, 10_000)]
    owner: str = ""
    minimum_minor: Minor = 0
    minimum_days: Annotated[int, whole(0, 3_650)] = 0
    tiers: list[str] = none()


class Portfolio(Section):
    """[[collections.portfolios]]"""

    name: str
    role: str
    members: list[str] = Field(min_length=1)
    regions: list[str] = none()
    countries: list[str] = none()
    languages: list[str] = none()
    segments: list[str] = none()
    minimum_minor: Minor = 0


class Absence(Section):
    """[[collections.absences]]"""

    person: Name
    substitute: Name
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = not_before_from()
    _another = another_than("person", "substitute")


class Weights(Section):
    """[collections.weights]"""

    overdue: Weight
    age: Weight
    broken_promise: Weight
    risk: Weight
    strategic: Weight
    dispute: Weight


class CollectionsSection(Section):
    """Tasks of collectors, who gets them, how they escalate and how they are ranked."""

    tasks: list[Annotated[str, one_of(CATEGORIES)]]
    large_minor: Minor
    large_days: Annotated[int, whole(0, 3_650)]
    short_pay_minor: Minor
    amount_unit_minor: Annotated[int, whole(1, 10**12)]
    risk_tiers: list[str]
    strategic_segments: list[str]
    weights: Weights
    steps: list[Step] = none()
    portfolios: list[Portfolio] = none()
    absences: list[Absence] = none()
