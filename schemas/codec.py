"""Facts and decisions as bytes: Confluent's wire format around Avro.

Byte 0 is zero, then the schema's id in four bytes, big-endian, then the Avro body. Ids come
from schemas/avro/ids.json; a body of an id that is not ours is Unreadable, never guessed.
"""

from hashlib import blake2b
from typing import Final

from librt.strings import BytesWriter, read_i32_be, read_i64_le, write_i32_be
from mypy_extensions import i64, u8

from schemas.records import (
    DECISION_DEFAULTS,
    DECISION_ID,
    FACT_DEFAULTS,
    FACT_IDS,
    FACT_IDS_READ,
    Decision,
    Fact,
    put_decision,
    put_fact,
    read_any_decision,
    read_decision,
    read_fact,
)
from schemas.wire import MAX_MESSAGE_BYTES, Reader, Unreadable

_BLANK: Final = blake2b(digest_size=8)


def schema_id(value: bytes) -> i64:
    """The schema id of a message. Raises Unreadable where it is not in the wire format or too long."""
    if len(value) > MAX_MESSAGE_BYTES:
        raise Unreadable(f"message of {len(value):,} bytes; at most {MAX_MESSAGE_BYTES:,} are read")
    if len(value) < 6 or value[0] != 0:
        raise Unreadable("not in the wire format: byte 0, four bytes of schema id, Avro")
    return i64(read_i32_be(value, 1))


def heads(*kinds: str) -> tuple[bytes, ...]:
    """What messages with facts of these kinds begin with, of every version that is read."""
    return tuple([b"\x00" + number.to_bytes(4, "big") for kind in kinds for number in FACT_IDS_READ[kind]])


def decode_fact(value: bytes) -> Fact:
    """The fact in `value`. Raises Unreadable with the place where it breaks."""
    number = schema_id(value)
    reader = Reader(value, 5)
    fact = read_fact(number, reader)
    if reader.at != reader.end:
        raise Unreadable(f"{reader.end - reader.at} bytes left over after the {fact.kind}")
    return fact


def encode_fact(fact: Fact) -> bytes:
    out = BytesWriter()
    out.append(u8(0))
    write_i32_be(out, FACT_IDS[fact.kind])
    put_fact(out, fact)
    return out.getvalue()


def decode_decision(value: bytes) -> Decision:
    """The decision in `value`. Raises Unreadable with the place where it breaks."""
    reader = Reader(value, 5)
    return _whole(read_any_decision(schema_id(value), reader), reader)


def decision_head(value: bytes) -> tuple[int, int, str, bytes]:
    """Of the decision in `value`: shard, sequence and kind; and its body, by the latest version of its schema. The rest
    is not looked at. Raises Unreadable."""
    number = schema_id(value)
    body = value[5:]
    if number != DECISION_ID:
        behind = DECISION_DEFAULTS.get(int(number))
        if behind is None:
            raise Unreadable(f"schema id {number} is not a decision's")
        body += behind
    reader = Reader(body)
    shard = reader.long()
    sequence = reader.long()
    # fact_offset, index and count are between.
    reader.long()
    reader.long()
    reader.long()
    return int(shard), int(sequence), reader.text(), body


def decode_decision_body(body: bytes) -> Decision:
    """The decision in a body of the latest version of its schema. Raises Unreadable with the place where it breaks."""
    reader = Reader(body)
    return _whole(read_decision(reader), reader)


def _whole(decision: Decision, reader: Reader) -> Decision:
    if reader.at != reader.end:
        raise Unreadable(f"{reader.end - reader.at} bytes left over after the decision")
    return decision


def encode_decision(decision: Decision) -> bytes:
    out = BytesWriter()
    out.append(u8(0))
    write_i32_be(out, DECISION_ID)
    put_decision(out, decision)
    return out.getvalue()


def contents_digest(value: bytes) -> bytes:
    """8 bytes of what a fact says, apart from how it came: event_id, recorded_time and correlation are left out.

    Two messages of one event_id and one kind say the same where these agree, of whatever version of its schema they
    are: what an older one lacks counts as its default.
    """
    reader = Reader(value, 5)
    reader.skip()
    reader.long()
    reader.skip()
    contents = value[reader.at :]
    behind = FACT_DEFAULTS.get(int(read_i32_be(value, 1)))
    if behind is not None:
        contents += behind
    # A copy of one that has seen nothing: making one anew takes longer.
    digest = _BLANK.copy()
    digest.update(contents)
    return digest.digest()


def digest64(value: bytes) -> int:
    """64 bits of BLAKE2b, as a signed number."""
    return read_i64_le(blake2b(value, digest_size=8).digest(), 0)
