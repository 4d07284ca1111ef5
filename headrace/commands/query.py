"""headrace query: SQL over the views, reading only."""

import csv
import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
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
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
) -> None:
    """Ask the KPI tables (docs/views.md). Exit 1 where the statement is wrong or the views do not answer."""
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
        table = Table()
        for name, kind in zip(answer.names, answer.types, strict=True):
            table.add_column(name, justify="right" if "Int" in kind or "Float" in kind else "left")
        for row in answer.rows:
            table.add_row(*[_cell(value) for value in row])
        Console(markup=False, highlight=False).print(table)


def _cell(value: Any) -> str:
    """NULL is empty; arrays and maps are JSON."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
