"""What commands that ask the views share: opening them, asking, and words for what their rows have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from headrace.amounts import grouped
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, say
from headrace.places import views
from sinks.base import SinkError
from sinks.clickhouse.reading import Views

Directory = Annotated[Path | None, typer.Option("--dir", help="The installation.")]
Config = Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")]
# A deadline that is none.
_NO_TIME: Final = "1970-01-01"


@contextmanager
def opened_views(directory: Path | None, config: Path | None) -> Iterator[Views]:
    """The views of an installation; what fails is told, exit 1, wrong settings exit 2."""
    with failures_told():
        settings = load_existing(directory, config)
        try:
            found = views(settings)
            try:
                yield found
            finally:
                found.close()
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None


def asked(
    directory: Path | None, config: Path | None, sql: str, values: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of an answer, each by its columns' names."""
    with opened_views(directory, config) as found:
        answer = found.ask(sql, values or {})
    return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]


def say_if_after(day: date, last: date | None) -> None:
    """Tell who looks from a day after the last one of the log."""
    if last is not None and day > last:
        say(f"--as-of {day}: the log ends on {last}; what comes after it is not known")


def say_nothing_of(owner: str, directory: Path | None, config: Path | None, what: str, table: str) -> None:
    """Tell that nothing of a view's rows is there, and for an owner who has some: the name may be another one."""
    if not owner:
        say(f"{what}, of all that is published")
        return
    rows = asked(directory, config, f"SELECT DISTINCT owner FROM {table} WHERE owner != '' ORDER BY owner")
    others = f"; some have {', '.join(row['owner'] for row in rows)}" if rows else ""
    say(f"{what} for {owner}, of all that is published{others}")


def place_of(row: dict[str, Any]) -> str:
    return f"{row['tenant']}/{row['entity']}/{row['account_id']}"


def money_of(row: dict[str, Any], name: str) -> str:
    """The amount of that name, in minor units, with its currency; empty where the row has none."""
    return f"{grouped(row[name], row['currency'])} {row['currency']}" if row["currency"] else ""


def until_of(row: dict[str, Any]) -> str:
    """Its deadline to the minute; empty where there is none."""
    return "" if row["deadline"].startswith(_NO_TIME) else row["deadline"][:16]
