"""Where an audit keeps documents that may be needed again: in memory up to a bound, the rest in a scratch file."""

import marshal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

# Objects of one kind held in memory; the half that was not used for longest goes to the file.
MOST_HELD: Final = 100_000

T = TypeVar("T")


class Scratch:
    """One SQLite file in a directory of the audit's own; it is not needed after it."""

    def __init__(self, directory: Path) -> None:
        self.connection: Final = sqlite3.connect(directory / "scratch.sqlite", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=OFF")
        self.connection.execute("PRAGMA synchronous=OFF")
        self._tables = 0

    def new_table(self) -> str:
        self._tables += 1
        name = f"kept_{self._tables}"
        self.connection.execute(f"CREATE TABLE {name} (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        return name

    def close(self) -> None:
        self.connection.close()


class Keep(Generic[T]):
    """Objects by name. `pack` makes of one what marshal can write, `unpack` the object again.

    What `get` gave may be changed, and is then to be `put` again.
    """

    def __init__(
        self, scratch: Scratch, pack: Callable[[T], Any], unpack: Callable[[Any], T], most_held: int = MOST_HELD
    ) -> None:
        self._scratch: Final = scratch
        self._pack: Final = pack
        self._unpack: Final = unpack
        self._most: Final = most_held
        self._held: dict[str, T] = {}
        self._table = ""

    def get(self, name: str) -> T | None:
        held = self._held.get(name)
        if held is None and self._table:
            run = self._scratch.connection.execute
            found = run(f"SELECT value FROM {self._table} WHERE name = ?", (name,)).fetchone()
            if found is not None:
                held = self._unpack(marshal.loads(found[0]))
                self.put(name, held)
        return held

    def put(self, name: str, value: T) -> None:
        self._held.pop(name, None)
        self._held[name] = value
        if len(self._held) > self._most:
            self._spill()

    def drop(self, name: str) -> None:
        self._held.pop(name, None)
        if self._table:
            self._scratch.connection.execute(f"DELETE FROM {self._table} WHERE name = ?", (name,))

    def _spill(self) -> None:
        if not self._table:
            self._table = self._scratch.new_table()
        names = list(self._held)[: self._most // 2 + 1]
        rows = [(name, marshal.dumps(self._pack(self._held.pop(name)))) for name in names]
        run = self._scratch.connection
        run.execute("BEGIN")
        run.executemany(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", rows)
        run.execute("COMMIT")

    def items(self) -> Iterator[tuple[str, T]]:
        """All of them, in no order of meaning. Nothing may be put meanwhile."""
        yield from self._held.items()
        if self._table:
            for name, value in self._scratch.connection.execute(f"SELECT name, value FROM {self._table}"):
                if name not in self._held:
                    yield name, self._unpack(marshal.loads(value))
