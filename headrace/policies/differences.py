"""What another policy would change: which value for whom, from when; never lines of text.

Whom variants name is what is compared, so a variant that is renamed, moved or written otherwise changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dataflows.rules.policy.policy import EPOCH_ORDINAL, LAST_DAY, SECTIONS, TERMS, WHERE, Variant
from headrace.policies.compiling import Compiled

ABSENT: Final = "(none)"
Audience = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changes. path: such as reminders.minimum_minor; who: whom it is for, {} everyone else;
    first, last: days on which it does, None for no end; before, after: the values, or what is taken out and put in."""

    path: str
    who: Mapping[str, str]
    first: date | None
    last: date | None
    before: Any
    after: Any


def differences(old: Compiled, new: Compiled) -> list[Change]:
    """Every value that is not the same for somebody on some day, the base first, then by audience."""
    found: list[Change] = []
    for name in _names(old.document, new.document):
        if name not in SECTIONS and name not in ("version", "variants", "calendars"):
            found += _compared(name, {}, None, None, old.document.get(name), new.document.get(name))
    for audience in _audiences(old, new):
        for section in SECTIONS:
            for field in _fields(old, new, section):
                found += _of_value(old, new, audience, section, field)
    return found + list(_of_calendars(old.document["calendars"], new.document["calendars"]))


def _audience(variant: Variant) -> Audience:
    return tuple((name, variant.where[name]) for name in WHERE if name in variant.where)


def _audiences(old: Compiled, new: Compiled) -> list[Audience]:
    """Everyone, and all whom a variant of either names: the least specific first."""
    ranks = {_audience(v): v.rank for v in (*old.policy.variants, *new.policy.variants) if v.where}
    return [(), *sorted(ranks, key=lambda audience: (ranks[audience], audience))]


def _is_part(audience: Audience, variant: Variant) -> bool:
    """Whether the variant is for that audience, or a wider one."""
    named = dict(audience)
    return variant.terms_days <= int(named.get(TERMS, 0)) and all(
        named.get(name) == value for name, value in variant.where.items() if name != TERMS
    )


def _names(*tables: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def _fields(old: Compiled, new: Compiled, section: str) -> list[str]:
    parts = [document[section] for document in (old.document, new.document)]
    parts += [v.changes[section] for c in (old, new) for v in c.policy.variants if section in v.changes]
    return _names(*parts)


def _of_value(old: Compiled, new: Compiled, audience: Audience, section: str, field: str) -> Iterator[Change]:
    """The spans of days on which the value is another one for that audience, and not only because it is for a wider one."""
    spans: list[tuple[int, int, Any, Any]] = []
    for first, last in _spans(old, new, audience):
        before, of_before = _effective(old, audience, section, field, first)
        after, of_after = _effective(new, audience, section, field, first)
        if before == after or audience not in (of_before, of_after):
            continue
        if spans and spans[-1][1] + 1 == first and spans[-1][2:] == (before, after):
            spans[-1] = (spans[-1][0], last, before, after)
        else:
            spans.append((first, last, before, after))
    for first, last, before, after in spans:
        yield from _compared(f"{section}.{field}", dict(audience), _date(first), _date(last), before, after)


def _spans(old: Compiled, new: Compiled, audience: Audience) -> list[tuple[int, int]]:
    """Days between which no variant for that audience, or a wider one, begins or ends."""
    starts = {0}
    for variant in (*old.policy.variants, *new.policy.variants):
        if _is_part(audience, variant):
            starts.add(max(0, variant.first_day))
            if variant.last_day < LAST_DAY:
                starts.add(max(0, variant.last_day + 1))
    order = sorted(starts)
    return [(first, (order[at + 1] - 1) if at + 1 < len(order) else LAST_DAY) for at, first in enumerate(order)]


def _effective(compiled: Compiled, audience: Audience, section: str, field: str, day: int) -> tuple[Any, Audience]:
    """The value for that audience on that day, and who is named where it is said."""
    value, said = compiled.document[section].get(field, ABSENT), Audience()
    for variant in compiled.policy.variants:
        of = _audience(variant)
        if _is_part(audience, variant) and variant.first_day <= day <= variant.last_day:
            changes = variant.changes.get(section, {})
            if field in changes:
                value, said = changes[field], of
    return value, said


def _date(day: int) -> date | None:
    """None where it is the first or the last day that there is."""
    return None if day <= 0 or day >= LAST_DAY else date.fromordinal(day + EPOCH_ORDINAL)


def _compared(
    path: str, who: Mapping[str, str], first: date | None, last: date | None, before: Any, after: Any
) -> Iterator[Change]:
    """Changes of a value; of tables in it by name, of lists by what is taken out and put in."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in _names(before, after):
            yield from _compared(f"{path}.{name}", who, first, last, before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and _is_set(before) and _is_set(after):
        out, put = [part for part in before if part not in after], [part for part in after if part not in before]
        if out or put:
            yield Change(path, who, first, last, out, put)
        else:
            yield Change(path, who, first, last, before, after)
    else:
        yield Change(path, who, first, last, before, after)


def _is_set(values: Sequence[Any]) -> bool:
    """Whether it is long enough to be told by what is taken out and put in."""
    return len(values) > 8 or any(isinstance(value, dict) for value in values)


def _of_calendars(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in _names(old, new):
        who = {"country": name} if name != "default" else {}
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            told = [
                ABSENT if calendar is None else f"{len(calendar['holidays'])} holidays" for calendar in (before, after)
            ]
            yield Change(f"calendars.{name}", who, None, None, *told)
            continue
        for field in _names(before, after):
            if before[field] == after[field]:
                continue
            if field == "holidays":
                out = sorted(set(before[field]) - set(after[field]))
                put = sorted(set(after[field]) - set(before[field]))
                if out or put:
                    yield Change(f"calendars.{name}.{field}", who, None, None, out, put)
            else:
                yield Change(f"calendars.{name}.{field}", who, None, None, before[field], after[field])
