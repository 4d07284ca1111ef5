"""Balances, aging, DSO and CEI at the end of each day, from one view of what every day changed.

What an item's open amount does to the buckets is said on the days on which it changes bucket, so that every stock is a
running sum. Rows are small: one for each key and day with a change.
"""

from collections.abc import Mapping
from typing import Final

from sinks.clickhouse.rollups import BUCKETS, DSO_DAYS, MONEY_DAYS
from sinks.clickhouse.view import DAYS, GROUP, KEY, TEXT, View, basis_points, with_one_decimal

CEI_MONTHS: Final = 3
LAST_DAY: Final = (
    "assumeNotNull((SELECT toDate32(fromUnixTimestamp64Milli(max(last_recorded_ms), 'UTC')) FROM shard_days))"
)
_HELD: Final = ("credits", "unapplied", "on_account", "unidentified")

# On a day on which an account left the key nothing is left of its postings.
DAILY_MONEY: Final = View(
    "daily_money",
    "What each day changed in every sum of money that stocks are made of",
    {**KEY, **{name: one.comment for name, one in MONEY_DAYS.sums.items()}},
    f"""
SELECT day, {GROUP}, {", ".join(f"sum_of_{name} AS {name}" for name in MONEY_DAYS.sums)}
FROM (
    SELECT day, {GROUP}, {", ".join(f"{MONEY_DAYS.named(name)} AS sum_of_{name}" for name in MONEY_DAYS.sums)}
    FROM money_days WHERE day <= {LAST_DAY} GROUP BY day, {GROUP}
)
WHERE movements != 0
""",
)


def stocks(source: str, columns: Mapping[str, str], by: tuple[str, ...] = ()) -> str:
    """A table of every day of each key, from its first one in `source` on: running sums of columns of it, by their new names.

    `source` has one row for each key and day on which something changed; `by`: what else its key has.
    """
    key = ", ".join((GROUP, *by))
    sums = ", ".join(f"toInt64(sum({column}) OVER running) AS {name}" for name, column in columns.items())
    return f"""(
    SELECT addDays(changed, n) AS day, {key}, {", ".join(columns)}
    FROM (
        SELECT day AS changed, {key}, {sums},
               leadInFrame(day, 1, addDays({LAST_DAY}, 1)) OVER (
                   PARTITION BY {key} ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS until
        FROM {source}
        WINDOW running AS (PARTITION BY {key} ORDER BY day)
    ) ARRAY JOIN range(toUInt64(dateDiff('day', changed, until))) AS n
)"""


def changes(columns: Mapping[str, str]) -> str:
    """A source for `stocks`: columns of money_days, added up, by other names. The view daily_money has them all and is planned longer."""
    sums = ", ".join(f"sum({column}) AS {name}" for name, column in columns.items())
    return f"""(
    SELECT day, {GROUP}, {sums} FROM money_days WHERE day <= {LAST_DAY} GROUP BY day, {GROUP} HAVING sum(movements) != 0)"""


def money_stocks(columns: Mapping[str, str]) -> str:
    """`stocks` of columns of money_days."""
    return stocks(
        changes({f"{name}_change": column for name, column in columns.items()}),
        {name: f"{name}_change" for name in columns},
    )


# What is contested from the day on which a dispute was opened to that on which it was closed; money that closes it may have
# come before.
_DISPUTED: Final = f"""
    SELECT day, tenant, entity, a.region AS region, a.segment AS segment, of_currency AS currency, a.collector AS owner, moved
    FROM (
        SELECT tenant, entity, account_id, argMin(currency, sequence) AS of_currency,
               argMaxIf(amount, sequence, kind = 'dispute_opened') AS of_amount,
               toDate32(argMinIf(event_time, sequence, kind = 'dispute_opened')) AS opened_on,
               countIf(kind = 'dispute_closed') > 0 AS is_closed,
               greatest(toDate32(argMaxIf(event_time, sequence, kind = 'dispute_closed')), opened_on) AS closed_on
        FROM decisions_by_kind
        WHERE kind IN ('dispute_opened', 'dispute_routed', 'dispute_closed')
           OR (kind = 'escalated' AND startsWith(rule, 'disputes.'))
        GROUP BY tenant, entity, account_id, reference_id
    ) AS d
    LEFT JOIN (SELECT tenant, entity, account_id, region, segment, collector FROM account_groups FINAL) AS a
        USING (tenant, entity, account_id)
    ARRAY JOIN if(is_closed, [opened_on, closed_on], [opened_on]) AS day,
               if(is_closed, [of_amount, -of_amount], [of_amount]) AS moved
    WHERE day <= {LAST_DAY}"""
