"""The tables at the end of headrace demo: what came of the distributor, in the words of who works with it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from rich.console import Console

from headrace.amounts import grouped
from headrace.commands.tables import Column, Listing
from headrace.forecast import day_of, make_forecast
from headrace.formulas import rounded
from headrace.overdue import PASSED, TASK_AT_END
from headrace.report import Report
from sinks.clickhouse.reading import Views

FORECAST_DAYS: Final = 28
# Columns of minor units, and of numbers.
_MONEY: Final = ("amount", "credited", "recovered", "open", "exposure", "limit")
_NUMBERS: Final = (
    *_MONEY,
    *("number", "share", "step", "suppressed", "sent", "viewed", "acknowledged"),
    *("rejected", "exceptions", "proposals", "tasks", "overdue", "rejected still"),
)


def show_tables(shown: Console, views: Views, base: str, reports: Sequence[Report], last: date) -> None:
    """All of them, of money in the base currency, as it stands after the last day."""
    _by_currency(reports).show(shown)
    values = {"base": base, "now": f"{last + timedelta(days=1)} 00:00:00"}
    for title, sql in TABLES:
        _print_table(shown, views, title, sql, values)
    _show_forecast(shown, views, base, last)


def _by_currency(reports: Sequence[Report]) -> Listing:
    """A line for each currency."""
    title = f"All currencies at the end of {reports[0].as_of}" if reports else "All currencies: nothing"
    names = ("currency", "open", "past due", "unapplied", "unidentified", "DSO")
    listing = Listing([Column(name, right=name != "currency") for name in names], title)
    for r in reports:
        figures = (r.open, r.past_due, r.unapplied, r.unidentified)
        dso = rounded(r.pace.dso, 1)
        listing.add(
            r.currency,
            *[grouped(f.amount_minor, r.currency) for f in figures],
            "" if dso is None else f"{'<= ' if r.pace.sales_missing else ''}{dso}",
        )
    return listing


def _print_table(shown: Console, views: Views, title: str, sql: str, values: Mapping[str, str]) -> None:
    answer = views.ask(sql, values)
    in_base = ", {base}".format(**values) if "{base:String}" in sql else ""
    nothing = "" if answer.rows else ": nothing"
    numeric = [name in _NUMBERS for name in answer.names]
    columns = [
        Column(name, right=right, wraps_at=0 if right else 16)
        for name, right in zip(answer.names, numeric, strict=True)
    ]
    listing = Listing(columns, title + in_base + nothing)
    for row in answer.rows:
        listing.add(*[_cell(name, value, values["base"]) for name, value in zip(answer.names, row, strict=True)])
    listing.show(shown)


def _cell(name: str, value: Any, base: str) -> str:
    if value is None:
        return ""
    if name in _MONEY:
        return grouped(value, base)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _show_forecast(shown: Console, views: Views, base: str, last: date) -> None:
    """Expected cash by week, of what is open after the last day."""
    for found in make_forecast(views, last, FORECAST_DAYS, "", base):
        names = ("week from", "expected", "promised", "so far")
        listing = Listing([Column(name, right=name != "week from") for name in names], f"Expected cash, {base}")
        so_far = 0
        for first in range(1, FORECAST_DAYS, 7):
            days = [last + timedelta(days=first + day) for day in range(7)]
            expected = sum(x for day, x in found.total.by_day.items() if day_of(day) in days)
            promised = sum(x for day, x in found.total.promised.items() if day_of(day) in days)
            so_far += expected
            listing.add(f"{days[0]}", grouped(expected, base), grouped(promised, base), grouped(so_far, base))
        listing.show(shown)


TABLES: Final = (
    (
        "Drafts: released and held",
        """
        SELECT if(released, 'released', 'held') AS state, count() AS number, sum(billed) AS amount,
               arrayStringConcat(topK(3)(if(released OR empty(why), '', splitByChar(':', why[1])[1])), ', ') AS `mostly for`
        FROM (
            SELECT tenant, entity, account_id, document, any(currency) AS currency,
                   argMax(kind, sequence) = 'invoice_released' AS released, argMax(amount, sequence) AS billed,
                   argMax(reasons, sequence) AS why
            FROM decisions WHERE kind IN ('invoice_held', 'invoice_released')
            GROUP BY tenant, entity, account_id, document
        ) WHERE currency = {base:String} GROUP BY released ORDER BY released DESC
        """,
    ),
    (
        "Reminders by step",
        """
        SELECT level AS step, countIf(kind = 'reminder_due') AS sent, countIf(kind = 'reminder_suppressed') AS suppressed
        FROM decisions WHERE kind IN ('reminder_due', 'reminder_suppressed') GROUP BY level ORDER BY level
        """,
    ),
    (
        "Cash application",
        """
        SELECT rule, count() AS number, sum(amount) AS amount
        FROM decisions WHERE kind = 'cash_applied' AND currency = {base:String} GROUP BY rule ORDER BY rule
        """,
    ),
    (
        "Receipts",
        """
        SELECT state, number, concat(toString(round(100 * number / all_of_them, 1)), ' %') AS share FROM (
            SELECT sum(receipts) AS all_of_them, sum(cleared) AS in_full, sum(straight_through) AS alone,
                   [('applied in full, by no person', alone), ('applied in full, with a person', in_full - alone),
                    ('not all applied to items', all_of_them - in_full)] AS parts
            FROM kpi_cash_application WHERE currency = {base:String}
        ) ARRAY JOIN parts.1 AS state, parts.2 AS number WHERE number != 0
        """,
    ),
    (
        "Disputes by category",
        """
        SELECT text AS category, count() AS number, sum(amount) AS amount
        FROM decisions WHERE kind = 'dispute_opened' AND currency = {base:String} GROUP BY category ORDER BY number DESC, category
        """,
    ),
    (
        "Deductions by category",
        """
        SELECT category, sum(opened) AS number, sum(opened_minor) AS amount, sum(credited_minor) AS credited,
               sum(recovered_minor) AS recovered, sum(net_minor) AS open
        FROM kpi_deductions WHERE currency = {base:String} GROUP BY category ORDER BY amount DESC, category
        """,
    ),
    (
        "Promises",
        """
        SELECT substring(state, 9) AS state, count() AS number, sum(promised) AS amount FROM (
            SELECT tenant, entity, account_id, reference_id, any(currency) AS currency, any(amount) AS promised,
                   argMax(kind, sequence) AS state
            FROM decisions WHERE startsWith(kind, 'promise_') GROUP BY tenant, entity, account_id, reference_id
        ) WHERE currency = {base:String} GROUP BY state ORDER BY state
        """,
    ),
    (
        "How invoices went out, as their channels say",
        """
        SELECT channel, count() AS sent, countIf(viewed) AS viewed, countIf(acknowledged) AS acknowledged,
               countIf(refused) AS rejected, countIf(status = 'rejected') AS `rejected still`
        FROM (
            SELECT argMaxIf(channel, sequence, channel != '') AS channel, argMax(text, sequence) AS status,
                   countIf(text = 'viewed') > 0 AS viewed, countIf(text = 'acknowledged') > 0 AS acknowledged,
                   countIf(text = 'rejected') > 0 AS refused
            FROM decisions WHERE kind = 'delivery_status' GROUP BY tenant, entity, account_id, document
        ) GROUP BY channel ORDER BY channel
        """,
    ),
    (
        "Customers on credit hold",
        """
        SELECT account_id AS account, exposure, nullIf(credit_limit, 0) AS limit,
               arrayStringConcat(arrayMap(x -> replaceAll(splitByChar(':', x)[1], '_', ' '), held_for), ', ') AS for,
               toDate(held_since) AS since
        FROM credit WHERE held AND currency = {base:String} AND NOT startsWith(account_id, '~')
        ORDER BY exposure DESC, account_id LIMIT 8
        """,
    ),
    (
        "Approvals",
        """
        SELECT category, if(status = 'open', 'waits', status) AS state, count() AS number, sum(amount) AS amount
        FROM approvals WHERE currency = {base:String} GROUP BY category, state ORDER BY category, state
        """,
    ),
    (
        "Approvals that wait",
        """
        SELECT approval_id AS id, amount, asked AS `who may`, toDate(deadline) AS until
        FROM open_approvals WHERE currency = {base:String}
        ORDER BY deadline, approval_id LIMIT 8
        """,
    ),
    (
        "What waits for whom",
        """
        SELECT if(owner = '', 'nobody yet', owner) AS owner, countIf(what = 'exception') AS exceptions,
               countIf(what = 'proposal') AS proposals, countIf(what = 'task') AS tasks,
               countIf("""
        + PASSED
        + """ OR (what = 'task' AND (tenant, entity, account_id, exception_id) IN (
                   SELECT tenant, entity, account_id, task_id FROM open_tasks WHERE """
        + TASK_AT_END
        + """))) AS overdue
        FROM open_exceptions GROUP BY owner ORDER BY exceptions + proposals + tasks DESC, owner
        """,
    ),
)
