"""Cash: what came in, what is expected, what waits; and how it was applied."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from headrace.forecast import Forecast, day_of, make_forecast, usual_days
from headrace.formulas import months_before
from headrace.trend import make_trend
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import (
    BAD_IF_MORE,
    GOOD_IF_MORE,
    NEITHER,
    Cell,
    Chart,
    Column,
    Headline,
    Table,
    compared,
    compared_money,
    minute,
    money,
    month,
    number,
    on,
    percent,
    short_money,
    text,
)
from headrace.why.rules import short_of

EXPECTED_DAYS: Final = 56
MONTH_DAYS: Final = 30

# Money that went on to another account is counted there.
_RECEIVED: Final = """
SELECT toDate32(toMonday(posted_on)) AS week,
       sumIf(amount, kind = 'receipt_booked') - sumIf(amount, kind = 'cash_transferred' AND rule = 'transfer.out') AS received,
       sumIf(amount, kind IN ('receipt_reversed', 'application_reversed') AND counterparty = '') AS returned,
       sumIf(amount, kind = 'cash_applied') - sumIf(amount, kind = 'cash_unapplied') AS applied
FROM decisions
WHERE posted_on > {since:Date32} AND posted_on <= {as_of:Date32} AND currency = {currency:String} AND {WITHIN}
  AND kind IN ('receipt_booked', 'cash_transferred', 'receipt_reversed', 'application_reversed', 'cash_applied', 'cash_unapplied')
GROUP BY week ORDER BY week
"""
_BETWEEN: Final = """
SELECT sumIf(amount, kind = 'receipt_booked') - sumIf(amount, kind = 'cash_transferred' AND rule = 'transfer.out')
       - sumIf(amount, kind IN ('receipt_reversed', 'application_reversed') AND counterparty = '') AS came
FROM decisions
WHERE posted_on > {begin:Date32} AND posted_on <= {end:Date32} AND currency = {currency:String} AND {WITHIN}
  AND kind IN ('receipt_booked', 'cash_transferred', 'receipt_reversed', 'application_reversed')
"""
_WAITING: Final = """
SELECT tenant, entity, account_id, sum(rest) AS unapplied, sum(kept) AS on_account, countIf(rest > 0) AS receipts
FROM (
    SELECT tenant, entity, account_id, receipt_id, sum(unapplied_change) AS rest, sum(on_account_change) AS kept
    FROM decisions
    WHERE posted_on <= {as_of:Date32} AND currency = {currency:String} AND {WITHIN}
      AND (unapplied_change != 0 OR on_account_change != 0)
    GROUP BY tenant, entity, account_id, receipt_id
)
GROUP BY tenant, entity, account_id HAVING unapplied != 0 OR on_account != 0
ORDER BY unapplied DESC, on_account DESC, tenant, entity, account_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""


def cash(asked: Asked) -> Page:
    filters, currency = asked.filters, asked.filters.currency
    span = timedelta(days=MONTH_DAYS)
    last = _came(asked, filters.as_of - span, filters.as_of)
    before = _came(asked, filters.as_of - 2 * span, filters.as_of - span)
    earlier = months_before(filters.as_of, 1)
    points = make_trend(asked.views, [earlier, filters.as_of], currency, filters.scope)
    now = points[-1] if points else None
    then = points[0] if len(points) == 2 else None
    expected = expected_of(asked)
    in_month = within(expected, MONTH_DAYS)
    received = compared_money("Received in 30 days", last, before, currency, GOOD_IF_MORE)
    headlines = [
        replace(received, note="on the 30 days before; less what went back", compares=False),
        Headline(
            "Expected in 30 days",
            short_money(in_month, currency),
            currency,
            note="from how each payer has paid",
            href=asked.link("/forecast"),
        ),
    ]
    if now is not None:
        for name, tones, of, was, note in (
            ("Unapplied", BAD_IF_MORE, now.unapplied, then.unapplied if then else None, "account known, items not"),
            ("Unidentified", BAD_IF_MORE, now.unidentified, then.unidentified if then else None, "payer not known"),
            ("On account", NEITHER, now.on_account, then.on_account if then else None, "left there"),
        ):
            headlines.append(compared_money(name, of, was, currency, tones, note))
    return Page(
        "Cash position",
        "Changes of what waits are against the same day a month before.",
        headlines=headlines,
        blocks=[
            Block(
                "Received and expected, by week",
                _weeks(asked, expected),
                explains="Weeks from Monday, by posting date; expected from the day after.",
            ),
            Block("Cash that waits", _waiting(asked), explains="Money on accounts that no item has taken up."),
        ],
    )


