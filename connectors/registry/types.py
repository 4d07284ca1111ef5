"""An Avro schema as a tree of types, made only of what is safe to read bytes by, and a measure of bytes by it. Pure.

Guarantee: whatever bytes `measure` lets pass hold at most MOST_VALUES values, each of them within the
bytes, so decoding them takes bounded memory. For that a schema may not be recursive, no type may be
of no width outside a union, and its size is limited with every name written out.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.wire import Reader, Unreadable

MOST_DEPTH: Final = 16
# Of types, a record's fields included, with every name written out. Our largest has about 60.
MOST_TYPES: Final = 2_000
# In one message. An invoice of 5,000 lines has about 40,000.
MOST_VALUES: Final = 200_000

PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_NAMED: Final = frozenset({"record", "enum", "fixed"})


class UnsafeSchema(ValueError):
    """A schema that no bytes are read by. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Type:
    """One type. `parts` are a record's fields, a union's branches, or the items of an array or map; `fields` are the
    names of a record's, `optional` those with a default. `size` is a fixed's bytes or how many symbols an enum has."""

    kind: str
    name: str = ""
    logical: str = ""
    parts: tuple["Type", ...] = ()
    fields: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    size: int = 0

    # Both with every name written out: a name may stand for much, and be named often.
    types: int = field(init=False)
    height: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", 1 + sum(part.types for part in self.parts))
        object.__setattr__(self, "height", 1 + max((part.height for part in self.parts), default=0))

    @property
    def short_name(self) -> str:
        """Without its namespace."""
        return self.name.rpartition(".")[2]

    def part(self, name: str) -> "Type | None":
        """The field of that name."""
        return self.parts[self.fields.index(name)] if name in self.fields else None


