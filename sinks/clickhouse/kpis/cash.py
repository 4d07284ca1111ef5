"""Cash: how it is applied, what waits, what is given up, what is expected."""

from typing import Final

from sinks.clickhouse.kpis.flows import (
    ACCOUNTS_OF,
    EVENT_DAY,
    NO_REVERSAL,
    OF_CUSTOMER,
    Flow,
    Measure,
)
from sinks.clickhouse.kpis.money import LAST_DAY, money_stocks, stocks
from sinks.clickhouse.rollups import CASH, SUSPENSE, bucket
from sinks.clickhouse.view import CODE, GROUP, KEY, TEXT, View, basis_points

_UNDONE: Final = "kind IN ('cash_unapplied', 'application_reversed') AND counterparty = ''"
_ITS_MONEY: Final = "if(other_currency != '', other_amount, amount)"
_SENT_BY_PERSON: Final = """cause_id IN (
    SELECT concat('transfer:', toString(shard), '-', toString(sequence)) FROM decisions_by_kind AS decisions
    WHERE kind = 'cash_transferred' AND by_person)"""
_SENT_ON: Final = "kind = 'cash_transferred' AND rule = 'transfer.out'"
_RECEIPTS: Final = f"""(
    SELECT tenant, entity, account_id, receipt_id,
           anyIf(d.currency, kind = 'receipt_booked') AS currency,
           -- What was sent on to another account came there.
           sumIf(d.amount, kind = 'receipt_booked') - sumIf(d.amount, {_SENT_ON}) AS received,
           minIf(posted_on, kind = 'receipt_booked') AS posted,
           received = sumIf({_ITS_MONEY}, kind = 'cash_applied') - sumIf({_ITS_MONEY}, {_UNDONE}) AS is_cleared,
           countIf(by_person OR (kind = 'cash_applied' AND rule IN ('cash.operator', 'cash.erp'))
                   OR (kind = 'receipt_booked' AND {_SENT_BY_PERSON})) > 0 AS by_hand,
           length(arrayDistinct(groupArrayIf(document, kind = 'cash_applied'))) AS pairs,
           length(arrayDistinct(groupArrayIf(document, kind = 'cash_unapplied'))) AS wrong,
           maxIf({EVENT_DAY}, kind = 'cash_applied') = minIf({EVENT_DAY}, kind = 'receipt_booked') AS same_day
    FROM decisions_by_kind AS d
    WHERE receipt_id != '' AND {OF_CUSTOMER}
      AND (by_person OR kind IN (
          'receipt_booked', 'cash_applied', 'cash_unapplied', 'application_reversed', 'cash_transferred'))
    GROUP BY tenant, entity, account_id, receipt_id
    HAVING countIf(kind = 'receipt_booked') > 0 AND (received != 0 OR countIf({_SENT_ON}) = 0)
)"""

_APPLICATION: Final = Flow(
    "kpi_cash_application",
    "Receipts of each day and how they were applied, as they are now",
    _RECEIPTS,
    {
        "receipts": Measure("count()", "Receipts in customers' accounts: denominator of straight_through_bp"),
        "received_minor": Measure(
            "sum(received)", "Their amounts less what was sent on to other accounts, minor units"
        ),
        "cleared": Measure("countIf(is_cleared)", "Applied in full"),
        "cleared_minor": Measure("sumIf(received, is_cleared)", "Their amounts"),
        "straight_through": Measure("countIf(is_cleared AND NOT by_hand)", "Applied in full by no person"),
        "applied_pairs": Measure("sum(pairs)", "Pairs of receipt and item that were applied"),
        "wrong_pairs": Measure("sum(wrong)", "Of them, taken off again later"),
        "on_same_day": Measure("countIf(is_cleared AND same_day)", "Applied in full on the day on which they came"),
    },
    day="posted",
    ratios={
        "straight_through_bp": Measure(basis_points("straight_through", "receipts"), "straight_through / receipts"),
        "accuracy_bp": Measure(
            basis_points("(applied_pairs - wrong_pairs)", "applied_pairs"),
            "applied_pairs less wrong ones / applied_pairs",
        ),
    },
    types={"currency": TEXT},
)

