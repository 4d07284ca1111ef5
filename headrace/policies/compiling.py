"""Compiling a policy: what people write becomes the whole document that is a fact.

What is left out is as in the built-in policy; calendars by country become days and offsets. The compiled text has all
there is to know, so that no later version of a library of holidays or of time zones changes what was published.
"""

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path as FilePath
from typing import Any, Final

import tomli_w

from dataflows.rules.policy.policy import DEFAULT_TEXT, Policy, parse
from headrace.policies.calendars import compiled_calendar, is_source
from headrace.policies.examples import failing
from headrace.policies.model import Finding, findings
from headrace.policies.overlaps import overlapping
from headrace.policies.reading import Source, read_file, read_toml
from headrace.policies.sections import SECTION_MODELS
from headrace.policies.sections.calendars import CalendarModel
from headrace.policies.sections.fields import Section

BUILT_IN: Final = "built-in"
# A policy whose calendars end sooner after a day than this is told of.
CALENDAR_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy that can be published. text: the whole document, the same bytes for the same contents.

    warnings: what is no fault and may not be meant.
    """

    source: Source
    document: dict[str, Any]
    text: str
    policy: Policy
    warnings: Sequence[str]

    @property
    def version(self) -> int:
        return self.policy.version


def compile_file(path: FilePath) -> Compiled:
    """The policy in a file, compiled. Raises BadPolicy with all findings, OSError."""
    return compile_source(read_file(path))


def compile_text(text: str, name: str) -> Compiled:
    """A TOML text, compiled; one that is compiled already comes out as it is. Raises BadPolicy."""
    return compile_source(read_toml(text, name))


def built_in() -> Compiled:
    """The policy in force where none was published."""
    return compile_text(DEFAULT_TEXT, BUILT_IN)


def compile_source(source: Source) -> Compiled:
    """Raises BadPolicy with all findings."""
    document = _filled(source.document)
    examples = document.pop("examples", [])
    found: list[Finding] = []
    warnings: list[str] = []
    calendars = document.get("calendars")
    if isinstance(calendars, dict):
        for name in calendars:
            if isinstance(calendars[name], dict):
                made = compiled_calendar(name, calendars[name])
                calendars[name] = made.calendar
                found += made.findings
                warnings += made.warnings
    broken = {finding.path[:2] for finding in found}
    found += [finding for finding in findings(document) if finding.path[:2] not in broken]
    if found:
        raise source.refused(sorted(found, key=lambda finding: (source.line(finding.path), finding.where)))
    text = tomli_w.dumps(_ordered(document))
    policy = parse(text)
    wrong, doubts = overlapping(document, policy.variants)
    wrong += failing(examples, document, policy)
    if wrong:
        raise source.refused(wrong)
    return Compiled(source, document, text, policy, [*warnings, *doubts, *_unused(document), *_nobodys(document)])


def _filled(source: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what is left out taken from the built-in policy; a version is never."""
    document: dict[str, Any] = deepcopy(dict(source))
    if document.get("variants") == []:
        del document["variants"]
    default = tomllib.loads(DEFAULT_TEXT)
    for name, model in SECTION_MODELS.items():
        if isinstance(document.setdefault(name, {}), dict):
            _fill(document[name], default[name], model)
    calendars = document.setdefault("calendars", {})
    if isinstance(calendars, dict):
        for calendar in (calendars.setdefault("default", {}), *calendars.values()):
            if isinstance(calendar, dict) and not is_source(calendar):
                _fill(calendar, default["calendars"]["default"], CalendarModel)
    return document


def _fill(table: dict[str, Any], default: Mapping[str, Any], model: type[Section]) -> None:
    """Fields that are not there; those of tables in it too, where their names are fixed."""
    for name, value in default.items():
        if name not in table:
            table[name] = deepcopy(value)
            continue
        field = model.model_fields.get(name)
        inner = None if field is None else field.annotation
        if isinstance(inner, type) and issubclass(inner, Section) and isinstance(table[name], dict):
            _fill(table[name], value, inner)


def _ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    """Sections and fields in the order of the built-in policy, others after them by name: the same bytes each time."""
    default = tomllib.loads(DEFAULT_TEXT)
    found = {name: _in_order(document[name], default.get(name)) for name in default if name in document}
    return found | {name: _in_order(document[name], None) for name in sorted(document) if name not in found}


def _in_order(value: Any, like: Any) -> Any:
    if isinstance(value, list):
        return [_in_order(part, None) for part in value]
    if not isinstance(value, dict):
        return value
    known = [name for name in like if name in value] if isinstance(like, dict) else []
    names = known + sorted(name for name in value if name not in known)
    return {name: _in_order(value[name], like.get(name) if isinstance(like, dict) else None) for name in names}


def _unused(document: Mapping[str, Any]) -> list[str]:
    """Countries that variants and routes name and that have no calendar of their own."""
    there = document["calendars"]
    named = {
        (variant["where"]["country"], f"variant {variant['name']!r}")
        for variant in document.get("variants", [])
        if "country" in variant["where"]
    }
    named |= {
        (route["calendar"], "a route of disputes")
        for route in document["disputes"].get("routes", [])
        if route.get("calendar")
    }
    return [
        f"calendars.{name}: is not there, and {what} names {name}: the default calendar holds for it"
        for name, what in sorted(named)
        if name not in there
    ]


def _nobodys(document: Mapping[str, Any]) -> list[str]:
    """Roles that may approve, where somebody is named who may and nobody of these has that one."""
    parts = [document["approvals"], *(variant.get("approvals", {}) for variant in document.get("variants", []))]
    wanted = {level["role"] for part in parts for level in part.get("levels", [])}
    there = {role for part in parts for person in part.get("people", []) for role in person["roles"]}
    return [
        f"approvals.levels: nobody of approvals.people has the role {role!r}, they have {', '.join(sorted(there))}; only an "
        "owner of the account with that role (account_owner) may approve by it"
        for role in sorted(wanted - there if there else ())
    ]


def ends_soon(compiled: Compiled, from_day: date) -> list[str]:
    """Calendars whose last holiday is less than a year after a day."""
    found = []
    for name, calendar in sorted(compiled.document["calendars"].items()):
        days = calendar["holidays"]
        if days and date.fromisoformat(max(days)) < from_day + timedelta(CALENDAR_DAYS):
            found.append(f"calendars.{name}: its last holiday is {max(days)}; later days are business days")
    return found
