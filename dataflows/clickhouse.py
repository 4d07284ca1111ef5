"""Decisions, and what facts say of accounts, into ClickHouse: kept up, or built anew beside the tables in use."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from connectors.log.base import Log, LogUnavailable, Reader, Record
from dataflows.causes import read_fact
from dataflows.publish import Pump, run_pump
from dataflows.publishing import Patience, PublishStatus, Stop, Stopped, caught_up
from schemas.codec import heads
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkError, SinkStopped
from sinks.clickhouse.answers import KeptAnswer
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.counting import Counting
from sinks.clickhouse.facts import KINDS, FactTables
from sinks.clickhouse.ranges import Range
from sinks.clickhouse.reading import QueryServer
from sinks.clickhouse.sink import BATCH_ROWS, ClickHouseSink, last_batch
from sinks.local import HeldElsewhere
from sinks.sequences import Sequences, head_at

# KPIs are at most this much behind, and an insert is worth its fixed cost.
COMMIT_SECONDS: Final = 1.0
# 2,000 decisions are decoded in about 50 ms without a compiler: how long a stop waits for one chunk.
_CHUNK_RECORDS: Final = 2_000
# Most facts are only passed by.
_CHUNK_FACTS: Final = 10_000
_FACT_HEADS: Final = heads(*KINDS)
_POLL_SECONDS: Final = 0.1
_AWAY_SECONDS: Final = 0.5
# Answers that are kept are counted for a tenth of the time, and not before all is published that came until then, or so late.
_RESTS_TIMES: Final = 9
_LATEST_SECONDS: Final = 60.0
# How often a bounded run tries to count one before it says that it cannot.
_ATTEMPTS: Final = 3
# Another publisher goes on having it.
_HELD_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Decisions:
    """Records as read, and how far their readers had come with them; `last` ends the flow after them.

    facts: Those that dimensions are made of, of so many that were `passed`.
    """

    records: Sequence[Record]
    positions: Mapping[int, int]
    facts: Sequence[Record]
    passed: int
    fact_positions: Mapping[int, int]
    last: bool


class _Answers:
    """Counts the KPIs that are kept, in a thread of its own, now and then. What cannot be counted keeps nothing else from being published."""

    def __init__(self, database: Database, patience: Patience, stop: Stop) -> None:
        self._counting = Counting(database)
        self._patience = patience
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, "clickhouse-answers")
        self._counted: Future[None] | None = None
        # What is in the tables is perhaps not counted.
        self._outdated = True
        # Not before what waits already is there.
        self._rested = time.monotonic() + 2 * COMMIT_SECONDS

    def outdate(self) -> None:
        """Something was published."""
        self._outdated = True

    def look(self, behind: bool) -> None:
        """Begin to count where that is due. behind: There is more to be published than it can keep up with."""
        if self._counted is not None and self._counted.done():
            self._wait()
        due = self._rested + _LATEST_SECONDS * behind
        if self._counted is None and self._outdated and time.monotonic() >= due:
            self._outdated = False
            self._counted = self._thread.submit(self._count)

    def finish(self) -> None:
        """Count what is not counted yet. Raises Stopped; SinkStopped where a KPI cannot be counted."""
        self._wait()
        for attempt in range(_ATTEMPTS):
            time.sleep(_AWAY_SECONDS * (attempt > 0))
            failed = self._count_all(self._patience.persist(self._counting.outdated))
            if not failed or self._stop:
                return
        kpi, error = next(iter(failed.items()))
        raise SinkStopped(
            f"{kpi} cannot be counted: {error}: all decisions are published; headrace schema diff tells whether its views are as they should be"
        ) from error

    def close(self) -> None:
        """Wait for the answer that is being counted."""
        self._thread.shutdown()

    def _wait(self) -> None:
        if self._counted is not None:
            counted, self._counted = self._counted, None
            counted.result()

    def _count(self) -> None:
        began = time.monotonic()
        try:
            failed = bool(self._count_all(self._counting.outdated()))
        except SinkError as error:
            self._say("all that are kept", error)
            failed = True
        ended = time.monotonic()
        # Not what it is now or that: who publishes may have said so in between.
        if failed:
            self._outdated = True
        self._rested = ended + (_LATEST_SECONDS if failed else _RESTS_TIMES * (ended - began))

    def _count_all(self, outdated: Sequence[KeptAnswer]) -> dict[str, SinkError]:
        """Count them; those that could not be, and why."""
        failed: dict[str, SinkError] = {}
        for answer in outdated:
            if self._stop:
                break
            try:
                self._counting.count(answer)
            except SinkError as error:
                failed[answer.kpi] = error
                self._say(answer.kpi, error)
        return failed

    def _say(self, kpi: str, error: SinkError) -> None:
        said = {"flow": "publish clickhouse", "kpi": kpi, "reason": str(error)}
        structlog.get_logger().warning("a KPI is not counted, again later", **said)


class _ClickHousePublisher:
    """Reads decisions and facts from where the tables end and hands them to the sinks, committing once a second.

    A thread of its own writes a batch while the next one is read: the tables take as long for it as Python does.
    """

    def __init__(
        self,
        log: Log,
        sink: ClickHouseSink,
        facts: FactTables,
        answers: _Answers,
        patience: Patience,
        stop: Stop,
        status: PublishStatus,
    ) -> None:
        self._log = log
        self._sink = sink
        self._facts = facts
        self._answers = answers
        self._patience = patience
        self._stop = stop
        self._status = status
        self._until_idle: Stop = False
        self._ended = False
        self._behind = False
        self._committed = time.monotonic()
        self._writer = ThreadPoolExecutor(1, "clickhouse")
        self._writing: tuple[Future[None], int] | None = None
        self._shards = range(patience.persist(lambda: log.partitions(DECISIONS)))
        if sink.pending:
            again = _read_ranges(log, sink.pending, patience)
            patience.persist(lambda: sink.recover(again))
        starts = {shard: sink.start(shard) for shard in self._shards}
        self._reader = patience.persist(lambda: log.reader(DECISIONS, starts))
        begins = {shard: facts.start(shard) for shard in range(patience.persist(lambda: log.partitions(FACTS)))}
        self._fact_reader = patience.persist(lambda: log.reader(FACTS, begins))

    def run(self, until_idle: Stop) -> None:
        self._until_idle = until_idle
        try:
            run_pump("publish_clickhouse", Pump(self._read, self._take))
        finally:
            self._writer.shutdown()
            self._answers.close()
            self._reader.close()
            self._fact_reader.close()

    def _read(self) -> _Decisions | None:
        if self._ended:
            return None
        records: list[Record] = []
        facts: list[Record] = []
        try:
            facts = self._fact_reader.poll(_CHUNK_FACTS, 0.0)
            records = self._reader.poll(_CHUNK_RECORDS, 0.0 if facts else _POLL_SECONDS)
            idle = bool(self._until_idle) and not records and not facts and self._caught_up()
            self._status.state = "running"
        except LogUnavailable as error:
            # Not waited for here: what was read before is still committed in time.
            self._status.state = f"away: {error}"
            time.sleep(_AWAY_SECONDS)
            idle = False
        self._ended = idle or bool(self._stop)
        return _Decisions(
            records,
            {shard: self._reader.position(shard) for shard in self._shards},
            [record for record in facts if record.value.startswith(_FACT_HEADS)],
            len(facts),
            {shard: self._fact_reader.position(shard) for shard in {record.partition for record in facts}},
            self._ended,
        )

    def _caught_up(self) -> bool:
        return caught_up(self._log, self._reader, DECISIONS) and caught_up(self._log, self._fact_reader, FACTS)

    def _take(self, chunk: _Decisions) -> None:
        for record in chunk.facts:
            self._facts.add(read_fact(record), record.partition, record.offset)
        if chunk.passed:
            self._facts.passed(chunk.passed, chunk.fact_positions)
        if self._facts.waiting >= _CHUNK_FACTS:
            self._finish()
            self._answers.outdate()
            self._patience.persist(lambda: self._facts.commit(last=False))
        for record in chunk.records:
            if self._sink.full:
                self._commit()
            self._sink.add(record.value, record.partition, record.offset)
        self._status.positions = chunk.positions
        if self._writing is not None and self._writing[0].done():
            self._finish()
        if chunk.last or self._sink.full or time.monotonic() - self._committed >= COMMIT_SECONDS:
            self._commit(chunk.last)
        # Not of a batch that is half there.
        if self._writing is None:
            self._answers.look(self._behind)

    def _commit(self, last: bool = False) -> None:
        self._patience.persist(self._sink.stage)
        self._finish()
        if self._facts.waiting:
            self._answers.outdate()
        self._patience.persist(lambda: self._facts.commit(last))
        self._behind = self._sink.full
        number = self._sink.seal()
        self._writing = self._writer.submit(self._patience.persist, self._sink.write), number
        self._committed = time.monotonic()
        if last:
            self._finish()
            if not self._stop:
                self._answers.finish()

    def _finish(self) -> None:
        """Wait until the batch that is being written is in the tables: they take one thing at a time. Raises what kept it out."""
        if self._writing is not None:
            (written, number), self._writing = self._writing, None
            written.result()
            self._status.published += number
            if number:
                self._answers.outdate()


def _read_ranges(log: Log, ranges: Mapping[int, Range], patience: Patience) -> list[bytes]:
    """Exactly the decisions of these ranges, read from their first offsets on."""
    found: list[bytes] = []
    sequences = Sequences({shard: wanted.first for shard, wanted in ranges.items()})
    starts = {shard: wanted.first_offset for shard, wanted in ranges.items()}
    reader: Reader = patience.persist(lambda: log.reader(DECISIONS, starts))
    try:
        while any(sequences.following(shard) <= wanted.last for shard, wanted in ranges.items()):
            for record in patience.persist(lambda: reader.poll(_CHUNK_RECORDS, _POLL_SECONDS)):
                wanted = ranges[record.partition]
                if sequences.following(record.partition) > wanted.last:
                    reader.pause([record.partition])
                    continue
                _, sequence, _, _ = head_at(record.value, record.partition, record.offset)
                if sequences.take(record.partition, sequence, record.offset):
                    found.append(record.value)
    finally:
        reader.close()
    return found


def _opened(place: Place, stop: Stop) -> Database:
    """Who only asks has chDB for as long as its question takes: that is waited for. Raises HeldElsewhere."""
    deadline = time.monotonic() + _HELD_SECONDS
    while True:
        try:
            return Database(place)
        except HeldElsewhere:
            if stop or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def publish_clickhouse(
    log: Log,
    place: Place,
    socket_path: Path,
    *,
    until_idle: Stop,
    stop: Stop,
    status: PublishStatus,
    batch_rows: int = BATCH_ROWS,
) -> None:
    """Publish decisions into ClickHouse until told to stop, or with `until_idle` until all there are is published.

    On chDB it answers questions at `socket_path` all the while. While ClickHouse or the log is away it
    waits and tries again. Raises HeldElsewhere, SinkStopped (a gap among them), LogRefused.
    """
    patience = Patience("publish clickhouse", stop, status)
    database = _opened(place, stop)
    try:
        identity = patience.persist(lambda: log.identity(DECISIONS))
        sink = patience.persist(lambda: ClickHouseSink(database, identity, batch_rows))
        of_facts = patience.persist(lambda: log.identity(FACTS))
        facts = patience.persist(lambda: FactTables(database, of_facts, sink.rollups))
        answers = _Answers(database, patience, stop)
        publisher = _ClickHousePublisher(log, sink, facts, answers, patience, stop, status)
        if place.url:
            publisher.run(until_idle)
        else:
            with QueryServer(socket_path, database):
                publisher.run(until_idle)
    except Stopped:
        structlog.get_logger().info("left while something was away", flow="publish clickhouse")
    finally:
        database.close()
        status.state = "stopped"


def rebuild_clickhouse(
    log: Log, place: Place, socket_path: Path, *, stop: Stop, status: PublishStatus, batch_rows: int = BATCH_ROWS
) -> bool:
    """Build all tables anew from the logs beside those in use, and switch when they have all there is; False where told to stop.

    Questions are answered from the tables in use until then: on chDB at `socket_path`. Nobody else may publish meanwhile: on chDB
    the directory's lock sees to it; on a server who published is found before the switch, which is not made then. Cut short
    before the switch it has changed nothing. Raises HeldElsewhere, SinkStopped, LogRefused.
    """
    patience = Patience("rebuild clickhouse", stop, status)
    database = Database(place)
    try:
        patience.persist(database.migrate)
        began = patience.persist(lambda: last_batch(database))
        patience.persist(database.drop_beside)
        with nullcontext() if place.url else QueryServer(socket_path, database):
            _build_beside(log, database, patience, stop, status, batch_rows)
            if stop:
                return False
            if patience.persist(lambda: last_batch(database)) != began:
                raise SinkStopped(f"{place.name}: somebody published meanwhile: stop `run publish`, and rebuild again")
            patience.persist(database.switch)
        return True
    except Stopped:
        return False
    finally:
        database.close()
        status.state = "stopped"


def _build_beside(
    log: Log, database: Database, patience: Patience, stop: Stop, status: PublishStatus, batch_rows: int
) -> None:
    """All there is in the logs, in tables beside those of `database`; a part of it where told to stop."""
    new = Database(database.place, within=database)
    try:
        sink = patience.persist(lambda: ClickHouseSink(new, log.identity(DECISIONS), batch_rows))
        facts = patience.persist(lambda: FactTables(new, log.identity(FACTS), sink.rollups))
        answers = _Answers(new, patience, stop)
        _ClickHousePublisher(log, sink, facts, answers, patience, stop, status).run(until_idle=True)
    finally:
        new.close()
