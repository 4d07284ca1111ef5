"""Policy texts: each thing that may be wrong has its message; business days; the most specific release rule."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.policy import DEFAULT_TEXT, EPOCH_ORDINAL, WrongPolicy, parse


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def changed(line: str, to: str) -> str:
    """The default policy with one of its lines, comments aside, replaced."""
    lines = DEFAULT_TEXT.splitlines()
    at = next(number for number, text in enumerate(lines) if text.split("#")[0].strip() == line)
    return "\n".join([*lines[:at], to, *lines[at + 1 :]])


STEPS = "steps_days = [-7, 1, 10, 20, 30]"
CASES = [
    ("version = 0", "version = ", "not TOML: "),
    ("version = 0", "", "version: None must be a whole number from 0 to 1000000000"),
    ("version = 0", "version = true", "version: True must be a whole number from 0 to 1000000000"),
    ("version = 0", "version = 0\nreminder = 3", "reminder: unknown; known are version, release, reminders"),
    ("[cash]", "[money]", "money: unknown; known are"),
    ("[promises]", "[reminders.promises]", "reminders.promises: unknown; known are steps_days"),
    ("[tiers]", "", "tiers: a table [tiers] must be there"),
    (
        'condition = "on_shipment"',
        'condition = "on_time"',
        "release.condition: 'on_time' must be one of on_order, on_s",
    ),
    ('condition = "on_shipment"', "condition = 1", "release.condition: 1 must be one of on_order, on_shipment, on_pod"),
    ("pod_days = 10", "pod_days = 366", "release.pod_days: 366 must be a whole number from 0 to 365"),
    ("pod_days = 10", "pod_dayz = 10", "release.pod_dayz: unknown; known are condition, pod_days, hold_sla_days"),
    ("hold_sla_days = 5", "hold_sla_days = -1", "release.hold_sla_days: -1 must be a whole number from 0 to 365"),
    (STEPS, "steps_days = 7", "reminders.steps_days: 7 must be a list"),
    (STEPS, "steps_days = [1.5]", "reminders.steps_days: 1.5 must be a whole number"),
    (STEPS, "steps_days = [10, 1]", "reminders.steps_days: [10, 1] must rise, each once"),
    (STEPS, "steps_days = [1, 1]", "reminders.steps_days: [1, 1] must rise, each once"),
    (STEPS, "steps_days = [3651]", "reminders.steps_days: [3651] must be from -365 to 3650 days after the due date"),
    ("minimum_minor = 500", "minimum_minor = -1", "reminders.minimum_minor: -1 must be a whole number from 0 to 10"),
    ("days_between_letters = 5", "", "reminders.days_between_letters: None must be a whole number from 0 to 365"),
    ("window_start_minute = 540", "window_start_minute = 1440", "reminders.window_start_minute: 1440 must be a whole"),
    ("window_start_minute = 540", "window_start_minute = 961", "reminders.window_minutes: the window must end by midn"),
    ("window_minutes = 480", "window_minutes = 0", "reminders.window_minutes: 0 must be a whole number from 1 to 1440"),
    (
        "weekend = [5, 6]",
        "weekend = [7]",
        "reminders.weekend: [7] must be days from 0 (Monday) to 6, each once, not all",
    ),
    ("weekend = [5, 6]", "weekend = [5, 5]", "reminders.weekend: [5, 5] must be days from 0"),
    ("weekend = [5, 6]", "weekend = [0, 1, 2, 3, 4, 5, 6]", "reminders.weekend: [0, 1, 2, 3, 4, 5, 6] must be days"),
    ("holidays = []", "holidays = [25]", "reminders.holidays: 25 must be a text"),
    ("holidays = []", 'holidays = ["25.12.2026"]', "reminders.holidays: '25.12.2026' must be a date YYYY-MM-DD"),
    ("tolerance_days = 3", "tolerance_days = 91", "promises.tolerance_days: 91 must be a whole number from 0 to 90"),
    ("tolerance_minor = 100", "tolerance_minor = 1.0", "promises.tolerance_minor: 1.0 must be a whole number from 0"),
    ('sources = ["payments"]', 'sources = "payments"', "cash.sources: 'payments' must be a list"),
    ('sources = ["payments"]', "", "cash.sources: None must be a list"),
    ("[segments]", "[segments]\nretail = 1", "segments.retail: must be a table"),
    ("[segments]", "[segments.retail]", "segments.retail.release: a table [segments.retail.release] must be there"),
    ("[segments]", "[segments.retail.realese]", "segments.retail.realese: unknown; known are release"),
    ("[tiers]", "[tiers.gold.release]\npod_day = 3", "tiers.gold.release.pod_day: unknown; known are condition, pod_"),
    ("[tiers]", "[tiers.gold.release]\npod_days = 400", "tiers.gold.release.pod_days: 400 must be a whole number from"),
]


@pytest.mark.parametrize(("line", "to", "message"), CASES, ids=lambda text: text[:40])
def test_what_is_wrong_is_named(line: str, to: str, message: str) -> None:
    with pytest.raises(WrongPolicy) as caught:
        parse(changed(line, to))
    assert str(caught.value).startswith(message)


def test_the_default_policy() -> None:
    policy = parse(DEFAULT_TEXT)
    assert policy.steps_days == [-7, 1, 10, 20, 30]
    assert (policy.window_start_ms, policy.window_ms) == (9 * 3_600_000, 8 * 3_600_000)
    assert policy.release_for("", "").condition == "on_shipment"


def test_the_tier_wins_over_the_segment_and_the_rest_is_as_in_the_base() -> None:
    text = changed("[segments]", '[segments.retail.release]\ncondition = "on_order"\npod_days = 1')
    text = text.replace("[tiers]", '[tiers.gold.release]\ncondition = "on_pod"')
    policy = parse(text)
    assert policy.release_for("retail", "").condition == "on_order"
    gold = policy.release_for("retail", "gold")
    assert (gold.condition, gold.pod_days, gold.hold_sla_days) == ("on_pod", 10, 5)
    assert policy.release_for("other", "silver") is policy.release


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("2026-12-24", "2026-12-24"),
        ("2026-12-25", "2026-12-28"),
        ("2026-12-26", "2026-12-28"),
        ("2026-12-31", "2027-01-04"),
        ("1969-12-27", "1969-12-29"),
    ],
)
def test_business_days(wanted: str, found: str) -> None:
    policy = parse(changed("holidays = []", 'holidays = ["2026-12-25", "2026-12-31", "2027-01-01"]'))
    assert policy.business_day(day(wanted)) == day(found)


@given(st.sets(st.integers(0, 6), max_size=6), st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), max_size=60))
def test_a_business_day_is_the_first_that_is_neither(weekend: set[int], holidays: set[date]) -> None:
    text = changed("weekend = [5, 6]", f"weekend = {sorted(weekend)}")
    text = text.replace("holidays = []", f"holidays = {[d.isoformat() for d in sorted(holidays)]}")
    policy = parse(text)
    for start in (date(2025, 12, 29), date(2026, 2, 10)):
        at = start.toordinal()
        while date.fromordinal(at).weekday() in weekend or date.fromordinal(at) in holidays:
            at += 1
        assert policy.business_day(day(start.isoformat())) == at - EPOCH_ORDINAL


def test_the_documentation_says_what_is_built_in() -> None:
    """docs/policy.md: a row for each setting, or for those that belong together, with its value."""
    page = (Path(__file__).parents[3] / "docs" / "policy.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| `")
    ]
    said = {names: value for names, value, _ in rows}
    built_in = tomllib.loads(DEFAULT_TEXT)
    reminders, release, promises = built_in["reminders"], built_in["release"], built_in["promises"]
    assert (reminders["holidays"], built_in["segments"], built_in["tiers"]) == ([], {}, {})
    assert said == {
        "`reminders.steps_days`": ", ".join(map(str, reminders["steps_days"])),
        "`reminders.minimum_minor`": str(reminders["minimum_minor"]),
        "`reminders.days_between_letters`": str(reminders["days_between_letters"]),
        "`reminders.window_start_minute`, `window_minutes`": f"{reminders['window_start_minute']}, "
        f"{reminders['window_minutes']}",
        "`reminders.weekend`, `holidays`": f"{', '.join(map(str, reminders['weekend']))}; none",
        "`release.condition`": release["condition"],
        "`release.pod_days`": str(release["pod_days"]),
        "`release.hold_sla_days`": str(release["hold_sla_days"]),
        "`promises.tolerance_days`, `tolerance_minor`": f"{promises['tolerance_days']}, {promises['tolerance_minor']}",
        "`cash.sources`": ", ".join(built_in["cash"]["sources"]),
    }
    assert sum(len(table) for name, table in built_in.items() if name != "version") == sum(
        name.count("`") // 2 for name in said
    )
