"""The first page: the headline figures against the month before, and where to look."""

from dataclasses import replace
from typing import Final

from headrace.formulas import months_before
from headrace.report import Report, make_report
from headrace.trend import Point, make_trend, month_ends
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import (
    BAD_IF_MORE,
    GOOD_IF_MORE,
    Chart,
    Column,
    Headline,
    Table,
    compared,
    compared_money,
    decimal,
    money,
    number,
    on,
    percent,
    short_money,
    text,
)
from headrace.web.pages.aging import buckets, by_account, by_month
from headrace.web.pages.cash import MONTH_DAYS, expected_of, within

MOST_OWING: Final = 8
_LATE: Final = "toUnixTimestamp64Milli(deadline) != 0 AND deadline < toDateTime64({now:String}, 3, 'UTC')"
# Each with no row where nothing is open: there is always one.
_WORK: Final = f"""
SELECT desk, open, late FROM (
    SELECT 1 AS place, 'exceptions' AS desk, count() AS open, countIf({_LATE}) AS late FROM open_exceptions
    WHERE what = 'exception' AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 2, 'proposals', count(), countIf({_LATE}) FROM open_exceptions
    WHERE what = 'proposal' AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 3, 'tasks', count(), countIf({_LATE}) FROM open_tasks WHERE {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 4, 'disputes', count(), countIf({_LATE}) FROM disputes
    WHERE status != 'closed' AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 5, 'approvals', count(), countIf({_LATE}) FROM open_approvals WHERE {{WITHIN}}
) ORDER BY place
"""
_DESKS: Final = {
    "exceptions": ("Exceptions", "/exceptions"),
    "proposals": ("Cash that is proposed", "/cash-application"),
    "tasks": ("Tasks of collectors", "/collections"),
    "disputes": ("Disputes", "/disputes"),
    "approvals": ("Approvals", "/exceptions"),
}


def overview(asked: Asked) -> Page:
    filters = asked.filters
    reports = make_report(asked.views, filters.as_of, scope=filters.scope)
    before = make_report(asked.views, months_before(filters.as_of, 1), scope=filters.scope)
    now = next((each for each in reports if each.currency == filters.currency), None)
    if now is None:
        return Page("Overview", "Nothing was open or sold in this currency by that day.")
    then = next((each for each in before if each.currency == filters.currency), None)
    points = make_trend(asked.views, month_ends(filters.as_of, filters.months), filters.currency, filters.scope)
    currency = filters.currency
    expected = within(expected_of(asked, MONTH_DAYS), MONTH_DAYS)
    in_month = Headline(
        "Expected in 30 days",
        short_money(expected, currency),
        currency,
        note="by how each has paid",
        href=asked.link("/forecast"),
    )
    by_age = Chart(
        buckets(now.aging, currency), "bars", currency, "Open amount by days past due", ["Amount"], ramp=True
    )
    owing = by_account(replace(asked, rows=MOST_OWING, filters=replace(filters, page=1)))
    owing.paged = False
    return Page(
        "Overview",
        headlines=[*_headlines(now, then, asked), in_month],
        blocks=[
            Block("Open by age", by_age, False, href=asked.link("/aging")),
            Block("Days sales outstanding", dso_by_month(points), False, href=asked.link("/dso")),
            Block("Receivables month by month", by_month(points, currency), False, href=asked.link("/aging")),
            Block("Work that waits", _work(asked), False, explains="In all currencies, at the end of the log."),
            Block("Most past due", owing, href=asked.link("/aging")),
            Block("By currency", _currencies(reports, asked), explains="Each in its own; nothing is converted."),
        ],
    )


def _work(asked: Asked) -> Table:
    """Of each kind of work how much is open, and how much of it is late."""
    table = Table("work", "Work that waits", [Column("What"), Column("Open", "number"), Column("Overdue", "number")])
    for row in asked.ask(_WORK, by_collector=False):
        name, path = _DESKS[row["desk"]]
        table.add(text(name, asked.link(path)), number(row["open"]), number(row["late"], tone="bad"))
    return table


