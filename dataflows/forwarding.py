"""The forwarder: reads decisions and customers into the directory, and appends the facts that follow.

At least once: facts are appended before the directory's position moves, their ids and contents are
made of the decision alone, and a shard takes an id once. bytewax may not be here (publish.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.log.base import Full, Log, Reader, Record, account_key, partition_of
from dataflows.publishing import FORWARD, Patience, PublishStatus, decoded
from schemas.codec import decode_fact, encode_fact
from schemas.records import FACT_IDS_READ, CashTransferred, Customer, Decision, Fact, Receipt, ReceiptReturned
from schemas.topics import DECISIONS, FACTS
from schemas.wire import Unreadable
from sinks.base import SinkStopped
from sinks.redis.directory import judge, learn
from sinks.redis.store import Positions, Store, Work
from sinks.redis.transfers import Bringing, WrongCause, transfer_fact
from sinks.sequences import Sequences

_DECISIONS_AT_ONCE: Final = 2_000
_FACTS_AT_ONCE: Final = 10_000
# How long a round waits for decisions; while receipts wait to be judged it does not.
_POLL_SECONDS: Final = 0.02
_FLUSH_SECONDS: Final = 5.0
_JUDGED_AT_ONCE: Final = 500
# Reading on to the next wanted fact of a shard costs less than opening the log at it anew.
_READ_ON_OFFSETS: Final = 20_000


def _heads(*kinds: str) -> tuple[bytes, ...]:
    """What the messages of these kinds begin with, of every version that is read."""
    return tuple(b"\x00" + number.to_bytes(4, "big") for kind in kinds for number in FACT_IDS_READ[kind])


_CUSTOMER_HEADS: Final = _heads("customer")
_MONEY_HEADS: Final = _heads("receipt", "cash_transferred", "receipt_returned")


@dataclass(frozen=True, slots=True)
class ForwardChunk:
    """Records of both topics, and how far their readers had come with them."""

    decisions: Sequence[Record]
    customers: Sequence[Record]
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
            [record for record in facts if record.value.startswith(_CUSTOMER_HEADS)],
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
        customers = [fact for record in chunk.customers if isinstance(fact := _fact(record), Customer)]
        positions = self._positions(chunk)
        if decisions or customers or positions != self._store.positions:
            work = self._patience.persist(lambda: learn(self._store, decisions, customers))
            self._append(self._transfers(work))
            self._patience.persist(lambda: self._store.commit(work, positions))
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

    def _transfers(self, work: Work) -> list[tuple[int, Fact]]:
        """The facts for the transfers in `work`."""
        wanted = {(place[0], place[1]) for _, place in work.transfers if place is not None}
        causes = self._read_facts(wanted)
        facts: list[tuple[int, Fact]] = []
        for decision, place in work.transfers:
            cause = None if place is None else causes.get((place[0], place[1]))
            fact = self._transfer(decision, cause)
            key = account_key(fact.tenant, fact.entity, fact.account_id)
            facts.append((partition_of(key, self._partitions), fact))
        return facts

    def _transfer(self, decision: Decision, cause: Fact | None) -> CashTransferred | ReceiptReturned:
        if cause is not None:
            try:
                return transfer_fact(decision, cause)
            except WrongCause:
                # An account that was parked decides later, on another fact than the one that brought the money.
                pass
        found = self._search(decision)
        where = f"decisions shard {decision.shard}, sequence {decision.sequence}"
        if found is None:
            raise SinkStopped(f"{where}: moves receipt {decision.receipt_id!r}, and no fact before it brought that")
        try:
            return transfer_fact(decision, found)
        except WrongCause as error:
            raise SinkStopped(f"{where}: {error}") from error

    def _search(self, decision: Decision) -> Fact | None:
        """The last fact up to the decision's that brought its receipt, by reading its shard from the beginning."""
        found: Fact | None = None
        bringing = Bringing(decision)
        shard = decision.shard
        begin = self._patience.persist(lambda: self._log.begin_offsets(FACTS))[shard]
        end = min(decision.fact_offset + 1, self._patience.persist(lambda: self._log.end_offsets(FACTS))[shard])
        reader = self._patience.persist(lambda: self._log.reader(FACTS, {shard: begin}))
        try:
            while reader.position(shard) < end:
                for record in self._poll(reader):
                    if record.offset >= end or not record.value.startswith(_MONEY_HEADS):
                        continue
                    fact = _fact(record)
                    assert isinstance(fact, Receipt | CashTransferred | ReceiptReturned)
                    if bringing.take(fact):
                        found = fact
        finally:
            reader.close()
        return found

    def _read_facts(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], Fact]:
        """The facts at these shards and offsets; one that is not there is left out."""
        found: dict[tuple[int, int], Fact] = {}
        missing = {shard: sorted(o for s, o in wanted if s == shard) for shard in {shard for shard, _ in wanted}}
        while missing:
            starts = {shard: offsets[0] for shard, offsets in missing.items()}
            reader = self._patience.persist(lambda starts=starts: self._log.reader(FACTS, starts))  # type: ignore[misc]
            try:
                running = set(missing)
                while running:
                    for record in self._poll(reader):
                        if (record.partition, record.offset) in wanted:
                            found[record.partition, record.offset] = _fact(record)
                    for shard in sorted(running):
                        at = reader.position(shard)
                        missing[shard] = [offset for offset in missing[shard] if offset >= at]
                        if not missing[shard] or missing[shard][0] > at + _READ_ON_OFFSETS:
                            running.discard(shard)
                            reader.pause([shard])
            finally:
                reader.close()
            missing = {shard: offsets for shard, offsets in missing.items() if offsets}
        return found

    def _poll(self, reader: Reader) -> list[Record]:
        return self._patience.persist(lambda: reader.poll(_DECISIONS_AT_ONCE, _POLL_SECONDS))

    def close(self) -> None:
        self._decisions.close()
        self._facts.close()
        self._writer.close()


def _fact(record: Record) -> Fact:
    try:
        return decode_fact(record.value)
    except Unreadable as error:
        raise SinkStopped(
            f"facts shard {record.partition}, offset {record.offset}: {error}: the log is damaged; restore it"
        ) from error
