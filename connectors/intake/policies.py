"""Policies on their way to the shards: published as one record, carried to every shard between the same clocks.

The logs of the shards have no common transaction. So a policy is published by one append to the topic `policies`, which
has one partition: after it the policy is published everywhere, before it nowhere. It is carried from there to every
shard while their clocks are even, and made durable in all of them before the next clock goes to any. A version takes
effect by a clock, so all shards change at the same one; and whoever carries may be killed at any point and begin again.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from connectors.intake.clockwork import SOURCE, ShardClock
from connectors.log.base import Log, Record
from connectors.reading import read_to_end
from connectors.steady import SteadyWriter, patiently
from schemas.codec import decode_fact, encode_fact
from schemas.records import Policy
from schemas.topics import FACTS, POLICIES
from schemas.wire import Unreadable

GROUP: Final = "intake"
FLUSH_SECONDS: Final = 30.0


class Published(NamedTuple):
    """A policy, or the withdrawal of one, at its offset in the topic."""

    offset: int
    fact: Policy


def ensure(log: Log) -> None:
    """Make the topic where it is missing. Raises UnsafeTopic, LogUnavailable."""
    log.ensure_topic(POLICIES, 1)


def policy_fact(
    version: int,
    text: str,
    from_time: int,
    recorded_ms: int,
    actor: str = "",
    note: str = "",
    proposed: bool = False,
    approved_by: str = "",
) -> Policy:
    """A version that is in force from the first clock at `from_time` or later (UTC milliseconds)."""
    digest = sha256(text.encode()).hexdigest()
    return Policy(
        event_id=f"policy:{version}:{digest}",
        recorded_time=recorded_ms,
        correlation="",
        source=SOURCE,
        tenant="",
        entity="",
        account_id="",
        event_time=0,
        version=version,
        text=text,
        digest=digest,
        from_time=from_time,
        taken_back=False,
        actor=actor,
        note=note,
        proposed=proposed,
        approved_by=approved_by,
    )


def withdrawal(version: int, recorded_ms: int, actor: str = "", note: str = "") -> Policy:
    """What takes a version back that is not in force yet."""
    return Policy(
        event_id=f"policy:{version}:taken_back",
        recorded_time=recorded_ms,
        correlation="",
        source=SOURCE,
        tenant="",
        entity="",
        account_id="",
        event_time=0,
        version=version,
        text="",
        digest="",
        from_time=0,
        taken_back=True,
        actor=actor,
        note=note,
    )


def published(log: Log) -> list[Published]:
    """All that was ever published, in order. Raises LogUnavailable."""
    (begin,), (end,) = log.begin_offsets(POLICIES), log.end_offsets(POLICIES)
    return [
        Published(record.offset, fact) for record in _records(log, begin, end) if (fact := _read(record)) is not None
    ]


def append(log: Log, fact: Policy) -> int:
    """Publish it: durable on return, at this offset. Raises LogUnavailable, LogRefused."""
    writer = log.writer(POLICIES, "policies")
    try:
        writer.send(0, None, encode_fact(fact))
        confirmed = writer.flush(FLUSH_SECONDS)
    finally:
        writer.close()
    return confirmed[-1].offset


def even(clocks: Sequence[ShardClock]) -> bool:
    """Whether all shards stand at the same clock: only then may a policy be carried."""
    return len({clock.now for clock in clocks}) == 1


def carried_until(log: Log) -> int:
    """Policies below this offset of the topic are in every shard."""
    return log.positions(GROUP, POLICIES).get(0, log.begin_offsets(POLICIES)[0])


def carry(log: Log, give_up: Callable[[], bool]) -> int:
    """Append what was published since the last time to every shard, in order; how many records that were.

    To be called only while the clocks of all shards are even and durable, by the one that sends them. On return all is
    durable in every shard. What a shard has already it passes over, so after a kill it may all be carried again.
    Where `give_up` says so while the log is away, LogUnavailable goes out.
    """
    start = patiently(lambda: carried_until(log), give_up)
    (end,) = patiently(lambda: log.end_offsets(POLICIES), give_up)
    if start >= end:
        return 0
    begin = patiently(lambda: log.begin_offsets(POLICIES)[0], give_up)
    records = _for_shards(patiently(lambda: _records(log, begin, end), give_up))
    shards = patiently(lambda: log.partitions(FACTS), give_up)
    writer = SteadyWriter(log, FACTS, "policies", give_up)
    try:
        for record in records:
            if record.offset < start:
                continue
            for shard in range(shards):
                writer.send(shard, None, record.value)
                writer.flush()
    finally:
        writer.close()
    patiently(lambda: log.save_positions(GROUP, POLICIES, {0: end}), give_up)
    return sum(record.offset >= start for record in records)


def _for_shards(records: Sequence[Record]) -> list[Record]:
    """Those that shards get: no proposal, and no withdrawal of what was proposed only."""
    found: list[Record] = []
    sent: set[int] = set()
    for record in records:
        fact = _read(record)
        if fact is None or fact.proposed or (fact.taken_back and fact.version not in sent):
            continue
        sent.add(fact.version)
        found.append(record)
    return found


def _records(log: Log, start: int, end: int) -> list[Record]:
    if start >= end:
        return []
    reader = log.reader(POLICIES, {0: start})
    try:
        return [record for records in read_to_end(reader, {0: end}) for record in records]
    finally:
        reader.close()


def _read(record: Record) -> Policy | None:
    """What the record says; None where it is no policy: nobody but headrace writes here, and it is passed over."""
    try:
        fact = decode_fact(record.value)
    except Unreadable:
        return None
    return fact if isinstance(fact, Policy) else None
