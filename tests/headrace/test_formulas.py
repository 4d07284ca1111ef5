"""The vectors of the formulas, and where they have no answer."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from headrace.formulas import (
    Countback,
    average_days_delinquent,
    best_possible_dso,
    collection_effectiveness,
    countback_dso,
    days_sales_outstanding,
    months_before,
    rounded,
)


def test_countback_vector() -> None:
    found = countback_dso(212_000_00, [(100_000_00, 30), (80_000_00, 30), (70_000_00, 30)])
    assert found == Countback(Fraction(60) + Fraction(32, 70) * 30, exhausted=False)
    assert rounded(found.days, 1) == Decimal("73.7")


def test_countback_takes_the_running_month_in_its_days_so_far() -> None:
    assert countback_dso(50, [(100, 12), (80, 31)]) == Countback(Fraction(6), exhausted=False)


def test_countback_counts_the_days_of_a_month_without_sales() -> None:
    assert countback_dso(150, [(100, 10), (0, 31), (100, 30)]) == Countback(Fraction(56), exhausted=False)


def test_countback_of_more_than_all_sales_is_a_lower_bound() -> None:
    assert countback_dso(181, [(100, 30), (80, 31)]) == Countback(Fraction(61), exhausted=True)


def test_countback_of_exactly_all_sales_is_not_a_bound() -> None:
    assert countback_dso(180, [(100, 30), (80, 31)]) == Countback(Fraction(61), exhausted=False)


@pytest.mark.parametrize("receivables", [0, -5])
def test_countback_of_nothing_owed_is_zero_days(receivables: int) -> None:
    assert countback_dso(receivables, [(100, 30)]) == Countback(Fraction(0), exhausted=False)


def test_collection_effectiveness_vector() -> None:
    assert rounded(collection_effectiveness(6_200, 10_890, 3, 6_340, 3_590), 1) == Decimal("55.9")


def test_collection_effectiveness_of_nothing_collectable_has_no_answer() -> None:
    assert collection_effectiveness(100, 300, 3, 200, 200) is None


def test_dso_best_possible_and_delinquent_days() -> None:
    dso = days_sales_outstanding(500_00, 1_500_00, 90)
    best = best_possible_dso(350_00, 1_500_00, 90)
    assert (dso, best, average_days_delinquent(dso, best)) == (30, 21, 9)


@pytest.mark.parametrize("sales", [0, -1])
def test_dso_without_sales_has_no_answer(sales: int) -> None:
    assert days_sales_outstanding(100, sales, 90) is None
    assert average_days_delinquent(None, None) is None


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2013-06-30", 3, "2013-03-31"),
        ("2013-05-31", 3, "2013-02-28"),
        ("2013-02-28", 3, "2012-11-30"),
        ("2013-05-30", 3, "2013-02-28"),
        ("2013-01-15", 3, "2012-10-15"),
        ("2012-02-29", 12, "2011-02-28"),
    ],
)
def test_months_before(day: str, months: int, expected: str) -> None:
    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (Fraction(1, 20), 1, "0.1"),
        (Fraction(-1, 20), 1, "-0.1"),
        (Fraction(149, 1000), 1, "0.1"),
        (Fraction(26445, 1000), 3, "26.445"),
        (Fraction(50), 1, "50.0"),
        (Fraction(2, 3), 3, "0.667"),
    ],
)
def test_rounding_is_half_away_from_zero(value: Fraction, places: int, expected: str) -> None:
    assert str(rounded(value, places)) == expected


def test_rounding_keeps_no_answer() -> None:
    assert rounded(None, 1) is None
