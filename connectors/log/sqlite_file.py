"""One connection to one topic's SQLite file: opening it, its errors in our terms, what is the same for readers and writers."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.log.base import LogRefused, LogUnavailable, OtherLog, Record
from connectors.log.entries import DamagedEntry, checksum, unpack

FORMAT: Final = 1
# Another process holds the write lock for one append, about a millisecond; this long is a fault.
BUSY_SECONDS: Final = 5.0
# 8 MB of WAL between checkpoints: larger ones hold up the append that runs them for longer.
CHECKPOINT_PAGES: Final = 2000
WAL_KEPT_BYTES: Final = 64 << 20

_AWAY: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_BUSY: "another process keeps it locked",
    sqlite3.SQLITE_LOCKED: "another connection keeps it locked",
    sqlite3.SQLITE_PROTOCOL: "another process keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened (directory gone, no room, or no permission)",
    sqlite3.SQLITE_READONLY: "it cannot be written (read-only)",
    sqlite3.SQLITE_NOMEM: "out of memory",
}
MEND: Final = (
    "stop what runs on it, put back a copy of the file that is whole, "
    "and have the producers send again what came after that copy"
)


@contextmanager
def outside(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into LogUnavailable (what time may heal) and LogRefused (what a person must)."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _AWAY:
            raise LogUnavailable(f"{path}: {_AWAY[code]}: {error}") from error
        raise LogRefused(f"{path}: not a readable log: {error}; {MEND}") from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its message, and Python cannot decode that.
        raise LogRefused(f"{path}: not a readable log: {error.object!r}; {MEND}") from error


def entries_table(partition: int) -> str:
    return f"entries_{partition:03d}"


class TopicFile:
    """One connection to one topic's file."""

    __slots__ = ("connection", "identity", "inode", "partitions", "path")

    identity: str
    partitions: int

    def __init__(self, path: Path, sync: bool) -> None:
        """Raises LogRefused where there is no such topic, or the file is none of ours."""
        self.path = path
        try:
            self.inode = path.stat().st_ino
        except FileNotFoundError:
            raise LogRefused(f"{path}: there is no such topic; create it first") from None
        except OSError as error:
            raise LogUnavailable(f"{path}: {error}") from error
        with outside(path):
            # A URI with mode=rw: never creates an empty file where one was deleted in between.
            self.connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                isolation_level=None,
                timeout=BUSY_SECONDS,
                cached_statements=1024,
                check_same_thread=False,
            )
            try:
                self._prepare(sync)
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self, sync: bool) -> None:
        run = self.connection.execute
        run(f"PRAGMA synchronous={'FULL' if sync else 'NORMAL'}")
        run(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        run(f"PRAGMA journal_size_limit={WAL_KEPT_BYTES}")
        head = run("SELECT format, identity, partitions FROM log").fetchone()
        if head is None or not isinstance(head[1], str) or not isinstance(head[2], int):
            raise LogRefused(f"{self.path}: damaged: it does not say what it is; {MEND}")
        made, self.identity, self.partitions = head
        if made != FORMAT:
            raise LogRefused(f"{self.path}: format {made}, this version reads {FORMAT}; use the version that wrote it")
        self.ends()

    def check_in_place(self) -> None:
        """Raises OtherLog where the file was deleted or replaced: what is written here would be lost."""
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            inode = -1
        except OSError as error:
            raise LogUnavailable(f"{self.path}: {error}") from error
        if inode != self.inode:
            raise OtherLog(f"{self.path}: deleted or replaced while in use; stop, and put the right file back")

    def check_partitions(self, partitions: Sequence[int]) -> None:
        wrong = sorted(p for p in partitions if not 0 <= p < self.partitions)
        if wrong:
            raise LogRefused(f"{self.path}: no partition {wrong[0]}, there are {self.partitions}")

    def ends(self) -> list[int]:
        """The next offset of each partition. Raises LogRefused where the table of partitions is damaged."""
        ends = [end for (end,) in self.connection.execute("SELECT next FROM partitions ORDER BY partition")]
        if len(ends) != self.partitions or None in ends:
            raise LogRefused(f"{self.path}: damaged: {self.partitions} partitions, and ends {ends}; {MEND}")
        return ends

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is as of one moment, whatever other processes append meanwhile."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def bounds(self) -> tuple[list[int], list[int]]:
        """For each partition its first offset that is there (the next one where it is empty), and its next offset."""
        run = self.connection.execute
        with self.snapshot():
            ends = self.ends()
            firsts = [run(f"SELECT min(first) FROM {entries_table(p)}").fetchone()[0] for p in range(self.partitions)]
        return [end if first is None else first for first, end in zip(firsts, ends, strict=True)], ends

    def records(self, partition: int, first: int, count: int, crc: int, body: bytes) -> list[Record]:
        """The records of one entry. Raises LogRefused where it is damaged."""
        last = first + count - 1 if isinstance(count, int) else f"? ({count!r} records)"
        try:
            if not isinstance(body, bytes) or checksum(self.identity, partition, first, count, body) != crc:
                raise DamagedEntry("its checksum differs")
            return unpack(partition, first, count, body)
        except DamagedEntry as error:
            raise LogRefused(
                f"{self.path}: damaged: partition {partition}, offsets {first} to {last}: {error}; {MEND}"
            ) from error

    def check_ends(self) -> None:
        """Raises LogRefused where a partition's last entry is damaged or does not end at its next offset."""
        with self.snapshot():
            ends = self.ends()
            lasts = [
                self.connection.execute(
                    f"SELECT first, count, crc, body FROM {entries_table(partition)} ORDER BY first DESC LIMIT 1"
                ).fetchone()
                for partition in range(self.partitions)
            ]
        for partition, (end, last) in enumerate(zip(ends, lasts, strict=True)):
            stored = 0
            if last is not None:
                stored = last[0] + len(self.records(partition, *last))
            if stored != end:
                raise LogRefused(
                    f"{self.path}: damaged: partition {partition} ends at offset {stored}, should end at {end}; {MEND}"
                )
