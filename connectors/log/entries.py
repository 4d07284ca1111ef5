"""How the SQLite log packs the records of one append to one partition into one row, an entry.

An entry holds the records with offsets first .. first + count - 1. Its body is, little-endian:
count int32 key lengths (-1: no key), count int32 value lengths, all keys, all values. Its crc
covers the body, the log's identity, the partition, first and count, so that a row that was torn,
changed, or moved here from elsewhere is noticed and never read as a record.
"""

import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise, repeat
from typing import Final

from connectors.log.base import Record

# Bounds of one entry: a reader holds one entry for each partition in memory.
MOST_RECORDS: Final = 4096
MOST_BYTES: Final = 256 * 1024


class DamagedEntry(ValueError):
    """The entry's bytes are not those that were written."""


def checksum(identity: str, partition: int, first: int, count: int, body: bytes) -> int:
    """CRC-32 of an entry and of the place it belongs to."""
    return zlib.crc32(body, zlib.crc32(f"{identity}/{partition}/{first}/{count}".encode()))


def pack(keys: Sequence[bytes | None], values: Sequence[bytes]) -> bytes:
    """The body of an entry of these records."""
    if None in keys:
        key_lengths = array("i", [-1 if key is None else len(key) for key in keys])
        present = [key for key in keys if key is not None]
    else:
        present = keys  # type: ignore[assignment]  # no None in it, and a copy would cost
        key_lengths = array("i", map(len, present))
    value_lengths = array("i", map(len, values))
    if sys.byteorder == "big":
        key_lengths.byteswap()
        value_lengths.byteswap()
    return b"".join((key_lengths.tobytes(), value_lengths.tobytes(), *present, *values))


def unpack(partition: int, first: int, count: int, body: bytes) -> list[Record]:
    """The records of an entry. Raises DamagedEntry where the lengths do not fill the body."""
    lengths = array("i")
    if count < 1 or len(body) < 8 * count:
        raise DamagedEntry(f"{count} records in {len(body)} bytes")
    lengths.frombytes(body[: 8 * count])
    if sys.byteorder == "big":
        lengths.byteswap()
    key_lengths, value_lengths = lengths[:count], lengths[count:]
    lowest = min(key_lengths)
    if lowest < -1 or min(value_lengths) < 0:
        raise DamagedEntry("a length below zero")
    without_key = lowest == -1
    sizes = [max(length, 0) for length in key_lengths] if without_key else key_lengths
    values_at = 8 * count + sum(sizes)
    if values_at + sum(value_lengths) != len(body):
        raise DamagedEntry(f"lengths of {values_at + sum(value_lengths)} bytes in a body of {len(body)}")
    keys: list[bytes | None] = [body[a:b] for a, b in pairwise(accumulate(sizes, initial=8 * count))]
    if without_key:
        keys = [None if length < 0 else key for key, length in zip(keys, key_lengths, strict=True)]
    values = [body[a:b] for a, b in pairwise(accumulate(value_lengths, initial=values_at))]
    return list(map(Record, repeat(partition), range(first, first + count), keys, values))


def cuts(keys: Sequence[bytes | None], values: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Ranges (start, end) of these records that fit one entry each; a larger record has one of its own."""
    count = len(values)
    if count <= MOST_RECORDS and sum(map(len, values)) <= MOST_BYTES:
        yield 0, count
        return
    start = size = 0
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        length = len(value) + (0 if key is None else len(key))
        if at > start and (at - start >= MOST_RECORDS or size + length > MOST_BYTES):
            yield start, at
            start, size = at, 0
        size += length
    yield start, count
