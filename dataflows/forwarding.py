"""The forwarder: reads decisions, customers and remittance advices into the directory, and appends the facts that follow.

At least once: facts are appended before the directory's position moves, their ids and contents are
made of the decision alone, and a shard takes an id once. bytewax may not be here (publish.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from connectors.log.base import Full, Log, Record, account_key, partition_of
from dataflows.causes import Causes, read_fact
from dataflows.publishing import FORWARD, Patience, PublishStatus, decoded
from schemas.codec import encode_fact, heads
from schemas.records import Customer, Decision, Fact, RemittanceAdvice
from schemas.topics import DECISIONS, FACTS
from sinks.redis.credit import credit_facts
from sinks.redis.directory import judge, learn
from sinks.redis.store import STUCK, Positions, Store, Work
from sinks.sequences import Sequences

_DECISIONS_AT_ONCE: Final = 2_000
_FACTS_AT_ONCE: Final = 10_000
# How long a round waits for decisions; while receipts wait to be judged it does not.
_POLL_SECONDS: Final = 0.02
_FLUSH_SECONDS: Final = 5.0
_JUDGED_AT_ONCE: Final = 500
_LEARNED_HEADS: Final = heads("customer", "remittance_advice")


@dataclass(frozen=True, slots=True)
class ForwardChunk:
    """Records of both topics, of facts those that the directory learns from, and how far their readers had come."""

    decisions: Sequence[Record]
    facts: Sequence[Record]
    decision_positions: Mapping[int, int]
    fact_positions: Mapping[int, int]


class Forwarder:
    """One pass over both logs into `store`. `read`, then `take` what was read, over and over.

    Raises Wiped where Redis lost its contents: make another one. Close it.
    """

    def __init__(self, log: Log, store: Store, patience: Patience, status: PublishStatus) -> None:
        self._log = log
        self._store = store
        self._patience = patience
        self._status = status
        self._partitions = patience.persist(lambda: log.partitions(FACTS))
        shards = range(self._partitions)
        positions = store.positions
        self._sequences = Sequences(positions.sequences)
        starts = {
            DECISIONS: {shard: positions.decisions.get(shard, 0) for shard in shards},
            FACTS: {shard: positions.facts.get(shard, 0) for shard in shards},
        }
        self._decisions = patience.persist(lambda: log.reader(DECISIONS, starts[DECISIONS]))
        self._facts = patience.persist(lambda: log.reader(FACTS, starts[FACTS]))
        self._writer = patience.persist(lambda: log.writer(FACTS, "headrace.forward"))
        self._snapshot = patience.persist(self._ends)
        self._causes = Causes(log, patience)
        self._logger = structlog.get_logger().bind(flow="publish forward")
        status.stuck = patience.persist(store.stuck)
        self._unjudged = True
        self._told = Positions()
        self.idle = False

    def _ends(self) -> tuple[list[int], list[int]]:
        return self._log.end_offsets(DECISIONS), self._log.end_offsets(FACTS)

    def read(self) -> ForwardChunk:
        """What came next; empty where nothing did within a fiftieth of a second. Raises Stopped."""
        wait = 0.0 if self._unjudged else _POLL_SECONDS
        facts = self._patience.persist(lambda: self._facts.poll(_FACTS_AT_ONCE, 0.0))
        decisions = self._patience.persist(lambda: self._decisions.poll(_DECISIONS_AT_ONCE, 0.0 if facts else wait))
        shards = range(self._partitions)
        return ForwardChunk(
            decisions,
            [record for record in facts if record.value.startswith(_LEARNED_HEADS)],
            {shard: self._decisions.position(shard) for shard in shards},
            {shard: self._facts.position(shard) for shard in shards},
        )

    def take(self, chunk: ForwardChunk) -> None:
        """Learn from the chunk, append what follows, and move the position. Raises Gap, SinkStopped, Stopped, Wiped."""
        decisions = [
            decision
            for record in chunk.decisions
            if self._sequences.take(record.partition, (decision := decoded(record)).sequence, record.offset)
        ]
        facts = [fact for record in chunk.facts if isinstance(fact := read_fact(record), (Customer, RemittanceAdvice))]
        positions = self._positions(chunk)
        if decisions or facts or positions != self._store.positions:
            work = self._patience.persist(lambda: learn(self._store, decisions, facts))
            self._append(self._transfers(work))
            self._append([placed for decision in decisions for placed in self._credit(decision)])
            self._patience.persist(lambda: self._store.commit(work, positions))
            if work.transfers:
                self._status.stuck = self._patience.persist(self._store.stuck)
            self._unjudged = self._unjudged or bool(work.new)
            self._status.published += len(decisions)
            self._status.positions = positions.decisions
        if self._unjudged and self._has_read(chunk, self._snapshot):
            self._judge()
        self.idle = not self._unjudged and self._has_read(chunk, self._patience.persist(self._ends))
        if self.idle and self._told != positions:
            self._patience.persist(lambda: self._tell(positions))

    def _tell(self, positions: Positions) -> None:
        """Save, for whoever waits for it, that all up to here is done and nothing is left to judge."""
        self._log.save_positions(FORWARD, FACTS, positions.facts)
        self._log.save_positions(FORWARD, DECISIONS, positions.decisions)
        self._told = positions

    def _positions(self, chunk: ForwardChunk) -> Positions:
        sequences = {shard: self._sequences.following(shard) for shard in range(self._partitions)}
        return Positions(dict(chunk.decision_positions), sequences, dict(chunk.fact_positions))

    @staticmethod
    def _has_read(chunk: ForwardChunk, ends: tuple[Sequence[int], Sequence[int]]) -> bool:
        return all(chunk.decision_positions[shard] >= end for shard, end in enumerate(ends[0])) and all(
            chunk.fact_positions[shard] >= end for shard, end in enumerate(ends[1])
        )

    def _judge(self) -> None:
        """Judge the receipts that were found before the snapshot, then take another one for those found since."""
        while names := self._patience.persist(lambda: self._store.ripe(_JUDGED_AT_ONCE)):
            work, facts = self._patience.persist(lambda: judge(self._store, names))
            self._append(facts)
            self._commit(work)
        work = Work(self._store)
        work.ripen = True
        self._commit(work)
        self._unjudged = self._patience.persist(self._store.unjudged) > 0
        self._snapshot = self._patience.persist(self._ends)

    def _commit(self, work: Work) -> None:
        positions = self._store.positions
        self._patience.persist(lambda: self._store.commit(work, positions))

    def _append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        """Append facts to their shards and wait until they are durable."""
        for shard, fact in facts:
            key = account_key(fact.tenant, fact.entity, fact.account_id)
            assert partition_of(key, self._partitions) == shard, f"{key!r} is not of shard {shard}"
            value = encode_fact(fact)
            while True:
                try:
                    self._writer.send(shard, key, value)
                    break
                except Full:
                    self._patience.persist(lambda: self._writer.poll(_POLL_SECONDS))
        if facts:
            self._patience.persist(lambda: self._writer.flush(_FLUSH_SECONDS))
            self._status.forwarded += len(facts)

    def _credit(self, decision: Decision) -> list[tuple[int, Fact]]:
        """What accounts that share a credit limit say to each other by this decision."""
        return [
            (partition_of(account_key(fact.tenant, fact.entity, fact.account_id), self._partitions), fact)
            for fact in credit_facts(decision)
        ]

    def _transfers(self, work: Work) -> list[tuple[int, Fact]]:
        """The facts for the transfers in `work`. One that cannot be brought is kept as stuck, and the others go on."""
        facts: list[tuple[int, Fact]] = []
        for (decision, _), fact in zip(work.transfers, self._causes.facts(work.transfers), strict=True):
            if isinstance(fact, str):
                name = f"{decision.shard}-{decision.sequence}"
                self._logger.error(
                    "a transfer is stuck: restore the log, then empty the directory's Redis",
                    transfer=name,
                    account=f"{decision.tenant}/{decision.entity}/{decision.account_id}",
                    receipt=decision.receipt_id,
                    reason=fact,
                )
                work.put(STUCK, name, fact)
                continue
            key = account_key(fact.tenant, fact.entity, fact.account_id)
            facts.append((partition_of(key, self._partitions), fact))
        return facts

    def close(self) -> None:
        self._decisions.close()
        self._facts.close()
        self._writer.close()
