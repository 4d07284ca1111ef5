"""`ClickHouseSink`: decisions into the table, each exactly once, whatever is killed whenever.

Guarantees, each with a test:
- After any kill and restart, the table holds every published decision once and no other, and the sums are of these.
- A sequence that jumps stops it; one that was seen is dropped (Sequences).
- Where two publishers run by mistake on one server, at most one goes on (both may stop).
- At most twice `batch_rows` decisions are kept in memory: a batch that is written, and the next one.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from schemas.codec import decision_head, decode_decision
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database
from sinks.clickhouse.ranges import Phase, Range, Saved, latest, token
from sinks.clickhouse.rolling import MASTER_KINDS, Rollups
from sinks.clickhouse.staging import COLUMNS, Staging, drop_others
from sinks.sequences import Sequences, head_at

# A batch has a fixed cost: a dozen statements to be planned, and two rows of state.
BATCH_ROWS: Final = 100_000
# How often a batch that is not whole is inserted again; each time means a server killed within microseconds.
_ATTEMPTS: Final = 5


def last_batch(database: Database) -> int:
    """Number of the last batch of decisions that anybody began to publish; 0 before the first."""
    return int(database.rows("SELECT max(batch) FROM publish_state")[0][0])


class _Batch:
    """Decisions that are to go into the table together."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.bodies: list[bytes] = []
        # So many of them are staged.
        self.staged = 0
        # Of each shard that it has decisions of: first and last sequence, the first one's offset, the last one's.
        self.spans: dict[int, list[int]] = {}
        # A rejected fact spoke of what an account is.
        self.rejected = False
        # Some of it may be in the table.
        self.uncertain = False

    def ranges(self) -> dict[int, Range]:
        return {
            shard: Range(shard, first, last, first_offset, last_offset + 1)
            for shard, (first, last, first_offset, last_offset) in self.spans.items()
        }

    def stage(self) -> None:
        self.staged = 0
        self.staging.put(self.bodies, self.ranges())
        self.staged = len(self.bodies)


