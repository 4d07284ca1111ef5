"""Tables that were built beside those in use take their places, all of them, also where the switch is cut short.

They are built in a database of their own. Once they are whole each is marked, and then a table `ready` is made there: from then
on the switch is finished by whoever opens the tables next. A table that is marked and still there has not been exchanged.
"""

from typing import Any, Final

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.view import quoted

_MARK: Final = " (rebuilt)"
_READY: Final = "ready"
# What keeps rows; a table of one batch, and the versions, stay where they are.
_STORED: Final = "engine LIKE '%MergeTree' AND name != 'schema_versions'"


def beside(database: str) -> str:
    """The database in which the tables of another are built anew."""
    return f"{database}_rebuild"


def mark_ready(client: Client, database: str) -> None:
    """The tables beside those of `database` are whole; `finish` exchanges them."""
    new = beside(database)
    for name, comment in _rows(
        client, f"SELECT name, comment FROM system.tables WHERE database = {quoted(new)} AND {_STORED}"
    ):
        client.command(f"ALTER TABLE {new}.{name} MODIFY COMMENT {quoted(comment + _MARK)}")
    client.command(f"CREATE TABLE {new}.{_READY} (done UInt8) ENGINE = MergeTree ORDER BY done")


def finish(client: Client, database: str) -> None:
    """Exchange what is ready to be; nothing where nothing is. What was in use is dropped."""
    new = beside(database)
    tables = "SELECT name, comment FROM system.tables WHERE database = {}"
    there = dict(_rows(client, tables.format(quoted(new))))
    if _READY not in there:
        return
    marked = sorted(name for name, comment in there.items() if comment.endswith(_MARK))
    for name in marked:
        # One may have been dropped by hand.
        client.command(f"CREATE TABLE IF NOT EXISTS {database}.{name} AS {new}.{name}")
    if marked:
        # One statement: who reads sees all of them change within milliseconds.
        pairs = ", ".join(f"{database}.{name} AND {new}.{name}" for name in marked)
        client.command(f"EXCHANGE TABLES {pairs}")
    for name, comment in _rows(client, tables.format(quoted(database))):
        if comment.endswith(_MARK):
            client.command(f"ALTER TABLE {database}.{name} MODIFY COMMENT {quoted(comment.removesuffix(_MARK))}")
    client.command(f"DROP DATABASE {new} SYNC")


def _rows(client: Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(sql).result_rows]
