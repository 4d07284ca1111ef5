"""[approvals]: what needs another person, who that may be, and for how long it is asked. Source: CAPABILITIES E2, E3."""

import unicodedata
from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.people import Absence, read_absence

# What may need an approval, by its category. Goodwill has its limit in [disputes], credit in [credit]; reminders have a
# level in place of one.
WRITE_OFF: Final = "write_off"
GOODWILL: Final = "goodwill"
REFUND: Final = "refund"
RELEASE: Final = "release"
CASH: Final = "cash"
TRANSFER: Final = "transfer"
CREDIT: Final = "credit"
REMINDER: Final = "reminder"
CATEGORIES: Final = (WRITE_OFF, GOODWILL, REFUND, RELEASE, CASH, TRANSFER, CREDIT, REMINDER)
LIMITED: Final = (WRITE_OFF, REFUND, RELEASE, CASH, TRANSFER)
# In place of a limit: any amount goes without an approval.
NO_LIMIT: Final = -1
UNAPPROVED: Final = ("take", "exception")
# A sequence of reminders has no more steps.
MOST_LEVEL: Final = 100


def same_person(one: str, other: str) -> bool:
    """Whether two names are of one person: case, blanks and how accents are written tell nobody apart. An empty one is
    nobody."""
    return _folded(one) == _folded(other) != ""


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Level:
    """Who may approve what: a role, the categories (none: all), up to which amount (0: any)."""

    __slots__ = ("categories", "most_minor", "role")

    def __init__(self, table: Table) -> None:
        self.role: Final = table.text("role")
        if not self.role:
            raise WrongPolicy(f"{table.at('role')}: must not be empty")
        self.categories: Final = table.texts("categories") if table.has("categories") else []
        for name in self.categories:
            if name not in CATEGORIES:
                raise WrongPolicy(f"{table.at('categories')}: {name!r} must be one of {', '.join(CATEGORIES)}")
        self.most_minor: Final = table.minor("most_minor") if table.has("most_minor") else 0
        table.done()

    def fits(self, category: str, amount: int) -> bool:
        """amount: minor units; below 0 where it cannot be told, which is more than any."""
        if self.categories and category not in self.categories:
            return False
        return not self.most_minor or 0 <= amount <= self.most_minor


class Person:
    """Somebody's roles, and where they hold: tenants, entities and regions; none of one sort is any."""

    __slots__ = ("entities", "name", "regions", "roles", "tenants")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        self.roles: Final = table.texts("roles")
        if not self.name.strip() or not self.roles:
            raise WrongPolicy(f"{table.at('roles')}: {self.name!r} must have a name and at least one role")
        self.tenants: Final = table.texts("tenants") if table.has("tenants") else []
        self.entities: Final = table.texts("entities") if table.has("entities") else []
        self.regions: Final = table.texts("regions") if table.has("regions") else []
        table.done()

    def acts_in(self, tenant: str, entity: str, region: str) -> bool:
        """Whether the roles hold there."""
        for wanted, said in ((self.tenants, tenant), (self.entities, entity), (self.regions, region)):
            if wanted and said not in wanted:
                return False
        return True


class ApprovalTerms:
    """above_minor: by category, what is more needs an approval; one that is not in it needs none. Minor units of
    `currency`, or where that is empty of the amount's own. levels: who may approve; none: everybody but the maker.
    delegations: who acts for whom. expiry_minutes: business minutes until a request expires, 0 never.
    unapproved_refund_told: a refund that the bank tells of without an approval is an exception. reminders_from_level:
    letters of that level and above wait for an approval, 0 none; reminders_again_days: when what was not approved is
    asked for again, 0 only with the next level."""

    __slots__ = (
        "above_minor",
        "currency",
        "delegations",
        "expiry_minutes",
        "levels",
        "people",
        "reminders_again_days",
        "reminders_from_level",
        "unapproved_refund_told",
    )

    def __init__(self, table: Table) -> None:
        limits = table.table("above_minor")
        self.above_minor: Final = {name: limits.minor(name) for name in LIMITED if limits.has(name)}
        limits.done()
        self.currency: Final = table.text("currency")
        self.expiry_minutes: Final = 60 * table.number("expiry_hours", 0, 10_000)
        self.unapproved_refund_told: Final = table.one_of("unapproved_refund", UNAPPROVED) == "exception"
        self.reminders_from_level: Final = table.number("reminders_from_level", 0, MOST_LEVEL)
        self.reminders_again_days: Final = table.number("reminders_again_days", 0, 365)
        self.levels: Final = [Level(part) for part in table.tables("levels")]
        self.people: Final = [Person(part) for part in table.tables("people")]
        self.delegations: Final[list[Absence]] = [
            read_absence(part, "person", "delegate") for part in table.tables("delegations")
        ]
        table.done()

    def limit(self, category: str) -> int:
        """What is above it needs an approval; NO_LIMIT where nothing does."""
        found = self.above_minor.get(category)
        return NO_LIMIT if found is None else found

    def waits(self, level: int) -> bool:
        """Whether a reminder of that level goes out only once it is approved."""
        return 0 < self.reminders_from_level <= level

    def delegates_of(self, person: str, day: int) -> list[str]:
        """Who acts for that person on that day, and who acts for those."""
        found: list[str] = []
        asked = [person]
        while asked:
            name = asked.pop()
            for x in self.delegations:
                if same_person(x.person, name) and x.first_day <= day <= x.last_day and x.cover not in found:
                    found.append(x.cover)
                    asked.append(x.cover)
        return found

    def acted_for_by(self, delegate: str, day: int) -> list[str]:
        """For whom that person acts on that day."""
        return [
            x.person for x in self.delegations if same_person(x.cover, delegate) and x.first_day <= day <= x.last_day
        ]
