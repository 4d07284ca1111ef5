"""What an event log is: topics of ordered, durable, numbered records, in partitions.

Guarantees of every implementation, each proved by the contract suite on both logs:
- A record that `Writer.poll` or `flush` reports as confirmed is durable and keeps its offset for ever.
- Records of one writer to one partition are stored in the order of their `send`.
- A reader sees a partition's records in the order of offsets, each once; offsets may have holes.
- Nothing is buffered without a limit: a writer raises `Full`, a reader stops fetching.
- What is outside and fails is `LogUnavailable` (come back later) or one of the `LogRefused`
  family (a person has to act); no call hangs for longer than its timeout.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from librt.strings import read_i32_le
from mypy_extensions import i64, mypyc_attr


class Record(NamedTuple):
    """One record as read. `key` is None for a record placed by hand (clock, policy, drain)."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes


class LogUnavailable(Exception):
    """The log cannot be reached or written just now (broker away, disk full); nothing was lost. Try again later."""


class LogRefused(Exception):
    """The log is not fit or not ours; a person has to act. The message says what to do."""


class UnsafeTopic(LogRefused):
    """A topic with compaction, finite retention, unclean election or another number of partitions."""


class OtherLog(LogRefused):
    """The log is not the one that a state or position came from, or it ends before what was confirmed."""


class Fenced(LogRefused):
    """Another writer has taken over this partition; this one must stop."""


class Full(Exception):
    """The writer's bound of unconfirmed records is reached: poll, then send again."""


class Confirmed(NamedTuple):
    """All records that this writer sent to `partition` with a token up to `token` are durable; `offset` is the last one's."""

    partition: int
    token: int
    offset: int


@mypyc_attr(allow_interpreted_subclasses=True)
class Reader(ABC):
    """Follows partitions of one topic. Opened by `Log.reader`; close it."""

    @abstractmethod
    def poll(self, most: int, timeout_seconds: float) -> list[Record]:
        """Up to `most` next records of the partitions that are not paused, in offset order within each.

        Waits up to `timeout_seconds` for a first record; returns [] when there is none. Raises
        LogUnavailable while the log is away (then poll again), OtherLog where the next offset
        is no longer there.
        """

    @abstractmethod
    def pause(self, partitions: Sequence[int]) -> None:
        """Return nothing from these until `resume`; at most a bounded read-ahead stays in memory."""

    @abstractmethod
    def resume(self, partitions: Sequence[int]) -> None: ...

    @abstractmethod
    def position(self, partition: int) -> int:
        """The offset the next record returned for `partition` will have, or a lower one where there are holes."""

    @abstractmethod
    def close(self) -> None: ...


@mypyc_attr(allow_interpreted_subclasses=True)
class Writer(ABC):
    """Appends to one topic. Opened by `Log.writer`; close it. Not shared between threads."""

    @abstractmethod
    def send(self, partition: int, key: bytes | None, value: bytes, token: int = 0) -> None:
        """Queue one record. Tokens rise within a partition. Raises Full at the bound, Fenced, LogRefused."""

    @abstractmethod
    def poll(self, timeout_seconds: float) -> list[Confirmed]:
        """Move what is queued on and return what became durable, at most one entry for a partition.

        Raises LogUnavailable while the log is away (what is queued stays queued and is sent when
        it is back), Fenced where another writer claimed the partition.
        """

    @abstractmethod
    def flush(self, timeout_seconds: float) -> list[Confirmed]:
        """As poll, until all is durable. Raises LogUnavailable where the timeout passes first."""

    @property
    @abstractmethod
    def unconfirmed(self) -> int:
        """Records sent and not yet reported as confirmed."""

    @abstractmethod
    def close(self) -> None:
        """Give up what is not confirmed; flush first."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Log(ABC):
    """One installation's topics. Thread-safe only where said; a process opens its own."""

    @abstractmethod
    def ensure_topic(self, topic: str, partitions: int) -> None:
        """Create the topic, or check that the one there is fit. Raises UnsafeTopic with every finding, LogUnavailable."""

    @abstractmethod
    def topics(self) -> list[str]:
        """Names of the topics there are, sorted."""

    @abstractmethod
    def partitions(self, topic: str) -> int:
        """How many partitions it has. Raises LogRefused for a topic that is not there."""

    @abstractmethod
    def identity(self, topic: str) -> str:
        """What tells this topic from any other of the same name: made once when it was created."""

    @abstractmethod
    def begin_offsets(self, topic: str) -> list[int]:
        """For each partition, the lowest offset it still has (or would give first)."""

    @abstractmethod
    def end_offsets(self, topic: str) -> list[int]:
        """For each partition, the offset that the next record gets: a bound above all durable ones."""

    @abstractmethod
    def reader(self, topic: str, start: Mapping[int, int]) -> Reader:
        """Follow the partitions in `start`, each from its offset. Raises OtherLog for an offset beyond the end or before the beginning."""

    @abstractmethod
    def writer(self, topic: str, owner: str, claim: Sequence[int] = (), most_unconfirmed: int = 20_000) -> Writer:
        """A writer. Partitions in `claim` are taken over from an earlier writer that claimed them, who is then Fenced
        where the log can do so (SQLite always; Kafka with the setting `transactional`)."""

    @abstractmethod
    def positions(self, group: str, topic: str) -> dict[int, int]:
        """The next offsets that `group` last saved for `topic`, by partition."""

    @abstractmethod
    def save_positions(self, group: str, topic: str, positions: Mapping[int, int]) -> None:
        """Save next offsets, durably, all or none."""

    @abstractmethod
    def status(self) -> str:
        """One line for people: reachable or not, and why. Never raises, at most 5 seconds."""

    @abstractmethod
    def close(self) -> None: ...


def murmur2(data: bytes) -> i64:
    """The hash Kafka's Java clients place keys by: MurmurHash2, 32 bits, seed 0x9747b28c, unsigned."""
    length: i64 = len(data)
    m: i64 = 0x5BD1E995
    h: i64 = (0x9747B28C ^ length) & 0xFFFFFFFF
    at: i64 = 0
    # No product has more than 63 bits.
    while at + 4 <= length:
        k: i64 = i64(read_i32_le(data, at)) & 0xFFFFFFFF
        k = (k * m) & 0xFFFFFFFF
        k ^= k >> 24
        k = (k * m) & 0xFFFFFFFF
        h = ((h * m) & 0xFFFFFFFF) ^ k
        at += 4
    if at < length:
        tail: i64 = 0
        shift: i64 = 0
        while at < length:
            byte: i64 = data[at]
            tail |= byte << shift
            shift += 8
            at += 1
        h = ((h ^ tail) * m) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * m) & 0xFFFFFFFF
    return h ^ (h >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of `key`, as Kafka's Java clients place it."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def misplaced(record: Record, partitions: int) -> str | None:
    """What is wrong where a record's key belongs to another of `partitions`; None where it is right or has no key.

    A producer with another partitioner (librdkafka's own default, for one) puts keys elsewhere, and
    one account's facts would stand in two shards. Hashing takes about 0.2 microseconds for each byte.
    """
    if record.key is None:
        return None
    right = partition_of(record.key, partitions)
    if right == record.partition:
        return None
    return (
        f"key {record.key!r} at offset {record.offset} is in partition {record.partition} and belongs to {right} "
        f"of {partitions}: its producer must place keys by murmur2 (librdkafka: partitioner=murmur2_random)"
    )


def account_key(tenant: str, entity: str, account_id: str) -> bytes:
    """The key of an account's facts and decisions: tenant/entity/account, UTF-8."""
    return f"{tenant}/{entity}/{account_id}".encode()
