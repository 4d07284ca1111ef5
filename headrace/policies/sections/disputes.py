"""[disputes]"""

from typing import Annotated, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from dataflows.rules.provisions.disputes import CATEGORIES, DOCUMENTS, MOST_HOURS, WHILE_DISPUTED, word_list
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

Category: TypeAlias = Annotated[str, one_of(CATEGORIES)]
Hours: TypeAlias = Annotated[int, whole(1, MOST_HOURS)]


class Route(Section):
    """[[disputes.routes]]"""

    owner: Name
    category: Annotated[str, one_of(("", *CATEGORIES))] = ""
    region: str = ""
    above_minor: Minor = 0
    calendar: str = ""


class Absence(Section):
    """[[disputes.absences]]"""

    owner: Name
    cover: Name
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = not_before_from()
    _another = another_than("owner", "cover")


class Claim(Section):
    """[[disputes.claims]]"""

    category: str = ""
    codes: list[str] = none()
    name: Name
    most_ppm: Annotated[int, whole(1, 1_000_000)] = 1_000_000
    most_minor: Minor = 0
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = not_before_from()

    @field_validator("name")
    @classmethod
    def _says_what_for(cls, name: str, info: ValidationInfo) -> str:
        if info.data.get("category") == "" and info.data.get("codes") == []:
            raise wrong("must say a category or codes")
        return name


class DisputesSection(Section):
    """How disputes are told, routed, timed and closed."""

    from_messages: bool
    while_disputed: Annotated[str, one_of(WHILE_DISPUTED)]
    highest_level: Annotated[int, whole(0, 100)]
    goodwill_minor: Minor
    keywords: dict[Category, list[str]]
    documents: dict[Category, list[Annotated[str, one_of(DOCUMENTS)]]]
    sla_hours: dict[Annotated[str, one_of(("default", *CATEGORIES))], Hours]
    escalations: list[str]
    escalation_hours: Hours
    routes: list[Route] = none()
    claims: list[Claim] = none()
    absences: list[Absence] = none()

    @field_validator("keywords")
    @classmethod
    def _words(cls, keywords: dict[str, list[str]]) -> dict[str, list[str]]:
        for category, words in keywords.items():
            for word in words:
                if not word or word != " ".join(word_list(word)):
                    raise wrong(f"{category}: {word!r} must be words in lower case, one blank between")
        return keywords

    @field_validator("sla_hours")
    @classmethod
    def _default(cls, hours: dict[str, int]) -> dict[str, int]:
        if "default" not in hours:
            raise wrong("default must be there")
        return hours

    @field_validator("routes")
    @classmethod
    def _last_fits_all(cls, routes: list[Route]) -> list[Route]:
        if routes and (routes[-1].category or routes[-1].region or routes[-1].above_minor):
            raise wrong("the last one must fit every dispute: nothing but an owner")
        return routes
