"""The definitions of ClickHouse's tables and views against those that the migrations make.

The server itself brings both to one form, so that a difference is one of meaning and not of spelling.
"""

import re
from typing import Final

from headrace.audit.findings import Check
from sinks.clickhouse.reading import Views
from sinks.clickhouse.schema import MIGRATIONS, VERSIONS_TABLE

_VIEW: Final = re.compile(r"\s*CREATE OR REPLACE VIEW (\w+) AS\n(.*)", re.DOTALL)
_TABLE: Final = re.compile(r"\s*CREATE TABLE IF NOT EXISTS (\w+)\b.*", re.DOTALL)
_COMMENT: Final = re.compile(r"\s*ALTER TABLE (\w+) MODIFY COMMENT ")
_FORMATTED: Final = "SELECT formatQuerySingleLine({statement:String})"
_THERE: Final = """
SELECT name, engine, replaceAll(as_select, concat(currentDatabase(), '.'), ''), create_table_query
FROM system.tables WHERE database = currentDatabase()
"""
# Of a table its columns count: a server adds settings of its own behind them.
_ENGINE: Final = ") ENGINE = "


def check_definitions(check: Check, views: Views) -> bool:
    """Whether every table and view is there and as the migrations make it; what is not is a finding. Raises SinkError."""
    there = {row[0]: row[1:] for row in views.ask(_THERE).rows}
    sound = True
    for name, statement, is_view in _made():
        check.checked += 1
        engine, select, create = there.get(name, ("", "", ""))
        right = views.ask(_FORMATTED, {"statement": statement}).rows[0][0]
        same = engine == "View" and select == right if is_view else _columns(create) == _columns(right)
        if not same:
            sound = False
            kind = "view" if is_view else "table"
            wrong = "is not as the migrations make it" if engine else "is not there"
            check.find("definition", f"{kind} {name} {wrong}")
    if not sound:
        check.note("the contents of the views are not compared: not all of them are as the migrations make them")
    return sound


def _made() -> list[tuple[str, str, bool]]:
    """(name, statement, whether it is a view) of what the migrations leave behind; of a view its SELECT."""
    last: dict[str, tuple[str, bool]] = {}
    for statement in (VERSIONS_TABLE, *(statement for migration in MIGRATIONS for statement in migration)):
        view, table = _VIEW.match(statement), _TABLE.match(statement)
        if view is not None:
            last[view[1]] = (view[2], True)
        elif not _COMMENT.match(statement):
            assert table is not None, f"a migration that makes neither a table nor a view: {statement[:80]}"
            last[table[1]] = (statement, False)
    return [(name, statement, is_view) for name, (statement, is_view) in last.items()]


def _columns(create: str) -> str:
    """The columns of a table, of its CREATE statement in one line."""
    head, _, _ = create.partition(_ENGINE)
    return head.partition("(")[2]
