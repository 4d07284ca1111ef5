"""headrace forecast: what cash is expected on which day from whom; and how good such forecasts were."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from headrace.amounts import grouped, plain
from headrace.commands.common import WRONG_USAGE, no_such_day, print_json, say
from headrace.commands.tables import Column, Listing, plain_console
from headrace.commands.views import Config, Directory, opened_views, say_if_after
from headrace.forecast import (
    Expected,
    Forecast,
    Window,
    back_test,
    day_of,
    last_day,
    make_forecast,
    off_by,
    usual_days,
)

EPOCH: Final = date(1970, 1, 1)
# Accounts that the table names; --json has all.
SHOWN: Final = 10
# Of more days than these the table has a line for each week; --json has all days.
DAYS_SHOWN: Final = 14
WEEK: Final = 7


def forecast(
    directory: Directory = None,
    config: Config = None,
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day to look from: YYYY-MM-DD.", show_default="the last day of the log")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days to look ahead.")] = 30,
    account: Annotated[str, typer.Option(help="Only this account.")] = "",
    currency: Annotated[str, typer.Option(help="Only this currency.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Forecast the past, and compare with what was received.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="A list with one object for each currency.")] = False,
) -> None:
    """Expected cash by day and account, from due dates, promises and how each payer has paid (docs/forecast.md).

    The table is by week, of up to 14 days by day, with the accounts that most is expected of; --json has every day and account.
    """
    wanted = _day(as_of) if as_of else None
    with opened_views(directory, config) as views:
        if check:
            windows = [w for w in back_test(views, days) if currency in ("", w.currency)]
            print_json(_checked(windows)) if json_output else _show_check(windows, days)
            return
        last = last_day(views)
        day = wanted or last
        if day is None:
            say("nothing was published yet: has publish run?")
            raise typer.Exit(0)
        say_if_after(day, last)
        found = make_forecast(views, day, days, account, currency)
        usual = usual_days(views, day)
    if json_output:
        print_json([_as_json(each, usual) for each in found])
        return
    if not found:
        say(f"nothing is open on {day}{f' of {account}' if account else ''}")
    for each in found:
        _show(each, usual)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        say(f"--as-of {text}: {no_such_day(error) or 'write a day as YYYY-MM-DD'}")
        raise typer.Exit(WRONG_USAGE) from None


# --- a forecast ---


def _sums(result: Expected, currency: str) -> dict[str, Any]:
    return {
        "open": plain(result.open, currency),
        "past_due": plain(result.past_due, currency),
        "disputed": plain(result.disputed, currency),
        "covered": plain(result.covered, currency),
        "expected": plain(result.expected, currency),
        "promised": plain(sum(result.promised.values()), currency),
        "later": plain(result.later, currency),
        "given_up": plain(result.given_up, currency),
        "unanswered": plain(result.unanswered, currency),
        "payments": result.payments,
    }


def _as_json(found: Forecast, usual: Any) -> dict[str, Any]:
    code = found.currency
    return {
        "as_of": found.as_of.isoformat(),
        "days": found.days,
        "currency": code,
        **_sums(found.total, code),
        "by_day": [
            {
                "date": day_of(day).isoformat(),
                "expected": plain(amount, code),
                "promised": plain(found.total.promised.get(day, 0), code),
            }
            for day, amount in sorted(found.total.by_day.items())
        ],
        "accounts": [
            {
                "account": name,
                **_sums(result, code),
                "usual_days_late": usual.get(name),
                "by_day": [
                    {"date": day_of(day).isoformat(), "expected": plain(amount, code)}
                    for day, amount in sorted(result.by_day.items())
                ],
            }
            for name, result in found.accounts.items()
        ],
    }


def _show(found: Forecast, usual: Any) -> None:
    code, total = found.currency, found.total
    until = found.as_of + timedelta(days=found.days)
    console = plain_console()
    table = Table(
        title=f"{code}: cash expected from {found.as_of + timedelta(days=1)} to {until}", title_justify="left"
    )
    for name in ("day" if found.days <= DAYS_SHOWN else "week from", "expected", "promised", "so far"):
        table.add_column(name, justify="left" if name in ("day", "week from") else "right")
    for row in _periods(found):
        table.add_row(*row)
    table.add_section()
    for name, part in (
        (f"Open on {found.as_of}", total.open),
        ("  less credits, unapplied cash", -total.covered),
        (f"  less expected after {until}", -total.later),
        (f"  less given up, of {grouped(total.disputed, code)} disputed", -total.given_up),
        ("  less what no payment so far speaks for", -total.unanswered),
        ("Expected in these days", total.expected),
    ):
        table.add_row(name, "", "", grouped(part, code))
    console.print(table)
    names = ("account", "open", "past due", "expected", "later", "no answer", "usually pays")
    accounts = Listing([Column(name, right=name != "account") for name in names], title="By account")
    # Where all are of one company, it need not be said.
    companies = {name.rpartition("/")[0] for name in found.accounts}
    ordered = sorted(found.accounts.items(), key=lambda entry: (-entry[1].expected, entry[0]))
    for name, result in ordered[:SHOWN]:
        accounts.add(
            name if len(companies) > 1 else name.rpartition("/")[2],
            grouped(result.open, code),
            grouped(result.past_due, code),
            grouped(result.expected, code),
            grouped(result.later, code),
            grouped(result.given_up + result.unanswered, code),
            _lateness(usual.get(name)),
        )
    accounts.show(console)
    if len(ordered) > SHOWN:
        say(f"{len(ordered) - SHOWN} more accounts are in --json")
    print(
        f"Made of {total.payments:,} payments of these accounts. How near such forecasts came: headrace forecast --check"
    )


def _periods(found: Forecast) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the table, a day or a week each: expected, of it promised, expected until then."""
    code, total = found.currency, found.total
    first = (found.as_of - EPOCH).days + 1
    step = 1 if found.days <= DAYS_SHOWN else WEEK
    so_far = 0
    for start in range(first, first + found.days, step):
        days = range(start, min(start + step, first + found.days))
        expected = sum(total.by_day.get(day, 0) for day in days)
        promised = sum(total.promised.get(day, 0) for day in days)
        so_far += expected
        said = grouped(promised, code) if promised else ""
        yield f"{day_of(start)} {day_of(start):%a}", grouped(expected, code), said, grouped(so_far, code)


