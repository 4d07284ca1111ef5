"""What producers write by schemas of their own: which are taken, and that what comes out is what our codec writes."""

import copy
import io
import json
import random
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.placing import Rejected
from connectors.registry.client import RegistryAway, SchemaRegistry
from connectors.registry.writers import (
    MOST_KEPT,
    MOST_SCHEMA_BYTES,
    UNKNOWN_SECONDS,
    WriterSchema,
    WriterSchemas,
    accept,
)
from schemas.codec import decode_fact, encode_fact
from schemas.generate import wire_ids
from schemas.topics import TOPIC_OF_KIND
from schemas.wire import Unreadable
from tests.facts import customer, receipt
from tests.registries import RegistryServer
from tests.schemas.avro import FACT_SOURCES, by_fastavro, message, values

SENT = {source.name: source for source in FACT_SOURCES if source.name in TOPIC_OF_KIND}
RECEIPT = SENT["receipt"].schema


def changed(schema: dict[str, Any], **types: Any) -> dict[str, Any]:
    """A copy with these fields' types; None takes the field away."""
    found = copy.deepcopy(schema)
    found["fields"] = [f for f in found["fields"] if types.get(f["name"], "") is not None]
    for field in found["fields"]:
        field["type"] = types.get(field["name"], field["type"])
    return found


def written(schema: dict[str, Any], value: dict[str, Any], number: int = 7) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), value)
    return message(number, out.getvalue())


def taken(schema: dict[str, Any]) -> WriterSchema:
    found = accept(json.dumps(schema))
    assert isinstance(found, WriterSchema), found
    return found


def plain_receipt() -> dict[str, Any]:
    """A receipt as fastavro takes it."""
    found: Any = fastavro.schemaless_reader(
        io.BytesIO(encode_fact(receipt())[5:]), fastavro.parse_schema(copy.deepcopy(RECEIPT))
    )
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", sorted(SENT))
def test_our_own_schema_of_every_kind_is_taken(name: str) -> None:
    assert taken(SENT[name].schema).own.kind == name


@given(st.data())
def test_fields_in_any_order_and_more_of_them_make_the_same_message(data: st.DataObject) -> None:
    """By a producer's own schema: another namespace, shuffled fields, fields that we do not know, numbers as int."""
    source = SENT[data.draw(st.sampled_from(sorted(SENT)))]
    value = data.draw(values(source.schema))
    theirs = copy.deepcopy(source.schema) | {"namespace": "com.acme.events"}
    theirs["fields"].append({"name": "theirs", "type": ["null", {"type": "map", "values": "double"}]})
    theirs["fields"].append({"name": "status_", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "OLD"]}})
    random.Random(data.draw(st.integers(0, 1000))).shuffle(theirs["fields"])
    more = data.draw(st.fixed_dictionaries({"theirs": st.none() | st.just({"x": 1.5}), "status_": st.just("OLD")}))
    ours = taken(theirs).to_ours(written(theirs, value | more))
    assert ours == message(wire_ids()[source.name, source.version], by_fastavro(source, value))


def test_what_is_left_out_has_our_default_and_narrower_types_are_widened() -> None:
    theirs = changed(RECEIPT, correlation=None, amount="int", source="bytes", text=["string", "null"])
    value = plain_receipt() | {"amount": 77, "source": b"bank", "text": "as written"}
    del value["correlation"]
    expected = receipt(amount=77, source="bank", text="as written", correlation="")
    assert taken(theirs).to_ours(written(theirs, value)) == encode_fact(expected)


