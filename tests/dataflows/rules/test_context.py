"""When an account is contacted, and on which day a step is taken."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.context import Context, contact_time, next_contact, origin_of, step_day
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, EPOCH_ORDINAL, parse

POLICY = parse(DEFAULT_TEXT)
KEYS = [f"t1/us01/A-{number}" for number in range(4_000)]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def context(now: int) -> Context:
    return Context(now, "live", POLICY, "receipt", "e-1", now, now)


@given(st.text(max_size=20), st.integers(0, 60_000))
def test_contacts_are_in_the_window_and_always_at_the_same_time(key: str, on: int) -> None:
    at = contact_time(POLICY.base, key, on)
    assert on * DAY_MS + 9 * 3_600_000 <= at < on * DAY_MS + 17 * 3_600_000
    assert contact_time(POLICY.base, key, on + 1) == at + DAY_MS


def test_contacts_are_spread_over_the_window() -> None:
    """4,000 accounts over eight hours: 500 each hour; 6 standard deviations of a fair spread are 125."""
    hours = [contact_time(POLICY.base, key, 0) // 3_600_000 for key in KEYS]
    assert sorted(set(hours)) == list(range(9, 17))
    assert all(375 < hours.count(hour) < 625 for hour in range(9, 17))


@given(st.sampled_from(KEYS), st.integers(20_000, 20_010), st.integers(0, 11 * DAY_MS))
def test_the_next_contact_is_the_first_one_to_come(key: str, on: int, into: int) -> None:
    now = 20_000 * DAY_MS + into
    at = next_contact(context(now), POLICY.base, key, on)
    times = [contact_time(POLICY.base, key, wanted) for wanted in range(on, on + 15)]
    assert at == min(time for time in times if time > now)


@pytest.mark.parametrize(
    ("due", "level", "found"),
    [
        ("2026-04-01", 1, "2026-03-25"),
        ("2026-04-01", 2, "2026-04-02"),
        ("2026-04-01", 3, "2026-04-13"),
        ("2026-04-01", 5, "2026-05-01"),
    ],
)
def test_steps_are_on_business_days(due: str, level: int, found: str) -> None:
    assert step_day(POLICY.base, day(due), level) == day(found)


def test_after_the_last_step_there_is_none() -> None:
    assert step_day(POLICY.base, day("2026-04-01"), 6) == 0


@pytest.mark.parametrize(
    ("mode", "late_ms", "origin"),
    [
        ("live", 0, "live"),
        ("live", -5, "live"),
        ("live", 7 * DAY_MS, "live"),
        ("live", 7 * DAY_MS + 1, "history"),
        ("live", 3_650 * DAY_MS, "history"),
        ("replay", 0, "history"),
        ("", 0, "history"),
    ],
)
def test_what_is_brought_in_late_is_history(mode: str, late_ms: int, origin: str) -> None:
    now = 20_000 * DAY_MS
    assert origin_of(mode, now, now - late_ms) == origin
