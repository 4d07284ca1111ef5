"""One shard's logs side by side: each fact with the decisions that say they come of it. The check of the sequence.

A reader of decisions takes last + 1, drops what is lower and stops at what is higher. An auditor
goes on after a hole, says so once, and takes what stands there as it is.
"""

from array import array
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from connectors.log.base import Log, LogRefused, Record, account_key, misplaced
from headrace.audit.findings import Check, account_of
from headrace.audit.transit import BROUGHT
from schemas.codec import decode_decision, decode_fact, digest64
from schemas.records import Decision, Fact
from schemas.topics import DECISIONS, FACTS
from schemas.wire import Unreadable

CHUNK: Final = 2_000
READ_SECONDS: Final = 10.0
# A number so far ahead is no hole but a decision that does not belong there.
MOST_MISSING: Final = 1_000_000


class Said(NamedTuple):
    """One decision of the log: where it is, what it says, its bytes."""

    offset: int
    decision: Decision
    raw: bytes


class Group(NamedTuple):
    """One fact and what was decided on it. `fact` is None where its bytes cannot be read; `key` is its record's."""

    offset: int
    key: bytes | None
    value: bytes
    fact: Fact | None
    said: list[Said]


def read_all(log: Log, topic: str, shard: int, check: Check) -> Iterator[Record]:
    """Every record that the partition has now. A log that cannot be read on is a finding. Raises LogUnavailable."""
    begin, end = log.begin_offsets(topic)[shard], log.end_offsets(topic)[shard]
    if begin:
        check.find(
            "log_begins_late",
            f"{topic} begins at offset {begin} in partition {shard}: what was before is gone",
            shard=shard,
        )
    at = begin
    try:
        reader = log.reader(topic, {shard: begin})
        try:
            while reader.position(shard) < end:
                records = reader.poll(CHUNK, READ_SECONDS)
                if not records:
                    # Above the last record there may be a hole: transaction markers leave one.
                    return
                for record in records:
                    at = record.offset
                    if at >= end:
                        return
                    yield record
        finally:
            reader.close()
    except LogRefused as error:
        check.find(
            "log_damaged",
            f"{topic} cannot be read beyond offset {at} of partition {shard}: {error}",
            shard=shard,
            offset=at if topic == FACTS else -1,
        )


class DecisionLog:
    """The decisions of one shard, each once, in the order of the log. `next_sequence` is the one due next.

    `unconfirmed` are decisions that a checkpoint holds and the log does not have yet: a restart appends
    them, so they are read as if they stood there.
    """

    def __init__(self, log: Log, shard: int, check: Check, unconfirmed: Mapping[int, bytes]) -> None:
        self.next_sequence = 0
        self._unconfirmed: Final = unconfirmed
        self._shard: Final = shard
        self._shards: Final = log.partitions(DECISIONS)
        self._check: Final = check
        self._records: Final = read_all(log, DECISIONS, shard, check)
        # 64 bits of each decision's bytes, so that one that comes again can be compared; 0 for one that never came.
        self._digests: Final = array("q")

    def __iter__(self) -> Iterator[Said]:
        for record in self._records:
            try:
                decision = decode_decision(record.value)
            except Unreadable as error:
                self._check.find(
                    "unreadable",
                    f"decisions offset {record.offset}: {error}",
                    shard=self._shard,
                    sequence=self.next_sequence,
                )
                continue
            self._check.checked += 1
            if self._unconfirmed.get(decision.sequence, record.value) != record.value:
                self._check.about(decision, "repeat_differs", "the checkpoint holds it for the log with other contents")
            if self._numbered(record, decision):
                self._placed(record, decision)
                yield Said(record.offset, decision, record.value)
        number = 0
        while (raw := self._unconfirmed.get(self.next_sequence)) is not None:
            number += 1
            self.next_sequence += 1
            yield Said(-1, decode_decision(raw), raw)
        if number:
            self._check.note(f"shard {self._shard}: {number} decisions are in the checkpoint and not yet in the log")

    def _numbered(self, record: Record, d: Decision) -> bool:
        """Whether it is to be taken."""
        digest = digest64(record.value) or 1
        missing = d.sequence - self.next_sequence
        if missing < 0:
            first = self._digests[d.sequence] if d.sequence >= 0 else 0
            if not first:
                self._check.about(d, "order", f"decision {d.sequence} stands after {self.next_sequence - 1}")
            elif first != digest:
                self._check.about(d, "repeat_differs", f"decision {d.sequence} comes again with other contents")
            return False
        if missing:
            self._check.about(
                d, "gap", f"decision {self.next_sequence} is missing: {d.sequence} stands at offset {record.offset}"
            )
            if missing > MOST_MISSING:
                return False
            self._digests.extend([0] * missing)
        self._digests.append(digest)
        self.next_sequence = d.sequence + 1
        return True

    def _placed(self, record: Record, d: Decision) -> None:
        if d.shard != self._shard:
            self._check.about(d, "shard", f"it says shard {d.shard} and stands in {self._shard}")
        key = account_key(d.tenant, d.entity, d.account_id)
        if record.key != key:
            self._check.about(d, "key", f"its record's key is {record.key!r}, should be {key!r}")
        elif d.account_id and (wrong := misplaced(record, self._shards)) is not None:
            self._check.about(d, "misplaced", wrong)


