"""The auditor's own formulas against the vectors of the reference."""

from fractions import Fraction

import pytest

from headrace.audit.kpi.formulas import age_bucket, counted_back, days_of_sales, effectiveness, month_of, ratio


def rounded(value: Fraction | None) -> float:
    assert value is not None
    return round(float(value), 1)


def test_counting_back_takes_months_of_sales_off_latest_first() -> None:
    days, exhausted = counted_back(212_000, [(100_000, 30), (80_000, 30), (70_000, 30)])
    assert (rounded(days), exhausted) == (73.7, False)
    assert days == 60 + Fraction(32, 70) * 30


def test_counting_back_says_where_sales_run_out() -> None:
    assert counted_back(100, [(60, 30), (0, 31), (39, 30)]) == (91, True)
    assert counted_back(99, [(60, 30), (0, 31), (39, 30)]) == (91, False)
    assert counted_back(0, [(60, 30)]) == (0, False)
    assert counted_back(-5, [(60, 30)]) == (0, False)


def test_collection_effectiveness() -> None:
    assert rounded(effectiveness(6_200, 10_890, 3, 6_340, 3_590)) == 55.9
    # Nothing could be collected.
    assert effectiveness(100, 0, 3, 100, 100) is None


def test_days_of_sales() -> None:
    assert days_of_sales(212_000, 250_000, 90) == Fraction(7_632, 100)
    assert days_of_sales(1, 0, 90) is None


def test_a_ratio_of_nothing_has_no_answer() -> None:
    assert ratio(3, 4) == Fraction(3, 4)
    assert ratio(0, 0) is None


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-5, "current"), (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (90, "61-90"), (91, "91+")],
)  # fmt: skip
def test_due_today_is_current(days: int, bucket: str) -> None:
    assert age_bucket(days) == bucket


def test_months() -> None:
    assert month_of(20_000) == "2024-10-01"
