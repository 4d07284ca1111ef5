"""Appending to a topic's SQLite file: all that is queued in one transaction, fenced by the epochs of the partitions."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Final

from connectors.log.base import Confirmed, Fenced, Full, LogUnavailable, Writer
from connectors.log.entries import checksum, cuts, pack
from connectors.log.sqlite_file import BUSY_SECONDS, TopicFile, entries_table, outside

MOST_UNCONFIRMED_BYTES: Final = 64 << 20
BUSY_RETRY_SECONDS: Final = 0.0005


class _Queue:
    """Records for one partition that are not durable yet."""

    __slots__ = ("keys", "token", "values")

    def __init__(self) -> None:
        self.keys: list[bytes | None] = []
        self.values: list[bytes] = []
        self.token = 0


class SqliteWriter(Writer):
    """Appends all that is queued in one transaction; what is confirmed survives kill -9, and with `sync` a power cut."""

    def __init__(self, file: TopicFile, owner: str, claim: Sequence[int], most_unconfirmed: int) -> None:
        """Raises LogRefused where a partition's end is damaged: nothing may be appended behind it."""
        self._file = file
        self._queues: dict[int, _Queue] = {}
        self._count = 0
        self._bytes = 0
        self._most = most_unconfirmed
        self._busy_since: float | None = None
        self._fenced = ""
        self._version = -1
        file.check_partitions(claim)
        with outside(file.path):
            file.check_ends()
            self._epochs = self._claim(owner, claim)
            # From here on poll waits for the lock itself: SQLite's own handler sleeps up to 100 ms.
            file.connection.execute("PRAGMA busy_timeout=0")

    def _claim(self, owner: str, claim: Sequence[int]) -> dict[int, int]:
        """Take over the partitions: their epoch rises, and whoever knows a lower one is fenced."""
        run = self._file.connection.execute
        if not claim:
            return {}
        run("BEGIN IMMEDIATE")
        try:
            for partition in claim:
                run("UPDATE partitions SET epoch = epoch + 1, owner = ? WHERE partition = ?", (owner, partition))
            epochs = dict(run("SELECT partition, epoch FROM partitions").fetchall())
            run("COMMIT")
        finally:
            self._roll_back()
        return {partition: epochs[partition] for partition in claim}

    def _roll_back(self) -> None:
        if self._file.connection.in_transaction:
            self._file.connection.execute("ROLLBACK")

    def send(self, partition: int, key: bytes | None, value: bytes, token: int = 0) -> None:
        if self._count >= self._most or self._bytes >= MOST_UNCONFIRMED_BYTES:
            raise Full(f"{self._file.path}: {self._count} records, {self._bytes} bytes not confirmed")
        queue = self._queues.get(partition)
        if queue is None:
            self._file.check_partitions((partition,))
            queue = self._queues[partition] = _Queue()
        queue.keys.append(key)
        queue.values.append(value)
        queue.token = token
        self._count += 1
        self._bytes += len(value)

    def poll(self, timeout_seconds: float) -> list[Confirmed]:
        if self._fenced:
            raise Fenced(self._fenced)
        self._file.check_in_place()
        with outside(self._file.path):
            if not self._count:
                self._check_claims_if_changed()
                return []
            if not self._begin(timeout_seconds):
                return []
            try:
                confirmed = self._append()
                self._file.connection.execute("COMMIT")
            finally:
                self._roll_back()
        self._queues.clear()
        self._count = self._bytes = 0
        return confirmed

    def _begin(self, timeout_seconds: float) -> bool:
        """Take the write lock, or return False after the timeout; LogUnavailable after BUSY_SECONDS in all."""
        give_up = time.monotonic() + timeout_seconds
        while True:
            try:
                self._file.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                now = time.monotonic()
                self._busy_since = self._busy_since or now
                if now - self._busy_since > BUSY_SECONDS:
                    raise
                if now >= give_up:
                    return False
                time.sleep(BUSY_RETRY_SECONDS)
            else:
                self._busy_since = None
                return True

    def _append(self) -> list[Confirmed]:
        run = self._file.connection.execute
        self._check_claims()
        ends = self._file.ends()
        confirmed = []
        for partition, queue in self._queues.items():
            first = ends[partition]
            for start, end in cuts(queue.keys, queue.values):
                keys, values = queue.keys, queue.values
                if end - start != len(values):
                    keys, values = keys[start:end], values[start:end]
                body = pack(keys, values)
                crc = checksum(self._file.identity, partition, first, end - start, body)
                run(f"INSERT INTO {entries_table(partition)} VALUES (?, ?, ?, ?)", (first, end - start, crc, body))
                first += end - start
            run("UPDATE partitions SET next = ? WHERE partition = ?", (first, partition))
            confirmed.append(Confirmed(partition, queue.token, first - 1))
        return confirmed

    def _check_claims(self) -> None:
        """Raises Fenced where another writer has claimed one of this one's partitions since."""
        if not self._epochs:
            return
        rows = self._file.connection.execute("SELECT partition, epoch, owner FROM partitions")
        for partition, epoch, owner in rows.fetchall():
            if self._epochs.get(partition, epoch) != epoch:
                self._fenced = f"{self._file.path}: partition {partition} was taken over by {owner}; stop this process"
                raise Fenced(self._fenced)

    def _check_claims_if_changed(self) -> None:
        (version,) = self._file.connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._check_claims()

    def flush(self, timeout_seconds: float) -> list[Confirmed]:
        give_up = time.monotonic() + timeout_seconds
        while True:
            left = give_up - time.monotonic()
            try:
                confirmed = self.poll(max(left, 0.0))
            except LogUnavailable:
                if left <= 0:
                    raise
                time.sleep(min(0.05, left))
                continue
            if not self._count:
                return confirmed
            if left <= 0:
                raise LogUnavailable(f"{self._file.path}: another process keeps it locked for {timeout_seconds} s")

    @property
    def unconfirmed(self) -> int:
        return self._count

    def close(self) -> None:
        self._queues.clear()
        self._count = self._bytes = 0
        self._file.connection.close()
