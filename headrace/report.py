"""The report at the end of a day: what is open, how old, and how fast money comes in, by currency.

Everything goes by posting date up to and with the as-of day; with `known_at`, only by what was
recorded until then. docs/reports.md says each figure in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from headrace.amounts import plain
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
from headrace.scope import EVERYTHING, Scope
from sinks.clickhouse.reading import Views
from sinks.clickhouse.rollups import OPENING

DSO_DAYS: Final = 90
CEI_MONTHS: Final = 3
AGING: Final = ("current", "1-30", "31-60", "61-90", "91+")
FOR_EVER: Final = 2**63 - 1

# Accounts whose last posting says that they are of the same group: what is posted to them is no sale.
OF_GROUP: Final = """(tenant, entity, account_id) IN (
        SELECT tenant, entity, account_id FROM decisions
        WHERE raises AND toUnixTimestamp64Milli(recorded_time) <= {known:Int64} AND {WITHIN}
        GROUP BY tenant, entity, account_id HAVING argMax(has(reasons, 'affiliate'), sequence))"""

# A dispute that came ahead of its invoice may name no amount: it is said again, with what it contests, once the
# invoice is here, and that may be of an earlier day than the dispute.
_ITEMS: Final = """
WITH documents AS (
    SELECT anyIf(currency, raises) AS in_currency,
           anyIf(item_kind, raises) != 'credit_note' AS is_debit,
           anyIf(item_kind, raises) NOT IN ('credit_note', 'interest') AS is_trade,
           is_trade AND anyIf(item_kind, raises) != 'deduction' AS is_bill,
           sumIf(amount, raises) AS raised,
           anyIf(posted_on, raises) AS raised_on,
           anyIf(due_date, raises) AS due_on,
           sumIf(change, posted_on <= {as_of:Date32}) AS rest,
           maxIf(posted_on, change < 0 AND posted_on <= {as_of:Date32}) AS cleared_on,
           sumIf(amount, kind = 'dispute_opened' AND (toDate32(event_time) <= {as_of:Date32} OR rule = {known_later:String}))
               AS contested,
           countIf(kind = 'dispute_opened' AND toDate32(event_time) <= {as_of:Date32} AND rule != {known_later:String}) > 0
               AS is_disputed,
           greatest(dateDiff('day', due_on, {as_of:Date32}), 0) AS age_days,
           multiIf(age_days = 0, 0, age_days <= 30, 1, age_days <= 60, 2, age_days <= 90, 3, 4) AS bucket,
           if(rest > 0, age_days > 0, cleared_on > due_on) AS is_late,
           {OF_GROUP} AS is_of_group
    FROM item_movements
    WHERE toUnixTimestamp64Milli(recorded_time) <= {known:Int64} AND {WITHIN}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises) > 0 AND raised_on <= {as_of:Date32}
)
SELECT in_currency,
       countIf(is_bill), sumIf(raised, is_bill),
       countIf(is_debit AND rest > 0), sumIf(rest, is_debit),
       countIf(is_debit AND rest > 0 AND age_days > 0), sumIf(rest, is_debit AND age_days > 0),
       countIf(is_debit AND is_disputed), sumIf(least(contested, raised), is_debit AND is_disputed),
       countIf(is_bill AND is_late), sumIf(raised, is_bill AND is_late),
       countIf(is_bill AND rest = 0), sumIf(dateDiff('day', raised_on, cleared_on), is_bill AND rest = 0),
       countIf(NOT is_debit AND rest > 0), sumIf(rest, NOT is_debit),
       sumIf(rest, is_trade AND bucket = 0 AND NOT is_of_group),
       {BUCKETS}
FROM documents GROUP BY in_currency ORDER BY in_currency
""".replace(
    "{BUCKETS}",
    ", ".join(
        f"countIf(is_debit AND rest > 0 AND bucket = {at}), sumIf(rest, is_debit AND bucket = {at})"
        for at in range(len(AGING))
    ),
).replace("{OF_GROUP}", OF_GROUP)

_RECEIPTS: Final = """
WITH held AS (
    SELECT currency, startsWith(account_id, {suspense:String}) AS is_suspense,
           sumIf(unapplied_change, posted_on <= {as_of:Date32}) AS rest
    FROM decisions
    WHERE receipt_id != '' AND unapplied_change != 0 AND toUnixTimestamp64Milli(recorded_time) <= {known:Int64}
      AND {WITHIN}
    GROUP BY tenant, entity, account_id, currency, receipt_id
)
SELECT currency, countIf(rest != 0 AND NOT is_suspense), sumIf(rest, NOT is_suspense),
       countIf(rest != 0 AND is_suspense), sumIf(rest, is_suspense)
