"""[people]: who is away and who covers, for tasks, disputes and exceptions alike."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

# Somebody who covers may be away too, and so on.
MOST_COVERS: Final = 5


class Absence:
    """Somebody is away, both days included, and who covers. Days since 1970-01-01."""

    __slots__ = ("cover", "first_day", "last_day", "person")

    def __init__(self, person: str, cover: str, first_day: int, last_day: int) -> None:
        self.person: Final = person
        self.cover: Final = cover
        self.first_day: Final = first_day
        self.last_day: Final = last_day


def read_absence(table: Table, person: str, cover: str) -> Absence:
    """One that says `person` and `cover` by these names."""
    who = table.text(person)
    instead = table.text(cover)
    if not who or not instead or who == instead:
        raise WrongPolicy(f"{table.at(cover)}: {instead!r} must be another one than {person} {who!r}")
    first_day = table.day("from")
    last_day = table.day("until")
    if last_day < first_day:
        raise WrongPolicy(f"{table.at('until')}: is before from")
    table.done()
    return Absence(who, instead, first_day, last_day)


def there(absences: list[Absence], person: str, day: int) -> str:
    """Who acts for that person on that day; where all who cover are away too, the last one that was asked."""
    asked = [person]
    for _ in range(MOST_COVERS):
        for absence in absences:
            if absence.person == asked[-1] and absence.first_day <= day <= absence.last_day:
                if absence.cover in asked:
                    return asked[-1]
                asked.append(absence.cover)
                break
        else:
            break
    return asked[-1]


class PeopleTerms:
    """absences: for all kinds of work."""

    __slots__ = ("absences",)

    def __init__(self, table: Table) -> None:
        self.absences: Final = [read_absence(part, "person", "cover") for part in table.tables("absences")]
        table.done()
