"""The definitions of tables and views that are there, against those that the migrations make.

The server itself brings both to one form, so that a difference is one of meaning and not of spelling.
"""

import re
from dataclasses import dataclass
from typing import Final

from sinks.clickhouse.reading import Views
from sinks.clickhouse.schema import MIGRATIONS, REMADE, VERSIONS_TABLE, VIEWS

_TABLE: Final = re.compile(r"\s*CREATE TABLE IF NOT EXISTS (\w+)\b")
# What only moves rows of a table that is made before it, or takes it away or changes it to what it is made as after.
_FILL: Final = re.compile(r"\s*(TRUNCATE TABLE|INSERT INTO|DROP TABLE IF EXISTS|ALTER TABLE) (\w+)\b")
_FORMATTED: Final = "SELECT formatQuerySingleLine(arrayJoin({statements:Array(String)}))"
# A question has an end: they are some kilobytes each.
_AT_ONCE: Final = 20
_THERE: Final = """
SELECT name, engine, replaceAll(create_table_query, concat(currentDatabase(), '.'), '')
FROM system.tables WHERE database = currentDatabase()
"""
# Of a table its columns count: a server adds settings of its own behind them.
_ENGINE: Final = ") ENGINE = "


@dataclass(frozen=True, slots=True)
class Made:
    """A table or view that there is to be, and the statement that makes it."""

    name: str
    is_view: bool
    statement: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A table or view that is not there, or not as the migrations make it."""

    made: Made
    is_there: bool

    def __str__(self) -> str:
        wrong = "is not as the migrations make it" if self.is_there else "is not there"
        return f"{'view' if self.made.is_view else 'table'} {self.made.name} {wrong}"


def made() -> list[Made]:
    """Every table and then every view, in the order in which they are made."""
    tables = {}
    for statement in (
        VERSIONS_TABLE,
        *(statement for migration in MIGRATIONS for statement in migration),
        *REMADE.values(),
    ):
        table = _TABLE.match(statement)
        assert table or _FILL.match(statement), f"a migration that makes no table: {statement[:80]}"
        if table:
            tables[table[1]] = Made(table[1], False, statement)
    return [*tables.values(), *(Made(view.name, True, view.statement) for view in VIEWS)]


def differences(views: Views) -> list[Difference]:
    """What is not as the migrations make it. Raises SinkError."""
    there = {row[0]: row[1:] for row in views.ask(_THERE).rows}
    wanted = made()
    rights: list[str] = []
    for at in range(0, len(wanted), _AT_ONCE):
        statements = [one.statement for one in wanted[at : at + _AT_ONCE]]
        rights += [row[0] for row in views.ask(_FORMATTED, {"statements": statements}).rows]
    found = []
    for one, right in zip(wanted, rights, strict=True):
        engine, create = there.get(one.name, ("", ""))
        if (engine == "View") != one.is_view or _meaning(create, one.is_view) != _meaning(right, one.is_view):
            found.append(Difference(one, bool(engine)))
    return found


def _meaning(create: str, is_view: bool) -> str:
    """What counts of a CREATE statement in one line: of a table its columns; of a view all, but columns that the server found."""
    if not is_view:
        return create.partition(_ENGINE)[0].partition("(")[2]
    _, _, behind = create.partition(" VIEW ")
    name, _, rest = behind.partition(" ")
    found, _, said = rest.partition(") COMMENT ")
    return f"{name} COMMENT {said}" if found.startswith("(") and " COMMENT " not in found else behind
