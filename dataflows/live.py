"""Keeps the live views: reads decisions, and the few facts that say more of an account, into sinks/redis/live.

A shard's position moves in the transaction of its data, so what is read again changes nothing. bytewax may not be
here (publish.py).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.log.base import Log, Record
from dataflows.causes import read_fact
from dataflows.publishing import Patience, PublishStatus, decoded
from schemas.codec import heads
from schemas.records import AccountOwner, Clock, Customer, Decision, Message
from schemas.topics import DECISIONS, FACTS
from sinks.redis.connect import RedisServer
from sinks.redis.live.keys import TURNING
from sinks.redis.live.learning import LEARNED, LearnedFact, learn, turn
from sinks.redis.live.store import Position, Reopen, Store, current_generations, forget
from sinks.redis.live.work import Work
from sinks.sequences import Sequences

_DECISIONS_AT_ONCE: Final = 2_000
_FACTS_AT_ONCE: Final = 10_000
_POLL_SECONDS: Final = 0.05
# Accounts whose aging changes with the day, in one transaction.
_TURNED_AT_ONCE: Final = 500
_DAY_MS: Final = 86_400_000
_LEARNED_HEADS: Final = heads(*LEARNED)


@dataclass(frozen=True, slots=True)
class LiveChunk:
    """Records of both topics, of facts those that the views learn from, and how far their readers had come."""

    decisions: Sequence[Record]
    facts: Sequence[Record]
    decision_positions: Mapping[int, int]
    fact_positions: Mapping[int, int]


class LiveUpdater:
    """One pass over both logs into `store`. `read`, then `take` what was read, over and over.

    Raises Reopen where the views are not as the store left them: open the store again and make another one. Close it.
    """

    def __init__(self, log: Log, store: Store, patience: Patience, status: PublishStatus) -> None:
        self._log = log
        self._store = store
        self._patience = patience
        self._status = status
        self._shards = range(patience.persist(lambda: log.partitions(FACTS)))
        positions = store.positions
        self._sequences = Sequences({shard: positions[shard].sequence for shard in self._shards})
        self._decisions = patience.persist(
            lambda: log.reader(DECISIONS, {shard: positions[shard].offset for shard in self._shards})
        )
        self._facts = patience.persist(
            lambda: log.reader(FACTS, {shard: positions[shard].facts for shard in self._shards})
        )
        self.idle = False

    def read(self) -> LiveChunk:
        """What came next; empty where nothing did within a twentieth of a second. Raises Stopped."""
        facts = self._patience.persist(lambda: self._facts.poll(_FACTS_AT_ONCE, 0.0))
        wait = 0.0 if facts else _POLL_SECONDS
        decisions = self._patience.persist(lambda: self._decisions.poll(_DECISIONS_AT_ONCE, wait))
        return LiveChunk(
            decisions,
            [record for record in facts if record.value.startswith(_LEARNED_HEADS)],
            {shard: self._decisions.position(shard) for shard in self._shards},
            {shard: self._facts.position(shard) for shard in self._shards},
        )

    def take(self, chunk: LiveChunk) -> None:
        """Learn from the chunk and move the positions with it. Raises Gap, SinkStopped, Stopped, Reopen."""
        decisions: dict[int, list[Decision]] = defaultdict(list)
        for record in chunk.decisions:
            decision = decoded(record)
            if self._sequences.take(record.partition, decision.sequence, record.offset):
                decisions[record.partition].append(decision)
        facts: dict[int, list[LearnedFact]] = defaultdict(list)
        now: dict[int, int] = {}
        for record in chunk.facts:
            fact = read_fact(record)
            if isinstance(fact, Clock):
                now[record.partition] = fact.now
            elif isinstance(fact, (Customer, AccountOwner, Message)):
                facts[record.partition].append(fact)
        for shard, time in sorted(now.items()):
            self._turn(shard, time)
        works = [
            (self._store.work(shard), decisions[shard], facts[shard], self._store.positions[shard].day)
            for shard in self._shards
            if decisions[shard] or facts[shard]
        ]
        self._patience.persist(lambda: learn(self._store.server, works))
        there = {work.shard: work for work, *_ in works}
        for shard in self._shards:
            after = replace(
                self._store.positions[shard],
                offset=chunk.decision_positions[shard],
                sequence=self._sequences.following(shard),
                facts=chunk.fact_positions[shard],
            )
            if after != self._store.positions[shard]:
                self._commit(there.get(shard) or self._store.work(shard), after)
        self._status.published += sum(len(some) for some in decisions.values())
        self._status.positions = chunk.decision_positions
        self.idle = self._has_read(chunk)

    def _turn(self, shard: int, now: int) -> None:
        """Time is in the log: bring everything past due to the day of the shard's last clock, then say so."""
        now = max(now, self._store.positions[shard].now)
        day = now // _DAY_MS
        turned = self._store.positions[shard].turned
        while day > self._store.positions[shard].day:
            accounts = self._patience.persist(lambda: self._store.turning(shard, TURNING, day, _TURNED_AT_ONCE))
            if not accounts:
                break
            work = self._turned(shard, accounts, day)
            turned += len(accounts)
            self._commit(work, replace(self._store.positions[shard], turned=turned))
        after = replace(self._store.positions[shard], now=now, day=day, turned=0)
        self._commit(self._store.work(shard), after)

    def _turned(self, shard: int, accounts: Sequence[str], day: int) -> Work:
        work = self._store.work(shard)
        self._patience.persist(lambda: turn(self._store.server, work, accounts, day))
        return work

    def _commit(self, work: Work, after: Position) -> None:
        self._patience.persist(lambda: self._store.commit(work, after))

    def _has_read(self, chunk: LiveChunk) -> bool:
        ends = self._patience.persist(lambda: (self._log.end_offsets(DECISIONS), self._log.end_offsets(FACTS)))
        return all(chunk.decision_positions[shard] >= ends[0][shard] for shard in self._shards) and all(
            chunk.fact_positions[shard] >= ends[1][shard] for shard in self._shards
        )

    def close(self) -> None:
        self._decisions.close()
        self._facts.close()


