"""Policy texts: each thing that may be wrong has its message; business days."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.context import contact_time
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, EPOCH_ORDINAL, Who, WrongPolicy, parse


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def changed(line: str, to: str) -> str:
    """The default policy with one of its lines, comments aside, replaced."""
    lines = DEFAULT_TEXT.splitlines()
    at = next(number for number, text in enumerate(lines) if text.split("#")[0].strip() == line)
    return "\n".join([*lines[:at], to, *lines[at + 1 :]])


CASH = 'sources = ["payments"]'
GOLD = '\n[[variants]]\nname = "gold"\nwhere.tier = "gold"\n'
ROUTE = '\n[[disputes.routes]]\nowner = "kim"\n'
AWAY = '\n[[disputes.absences]]\nowner = "kim"\nfrom = "2026-03-04"\nuntil = "2026-03-05"\n'
CLAIM = '\n[[disputes.claims]]\nname = "spring"\nfrom = "2026-03-01"\nuntil = "2026-05-31"\n'
TAX = 'tax = ["wrong tax", "tax exempt", "tax rate", "vat rate", "wrong vat"]'
ORDER = 'order = ["exact_match", "clear_account", "clear_past_due", "by_terms", "combinations", "oldest_first"]'
STEPS = "steps_days = [-7, 1, 10, 20, 30]"
CASES = [
    ('limit_currency = ""', "limit_currency = 1", "credit.limit_currency: 1 must be a text"),
    ("limit_minor = 0", "limit_minor = 5", "credit.limit_currency: must be there, with a limit"),
    ("past_due_days = 0", "past_due_days = -1", "credit.past_due_days: -1 must be a whole number from 0 to 3650"),
    ("release_past_due_days = 0", "release_past_due_days = 1", "credit.release_past_due_days: must not be above past_"),
    ("near_ppm = 900000", "near_ppm = 2000000", "credit.near_ppm: 2000000 must be a whole number from 0 to 1000000"),
    ("stops_release = true", "stops_release = 1", "credit.stops_release: 1 must be true or false"),
    ("raises_reminders = []", 'raises_reminders = ["no"]', "credit.raises_reminders: 'no' must be one of near_limit"),
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
    (
        'condition = "on_shipment"',
        'condition = "on_schedule"',
        "release.schedule: with the condition on_schedule it must be one of ('daily', 'weekly', 'month_end')",
    ),
    ('schedule = "at_once"', 'schedule = "yearly"', "release.schedule: 'yearly' must be one of at_once, daily, weekly"),
    ("schedule_weekday = 4", "schedule_weekday = 7", "release.schedule_weekday: 7 must be a whole number from 0 to 6"),
    (
        "[release.tax]",
        "[release.tax.DE]\nrounding = 1",
        "release.tax.DE.rounding: 1 must be one of line, rate, document",
    ),
    (
        "[release.tax]",
        '[release.tax.DE]\nrounding = "rate"\n[[release.tax.DE.codes]]\ncode = "S"\nrate_ppm = -1',
        "release.tax.DE.codes.1.rate_ppm: -1 must be a whole number from 0 to 10000000",
    ),
    (
        "[release.tax]",
        '[release.tax.DE]\nrounding = "rate"\n[[release.tax.DE.codes]]\ncode = ""\nrate_ppm = 1',
        "release.tax.DE.codes.1.code: must not be empty",
    ),
    (
        "[release.tax]",
        '[release.tax.DE]\nrounding = "rate"\n[[release.tax.DE.codes]]\ncode = "S"\nrate_ppm = 1\nuntil = "2026-03-01"\n'
        '[[release.tax.DE.codes]]\ncode = "S"\nrate_ppm = 2\nfrom = "2026-03-01"',
        "release.tax.DE.codes: 'S' has two rates on the same days",
    ),
    (
        "exceptions = []",
        'exceptions = [{name = "", contract = "", waive = []}]',
        "release.exceptions.1.name: must not be empty",
    ),
    ("tries = 2", "tries = 0", "delivery.tries: 0 must be a whole number from 1 to 20"),
    (
        'kinds = ["invoice", "credit_note"]',
        'kinds = ["letter"]',
        "delivery.kinds: 'letter' must be one of invoice, cred",
    ),
    (
        "acknowledge = []",
        'acknowledge = ["edi", "edi"]',
        "delivery.acknowledge: 'edi' must be one of edi, portal, email",
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
        "quiet_from_minute = 1200",
        "quiet_from_minute = 1000",
        "reminders.quiet_from_minute: the window must lie outside",
    ),
    (
        "quiet_until_minute = 420",
        "quiet_until_minute = 600",
        "reminders.quiet_from_minute: the window must lie outside",
    ),
    ('letter = "account"', 'letter = "each"', "reminders.letter: 'each' must be one of account, item"),
    ("contacts_max = 12", "contacts_max = 101", "reminders.contacts_max: 101 must be a whole number from 0 to 100"),
    ("contacts_days = 30", "contacts_days = 0", "reminders.contacts_days: 0 must be a whole number from 1 to 365"),
    ("pause_for_cases = true", "pause_for_cases = 1", "reminders.pause_for_cases: 1 must be true or false"),
    ("channels = []", 'channels = ["pigeon"]', "reminders.channels: 'pigeon' must be one of edi, portal, email"),
    (
        "templates = []",
        'templates = [{ name = "", language = "en", approved = true }]',
        "reminders.templates.1.name: mus",
    ),
    ("templates = []", 'templates = [{ name = "a", language = "en" }]', "reminders.templates.1.approved: None must be"),
    ('charge = "none"', 'charge = "always"', "interest.charge: 'always' must be one of none, cleared, step"),
    ('charge = "none"', 'charge = "cleared"', "interest.jurisdiction: must be named where interest is charged"),
    ('jurisdiction = ""', 'jurisdiction = "UK"', "interest.jurisdiction: 'UK' must be one of EU"),
    ("rates_ppm = [45000, 42500, 31500, 21500]", "rates_ppm = [1]", "interest.jurisdictions.EU.rates_ppm: must be one"),
    ("points_ppm = 80000", "points_ppm = -1", "interest.jurisdictions.EU.points_ppm: -1 must be a whole number from 0"),
    ("year_days = 365", "year_days = 12", "interest.jurisdictions.EU.year_days: 12 must be a whole number from 360"),
    (
        'compensation_currency = "EUR"',
        'compensation_currency = ""',
        "interest.jurisdictions.EU.compensation_currency: ",
    ),
    ("tasks = []", 'tasks = ["call"]', "collections.tasks: 'call' must be one of reminders_exhausted, broken_promise"),
    ("steps = []", 'steps = [{ role = "", hours = 1 }]', "collections.steps.1.role: must not be empty"),
    ("steps = []", 'steps = [{ role = "collector" }]', "collections.steps.1.hours: None must be a whole number"),
    (
        "portfolios = []",
        'portfolios = [{ name = "n", role = "collector", members = [] }]',
        "collections.portfolios.1.members: must name at least one person",
    ),
    (
        "absences = []",
        'absences = [{ person = "a", from = "2026-02-02", until = "2026-02-01", substitute = "b" }]',
        "collections.absences.1.until: is before from",
    ),
    ("strategic = 40", "", "collections.weights.strategic: None must be a whole number"),
    ("day_of_month = 0", "day_of_month = 32", "statements.day_of_month: 32 must be a whole number from 0 to 31"),
    (
        'charges_borne_by = "payer"',
        'charges_borne_by = "bank"',
        "differences.charges_borne_by: 'bank' must be one of pa",
    ),
    (
        'short_payment = "residual"',
        'short_payment = "open"',
        "differences.short_payment: 'open' must be one of residual",
    ),
    ("tolerance_ppm = 10000", "tolerance_ppm = 1000001", "differences.tolerance_ppm: 1000001 must be a whole number"),
    (
        "reason_codes = [",
        'reason_codes = [{ code = "", category = "other" },',
        "differences.reason_codes.1.code: must not be empty",
    ),
    (
        "reason_codes = [",
        'reason_codes = [{ code = "Z1", category = "fraud" },',
        "differences.reason_codes.1.category: 'fraud' must be one of discount",
    ),
    (
        "reason_codes = [",
        'reason_codes = [{ code = "z1", category = "tax", until = "2026-05-01" }, '
        '{ code = "Z1", category = "other", from = "2026-05-01" },',
        "differences.reason_codes.2.code: 'Z1' means two categories on the same days",
    ),
    ('books_currency = ""', 'books_currency = "dollar"', "exchange.books_currency: 'dollar' must be ISO 4217 or empty"),
    ("rate_age_days = 7", "rate_age_days = 32", "exchange.rate_age_days: 32 must be a whole number from 0 to 31"),
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
    ('superseded = "over_promised"', 'superseded = "often"', "promises.superseded: 'often' must be one of never, over"),
    ("cancelled_by_dispute = false", "", "promises.cancelled_by_dispute: None must be true or false"),
    (
        'while_disputed = "pause"',
        'while_disputed = "stop"',
        "disputes.while_disputed: 'stop' must be one of pause, until_",
    ),
    ("from_messages = true", "from_messages = 1", "disputes.from_messages: 1 must be true or false"),
    ("default = 40", "", "disputes.sla_hours.default: None must be a whole number from 1 to 10000"),
    (
        "default = 40",
        "default = 40\nprices = 8",
        "disputes.sla_hours.prices: unknown; known are default, duplicate, not_",
    ),
    (
        'missing_po = ["order"]',
        'missing_po = ["letter"]',
        "disputes.documents.missing_po: 'letter' must be one of proof_",
    ),
    ('missing_po = ["order"]', 'po = ["order"]', "disputes.documents.po: unknown; known are duplicate, not_received"),
    ("goodwill_minor = 5000", "goodwill_minor = -1", "disputes.goodwill_minor: -1 must be a whole number from 0"),
    ("escalation_hours = 8", "escalation_hours = 0", "disputes.escalation_hours: 0 must be a whole number from 1 to 1"),
    (TAX, 'tax = ["Wrong tax"]', "disputes.keywords.tax: 'Wrong tax' must be words in lower case, one blank between"),
    (TAX, 'tax = [""]', "disputes.keywords.tax: '' must be words in lower case"),
    (CASH, CASH + ROUTE + 'category = "prices"', "disputes.routes.1.category: 'prices' must be one of duplicate, not"),
    (CASH, CASH + ROUTE + 'category = "tax"', "disputes.routes: the last one must fit every dispute"),
    (CASH, CASH + ROUTE + "above_minor = 1", "disputes.routes: the last one must fit every dispute"),
    (CASH, CASH + ROUTE + 'owners = ["kim"]', "disputes.routes.1.owners: unknown; known are category, region, above_"),
    (CASH, CASH + '\n[[disputes.routes]]\nowner = ""', "disputes.routes.1.owner: must not be empty"),
    (CASH, CASH + CLAIM, "disputes.claims.1.name: 'spring' must not be empty, and say a category or codes"),
    (CASH, CASH + CLAIM + 'codes = ["A"]\nmost_ppm = 0', "disputes.claims.1.most_ppm: 0 must be a whole number from 1"),
    (CASH, CASH + CLAIM + 'codes = ["A"]\nname2 = ""', "disputes.claims.1.name2: unknown; known are name, category, c"),
    (CASH, CASH + AWAY + 'cover = "kim"', "disputes.absences.1.cover: 'kim' must be another one than owner 'kim'"),
    (CASH, CASH + AWAY.replace("-05", "-03") + 'cover = "lee"', "disputes.absences.1.until: is before from"),
    (CASH, CASH + "\n[variants]", "variants: {} must be a list"),
    (CASH, CASH + '\n[[variants]]\nname = "gold"', "variants.1.where: a table [variants.1.where] must be there"),
    (CASH, CASH + GOLD + "where.size = 1", "variants.1.where.size: unknown; known are "),
    (CASH, CASH + GOLD + "realese.pod_days = 3", "variants.1.realese: unknown; known are name, where, release"),
    (CASH, CASH + GOLD + "release.pod_day = 3", "variants.gold.release.pod_day: unknown; known are condition, pod_"),
    (CASH, CASH + GOLD + "release.pod_days = 400", "variants.gold.release.pod_days: 400 must be a whole number from"),
    (
        CASH,
        CASH + GOLD + "where.terms_days = 0",
        "variants.1.where.terms_days: 0 must be a whole number from 1 to 3650",
    ),
    (CASH, CASH + GOLD + 'where.terms_days = "30"', "variants.1.where.terms_days: '30' must be a whole number"),
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
    assert policy.base.release.schedule == "at_once"
    assert not policy.delivers
    assert policy.provisions(Who("t", "e", "a", "", "DE", "gold", "retail"), "USD", 20_000) is policy.base


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


ZONE = """
[calendars.{name}]
weekend = [5, 6]
holidays = []
start_minute = 480
end_minute = 1020
offsets = [0, {minutes}]
"""


def test_contacts_leave_in_the_window_of_the_customer_s_country() -> None:
    zones = {"JP": 540, "US": -480, "NZ": 780, "DE": 60}
    policy = parse(DEFAULT_TEXT + "".join(ZONE.format(name=name, minutes=zones[name]) for name in zones))
    on = day("2026-04-02")
    for name, minutes in zones.items():
        provisions = policy.provisions(Who("t", "e", "a", "", name, "", ""), "", on)
        for account in ("a", "b", "c", "d", "e", "f"):
            time = contact_time(provisions, account, on)
            local = time // 60_000 + minutes
            assert time // DAY_MS == local // 1_440 == on
            assert 540 <= local % 1_440 < 1_020


def test_a_window_that_is_always_on_another_day_is_refused() -> None:
    text = DEFAULT_TEXT.replace("window_minutes = 480 ", "window_minutes = 60 ") + ZONE.format(name="NZ", minutes=780)
    with pytest.raises(
        WrongPolicy, match=r"reminders\.window_minutes: in calendar NZ, 780 minutes from UTC, the window"
    ):
        parse(text)


def test_nobody_is_disturbed_in_quiet_hours() -> None:
    terms = parse(DEFAULT_TEXT).base.reminders
    assert [terms.quiet(on * DAY_MS + minute * 60_000) for on in (0, 20_000) for minute in (419, 420, 1_199, 1_200)] == [
        True, False, False, True
    ] * 2  # fmt: skip


def test_rates_of_half_years_and_of_days() -> None:
    eu = changed('jurisdiction = ""', 'jurisdiction = "EU"')
    law = parse(eu).base.interest.jurisdiction
    assert law is not None
    assert law.rate_ppm(day("2025-06-30")) == 111_500
    assert law.rate_ppm(day("2025-07-01")) == 101_500
    assert (law.knows(day("2024-01-01")), law.knows(day("2023-12-31"))) == (True, False)
    # The vector of REFERENCE 3.6: 30 days at 11.15, 62 at 10.15 percent.
    borne = law.ppm_days(day("2025-06-01"), day("2025-08-31"))
    assert borne == 30 * 111_500 + 62 * 101_500
    assert law.interest(1_000_000 * borne) == 26_405
    daily = parse(eu.replace("half_years = true", "half_years = false").replace('"2025-07-01"', '"2025-06-11"'))
    changed_in_june = daily.base.interest.jurisdiction
    assert changed_in_june is not None
    assert changed_in_june.ppm_days(day("2025-06-10"), day("2025-06-12")) == 111_500 + 2 * 101_500
    assert changed_in_june.ppm_days(day("2025-06-10"), day("2025-06-09")) == 0


def test_days_of_statements() -> None:
    terms = parse(changed("day_of_month = 0", "day_of_month = 31")).base.statements
    assert terms.next_day(day("2026-01-30")) == day("2026-01-31")
    assert terms.next_day(day("2026-01-31")) == day("2026-02-28")
    assert terms.next_day(day("2026-12-31")) == day("2027-01-31")
    assert parse(DEFAULT_TEXT).base.statements.next_day(day("2026-01-30")) == 0


def test_who_acts_for_whom() -> None:
    away = """absences = [
        { person = "anna", from = "2026-04-01", until = "2026-04-10", substitute = "bert" },
        { person = "bert", from = "2026-04-05", until = "2026-04-10", substitute = "clara" },
        { person = "clara", from = "2026-04-09", until = "2026-04-10", substitute = "anna" },
    ]"""
    terms = parse(changed("absences = []", away)).base.collections
    acting = [terms.there("anna", day(f"2026-04-{on}")) for on in ("04", "06", "11")]
    assert acting == ["bert", "clara", "anna"]
    # Everybody is away: somebody has it all the same.
    assert terms.there("anna", day("2026-04-09")) in ("anna", "bert", "clara")


def test_a_portfolio_is_shared_evenly() -> None:
    shared = (
        'portfolios = [{ name = "n", role = "collector", members = ["anna", "bert", "clara"], regions = ["north"] }]'
    )
    (portfolio,) = parse(changed("portfolios = []", shared)).base.collections.portfolios
    assert portfolio.takes("north", "DE", "de", "")
    assert not portfolio.takes("south", "DE", "de", "")
    counts = Counter(portfolio.member(f"t/e/account-{n}") for n in range(3_000))
    assert sorted(counts) == ["anna", "bert", "clara"]
    assert min(counts.values()) > 900


def test_who_is_away_is_stood_in_for_by_who_is_there() -> None:
    away = AWAY + 'cover = "lee"\n' + AWAY.replace('"kim"', '"lee"') + 'cover = "pat"\n'
    around = away + AWAY.replace('"kim"', '"pat"') + 'cover = "kim"\n'
    for text, there in ((AWAY + 'cover = "lee"\n', "lee"), (away, "pat"), (around, "pat")):
        terms = parse(DEFAULT_TEXT + text).base.disputes
        on = {owner: terms.present(owner, day("2026-03-04")) for owner in ("kim", "sam")}
        assert on == {"kim": there, "sam": "sam"}
        assert [terms.present("kim", day(f"2026-03-0{n}")) for n in (3, 6)] == ["kim", "kim"]


def test_the_first_route_that_fits_has_it() -> None:
    routes = """
[[disputes.routes]]
category = "tax"
above_minor = 100
owner = "lead"
[[disputes.routes]]
region = "west"
owner = "west"
[[disputes.routes]]
owner = "all"
"""
    terms = parse(DEFAULT_TEXT + routes).base.disputes
    found = [terms.route(*case) for case in (("tax", "west", 100), ("tax", "west", 99), ("tax", "", 99))]
    assert [route and route.owner for route in found] == ["lead", "west", "all"]
    assert parse(DEFAULT_TEXT).base.disputes.route("tax", "", 1) is None
    assert (terms.review_minutes("duplicate"), terms.review_minutes("tax")) == (480, 2400)
