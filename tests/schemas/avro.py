"""Values of any Avro source, as plain dicts, as records and as bytes by fastavro."""

import io
from typing import Any

import fastavro
from hypothesis import strategies as st
from librt.strings import BytesWriter

from schemas import records
from schemas.generate import OPTIONAL_LONG, Source, class_name, latest_sources, sources
from schemas.wire import Reader

EVERY_VERSION = sources()
# What is written, and what our records are made of: the latest version of each.
SOURCES = latest_sources()
OLD_WIRE_SOURCES = [source for source in EVERY_VERSION if source.group != "state" and source not in SOURCES]
WIRE_SOURCES = [source for source in SOURCES if source.group != "state"]
FACT_SOURCES = [source for source in SOURCES if source.group == "facts"]

LONG = st.integers(-(1 << 63), (1 << 63) - 1)
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=20),
    "long": LONG,
    "int": st.integers(-(1 << 31), (1 << 31) - 1),
    "boolean": st.booleans(),
    "bytes": st.binary(max_size=20),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an Avro type as fastavro takes and gives them."""
    if kind == OPTIONAL_LONG:
        return st.none() | LONG
    if isinstance(kind, str):
        return SIMPLE[kind]
    if kind["type"] == "array":
        return st.lists(values(kind["items"]), max_size=4)
    return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in kind["fields"]})


def record(schema: dict[str, Any], value: dict[str, Any]) -> Any:
    """The record of `value`, nested ones included."""
    fields = [_part(field["type"], value[field["name"]]) for field in schema["fields"]]
    return getattr(records, class_name(schema["name"]))(*fields)


def _part(kind: Any, value: Any) -> Any:
    if isinstance(kind, dict) and kind["type"] == "array" and isinstance(kind["items"], dict):
        return [record(kind["items"], item) for item in value]
    return value


def plain(schema: dict[str, Any], found: Any) -> dict[str, Any]:
    """The fields of a record as a dict, nested ones included: the opposite of `record`."""
    out = {}
    for field in schema["fields"]:
        value, kind = getattr(found, field["name"]), field["type"]
        if isinstance(kind, dict) and kind["type"] == "array" and isinstance(kind["items"], dict):
            value = [plain(kind["items"], item) for item in value]
        out[field["name"]] = value
    return out


def body(source: Source, value: dict[str, Any]) -> bytes:
    """Our encoding of `value`, without the wire format's header."""
    out = BytesWriter()
    getattr(records, f"put_{source.name}")(out, record(source.schema, value))
    return out.getvalue()


def read_body(source: Source, data: bytes) -> tuple[Any, int]:
    """The record in `data` by our decoder, and how many bytes are left over."""
    reader = Reader(data)
    found = getattr(records, f"read_{source.name}")(reader)
    return found, reader.end - reader.at


def by_fastavro(source: Source, value: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(source.schema), value)
    return out.getvalue()


def message(number: int, data: bytes) -> bytes:
    """`data` in the wire format."""
    return b"\0" + number.to_bytes(4, "big") + data
