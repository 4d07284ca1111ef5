"""The models of a policy against the rules' own reading of it: what one accepts the other accepts, and nothing else."""

import tomllib
from copy import deepcopy
from typing import Any

import pytest
import tomli_w
from hypothesis import given, note
from hypothesis import strategies as st

from dataflows.rules.policy.policy import DEFAULT_TEXT, SECTIONS, WHERE, WrongPolicy, parse
from headrace.policies.model import findings
from headrace.policies.sections import SECTION_MODELS
from tests.policies import COLLECTING, merge

DEFAULT: dict[str, Any] = tomllib.loads(DEFAULT_TEXT)
FULL: dict[str, Any] = tomllib.loads(
    """
[[disputes.routes]]
category = "pricing"
region = "west"
above_minor = 100
owner = "kim"
calendar = "US"
[[disputes.routes]]
owner = "role:manager"
[[disputes.claims]]
name = "spring"
category = "pricing"
codes = ["ADV"]
most_ppm = 50000
most_minor = 100
from = "2026-03-01"
until = "2026-05-31"
[[disputes.absences]]
owner = "kim"
cover = "lee"
from = "2026-07-01"
until = "2026-07-14"
[[collections.absences]]
person = "anna"
from = "2026-02-01"
until = "2026-02-02"
substitute = "bert"
[calendars.US]
weekend = [5, 6]
holidays = ["2026-07-03"]
start_minute = 480
end_minute = 1020
offsets = [0, -300]
[[variants]]
name = "gold"
where.tier = "gold"
[variants.reminders]
steps_days = [20]
[variants.promises]
tolerance_days = 9
[[variants]]
name = "summer"
where.tier = "gold"
where.currency = "EUR"
where.from = "2026-06-01"
where.until = "2026-08-31"
[variants.disputes]
goodwill_minor = 1
"""
)


def rich() -> dict[str, Any]:
    """A document in which everything stands that may."""
    document = deepcopy(DEFAULT)
    merge(document, tomllib.loads(COLLECTING))
    routes = FULL["disputes"]["routes"]
    merge(document, deepcopy(FULL))
    assert document["disputes"]["routes"] == routes
    return document


def test_every_section_of_the_rules_has_a_model() -> None:
    missing = [name for name in SECTIONS if name not in SECTION_MODELS]
    assert not missing, (
        f"dataflows/rules/policy/policy.py has the sections {', '.join(missing)}, and headrace/policies/sections has no model of "
        "them: write a class of its fields there and name it in SECTION_MODELS"
    )


def test_every_model_is_of_a_section_that_there_is_with_the_values_that_it_has() -> None:
    for name, model in SECTION_MODELS.items():
        known = {field.alias or field_name for field_name, field in model.model_fields.items()}
        optional = {field_name for field_name, field in model.model_fields.items() if not field.is_required()}
        assert set(DEFAULT[name]) <= known, name
        assert known - optional <= set(DEFAULT[name]), name


@pytest.mark.parametrize("document", [DEFAULT, rich()])
def test_what_is_right_has_no_findings(document: dict[str, Any]) -> None:
    parse(tomli_w.dumps(document))
    assert findings(document) == []


def told(**changes: Any) -> list[str]:
    document = rich()
    merge(document, changes)
    return [f"{finding.where}: {finding.text}" for finding in findings(document)]


def test_all_findings_are_told_with_their_paths() -> None:
    assert told(
        version=-1,
        reminders={"steps_days": [3, 1], "minimum_minor": True, "window_minutes": 1000, "letters": 1},
        interest={"charge": "always", "jurisdictions": {"EU": {"rate_days": ["2026-31-01"]}}},
        collections={"steps": [{"role": "a", "hours": 1}, {"role": "", "hours": "two"}]},
        cash={"sources": "payments"},
    ) == [
        "version: -1 must be at least 0",
        "reminders.steps_days: [3, 1] must rise, each once",
        "reminders.minimum_minor: True must be a whole number",
        "reminders.window_minutes: 1000 the window must end by midnight",
        "reminders.letters: is unknown; is it letter?",
        "interest.charge: 'always' must be one of none, cleared, step",
        "interest.jurisdictions.EU.rate_days[1]: '2026-31-01' must be a date YYYY-MM-DD",
        "collections.steps[2].role: '' must not be empty",
        "collections.steps[2].hours: 'two' must be a whole number",
        "cash.sources: 'payments' must be a list",
    ]


