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
from functools import partial
from itertools import accumulate, pairwise, repeat
from typing import Final

from connectors.log.base import Record

# Bounds of one entry: a reader holds one entry for each partition in memory.
MOST_RECORDS: Final = 4096
MOST_BYTES: Final = 256 * 1024


# Record's own constructor is a Python function; this takes a third of its time.
_RECORD: Final = partial(tuple.__new__, Record)


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
    if count < 1 or len(body) < 8 * count:
        raise DamagedEntry(f"{count} records in {len(body)} bytes")
    lengths = array("i", body[: 8 * count])
    if sys.byteorder == "big":
        lengths.byteswap()
    sizes: Sequence[int] = lengths
    without_key = min(lengths) < 0
    if without_key:
        if min(lengths) < -1 or min(lengths[count:]) < 0:
            raise DamagedEntry("a length below zero")
        sizes = [max(length, 0) for length in lengths]
    ends = list(accumulate(sizes, initial=8 * count))
    if ends[-1] != len(body):
        raise DamagedEntry(f"lengths of {ends[-1]} bytes in a body of {len(body)}")
    parts: list[bytes | None] = [body[start:end] for start, end in pairwise(ends)]
    if without_key:
        parts[:count] = [None if length < 0 else key for key, length in zip(parts, lengths[:count], strict=False)]
    fields = zip(repeat(partition), range(first, first + count), parts, parts[count:], strict=False)
    return list(map(_RECORD, fields))


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