@pytest.mark.parametrize(
    ("logical", "base", "value", "field"),
    [
        ("date", "int", 20_500, "posting_date"),
        ("timestamp-millis", "long", 1_773_100_800_000, "event_time"),
        ("uuid", "string", "0f8fad5b-d9cb-469f-a165-70867728950e", "event_id"),
    ],
)
def test_logical_types_that_mean_what_ours_do_are_read(logical: str, base: str, value: Any, field: str) -> None:
    theirs = changed(RECEIPT, **{field: {"type": base, "logicalType": logical}})
    raw = changed(RECEIPT, **{field: base})
    read = decode_fact(taken(theirs).to_ours(written(raw, plain_receipt() | {field: value})))
    assert getattr(read, field) == value


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (changed(RECEIPT, amount=None), "receipt.amount: is missing, and has no default"),
        (changed(RECEIPT, amount="double"), "receipt.amount: is double, ours is long"),
        (changed(RECEIPT, amount="string"), "receipt.amount: is string, ours is long"),
        (changed(RECEIPT, amount=["null", "double"]), "receipt.amount: is double, ours is long"),
        (changed(RECEIPT, amount=["null", "double", "string"]), "receipt.amount: no branch of its union is long"),
        (changed(RECEIPT, amount=["null"]), "receipt.amount: is always null"),
        (changed(RECEIPT, amount={"type": "bytes", "logicalType": "decimal", "precision": 9}), "receipt.amount: is bytes, ours is long"),
        (changed(RECEIPT, text={"type": "bytes", "logicalType": "decimal", "precision": 9}), "receipt.text: is decimal, which is not read"),
        (changed(RECEIPT, event_time={"type": "long", "logicalType": "timestamp-micros"}), "receipt.event_time: is timestamp-micros, which is not read"),
        (changed(RECEIPT, posting_date={"type": "enum", "name": "Day", "symbols": ["MON"]}), "receipt.posting_date: is enum, ours is"),
        (changed(RECEIPT, lines={"type": "array", "items": "string"}), "receipt.lines[]: is string, ours is record"),
        (changed(RECEIPT, lines={"type": "array", "items": {"type": "record", "name": "line", "fields": [{"name": "document", "type": "string"}]}}), "receipt.lines[]: is a line, ours is a remittance_line"),
        (RECEIPT | {"name": "Receipt"}, "is record headrace.facts.Receipt; records of these names are taken: account_owner, approval, credit_limit, credit_note,"),
        (RECEIPT | {"name": "clock"}, "is record headrace.facts.clock; records of these names are taken"),
        ({"type": "array", "items": "int"}, "is array; records of these names"),
        (changed(RECEIPT, text="null"), "schema.text: is of no width"),
        (changed(RECEIPT, text=["null", "receipt"]), "headrace.facts.receipt is recursive"),
        (changed(RECEIPT, text={"type": "record", "name": "x", "fields": [{"name": "a", "type": "int"}]}), "receipt.text: is record, ours is string"),
        ({**RECEIPT, "fields": [*RECEIPT["fields"], {"name": "x", "type": {"type": "fixed", "name": "no name", "size": 2}}]}, "schema.x: 'headrace.facts.no name' is no name"),
    ],
)  # fmt: skip
def test_what_is_not_taken_says_why(schema: Any, said: str) -> None:
    found = accept(json.dumps(schema))
    assert isinstance(found, Rejected)
    assert found.reason == "schema_refused"
    assert said in found.detail


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00", '{"type": "record"' + " " * MOST_SCHEMA_BYTES + "}"])
def test_texts_that_are_no_schema_are_refused(text: str) -> None:
    found = accept(text)
    assert isinstance(found, Rejected)
    assert found.reason == "schema_refused"


def test_all_that_is_wrong_is_said_up_to_a_bound() -> None:
    found = accept(json.dumps(changed(RECEIPT, **dict.fromkeys((f["name"] for f in RECEIPT["fields"][1:]), "boolean"))))
    assert isinstance(found, Rejected)
    assert found.field == "receipt.recorded_time"
    assert found.detail.count("ours is") == 8


NAMES = st.sampled_from(["a", "b", "receipt", "remittance_line", "x.y", "x.a", "int", "-", "é", ""])
SCHEMAS = st.recursive(
    st.sampled_from(["null", "int", "long", "string", "bytes", "double", "a", "x.a", "receipt", 5, None])
    | st.fixed_dictionaries({"type": st.sampled_from(["enum", "fixed", "long"]), "name": NAMES, "size": st.integers(0, 9),
                             "symbols": st.lists(NAMES, max_size=3), "logicalType": st.sampled_from(["date", "decimal", 5])}),
    lambda inner: st.lists(inner, max_size=3)
    | st.fixed_dictionaries({"type": st.sampled_from(["array", "map"]), "items": inner, "values": inner})
    | st.fixed_dictionaries({"type": st.just("record"), "name": NAMES, "namespace": NAMES, "fields": st.lists(
        st.fixed_dictionaries({"name": NAMES, "type": inner}), max_size=4)}),
    max_leaves=12,
)  # fmt: skip


@given(SCHEMAS, st.binary(max_size=40))
def test_any_schema_is_taken_or_refused_and_any_bytes_by_it_are_read_or_unreadable(schema: Any, body: bytes) -> None:
    """As one more field of a receipt, which is taken itself."""
    grown = copy.deepcopy(RECEIPT) | {"namespace": "x"}
    grown["fields"].append({"name": "more", "type": schema})
    found = accept(json.dumps(grown))
    if isinstance(found, Rejected):
        assert found.reason == "schema_refused"
        return
    try:
        made = found.to_ours(message(7, encode_fact(receipt())[5:] + body))
    except Unreadable:
        return
    assert made == encode_fact(receipt())


@pytest.fixture
def known(registry_server: RegistryServer) -> WriterSchemas:
    return WriterSchemas(SchemaRegistry(registry_server.url))


def refused(found: bytes | Rejected) -> tuple[str, str]:
    assert isinstance(found, Rejected)
    return found.reason, found.detail


def test_messages_by_our_ids_and_what_is_no_message_pass_unasked(
    known: WriterSchemas, registry_server: RegistryServer
) -> None:
    for value in (encode_fact(customer()), b"", b"\0\0\0\0\7", b"\1\0\0\0\7rest", b"\0" * (1 << 21), b"{}"):
        assert known.to_ours(value) is value
    assert registry_server.asked == []


