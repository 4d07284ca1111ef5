"""Which line of a policy holds for whom, and why: the variants laid over the base, the most specific last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dataflows.rules.policy.policy import EPOCH_ORDINAL, SECTIONS, TERMS, WHERE, Variant, Who
from dataflows.rules.provisions.calendars import DEFAULT_CALENDAR
from headrace.policies.compiling import Compiled

BASE: Final = "base"


@dataclass(frozen=True, slots=True)
class Said:
    """What one line of the policy says of a value. name: the variant, or base; where: whom it names, and its days."""

    name: str
    where: Mapping[str, str]
    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Value:
    """One value that holds, by the last of `said`; the others are those that it goes before, the least specific first."""

    section: str
    field: str
    said: Sequence[Said]

    @property
    def value(self) -> Any:
        return self.said[-1].value

    @property
    def by(self) -> Said:
        return self.said[-1]

    def why(self) -> str:
        """In words."""
        if len(self.said) == 1:
            return ""
        return "; ".join(self._before(other) for other in reversed(self.said[:-1]))

    def _before(self, other: Said) -> str:
        if other.name == BASE:
            return f"goes before the base ({other.value!r})"
        return f"goes before {other.name!r} ({other.value!r}): {why_before(self.by.where, other.where)}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that holds for an account. variants: those that hold; calendar: its name in the policy."""

    who: Who
    currency: str
    day: date
    values: Sequence[Value]
    variants: Sequence[str]
    calendar: str


def explain(compiled: Compiled, who: Who, currency: str, day: date) -> Explanation:
    """Each value of the sections that may vary, with the lines that say it. An empty currency is the account as a whole."""
    number = day.toordinal() - EPOCH_ORDINAL
    holding = [v for v in compiled.policy.variants if v.holds(who, currency, number)]
    places = {variant["name"]: at for at, variant in enumerate(compiled.document.get("variants", []))}
    values = []
    for section in SECTIONS:
        for field, base in compiled.document[section].items():
            said = [Said(BASE, {}, base, compiled.source.line((section, field)))]
            for variant in holding:
                changes = variant.changes.get(section, {})
                if field in changes:
                    line = compiled.source.line(("variants", places[variant.name], section, field))
                    said.append(Said(variant.name, where_of(compiled, variant), changes[field], line))
            values.append(Value(section, field, said))
        for variant in holding:
            # What only a variant has: a list that may be left out.
            for field in variant.changes.get(section, {}):
                if field not in compiled.document[section] and not any(
                    v.field == field and v.section == section for v in values
                ):
                    values.append(_only_in_variants(compiled, section, field, holding, places))
    country = who.country if who.country in compiled.document["calendars"] else DEFAULT_CALENDAR
    return Explanation(who, currency, day, values, [v.name for v in holding], country)


def _only_in_variants(
    compiled: Compiled, section: str, field: str, holding: Sequence[Variant], places: Mapping[str, int]
) -> Value:
    said = [
        Said(
            variant.name,
            where_of(compiled, variant),
            variant.changes[section][field],
            compiled.source.line(("variants", places[variant.name], section, field)),
        )
        for variant in holding
        if field in variant.changes.get(section, {})
    ]
    return Value(section, field, said)


def where_of(compiled: Compiled, variant: Variant) -> dict[str, str]:
    """Whom a variant names, and its days, as the policy says it."""
    for written in compiled.document.get("variants", []):
        if written["name"] == variant.name:
            return {name: str(value) for name, value in written["where"].items()}
    raise AssertionError(f"no variant {variant.name}")


def why_before(where: Mapping[str, str], other: Mapping[str, str]) -> str:
    """Why of two variants that hold the one that names `where` goes before the one that names `other`."""
    for name in WHERE:
        if name in where and name not in other:
            return f"it names the {name.replace('_', ' ')}, which is more specific"
        if name == TERMS and name in where and int(where[name]) > int(other[name]):
            return "it names longer payment terms"
    return "both name the same, and it is the later one"


def in_words(where: Mapping[str, str]) -> str:
    """Such as `tier gold, currency EUR, from 2026-06-01`; everyone where it names nobody."""
    named = [f"{name} {where[name]}" for name in WHERE if name in where]
    days = [f"{name} {where[name]}" for name in ("from", "until") if name in where]
    return ", ".join([*(named or ["everyone"]), *days])