_AGES: Final = ("age_0_30", "age_31_60", "age_61_90", "age_91")
# What is older than so many days; what moved before it was booked is of no age.
_BOUNDS: Final = (-1, 30, 60, 90)
_AGED: Final = ",\n           ".join(
    f"sum((moved + older) * (age = {at}) - older * (age_before = {at})) AS {name}_change"
    for at, name in enumerate(_AGES, 1)
)
# Of a receipt each movement (day, currency, moved, kept, 0), and where something of it is left when it grows older, that:
# (day, currency, 0, 0, left).
_MOVES: Final = "(unapplied_change != 0 OR on_account_change != 0)"
_OF_UNAPPLIED: Final = f"""(
    SELECT day, tenant, entity, region, segment, of_currency AS currency, owner,
           sum(if({SUSPENSE}, 0, moved)) AS unapplied_change, sum(kept) AS on_account_change,
           sum(if({SUSPENSE}, moved, 0)) AS unidentified_change,
           {_AGED}
    FROM (
        SELECT one.1 AS day, tenant, entity, account_id, a.region AS region, a.segment AS segment, toLowCardinality(one.2) AS of_currency,
               a.collector AS owner, one.3 AS moved, one.4 AS kept, one.5 AS older, dateDiff('day', booked, day) AS days_old,
               {bucket("days_old", _BOUNDS)} AS age, {bucket("(days_old - 1)", _BOUNDS)} AS age_before
    FROM (
        SELECT tenant, entity, account_id, receipt_id, minIf(posted_on, kind = 'receipt_booked') AS booked,
               groupArrayIf(posted_on, {_MOVES}) AS days, groupArrayIf(toString(d.currency), {_MOVES}) AS currencies,
               groupArrayIf(unapplied_change, {_MOVES}) AS moved, groupArrayIf(on_account_change, {_MOVES}) AS kept,
               arrayConcat(
                   arrayMap((d, c, m, k) -> (d, c, m, k, toInt64(0)), days, currencies, moved, kept),
                   arrayFilter(x -> x.5 != 0, arrayFlatten(arrayMap(
                       older -> arrayMap(
                           one -> (older, one, toInt64(0), toInt64(0),
                                   arraySum((d, c, m) -> if(d < older AND c = one, m, 0), days, currencies, moved)),
                           arrayDistinct(currencies)),
                       -- Of most nothing is left by then.
                       if(arraySum(moved) = 0 AND arrayMax(days) < addDays(booked, 31), [],
                          [addDays(booked, 31), addDays(booked, 61), addDays(booked, 91)]))))) AS all
        FROM decisions_by_kind AS d
        WHERE receipt_id != '' AND (kind = 'receipt_booked' OR {_MOVES})
        GROUP BY tenant, entity, account_id, receipt_id
    ) AS d {ACCOUNTS_OF}
    ARRAY JOIN all AS one
    WHERE day <= {LAST_DAY}
    )
    GROUP BY day, tenant, entity, region, segment, of_currency, owner
)"""
_UNAPPLIED_SUMS: Final = {
    f"{name}_minor": f"{name}_change" for name in ("unapplied", "on_account", "unidentified", *_AGES)
}

KPI_UNAPPLIED: Final = View(
    "kpi_unapplied",
    "Cash that clears nothing at the end of each day, by how long ago it was booked",
    {
        **KEY,
        "unapplied_minor": "Account known, items not; minor units",
        "on_account_minor": "Deliberately left on account",
        "unidentified_minor": "Nobody knows whose it is",
        "age_0_30_minor": "Unapplied and unidentified, booked up to 30 days before",
        "age_31_60_minor": "31 to 60 days",
        "age_61_90_minor": "61 to 90 days",
        "age_91_minor": "91 days and more",
    },
    f"SELECT day, {GROUP}, {', '.join(_UNAPPLIED_SUMS)} FROM {stocks(_OF_UNAPPLIED, _UNAPPLIED_SUMS)}",
)

_MONTH: Final = "toDate32(toStartOfMonth(day))"
# Every first day of a month, with what was past due then; and every day on which something of it came.
KPI_RECOVERY: Final = View(
    "kpi_recovery",
    "Of what was past due when a month began, what came in by each day",
    {
        **KEY,
        "past_due_at_start_minor": "On a month's first day: posted and due before it, and still open; minor units",
        "recovered_minor": "Cash of the day on items that were due before the month",
        "recovery_bp": "Recovered in the month so far / past due at its start; holds for its row only",
    },
    f"""
SELECT day, {GROUP}, past_due_at_start_minor, recovered_minor,
       {
        basis_points(
            f"sum(recovered_minor) OVER (PARTITION BY {GROUP}, toStartOfMonth(day) ORDER BY day)",
            f"sum(past_due_at_start_minor) OVER (PARTITION BY {GROUP}, toStartOfMonth(day) ORDER BY day)",
        )
    } AS recovery_bp
FROM (
    SELECT day, {GROUP}, if(toDayOfMonth(day) = 1, before_minor, 0) AS past_due_at_start_minor,
           toInt64(recovered_all - lagInFrame(recovered_all, 1, toInt64(0)) OVER (PARTITION BY {GROUP} ORDER BY day
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS recovered_minor
    FROM {money_stocks({"before_minor": "before_change", "recovered_all": "recovered"})}
)
WHERE past_due_at_start_minor != 0 OR recovered_minor != 0
""",
)

