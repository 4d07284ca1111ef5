"""[collections]: tasks of collectors, who gets them, how they escalate and how they are ranked. Source: C4-C6."""

from typing import Final
from zlib import crc32

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.people import read_absence, there

CATEGORIES: Final = (
    "reminders_exhausted",
    "broken_promise",
    "dispute_overdue",
    "short_pay",
    "large_overdue",
    "credit_hold",
)
WEIGHTS: Final = ("overdue", "age", "broken_promise", "risk", "strategic", "dispute")


class Step:
    """One step of the escalation chain. hours: business hours until the next, 0 for ever; the step holds for tasks of at
    least minimum_minor, at least minimum_days past due, of these risk tiers (none: all)."""

    __slots__ = ("hours", "minimum_days", "minimum_minor", "owner", "role", "tiers")

    def __init__(self, table: Table) -> None:
        self.role: Final = table.text("role")
        if not self.role:
            raise WrongPolicy(f"{table.at('role')}: must not be empty")
        self.owner: Final = table.text("owner") if table.has("owner") else ""
        self.hours: Final = table.number("hours", 0, 10_000)
        self.minimum_minor: Final = table.minor("minimum_minor") if table.has("minimum_minor") else 0
        self.minimum_days: Final = table.number("minimum_days", 0, 3_650) if table.has("minimum_days") else 0
        self.tiers: Final = table.texts("tiers") if table.has("tiers") else []
        table.done()

    def holds(self, amount: int, age_days: int, tier: str) -> bool:
        if amount < self.minimum_minor or age_days < self.minimum_days:
            return False
        return not self.tiers or tier in self.tiers


class Portfolio:
    """The accounts that some people share. What is empty is any."""

    __slots__ = ("countries", "languages", "members", "minimum_minor", "name", "regions", "role", "segments")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        self.role: Final = table.text("role")
        self.members: Final = table.texts("members")
        if not self.members:
            raise WrongPolicy(f"{table.at('members')}: must name at least one person")
        self.regions: Final = table.texts("regions") if table.has("regions") else []
        self.countries: Final = table.texts("countries") if table.has("countries") else []
        self.languages: Final = table.texts("languages") if table.has("languages") else []
        self.segments: Final = table.texts("segments") if table.has("segments") else []
        self.minimum_minor: Final = table.minor("minimum_minor") if table.has("minimum_minor") else 0
        table.done()

    def takes(self, region: str, country: str, language: str, segment: str) -> bool:
        """Whether an account with that master data is in it."""
        for wanted, said in (
            (self.regions, region),
            (self.countries, country),
            (self.languages, language),
            (self.segments, segment),
        ):
            if wanted and said not in wanted:
                return False
        return True

    def member(self, account_key: str) -> str:
        """Whose the account is: spread evenly over the members by hash, the same at all times."""
        return self.members[crc32(account_key.encode()) % len(self.members)]


class CollectionTerms:
    """tasks: categories for which tasks are opened; large_minor, large_days: what is a large overdue sum, since when;
    short_pay_minor: a rest above it after a payment is asked about; amount_unit_minor: what one point of the overdue
    weight stands for."""

    __slots__ = (
        "absences",
        "amount_unit_minor",
        "large_days",
        "large_minor",
        "portfolios",
        "risk_tiers",
        "short_pay_minor",
        "steps",
        "strategic_segments",
        "tasks",
        "weights",
    )

    def __init__(self, table: Table) -> None:
        self.tasks: Final = table.texts("tasks")
        for category in self.tasks:
            if category not in CATEGORIES:
                raise WrongPolicy(f"{table.at('tasks')}: {category!r} must be one of {', '.join(CATEGORIES)}")
        self.large_minor: Final = table.minor("large_minor")
        self.large_days: Final = table.number("large_days", 0, 3_650)
        self.short_pay_minor: Final = table.minor("short_pay_minor")
        self.amount_unit_minor: Final = table.number("amount_unit_minor", 1, 10**12)
        self.risk_tiers: Final = table.texts("risk_tiers")
        self.strategic_segments: Final = table.texts("strategic_segments")
        weights = table.table("weights")
        self.weights: Final = {name: weights.number(name, -100_000, 100_000) for name in WEIGHTS}
        weights.done()
        self.steps: Final = [Step(part) for part in table.tables("steps")]
        self.portfolios: Final = [Portfolio(part) for part in table.tables("portfolios")]
        self.absences: Final = [read_absence(part, "person", "substitute") for part in table.tables("absences")]
        table.done()

    def there(self, person: str, day: int) -> str:
        """Who acts for that person on that day."""
        return there(self.absences, person, day)
