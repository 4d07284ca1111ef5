"""What producers write by schemas of their own, made into messages of ours.

A producer's schema is taken where it is safe (connectors/registry/types.py), is a record of the name of one
of the kinds that producers send, in whatever namespace, and gives what ours asks for by Avro's schema
resolution: fields in any order, more fields, fields left out that have a default with us, int for long,
bytes for text. What comes out is what our own codec would have written, so all checks after it are the same.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Final

import fastavro

from connectors.placing import Rejected
from connectors.registry.client import SchemaRegistry
from connectors.registry.types import Type, UnsafeSchema, measure, plain, read_type
from schemas.codec import schema_id
from schemas.generate import OWN_IDS_FROM, latest_sources
from schemas.records import FACT_IDS
from schemas.topics import TOPIC_OF_KIND
from schemas.wire import Reader, Unreadable

MOST_SCHEMA_BYTES: Final = 256 * 1024
MOST_KEPT: Final = 1_000
# A replica of the registry may learn of a schema a moment after its messages come.
UNKNOWN_SECONDS: Final = 10.0
MOST_FINDINGS: Final = 8
# Logical types that mean what our fields mean: days since 1970, UTC milliseconds. Others would be misread in silence.
READ_LOGICAL: Final = {"date": "int", "timestamp-millis": "long", "uuid": "string"}
WIDER: Final = {"long": ("int",), "string": ("bytes",), "bytes": ("string",)}


@dataclass(frozen=True, slots=True)
class _Own:
    """Our latest schema of one kind: its types, and for fastavro."""

    kind: str
    types: Type
    parsed: Any


@cache
def _own_schemas() -> dict[str, _Own]:
    found: dict[str, _Own] = {}
    for source in latest_sources():
        if source.group == "facts" and source.name in TOPIC_OF_KIND:
            types = read_type(source.schema, source.name)
            found[source.name] = _Own(source.name, types, fastavro.parse_schema(source.schema))
    return found


@dataclass(frozen=True, slots=True)
class WriterSchema:
    """A producer's schema that is taken."""

    own: _Own
    types: Type
    parsed: Any

    def to_ours(self, value: bytes) -> bytes:
        """The message as our codec writes it. Raises Unreadable where the bytes are not what the schema says, or say
        null, or text that is not UTF-8, where we ask for more."""
        reader = Reader(value, 5)
        measure(self.types, reader)
        if reader.at != reader.end:
            raise Unreadable(f"{reader.end - reader.at} bytes left over after the {self.own.kind}")
        try:
            found = fastavro.schemaless_reader(BytesIO(value[5:]), self.parsed, self.own.parsed)
        except (fastavro.read.SchemaResolutionError, UnicodeDecodeError) as error:
            raise Unreadable(f"not what a {self.own.kind} needs: {error}") from error
        out = BytesIO()
        out.write(b"\0" + FACT_IDS[self.own.kind].to_bytes(4, "big"))
        fastavro.schemaless_writer(out, self.own.parsed, found)
        return out.getvalue()


def accept(text: str) -> WriterSchema | Rejected:
    """The Avro schema in `text` where it is taken, or why not. Pure."""
    if len(text) > MOST_SCHEMA_BYTES:
        return Rejected("schema_refused", "", f"has {len(text):,} characters; at most {MOST_SCHEMA_BYTES:,} are taken")
    try:
        types = read_type(json.loads(text), "schema")
    except UnsafeSchema as error:
        return Rejected("schema_refused", "", str(error))
    except (ValueError, RecursionError):
        return Rejected("schema_refused", "", "is not JSON, or nested too deep")
    own = _own_schemas().get(types.short_name) if types.kind == "record" else None
    if own is None:
        what = f"{types.kind} {types.name}".strip()
        return Rejected("schema_refused", "", f"is {what}; records of these names are taken: {_names()}")
    found = mismatches(types, own.types, own.kind)
    if found:
        return Rejected("schema_refused", found[0].partition(":")[0], "; ".join(found[:MOST_FINDINGS]))
    return WriterSchema(own, types, fastavro.parse_schema(plain(types)))


