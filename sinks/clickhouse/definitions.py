"""The definitions of tables and views that are there, against those that the migrations make.

The server itself brings both to one form, so that a difference is one of meaning and not of spelling.
"""

import re
from dataclasses import dataclass
from typing import Final

from sinks.clickhouse.reading import Views
from sinks.clickhouse.schema import MIGRATIONS, VERSIONS_TABLE

_VIEW: Final = re.compile(r"\s*CREATE OR REPLACE VIEW (\w+) AS\n(.*)", re.DOTALL)
_TABLE: Final = re.compile(r"\s*CREATE TABLE IF NOT EXISTS (\w+)\b.*", re.DOTALL)
_COMMENT: Final = re.compile(r"\s*ALTER TABLE (\w+) MODIFY COMMENT ")
# What only moves rows of a table that is made before it.
_FILL: Final = re.compile(r"\s*(TRUNCATE TABLE|INSERT INTO) (\w+)\b")
_FORMATTED: Final = "SELECT formatQuerySingleLine({statement:String})"
_THERE: Final = """
SELECT name, engine, replaceAll(as_select, concat(currentDatabase(), '.'), ''), create_table_query
FROM system.tables WHERE database = currentDatabase()
"""
# Of a table its columns count: a server adds settings of its own behind them.
_ENGINE: Final = ") ENGINE = "


@dataclass(frozen=True, slots=True)
class Made:
    """What the migrations leave behind under a name. `statements` make it again, where it is a view; `select` is its query."""

    name: str
    is_view: bool
    select: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A table or view that is not there, or not as the migrations make it."""

    made: Made
    is_there: bool

    def __str__(self) -> str:
        wrong = "is not as the migrations make it" if self.is_there else "is not there"
        return f"{'view' if self.made.is_view else 'table'} {self.made.name} {wrong}"


def made() -> list[Made]:
    """Every table and view, in the order in which each is made last."""
    last: dict[str, Made] = {}
    for statement in (VERSIONS_TABLE, *(statement for migration in MIGRATIONS for statement in migration)):
        view, table, comment = _VIEW.match(statement), _TABLE.match(statement), _COMMENT.match(statement)
        if view is not None:
            last.pop(view[1], None)
            last[view[1]] = Made(view[1], True, view[2], (statement,))
        elif comment is not None:
            one = last[comment[1]]
            last[comment[1]] = Made(one.name, one.is_view, one.select, (*one.statements, statement))
        elif not _FILL.match(statement):
            assert table is not None, f"a migration that makes neither a table nor a view: {statement[:80]}"
            last[table[1]] = Made(table[1], False, statement, (statement,))
    return list(last.values())


def differences(views: Views) -> list[Difference]:
    """What is not as the migrations make it. Raises SinkError."""
    there = {row[0]: row[1:] for row in views.ask(_THERE).rows}
    found = []
    for one in made():
        engine, select, create = there.get(one.name, ("", "", ""))
        right = views.ask(_FORMATTED, {"statement": one.select}).rows[0][0]
        same = engine == "View" and select == right if one.is_view else _columns(create) == _columns(right)
        if not same:
            found.append(Difference(one, bool(engine)))
    return found


def _columns(create: str) -> str:
    """The columns of a table, of its CREATE statement in one line."""
    head, _, _ = create.partition(_ENGINE)
    return head.partition("(")[2]