def _headlines(now: Report, then: Report | None, asked: Asked) -> list[Headline]:
    code = now.currency
    past, past_then = now.past_due.amount_minor, None if then is None else then.past_due.amount_minor
    pace, pace_then = now.pace, None if then is None else then.pace
    share = percent(past, now.open.amount_minor).text
    return [
        compared_money(
            "Receivables",
            pace.receivables_minor,
            None if pace_then is None else pace_then.receivables_minor,
            code,
            note="open less credits and cash",
            href=asked.link("/cash"),
        ),
        compared_money(
            "Past due", past, past_then, code, BAD_IF_MORE, f"{share} % of what is open", asked.link("/aging")
        ),
        compared(
            "DSO",
            pace.dso,
            None if pace_then is None else pace_then.dso,
            "days",
            "days",
            BAD_IF_MORE,
            "over 90 days",
            asked.link("/dso"),
        ),
        compared(
            "CEI",
            pace.cei,
            None if pace_then is None else pace_then.cei,
            "%",
            "points",
            GOOD_IF_MORE,
            "collection effectiveness over 3 months",
            asked.link("/dso"),
        ),
        compared_money(
            "Cash to apply",
            _loose(now),
            None if then is None else _loose(then),
            code,
            BAD_IF_MORE,
            "unapplied and unidentified",
            asked.link("/cash-application"),
        ),
    ]


def _loose(report: Report) -> int:
    return report.unapplied.amount_minor + report.unidentified.amount_minor


def dso_by_month(points: list[Point]) -> Chart:
    columns = [
        Column("Day", "day"),
        Column("DSO", "days"),
        Column("Best possible DSO", "days"),
        Column("Average days delinquent", "days"),
        Column("By counting back", "days"),
    ]
    table = Table("dso", "Days sales outstanding at the end of each month", columns)
    for point in points:
        pace = point.pace
        table.add(
            on(point.as_of), decimal(pace.dso), decimal(pace.bpdso), decimal(pace.add), decimal(pace.countback.days)
        )
    return Chart(
        table, "line", "days", "DSO and best possible DSO at the end of each month", ("DSO", "Best possible DSO")
    )


def _currencies(reports: list[Report], asked: Asked) -> Table:
    columns = [
        Column("Currency"),
        Column("Receivables", "money"),
        Column("Past due", "money"),
        Column("DSO, days", "days"),
    ]
    table = Table("currencies", "Receivables by currency", columns)
    for each in reports:
        code = each.currency
        href = asked.link("/", currency=code) if code in asked.known.currencies else ""
        table.add(
            text(code, href),
            money(each.pace.receivables_minor, code),
            money(each.past_due.amount_minor, code),
            decimal(each.pace.dso),
        )
    return table


def dso(asked: Asked) -> Page:
    filters = asked.filters
    points = make_trend(asked.views, month_ends(filters.as_of, filters.months), filters.currency, filters.scope)
    if not points:
        return Page("DSO", "Nothing was sold in this currency by that day.")
    now, then = points[-1].pace, None if len(points) < 2 else points[-2].pace
    earlier = [None] * 4 if then is None else [then.dso, then.bpdso, then.add, then.cei]
    at_least = (
        "at least: all sales known do not reach"
        if now.countback.exhausted
        else "months of sales taken off, latest first"
    )
    headlines = [
        compared("DSO", now.dso, earlier[0], "days", "days", BAD_IF_MORE, "over 90 days"),
        compared("Best possible DSO", now.bpdso, earlier[1], "days", "days", note="if nothing were past due"),
        compared("Average days delinquent", now.add, earlier[2], "days", "days", BAD_IF_MORE, "the difference"),
        compared("By counting back", now.countback.days, None, "days", "days", note=at_least),
        compared("Collection effectiveness", now.cei, earlier[3], "%", "points", GOOD_IF_MORE, "over 3 months"),
    ]
    return Page(
        "DSO",
        "Receivables against the sales of the last 90 days, without affiliates and charged interest. Changes are against the month's end before.",
        headlines,
        [
            Block("DSO by month", dso_by_month(points)),
            Block("Collection effectiveness by month", _cei_by_month(points), False),
            Block("Receivables by month", by_month(points, filters.currency), False),
        ],
    )


def _cei_by_month(points: list[Point]) -> Chart:
    table = Table(
        "cei", "Collection effectiveness at the end of each month", [Column("Day", "day"), Column("CEI %", "percent")]
    )
    for point in points:
        table.add(on(point.as_of), decimal(point.pace.cei))
    return Chart(table, "line", "%", "Collection effectiveness at the end of each month", ("CEI %",))
