"""What another policy changes: which value for whom, from when; and which line holds for whom, and why."""

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.policy.policy import EPOCH_ORDINAL, SECTIONS, Who
from headrace.policies.compiling import Compiled, compile_text
from headrace.policies.differences import differences
from headrace.policies.explaining import explain, in_words


def compiled(text: str) -> Compiled:
    return compile_text(f"version = 1\n{text}", "policy.toml")


def told(old: str, new: str) -> list[tuple[Any, ...]]:
    return [
        (c.path, in_words(c.who), c.first and c.first.isoformat(), c.last and c.last.isoformat(), c.before, c.after)
        for c in differences(compiled(old), compiled(new))
    ]


BASE = "[reminders]\nminimum_minor = {}\n"
GOLD = '[[variants]]\nname = "{}"\nwhere = {{ {} }}\nreminders.minimum_minor = {}\n'


def test_a_value_of_the_base_changes_for_everyone() -> None:
    assert told(BASE.format(500), BASE.format(700)) == [("reminders.minimum_minor", "everyone", None, None, 500, 700)]
    assert told("", "") == []


def test_a_variant_that_is_only_written_otherwise_changes_nothing() -> None:
    one = GOLD.format("a", 'tier = "gold"', 900) + GOLD.format("b", 'region = "west"', 100)
    two = GOLD.format("west", 'region = "west"', 100) + GOLD.format("gold", 'tier = "gold"', 900)
    assert told(one, two) == []
    # What a variant says that the base says too is no difference either.
    assert told("", GOLD.format("a", 'tier = "gold"', 500)) == []


def test_a_variant_that_comes_or_goes_changes_values_for_whom_it_names_while_it_holds() -> None:
    summer = GOLD.format("summer", 'tier = "gold", from = "2026-06-01", until = "2026-08-31"', 900)
    assert told("", summer) == [("reminders.minimum_minor", "tier gold", "2026-06-01", "2026-08-31", 500, 900)]
    longer = summer.replace("2026-08-31", "2026-09-30").replace("900", "950")
    assert told(summer, longer) == [
        ("reminders.minimum_minor", "tier gold", "2026-06-01", "2026-08-31", 900, 950),
        ("reminders.minimum_minor", "tier gold", "2026-09-01", "2026-09-30", 500, 950),
    ]


def test_a_wider_audience_does_not_change_what_a_narrower_one_has_of_its_own() -> None:
    gold = GOLD.format("gold", 'tier = "gold"', 900)
    gold_in_euro = GOLD.format("euro", 'tier = "gold", currency = "EUR"', 10)
    assert told(gold + gold_in_euro, BASE.format(500) + gold.replace("900", "800") + gold_in_euro) == [
        ("reminders.minimum_minor", "tier gold", None, None, 900, 800)
    ]
    # Without its own line the narrower one has what the wider one has.
    assert told(gold + gold_in_euro, gold) == [
        ("reminders.minimum_minor", "tier gold, currency EUR", None, None, 10, 900)
    ]


def test_tables_and_lists_are_told_by_what_is_other_in_them() -> None:
    assert told("", "[disputes.sla_hours]\ndefault = 40\nnot_received = 16\nmissing_pod = 8\n") == [
        ("disputes.sla_hours.missing_pod", "everyone", None, None, 16, 8),
        ("disputes.sla_hours.duplicate", "everyone", None, None, 8, "(none)"),
    ]
    step = '[[collections.steps]]\nrole = "{}"\nhours = 1\n'
    assert told(step.format("a") + step.format("b"), step.format("a") + step.format("c")) == [
        ("collections.steps", "everyone", None, None, [{"role": "b", "hours": 1}], [{"role": "c", "hours": 1}])
    ]


def test_calendars_are_told_by_country() -> None:
    calendar = "[calendars.US]\nholidays = {}\nend_minute = {}\n"
    assert told(calendar.format('["2026-07-03"]', 1020), calendar.format('["2026-11-26"]', 960)) == [
        ("calendars.US.holidays", "country US", None, None, ["2026-07-03"], ["2026-11-26"]),
        ("calendars.US.end_minute", "country US", None, None, 1020, 960),
    ]
    assert told("", calendar.format('["2026-07-03"]', 1020)) == [
        ("calendars.US", "country US", None, None, "(none)", "1 holidays")
    ]
    assert told("", '[cash]\nsources = ["payments", "other"]\n') == [
        ("cash.sources", "everyone", None, None, ["payments"], ["payments", "other"])
    ]


LINES = """\
[reminders]
minimum_minor = 600
[[variants]]
name = "gold"
where.tier = "gold"
reminders.minimum_minor = 900
promises.tolerance_days = 9
[[variants]]
name = "gold in the west"
where = { tier = "gold", region = "west" }
reminders.minimum_minor = 950
[[variants]]
name = "acme in spring"
where = { customer = "ACME", from = "2026-03-01", until = "2026-05-31" }
[[variants.reminders.templates]]
name = "kind"
language = "en"
approved = true
"""


