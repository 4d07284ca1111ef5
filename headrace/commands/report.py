"""headrace report: what is open, how old, and how fast money comes in, at the end of a day."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from headrace.amounts import grouped
from headrace.commands.common import WRONG_USAGE, no_such_day, print_json, say
from headrace.commands.tables import plain_console
from headrace.commands.views import Config, Directory, opened_views, say_if_after
from headrace.forecast import last_day
from headrace.formulas import rounded
from headrace.report import AGING, CEI_MONTHS, DSO_DAYS, Figure, Report, as_json, make_report


def report(
    as_of: Annotated[str, typer.Option("--as-of", help="The day to look from: YYYY-MM-DD.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="Leave out what was recorded later: YYYY-MM-DD[THH:MM[:SS]], UTC.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Only this currency.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="A list with one object for each currency.")] = False,
) -> None:
    """Report on every currency at the end of a day, by posting dates (docs/reports.md says each figure)."""
    day = _day(as_of)
    known_ms = None if known_at is None else _instant_ms(known_at)
    with opened_views(directory, config) as views:
        found = make_report(views, day, known_ms, currency)
        say_if_after(day, last_day(views))
    if json_output:
        print_json([as_json(each) for each in found])
        return
    if not found:
        say(f"nothing{f' in {currency}' if currency else ''} by {day}: has publish run?")
    for each in found:
        show(each)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        say(f"--as-of {text}: {no_such_day(error) or 'write a day as YYYY-MM-DD'}")
        raise typer.Exit(WRONG_USAGE) from None


def _instant_ms(text: str) -> int:
    """A day means its end; a time without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        how = "write a time as YYYY-MM-DDTHH:MM:SS, or a day as YYYY-MM-DD"
        say(f"--known-at {text}: {no_such_day(error) or how}")
        raise typer.Exit(WRONG_USAGE) from None
    if len(text) == len("YYYY-MM-DD"):
        found = found.replace(hour=23, minute=59, second=59, microsecond=999_000)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1000)


def show(report: Report) -> None:
    """A report as a table on stdout."""
    code = report.currency
    table = Table(title=f"{code} at the end of {report.as_of} (days and times are UTC)", title_justify="left")
    table.add_column("")
    table.add_column("number", justify="right")
    table.add_column(code, justify="right")

    def line(name: str, figure: Figure) -> None:
        table.add_row(name, f"{figure.number:,}", grouped(figure.amount_minor, code))

    line("Invoiced since the start", report.invoiced)
    line("Open invoices", report.open)
    for name, figure in zip(AGING, report.aging, strict=True):
        line(f"  {name if name == 'current' else f'{name} days past due'}", figure)
    line("Past due", report.past_due)
    line("Open credits", report.open_credits)
    line("Unapplied receipts", report.unapplied)
    line("On account", report.on_account)
    line("Unidentified receipts", report.unidentified)
    line("Disputed since the start", report.disputed)
    line("Paid late or still late, since the start", report.late)
    table.add_section()
    pace = report.pace
    table.add_row("Receivables", "", grouped(pace.receivables_minor, code))
    # What is too high while some of its sales are missing.
    most = "<= " if pace.sales_missing else ""
    for name, bound, value, unit in (
        (f"DSO over {DSO_DAYS} days", most, pace.dso, "days"),
        ("Best possible DSO", most, pace.bpdso, "days"),
        ("Average days delinquent", most, pace.add, "days"),
        (f"Collection effectiveness over {CEI_MONTHS} months", "", pace.cei, "%"),
        ("Mean days to settle", "", report.mean_days_to_settle, "days"),
    ):
        exact = rounded(value, 1)
        table.add_row(name, "", "no answer" if exact is None else f"{bound}{exact:,} {unit}")
    at_least = ">= " if pace.countback.exhausted else ""
    nothing = pace.dso is None and not pace.receivables_minor
    counted = "no answer" if nothing else f"{at_least}{rounded(pace.countback.days, 1):,} days"
    table.add_row("DSO by counting back", "", counted)
    plain_console().print(table)
