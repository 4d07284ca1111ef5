"""The plan of a replay: all facts of the input topics in the order they happened, in a SQLite file, and how far it was sent.

Two phases. `collect` gathers facts with the offset to go on reading at; `send` gives them in order.
Each is durable at its commits, so that a process that was killed goes on where it stood.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.intake.positions import Offsets
from connectors.log.base import OtherLog

FORMAT: Final = 1


class Planned(NamedTuple):
    """One fact of the plan. Sorted by its first four fields: `time` is UTC milliseconds, `topic` an index of INPUT_TOPICS."""

    time: int
    topic: int
    partition: int
    offset: int
    shard: int
    key: bytes
    value: bytes


class Cursor(NamedTuple):
    """How far the plan was sent: the last fact, and the first day (since 1970-01-01) that is not closed, -1 for none yet."""

    time: int
    topic: int
    partition: int
    offset: int
    open_day: int


START: Final = Cursor(-(1 << 62), 0, 0, 0, -1)


class Plan:
    """An open plan file; close it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        run = self._connection.execute
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")
        run("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT)")
        run(
            "CREATE TABLE IF NOT EXISTS facts (number INTEGER PRIMARY KEY, time INTEGER, topic INTEGER, part INTEGER,"
            " offset INTEGER, shard INTEGER, key BLOB, value BLOB)"
        )

    def close(self) -> None:
        self._connection.close()

    def _get(self, name: str) -> Any:
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def _put(self, name: str, value: object) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    @property
    def phase(self) -> str:
        """collect, send, or empty before `begin`."""
        return str(self._get("phase") or "")

    def begin(self, identity: str, start: Offsets, end: Offsets, closed_day: int) -> None:
        """Plan to read each partition from `start` up to `end`. `identity` is the facts topic's; days up to
        `closed_day` are closed already (-1: none)."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        self._put("format", FORMAT)
        self._put("identity", identity)
        self._put("reached", start)
        self._put("end", end)
        self._put("closed_day", closed_day)
        self._put("phase", "collect")
        run("COMMIT")

    def check(self, identity: str) -> None:
        """Raises OtherLog where the plan was made for another log, or by another version."""
        if self._get("format") != FORMAT or self._get("identity") != identity:
            raise OtherLog(
                f"{self.path}: an unfinished replay of another log or version; remove the file to begin anew"
            )

    def reached(self) -> Offsets:
        """The next offset to collect of each partition."""
        return _offsets(self._get("reached"))

    def end(self) -> Offsets:
        return _offsets(self._get("end"))

    @property
    def closed_day(self) -> int:
        return int(self._get("closed_day"))

    def collect(self, facts: Iterable[Planned], reached: Mapping[str, Mapping[int, int]]) -> None:
        """Keep the facts and where to go on, durably, all or none."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO facts (time, topic, part, offset, shard, key, value) VALUES (?, ?, ?, ?, ?, ?, ?)", facts
        )
        self._put("reached", reached)
        run("COMMIT")

    def seal(self, ends: list[int]) -> None:
        """Everything is collected: sort it. `ends` are the facts topic's end offsets now. SQLite sorts on disk."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        run("CREATE INDEX by_time ON facts (time, topic, part, offset)")
        self._put("cursor", START._replace(open_day=self.closed_day + 1 if self.closed_day >= 0 else -1))
        self._put("ends", ends)
        self._put("phase", "send")
        run("COMMIT")

    def cursor(self) -> tuple[Cursor, list[int]]:
        """How far it was sent for certain, and the facts topic's end offsets at that moment."""
        return Cursor(*self._get("cursor")), list(self._get("ends"))

    def save_cursor(self, cursor: Cursor, ends: list[int]) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        self._put("cursor", cursor)
        self._put("ends", ends)
        run("COMMIT")

    def after(self, cursor: Cursor, most: int) -> list[Planned]:
        """The next facts in order."""
        rows = self._connection.execute(
            "SELECT time, topic, part, offset, shard, key, value FROM facts"
            " WHERE (time, topic, part, offset) > (?, ?, ?, ?) ORDER BY time, topic, part, offset LIMIT ?",
            (*cursor[:4], most),
        )
        return [Planned(*row) for row in rows]

    def last_time(self) -> int | None:
        """The time of the last fact, or None where there is none."""
        (found,) = self._connection.execute("SELECT max(time) FROM facts").fetchone()
        return None if found is None else int(found)

    def count(self) -> int:
        (found,) = self._connection.execute("SELECT count(*) FROM facts").fetchone()
        return int(found)

    def remove(self) -> None:
        """Close it and remove its files."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _offsets(stored: dict[str, dict[str, int]]) -> Offsets:
    """JSON has no numbers as keys."""
    return {topic: {int(partition): offset for partition, offset in by.items()} for topic, by in stored.items()}
