"""Policy texts: each thing that may be wrong has its message; business days; the most specific variant."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.policy import DAY_MS, DEFAULT_TEXT, EPOCH_ORDINAL, Provisions, Who, WrongPolicy, parse


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def changed(line: str, to: str) -> str:
    """The default policy with one of its lines, comments aside, replaced."""
    lines = DEFAULT_TEXT.splitlines()
    at = next(number for number, text in enumerate(lines) if text.split("#")[0].strip() == line)
    return "\n".join([*lines[:at], to, *lines[at + 1 :]])


CASH = 'sources = ["payments"]'
GOLD = '\n[[variants]]\nname = "gold"\nwhere.tier = "gold"\n'
ORDER = 'order = ["exact_match", "clear_account", "clear_past_due", "by_terms", "combinations", "oldest_first"]'
STEPS = "steps_days = [-7, 1, 10, 20, 30]"
CASES = [
    ("version = 0", "version = ", "not TOML: "),
    ("version = 0", "", "version: None must be a whole number from 0 to 1000000000"),
    ("version = 0", "version = true", "version: True must be a whole number from 0 to 1000000000"),
    ("version = 0", "version = 0\nreminder = 3", "reminder: unknown; known are version, release, reminders"),
    ("[cash]", "[money]", "cash: a table [cash] must be there"),
    ("[promises]", "[reminders.promises]", "promises: a table [promises] must be there"),
    (
        'condition = "on_shipment"',
        'condition = "on_time"',
        "release.condition: 'on_time' must be one of on_order, on_s",
    ),
    ('condition = "on_shipment"', "condition = 1", "release.condition: 1 must be one of on_order, on_shipment, on_pod"),
    ("pod_days = 10", "pod_days = 366", "release.pod_days: 366 must be a whole number from 0 to 365"),
    ("pod_days = 10", "pod_dayz = 10", "release.pod_days: None must be a whole number"),
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
        "calendars.default.weekend: [7] must be days from 0 (Monday) to 6, each once, not all",
    ),
    ("weekend = [5, 6]", "weekend = [5, 5]", "calendars.default.weekend: [5, 5] must be days from 0"),
    (
        "weekend = [5, 6]",
        "weekend = [0, 1, 2, 3, 4, 5, 6]",
        "calendars.default.weekend: [0, 1, 2, 3, 4, 5, 6] must be days",
    ),
    ("holidays = []", "holidays = [25]", "calendars.default.holidays: 25 must be a text"),
    (
        "holidays = []",
        'holidays = ["25.12.2026"]',
        "calendars.default.holidays: '25.12.2026' must be a date YYYY-MM-DD",
    ),
    ("tolerance_days = 3", "tolerance_days = 91", "promises.tolerance_days: 91 must be a whole number from 0 to 90"),
    ("tolerance_minor = 100", "tolerance_minor = 1.0", "promises.tolerance_minor: 1.0 must be a whole number from 0"),
    ('sources = ["payments"]', 'sources = "payments"', "cash.sources: 'payments' must be a list"),
    ("by_amount = true", "by_amount = 1", "cash.by_amount: 1 must be true or false"),
    ("by_subset = true", "", "cash.by_subset: None must be true or false"),
    ("odds = 1000", "odds = -1", "cash.odds: -1 must be a whole number from 0 to 1000000000"),
    (ORDER, 'order = ["newest_first"]', "cash.order: 'newest_first' must be one of exact_match, clear_account"),
    (ORDER, 'order = ["oldest_first", "oldest_first"]', "cash.order: ['oldest_first', 'oldest_first'] must name each"),
    ("duplicate_days = 30", "duplicate_days = 366", "cash.duplicate_days: 366 must be a whole number from 0 to 365"),
    (
        "version = 0",
        'version = 0\n[[variants]]\nname = "gold"\nwhere.tier = "gold"\ncash.sources = ["cards"]',
        "variants.1.cash.sources: is the same for all; a variant cannot change it",
    ),
    ('sources = ["payments"]', "", "cash.sources: None must be a list"),
    (CASH, CASH + "\n[variants]", "variants: {} must be a list"),
    (CASH, CASH + '\n[[variants]]\nname = "gold"', "variants.1.where: a table [variants.1.where] must be there"),
    (CASH, CASH + GOLD + "where.size = 1", "variants.1.where.size: unknown; known are "),
    (CASH, CASH + GOLD + "realese.pod_days = 3", "variants.1.realese: unknown; known are name, where, release"),
    (CASH, CASH + GOLD + "release.pod_day = 3", "variants.gold.release.pod_day: unknown; known are condition, pod_"),
    (CASH, CASH + GOLD + "release.pod_days = 400", "variants.gold.release.pod_days: 400 must be a whole number from"),
    (CASH, CASH + GOLD + 'where.from = "2026"', "variants.1.where.from: '2026' must be a date YYYY-MM-DD"),
    (
        CASH,
        CASH + GOLD + 'where.from = "2026-02-01"\nwhere.until = "2026-01-31"',
        "variants.1.where.until: is before fr",
    ),
    (CASH, CASH + GOLD + GOLD, "variants: the name 'gold' must be there, and only once"),
    (CASH, CASH + GOLD + GOLD.replace('"gold"', '"or"', 1), "variants: 'gold' and 'or' hold for the same on the same"),
    ("[calendars.default]", "[calendars.DE]", "calendars.default: a table [calendars.default] must be there"),
    ("end_minute = 1020", "end_minute = 480", "calendars.default.end_minute: 480 must be after start_minute"),
    ("offsets = []", "offsets = [0]", "calendars.default.offsets: must be pairs of UTC milliseconds, rising, and"),
    ("offsets = []", "offsets = [5, 60, 5, 0]", "calendars.default.offsets: must be pairs of UTC milliseconds, ri"),
]


@pytest.mark.parametrize(("line", "to", "message"), CASES, ids=lambda text: text[:40])
def test_what_is_wrong_is_named(line: str, to: str, message: str) -> None:
    with pytest.raises(WrongPolicy) as caught:
        parse(changed(line, to))
    assert str(caught.value).startswith(message)


def test_the_default_policy() -> None:
    policy = parse(DEFAULT_TEXT)
    terms = policy.base.reminders
    assert terms.steps_days == [-7, 1, 10, 20, 30]
    assert (terms.window_start_ms, terms.window_ms) == (9 * 3_600_000, 8 * 3_600_000)
    assert policy.base.release.condition == "on_shipment"
    assert policy.provisions(Who("t", "e", "a", "", "DE", "gold", "retail"), "USD", 20_000) is policy.base


VARIANTS = """
[[variants]]
name = "gold"
where.tier = "gold"
release.condition = "on_pod"
[[variants]]
name = "retail"
where = { segment = "retail", from = "2026-02-01", until = "2026-02-28" }
release = { condition = "on_order", pod_days = 1 }
[[variants]]
name = "acme"
where.customer = "acme"
reminders.steps_days = [3]
[[variants]]
name = "euros"
where.currency = "EUR"
reminders = { steps_days = [2], minimum_minor = 0 }
"""


def test_the_most_specific_variant_wins_and_the_rest_is_as_in_the_base() -> None:
    policy = parse(DEFAULT_TEXT + VARIANTS)
    february = day("2026-02-28")

    def of(tier: str, segment: str, account: str = "a", currency: str = "", on: int = february) -> Provisions:
        return policy.provisions(Who("t", "e", account, "", "", tier, segment), currency, on)

    assert of("", "retail").release.condition == "on_order"
    gold = of("gold", "retail")
    assert (gold.release.condition, gold.release.pod_days, gold.release.hold_sla_days) == ("on_pod", 1, 5)
    assert gold.lines == {"release": "retail, gold"}
    assert of("", "retail", on=february + 1).release.condition == "on_shipment"
    assert of("", "retail", on=day("2026-01-31")).release.condition == "on_shipment"
    both = of("", "", "acme", "EUR")
    assert (both.reminders.steps_days, both.reminders.minimum_minor) == ([3], 0)
    assert both.lines == {"reminders": "euros, acme"}
    assert of("", "", "acme").reminders.minimum_minor == 500
    assert of("", "", "other", "EUR").reminders.steps_days == [2]


def test_steps_have_the_same_key_only_where_they_are_the_same_in_every_currency() -> None:
    policy = parse(DEFAULT_TEXT + VARIANTS)
    other, acme = Who("t", "e", "a", "", "", "", ""), Who("t", "e", "acme", "", "", "", "")
    assert policy.provisions(other, "", 0).steps_key == policy.provisions(other, "EUR", 0).steps_key
    assert policy.provisions(other, "", 0).steps_key != policy.provisions(acme, "", 0).steps_key
    assert policy.provisions(other, "", 0).steps_key != parse(DEFAULT_TEXT).base.steps_key
    assert policy.steps_key != parse(DEFAULT_TEXT).steps_key
    assert policy.boundaries == [0, day("2026-02-01"), day("2026-03-01")]
    assert policy.changes_between(day("2026-01-31"), day("2026-02-01"))
    assert not policy.changes_between(day("2026-02-01"), day("2026-02-28"))


def test_business_hours_go_over_nights_weekends_holidays_and_changed_clocks() -> None:
    # Berlin: an hour ahead of UTC, two from 2026-03-29 01:00 UTC on. Good Friday and Easter Monday 2026 are holidays.
    spring = day("2026-03-29") * DAY_MS + 3_600_000
    text = changed("offsets = []", f"offsets = [0, 60, {spring}, 120]")
    calendar = parse(text.replace("holidays = []", 'holidays = ["2026-04-03", "2026-04-06"]')).base.calendar

    def at(on: str, hour: int, minute: int = 0) -> int:
        return day(on) * DAY_MS + hour * 3_600_000 + minute * 60_000

    # Thursday 16:00 local (14:00 UTC in summer time) and two hours: one is left for Tuesday morning at 8 local, 6 UTC.
    assert calendar.after_business_minutes(at("2026-04-02", 14), 120) == at("2026-04-07", 7)
    assert calendar.business_minutes(at("2026-04-02", 14), at("2026-04-07", 7)) == 120
    # Friday 16:30 local in winter time, 15:30 UTC; Monday is in summer time.
    assert calendar.after_business_minutes(at("2026-03-27", 15, 30), 60) == at("2026-03-30", 6, 30)
    assert calendar.business_minutes(at("2026-03-28", 0), at("2026-03-29", 23)) == 0


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
    assert policy.base.calendar.business_day(day(wanted)) == day(found)


@given(st.sets(st.integers(0, 6), max_size=6), st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), max_size=60))
def test_a_business_day_is_the_first_that_is_neither(weekend: set[int], holidays: set[date]) -> None:
    text = changed("weekend = [5, 6]", f"weekend = {sorted(weekend)}")
    text = text.replace("holidays = []", f"holidays = {[d.isoformat() for d in sorted(holidays)]}")
    policy = parse(text)
    for start in (date(2025, 12, 29), date(2026, 2, 10)):
        at = start.toordinal()
        while date.fromordinal(at).weekday() in weekend or date.fromordinal(at) in holidays:
            at += 1
        assert policy.base.calendar.business_day(day(start.isoformat())) == at - EPOCH_ORDINAL
