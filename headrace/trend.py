"""How receivables stood at the end of several days, in one question that costs what the days cost, however many items there are.

Guarantee: for each day what is here equals `make_report` of that day (tests/headrace/test_trend.py). It adds up what
each day changed, which the publisher keeps (money_days, docs/views.md); what will be past due on a day to come is in it too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from headrace.formulas import months_before
from headrace.report import CEI_MONTHS, DSO_DAYS, Pace, pace_of
from headrace.scope import EVERYTHING, WITHIN, Scope
from sinks.clickhouse.reading import Views

_BUCKETS: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91")
_HELD: Final = ("credits", "unapplied", "unidentified", "on_account")
_SUMS: Final = (*_BUCKETS, *_HELD, "receivables", "trade_current")
_DAYS: Final = f"""
SELECT currency, toInt32(day) AS number, sum(sales), sum(sales_rows), sum(taken_over), {", ".join(f"sum({name}_change)" for name in _SUMS)}
FROM money_days WHERE currency != '' AND day <= toDate32({{last:String}}) AND {WITHIN}
GROUP BY currency, number HAVING sum(movements) != 0 ORDER BY currency, number
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One currency at the end of `as_of`, in minor units: what is open by age in the order of AGING, open credits, cash that
    no item has taken up, and the pace."""

    as_of: date
    aging: tuple[int, ...]
    open_credits: int
    unapplied: int
    unidentified: int
    on_account: int
    pace: Pace

    @property
    def open_minor(self) -> int:
        return sum(self.aging)

    @property
    def past_due_minor(self) -> int:
        return sum(self.aging[1:])


@dataclass(slots=True)
class _Day:
    """What one day changed: what was sold, whether anything was sold or taken over, and each of _SUMS."""

    sale: int
    sold: bool
    taken_over: bool
    changes: list[int]


def make_trend(views: Views, days: Sequence[date], currency: str, scope: Scope = EVERYTHING) -> list[Point]:
    """Of one currency: one point for each of `days`, none of days before its first movement."""
    return make_trends(views, days, scope).get(currency, [])


def make_trends(views: Views, days: Sequence[date], scope: Scope = EVERYTHING) -> dict[str, list[Point]]:
    """By currency, one point for each of `days`, which rise: by posting date and as known now."""
    asked = views.ask(scope.of(_DAYS, by_columns=True), {"last": days[-1].isoformat(), **scope.parameters})
    movements: dict[str, dict[date, _Day]] = defaultdict(dict)
    for code, number, sale, sold, taken_over, *changes in asked.rows:
        movements[code][date(1970, 1, 1) + timedelta(days=number)] = _Day(sale, sold != 0, taken_over != 0, changes)
    return {
        code: [_point(moved, day) for day in days if day >= min(moved)] for code, moved in sorted(movements.items())
    }


def _point(moved: Mapping[date, _Day], as_of: date) -> Point:
    until = [day.changes for on, day in moved.items() if on <= as_of]
    sums = dict(zip(_SUMS, (sum(column) for column in zip(*until, strict=True)), strict=True))
    months = (sums["receivables"], *_months(moved, as_of))
    taken_over = max((on for on, day in moved.items() if day.taken_over and on <= as_of), default=None)
    return Point(
        as_of,
        tuple(sums[name] for name in _BUCKETS),
        sums["credits"],
        sums["unapplied"],
        sums["unidentified"],
        sums["on_account"],
        pace_of(as_of, sums["trade_current"], months, min(moved), taken_over),
    )


def _months(moved: Mapping[date, _Day], as_of: date) -> tuple[int, int, int, tuple[list[int], list[int]]]:
    """What pace_of takes besides the receivables at the end."""
    begin = months_before(as_of, CEI_MONTHS)
    dso_begin = as_of - timedelta(days=DSO_DAYS)
    beginning = dso_sales = cei_sales = 0
    by_month: dict[int, int] = defaultdict(int)
    for on, day in moved.items():
        if on > as_of:
            continue
        beginning += day.changes[_SUMS.index("receivables")] if on <= begin else 0
        dso_sales += day.sale if on > dso_begin else 0
        cei_sales += day.sale if on > begin else 0
        if day.sold:
            by_month[on.year * 12 + on.month - 1] += day.sale
    kept = {month: sales for month, sales in by_month.items() if sales}
    return beginning, dso_sales, cei_sales, (list(kept), list(kept.values()))


def month_ends(as_of: date, months: int) -> list[date]:
    """The ends of the `months` months before the one of `as_of`, and `as_of`; rising."""
    first = as_of.replace(day=1)
    ends = [as_of]
    for _ in range(months):
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]