def _came(asked: Asked, begin: date, end: date) -> int:
    return int(asked.ask(_BETWEEN, {"begin": begin.isoformat(), "end": end.isoformat()})[0]["came"])


def expected_of(asked: Asked) -> Forecast | None:
    """EXPECTED_DAYS ahead; None where nothing is open."""
    filters = asked.filters

    def make() -> list[Forecast]:
        return make_forecast(asked.views, filters.as_of, EXPECTED_DAYS, currency=filters.currency, scope=filters.scope)

    found = asked.views.kept(f"forecast {filters.as_of} {filters.currency} {filters.scope}", make)
    return found[0] if found else None


def within(found: Forecast | None, days: int) -> int:
    if found is None:
        return 0
    until = found.as_of + timedelta(days=days)
    return sum(amount for day, amount in found.total.by_day.items() if day_of(day) <= until)


def _by_week(found: Forecast | None, of: str) -> dict[date, int]:
    """`of` is by_day or promised; by Monday."""
    weeks: dict[date, int] = defaultdict(int)
    if found is not None:
        for number_of_day, amount in getattr(found.total, of).items():
            day = day_of(number_of_day)
            weeks[day - timedelta(days=day.weekday())] += amount
    return weeks


def _weeks(asked: Asked, expected: Forecast | None) -> Chart:
    currency = asked.filters.currency
    columns = [
        Column("Week from", "day"),
        *(Column(name, "money") for name in ("Received", "Went back", "Applied", "Expected")),
    ]
    table = Table(
        "weeks",
        "Cash received and expected by week",
        columns,
        empty="No cash came in these months, and none is expected.",
    )
    came = {date.fromisoformat(row["week"]): row for row in asked.ask(_RECEIVED)}
    to_come = _by_week(expected, "by_day")
    for week in sorted({*came, *to_come}):
        row = came.get(week)
        cells = [money(row[name], currency) if row else Cell("") for name in ("received", "returned", "applied")]
        table.add(on(week), *cells, money(to_come[week], currency) if week in to_come else Cell(""))
    says = "Cash received by week, and expected in the weeks to come"
    return Chart(table, "stacked", currency, says, ("Received", "Expected"), colours=("main", "soft"))


def _waiting(asked: Asked) -> Table:
    currency = asked.filters.currency
    columns = [
        Column("Account"),
        Column("Receipts", "number"),
        Column("Unapplied", "money"),
        Column("On account", "money"),
    ]
    table = Table("waiting", "Cash that waits, by account", columns, empty="All cash is applied.")
    for row in asked.named(asked.ask(_WAITING)):
        table.add(
            asked.account(row),
            number(row["receipts"]),
            money(row["unapplied"], currency),
            money(row["on_account"], currency),
        )
    return asked.cut(table)


# --- forecast ---


def forecast(asked: Asked) -> Page:
    filters, currency = asked.filters, asked.filters.currency
    found = expected_of(asked)
    if found is None:
        return Page("Expected cash", "Nothing is open in this currency on that day, so nothing is expected.")
    total = found.total
    until = filters.as_of + timedelta(days=EXPECTED_DAYS)
    headlines = [
        Headline("Expected in 30 days", short_money(within(found, MONTH_DAYS), currency), currency),
        Headline(
            f"Expected in {EXPECTED_DAYS} days",
            short_money(total.expected, currency),
            currency,
            note=f"to {until.day} {until:%b %Y}",
        ),
        Headline(
            "Promised",
            short_money(sum(total.promised.values()), currency),
            currency,
            note="part of what is expected",
            href=asked.link("/promises"),
        ),
        Headline("Later", short_money(total.later, currency), currency),
        Headline(
            "Without an answer",
            short_money(total.given_up + total.unanswered, currency),
            currency,
            note="nobody paid so late, or disputed",
        ),
    ]
    return Page(
        "Expected cash",
        "From due dates, promises and how each payer has paid so far: counts, no model. What is expected here and later, and what has no answer, adds up to what is open less what credits and cash cover.",
        headlines,
        [
            Block("By week", _expected_weeks(found, currency)),
            Block("By account", _expected_accounts(asked, found), explains="The most expected first."),
        ],
    )


