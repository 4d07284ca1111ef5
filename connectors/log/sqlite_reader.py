"""Reading a topic's SQLite file: it is looked at every few milliseconds, and only what is new is fetched."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from connectors.log.base import OtherLog, Reader, Record
from connectors.log.sqlite_file import MEND, TopicFile, entries_table, outside

# A reader looks for new records this often while it waits: 1 ms after it saw some, slower when idle.
LOOK_SECONDS: Final = 0.001
LOOK_IDLE_SECONDS: Final = 0.004
# What a reader fetches ahead for one partition; an entry may exceed it by a single large record.
READ_AHEAD_BYTES: Final = 256 * 1024


class _Tail:
    """What a reader knows of one partition: records fetched and not yet returned, and where to go on."""

    __slots__ = ("aligned", "at", "fetch", "fetched", "partition", "paused")

    def __init__(self, partition: int, start: int) -> None:
        self.partition = partition
        self.fetched: list[Record] = []
        self.at = 0
        self.fetch = start
        self.aligned = False
        self.paused = False


class SqliteReader(Reader):
    """Polls the file every 1 to 4 ms while it waits; holds at most 256 KiB, or one record, for each partition."""

    def __init__(self, file: TopicFile, start: Mapping[int, int]) -> None:
        """Raises LogRefused for an unknown partition, OtherLog for an offset that is not there."""
        self._file = file
        self._tails = {partition: _Tail(partition, offset) for partition, offset in sorted(start.items())}
        self._turns = list(self._tails.values())
        self._version = -1
        self._behind = True
        file.check_partitions(list(start))
        with outside(file.path):
            begins, ends = file.bounds()
        for partition, offset in start.items():
            begin, end = begins[partition], ends[partition]
            if not begin <= offset <= end:
                raise OtherLog(
                    f"{file.path}: partition {partition} has offsets {begin} to {end}, not {offset}: this is not the log "
                    f"the position came from, or its end was lost; put the right file back, or start from an empty state"
                )

    def poll(self, most: int, timeout_seconds: float) -> list[Record]:
        give_up = time.monotonic() + timeout_seconds
        wait = LOOK_SECONDS
        with outside(self._file.path):
            while True:
                records = self._take(most)
                if len(records) < most and self._fill():
                    records += self._take(most - len(records))
                left = give_up - time.monotonic()
                if records or left <= 0:
                    return records
                self._file.check_in_place()
                time.sleep(min(wait, left))
                wait = min(wait * 1.2, LOOK_IDLE_SECONDS)

    def _take(self, most: int) -> list[Record]:
        """Up to `most` of what is fetched, of one partition after the other, each time another first.

        Not a share of each: who takes in a run of one shard's facts finds that shard's state in the processor's cache.
        A tenth of the time of receivables (November 2026).
        """
        ready = [tail for tail in self._turns if tail.fetched and not tail.paused]
        taken: list[Record] = []
        while ready and len(taken) < most:
            for tail in ready:
                end = tail.at + most - len(taken)
                taken += tail.fetched[tail.at : end]
                tail.at = min(end, len(tail.fetched))
                if tail.at == len(tail.fetched):
                    tail.fetched, tail.at = [], 0
                if len(taken) == most:
                    break
            ready = [tail for tail in ready if tail.fetched]
        if taken:
            self._turns.append(self._turns.pop(0))
        return taken

    def _fill(self) -> bool:
        """Fetch for each running partition that has nothing left. Returns whether anything was fetched."""
        (version,) = self._file.connection.execute("PRAGMA data_version").fetchone()
        if version == self._version and not self._behind:
            return False
        self._version = version
        self._behind = False
        ends = self._file.ends()
        found = False
        for tail in self._turns:
            if tail.fetch > ends[tail.partition]:
                raise OtherLog(
                    f"{self._file.path}: partition {tail.partition} ends at {ends[tail.partition]}, before {tail.fetch}"
                )
            # A paused one is looked at again on resume.
            if tail.fetch < ends[tail.partition] and not tail.paused:
                if not tail.fetched:
                    self._fetch(tail)
                    found = True
                self._behind = self._behind or tail.fetch < ends[tail.partition]
        return found

    def _fetch(self, tail: _Tail) -> None:
        """Read whole entries from the tail's offset on, until READ_AHEAD_BYTES are held."""
        table = entries_table(tail.partition)
        # After the first fetch the next offset is an entry's first one; until then it may be inside one.
        begin = "?" if tail.aligned else f"(SELECT max(first) FROM {table} WHERE first <= ?)"
        cursor = self._file.connection.execute(
            f"SELECT first, count, crc, body FROM {table} WHERE first >= {begin} ORDER BY first", (tail.fetch,)
        )
        size = 0
        for first, count, crc, body in cursor:
            records = self._file.records(tail.partition, first, count, crc, body)
            skipped = tail.fetch - first
            if not 0 <= skipped < count or (skipped and tail.fetched):
                break
            tail.fetched += records[skipped:] if skipped else records
            tail.fetch = first + count
            tail.aligned = True
            size += len(body)
            if size >= READ_AHEAD_BYTES:
                break
        cursor.close()
        if not tail.fetched:
            raise OtherLog(
                f"{self._file.path}: partition {tail.partition}, offset {tail.fetch} is no longer there; {MEND}"
            )

    def pause(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            self._tails[partition].paused = True

    def resume(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            self._tails[partition].paused = False
        self._behind = True

    def position(self, partition: int) -> int:
        tail = self._tails[partition]
        return tail.fetched[tail.at].offset if tail.fetched else tail.fetch

    def close(self) -> None:
        self._file.connection.close()
