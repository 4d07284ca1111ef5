"""[people]"""

from pydantic import Field, ValidationInfo, field_validator

from headrace.policies.sections.fields import DayOrNone, Name, Section, none, ordinal, wrong


def not_before(until: str, info: ValidationInfo) -> str:
    """`until` is no day before `from`."""
    first = info.data.get("first")
    if first is not None and ordinal(until) < ordinal(first):
        raise wrong("is before from")
    return until


class Absence(Section):
    """[[people.absences]]"""

    person: Name
    cover: Name
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = field_validator("until")(not_before)

    @field_validator("cover")
    @classmethod
    def _another(cls, cover: str, info: ValidationInfo) -> str:
        if cover == info.data.get("person"):
            raise wrong("must be another one than person")
        return cover


class PeopleSection(Section):
    """Who is away, and who covers."""

    absences: list[Absence] = none()