class ShardLogs:
    """A shard's facts in order, each with its decisions. Go through it once.

    `taken_in` is the offset below which the shard is known to have taken in every fact. The facts at
    the end that have no decisions and are not below it were not decided yet, and are left out, except
    that `undecided` gets the event ids of those that the forwarder brought.
    """

    def __init__(self, log: Log, shard: int, check: Check, taken_in: int, unconfirmed: Mapping[int, bytes]) -> None:
        self._shard: Final = shard
        self._shards: Final = log.partitions(FACTS)
        self._check: Final = check
        self._taken_in: Final = taken_in
        self.decisions: Final = DecisionLog(log, shard, check, unconfirmed)
        self._facts: Final = read_all(log, FACTS, shard, check)
        self._coming: Final = iter(self.decisions)
        self._head = next(self._coming, None)
        # The version of the rules that made the first decision; empty where there is none.
        self.first_version: Final = "" if self._head is None else self._head.decision.rules_version
        self._before = -1
        self.undecided: Final[list[str]] = []

    def __iter__(self) -> Iterator[Group]:
        left = 0
        for record in self._facts:
            if left:
                left += 1
                self._leave(record)
                continue
            said = self._said_of(record.offset)
            if self._head is None and record.offset >= self._taken_in and _under_way(said):
                left = 1
                self._leave(record)
                continue
            self._before = record.offset
            self._counted(said)
            yield self._group(record, said)
        if left:
            self._check.note(f"shard {self._shard}: {left} facts at the end are not decided yet")
        while self._head is not None:
            self._homeless(self._head.decision)
            self._head = next(self._coming, None)

    def _leave(self, record: Record) -> None:
        if BROUGHT.encode() not in record.value:
            return
        try:
            self.undecided.append(decode_fact(record.value).event_id)
        except Unreadable:
            # The shard will reject it.
            return

    def _said_of(self, offset: int) -> list[Said]:
        said: list[Said] = []
        while self._head is not None and self._head.decision.fact_offset <= offset:
            if self._head.decision.fact_offset == offset:
                said.append(self._head)
            else:
                self._homeless(self._head.decision)
            self._head = next(self._coming, None)
        return said

    def _group(self, record: Record, said: list[Said]) -> Group:
        fact: Fact | None = None
        try:
            fact = decode_fact(record.value)
        except Unreadable:
            return Group(record.offset, record.key, record.value, None, said)
        if fact.account_id and (wrong := misplaced(record, self._shards)) is not None:
            self._check.find("misplaced_fact", wrong, shard=self._shard, offset=record.offset)
        elif fact.account_id and record.key != account_key(fact.tenant, fact.entity, fact.account_id):
            self._check.find(
                "fact_key",
                f"the {fact.kind} of {fact.account_id} has key {record.key!r}",
                shard=self._shard,
                offset=record.offset,
            )
        return Group(record.offset, record.key, record.value, fact, said)

    def _homeless(self, d: Decision) -> None:
        if d.fact_offset <= self._before:
            self._check.about(
                d, "fact_offset_falls", f"it is of fact {d.fact_offset}, those before it of {self._before}"
            )
        else:
            self._check.about(d, "no_such_fact", f"there is no fact at offset {d.fact_offset}")

    def _counted(self, said: list[Said]) -> None:
        for at, (_, d, _) in enumerate(said):
            if d.index != at or d.count != len(said):
                where = f"{account_of(d)}: " if d.account_id else ""
                self._check.about(
                    d,
                    "count",
                    f"{where}it says number {d.index} of {d.count}, and is number {at} of {len(said)} of its fact",
                )
                return


def _under_way(said: list[Said]) -> bool:
    """Whether the last of a fact's decisions have yet to be appended."""
    return all(d.index == at and d.count > len(said) for at, (_, d, _) in enumerate(said))
