"""One record of an input topic becomes a placed fact or a dead letter. Pure; machine time is an argument."""

from typing import NamedTuple

from librt.strings import BytesWriter

from connectors.checks import findings
from connectors.dead_letters import DeadLetter, TopicOrigin
from connectors.log.base import Record, account_key
from connectors.placing import Rejected, partition_of_account, place
from schemas.codec import decode_fact
from schemas.records import Fact
from schemas.topics import TOPIC_OF_KIND
from schemas.wire import Reader, Unreadable, put_long, put_raw, put_text


class Received(NamedTuple):
    """A fact that is good and has its place. `value` is the message as it came."""

    shard: int
    key: bytes
    account_id: str
    fact: Fact
    value: bytes

    def message(self, recorded_time: int) -> bytes:
        """The message for the facts log: with its account, and with `recorded_time` where it came without one."""
        if self.fact.account_id and self.fact.recorded_time:
            return self.value
        return _with_header(self.value, self.account_id, self.fact.recorded_time or recorded_time)


def receive(topic: str, partitions: int, record: Record, wall_ms: int, shards: int) -> Received | Rejected:
    """Decode, check and place one record of `topic`, which has `partitions`."""
    try:
        fact = decode_fact(record.value)
    except Unreadable as error:
        return Rejected("unreadable", "", str(error))
    placement = place(fact, shards)
    if isinstance(placement, Rejected):
        return placement
    if TOPIC_OF_KIND[fact.kind] != topic:
        return Rejected("wrong_topic", "", f"{fact.kind} came in {topic}; it belongs in {TOPIC_OF_KIND[fact.kind]}")
    found = findings(fact, wall_ms)
    if found:
        return Rejected("invalid", found[0].partition(":")[0], "; ".join(found))
    if fact.account_id:
        key = account_key(fact.tenant, fact.entity, fact.account_id)
        if record.key is not None and record.key != key:
            return Rejected("wrong_key", "account_id", f"sent with key {record.key!r}, its account's is {key!r}")
        own = partition_of_account(key, partitions)
        if record.partition != own:
            return Rejected(
                "wrong_partition",
                "account_id",
                f"found in partition {record.partition}, its account's is {own} (murmur2 of {key!r})",
            )
    return Received(placement.shard, placement.key, placement.account_id, fact, record.value)


def dead_letter(topic: str, record: Record, rejected: Rejected, wall_ms: int) -> DeadLetter:
    origin = TopicOrigin(topic, record.partition, record.offset, record.key)
    return DeadLetter(rejected.reason, rejected.detail, origin, record.value, wall_ms)


def _with_header(value: bytes, account_id: str, recorded_time: int) -> bytes:
    """The message with these two header fields; all else stays as it is, byte for byte."""
    reader = Reader(value, 5)
    out = BytesWriter()
    out.write(value[:5])
    put_raw(out, reader.raw())
    reader.long()
    put_long(out, recorded_time)
    for _ in range(4):  # correlation, source, tenant, entity
        put_raw(out, reader.raw())
    reader.raw()
    put_text(out, account_id)
    out.write(value[reader.at :])
    return out.getvalue()
