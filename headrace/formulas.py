"""The formulas of receivables, exact: integers of minor units in, fractions out; pure.

None means that the formula has no answer: nothing was sold, or nothing could be collected.
Source: the definitions and vectors in docs/reports.md.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction


def days_sales_outstanding(receivables_minor: int, sales_minor: int, days: int) -> Fraction | None:
    """DSO: receivables / credit sales of the period * days of the period."""
    return Fraction(receivables_minor * days, sales_minor) if sales_minor > 0 else None


def best_possible_dso(current_minor: int, sales_minor: int, days: int) -> Fraction | None:
    """BPDSO: DSO if all that is past due had been paid."""
    return days_sales_outstanding(current_minor, sales_minor, days)


def average_days_delinquent(dso: Fraction | None, bpdso: Fraction | None) -> Fraction | None:
    """ADD: DSO less BPDSO."""
    return None if dso is None or bpdso is None else dso - bpdso


@dataclass(frozen=True, slots=True)
class Countback:
    """Days of sales that the receivables are. `exhausted`: all the sales known did not reach: it is at least this."""

    days: Fraction
    exhausted: bool


def countback_dso(receivables_minor: int, months: Sequence[tuple[int, int]]) -> Countback:
    """DSO by counting back: `months` are (sales in minor units, calendar days), the running one with its days so far first.

    A month is used up whole, the last in proportion; a month without sales counts its days while money is left.
    """
    rest = receivables_minor
    days = Fraction(0)
    for sales_minor, month_days in months:
        if rest <= 0:
            return Countback(days, exhausted=False)
        if sales_minor > rest:
            return Countback(days + Fraction(rest * month_days, sales_minor), exhausted=False)
        rest -= sales_minor
        days += month_days
    return Countback(days, exhausted=rest > 0)


def collection_effectiveness(
    beginning_minor: int, sales_minor: int, months: int, ending_minor: int, ending_current_minor: int
) -> Fraction | None:
    """CEI in percent: (beginning AR + sales/N - ending AR) / (beginning AR + sales/N - ending current AR) * 100."""
    to_collect = beginning_minor + Fraction(sales_minor, months)
    collectable = to_collect - ending_current_minor
    return (to_collect - ending_minor) / collectable * 100 if collectable > 0 else None


def months_before(day: date, months: int) -> date:
    """The same day `months` earlier; the last day of a month stays the last day, and a day that is not there falls back."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    length = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if is_last else min(day.day, length))


def rounded(value: Fraction | None, places: int) -> Decimal | None:
    """Half up, away from zero, to `places` decimals."""
    if value is None:
        return None
    scaled = value * 10**places
    whole = abs(scaled.numerator) * 2 // scaled.denominator
    units = (whole + 1) // 2
    return Decimal(units if scaled >= 0 else -units).scaleb(-places)