@dataclass(slots=True)
class _Parser:
    """Named types that are complete, and those that are being read, by full name."""

    known: dict[str, Type] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def read(self, schema: Any, namespace: str, where: str, depth: int) -> Type:
        found = self._read(schema, namespace, where, depth) if depth < MOST_DEPTH else None
        if found is None or found.height > MOST_DEPTH:
            raise UnsafeSchema(f"{where}: is over {MOST_DEPTH} types deep")
        if found.types > MOST_TYPES:
            raise UnsafeSchema(f"{where}: has over {MOST_TYPES:,} types")
        return found

    def _read(self, schema: Any, namespace: str, where: str, depth: int) -> Type:
        if isinstance(schema, str):
            return self._by_name(schema, namespace, where)
        if isinstance(schema, list):
            return self._union(schema, namespace, where, depth)
        if not isinstance(schema, dict):
            raise UnsafeSchema(f"{where}: {schema!r:.50} is no type")
        kind = schema.get("type")
        if kind == "error":
            kind = "record"
        if kind in ("array", "map"):
            items = self._solid(schema.get("items" if kind == "array" else "values"), namespace, f"{where}[]", depth)
            return Type(kind, parts=(items,))
        if kind in _NAMED:
            return self._named(kind, schema, namespace, where, depth)
        if not isinstance(kind, str):
            raise UnsafeSchema(f"{where}: has no type")
        found = self._by_name(kind, namespace, where)
        logical = schema.get("logicalType")
        return Type(found.kind, logical=str(logical)) if logical is not None and found.kind in PRIMITIVES else found

    def _solid(self, schema: Any, namespace: str, where: str, depth: int) -> Type:
        """A type that takes at least a byte."""
        found = self.read(schema, namespace, where, depth + 1)
        if found.kind == "null":
            raise UnsafeSchema(f"{where}: is of no width; null stands in a union only")
        return found

    def _by_name(self, name: str, namespace: str, where: str) -> Type:
        if name in PRIMITIVES:
            return Type(name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full in self.open:
            raise UnsafeSchema(f"{where}: {full} is recursive")
        if full not in self.known:
            raise UnsafeSchema(f"{where}: {full} is not defined before")
        return self.known[full]

    def _union(self, schema: list[Any], namespace: str, where: str, depth: int) -> Type:
        if not schema:
            raise UnsafeSchema(f"{where}: is a union of nothing")
        branches = tuple(self.read(branch, namespace, where, depth + 1) for branch in schema)
        if any(branch.kind == "union" for branch in branches):
            raise UnsafeSchema(f"{where}: is a union within a union")
        return Type("union", parts=branches)

    def _named(self, kind: str, schema: dict[str, Any], namespace: str, where: str, depth: int) -> Type:
        name, own = schema.get("name"), schema.get("namespace", namespace)
        if not isinstance(name, str) or not isinstance(own, str):
            raise UnsafeSchema(f"{where}: a {kind} without a name")
        full = name if "." in name or not own else f"{own}.{name}"
        if not all(_NAME.fullmatch(part) for part in full.split(".")):
            raise UnsafeSchema(f"{where}: {full!r:.80} is no name")
        if full in self.known or full in self.open:
            raise UnsafeSchema(f"{where}: {full} is defined twice, or within itself")
        if kind == "record":
            self.open.add(full)
            found = self._record(full, schema.get("fields"), where, depth)
            self.open.remove(full)
        elif kind == "enum":
            symbols = schema.get("symbols")
            if not isinstance(symbols, list) or not symbols:
                raise UnsafeSchema(f"{where}: {full} has no symbols")
            found = Type("enum", full, size=len(symbols))
        else:
            size = schema.get("size")
            if not isinstance(size, int) or size < 1:
                raise UnsafeSchema(f"{where}: {full} is of no width")
            found = Type("fixed", full, logical=str(schema.get("logicalType") or ""), size=size)
        self.known[full] = found
        return found

    def _record(self, full: str, fields: Any, where: str, depth: int) -> Type:
        if not isinstance(fields, list) or not fields:
            raise UnsafeSchema(f"{where}: {full} has no fields, so it is of no width")
        names: list[str] = []
        parts: list[Type] = []
        for each in fields:
            name = each.get("name") if isinstance(each, dict) else None
            if not isinstance(name, str) or not _NAME.fullmatch(name) or name in names:
                raise UnsafeSchema(f"{where}: {full} has a field without a name of its own")
            names.append(name)
            parts.append(self._solid(each.get("type"), full.rpartition(".")[0], f"{where}.{name}", depth))
        optional = frozenset(each["name"] for each in fields if "default" in each)
        return Type("record", full, parts=tuple(parts), fields=tuple(names), optional=optional)


def read_type(schema: Any, where: str) -> Type:
    """The tree of a schema as JSON gives it. Raises UnsafeSchema."""
    return _Parser().read(schema, "", where, 0)


def plain(found: Type) -> Any:
    """The schema as JSON with nothing but structure: no defaults, no aliases, no logical types, no symbols."""
    return _plain(found, set())


def _plain(found: Type, defined: set[str]) -> Any:
    if found.kind in PRIMITIVES:
        return found.kind
    if found.kind == "union":
        return [_plain(branch, defined) for branch in found.parts]
    if found.kind in ("array", "map"):
        return {"type": found.kind, "items" if found.kind == "array" else "values": _plain(found.parts[0], defined)}
    # Without a namespace a name would take on that of the record around it; no other type can have this one.
    name = found.name if "." in found.name else f"-.{found.name}"
    if name in defined:
        return name
    defined.add(name)
    named: dict[str, Any] = {"type": found.kind, "name": name}
    if found.kind == "enum":
        named["symbols"] = [f"S{at}" for at in range(found.size)]
    elif found.kind == "fixed":
        named["size"] = found.size
    else:
        fields = zip(found.fields, found.parts, strict=True)
        named["fields"] = [{"name": name, "type": _plain(part, defined)} for name, part in fields]
    return named


def measure(found: Type, reader: Reader, left: int = MOST_VALUES) -> int:
    """Pass over one value; how many of `left` values may still come. Raises Unreadable where the bytes do not fit."""
    if left <= 0:
        raise Unreadable(f"over {MOST_VALUES:,} values at byte {reader.at}")
    left -= 1
    kind = found.kind
    if kind == "record":
        for part in found.parts:
            left = measure(part, reader, left)
    elif kind in ("int", "long"):
        reader.long()
    elif kind in ("string", "bytes"):
        reader.raw()
    elif kind == "boolean":
        reader.boolean()
    elif kind in ("float", "double", "fixed"):
        size = {"float": 4, "double": 8}.get(kind, found.size)
        if size > reader.end - reader.at:
            raise Unreadable(f"{kind} of {size} bytes at byte {reader.at} runs past the end")
        reader.at += size
    elif kind == "union":
        left = measure(found.parts[_index(found, len(found.parts), reader)], reader, left)
    elif kind == "enum":
        _index(found, found.size, reader)
    elif kind in ("array", "map"):
        left = _measure_items(found, reader, left)
    return left


def _index(found: Type, count: int, reader: Reader) -> int:
    at = reader.at
    index = reader.long()
    if not 0 <= index < count:
        raise Unreadable(f"{found.kind} at byte {at} is number {index} of {count}")
    return index


def _measure_items(found: Type, reader: Reader, left: int) -> int:
    read = 0
    while count := reader.block(read):
        for _ in range(count):
            if found.kind == "map":
                reader.raw()
            left = measure(found.parts[0], reader, left)
        read += count
    return left
