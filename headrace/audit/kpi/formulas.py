"""The formulas of REFERENCE section 4, written anew for the auditor: exact, pure; None where there is no answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from headrace.audit.policy import EPOCH


def ratio(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """part / whole; None of nothing."""
    return Fraction(part) / whole if whole else None


def days_of_sales(receivables: int, sales: int, days: int) -> Fraction | None:
    """DSO; with the current receivables, the best possible one. Amounts are minor units."""
    return Fraction(receivables, sales) * days if sales > 0 else None


def counted_back(receivables: int, months: Sequence[tuple[int, int]]) -> tuple[Fraction, bool]:
    """Days of sales that make up the receivables, latest month first, as (sales, calendar days); whether sales ran out."""
    left, days = receivables, Fraction(0)
    for sales, calendar in months:
        if left <= 0:
            break
        part = min(Fraction(1), Fraction(left, sales)) if sales > 0 else Fraction(1)
        days += calendar * part
        left -= sales if part == 1 else left
    return days, left > 0


def effectiveness(beginning: int, sales: int, months: int, ending: int, ending_current: int) -> Fraction | None:
    """CEI in percent over so many months."""
    due = beginning + Fraction(sales, months)
    return (due - ending) * 100 / (due - ending_current) if due > ending_current else None


def age_bucket(days_past_due: int) -> str:
    """current (due today is current), 1-30, 31-60, 61-90, 91+."""
    for last, name in ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90")):
        if days_past_due <= last:
            return name
    return "91+"


def date_of(day: int) -> date:
    return EPOCH + timedelta(day)


def month_of(day: int) -> str:
    """The first day of the month, as YYYY-MM-DD."""
    return date_of(day).replace(day=1).isoformat()