def _expected_weeks(found: Forecast, currency: str) -> Chart:
    columns = [
        Column("Week from", "day"),
        *(Column(name, "money") for name in ("By habit", "Promised", "Expected", "So far")),
    ]
    table = Table("weeks", "Expected cash by week", columns, empty="Nothing is expected in these weeks.")
    promised, so_far = _by_week(found, "promised"), 0
    for week, amount in sorted(_by_week(found, "by_day").items()):
        so_far += amount
        said = promised.get(week, 0)
        table.add(
            on(max(week, found.as_of + timedelta(days=1))),
            *(money(x, currency) for x in (amount - said, said, amount, so_far)),
        )
    return Chart(
        table, "stacked", currency, "Expected cash by week", ("By habit", "Promised"), colours=("soft", "main")
    )


def _expected_accounts(asked: Asked, found: Forecast) -> Table:
    currency = found.currency
    columns = [
        Column("Account"),
        *(Column(name, "money") for name in ("Open", "Past due", "Expected", "Promised", "Later", "Without an answer")),
        Column("Usually, days late", "number"),
        Column("Payments known", "number"),
    ]
    table = Table("accounts", "Expected cash by account", columns)
    usual = asked.views.kept(f"usual days {found.as_of}", lambda: usual_days(asked.views, found.as_of))
    ordered = sorted(found.accounts.items(), key=lambda entry: (-entry[1].expected, entry[0]))
    begin = (asked.filters.page - 1) * asked.rows
    chosen = ordered[begin : begin + asked.rows + 1]
    rows: list[dict[str, Any]] = []
    for name, result in chosen:
        tenant, entity, account_id = name.split("/", 2)
        rows.append({"tenant": tenant, "entity": entity, "account_id": account_id, "key": name, "result": result})
    for row in asked.named(rows):
        result = row["result"]
        days = usual.get(row["key"])
        amounts = (
            result.open,
            result.past_due,
            result.expected,
            sum(result.promised.values()),
            result.later,
            result.given_up + result.unanswered,
        )
        table.add(
            asked.account(row),
            *(money(x, currency) for x in amounts),
            Cell("not known") if days is None else number(days),
            number(result.payments),
        )
    return asked.cut(table)


# --- cash application ---

