"""The whole policy as pydantic models: every finding with its path.

`findings` accepts exactly what dataflows/rules/policy/policy.py accepts (tests/headrace/policies/test_model.py tries both ways),
and unlike it tells all that is wrong at once. Paths count from 1: variants[2] is the second one.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from dataflows.rules.policy.policy import MOST_TERMS_DAYS, SECTIONS, TERMS, WHERE
from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.calendars import DEFAULT_CALENDAR, Calendar
from dataflows.rules.provisions.reminders import ReminderTerms, refuse_no_window
from headrace.policies.sections import SECTION_MODELS
from headrace.policies.sections.calendars import CalendarModel
from headrace.policies.sections.fields import DayOrNone, Name, Section, none, not_before_from, ordinal, whole
from sinks.wrong_settings import nearest

Path = tuple[str | int, ...]
# No day of a policy is later.
LAST_DAY: Final = "9999-12-31"


class Finding(NamedTuple):
    """What is wrong. `path`: keys, and places in lists from 0."""

    path: Path
    text: str

    @property
    def where(self) -> str:
        return shown(self.path)


def shown(path: Sequence[str | int]) -> str:
    """Such as variants[2].reminders.steps_days."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_Where = create_model(
    "_Where",
    __base__=Section,
    first=(DayOrNone, Field(default="", alias="from")),
    until=(DayOrNone, LAST_DAY),
    **dict.fromkeys(WHERE, (str | None, None)) | {TERMS: (Annotated[int, whole(1, MOST_TERMS_DAYS)] | None, None)},
)  # type: ignore[call-overload]


class Where(_Where):  # type: ignore[misc, valid-type]
    """For whom and when a variant holds."""

    _order = not_before_from()

    def said(self) -> dict[str, str]:
        """What it names, days aside."""
        return {name: str(value) for name in WHERE if (value := getattr(self, name)) is not None}


class _Variant(Section):
    """[[variants]]: what is other there is checked laid over the base."""

    name: Name
    where: Where


Variant = create_model("Variant", __base__=_Variant, **dict.fromkeys(SECTIONS, (dict[str, Any] | None, None)))  # type: ignore[call-overload]
PolicyDocument = create_model(
    "PolicyDocument",
    __base__=Section,
    version=(Annotated[int, whole(0, 10**9)], ...),
    **{name: (model, ...) for name, model in SECTION_MODELS.items()},
    calendars=(dict[str, CalendarModel], ...),
    variants=(list[Variant], none()),  # type: ignore[valid-type]
)  # type: ignore[call-overload]


def findings(document: Mapping[str, Any]) -> list[Finding]:
    """All that is wrong in a document; none where it can be in force."""
    empty = _nothings(document, ())
    if empty:
        return empty
    found = checked(PolicyDocument, document)
    wrong_parts = {finding.path[0] for finding in found}
    if "calendars" not in wrong_parts:
        found += _calendars(document, wrong_parts)
    if any(finding.path == ("variants",) for finding in found):
        return found
    broken = {finding.path[1] for finding in found if finding.path[0] == "variants"}
    variants = [(at, variant) for at, variant in enumerate(document.get("variants", [])) if at not in broken]
    found += _ties(variants)
    for number, variant in variants:
        found += _laid_over(document, number, variant, wrong_parts)
    return found


def _nothings(value: Any, path: Path) -> list[Finding]:
    """What YAML can say and nobody means: a name with nothing behind it."""
    if value is None:
        return [Finding(path, "is empty")]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, part in parts for found in _nothings(part, (*path, name))]


def checked(model: type[Section], value: Any, at: Path = ()) -> list[Finding]:
    """What is wrong with one table, which stands at that path."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [_finding(details, model, at) for details in error.errors(include_url=False)]
    return []


def _finding(details: ErrorDetails, model: type[Section], at: Path) -> Finding:
    path = (*at, *(part for part in details["loc"] if part != "[key]"))
    kind, context, value = details["type"], details.get("ctx", {}), details["input"]
    if kind == "missing":
        return Finding(path, "is missing")
    if kind == "extra_forbidden":
        names = [part for part in details["loc"] if isinstance(part, str)]
        near = nearest(names[-1], model, names[:-1])
        return Finding(path, f"is unknown; is it {near}?" if near else "is unknown")
    if kind == "policy":
        return Finding(path, f"{_short(value)} {context['text']}")
    if kind in ("greater_than_equal", "less_than_equal"):
        side = "at least" if kind == "greater_than_equal" else "at most"
        return Finding(path, f"{_short(value)} must be {side} {context['ge' if 'ge' in context else 'le']}")
    return Finding(path, f"{_short(value)} must be {_WANTED.get(kind, details['msg'])}")


_WANTED: Final = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "too_short": "longer",
}


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:60]}..."


def _calendars(document: Mapping[str, Any], wrong_parts: set[str | int]) -> list[Finding]:
    """There must be a default one, and in each of them contacts must be able to leave."""
    if DEFAULT_CALENDAR not in document["calendars"]:
        return [Finding(("calendars", DEFAULT_CALENDAR), "is missing: countries without a calendar have this one")]
    if "reminders" in wrong_parts:
        return []
    return _windows(document, document["reminders"], ("reminders",))


def _windows(document: Mapping[str, Any], reminders: dict[str, Any], path: Path) -> list[Finding]:
    terms = ReminderTerms(Table(reminders, shown(path)))
    for name in sorted(document["calendars"]):
        try:
            refuse_no_window(name, Calendar(Table(document["calendars"][name], name)), terms, shown(path))
        except WrongPolicy as error:
            return [Finding((*path, "window_minutes"), str(error).partition(": ")[2])]
    return []


def _ties(variants: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Finding]:
    """Of two variants for the same on the same day nobody could say which wins."""
    found = []
    read = [(number, variant["name"], Where.model_validate(variant["where"])) for number, variant in variants]
    for at, (number, name, where) in enumerate(read):
        for _, other, before in read[:at]:
            if name == other:
                found.append(Finding(("variants", number, "name"), f"{name!r} is there already"))
            overlap = ordinal(where.first) <= ordinal(before.until) and ordinal(before.first) <= ordinal(where.until)
            if where.said() == before.said() and overlap:
                found.append(
                    Finding(
                        ("variants", number, "where"), f"{other!r} holds for the same on the same days: one too many"
                    )
                )
    return found


def _laid_over(
    document: Mapping[str, Any], number: int, variant: Mapping[str, Any], wrong_parts: set[str | int]
) -> list[Finding]:
    """What a variant changes, checked as it is when it holds: laid over the base."""
    found: list[Finding] = []
    if "sources" in variant.get("cash", {}):
        found.append(
            Finding(("variants", number, "cash", "sources"), "is the same for all; a variant cannot change it")
        )
    for section in SECTIONS:
        changes = variant.get(section)
        if changes and section not in wrong_parts:
            at: Path = ("variants", number, section)
            found += section_findings(document, section, {**document[section], **changes}, at, wrong_parts)
    return found


def section_findings(
    document: Mapping[str, Any],
    section: str,
    values: dict[str, Any],
    at: Path,
    wrong_parts: Collection[str | int] = (),
) -> list[Finding]:
    """What is wrong with a section that has these values for somebody; the calendars are those of the document."""
    found = checked(SECTION_MODELS[section], values, at)
    if section == "reminders" and not found and "calendars" not in wrong_parts:
        found = _windows(document, values, at)
    return found