FROM held GROUP BY currency ORDER BY currency
"""

_ON_ACCOUNT: Final = """
WITH kept AS (
    SELECT currency, argMax(on_account, sequence) AS rest
    FROM decisions
    WHERE posted_on <= {as_of:Date32} AND currency != '' AND toUnixTimestamp64Milli(recorded_time) <= {known:Int64}
      AND {WITHIN}
    GROUP BY tenant, entity, account_id, currency
)
SELECT currency, countIf(rest != 0), sum(rest) FROM kept GROUP BY currency ORDER BY currency
"""

_MONTHS: Final = """
SELECT currency,
       sumIf(balance_change, posted_on <= {as_of:Date32}) AS ending,
       sumIf(balance_change, posted_on <= {begin:Date32}) AS beginning,
       sumIf(sale, posted_on > {dso_begin:Date32} AND posted_on <= {as_of:Date32}) AS dso_sales,
       sumIf(sale, posted_on > {begin:Date32} AND posted_on <= {as_of:Date32}) AS cei_sales,
       sumMapIf([toYear(posted_on) * 12 + toMonth(posted_on) - 1], [sale], is_sale AND posted_on <= {as_of:Date32})
FROM (
    SELECT currency, posted_on, is_sale,
           if(item_kind = 'interest', 0, open_debit_change) - open_credit_change - unapplied_change - on_account_change
               AS balance_change,
           if(is_sale, open_debit_change - open_credit_change, 0) AS sale
    FROM decisions
    WHERE NOT startsWith(account_id, {suspense:String}) AND currency != '' AND NOT {OF_GROUP}
      AND toUnixTimestamp64Milli(recorded_time) <= {known:Int64} AND {WITHIN}
)
GROUP BY currency ORDER BY currency
""".replace("{OF_GROUP}", OF_GROUP)

# The first day of which anything is known: a period that begins before it has no beginning. And the last on which items were
# taken over: what was sold, and owed, before it is not known.
_FIRST: Final = f"""
SELECT currency, min(posted_on),
       maxIf(posted_on, {OPENING} AND posted_on <= {{as_of:Date32}} AND NOT startsWith(account_id, '~') AND NOT {OF_GROUP} AS is_over),
       countIf(is_over)
FROM decisions
WHERE currency != '' AND toUnixTimestamp64Milli(recorded_time) <= {{known:Int64}} AND {{WITHIN}}
  AND (open_debit_change != 0 OR open_credit_change != 0 OR unapplied_change != 0 OR on_account_change != 0)
GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """How many, and how much in minor units."""

    number: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast money comes in, exact; None where the formula has no answer.

    sales_missing: open items were taken over in the last 90 days, whose sales are not known all: dso, bpdso and add are at most so
    high.
    """

    receivables_minor: int
    dso: Fraction | None
    countback: Countback
    bpdso: Fraction | None
    add: Fraction | None
    cei: Fraction | None
    sales_missing: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One currency at the end of `as_of`. `aging` is in the order of AGING and adds up to `open`."""

    as_of: date
    currency: str
    invoiced: Figure
    open: Figure
    past_due: Figure
    disputed: Figure
    late: Figure
    open_credits: Figure
    unapplied: Figure
    on_account: Figure
    unidentified: Figure
    aging: tuple[Figure, ...]
    mean_days_to_settle: Fraction | None
    pace: Pace


def make_report(
    views: Views, as_of: date, known_at_ms: int | None = None, currency: str | None = None, scope: Scope = EVERYTHING
) -> list[Report]:
    """One report for each currency that has anything, by code; only `currency` where it is given, and what is in `scope`."""
    begin = months_before(as_of, CEI_MONTHS)
    parameters: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "begin": begin.isoformat(),
        "dso_begin": (as_of - timedelta(days=DSO_DAYS)).isoformat(),
        "known": FOR_EVER if known_at_ms is None else known_at_ms,
        "suspense": "~suspense:",
        "known_later": "disputes.amount_known",
        **scope.parameters,
    }
    answers = [
        _by_currency(views, scope.of(sql), parameters) for sql in (_ITEMS, _RECEIPTS, _ON_ACCOUNT, _MONTHS, _FIRST)
    ]
    found = sorted(set().union(*answers))
    return [
        _report(as_of, code, *(answer.get(code) for answer in answers))
        for code in found
        if currency is None or code == currency
    ]


