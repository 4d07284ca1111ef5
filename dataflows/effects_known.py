"""What a sink with effects knows: small rows in its own file, learned from facts and heeded of decisions.

Guarantees: a fact is learned once the decisions that were read have come past it, so whether it was rejected is known
before; and all decisions are heeded from the first one of the log on, wherever the sink began. Memory does not grow
with either log.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from connectors.log.base import Log, LogUnavailable, Record
from dataflows.causes import Causes, read_fact
from dataflows.publishing import Patience, Stop, Stopped, decoded
from schemas.codec import decode_decision_body, heads
from schemas.records import Decision, Fact
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkStopped
from sinks.effects.base import EffectSink, Known
from sinks.effects.store import EffectStore, Position
from sinks.redis.transfers import cause_of
from sinks.sequences import head_at

_AT_ONCE: Final = 2_000
_POLL_SECONDS: Final = 0.1
# Beside the topics' names in the sink's file. Up to where decisions were heeded; the facts that decisions have come past.
HEEDED: Final = "heeded"
PASSED: Final = "passed"
# What was heeded so far: the kinds of decisions.
_HEEDS: Final = "heeds"


class KnownInFile(Known):
    """What the sink has learned, in its file; and facts read again from the log."""

    def __init__(self, store: EffectStore, log: Log, patience: Patience) -> None:
        self._store = store
        self._log = log
        self._patience = patience

    def get(self, key: str) -> bytes | None:
        return self._store.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._store.put(key, value)

    def fact(self, shard: int, offset: int) -> Fact:
        return self._patience.persist(lambda: fact_at(self._log, shard, offset))

    def cause(self, d: Decision) -> Fact | None:
        found = self.fact(d.shard, d.fact_offset)
        return found if cause_of(d).names(found) else Causes(self._log, self._patience).fact(d)


def fact_at(log: Log, shard: int, offset: int) -> Fact:
    """The fact at an offset. Raises LogUnavailable, SinkStopped where it is none."""
    reader = log.reader(FACTS, {shard: offset})
    try:
        until = time.monotonic() + 5.0
        records: list[Record] = []
        while not records and time.monotonic() < until:
            records = reader.poll(1, 0.5)
        if records and records[0].offset == offset:
            return read_fact(records[0])
        if not records and log.end_offsets(FACTS)[shard] > offset:
            raise LogUnavailable(f"facts shard {shard}: offset {offset} was not answered within 5 s")
    finally:
        reader.close()
    raise SinkStopped(f"facts shard {shard}: nothing is at offset {offset}; restore the log")


def heed_before(log: Log, sink: EffectSink, store: EffectStore, known: Known, patience: Patience, stop: Stop) -> None:
    """Let the sink heed what was decided before it began, without doing any of it. It goes on where it was left; for a file
    of which nobody knows how far it came, or that heeded other kinds, from the first decision on. Raises Stopped, SinkStopped."""
    if not (sink.heeds or sink.learns):
        return
    ends = {shard: position.next for shard, position in store.positions(DECISIONS).items()}
    begins = patience.persist(lambda: log.begin_offsets(DECISIONS))
    heeds = ",".join(sink.heeds).encode()
    if store.get(_HEEDS) != heeds:
        # Made by a version that heeded less, or new.
        with store.transaction():
            store.move(HEEDED, {shard: Position(begins[shard]) for shard in ends})
            store.put(_HEEDS, heeds)
    there = store.positions(HEEDED)
    starts = {shard: max(begins[shard], there[shard].next if shard in there else 0) for shard in ends}
    left = {shard: start for shard, start in starts.items() if start < ends[shard]}
    if not left:
        return
    reader = patience.persist(lambda: log.reader(DECISIONS, left))
    try:
        while any(reader.position(shard) < ends[shard] for shard in left):
            if stop:
                raise Stopped
            records = patience.persist(lambda: reader.poll(_AT_ONCE, _POLL_SECONDS))
            before = [record for record in records if record.offset < ends[record.partition]]
            with store.transaction():
                _heed(before, sink, store, known)
                reached = {shard: Position(min(reader.position(shard), ends[shard])) for shard in left}
                store.move(HEEDED, reached)
    finally:
        reader.close()


def _heed(records: Sequence[Record], sink: EffectSink, store: EffectStore, known: Known) -> None:
    last: dict[int, Record] = {}
    for record in records:
        last[record.partition] = record
        _, _, kind, body = head_at(record.value, record.partition, record.offset)
        if kind in sink.heeds:
            sink.heed(decode_decision_body(body), known)
    # A decision comes after those of earlier facts.
    store.move(PASSED, {shard: Position(decoded(record).fact_offset + 1) for shard, record in last.items()})


class Learning:
    """The facts that a sink learns from, each once the decisions have come past it. Close it."""

    def __init__(self, log: Log, sink: EffectSink, store: EffectStore, known: Known, patience: Patience) -> None:
        self._log = log
        self._sink = sink
        self._store = store
        self._known = known
        self._patience = patience
        self._heads = heads(*sink.learns)
        self._learned = store.positions(FACTS)
        # For each shard the offset that follows the last fact that a decision read so far came of. That was in the log before it.
        ends = patience.persist(lambda: log.end_offsets(FACTS))
        self._passed = {shard: min(position.next, ends[shard]) for shard, position in store.positions(PASSED).items()}
        starts = {shard: position.next for shard, position in self._learned.items()}
        self._reader = patience.persist(lambda: log.reader(FACTS, starts)) if sink.learns else None
        # Read, and not come past yet: a shard that has any is not read on.
        self._ahead: dict[int, deque[Record]] = {shard: deque() for shard in self._learned}
        self._paused: set[int] = set()
        self.busy = False

    def read(self) -> tuple[list[Record], Mapping[int, int], Sequence[int]]:
        """What came next, how far the reader is, and where the facts end. Raises Stopped."""
        reader = self._reader
        if reader is None:
            return [], {}, ()
        ahead = {shard for shard, waiting in self._ahead.items() if waiting}
        reader.pause(sorted(ahead - self._paused))
        reader.resume(sorted(self._paused - ahead))
        self._paused = ahead
        ends = self._patience.persist(lambda: self._log.end_offsets(FACTS))
        facts = self._patience.persist(lambda: reader.poll(_AT_ONCE, 0.0))
        self.busy = bool(facts)
        wanted = [record for record in facts if record.value.startswith(self._heads)]
        return wanted, {shard: reader.position(shard) for shard in self._learned}, ends

    def come_past(self, d: Decision, ends: Sequence[int]) -> None:
        """A decision was read, and all of earlier facts. ends: of the facts, asked for after it was read."""
        if self._reader is not None:
            # What it came of was in the log before it.
            self._passed[d.shard] = max(self._passed.get(d.shard, 0), min(d.fact_offset + 1, ends[d.shard]))

    def moves(self, facts: Sequence[Record], positions: Mapping[int, int]) -> bool:
        """Whether `learn` has anything to do with these, though no decision came."""
        return bool(facts) or any(
            reached != self._learned[shard].next and not self._ahead[shard] for shard, reached in positions.items()
        )

    def learn(self, facts: Sequence[Record], positions: Mapping[int, int]) -> None:
        """Learn what the decisions have come past, of these and of those read before. Within a transaction."""
        for record in facts:
            self._ahead[record.partition].append(record)
        for shard, reached in positions.items():
            waiting = self._ahead[shard]
            while waiting and waiting[0].offset < self._passed.get(shard, 0):
                record = waiting.popleft()
                self._sink.learn(shard, record.offset, read_fact(record), self._known)
            self._learned[shard] = Position(waiting[0].offset if waiting else reached)
        self._store.move(FACTS, {shard: self._learned[shard] for shard in positions})
        self._store.move(PASSED, {shard: Position(following) for shard, following in self._passed.items()})

    def is_behind(self, shard: int) -> bool:
        """Whether there are facts that the decisions have come past and that are not learned."""
        return self._reader is not None and self._learned[shard].next < self._passed.get(shard, 0)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