def _lateness(days: int | None) -> str:
    """Half of the payments had come by then."""
    if days is None:
        return "unknown"
    if not days:
        return "on the day"
    return f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'late' if days > 0 else 'early'}"


# --- how good it was ---


def _checked(windows: list[Window]) -> list[dict[str, Any]]:
    found = []
    for code, some in groupby(sorted(windows, key=lambda w: (w.currency, w.as_of)), key=lambda w: w.currency):
        of = list(some)
        off, received = off_by(of, "expected")
        plainly, _ = off_by(of, "on_due_dates")
        found.append(
            {
                "currency": code,
                "windows": [
                    {
                        "as_of": w.as_of.isoformat(),
                        "open": plain(w.open, code),
                        "expected": plain(w.expected, code),
                        "received": plain(w.received, code),
                        "received_in_all": plain(w.received_in_all, code),
                        "on_due_dates": plain(w.on_due_dates, code),
                    }
                    for w in of
                ],
                "expected": plain(sum(w.expected for w in of), code),
                "received": plain(received, code),
                "off_percent": _percent(off, received),
                "off_percent_on_due_dates": _percent(plainly, received),
            }
        )
    return found


def _percent(off: int, received: int) -> float | None:
    """To a tenth, half up."""
    return (2_000 * off + received) // (2 * received) / 10 if received else None


def _show_check(windows: list[Window], days: int) -> None:
    if not windows:
        say(f"no {days} days of the past have payments before them and after them")
        return
    for each in _checked(windows):
        code = each["currency"]
        names = ("as of", "open", "expected", "received of it", "off by", "if paid when due", "received in all")
        title = f"{code}: forecasts of the past for {days} days, and what came"
        listing = Listing([Column(name, right=name != "as of") for name in names], title)
        for w in sorted((w for w in windows if w.currency == code), key=lambda w: w.as_of):
            listing.add(
                f"{w.as_of}",
                grouped(w.open, code),
                grouped(w.expected, code),
                grouped(w.received, code),
                grouped(w.expected - w.received, code),
                grouped(w.on_due_dates, code),
                grouped(w.received_in_all, code),
            )
        listing.show()
        print(
            f"Off by {each['off_percent']} % of what was received, window by window; "
            f"{each['off_percent_on_due_dates']} % if all had been expected on its due date."
        )
        if None not in (off := each["off_percent"], plainly := each["off_percent_on_due_dates"]) and off > plainly:
            print("Here the due dates alone came nearer; who has paid few times yet is not known well.")
