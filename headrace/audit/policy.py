"""The policy as the auditor reads it: only what its checks need. A text that is no policy was rejected by its shard."""

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Terms:
    """One policy. Days are days since 1970-01-01, money is minor units."""

    text: dict[str, Any]
    steps_days: tuple[int, ...]
    minimum_minor: int
    days_between_letters: int
    weekend: frozenset[int]
    holidays: frozenset[int]
    cash_sources: tuple[str, ...]

    def release(self, segment: str, tier: str) -> tuple[str, int]:
        """Condition and pod_days for a customer: its tier's, else its segment's, else the base."""
        base: dict[str, Any] = self.text["release"]
        for group, name in (("tiers", tier), ("segments", segment)):
            if name in self.text[group]:
                base = {**base, **self.text[group][name].get("release", {})}
                break
        return base["condition"], base["pod_days"]

    def step_day(self, due_date: int, level: int) -> int:
        """The business day on which an item may first be reminded at `level`, from 1."""
        day = due_date + self.steps_days[level - 1]
        # 1970-01-01 was a Thursday, and Monday is 0.
        while (day + 3) % 7 in self.weekend or day in self.holidays:
            day += 1
        return day


def read_terms(text: str) -> Terms:
    """The terms in a policy text that its shard accepted."""
    document = tomllib.loads(text)
    reminders = document["reminders"]
    return Terms(
        document,
        tuple(reminders["steps_days"]),
        reminders["minimum_minor"],
        reminders["days_between_letters"],
        frozenset(reminders["weekend"]),
        frozenset((date.fromisoformat(day) - EPOCH).days for day in reminders["holidays"]),
        tuple(document["cash"]["sources"]),
    )


def built_in() -> Terms:
    """The policy in force where none was published."""
    return read_terms((files("dataflows") / "rules" / "default_policy.toml").read_text())
