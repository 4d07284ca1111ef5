"""What is open and how old it is: in all, by month's end, by account."""

from collections.abc import Sequence
from typing import Final

from headrace.report import AGING
from headrace.trend import Point, make_trend, month_ends
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import Chart, Column, Headline, Table, money, number, on, percent, short_money, text

NAMES: Final = ("Not due", *(f"{name} days".replace("-", "\N{EN DASH}") for name in AGING[1:]))
assert len(NAMES) == len(AGING)

_BY_ACCOUNT: Final = """
WITH documents AS (
    SELECT tenant, entity, account_id, document, anyIf(currency, raises) AS in_currency,
           anyIf(item_kind, raises) != 'credit_note' AS is_debit, anyIf(posted_on, raises) AS raised_on,
           sumIf(change, posted_on <= {as_of:Date32}) AS rest,
           greatest(dateDiff('day', anyIf(due_date, raises), {as_of:Date32}), 0) AS age_days,
           multiIf(age_days = 0, 0, age_days <= 30, 1, age_days <= 60, 2, age_days <= 90, 3, 4) AS bucket
    FROM item_movements WHERE {WITHIN}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises) > 0 AND raised_on <= {as_of:Date32} AND rest > 0 AND in_currency = {currency:String}
)
SELECT tenant, entity, account_id, countIf(is_debit) AS items, sumIf(rest, is_debit) AS open,
       {COUNTS},
       sumIf(rest, is_debit AND bucket = 0) AS b0, sumIf(rest, is_debit AND bucket = 1) AS b1,
       sumIf(rest, is_debit AND bucket = 2) AS b2, sumIf(rest, is_debit AND bucket = 3) AS b3,
       sumIf(rest, is_debit AND bucket = 4) AS b4, sumIf(rest, NOT is_debit) AS credits,
       open - b0 AS past_due, maxIf(age_days, is_debit) AS oldest
FROM documents GROUP BY tenant, entity, account_id
ORDER BY past_due DESC, open DESC, tenant, entity, account_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
""".replace(
    "{COUNTS}", ", ".join(f"sum(countIf(is_debit AND bucket = {at})) OVER () AS all{at}" for at in range(len(AGING)))
)
# Of a row of causes: its name, and what the KPI calls it.
CAUSES: Final = (
    ("Before the customer had it, or rightly disputed", "upstream"),
    ("Ours", "own"),
    ("The customer's", "customer"),
)
_CAUSES: Final = f"""
SELECT {", ".join(f"sumIf({name}_minor, status = 'open') AS {name}_open, sum({name}_days) AS {name}_days" for _, name in CAUSES)},
       {", ".join(f"sumIf({name}_minor, status = 'cleared') AS {name}_cleared" for _, name in CAUSES)}
FROM kpi_overdue_causes
WHERE currency = {{currency:String}} AND day > {{since:Date32}} AND day <= {{as_of:Date32}} AND {{WITHIN}}
"""


def aging(asked: Asked) -> Page:
    currency = asked.filters.currency
    points = make_trend(
        asked.views, month_ends(asked.filters.as_of, asked.filters.months), currency, asked.filters.scope
    )
    accounts, counts = by_account(asked)
    owing = Block("By account", accounts, explains="The most past due first.")
    if not points:
        return Page("Aging", "Nothing was posted in this currency by that day.", blocks=[owing])
    now = points[-1]
    open_minor, past_due = now.open_minor, now.past_due_minor
    share = percent(past_due, open_minor).text
    headlines = [
        Headline("Open", short_money(open_minor, currency), currency, note=f"{sum(counts):,} items"),
        Headline("Past due", short_money(past_due, currency), currency, note=f"{share} % of open"),
        Headline(NAMES[-1], short_money(now.aging[-1], currency), currency, note=f"{counts[-1]:,} items"),
        Headline("Open credits", short_money(now.open_credits, currency), currency, note="in a column of their own"),
    ]
    return Page(
        "Aging",
        "What is open at the end of the day by days past due; what is due on the day is not past due.",
        headlines,
        [
            Block("By age", by_age(now, counts, currency), False),
            Block("Month by month", by_month(points, currency), False),
            Block(
                "Why it is, or was, overdue",
                causes(asked),
                explains="Items cleared since, and those still open on the last day; each by what most of its days were lost to.",
            ),
            owing,
        ],
    )


def by_age(now: Point, counts: Sequence[int], currency: str) -> Chart:
    table = Table(
        "buckets",
        "Open items by age",
        [Column("Age"), Column("Items", "number"), Column("Amount", "money"), Column("Share %", "percent")],
    )
    for name, count, amount in zip(NAMES, counts, now.aging, strict=True):
        table.add(text(name), number(count), money(amount, currency), percent(amount, now.open_minor))
    total = now.open_minor
    table.footer = [text("In all"), number(sum(counts)), money(total, currency), percent(total, total)]
    return Chart(table, "bars", currency, "Open amount by days past due", ["Amount"], ramp=True)


def by_month(points: list[Point], currency: str) -> Chart:
    table = Table(
        "months",
        "Open by age at the end of each month",
        [Column("Day", "day"), *(Column(name, "money") for name in NAMES), Column("Open", "money")],
    )
    for point in points:
        cells = [money(amount, currency) for amount in point.aging]
        table.add(on(point.as_of), *cells, money(point.open_minor, currency))
    return Chart(table, "stacked", currency, "Open amount by age at the end of each month", NAMES, ramp=True)


def causes(asked: Asked) -> Table:
    currency = asked.filters.currency
    columns = [Column("Lost to"), Column("Open", "money"), Column("Cleared", "money"), Column("Days", "number")]
    table = Table("causes", "Overdue items by what their days were lost to", columns, empty="Nothing was overdue.")
    [sums] = asked.ask(_CAUSES, by_columns=True)
    for said, name in CAUSES:
        still_open, cleared, days = (sums[f"{name}_{what}"] for what in ("open", "cleared", "days"))
        if days:
            table.add(text(said), money(still_open, currency), money(cleared, currency), number(days))
    return table


def by_account(asked: Asked) -> tuple[Table, list[int]]:
    """The accounts of the address's page, and how many items of all accounts are in each bucket."""
    currency = asked.filters.currency
    columns = [
        Column("Account"),
        Column("Items", "number"),
        Column("Open", "money"),
        Column("Past due", "money"),
        *(Column(name, "money") for name in NAMES),
        Column("Credits", "money"),
        Column("Oldest, days", "number"),
    ]
    table = Table("accounts", "Open items by account", columns, empty="No account has anything open.")
    rows = asked.named(asked.ask(_BY_ACCOUNT))
    for row in rows:
        table.add(
            asked.account(row),
            number(row["items"]),
            money(row["open"], currency),
            money(row["past_due"], currency, tone="bad" if row["past_due"] else ""),
            *(money(row[f"b{at}"], currency) for at in range(len(AGING))),
            money(row["credits"], currency),
            number(row["oldest"]),
        )
    # A page after the last one has no row that could say what all accounts have.
    first = rows or ([] if asked.filters.page == 1 else asked.first(1).ask(_BY_ACCOUNT))
    counts = [first[0][f"all{at}"] if first else 0 for at in range(len(AGING))]
    return asked.cut(table), counts