def test_a_schema_is_asked_for_once(known: WriterSchemas, registry_server: RegistryServer) -> None:
    number = registry_server.add(RECEIPT)
    for at in range(3):
        value = written(RECEIPT, plain_receipt() | {"amount": at}, number)
        assert known.to_ours(value) == encode_fact(receipt(amount=at))
    assert registry_server.asked == [f"GET /schemas/ids/{number}"]
    registry_server.stop()
    assert known.to_ours(value) == encode_fact(receipt(amount=2))
    with pytest.raises(RegistryAway):
        known.to_ours(message(number + 1, b"x"))


def test_refused_schemas_are_asked_for_once_and_unknown_ones_again_after_a_while(
    registry_server: RegistryServer,
) -> None:
    now = 0.0
    known = WriterSchemas(SchemaRegistry(registry_server.url), lambda: now)
    number = registry_server.add({"type": "string"})
    for _ in range(2):
        assert refused(known.to_ours(message(number, b"\0")))[0] == "schema_refused"
        assert refused(known.to_ours(message(number + 1, b"\0"))) == (
            "schema_unknown",
            f"schema {number + 1} of the registry: is not known there; register it, then replay this letter",
        )
    assert len(registry_server.asked) == 2
    assert registry_server.add(RECEIPT) == number + 1
    value = written(RECEIPT, plain_receipt(), number + 1)
    now = UNKNOWN_SECONDS - 0.1
    assert refused(known.to_ours(value))[0] == "schema_unknown"
    now = UNKNOWN_SECONDS
    assert known.to_ours(value) == encode_fact(receipt())
    assert len(registry_server.asked) == 3


def test_what_is_kept_is_bounded(known: WriterSchemas, registry_server: RegistryServer) -> None:
    first = registry_server.add(RECEIPT)
    value = written(RECEIPT, plain_receipt(), first)
    for number in range(first + 1, first + MOST_KEPT + 10):
        known.to_ours(message(number, b"\0"))
        known.to_ours(value)
    assert registry_server.asked.count(f"GET /schemas/ids/{first}") == 1
    assert len(registry_server.asked) == MOST_KEPT + 10
    known.to_ours(message(first + 1, b"\0"))
    assert len(registry_server.asked) == MOST_KEPT + 11


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"schemaType": "JSON"}, "is JSON; Avro is read"),
        ({"schemaType": "PROTOBUF"}, "is PROTOBUF; Avro is read"),
        ({"references": [{"name": "x", "subject": "y", "version": 1}]}, "refers to others; register it whole"),
    ],
)
def test_other_languages_and_references_are_refused(
    known: WriterSchemas, registry_server: RegistryServer, more: dict[str, Any], said: str
) -> None:
    number = registry_server.add(RECEIPT, **more)
    found = refused(known.to_ours(written(RECEIPT, plain_receipt(), number)))
    assert found == ("schema_refused", f"schema {number} of the registry: {said}")


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"", "cut off"), (b"\x02", "runs past the end"), (b"\xff" * 30, "number over 64 bits")],
)
def test_bytes_that_are_not_what_the_schema_says_are_unreadable(
    known: WriterSchemas, registry_server: RegistryServer, body: bytes, said: str
) -> None:
    reason, detail = refused(known.to_ours(message(registry_server.add(RECEIPT), body or b"\x00")))
    assert reason == "unreadable"
    assert said in detail


def test_null_text_that_is_none_and_bytes_left_over_are_unreadable(
    known: WriterSchemas, registry_server: RegistryServer
) -> None:
    theirs = changed(RECEIPT, text=["null", "string"], source="bytes")
    number = registry_server.add(theirs)
    good = plain_receipt() | {"source": b"bank"}
    for value, rest, said in (
        (good | {"text": None}, b"", "not what a receipt needs"),
        (good | {"source": b"\xff\xfe"}, b"", "not what a receipt needs"),
        (good, b"\0\0", "2 bytes left over after the receipt"),
    ):
        reason, detail = refused(known.to_ours(written(theirs, value, number) + rest))
        assert (reason, detail.startswith(f"by schema {number} of the registry: ")) == ("unreadable", True)
        assert said in detail
    assert known.to_ours(written(theirs, good, number)) == encode_fact(receipt(source="bank"))


@given(st.data())
def test_damaged_messages_are_read_or_refused_never_raised(data: st.DataObject) -> None:
    schema = taken(changed(RECEIPT, text=["null", "string"], source="bytes"))
    whole = bytearray(
        written(changed(RECEIPT, text=["null", "string"], source="bytes"), plain_receipt() | {"source": b"b"})
    )
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(5, len(whole) - 1))] = data.draw(st.integers(0, 255))
    known = WriterSchemas(SchemaRegistry("http://127.0.0.1:9"))
    known._kept[7] = (schema, float("inf"))
    found = known.to_ours(bytes(whole))
    assert found.reason == "unreadable" if isinstance(found, Rejected) else found[:5] == encode_fact(receipt())[:5]
