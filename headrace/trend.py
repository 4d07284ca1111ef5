"""How the figures of the report stood at the end of several days, in two questions however many the days are.

Guarantee: for each day what is here equals `make_report` of that day (tests/headrace/test_trend.py).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from headrace.formulas import months_before
from headrace.report import AGING, CEI_MONTHS, DSO_DAYS, FOR_EVER, OF_GROUP, Figure, Pace, pace_of
from headrace.scope import EVERYTHING, Scope
from sinks.clickhouse.reading import Views

# Of each item what was open of it at the end of each of the days, and how old it was then. A bucket of -1 is a credit.
_AGING: Final = """
WITH arrayMap(day -> toDate32(day), {days:Array(String)}) AS ends,
documents AS (
    SELECT anyIf(currency, raises) AS in_currency,
           anyIf(item_kind, raises) != 'credit_note' AS is_debit,
           anyIf(item_kind, raises) NOT IN ('credit_note', 'interest') AS is_trade,
           anyIf(posted_on, raises) AS raised_on,
           anyIf(due_date, raises) AS due_on,
           sumForEach(arrayMap(day -> if(posted_on <= day, change, 0), ends)) AS rests,
           {OF_GROUP} AS is_of_group
    FROM item_movements WHERE {WITHIN}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises) > 0
)
SELECT in_currency, at, if(is_debit, multiIf(age_days <= 0, 0, age_days <= 30, 1, age_days <= 60, 2, age_days <= 90, 3, 4), -1) AS bucket,
       countIf(rest > 0), sum(rest), sumIf(rest, bucket = 0 AND is_trade AND NOT is_of_group)
FROM (
    SELECT in_currency, is_debit, is_trade, is_of_group, at, rests[at] AS rest, dateDiff('day', due_on, ends[at]) AS age_days
    FROM documents ARRAY JOIN arrayEnumerate(ends) AS at
    WHERE raised_on <= ends[at] AND rest != 0
)
GROUP BY in_currency, at, bucket ORDER BY in_currency, at, bucket
""".replace("{OF_GROUP}", OF_GROUP)

_DAYS: Final = """
SELECT currency, toInt32(posted_on) AS day, sum(balance_change), sum(sale), max(is_sale)
FROM (
    SELECT currency, posted_on, is_sale,
           if(item_kind = 'interest', 0, open_debit_change) - open_credit_change - unapplied_change - on_account_change
               AS balance_change,
           if(is_sale, open_debit_change - open_credit_change, 0) AS sale
    FROM decisions
    WHERE NOT startsWith(account_id, '~suspense:') AND currency != '' AND NOT {OF_GROUP} AND {WITHIN}
      AND posted_on <= toDate32({last:String})
)
GROUP BY currency, day HAVING sum(balance_change) != 0 OR max(is_sale)
ORDER BY currency, day
""".replace("{OF_GROUP}", OF_GROUP)


@dataclass(frozen=True, slots=True)
class Point:
    """One currency at the end of `as_of`: what is open by age in the order of AGING, open credits, and the pace."""

    as_of: date
    aging: tuple[Figure, ...]
    open_credits: Figure
    pace: Pace

    @property
    def open_minor(self) -> int:
        return sum(figure.amount_minor for figure in self.aging)

    @property
    def past_due_minor(self) -> int:
        return sum(figure.amount_minor for figure in self.aging[1:])


@dataclass(slots=True)
class _Day:
    """Movements of one posting day: of the receivables, and what was sold. None where nothing was."""

    balance: int
    sale: int
    sold: bool


def make_trend(views: Views, days: Sequence[date], currency: str, scope: Scope = EVERYTHING) -> list[Point]:
    """Of one currency: one point for each of `days`, none of days before its first movement."""
    return make_trends(views, days, scope).get(currency, [])


def make_trends(views: Views, days: Sequence[date], scope: Scope = EVERYTHING) -> dict[str, list[Point]]:
    """By currency, one point for each of `days`, which rise: by posting date and as known now."""
    parameters: dict[str, Any] = {"known": FOR_EVER, **scope.parameters}
    movements: dict[str, dict[date, _Day]] = defaultdict(dict)
    asked = views.ask(scope.of(_DAYS), {**parameters, "last": days[-1].isoformat()})
    for code, number, balance, sale, sold in asked.rows:
        movements[code][date(1970, 1, 1) + timedelta(days=number)] = _Day(balance, sale, bool(sold))
    buckets: dict[tuple[str, int], dict[int, Figure]] = defaultdict(dict)
    current: dict[tuple[str, int], int] = defaultdict(int)
    ends = {**parameters, "days": [day.isoformat() for day in days]}
    for code, at, bucket, number, amount, of_trade in views.ask(scope.of(_AGING), ends).rows:
        buckets[code, at - 1][bucket] = Figure(number, amount)
        current[code, at - 1] += of_trade
    return {
        code: [
            Point(
                day,
                tuple(buckets[code, at].get(bucket, Figure()) for bucket in range(len(AGING))),
                buckets[code, at].get(-1, Figure()),
                pace_of(day, current[code, at], _months(moved, day)),
            )
            for at, day in enumerate(days)
            if day >= min(moved)
        ]
        for code, moved in sorted(movements.items())
    }


def _months(movements: Mapping[date, _Day], as_of: date) -> tuple[int, int, int, int, tuple[list[int], list[int]]]:
    """What pace_of takes."""
    begin = months_before(as_of, CEI_MONTHS)
    dso_begin = as_of - timedelta(days=DSO_DAYS)
    ending = beginning = dso_sales = cei_sales = 0
    by_month: dict[int, int] = defaultdict(int)
    for day, moved in movements.items():
        if day > as_of:
            continue
        ending += moved.balance
        beginning += moved.balance if day <= begin else 0
        dso_sales += moved.sale if day > dso_begin else 0
        cei_sales += moved.sale if day > begin else 0
        if moved.sold:
            by_month[day.year * 12 + day.month - 1] += moved.sale
    kept = {month: sales for month, sales in by_month.items() if sales}
    return ending, beginning, dso_sales, cei_sales, (list(kept), list(kept.values()))


def month_ends(as_of: date, months: int) -> list[date]:
    """The ends of the `months` months before the one of `as_of`, and `as_of`; rising."""
    first = as_of.replace(day=1)
    ends = [as_of]
    for _ in range(months):
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]
