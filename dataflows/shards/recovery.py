"""Opening a shard: is the state this log's, what does the log say that the state does not know yet."""

from pathlib import Path
from typing import Final

from connectors.log.base import Log, OtherLog, Reader
from dataflows.shards.logged import Logged, ShardStopped, decision_key
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, digest64
from schemas.records import ShardRow
from schemas.topics import DECISIONS, FACTS

CHUNK: Final = 1_000
READ_SECONDS: Final = 10.0


class LoggedDecisions:
    """The decisions that a log already has beyond a state, grouped by fact, read once and in order.

    Rule of every reader of decisions: last + 1 take, lower drop, higher stop.
    """

    def __init__(self, shard: int, reader: Reader, end: int, next_sequence: int) -> None:
        self._shard: Final = shard
        self._reader: Final = reader
        self._end: Final = end
        self.next_sequence = next_sequence
        self._ready: list[tuple[int, int, int, bytes]] = []
        self._at = 0

    def _fill(self) -> bool:
        """Read on; False at the end of what was there when the shard was opened."""
        self._ready = []
        self._at = 0
        while not self._ready and self._reader.position(self._shard) < self._end:
            records = self._reader.poll(CHUNK, READ_SECONDS)
            if not records:
                # Above the last record there may be a hole: transaction markers leave one.
                return False
            for record in records:
                if record.offset >= self._end:
                    break
                decision = decode_decision(record.value)
                if decision.sequence > self.next_sequence:
                    raise ShardStopped(
                        f"shard {self._shard}: decision {self.next_sequence} is missing in the log, {decision.sequence} "
                        f"is at offset {record.offset}: the decisions log lost records; restore it"
                    )
                if decision.sequence == self.next_sequence:
                    self.next_sequence += 1
                    self._ready.append((decision.fact_offset, decision.count, record.offset, record.value))
        return bool(self._ready)

    def skip_below(self, sequence: int) -> None:
        """Pass over the decisions below `sequence`: the state knows them."""
        while self.next_sequence < sequence and self._fill():
            for entry in self._ready:
                if decode_decision(entry[3]).sequence < sequence:
                    self._at += 1
            if self._at < len(self._ready):
                return

    def group(self, offset: int) -> Logged | None:
        """What the log says of the fact at `offset`; None past the last fact it speaks of: rules are to run."""
        values: list[bytes] = []
        count = 0
        last = -1
        while self._at < len(self._ready) or self._fill():
            fact_offset, count_here, here, value = self._ready[self._at]
            if fact_offset < offset:
                raise ShardStopped(
                    f"shard {self._shard}: the log has decisions of the fact at offset {fact_offset}, which is not in the "
                    f"facts log ({offset} comes next): the two logs do not belong together"
                )
            if fact_offset > offset:
                return Logged(values, True, last)
            count, last = count_here, here
            values.append(value)
            self._at += 1
        return Logged(values, len(values) == count, last) if values else None

    def close(self) -> None:
        self._reader.close()


class OpenShard:
    """A shard that is open for its owner, and what the log already said beyond its state."""

    def __init__(self, shard: Shard, logged: LoggedDecisions | None) -> None:
        self.shard: Final = shard
        self._logged = logged

    def take(self, offset: int, value: bytes) -> None:
        """Process the fact at `offset`, adopting what the log has of it."""
        logged = None
        if self._logged is not None:
            logged = self._logged.group(offset)
            if logged is None:
                self._logged.close()
                self._logged = None
        if logged is None or self._logged is None:
            self.shard.process(offset, value, None)
            return
        first = self.shard.row.next_sequence
        self.shard.emitted = max(self.shard.emitted, self._logged.next_sequence)
        self.shard.process(offset, value, logged)
        if logged.values:
            self.shard.confirm(first + len(logged.values) - 1, logged.last_offset)

    def close(self) -> None:
        if self._logged is not None:
            self._logged.close()
        self.shard.close()


def open_shard(log: Log, number: int, store: Store, cache_bytes: int) -> OpenShard:
    """Hold the state of shard `number` against the logs. The store is the caller's to close where this raises.

    Raises OtherLog where the state is of other logs or they lost what it confirmed, OtherFormat.
    What the state holds unconfirmed and the log does not have is in the outbox, first.
    """
    facts_id, decisions_id = log.identity(FACTS), log.identity(DECISIONS)
    directory = store.directory
    row = store.shard_row() or ShardRow(facts_id, decisions_id)
    _check_identity(log, number, directory, row, facts_id, decisions_id)
    shard = Shard(number, log.partitions(FACTS), store, row, cache_bytes)
    end = log.end_offsets(DECISIONS)[number]
    if end < row.decisions_offset:
        raise OtherLog(
            f"{directory}: the decisions log ends at offset {end} in partition {number}, but offset "
            f"{row.decisions_offset - 1} was confirmed: the log lost records; restore it, or start from an empty state"
        )
    reader = log.reader(DECISIONS, {number: row.decisions_offset})
    logged = LoggedDecisions(number, reader, end, row.confirmed_sequence)
    logged.skip_below(row.next_sequence)
    _send_again(shard, logged.next_sequence, end)
    return OpenShard(shard, logged)


def _send_again(shard: Shard, logged_until: int, end: int) -> None:
    """Put into the outbox, first, what the state holds unconfirmed and the log does not have."""
    for key, raw in shard.store.range(b"U", b"V", 1 << 62):
        sequence = int.from_bytes(key[1:9], "big")
        shard.remember_unconfirmed(sequence, raw)
        if sequence >= logged_until:
            shard.outbox.append((sequence, decision_key(decode_decision(raw)), raw))
    if logged_until > shard.row.confirmed_sequence:
        shard.confirm(min(logged_until, shard.row.next_sequence) - 1, -1)


def _check_identity(log: Log, number: int, directory: Path, row: ShardRow, facts_id: str, decisions_id: str) -> None:
    for topic, known, there in ((FACTS, row.log_id, facts_id), (DECISIONS, row.decisions_log_id, decisions_id)):
        if known != there:
            raise OtherLog(
                f"{directory}: this state came from the {topic} log {known}, and the one here is {there}; use the right "
                "log, or move the directory away: the state is built again from the logs"
            )
    if row.last_offset < 0:
        return
    reader = log.reader(FACTS, {number: row.last_offset})
    try:
        records = reader.poll(1, READ_SECONDS)
    finally:
        reader.close()
    if not records or records[0].offset != row.last_offset or digest64(records[0].value) != row.last_digest:
        raise OtherLog(
            f"{directory}: the fact at offset {row.last_offset} of partition {number} is not the one this state took in "
            "last; use the right log, or move the directory away: the state is built again from the logs"
        )