_MONTHS: Final = """
SELECT toDate32(toStartOfMonth(day)) AS month, sum(k.receipts) AS receipts, sum(k.received_minor) AS received, sum(k.cleared) AS cleared,
       sum(k.cleared_minor) AS cleared_amount, sum(k.straight_through) AS straight
FROM kpi_cash_application AS k
WHERE day > {since:Date32} AND day <= {as_of:Date32} AND currency = {currency:String} AND {WITHIN}
GROUP BY month ORDER BY month
"""
_UNFINISHED: Final = """
SELECT count() AS receipts FROM receipts
WHERE posting_date > {since:Date32} AND posting_date <= {as_of:Date32} AND currency = {currency:String}
  AND applied != booked AND unapplied != 0 AND NOT startsWith(account_id, '~') AND {WITHIN}
"""
_BY_RULE: Final = """
SELECT rule, count() AS applications, sum(amount) AS applied
FROM decisions
WHERE kind = 'cash_applied' AND posted_on > {since:Date32} AND posted_on <= {as_of:Date32} AND currency = {currency:String} AND {WITHIN}
GROUP BY rule ORDER BY applied DESC, rule
"""
_PROPOSALS: Final = """
SELECT tenant, entity, account_id, what, rule, receipt_id, amount, reasons, candidates, text, owner, raised_time, deadline
FROM open_exceptions
WHERE what IN ('proposal', 'exception') AND rule IN ('cash.proposed', 'cash.unidentified', 'cash.remittance_asked')
  AND currency = {currency:String} AND {owner:String} IN ('', owner) AND {WITHIN}
ORDER BY amount DESC, receipt_id, rule
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""


def cash_application(asked: Asked) -> Page:
    currency = asked.filters.currency
    months = asked.ask(_MONTHS, by_columns=True)
    [waiting] = asked.ask(_UNFINISHED)
    receipts, cleared, straight = (sum(row[name] for row in months) for name in ("receipts", "cleared", "straight"))
    received, cleared_amount = (sum(row[name] for row in months) for name in ("received", "cleared_amount"))
    of_period = f"of {receipts:,} receipts in the period"
    headlines = [
        compared(
            "Straight through",
            Fraction(100 * straight, receipts) if receipts else None,
            None,
            "%",
            "points",
            note=f"{of_period}: cleared in full, no person",
        ),
        compared(
            "Cleared in full",
            Fraction(100 * cleared, receipts) if receipts else None,
            None,
            "%",
            "points",
            note=f"{percent(cleared_amount, received).text} % of the money",
        ),
        Headline("Received", short_money(received, currency), currency, note="in the period, on known accounts"),
        Headline("Waiting", f"{waiting['receipts']:,}", "receipts", note="not or not wholly applied"),
    ]
    return Page(
        "Cash application",
        "Receipts as they are now, by the month of their posting date.",
        headlines,
        [
            Block("Receipts by month", _receipt_months(months, currency), False),
            Block("By rule", _rules(asked), False, explains="What cleared items, from certain to uncertain."),
            Block(
                "Waits for a person",
                _proposals(asked),
                explains="As it stands now: several answers, or a payer that nobody knows.",
            ),
        ],
        is_now=True,
    )


def _receipt_months(months: list[dict[str, Any]], currency: str) -> Chart:
    columns = [
        Column("Month", "month"),
        *(Column(name, "number") for name in ("Receipts", "Straight through", "Cleared with a person", "Not cleared")),
        Column("Received", "money"),
        Column("Straight through %", "percent"),
    ]
    table = Table("months", "Receipts by month", columns, empty="No receipt in the period.")
    for row in months:
        straight, cleared = row["straight"], row["cleared"]
        table.add(
            month(date.fromisoformat(row["month"])),
            *(number(x) for x in (row["receipts"], straight, cleared - straight, row["receipts"] - cleared)),
            money(row["received"], currency),
            percent(straight, row["receipts"]),
        )
    return Chart(
        table,
        "stacked",
        "receipts",
        "Receipts by month: straight through, with a person, not cleared",
        ("Straight through", "Cleared with a person", "Not cleared"),
        colours=("main", "soft", "alarm"),
    )


def _rules(asked: Asked) -> Chart:
    currency = asked.filters.currency
    table = Table(
        "rules",
        "Applications by rule",
        [Column("Rule"), Column("Applications", "number"), Column("Applied", "money")],
        empty="Nothing was applied.",
    )
    for row in asked.ask(_BY_RULE):
        table.add(
            text(row["rule"], note=short_of(row["rule"])), number(row["applications"]), money(row["applied"], currency)
        )
    return Chart(table, "bars", currency, "Amount applied by rule", ("Applied",), across=True)


def _proposals(asked: Asked) -> Table:
    currency = asked.filters.currency
    columns = [
        Column("Receipt"),
        Column("Account"),
        Column("Amount", "money"),
        Column("Why"),
        Column("Could be"),
        Column("Owner"),
        Column("Since", "time"),
    ]
    table = Table("proposals", "Receipts that wait for a person", columns, empty="No receipt waits for a person.")
    for row in asked.named(asked.ask(_PROPOSALS, by_collector=False)):
        why = ", ".join(reason.partition(":")[0].replace("_", " ") for reason in row["reasons"])
        table.add(
            text(row["receipt_id"], asked.waits(row, row["receipt_id"])),
            asked.account(row),
            money(row["amount"], currency),
            text(why, note=row["text"][:80]),
            text(", ".join(row["candidates"][:3]) + (" …" if len(row["candidates"]) > 3 else "")),
            text(row["owner"] or "nobody yet"),
            minute(row["raised_time"]),
        )
    return asked.cut(table)
