"""Variants that hold together: what is right alone may be wrong laid over one another, and would be found out only on the day."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dataflows.rules.policy.policy import SECTIONS, TERMS, Variant
from headrace.policies.model import Finding, section_findings

# Sets of variants of one section that are tried.
MOST_SETS: Final = 2_000


def overlapping(document: Mapping[str, Any], variants: Sequence[Variant]) -> tuple[list[Finding], list[str]]:
    """What is wrong where several variants hold for the same account on the same day, and where not all was tried.

    `variants` are those of the document, the most specific last, each right alone.
    """
    places = {variant["name"]: at for at, variant in enumerate(document.get("variants", []))}
    findings: list[Finding] = []
    warnings: list[str] = []
    for section in SECTIONS:
        changing = [variant for variant in variants if variant.changes.get(section)]
        for number, together in enumerate(_together(changing, [], 0)):
            if number == MOST_SETS:
                warnings.append(
                    f"variants of {section}: so many may hold together that not every set of them was tried"
                )
                break
            wrong = _laid_over(document, section, together, places[together[-1].name])
            if wrong:
                findings += wrong
                break
    return findings, warnings


def _together(variants: Sequence[Variant], chosen: list[Variant], start: int) -> Iterator[list[Variant]]:
    """Every set of two or more that some account, currency and day may have."""
    for at in range(start, len(variants)):
        if all(_may_meet(variants[at], other) for other in chosen):
            found = [*chosen, variants[at]]
            if len(found) > 1:
                yield found
            yield from _together(variants, found, at + 1)


def _may_meet(one: Variant, other: Variant) -> bool:
    if one.first_day > other.last_day or other.first_day > one.last_day:
        return False
    # Payment terms may be as long as both ask for.
    return all(other.where.get(name, value) == value for name, value in one.where.items() if name != TERMS)


def _laid_over(document: Mapping[str, Any], section: str, together: Sequence[Variant], at: int) -> list[Finding]:
    merged = dict(document[section])
    for variant in together:
        merged.update(variant.changes[section])
    names = " and ".join(repr(variant.name) for variant in together)
    return [
        Finding(finding.path, f"{finding.text} (where {names} hold together)")
        for finding in section_findings(document, section, merged, ("variants", at, section))
    ]