def values(who: Who, on: str) -> dict[str, tuple[Any, str, int, str]]:
    found = explain(compiled(LINES), who, "", date.fromisoformat(on))
    return {f"{v.section}.{v.field}": (v.value, v.by.name, v.by.line, v.why()) for v in found.values}


def test_every_value_says_which_line_holds_and_why() -> None:
    acme = Who("t", "e", "ACME", "west", "US", "gold", "")
    found = values(acme, "2026-04-01")
    assert found["reminders.minimum_minor"] == (
        950,
        "gold in the west",
        12,
        "goes before 'gold' (900): it names the region, which is more specific; goes before the base (600)",
    )
    assert found["promises.tolerance_days"] == (9, "gold", 8, "goes before the base (3)")
    assert found["reminders.contacts_days"] == (30, "base", 2, "")
    assert found["reminders.templates"][1:] == ("acme in spring", 16, "goes before the base ([])")
    assert values(acme, "2026-06-01")["reminders.templates"][1] == "base"
    other = explain(compiled(LINES), Who("t", "e", "B", "", "", "", ""), "", date(2026, 4, 1))
    assert (other.variants, other.calendar) == ([], "default")
    assert {v.by.name for v in other.values} == {"base"}
    assert in_words({"tier": "gold", "from": "2026-03-01"}) == "tier gold, from 2026-03-01"


def test_of_payment_terms_the_longer_ones_go_before() -> None:
    text = BASE.format(600) + "".join(
        GOLD.format(f"from {days}", f"terms_days = {days}", days) for days in (60, 30, 45)
    )
    found = explain(compiled(text), Who("t", "e", "A", "", "", "", "", 50), "", date(2026, 4, 1))
    (value,) = [v for v in found.values if (v.section, v.field) == ("reminders", "minimum_minor")]
    assert (value.value, value.by.name, in_words(value.by.where)) == (45, "from 45", "terms_days 45")
    assert value.why() == ("goes before 'from 30' (30): it names longer payment terms; goes before the base (600)")
    # What is other for 60 days and more is no change for those of 45.
    longer = compiled(text.replace("minimum_minor = 60\n", "minimum_minor = 61\n"))
    assert [(c.who, c.before, c.after) for c in differences(compiled(text), longer)] == [({"terms_days": "60"}, 60, 61)]


# --- the same as the rules ---

WHERES = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.sampled_from(["A", "B"]),
        "tier": st.sampled_from(["x", "y"]),
        "country": st.sampled_from(["US", "DE"]),
        "terms_days": st.sampled_from([30, 60]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "from": st.sampled_from(["2026-01-05", "2026-01-10"]),
        "until": st.sampled_from(["2026-01-12", "2026-01-20"]),
    },
)


@st.composite
def _policies(draw: st.DrawFn) -> Compiled:
    variants = {}
    for where in draw(st.lists(WHERES, max_size=4)):
        variants[json.dumps({k: v for k, v in where.items() if k not in ("from", "until")}, sort_keys=True)] = where
    text = BASE.format(draw(st.integers(1, 3)))
    for number, where in enumerate(variants.values()):
        named = ", ".join(f"{name} = {json.dumps(value)}" for name, value in where.items())
        text += GOLD.format(f"v{number}", named, draw(st.integers(1, 3)))
    return compiled(text)


@given(
    _policies(),
    _policies(),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["x", "z"]),
    st.sampled_from(["US", "FR"]),
    st.sampled_from([0, 29, 30, 60]),
)
def test_what_is_explained_is_what_the_rules_have_and_what_differs_is_told(
    old: Compiled, new: Compiled, account: str, tier: str, country: str, terms_days: int
) -> None:
    who = Who("t", "e", account, "", country, tier, "", terms_days)
    said = {"customer": account, "tier": tier, "country": country, "currency": "EUR"}
    changes = differences(old, new)
    for on in (date(2026, 1, 1), date(2026, 1, 7), date(2026, 1, 11), date(2026, 1, 15), date(2026, 1, 25)):
        held = []
        for policy in (old, new):
            (value,) = [
                v
                for v in explain(policy, who, "EUR", on).values
                if v.field == "minimum_minor" and v.section == "reminders"
            ]
            provisions = policy.policy.provisions(who, "EUR", on.toordinal() - EPOCH_ORDINAL)
            assert value.value == provisions.reminders.minimum_minor
            held.append(value.value)
        if held[0] != held[1]:
            assert any(
                all(said.get(name) == wanted for name, wanted in change.who.items() if name != "terms_days")
                and terms_days >= int(change.who.get("terms_days", "0"))
                and (change.first is None or change.first <= on)
                and (change.last is None or on <= change.last)
                for change in changes
            )
    assert {change.path.split(".")[0] for change in changes} <= set(SECTIONS)