class ClickHouseSink:
    """Takes decisions in the order of each shard: construct, `recover` what is `pending`, then `add` and `commit`.

    `commit` is `stage`, `seal` and `write`: another thread may write what was sealed while more is added and staged.
    `log` is the identity of the decisions log. The constructor, `recover`, `stage`, `write` and `commit` raise
    RetryLater: call again later and they go on. SinkStopped where going on would be wrong.
    """

    def __init__(self, database: Database, log: str, batch_rows: int = BATCH_ROWS) -> None:
        self._database = database
        self._log = log
        self._batch_rows = batch_rows
        self._owner = uuid.uuid4().hex
        self._sealed: _Batch | None = None
        self._rejected = False
        self._pending: dict[int, Range] = {}
        database.migrate()
        # Of the batch that is written, and of the one that is staged meanwhile.
        self._stagings = [Staging(database, f"{self._owner}_{number}") for number in (1, 2)]
        self._taken = _Batch(self._stagings[0])
        # Others that are gone have left such tables.
        self._alone = False
        self.rollups = Rollups(database)
        saved = self._load()
        self._batch = max((row.batch for row in saved.values()), default=0)
        self._loaded_batch = self._batch
        self._sequences = Sequences({shard: row.range.last + 1 for shard, row in saved.items()})
        self._next_offsets = {shard: row.range.next_offset for shard, row in saved.items()}
        if not self._pending:
            self.rollups.regroup_rejected()

    def _load(self) -> dict[int, Saved]:
        saved = latest(
            Saved(owner, batch, Phase(phase), log, Range(shard, first, last, first_offset, next_offset))
            for shard, owner, batch, phase, first, last, first_offset, next_offset, log in self._database.rows(
                "SELECT shard, owner, batch, phase, first, last, first_offset, next_offset, log FROM publish_state"
            )
        )
        newest = max((row.batch for row in saved.values()), default=0)
        for shard, row in saved.items():
            if row.log != self._log:
                raise SinkStopped(
                    f"{self._database.place.name}: its decisions come from log {row.log}, this log is {self._log}: "
                    "use the log they came from, or another database"
                )
            if row.phase is Phase.BEFORE:
                if row.batch != newest:
                    raise SinkStopped(
                        f"{self._database.place.name}: publish_state has shard {shard} unfinished in batch "
                        f"{row.batch}, and batch {newest} after it: changed by hand; drop the tables to publish anew"
                    )
                self._pending[shard] = row.range
        return saved

    @property
    def pending(self) -> Mapping[int, Range]:
        """Ranges of an insert that may or may not have happened: read them again and `recover`."""
        return self._pending

    def start(self, shard: int) -> int:
        """Offset of the decisions log to read `shard` from, after `recover`."""
        return self._next_offsets.get(shard, 0)

    @property
    def waiting(self) -> int:
        """Decisions taken since the last `seal`."""
        return len(self._taken.bodies)

    @property
    def full(self) -> bool:
        """True when `seal` is due before more is added."""
        return len(self._taken.bodies) >= self._batch_rows

    def recover(self, values: Sequence[bytes]) -> None:
        """Finish what is pending. `values` are exactly the decisions of the pending ranges, as the log has them."""
        heads = [decision_head(value) for value in values]
        expected = sorted((s, n) for s, r in self._pending.items() for n in range(r.first, r.last + 1))
        assert sorted((shard, sequence) for shard, sequence, *_ in heads) == expected, "not the ranges that are pending"
        if self._pending:
            staging = self._taken.staging
            staging.put([body for *_, body in heads], self._pending)
            self._write(self._batch, staging, self._pending, uncertain=True)
            self._pending = {}
            self.rollups.regroup_rejected()

    def add(self, value: bytes, shard: int, offset: int) -> bool:
        """Take a decision as the log has it; False where it was published or taken before. Raises Gap, SinkStopped."""
        assert not self._pending, "recover first"
        _, sequence, kind, body = head_at(value, shard, offset)
        if not self._sequences.take(shard, sequence, offset):
            return False
        batch = self._taken
        span = batch.spans.get(shard)
        if span is None:
            batch.spans[shard] = [sequence, sequence, offset, offset]
        else:
            span[1] = sequence
            span[3] = offset
        batch.bodies.append(body)
        if kind == "fact_rejected":
            batch.rejected |= decode_decision(value).cause_kind in MASTER_KINDS
        return True

    def commit(self) -> None:
        """Put what was added into the table, durably. After RetryLater, call it again before adding more."""
        if self._sealed is None:
            self.stage()
            self.seal()
        self.write()

    def stage(self) -> None:
        """Hand what was added to ClickHouse, where `write` takes it from. A batch that is being written is not disturbed."""
        if self._taken.staged < len(self._taken.bodies):
            self._stage(self._taken)

    def _stage(self, batch: _Batch) -> None:
        try:
            batch.stage()
        except SinkStopped:
            # Another publisher drops the tables of those that it takes for gone.
            self._check_alone()
            raise

    def seal(self) -> int:
        """Make a batch, for `write`, of what was added; how many. Not before the last batch is written."""
        assert self._sealed is None, "write first"
        self._stagings.reverse()
        self._sealed, self._taken = self._taken, _Batch(self._stagings[0])
        return len(self._sealed.bodies)

    def write(self) -> None:
        """Put what was sealed into the table, durably. After RetryLater, call it again."""
        batch = self._sealed
        if batch is not None and batch.bodies:
            uncertain, batch.uncertain = batch.uncertain, True
            ranges = batch.ranges()
            if uncertain or batch.staged < len(batch.bodies):
                self._stage(batch)
            self._write(self._batch + 1, batch.staging, ranges, uncertain)
            self._batch += 1
            self._next_offsets.update({shard: r.next_offset for shard, r in ranges.items()})
            self._rejected |= batch.rejected
        self._sealed = None
        if self._rejected:
            self.rollups.regroup_rejected()
            self._rejected = False

    def _write(self, batch: int, staging: Staging, ranges: Mapping[int, Range], uncertain: bool) -> None:
        self._save(batch, Phase.BEFORE, ranges)
        self._check_alone()
        name = token(self._log, ranges.values())
        self._insert(staging, "1", name)
        if uncertain:
            self._make_whole(staging, ranges, name)
        self.rollups.add(staging.table, batch, name, uncertain)
        staging.check(ranges)
        self._save(batch, Phase.AFTER, ranges)
        staging.clear()
        if not self._alone:
            drop_others(self._database, self._stagings)
            self._alone = True

    def _save(self, batch: int, phase: Phase, ranges: Mapping[int, Range]) -> None:
        rows = [ranges[shard] for shard in sorted(ranges)]
        number = len(rows)
        table: Any = pa.table(
            {
                "shard": pa.array([r.shard for r in rows], pa.uint16()),
                "owner": pa.array([self._owner] * number, pa.string()),
                "version": pa.array([batch * 2 + (phase is Phase.AFTER)] * number, pa.int64()),
                "batch": pa.array([batch] * number, pa.int64()),
                "phase": pa.array([phase.value] * number, pa.string()),
                "first": pa.array([r.first for r in rows], pa.int64()),
                "last": pa.array([r.last for r in rows], pa.int64()),
                "first_offset": pa.array([r.first_offset for r in rows], pa.int64()),
                "next_offset": pa.array([r.next_offset for r in rows], pa.int64()),
                "log": pa.array([self._log] * number, pa.string()),
            }
        )
        with self._database.client() as client:
            client.insert_arrow("publish_state", table, settings={"async_insert": 0})

    def _check_alone(self) -> None:
        """Own row first, then a look for others': of two publishers at most one sees nobody."""
        others = self._database.rows(
            "SELECT owner, max(batch) FROM publish_state WHERE owner != {owner:String} AND batch > {batch:Int64} "
            "GROUP BY owner ORDER BY owner LIMIT 1",
            {"owner": self._owner, "batch": self._loaded_batch},
        )
        if others:
            raise SinkStopped(
                f"{self._database.place.name}: another publisher ({others[0][0]}) has written batch {others[0][1]} "
                "since this one started: let one of them run"
            )

    def _insert(self, staging: Staging, condition: str, name: str) -> None:
        """Those of the staged decisions for which the condition holds."""
        self._database.insert_select(
            f"INSERT INTO decisions ({COLUMNS}) SELECT {COLUMNS} FROM {staging.table} WHERE {condition}", name
        )

    def _make_whole(self, staging: Staging, ranges: Mapping[int, Range], name: str) -> None:
        """Insert what a token kept out though its part was lost. Raises SinkStopped for duplicates."""
        wanted = sum(r.last - r.first + 1 for r in ranges.values())
        missing = f"(shard, sequence) NOT IN (SELECT shard, sequence FROM decisions WHERE {_within(ranges)})"
        for attempt in range(1, _ATTEMPTS + 1):
            if self._there(ranges) == wanted:
                return
            self._insert(staging, missing, f"{name}-{attempt}")
        there = self._there(ranges)
        if there != wanted:
            raise SinkStopped(
                f"{self._database.place.name}: {wanted - there} of the {wanted} decisions of a batch are not in decisions "
                f"after {_ATTEMPTS} inserts: look at the server's log"
            )

    def _there(self, ranges: Mapping[int, Range]) -> int:
        """How many of the ranges' decisions are in the table. Raises SinkStopped where one is there more than once."""
        there = 0
        for shard, rows, sequences in self._database.rows(
            f"SELECT shard, count(), uniqExact(sequence) FROM decisions WHERE {_within(ranges)} GROUP BY shard ORDER BY shard"
        ):
            if rows != sequences:
                span = ranges[shard]
                raise SinkStopped(
                    f"{self._database.place.name}: of shard {shard}, sequence {span.first} to {span.last}, there are {rows} rows in "
                    f"decisions for {sequences} sequences: two publishers wrote, or it was changed by hand; drop the tables to publish anew"
                )
            there += int(rows)
        return there


def _within(ranges: Mapping[int, Range]) -> str:
    return " OR ".join(f"(shard = {r.shard} AND sequence BETWEEN {r.first} AND {r.last})" for r in ranges.values())