def _names() -> str:
    return ", ".join(sorted(_own_schemas()))


def mismatches(writer: Type, reader: Type, where: str) -> list[str]:
    """What keeps the reader's type from being read out of the writer's by Avro's schema resolution; empty where nothing
    does. Of a union one branch has to fit; a message with another one is unreadable."""
    if writer.kind == "union":
        tried = [mismatches(branch, reader, where) for branch in writer.parts if branch.kind != "null"]
        if not tried or [] in tried:
            return [] if tried else [f"{where}: is always null"]
        return tried[0] if len(tried) == 1 else [f"{where}: no branch of its union is {reader.kind}"]
    if reader.kind == "union":
        tried = [mismatches(writer, branch, where) for branch in reader.parts if branch.kind != "null"]
        return [] if [] in tried else tried[0]
    if writer.kind != reader.kind and writer.kind not in WIDER.get(reader.kind, ()):
        return [f"{where}: is {writer.kind}, ours is {reader.kind}"]
    if writer.logical and READ_LOGICAL.get(writer.logical) != writer.kind:
        return [f"{where}: is {writer.logical}, which is not read; a date is days, a time UTC milliseconds"]
    if reader.kind == "array":
        return mismatches(writer.parts[0], reader.parts[0], f"{where}[]")
    if reader.kind != "record":
        return []
    if writer.short_name != reader.short_name:
        return [f"{where}: is a {writer.short_name}, ours is a {reader.short_name}"]
    found = []
    for name, part in zip(reader.fields, reader.parts, strict=True):
        theirs = writer.part(name)
        if theirs is not None:
            found += mismatches(theirs, part, f"{where}.{name}")
        elif name not in reader.optional:
            found.append(f"{where}.{name}: is missing, and has no default")
    return found


class WriterSchemas:
    """Knows what schema ids that are not ours mean, by asking the registry once for each."""

    def __init__(self, registry: SchemaRegistry, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = registry
        self._clock = clock
        # By id, the last used at the end: what was found, and until when that holds (seconds of the clock).
        self._kept: OrderedDict[int, tuple[WriterSchema | Rejected, float]] = OrderedDict()

    def to_ours(self, value: bytes) -> bytes | Rejected:
        """The message under our id, or why it is refused; what is ours, or is no message, as it is.

        Raises RegistryAway, RegistryRefused; what was asked before is answered while the registry is away.
        """
        try:
            number = schema_id(value)
        except Unreadable:
            return value  # Whoever decodes it says so.
        if number >= OWN_IDS_FROM:
            return value
        schema = self._schema(number)
        if isinstance(schema, Rejected):
            return schema
        try:
            return schema.to_ours(value)
        except Unreadable as error:
            return Rejected("unreadable", "", f"by schema {number} of the registry: {error}")

    def _schema(self, number: int) -> WriterSchema | Rejected:
        kept = self._kept.get(number)
        if kept is not None and self._clock() < kept[1]:
            self._kept.move_to_end(number)
            return kept[0]
        found, seconds = self._ask(number), float("inf")
        if isinstance(found, Rejected):
            found = found._replace(detail=f"schema {number} of the registry: {found.detail}")
            if found.reason == "schema_unknown":
                seconds = UNKNOWN_SECONDS
        self._kept[number] = (found, self._clock() + seconds)
        self._kept.move_to_end(number)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _ask(self, number: int) -> WriterSchema | Rejected:
        if number <= 0:
            return Rejected("schema_unknown", "", "cannot be: its numbers begin at 1")
        found = self.registry.schema(number)
        if found is None:
            return Rejected("schema_unknown", "", "is not known there; register it, then replay this letter")
        if found.language != "AVRO":
            return Rejected("schema_refused", "", f"is {found.language}; Avro is read")
        if found.has_references:
            return Rejected("schema_refused", "", "refers to others; register it whole")
        return accept(found.text)