def test_what_is_wrong_in_a_variant_is_told_where_it_stands() -> None:
    gold = {"name": "gold", "where": {"tier": "gold"}, "reminders": {"window_start_minute": 1100}}
    twice = {"name": "gold", "where": {"tier": "gold", "until": "2026-01-01"}, "promises": {"tolerance_days": 91}}
    assert told(variants=[gold, twice]) == [
        "variants[2].name: 'gold' is there already",
        "variants[2].where: 'gold' holds for the same on the same days: one too many",
        "variants[1].reminders.window_minutes: 480 the window must end by midnight",
        "variants[2].promises.tolerance_days: 91 must be at most 90",
    ]
    assert told(variants=[{"name": "a", "where": {"color": "red"}, "calendars": {}}]) == [
        "variants[1].where.color: is unknown",
        "variants[1].calendars: is unknown",
    ]


def test_a_window_on_another_day_and_a_missing_calendar() -> None:
    far = {"NZ": {**DEFAULT["calendars"]["default"], "offsets": [0, 780]}}
    said = "window_minutes: in calendar NZ, 780 minutes from UTC, the window is on another day in UTC"
    assert told(calendars=far, reminders={"window_minutes": 60}) == [
        f"reminders.{said}",
        f"variants[1].reminders.{said}",
    ]
    document = rich()
    del document["calendars"]["default"]
    assert [finding.where for finding in findings(document)] == ["calendars.default"]


# --- the same as the rules ---

VALUES = st.one_of(
    st.integers(-2, 12),
    st.sampled_from([366, 1441, 3_651, 10_001, 10**6 + 1, 10**9 + 1, 10**12, 10**12 + 1, 540, 480, 1000]),
    st.booleans(),
    st.sampled_from(
        ["", "gold", "pricing", "EUR", "EU", "step", "cleared", "kim", "email", "2026-06-01", "2026-13-01"]
    ),
    st.sampled_from(["20260601", "on_pod", "item", "always", "until_review", "proof_of_delivery", "Two Words", "a  b"]),
    st.lists(st.integers(-3, 3), max_size=3),
    st.lists(st.sampled_from(["kim", "pricing", "email", "2026-06-01", "2026-07-01", "short_pay", ""]), max_size=2),
    st.builds(dict),
    st.builds(lambda: [{}]),
    st.floats(0, 1),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, tables and lists too."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for name, part in parts:
        found += _places(part, (*path, name))
    return found


PLACES = _places(rich())
SIBLINGS = [
    "default",
    "quality",
    "UK",
    "owner",
    "levels",
    "channel",
    "nonsense",
    "until",
    "customer",
    "country",
    "cash",
]


@st.composite
def _changed(draw: st.DrawFn) -> dict[str, Any]:
    """The rich document with some places changed, taken out, doubled or added."""
    document = rich()
    for _ in range(draw(st.integers(1, 3))):
        *before, last = draw(st.sampled_from(PLACES))
        table: Any = document
        try:
            for part in before:
                table = table[part]
            what = draw(st.sampled_from(("set", "set", "set", "out", "add", "double")))
            if what == "set":
                table[last] = draw(VALUES)
            elif what == "out":
                del table[last]
            elif what == "add":
                table[last][draw(st.sampled_from(SIBLINGS))] = draw(VALUES)
            else:
                table.append(deepcopy(table[last]))
        except (KeyError, IndexError, TypeError, AttributeError):
            # The place went with a change before, or is no table.
            continue
    return document


@given(_changed())
def test_the_models_accept_what_the_rules_accept_and_refuse_what_they_refuse(document: dict[str, Any]) -> None:
    found = findings(document)
    try:
        parse(tomli_w.dumps(document))
    except WrongPolicy as error:
        note(f"the rules say: {error}")
        assert found
    else:
        assert found == []


@st.composite
def _variants(draw: st.DrawFn) -> dict[str, Any]:
    document = rich()
    document["variants"] = []
    for number in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from([*WHERE, "from", "until"]), max_size=3, unique=True))
        where = {
            name: draw(st.sampled_from(["", "2026-01-01", "2026-06-01", "2027-01-01"] if name in ("from", "until") else ["a", "b"]))
            for name in names
        }  # fmt: skip
        section = draw(st.sampled_from(SECTIONS))
        field = draw(st.sampled_from(sorted(document[section])))
        change = draw(st.one_of(VALUES, st.just(document[section][field])))
        name = draw(st.sampled_from(["", "x", str(number), str(number)]))
        document["variants"].append({"name": name, "where": where, section: {field: change}})
    return document


@given(_variants())
def test_variants_are_accepted_by_both_or_by_none(document: dict[str, Any]) -> None:
    found = findings(document)
    try:
        parse(tomli_w.dumps(document))
    except WrongPolicy as error:
        note(f"the rules say: {error}")
        assert found
    else:
        assert found == []
