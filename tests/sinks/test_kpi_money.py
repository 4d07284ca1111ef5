"""Balances, aging, DSO and CEI by day: the vectors of the formulas, worked out by hand."""

from collections.abc import Iterator
from datetime import date

import pytest

from headrace.report import make_report
from headrace.trend import make_trend
from sinks.clickhouse.kpis.money import countback
from sinks.clickhouse.reading import Views
from sinks.clickhouse.view import divided, with_one_decimal
from tests.ledger import Ledger, day
from tests.publishing import published


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    """Of what the reference's vector of CEI says: three months that end on 31 March."""
    ledger = Ledger()
    ledger.invoice("C1", "INV-1", 6_200_00, "2025-12-01", "2025-12-15")
    ledger.invoice("C1", "INV-2", 7_300_00, "2026-01-20", "2026-02-19")
    ledger.invoice("C1", "INV-3", 3_590_00, "2026-03-20", "2026-04-19")
    ledger.receipt("C1", "R1", 10_750_00, "2026-03-05")
    ledger.applied("C1", "INV-1", "R1", 6_200_00, "2026-03-05", due_date=day("2025-12-15"))
    ledger.applied("C1", "INV-2", "R1", 4_550_00, "2026-03-05", due_date=day("2026-02-19"))
    ledger.say("noted", "C1", "2026-04-20")
    with published(tmp_path_factory.mktemp("views"), ledger) as views:
        yield views


def test_collection_effectiveness(views: Views) -> None:
    rows = views.ask("SELECT * FROM kpi_cei WHERE day = '2026-03-31'").rows
    key = ["2026-03-31", "t1", "us01", "", "", "USD", ""]
    assert rows == [[*key, 6_200_00, 10_890_00, 6_340_00, 3_590_00, 10_470_00, 18_720_00, 55_93, 1, 0]]


def test_a_period_that_begins_before_anything_is_known_has_no_effectiveness(views: Views) -> None:
    asked = "SELECT day, cei_numerator, cei_denominator, cei_bp, beginning_known FROM kpi_cei WHERE day IN"
    assert views.ask(f"{asked} ('2026-02-28', '2026-03-01') ORDER BY day").rows == [
        # From 30 November, the day before the first invoice.
        ["2026-02-28", 13_500_00 - 3 * 13_500_00, 13_500_00, None, 0],
        # From 1 December: what was owed by its end is known.
        ["2026-03-01", 3 * 6_200_00 + 7_300_00 - 3 * 13_500_00, 25_900_00, -56_37, 1],
    ]
    for day_of, known in ((date(2026, 2, 28), False), (date(2026, 3, 1), True)):
        [report] = make_report(views, day_of)
        [point] = make_trend(views, [day_of], "USD")
        assert report.pace == point.pace
        assert (report.pace.cei is not None) == known


@pytest.mark.parametrize(
    ("rest", "sales", "days", "found"),
    [
        pytest.param(212_000, [100_000, 80_000, 70_000], [30, 30, 30], "73.7,0", id="the reference's"),
        pytest.param(250_000, [100_000, 80_000, 70_000], [30, 30, 30], "90,0", id="all of it"),
        pytest.param(250_001, [100_000, 80_000, 70_000], [30, 30, 30], "90,1", id="more than all sales"),
        pytest.param(130_000, [100_000, 0, 70_000], [30, 31, 30], "73.9,0", id="a month without sales counts its days"),
        pytest.param(0, [100_000], [12], "0,0", id="nothing is owed"),
        pytest.param(-5, [100_000], [12], "0,0", id="less than nothing"),
        pytest.param(5, [], [], "0,1", id="nothing was sold"),
    ],
)
def test_counting_back(views: Views, rest: int, sales: list[int], days: list[int], found: str) -> None:
    counted = countback("{rest:Int64}", "{sales:Array(Int64)}", "{days:Array(Int64)}")
    sql = f"SELECT {counted} AS c, {with_one_decimal('c.2', 'c.3')} AS days, concat(toString(days), ',', toString(c.1 > 0))"
    assert views.ask(sql, {"rest": rest, "sales": sales, "days": days}).rows[0][2] == found


def test_counting_back_from_a_day(views: Views) -> None:
    sql = "SELECT dso, bpdso, add, countback_days, countback_exhausted FROM kpi_dso WHERE day = '2026-03-31'"
    # 634,000 of 359,000 in 31 days of March, none in 28 of February, 730,000 in 31 of January.
    assert views.ask(sql).rows == [[52.4, 29.7, 22.7, 70.7, 0]]


def test_aging_moves_on_by_itself(views: Views) -> None:
    sql = "SELECT open_minor, current_minor, days_1_30_minor, days_31_60_minor, days_61_90_minor, days_91_minor, past_due_minor"
    days = {
        "2025-12-15": (6_200_00, 6_200_00, 0, 0, 0, 0, 0),
        "2025-12-16": (6_200_00, 0, 6_200_00, 0, 0, 0, 6_200_00),
        "2026-01-14": (6_200_00, 0, 6_200_00, 0, 0, 0, 6_200_00),
        "2026-01-15": (6_200_00, 0, 0, 6_200_00, 0, 0, 6_200_00),
        "2026-02-14": (13_500_00, 7_300_00, 0, 0, 6_200_00, 0, 6_200_00),
        "2026-03-04": (13_500_00, 0, 7_300_00, 0, 6_200_00, 0, 13_500_00),
        "2026-03-05": (2_750_00, 0, 2_750_00, 0, 0, 0, 2_750_00),
        "2026-03-31": (6_340_00, 3_590_00, 0, 2_750_00, 0, 0, 2_750_00),
        "2026-04-20": (6_340_00, 0, 3_590_00, 2_750_00, 0, 0, 6_340_00),
    }
    for at, figures in days.items():
        assert [tuple(row) for row in views.ask(f"{sql} FROM kpi_aging WHERE day = '{at}'").rows] == [figures], at
    assert views.ask("SELECT min(day), max(day), count() FROM kpi_aging").rows == [["2025-12-01", "2026-04-20", 141]]


def test_recovery_of_what_was_past_due(views: Views) -> None:
    sql = "SELECT day, past_due_at_start_minor, recovered_minor, recovery_bp FROM kpi_recovery ORDER BY day"
    assert views.ask(sql).rows == [
        ["2026-01-01", 6_200_00, 0, 0],
        ["2026-02-01", 6_200_00, 0, 0],
        ["2026-03-01", 13_500_00, 0, 0],
        ["2026-03-05", 0, 10_750_00, 79_63],
        ["2026-04-01", 2_750_00, 0, 0],
    ]


def test_what_falls_due(views: Views) -> None:
    sql = "SELECT day, due_minor, overdue_minor, promised_minor FROM kpi_forecast ORDER BY day"
    assert views.ask(sql).rows == [["2026-04-20", 0, 6_340_00, 0]]


def test_ratios_are_rounded_half_away_from_zero(views: Views) -> None:
    for numerator, denominator, found in ((5, 2, 3), (-5, 2, -3), (4, 3, 1), (1, 0, None), (1, -1, None)):
        sql = f"SELECT {divided('{n:Int64}', '{d:Int64}')}"
        assert views.ask(sql, {"n": numerator, "d": denominator}).rows == [[found]]