def views_identity(log: Log) -> str:
    """What the live views of a log are known by. Raises LogUnavailable."""
    return f"{log.identity(DECISIONS)} {log.identity(FACTS)}"


def rebuild_live(log: Log, server: RedisServer, patience: Patience, status: PublishStatus) -> dict[int, int]:
    """Make the live views anew from the logs, beside those that are read, then switch each shard over at once.

    The flow that keeps them goes on meanwhile and, after the switch, keeps the new ones. Returns the decisions in each
    shard's new views. Raises SinkStopped, Stopped, Reopen where something else wrote to what is made.
    """
    shards = range(patience.persist(lambda: log.partitions(FACTS)))
    identity = patience.persist(lambda: views_identity(log))
    before = patience.persist(lambda: current_generations(server, shards))
    if len(before) < len(shards):
        # There is nothing whole to be read meanwhile: what is there is begun, and made.
        patience.persist(lambda: Store(server, identity, len(shards)))
        before = patience.persist(lambda: current_generations(server, shards))
    patience.persist(lambda: forget(server, before))
    building = {shard: generation + 1 for shard, generation in before.items()}
    store = patience.persist(lambda: Store(server, identity, len(shards), building))
    updater = LiveUpdater(log, store, patience, status)
    try:
        left = set(shards)
        while left:
            updater.take(updater.read())
            if updater.idle:
                left = {shard for shard in left if not _switched(store, shard, before[shard], patience)}
    finally:
        updater.close()
    patience.persist(lambda: forget(server, building))
    return {shard: store.positions[shard].sequence for shard in shards}


def _switched(store: Store, shard: int, before: int, patience: Patience) -> bool:
    return patience.persist(lambda: store.switch(shard, before))


__all__ = ["LiveChunk", "LiveUpdater", "Reopen", "rebuild_live", "views_identity"]