_AGED: Final = (*BUCKETS, *_HELD)
_OF_AGING: Final = f"""(
    SELECT day, {GROUP}, {", ".join(f"sum(c_{name}) AS {name}_change" for name in _AGED)}, sum(c_disputed) AS disputed_change
    FROM (
        SELECT day, {GROUP}, {", ".join(f"c_{name}" for name in _AGED)}, 0 AS c_disputed
        FROM {changes({f"c_{name}": f"{name}_change" for name in _AGED})}
        UNION ALL
        SELECT day, {GROUP}, {", ".join("0" for _ in _AGED)}, moved FROM ({_DISPUTED})
    ) GROUP BY day, {GROUP}
)"""

KPI_AGING: Final = View(
    "kpi_aging",
    "Open items by days past due at the end of each day, by posting date",
    {
        **KEY,
        "open_minor": "Open debits, minor units",
        "current_minor": "Of them, due on the day or later",
        "days_1_30_minor": "1 to 30 days past due",
        "days_31_60_minor": "31 to 60 days past due",
        "days_61_90_minor": "61 to 90 days past due",
        "days_91_minor": "91 days past due and more",
        "past_due_minor": "All that is past due",
        "credits_minor": "Open credits",
        "unapplied_minor": "Cash that clears nothing yet",
        "on_account_minor": "Cash left on account",
        "unidentified_minor": "Cash of which nobody knows whose it is",
        "disputed_minor": "Contested by disputes that are open at the end of the day",
    },
    f"""
SELECT day, {GROUP}, current_minor + past_due_minor AS open_minor, current_minor, days_1_30_minor, days_31_60_minor,
       days_61_90_minor, days_91_minor, days_1_30_minor + days_31_60_minor + days_61_90_minor + days_91_minor AS past_due_minor,
       credits_minor, unapplied_minor, on_account_minor, unidentified_minor, disputed_minor
FROM {stocks(_OF_AGING, {f"{name}_minor": f"{name}_change" for name in (*BUCKETS, *_HELD, "disputed")})}
""",
    types={"currency": TEXT},
)

_DSO: Final = {
    "receivables_minor": "receivables_change",
    "sales_90_minor": "sales_90_change",
    "current_minor": "trade_current_change",
}
_OVER: Final = "Open items that were taken over in these {}: where there are any,"


def countback(rest: str, sales: str, days: str) -> str:
    """SQL of a tuple (exhausted, numerator, denominator of the days): `sales` and `days` of months are arrays, latest first.

    As countback_dso in headrace/formulas.py: months are used up whole, the last in proportion.
    """
    step = (
        "if(acc.4 OR acc.1 <= 0, (acc.1, acc.2, acc.3, 1),"
        " if(s > acc.1, (toInt128(0), acc.2 * s + acc.1 * d, s, 1), (acc.1 - s, acc.2 + d, toInt128(1), 0)))"
    )
    return (
        f"arrayFold((acc, s, d) -> {step}, arrayMap(x -> toInt128(x), {sales}), arrayMap(x -> toInt128(x), {days}),"
        f" (toInt128({rest}), toInt128(0), toInt128(1), 0))"
    )


# Sales by month of each key, from its first month with a sale on, every month. sumMap leaves out a month of which every sum is
# zero, as sales that a credit note took back are: their number never is.
_MONTHS: Final = f"""(
    SELECT {GROUP}, sumMap([toYear(day) * 12 + toMonth(day) - 1], [sold], [sold_rows]) AS by_month, by_month.1[1] AS first_month,
           arrayMap(m -> by_month.2[indexOf(by_month.1, m)], range(first_month, by_month.1[-1] + 1)) AS monthly
    FROM {changes({"sold": "sales", "sold_rows": "sales_rows"})} WHERE sold_rows > 0 GROUP BY {GROUP}
)"""
_MONTH_DAYS: Final = "toDayOfMonth(toLastDayOfMonth(addMonths(toStartOfMonth(day), -toInt64(n))))"

