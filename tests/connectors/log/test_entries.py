"""Entries of the SQLite log: what is packed comes out, and what is not as packed is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.log.base import Record
from connectors.log.entries import MOST_BYTES, MOST_RECORDS, DamagedEntry, checksum, cuts, pack, unpack

RECORDS = st.lists(st.tuples(st.none() | st.binary(max_size=20), st.binary(max_size=60)), min_size=1, max_size=50)


@given(RECORDS, st.integers(0, 255), st.integers(0, 1 << 40))
def test_unpack_gives_what_pack_took(records: list[tuple[bytes | None, bytes]], partition: int, first: int) -> None:
    keys, values = [key for key, _ in records], [value for _, value in records]
    found = unpack(partition, first, len(records), pack(keys, values))
    assert found == [Record(partition, first + at, key, value) for at, (key, value) in enumerate(records)]


@given(RECORDS, st.data())
def test_a_shorter_or_longer_body_is_damaged(records: list[tuple[bytes | None, bytes]], data: st.DataObject) -> None:
    body = pack([key for key, _ in records], [value for _, value in records])
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(DamagedEntry):
        unpack(0, 0, len(records), body[:cut])
    with pytest.raises(DamagedEntry):
        unpack(0, 0, len(records), body + b"x")


def test_the_checksum_covers_the_place() -> None:
    body = pack([b"k"], [b"v"])
    right = checksum("log", 1, 5, 1, body)
    others = [
        checksum("other", 1, 5, 1, body),
        checksum("log", 2, 5, 1, body),
        checksum("log", 1, 6, 1, body),
        checksum("log", 1, 5, 2, body),
        checksum("log", 1, 5, 1, body[:-1] + b"w"),
    ]
    assert right not in others


def test_cuts_keep_entries_small_and_lose_nothing() -> None:
    keys: list[bytes | None] = [b"key"] * 10_000
    values = [b"v" * 100] * 10_000
    ranges = list(cuts(keys, values))
    assert [end for _, end in ranges[:-1]] == [start for start, _ in ranges[1:]]
    assert (ranges[0][0], ranges[-1][1]) == (0, 10_000)
    for start, end in ranges:
        assert end - start <= MOST_RECORDS
        assert sum(map(len, values[start:end])) <= MOST_BYTES
    assert list(cuts([None, None, None], [b"a", b"x" * (2 * MOST_BYTES), b"b"])) == [(0, 1), (1, 2), (2, 3)]
