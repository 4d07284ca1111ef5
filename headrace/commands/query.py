"""headrace query: SQL over the views, reading only."""

import csv
import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from headrace.commands.common import print_json
from headrace.commands.tables import Column, Listing
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
        print_json([dict(zip(answer.names, row, strict=True)) for row in answer.rows])
    elif form is Format.CSV:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(answer.names)
        out.writerows([_cell(value) for value in row] for row in answer.rows)
    else:
        columns = [
            Column(name, right="Int" in kind or "Float" in kind)
            for name, kind in zip(answer.names, answer.types, strict=True)
        ]
        listing = Listing(columns)
        for row in answer.rows:
            listing.add(*[_cell(value) for value in row])
        listing.show()


def _cell(value: Any) -> str:
    """NULL is empty; arrays and maps are JSON."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