KPI_DSO: Final = View(
    "kpi_dso",
    "Days sales outstanding and its parts at the end of each day, over 90 days; affiliates and interest out",
    {
        **KEY,
        "receivables_minor": "Open debits less open credits, unapplied and on-account cash, minor units",
        "sales_90_minor": "Sales of the 90 days that end with the day: denominator of dso, bpdso and add",
        "current_minor": "Open debits that are not past due",
        "dso": "Days, one decimal: receivables / sales * 90; null without sales",
        "bpdso": "Best possible DSO: current / sales * 90",
        "add": "Average days delinquent: dso less bpdso",
        "countback_days": "DSO by counting back months of sales; holds for its row only",
        "countback_exhausted": "1 where all sales do not reach: it is at least so many days",
        "taken_over_90": f"{_OVER.format('days')} sales of before are not known, and dso, bpdso, add are at most so high",
    },
    f"""
SELECT day, {GROUP}, receivables_minor, sales_90_minor, current_minor,
       {with_one_decimal(f"(receivables_minor * {DSO_DAYS})", "sales_90_minor")} AS dso,
       {with_one_decimal(f"(current_minor * {DSO_DAYS})", "sales_90_minor")} AS bpdso,
       {with_one_decimal(f"((receivables_minor - current_minor) * {DSO_DAYS})", "sales_90_minor")} AS add,
       assumeNotNull({with_one_decimal("counted.2", "counted.3")}) AS countback_days,
       toUInt8(counted.1 > 0) AS countback_exhausted, taken_over_90
FROM (
    SELECT day, {GROUP}, receivables_minor, sales_90_minor, current_minor, taken_over_90,
           if(sold = 0, 0, toUInt32(toYear(day) * 12 + toMonth(day) - 1 - first_month)) AS before,
           arrayResize(monthly, before, toInt64(0)) AS whole,
           if(sold = 0, [], arrayConcat([sales_all - arraySum(whole)], arrayReverse(whole))) AS sales_back,
           if(sold = 0, [], arrayConcat([toInt64(toDayOfMonth(day))], arrayMap(n -> toInt64({_MONTH_DAYS}), range(1, before + 1))))
               AS days_back,
           {countback("receivables_minor", "sales_back", "days_back")} AS counted
    FROM {money_stocks({**_DSO, "sales_all": "sales", "sold": "sales_rows", "taken_over_90": "taken_over_90_change"})} AS s
    LEFT JOIN {_MONTHS} AS m USING ({GROUP})
)
""",
    types={"dso": DAYS, "bpdso": DAYS, "add": DAYS, "countback_days": "Decimal(18, 1)", "countback_exhausted": "UInt8"},
)

# Sales, and items taken over, since the key began.
_UNTIL: Final = {"sales_all": "sales", "over_all": "taken_over"}
_BEGIN: Final = f"""if(toDayOfMonth(addDays(day, 1)) = 1, toDate32(toLastDayOfMonth(addMonths(day, -{CEI_MONTHS}))),
    addMonths(day, -{CEI_MONTHS}))"""

KPI_CEI: Final = View(
    "kpi_cei",
    "Collection effectiveness over the three months that end with the day; affiliates and interest out",
    {
        **KEY,
        "beginning_minor": "Receivables three months before, minor units",
        "sales_3_months_minor": "Sales since",
        "ending_minor": "Receivables at the end of the day",
        "ending_current_minor": "Open debits that are not past due",
        "cei_numerator": "3 * beginning + sales - 3 * ending",
        "cei_denominator": "3 * beginning + sales - 3 * ending current",
        "cei_bp": "Basis points: numerator / denominator; null where nothing could be collected, beginning_known is 0, or items were taken over",
        "beginning_known": "1 where the key has a movement three months before, or earlier; not to be summed: 1 if any is",
        "taken_over": f"{_OVER.format('months')} nobody knows what was owed at their beginning",
    },
    f"""
SELECT day, {GROUP}, toInt64(b.receivables_minor) AS beginning_minor,
       toInt64(e.sales_all - b.sales_all) AS sales_3_months_minor, e.receivables_minor AS ending_minor,
       e.current_minor AS ending_current_minor,
       {CEI_MONTHS} * beginning_minor + sales_3_months_minor - {CEI_MONTHS} * ending_minor AS cei_numerator,
       {CEI_MONTHS} * beginning_minor + sales_3_months_minor - {CEI_MONTHS} * ending_current_minor AS cei_denominator,
       if(b.begins = 1 AND taken_over = 0, {basis_points("cei_numerator", "cei_denominator")}, NULL) AS cei_bp,
       b.begins AS beginning_known, toInt64(e.over_all - b.over_all) AS taken_over
FROM (SELECT *, {_BEGIN} AS begun FROM {money_stocks({**_DSO, **_UNTIL})}) AS e
LEFT JOIN (
    SELECT day AS begun, {GROUP}, receivables_minor, sales_all, over_all, toUInt8(1) AS begins
    FROM {money_stocks({"receivables_minor": "receivables_change", **_UNTIL})}
) AS b USING (begun, {GROUP})
""",
    types={"beginning_known": "UInt8"},
)

MONEY: Final = (DAILY_MONEY, KPI_AGING, KPI_DSO, KPI_CEI)
