"""Forecasts of a small ledger that was worked out by hand, and of payers with fixed habits."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from headrace.forecast import back_test, day_of, last_day, make_forecast, off_by, usual_days
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews, Views
from tests.ledger import Ledger, day
from tests.publishing import publish

START = date(2026, 1, 5)


def published(place: Place, ledger: Ledger) -> DatabaseViews:
    publish(place, ledger)
    return DatabaseViews(place)


def paid(ledger: Ledger, account: str, document: str, amount: int, due: date, late_days: int) -> None:
    """An invoice of 30 days before its due date, and its payment so many days after that."""
    came = (due + timedelta(days=late_days)).isoformat()
    ledger.invoice(account, document, amount, (due - timedelta(days=30)).isoformat(), due.isoformat())
    ledger.receipt(account, f"R-{document}", amount, came)
    ledger.applied(account, document, f"R-{document}", amount, came, due_date=day(due.isoformat()))


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    """A pays 1 of 4 on the due date and 3 five days later, 40 times; NEW has never paid; both have something open.

    In EUR and GBP, and other companies, what the tests below say of them: chDB has one place at a time.
    """
    ledger = Ledger()
    _disputed(ledger)
    _habits(ledger)
    ledger.entity, ledger.currency = "us01", "USD"
    for number in range(40):
        paid(ledger, "A", f"INV-{number}", 100_00, date(2025, 12, 1), 0 if number % 4 == 0 else 5)
    ledger.invoice("A", "NEXT", 400_00, "2025-12-20", "2026-01-10")
    ledger.invoice("A", "LATE", 80_00, "2025-12-01", "2026-01-03")
    ledger.invoice("NEW", "FIRST", 100_01, "2025-12-20", "2026-01-08")
    ledger.invoice("C", "COVERED", 50_00, "2025-12-20", "2026-01-08")
    ledger.invoice("C", "REST", 50_00, "2025-12-20", "2026-01-09")
    ledger.receipt("C", "R-C", 60_00, "2026-01-02")
    ledger.invoice("P", "PROMISED", 70_00, "2025-11-20", "2025-12-20")
    ledger.say(
        "promise_opened", "P", "2026-01-02", reference_id="P-1", amount=60_00, due_date=day("2026-01-20"),
        candidates=["PROMISED"],
    )  # fmt: skip
    ledger.invoice("D", "DISPUTED", 30_00, "2025-12-20", "2026-01-08")
    ledger.say(
        "dispute_opened", "D", "2026-01-02", document="DISPUTED", reference_id="D-1", amount=30_00,
        item_disputed=30_00,
    )  # fmt: skip
    found = published(Place(tmp_path_factory.mktemp("forecast") / "clickhouse"), ledger)
    yield found
    found.close()


def _disputed(ledger: Ledger) -> None:
    """Ten disputed invoices were paid ten days late; of one more, credited in the end, nothing came; one is open."""
    ledger.entity, ledger.currency = "eu01", "EUR"
    for number in range(10):
        document = f"E-{number}"
        ledger.say("dispute_opened", "E", "2025-11-01", document=document, reference_id=f"D-{number}", amount=100_00)
        paid(ledger, "E", document, 100_00, date(2025, 11, 30), 10)
    ledger.invoice("E", "GIVEN", 100_00, "2025-11-01", "2025-11-30")
    ledger.say("dispute_opened", "E", "2025-11-01", document="GIVEN", reference_id="D-G", amount=100_00)
    ledger.credit_note("E", "CRN", 100_00, "2025-12-01")
    given = {"document": "GIVEN", "counterparty": "CRN", "amount": 100_00, "posting_date": day("2025-12-01")}
    ledger.say("credit_allocated", "E", "2025-12-01", **given)
    ledger.invoice("E", "OPEN", 110_00, "2025-12-20", "2026-01-03")
    contested = {"amount": 110_00, "item_disputed": 110_00}
    ledger.say("dispute_opened", "E", "2026-01-02", document="OPEN", reference_id="D-O", **contested)


def _habits(ledger: Ledger) -> None:
    """Three payers, each always on the same day, before, on or after the due date."""
    ledger.entity, ledger.currency = "gb01", "GBP"
    for account, late in {"ON_TIME": 0, "WEEK": 7, "EARLY": -3}.items():
        for number in range(60):
            due = date(2025, 1, 10) + timedelta(days=6 * number)
            paid(ledger, account, f"{account}-{number}", 100_00 + number, due, late)


def by_date(amounts: dict[int, int]) -> dict[str, int]:
    return {day_of(number).isoformat(): amount for number, amount in sorted(amounts.items())}


def test_a_payer_is_expected_to_pay_as_before(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, currency="USD")
    payer = found.accounts["t1/us01/A"]
    # NEXT, on the due date: 10 of the 41 of A that were open then, LATE among them, 40 times for its 40 payments, beside 10 of
    # the company's 42, 10 times: 500 of 2,060. Five days late: 1,500 of 1,510, since P's item is open for longer.
    assert by_date(payer.by_day) == {"2026-01-08": 79_47, "2026-01-10": 97_08, "2026-01-15": 300_91}
    assert (payer.open, payer.past_due, payer.payments) == (480_00, 80_00, 40)
    assert usual_days(views, START)["t1/us01/A"] == 5


def test_who_never_paid_is_expected_to_pay_as_all_do(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, account="NEW")
    assert list(found.accounts) == ["t1/us01/NEW"]
    # 10 of 42, then 30 of 31 of what is left, rounded down.
    assert by_date(found.total.by_day) == {"2026-01-08": 23_81, "2026-01-13": 73_74}


def test_cash_that_is_here_covers_the_oldest_items(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, account="C")
    assert found.total.covered == 60_00
    assert by_date(found.total.by_day) == {"2026-01-09": 9_52, "2026-01-14": 29_49}


def test_what_is_promised_is_expected_on_its_day(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, account="P")
    assert by_date(found.total.promised) == by_date(found.total.by_day) == {"2026-01-20": 60_00}
    # Nobody ever paid so late, and it is not promised.
    assert found.total.unanswered == 10_00
    assert make_forecast(views, START, 10, account="P")[0].total.later == 60_00


def test_what_is_disputed_has_no_answer_before_disputes_were_paid(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, account="D")
    assert (found.total.disputed, found.total.unanswered, found.total.expected) == (30_00, 30_00, 0)


def test_all_of_it_adds_up_in_every_window(views: Views) -> None:
    for days in (1, 4, 9, 30, 200):
        for found in make_forecast(views, START, days):
            for part in [found.total, *found.accounts.values()]:
                there = part.expected + part.later + part.given_up + part.unanswered
                assert there == part.open - part.covered
    assert last_day(views) == date(2026, 1, 6)


def test_what_was_disputed_is_expected_as_disputes_were_paid(views: Views) -> None:
    (found,) = make_forecast(views, START, 30, currency="EUR")
    assert by_date(found.total.by_day) == {"2026-01-13": 100_00}
    assert found.total.given_up == 10_00


def test_payers_with_fixed_habits_are_forecast_nearly_exactly(views: Views) -> None:
    windows = [window for window in back_test(views, 14, most=6) if window.currency == "GBP"]
    assert len(windows) == 6
    # The company's counts, which stand beside each payer's, weigh less with each payment.
    off, received = off_by(windows, "expected")
    plainly, _ = off_by(windows, "on_due_dates")
    assert off * 100 < received * 12
    assert off < plainly
