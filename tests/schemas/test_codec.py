"""Facts, decisions and state rows as bytes: what is read is what was written, and nothing else is read."""

import io
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import contents_digest, decode_decision, decode_fact, digest64, encode_decision, encode_fact
from schemas.generate import HEADER, Source, wire_ids
from schemas.records import DECISION_ID, FACT_IDS, FACT_IDS_READ
from schemas.wire import MAX_ARRAY_ITEMS, MAX_MESSAGE_BYTES, Unreadable
from tests.facts import returned
from tests.schemas.avro import (
    EVERY_VERSION,
    FACT_SOURCES,
    OLD_WIRE_SOURCES,
    SOURCES,
    WIRE_SOURCES,
    body,
    by_fastavro,
    message,
    plain,
    read_body,
    record,
    values,
)

IDS = wire_ids()
DECISION = next(source for source in SOURCES if source.name == "decision")


def named(source: Source) -> str:
    return source.name


def number_of(source: Source) -> int:
    return IDS[source.name, source.version]


def encode(source: Source, value: dict[str, Any]) -> bytes:
    made = record(source.schema, value)
    return encode_decision(made) if source is DECISION else encode_fact(made)


def decode(source: Source, data: bytes) -> Any:
    return decode_decision(data) if source is DECISION else decode_fact(data)


def kind_of(field: dict[str, Any]) -> str:
    """`string`, `long`, ..., `array`, or `union`."""
    kind = field["type"]
    return kind if isinstance(kind, str) else kind["type"] if isinstance(kind, dict) else "union"


def sample(source: Source) -> dict[str, Any]:
    """One value with every array filled and every text of more than one byte a letter."""
    filled: dict[Any, Any] = {
        "string": "Tränke 7",
        "long": -(1 << 40),
        "int": 19_000,
        "boolean": True,
        "bytes": b"\0\xff",
    }

    def one(kind: Any) -> Any:
        if isinstance(kind, list):
            return 12_345
        if isinstance(kind, str):
            return filled[kind]
        if kind["type"] == "array":
            return [one(kind["items"])] * 2
        return {field["name"]: one(field["type"]) for field in kind["fields"]}

    return {field["name"]: one(field["type"]) for field in source.schema["fields"]}


@pytest.mark.parametrize("source", OLD_WIRE_SOURCES, ids=named)
def test_what_an_old_version_wrote_is_read_with_the_defaults_of_the_new_fields(source: Source) -> None:
    value = sample(source)
    newest = next(new for new in SOURCES if new.name == source.name)
    added = {field["name"]: field["default"] for field in newest.schema["fields"][len(source.schema["fields"]) :]}
    assert added
    found = decode(newest, message(number_of(source), by_fastavro(source, value)))
    assert plain(newest.schema, found) == {**value, **added}


@pytest.mark.parametrize("source", SOURCES, ids=named)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_record_comes_back_and_its_bytes_are_fastavros(source: Source, data: st.DataObject) -> None:
    value = data.draw(values({"type": "record", "fields": source.schema["fields"]}))
    ours = body(source, value)
    assert ours == by_fastavro(source, value)
    found, left_over = read_body(source, ours)
    assert left_over == 0
    assert plain(source.schema, found) == value
    theirs = fastavro.schemaless_reader(io.BytesIO(ours), fastavro.parse_schema(source.schema), None)
    assert theirs == value


@pytest.mark.parametrize("source", WIRE_SOURCES, ids=named)
def test_a_message_is_zero_the_schema_id_and_the_body(source: Source) -> None:
    value = sample(source)
    data = encode(source, value)
    assert data == message(number_of(source), by_fastavro(source, value))
    found = decode(source, data)
    assert plain(source.schema, found) == value
    assert encode(source, plain(source.schema, found)) == data


@pytest.mark.parametrize("source", WIRE_SOURCES, ids=named)
def test_cut_off_anywhere_is_unreadable(source: Source) -> None:
    data = encode(source, sample(source))
    for end in range(len(data)):
        with pytest.raises(Unreadable):
            decode(source, data[:end])
    with pytest.raises(Unreadable, match="1 bytes left over after the"):
        decode(source, data + b"\0")


