"""The file of a sink with effects: made, and opened; one of an earlier version gets what it lacks."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sinks.base import SinkStopped
from sinks.effects import withdrawable
from sinks.effects.schema import ADDED, CANDIDATES, COLUMNS, SCHEMA, WITHDRAWABLE

FORMAT: Final = 2
# It had not all of the columns, and perhaps not all of the tables.
_BEFORE: Final = 1
_BUSY_SECONDS: Final = 10.0


class Opened(NamedTuple):
    """facts, decisions: the identities of the logs that it is about."""

    connection: sqlite3.Connection
    name: str
    facts: str
    decisions: str


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raises SinkStopped where the file turns out to be damaged, or cannot be read, while one is at it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        way_out = "put a whole copy back, or say from where the sink goes on: headrace effects start"
        damaged = "" if isinstance(error, sqlite3.OperationalError) else f"; {way_out} {path.stem} --from end"
        raise SinkStopped(f"{path}: cannot be read: {error}{damaged}") from error


def opened(path: Path) -> Opened:
    """Raises SinkStopped where the file is not there, or is none of this version's."""
    if not path.exists():
        raise SinkStopped(f"{path}: there is no such file")
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
    try:
        with readable(path):
            format_, name, facts, decisions = _head(connection) or (None, "", "", "")
            if format_ == _BEFORE:
                _bring_up(connection)
            elif format_ != FORMAT:
                raise SinkStopped(f"{path}: format {format_}, this version reads {FORMAT}")
            connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return Opened(connection, name, facts, decisions)


def _head(connection: sqlite3.Connection) -> tuple[int, str, str, str] | None:
    found: tuple[int, str, str, str] | None = connection.execute(
        "SELECT format, name, facts, decisions FROM sink"
    ).fetchone()
    return found


def _bring_up(connection: sqlite3.Connection) -> None:
    """All or nothing; once, whoever opens it at the same time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if (_head(connection) or (FORMAT,))[0] == _BEFORE:
            for statement in (*ADDED, *COLUMNS):
                connection.execute(statement)
            withdrawable.fill(connection)
            connection.execute("UPDATE sink SET format = ?", (FORMAT,))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def make(
    path: Path,
    name: str,
    facts: str,
    decisions: str,
    positions: Mapping[str, Mapping[int, tuple[int, int]]],
    begun: int = 0,
) -> None:
    """Make the file, whole or not at all. Positions (next, sequence) by topic and shard; begun: attempts of the files before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMA)
        for statement in (*ADDED, *COLUMNS, *WITHDRAWABLE, *CANDIDATES):
            connection.execute(statement)
        connection.execute("INSERT INTO begun VALUES (1, ?)", (begun,))
        connection.execute("INSERT INTO sink VALUES (?, ?, ?, ?)", (FORMAT, name, facts, decisions))
        for topic, shards in positions.items():
            connection.executemany(
                "INSERT INTO positions (topic, shard, next, sequence) VALUES (?, ?, ?, ?)",
                [(topic, shard, *position) for shard, position in shards.items()],
            )
    finally:
        connection.close()
    fresh.rename(path)
