"""[people]"""

from pydantic import Field

from headrace.policies.sections.fields import DayOrNone, Name, Section, another_than, none, not_before_from


class Absence(Section):
    """[[people.absences]]"""

    person: Name
    cover: Name
    first: DayOrNone = Field(alias="from")
    until: DayOrNone

    _order = not_before_from()
    _another = another_than("person", "cover")


class PeopleSection(Section):
    """Who is away, and who covers."""

    absences: list[Absence] = none()