@pytest.mark.parametrize("source", WIRE_SOURCES, ids=named)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_bytes_are_unreadable_or_another_record_never_another_error(
    source: Source, data: st.DataObject
) -> None:
    good = encode(source, sample(source))
    at = data.draw(st.integers(5, len(good) - 1))
    put = data.draw(st.binary(min_size=1, max_size=12))
    damaged = good[:at] + put + good[at + data.draw(st.integers(0, 12)) :]
    try:
        found = decode(source, damaged)
    except Unreadable:
        return
    again = encode(source, plain(source.schema, found))
    assert plain(source.schema, decode(source, again)) == plain(source.schema, found)


@given(number=st.sampled_from(sorted(IDS.values())), data=st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_unreadable_or_a_record(number: int, data: bytes) -> None:
    random = b"\0" + number.to_bytes(4, "big") + data
    read = decode_decision if number == DECISION_ID else decode_fact
    with suppress(Unreadable):
        assert read(random).account_id is not None


@given(data=st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_bytes_of_no_known_schema_are_unreadable(data: bytes) -> None:
    known = {b"\0" + number.to_bytes(4, "big") for number in IDS.values()}
    if data[:5] in known:
        return
    for read in (decode_fact, decode_decision):
        with pytest.raises(Unreadable):
            read(data)


def test_ids_that_are_not_ours_and_other_formats_are_told() -> None:
    with pytest.raises(Unreadable, match="schema id 999 is not one of ours"):
        decode_fact(b"\0\0\0\x03\xe7\0\0")
    with pytest.raises(Unreadable, match="schema id 2000000101 is not a decision's"):
        decode_decision(message(IDS["receipt", 1], b"\0\0"))
    with pytest.raises(Unreadable, match="schema id 2000000201 is not one of ours"):
        decode_fact(message(IDS["decision", 1], b"\0\0"))
    for data in (b"", b"\0", b"\0\0\0\0\x65", b"\x01\0\0\0\x65\0", b'{"event_id": "1"}'):
        with pytest.raises(Unreadable, match="not in the wire format"):
            decode_fact(data)


def test_a_message_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    policy = next(source for source in FACT_SOURCES if source.name == "policy")
    texts = [field["name"] for field in policy.schema["fields"] if field["type"] == "string"]
    value = sample(policy)
    room = MAX_MESSAGE_BYTES - len(encode(policy, value | {texts[-1]: ""}))
    # The length of a text that long takes three bytes where an empty one's takes one.
    at_limit = encode(policy, value | {texts[-1]: "x" * (room - 2)})
    assert len(at_limit) == MAX_MESSAGE_BYTES
    assert getattr(decode_fact(at_limit), texts[-1]) == "x" * (room - 2)
    with pytest.raises(Unreadable, match="message of 1,048,577 bytes; at most 1,048,576 are read"):
        decode_fact(encode(policy, value | {texts[-1]: "x" * (room - 1)}))


HOSTILE = {
    "array of 2**31 - 1": b"\xfe\xff\xff\xff\x0f",
    "array of 2**62": b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    "array of 2**63 - 1": b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    "array of -2**63": b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02",
    "text of 2**31 - 1": b"\xfe\xff\xff\xff\x0f",
    "text of 2**63 - 1": b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    "text of -2**63": b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("source", WIRE_SOURCES, ids=named)
def test_a_few_bytes_that_promise_much_are_refused_without_memory(source: Source, what: str) -> None:
    fields = source.schema["fields"]
    wanted = "string" if what.startswith("text") else "array"
    places = [i for i, field in enumerate(fields) if kind_of(field) == wanted]
    for place in places:
        before = by_fastavro(replace(source, schema=source.schema | {"fields": fields[:place]}), sample(source))
        hostile = message(number_of(source), before + HOSTILE[what])
        tracemalloc.start()
        try:
            with pytest.raises(Unreadable):
                decode(source, hostile)
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()
    assert places or wanted == "array"


def test_an_array_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    # Its first version, whose last field is the array.
    customer = next(source for source in OLD_WIRE_SOURCES if source.name == "customer")
    assert customer.schema["fields"][-1]["name"] == "bank_accounts"
    value = sample(customer)

    def encode(source: Source, value: dict[str, Any]) -> bytes:
        return message(number_of(source), by_fastavro(source, value))

    at_limit = encode(customer, value | {"bank_accounts": ["x"] * MAX_ARRAY_ITEMS})
    assert len(decode_fact(at_limit).bank_accounts) == MAX_ARRAY_ITEMS  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="array of 20001 items"):
        decode_fact(encode(customer, value | {"bank_accounts": ["x"] * (MAX_ARRAY_ITEMS + 1)}))
    # The same in two blocks, which Avro allows: the limit is on the array.
    head = encode(customer, value | {"bank_accounts": []})[:-1]
    block = b"\xa0\x9c\x01" + b"\x02x" * 10_000
    assert len(decode_fact(head + block * 2 + b"\0").bank_accounts) == MAX_ARRAY_ITEMS  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="array of 20001 items"):
        decode_fact(head + block * 2 + b"\x02\x02x\0")


def test_a_block_with_its_size_is_read_as_one_without() -> None:
    customer = next(source for source in OLD_WIRE_SOURCES if source.name == "customer")
    head = message(number_of(customer), by_fastavro(customer, sample(customer) | {"bank_accounts": []}))[:-1]
    # Count -2, then the size of the block in bytes.
    found = decode_fact(head + b"\x03\x08\x02a\x02b\0")
    assert found.bank_accounts == ["a", "b"]  # type: ignore[attr-defined]


def test_what_does_not_fit_its_type_is_not_written() -> None:
    receipt = next(source for source in FACT_SOURCES if source.name == "receipt")
    for wrong in (1 << 63, -(1 << 63) - 1, 1 << 70):
        with pytest.raises(ValueError, match="int too large to convert to i64"):
            encode(receipt, sample(receipt) | {"amount": wrong})


@pytest.mark.parametrize("source", FACT_SOURCES, ids=named)
def test_the_digest_of_contents_leaves_out_how_a_fact_came(source: Source) -> None:
    value = sample(source)
    digest = contents_digest(encode(source, value))
    for field in HEADER[:3]:
        other = value[field] + type(value[field])(1)
        assert contents_digest(encode(source, value | {field: other})) == digest, field
    for field in [f["name"] for f in source.schema["fields"]][3:]:
        kind = type(value[field])
        other = (
            (not value[field]) if kind is bool else value[field][1:] if kind in (str, list, bytes) else value[field] + 1
        )
        assert contents_digest(encode(source, value | {field: other})) != digest, field


def test_digests_are_known_numbers_of_64_bits() -> None:
    # b2sum -l 64 of the same bytes, read as little-endian signed numbers.
    assert digest64(b"") == int.from_bytes(bytes.fromhex("e4a6a0577479b2b4"), "little", signed=True)
    assert digest64(b"headrace") == int.from_bytes(bytes.fromhex("66e08dee9df8785f"), "little", signed=True)


def test_tables_of_ids_are_those_of_the_file() -> None:
    latest = {source.name: number_of(source) for source in FACT_SOURCES}
    assert latest == FACT_IDS
    read = {number for numbers in FACT_IDS_READ.values() for number in numbers}
    decisions = {number for (name, _), number in IDS.items() if name == "decision"}
    assert read | decisions == set(IDS.values())
    assert max(decisions) == DECISION_ID
    assert {(kind, number) for kind, numbers in FACT_IDS_READ.items() for number in numbers} == {
        (name, number) for (name, _), number in IDS.items() if name != "decision"
    }


OLDER = [source for source in EVERY_VERSION if source.group == "facts" and source not in FACT_SOURCES]


@pytest.mark.parametrize("old", OLDER, ids=lambda source: f"{source.name}.{source.version}")
def test_what_an_older_version_wrote_is_read_with_defaults_and_says_the_same(old: Source) -> None:
    latest = next(source for source in FACT_SOURCES if source.name == old.name)
    value = sample(old)
    written = message(number_of(old), by_fastavro(old, value))
    found = decode_fact(written)
    added = latest.schema["fields"][len(old.schema["fields"]) :]
    assert plain(latest.schema, found) == value | {field["name"]: field["default"] for field in added}
    again = encode_fact(found)
    assert again[:5] == b"\0" + FACT_IDS[old.name].to_bytes(4, "big") != written[:5]
    assert contents_digest(again) == contents_digest(written)
    for end in range(len(written)):
        with pytest.raises(Unreadable):
            decode_fact(written[:end])


def test_the_second_version_of_a_return_names_its_sender() -> None:
    old = returned()
    assert old.from_account == ""
    assert contents_digest(encode_fact(old)) != contents_digest(encode_fact(returned(from_account="A")))
