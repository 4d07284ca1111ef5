"""headrace query: SQL over the views, reading only."""

import csv
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from headrace.commands.views import Config, Directory, opened_views
from sinks.clickhouse.reading import Answer


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    TABLE = "table"


def query(
    sql: Annotated[str, typer.Argument(help="One reading statement in ClickHouse's SQL.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    form: Annotated[
        Format, typer.Option("--format", help="table is for people, json and csv are for scripts.")
    ] = Format.TABLE,
) -> None:
    """Ask the KPI tables (docs/views.md). Exit 1 where the statement is wrong or the views do not answer.

    A table that is wider than the terminal (80 columns where there is none, or COLUMNS) is written record by record.
    """
    with opened_views(directory, config) as views:
        answer = views.ask(sql)
    _write(answer, form)


def _write(answer: Answer, form: Format) -> None:
    if form is Format.JSON:
        json.dump([dict(zip(answer.names, row, strict=True)) for row in answer.rows], sys.stdout, ensure_ascii=False)
        print()
    elif form is Format.CSV:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(answer.names)
        out.writerows([_cell(value) for value in row] for row in answer.rows)
    else:
        console = Console(markup=False, highlight=False)
        cells = [[_cell(value) for value in row] for row in answer.rows]
        if _width(answer.names, cells) <= console.width:
            _table(console, answer, cells)
        else:
            _records(console, answer.names, cells)


def _width(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Columns of the terminal that a table of these takes: a bar and a blank on either side of each cell."""
    widest = [max(map(_cell_width, column)) for column in zip(names, *rows, strict=True)]
    return sum(widest) + 3 * len(widest) + 1


def _cell_width(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _table(console: Console, answer: Answer, rows: Sequence[Sequence[str]]) -> None:
    table = Table()
    for name, kind in zip(answer.names, answer.types, strict=True):
        table.add_column(name, justify="right" if "Int" in kind or "Float" in kind else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _records(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One line for each value, whatever its length; its further lines stand under the first."""
    widest = max(map(cell_len, names))
    for number, row in enumerate(rows, 1):
        if number > 1:
            console.print()
        console.print(f"row {number} of {len(rows)}")
        for name, value in zip(names, row, strict=True):
            lines = value.replace("\n", "\n" + " " * (widest + 4))
            console.print(f"  {name}{' ' * (widest - cell_len(name))}  {lines}".rstrip(), soft_wrap=True)
    if not rows:
        console.print(f"no rows of {', '.join(names)}", soft_wrap=True)


def _cell(value: Any) -> str:
    """NULL is empty; arrays and maps are JSON."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