_WRITE_OFF: Final = "kind = 'write_off_posted'"
_SIGN: Final = "if(startsWith(rule, 'reversed.'), -1, 1)"
_WRITE_OFFS: Final = Flow(
    "kpi_write_offs",
    "What was given up on each day, by category and rule",
    "(SELECT * FROM decisions_by_kind AS decisions WHERE kind IN ('write_off_posted', 'write_off_proposed'))",
    {
        "posted": Measure(f"countIf({_WRITE_OFF} AND {NO_REVERSAL})", "Write-offs"),
        "reversed": Measure(f"countIf({_WRITE_OFF} AND NOT {NO_REVERSAL})", "Write-offs undone"),
        "written_off_minor": Measure(f"sumIf({_SIGN} * amount, {_WRITE_OFF})", "Given up less undone, minor units"),
        "tax_minor": Measure(f"sumIf({_SIGN} * tax, {_WRITE_OFF})", "Tax in it"),
        "proposed": Measure("countIf(kind = 'write_off_proposed')", "Write-offs proposed"),
        "proposed_minor": Measure("sumIf(amount, kind = 'write_off_proposed')", "Their amounts"),
    },
    day=f"if({_WRITE_OFF}, posted_on, {EVENT_DAY})",
    by={
        "category": Measure("category", "What it is for"),
        "rule": Measure("replaceOne(rule, 'reversed.', '')", "Rule that concluded it, or concluded what was undone"),
    },
    types={"category": CODE, "rule": CODE},
)

_OPENS: Final = "kind = 'deduction_opened'"
_ITS_CREDIT: Final = (
    "multiIf(kind = 'credit_allocated', amount, kind = 'application_reversed' AND counterparty != '', -amount, 0)"
)
_GIVEN_UP: Final = f"if(kind IN ('write_off_posted', 'discount_granted'), {_SIGN} * amount, 0)"
_OF_DEDUCTIONS: Final = f"""(
    SELECT tenant, entity, account_id, currency, kind, rule, amount, counterparty, posted, c.category AS of_category
    FROM (
        SELECT tenant, entity, account_id, document, currency, kind, rule, amount, counterparty, posted_on AS posted
        FROM decisions_by_kind AS decisions WHERE {_OPENS} OR (item_kind = 'deduction' AND kind IN (
            'cash_applied', 'cash_unapplied', 'application_reversed', 'credit_allocated', 'write_off_posted',
            'discount_granted'))
    ) AS d
    LEFT JOIN (
        SELECT tenant, entity, account_id, document, argMin(decisions.category, sequence) AS category
        FROM decisions_by_kind AS decisions WHERE {_OPENS} AND {NO_REVERSAL} GROUP BY tenant, entity, account_id, document
    ) AS c USING (tenant, entity, account_id, document)
)"""
_DEDUCTIONS: Final = Flow(
    "kpi_deductions",
    "Coded short payments of each day and what became of them, by category",
    _OF_DEDUCTIONS,
    {
        "opened": Measure(f"countIf({_OPENS} AND {NO_REVERSAL})", "Deductions opened"),
        "opened_minor": Measure(f"sumIf(amount, {_OPENS} AND {NO_REVERSAL})", "Their amounts, minor units"),
        "undone_minor": Measure(f"sumIf(amount, {_OPENS} AND NOT {NO_REVERSAL})", "Given back to their invoices"),
        "recovered_minor": Measure(f"sum(if({_OPENS}, 0, {CASH}))", "Paid after all"),
        "credited_minor": Measure(f"sum({_ITS_CREDIT})", "Cleared by credit notes"),
        "written_off_minor": Measure(f"sum({_GIVEN_UP})", "Given up"),
        "net_minor": Measure(
            f"sum(if({_OPENS}, {_SIGN} * amount, 0) - if({_OPENS}, 0, {CASH}) - {_ITS_CREDIT} - {_GIVEN_UP})",
            "Opened less all of that: added up to a day, what is open then",
        ),
    },
    day="posted",
    by={"category": Measure("of_category", "What the code means")},
    types={"category": TEXT},
)

KPI_FORECAST: Final = View(
    "kpi_forecast",
    "What falls due, and what is promised, on each day from the last one on",
    {
        **KEY,
        "due_minor": "Open debits that fall due on the day, minor units",
        "overdue_minor": "On the last day: due on it or before",
        "promised_minor": "Open promises of the day; on the last day those of earlier ones too",
    },
    f"""
SELECT expected AS day, {GROUP}, toInt64(sumIf(owed, falls > {LAST_DAY})) AS due_minor,
       toInt64(sumIf(owed, falls <= {LAST_DAY})) AS overdue_minor, toInt64(sum(promised)) AS promised_minor
FROM (
    SELECT day AS falls, greatest(day, {LAST_DAY}) AS expected, {GROUP}, money_days.falls_due AS owed, 0 AS promised
    FROM money_days
    UNION ALL
    SELECT promised_date, greatest(promised_date, {LAST_DAY}), tenant, entity, a.region, a.segment, currency, a.collector, 0,
           amount
    FROM promises AS d {ACCOUNTS_OF}
    WHERE status = 'opened'
)
GROUP BY day, {GROUP}
HAVING due_minor != 0 OR overdue_minor != 0 OR promised_minor != 0
""",
    types={"currency": TEXT},
)

CASH_KPIS: Final = (
    *(flow.view for flow in (_APPLICATION, _WRITE_OFFS, _DEDUCTIONS)),
    KPI_FORECAST,
    KPI_UNAPPLIED,
    KPI_RECOVERY,
)