def _by_currency(views: Views, sql: str, parameters: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {row[0]: list(row[1:]) for row in views.ask(sql, parameters).rows}


def _report(
    as_of: date,
    currency: str,
    items: list[Any] | None,
    receipts: list[Any] | None,
    on_account: list[Any] | None,
    months: list[Any] | None,
    first: list[Any] | None,
) -> Report:
    figures = _pairs(items[:10]) if items else [Figure()] * 5
    invoiced, opened, past_due, disputed, late = figures
    settled, settled_days = items[10:12] if items else (0, 0)
    open_credits = Figure(*items[12:14]) if items else Figure()
    current_minor = items[14] if items else 0
    aging = tuple(_pairs(items[15:])) if items else (Figure(),) * len(AGING)
    unapplied, unidentified = _pairs(receipts) if receipts else [Figure()] * 2
    return Report(
        as_of,
        currency,
        invoiced,
        opened,
        past_due,
        disputed,
        late,
        open_credits,
        unapplied,
        Figure(*on_account) if on_account else Figure(),
        unidentified,
        aging,
        Fraction(settled_days, settled) if settled else None,
        pace_of(
            as_of,
            current_minor,
            months,
            as_of if first is None else date.fromisoformat(first[0]),
            None if first is None or not first[2] else date.fromisoformat(first[1]),
        ),
    )


def _pairs(flat: Sequence[int]) -> list[Figure]:
    return [Figure(flat[at], flat[at + 1]) for at in range(0, len(flat), 2)]


def pace_of(
    as_of: date, current_minor: int, months: Sequence[Any] | None, first: date, taken_over: date | None = None
) -> Pace:
    """`months`: receivables at the end and three months before, sales of 90 days and of 3 months, (months, their sales).

    first: the day of the first movement. taken_over: the last day on which open items were taken over. Before them not all is
    known that was owed, so a CEI that begins before has no answer.
    """
    ending, beginning, dso_sales, cei_sales, by_month = months or (0, 0, 0, 0, ([], []))
    dso = days_sales_outstanding(ending, dso_sales, DSO_DAYS)
    bpdso = best_possible_dso(current_minor, dso_sales, DSO_DAYS)
    cei = collection_effectiveness(beginning, cei_sales, CEI_MONTHS, ending, current_minor)
    known_from = first if taken_over is None else max(first, taken_over)
    return Pace(
        ending,
        dso,
        countback_dso(ending, _months_back(as_of, dict(zip(*by_month, strict=True)))),
        bpdso,
        average_days_delinquent(dso, bpdso),
        cei if known_from <= months_before(as_of, CEI_MONTHS) else None,
        taken_over is not None and taken_over > as_of - timedelta(days=DSO_DAYS),
    )


def _months_back(as_of: date, sales_by_month: Mapping[int, int]) -> list[tuple[int, int]]:
    """(sales, calendar days) from the as-of month, with its days so far, back to the first month with sales."""
    if not sales_by_month:
        return []
    running = as_of.year * 12 + as_of.month - 1
    months = [(sales_by_month.get(running, 0), as_of.day)]
    for number in range(running - 1, min(sales_by_month) - 1, -1):
        year, month = divmod(number, 12)
        following = date(year + 1, 1, 1) if month == 11 else date(year, month + 2, 1)
        months.append((sales_by_month.get(number, 0), (following - date(year, month + 1, 1)).days))
    return months


def as_json(report: Report) -> dict[str, object]:
    """The object of `report --json`: amounts are decimal texts, days and percent are numbers or null."""

    def figure(value: Figure) -> dict[str, object]:
        return {"count": value.number, "amount": plain(value.amount_minor, report.currency)}

    def number(value: Fraction | None, places: int) -> float | None:
        exact: Decimal | None = rounded(value, places)
        return None if exact is None else float(exact)

    return {
        "as_of": report.as_of.isoformat(),
        "currency": report.currency,
        "invoiced": figure(report.invoiced),
        "open": figure(report.open),
        "past_due": figure(report.past_due),
        "disputed": figure(report.disputed),
        "unapplied": figure(report.unapplied),
        "on_account": figure(report.on_account),
        "unidentified": figure(report.unidentified),
        "aging": {name: figure(value) for name, value in zip(AGING, report.aging, strict=True)},
        "dso": number(report.pace.dso, 1),
        "bpdso": number(report.pace.bpdso, 1),
        "add": number(report.pace.add, 1),
        "cei": number(report.pace.cei, 1),
        "sales_missing": report.pace.sales_missing,
        "late": figure(report.late),
        "mean_days_to_settle": number(report.mean_days_to_settle, 3),
    }
