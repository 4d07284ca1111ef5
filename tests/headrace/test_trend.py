"""The figures of many days at once are those of the report of each day."""

from collections.abc import Iterator
from datetime import date

import pytest

from headrace.report import Figure, make_report
from headrace.scope import Scope
from headrace.trend import make_trend, month_ends
from sinks.clickhouse.reading import Views
from tests.ledger import Ledger, day
from tests.publishing import published


def written() -> Ledger:
    """Two companies; items that are paid late, in part and never, a credit note, interest, a deduction, cash without items."""
    ledger = Ledger()
    for number in range(8):
        posted, due = date(2025, 9 + number % 4, 10), date(2025, 10 + number % 3, 10)
        ledger.invoice("A", f"INV-{number}", (number + 1) * 100_00, posted.isoformat(), due.isoformat())
    for number, paid, due in (
        (0, "2025-10-20", "2025-10-10"),
        (1, "2025-12-24", "2025-11-10"),
        (2, "2026-01-05", "2025-12-10"),
    ):
        amount = (number + 1) * 100_00
        ledger.receipt("A", f"R-{number}", amount, paid)
        ledger.applied("A", f"INV-{number}", f"R-{number}", amount, paid, due_date=day(due))
    ledger.receipt("A", "R-PART", 150_00, "2026-01-02")
    ledger.applied("A", "INV-3", "R-PART", 150_00, "2026-01-02", due_date=day("2025-10-10"))
    ledger.receipt("A", "R-FREE", 33_00, "2025-12-30")
    ledger.credit_note("A", "CN-1", 40_00, "2025-11-15")
    ledger.say(
        "interest_charged", "A", "2026-01-03", document="INT-1", item_kind="interest", amount=7_00, item_amount=7_00,
        posting_date=day("2026-01-03"), due_date=day("2026-01-03"), counterparty="INV-1",
    )  # fmt: skip
    ledger.receipt("~suspense:BANK:01", "R-WHOSE", 12_00, "2025-12-02")
    ledger.say(
        "deduction_opened", "A", "2025-12-28", document="DED-1", counterparty="INV-7", item_kind="deduction",
        amount=80_00, item_amount=80_00, posting_date=day("2025-12-28"), due_date=day("2025-11-10"),
    )  # fmt: skip
    ledger.invoice("A", "OLD-1", 25_00, "2025-09-20", "2025-10-10", rule="posted.opening")
    ledger.entity = "de01"
    ledger.invoice("B", "INV-B", 500_00, "2025-11-20", "2025-12-20")
    ledger.invoice("B", "INV-E", 60_00, "2025-11-20", "2025-12-20", currency="EUR")
    return ledger


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    with published(tmp_path_factory.mktemp("trend"), written()) as views:
        yield views


def test_month_ends_rise_to_the_day() -> None:
    assert month_ends(date(2026, 1, 5), 3) == [
        date(2025, 10, 31),
        date(2025, 11, 30),
        date(2025, 12, 31),
        date(2026, 1, 5),
    ]
    assert month_ends(date(2024, 2, 29), 0) == [date(2024, 2, 29)]


@pytest.mark.parametrize("scope", [Scope(), Scope(entity="us01"), Scope(entity="de01")])
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_each_point_is_the_report_of_its_day(views: Views, scope: Scope, currency: str) -> None:
    # The log ends on 5 January: the last days are still to come.
    days = [*month_ends(date(2026, 1, 5), 5), date(2026, 1, 31), date(2026, 2, 28), date(2026, 6, 30)]
    points = {point.as_of: point for point in make_trend(views, days, currency, scope)}
    compared = 0
    for as_of in days:
        found = make_report(views, as_of, currency=currency, scope=scope)
        if as_of not in points:
            # Before anything was posted.
            assert all(each.open == Figure() and each.pace.receivables_minor == 0 for each in found)
            continue
        point = points[as_of]
        report = found[0]
        figures = (*report.aging, report.open_credits, report.unapplied, report.unidentified, report.on_account)
        held = (point.open_credits, point.unapplied, point.unidentified, point.on_account)
        assert (*point.aging, *held) == tuple(figure.amount_minor for figure in figures)
        assert point.pace == report.pace
        assert (point.open_minor, point.past_due_minor) == (found[0].open.amount_minor, found[0].past_due.amount_minor)
        compared += 1
    assert compared == len(points)
    if (scope.entity, currency) != ("us01", "EUR"):
        assert compared > 1


def test_a_point_in_figures(views: Views) -> None:
    """At the end of 2025 in us01: INV-2 and 5 (300, 600) are 21 days late, 4 and 7 (500, 800) 51, 3 and 6 (400 less 150, 700) 82 as OLD-1 (25)."""
    [point] = make_trend(views, [date(2025, 12, 31)], "USD", Scope(entity="us01"))
    assert point.aging == (0, 900_00, 1_300_00, 1_125_00, 0)
    assert (point.open_credits, point.unapplied) == (40_00, 33_00)
