"""Which schemas bytes are read by at all, and that bytes by them stay within bounds."""

import io
import json
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_many
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry.types import MOST_VALUES, Type, UnsafeSchema, measure, plain, read_type
from schemas.wire import Reader, Unreadable
from tests.schemas.avro import FACT_SOURCES, by_fastavro, values


def record(*fields: Any, name: str = "r", **more: Any) -> dict[str, Any]:
    """A record with fields a, b, c ... of these types, from the 27th on f26, f27 ..."""
    names = [chr(97 + at) if at < 26 else f"f{at}" for at in range(len(fields))]
    typed = [{"name": field, "type": kind} for field, kind in zip(names, fields, strict=True)]
    return {"type": "record", "name": name, "fields": typed} | more


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def nested(depth: int) -> Any:
    schema: Any = "int"
    for _ in range(depth):
        schema = array(schema)
    return schema


def doubling(levels: int) -> dict[str, Any]:
    """Each record has the one before it twice: 2 ** levels types out of a few lines."""
    inner: Any = record("int", name="r0")
    for level in range(1, levels + 1):
        inner = record(inner, f"r{level - 1}", name=f"r{level}")
    return inner  # type: ignore[no-any-return]


def by_steps(levels: int) -> dict[str, Any]:
    """A record that is `levels` high, though each definition has nothing but the name of the one before it."""
    fields: list[Any] = [record("int", name="s0")]
    fields += [record(f"s{level - 1}", name=f"s{level}") for level in range(1, levels)]
    return record(*fields)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (record("null"), "s.a: is of no width"),
        (array("null"), r"s\[\]: is of no width"),
        ({"type": "map", "values": "null"}, r"s\[\]: is of no width"),
        (record(), "s: r has no fields, so it is of no width"),
        (array(record()), "r has no fields"),
        (array({"type": "fixed", "name": "f", "size": 0}), "f is of no width"),
        (array({"type": "enum", "name": "e", "symbols": []}), "e has no symbols"),
        (record("r"), "s.a: r is recursive"),
        (record(array("r")), "r is recursive"),
        (record(["null", "r"]), "r is recursive"),
        (record(record("r", name="inner")), "s.a.a: r is recursive"),
        (record("x.r", namespace="x"), "x.r is recursive"),
        (record("other"), "other is not defined before"),
        (record(record("int", name="r")), "r is defined twice, or within itself"),
        (record(record("int", name="i"), record("int", name="i")), "i is defined twice"),
        (nested(16), "is over 16 types deep"),
        (nested(5_000), "is over 16 types deep"),
        (by_steps(16), "is over 16 types deep"),
        (doubling(11), "has over 2,000 types"),
        (record(*["int"] * 2_000), "has over 2,000 types"),
        (["int", ["null", "string"]], "is a union within a union"),
        ([], "is a union of nothing"),
        (7, "7 is no type"),
        (None, "None is no type"),
        ({"type": 7}, "has no type"),
        ({"name": "x"}, "has no type"),
        ({"type": "array"}, "None is no type"),
        ({"type": "record", "fields": []}, "a record without a name"),
        ({"type": "record", "name": "r", "fields": [{"type": "int"}]}, "a field without a name of its own"),
        ({"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}] * 2}, "a field without a name of its own"),
    ],
)  # fmt: skip
def test_what_is_not_safe(schema: Any, said: str) -> None:
    with pytest.raises(UnsafeSchema, match=said):
        read_type(schema, "s")


SAFE = [
    record("int", ["null", "string"], "bytes", "boolean", "float", "double", "long"),
    record({"type": "enum", "name": "e", "symbols": ["X", "Y"]}, "e", {"type": "fixed", "name": "f", "size": 3}, "f"),
    record({"type": "map", "values": "long"}, array(record("string", "long", name="line")), array("line")),
    record(
        {"type": "string", "avro.java.string": "String"}, {"type": "int", "logicalType": "date"}, namespace="com.acme"
    ),
    record(record("int", name="i", namespace="x.y"), "x.y.i", namespace="z"),
    nested(2),
]


@pytest.mark.parametrize("schema", [*SAFE, *(source.schema for source in FACT_SOURCES)])
def test_what_is_safe_is_the_same_schema_to_avro(schema: Any) -> None:
    """What is given to fastavro means the same bytes as the schema it was made from."""
    bare = fastavro.parse_schema(plain(read_type(json.loads(json.dumps(schema)), "s")))
    for value in generate_many(fastavro.parse_schema(json.loads(json.dumps(schema))), 5):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(schema))), value)
        reader = Reader(out.getvalue())
        measure(read_type(schema, "s"), reader)
        assert reader.at == reader.end
        out.seek(0)
        fastavro.schemaless_reader(out, bare)
        assert out.tell() == reader.end


@given(st.data())
def test_the_measure_of_a_fact_ends_where_the_fact_ends(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(FACT_SOURCES))
    whole = by_fastavro(source, data.draw(values(source.schema)))
    types = read_type(source.schema, source.name)
    reader = Reader(whole)
    left = measure(types, reader)
    assert reader.at == len(whole)
    assert 0 < MOST_VALUES - left <= types.types + len(whole)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(Unreadable):
        measure(types, Reader(whole[:cut]))


@given(st.sampled_from(SAFE), st.binary(max_size=200))
def test_any_bytes_are_measured_or_unreadable(schema: Any, body: bytes) -> None:
    reader = Reader(body)
    try:
        measure(read_type(schema, "s"), reader)
    except Unreadable:
        return
    assert reader.at <= reader.end


@pytest.mark.parametrize(
    ("schema", "body", "said"),
    [
        (array("boolean"), b"\xfe\xff\xff\xff\x0f", "array of 2147483647 items"),
        (array("boolean"), b"\x01\x02", "array of"),
        ("fixed", b"\x00\x00", "fixed of 3 bytes at byte 0 runs past the end"),
        ("double", b"\x00" * 7, "double of 8 bytes at byte 0 runs past the end"),
        ("string", b"\x01", "text or bytes of -1"),
        ("string", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "runs past the end"),
        (["null", "int"], b"\x04", "union at byte 0 is number 2 of 2"),
        (["null", "int"], b"\x01", "union at byte 0 is number -1 of 2"),
        ({"type": "enum", "name": "e", "symbols": ["X"]}, b"\x02", "enum at byte 0 is number 1 of 1"),
        (array(array("boolean")), b"\x02\x02\x01\x00", "cut off"),
    ],
)
def test_bytes_that_do_not_fit(schema: Any, body: bytes, said: str) -> None:
    found = Type("fixed", "f", size=3) if schema == "fixed" else read_type(schema, "s")
    with pytest.raises(Unreadable, match=said):
        measure(found, Reader(body))


def test_a_message_of_too_many_values_is_unreadable_however_few_bytes_they_take() -> None:
    """Ten records around one boolean are eleven values in a byte; 20,000 of them in one block."""
    item: Any = "boolean"
    for level in range(10):
        item = record(item, name=f"r{level}")
    many = io.BytesIO()
    fastavro.write.schemaless_writer(many, array("boolean"), [True] * 20_000)
    with pytest.raises(Unreadable, match="over 200,000 values"):
        measure(read_type(array(item), "s"), Reader(many.getvalue()))
