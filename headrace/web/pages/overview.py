"""The first page: the headline figures against the month before, and where to look."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Final

from headrace import overdue
from headrace.formulas import months_before
from headrace.report import Pace
from headrace.trend import Point, make_trend, make_trends, month_ends
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import (
    AT_LEAST,
    AT_MOST,
    BAD_IF_MORE,
    GOOD_IF_MORE,
    NEITHER,
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
from headrace.web.pages.aging import by_account, by_age, by_month
from headrace.web.pages.cash import MONTH_DAYS

MOST_OWING: Final = 8
# Each with no row where nothing is open: there is always one.
_WORK: Final = f"""
SELECT desk, open, late FROM (
    SELECT told.1 AS place, told.2 AS desk, told.3 AS open, told.4 AS late
    FROM (
        SELECT countIf(what = 'exception') AS exceptions, countIf(what = 'exception' AND {overdue.PASSED}) AS late_exceptions,
               countIf(what = 'proposal') AS proposals, countIf(what = 'proposal' AND {overdue.PASSED}) AS late_proposals
        FROM open_exceptions WHERE {{owner:String}} IN ('', owner) AND {{WITHIN}}
    )
    ARRAY JOIN [(1, 'exceptions', exceptions, late_exceptions), (2, 'proposals', proposals, late_proposals)] AS told
    UNION ALL
    SELECT 3, 'tasks', count(), countIf({overdue.TASK}) FROM open_tasks WHERE {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 4, 'disputes', count(), countIf({overdue.DISPUTE}) FROM disputes
    WHERE status != 'closed' AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
    UNION ALL
    SELECT 5, 'approvals', count(), countIf({overdue.PASSED}) FROM open_approvals WHERE {{WITHIN}}
) ORDER BY place
"""
# An item's open debit is the sum of what was posted to it, each posting with the item's due date.
_FALLS_DUE: Final = """
SELECT sum(open_debit_change) AS due FROM decisions
WHERE currency = {currency:String} AND posted_on <= {as_of:Date32} AND due_date > {as_of:Date32}
  AND due_date <= {until:Date32} AND {WITHIN}
"""
_DESKS: Final = {
    "exceptions": ("Exceptions", "/exceptions"),
    "proposals": ("Cash that is proposed", "/cash-application"),
    "tasks": ("Tasks of collectors", "/collections"),
    "disputes": ("Disputes", "/disputes"),
    "approvals": ("Approvals", "/exceptions"),
}


def overview(asked: Asked) -> Page:
    filters, currency = asked.filters, asked.filters.currency
    earlier = months_before(filters.as_of, 1)
    ends = month_ends(filters.as_of, filters.months)
    # The day a month before is looked at in the same question; it may be a month's end itself.
    trends = make_trends(asked.views, sorted({*ends, earlier}), filters.scope)
    found = {point.as_of: point for point in trends.get(currency, [])}
    if filters.as_of not in found:
        return Page("Overview", "Nothing was posted in this currency by that day.")
    points = [found[day] for day in ends if day in found]
    now = points[-1]
    owing, counts = by_account(asked.first(MOST_OWING))
    owing.paged = False
    return Page(
        "Overview",
        "Changes are against the same day a month before; charts show the ends of months.",
        headlines=_headlines(asked, now, found.get(earlier)),
        blocks=[
            Block("Open by age", by_age(now, counts, currency), False, href=asked.link("/aging")),
            Block("Days sales outstanding", dso_by_month(points), False, href=asked.link("/dso")),
            Block("Receivables month by month", by_month(points, currency), False, href=asked.link("/aging")),
            Block("Work that waits", _work(asked), False, explains="In all currencies, at the end of the log."),
            Block("Most past due", owing, href=asked.link("/aging")),
            Block("By currency", _currencies(trends, asked), explains="Each in its own; nothing is converted."),
        ],
    )


def _work(asked: Asked) -> Table:
    """Of each kind of work how much is open, and how much of it is late."""
    table = Table("work", "Work that waits", [Column("What"), Column("Open", "number"), Column("Overdue", "number")])
    for row in asked.ask(_WORK, by_collector=False):
        name, path = _DESKS[row["desk"]]
        table.add(text(name, asked.link(path)), number(row["open"]), number(row["late"], tone="bad"))
    return table


def _headlines(asked: Asked, now: Point, then: Point | None) -> list[Headline]:
    """Each against the month before, where there was one."""
    code, pace = asked.filters.currency, now.pace
    was = None if then is None else then.pace
    share = percent(now.past_due_minor, now.open_minor).text
    [due] = asked.ask(_FALLS_DUE, {"until": (now.as_of + timedelta(days=MONTH_DAYS)).isoformat()})
    loose = now.unapplied + now.unidentified
    loose_then = None if then is None else then.unapplied + then.unidentified
    before = None if was is None else was.receivables_minor
    past_before = None if then is None else then.past_due_minor
    dso_before, cei_before = (None, None) if was is None else (_comparable(was.dso, was), was.cei)
    past_note = f"{share} % of what is open"
    cash_note = "unapplied and unidentified"
    to_dso = asked.link("/dso")
    to_cash = asked.link("/cash-application")
    return [
        compared_money(
            "Receivables", pace.receivables_minor, before, code, NEITHER, "less credits and cash", asked.link("/cash")
        ),
        compared_money("Past due", now.past_due_minor, past_before, code, BAD_IF_MORE, past_note, asked.link("/aging")),
        compared("DSO", pace.dso, dso_before, "days", "days", BAD_IF_MORE, _over_90_days(pace), to_dso, _bound(pace)),
        compared("CEI", pace.cei, cei_before, "%", "points", GOOD_IF_MORE, "collection effectiveness", to_dso),
        compared_money("Cash to apply", loose, loose_then, code, BAD_IF_MORE, cash_note, to_cash),
        Headline(
            "Due in 30 days", short_money(due["due"], code), code, note="of what is open", href=asked.link("/forecast")
        ),
    ]


def _comparable(value: Fraction | None, of: Pace) -> Fraction | None:
    """What was at most so much is nothing to compare with."""
    return None if of.sales_missing else value


def _bound(pace: Pace) -> str:
    """Of DSO and its parts."""
    return AT_MOST if pace.sales_missing else ""


def _counted(pace: Pace) -> str:
    """Of DSO by counting back."""
    return AT_LEAST if pace.countback.exhausted else ""


def _over_90_days(pace: Pace) -> str:
    return "over 90 days; sales of before a take-over are not known" if pace.sales_missing else "over 90 days"


def dso_by_month(points: list[Point]) -> Chart:
    columns = [
        Column("Day", "day"),
        Column("DSO", "days"),
        Column("Best possible DSO", "days"),
        Column("Average days delinquent", "days"),
        Column("By counting back", "days"),
    ]
    if is_missing := any(point.pace.sales_missing for point in points):
        columns.append(Column("Sales"))
    table = Table("dso", "Days sales outstanding at the end of each month", columns)
    for point in points:
        pace = point.pace
        parts = (decimal(part, bound=_bound(pace)) for part in (pace.dso, pace.bpdso, pace.add))
        known = text("not all known" if pace.sales_missing else "known")
        table.add(
            on(point.as_of),
            *parts,
            decimal(pace.countback.days, bound=_counted(pace)),
            *([known] if is_missing else []),
        )
    return Chart(
        table, "line", "days", "DSO and best possible DSO at the end of each month", ("DSO", "Best possible DSO")
    )


def _currencies(trends: Mapping[str, list[Point]], asked: Asked) -> Table:
    columns = [Column("Currency"), *(Column(name, "money") for name in ("Receivables", "Open", "Past due"))]
    table = Table("currencies", "Receivables by currency", [*columns, Column("DSO, days", "days")])
    for code, points in trends.items():
        if not points:
            continue
        now = points[-1]
        amounts = (now.pace.receivables_minor, now.open_minor, now.past_due_minor)
        href = asked.link("/", currency=code) if code in asked.known.currencies else ""
        table.add(
            text(code, href),
            *(money(minor, code) for minor in amounts),
            decimal(now.pace.dso, bound=_bound(now.pace)),
        )
    return table


def dso(asked: Asked) -> Page:
    filters = asked.filters
    day_before, ends = months_before(filters.as_of, 1), month_ends(filters.as_of, filters.months)
    found = {
        point.as_of: point
        for point in make_trend(asked.views, sorted({*ends, day_before}), filters.currency, filters.scope)
    }
    if filters.as_of not in found:
        return Page("DSO", "Nothing was sold in this currency by that day.")
    points = [found[day] for day in ends if day in found]
    now, then = points[-1].pace, None if day_before not in found else found[day_before].pace
    earlier = (
        [None] * 4 if then is None else [*(_comparable(x, then) for x in (then.dso, then.bpdso, then.add)), then.cei]
    )
    bound = _bound(now)
    reach = "all sales known do not reach" if now.countback.exhausted else "months of sales taken off, latest first"
    headlines = [
        compared("DSO", now.dso, earlier[0], "days", "days", BAD_IF_MORE, _over_90_days(now), bound=bound),
        compared(
            "Best possible DSO", now.bpdso, earlier[1], "days", "days", NEITHER, "if nothing were past due", "", bound
        ),
        compared(
            "Average days delinquent", now.add, earlier[2], "days", "days", BAD_IF_MORE, "the difference", "", bound
        ),
        compared("By counting back", now.countback.days, None, "days", "days", note=reach, bound=_counted(now)),
        compared("Collection effectiveness", now.cei, earlier[3], "%", "points", GOOD_IF_MORE, "over 3 months"),
    ]
    return Page(
        "DSO",
        "Receivables against the sales of the last 90 days, without affiliates and charged interest. Changes are against the same day a month before; charts show the ends of months.",
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
