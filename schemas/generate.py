"""Writes schemas/records.py from the Avro sources: records, encoders, decoders.

`python -m schemas.generate` writes it; with `--check` it exits 1 where the file is not what
the sources say. A source is named NAME.VERSION.avsc. A later version may only append fields
with defaults (`evolution_findings` lists what breaks that), so one decoder reads all versions.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from librt.strings import BytesWriter
from mypy_extensions import u8

from schemas.wire import put_boolean, put_long, put_optional_long, put_raw, put_text

HERE = Path(__file__).parent
SOURCES = HERE / "avro"
TARGET = HERE / "records.py"

# Fields of every fact, in this order, ahead of its own.
HEADER = ("event_id", "recorded_time", "correlation", "source", "tenant", "entity", "account_id", "event_time")

# Registries number schemas from 1 (Confluent's cloud from 100,001) and never come this far, so an id says of itself
# whose it is.
OWN_IDS_FROM = 2_000_000_000

PYTHON_TYPE = {"string": "str", "long": "int", "int": "int", "boolean": "bool", "bytes": "bytes"}
READ = {"string": "r.text()", "long": "r.long()", "int": "r.long()", "boolean": "r.boolean()", "bytes": "r.raw()"}
PUT = {"string": "put_text", "long": "put_long", "int": "put_long", "boolean": "put_boolean", "bytes": "put_raw"}
OPTIONAL_LONG = ["null", "long"]
# Texts that are nearly always one of a few: they are kept encoded.
WORDS = frozenset(
    ("kind", "rules_version", "rule", "origin", "tenant", "entity", "cause_kind", "currency", "item_kind", "source")
)


@dataclass(frozen=True, slots=True)
class Source:
    """One .avsc file: its group (facts, decisions, state), name, version and contents."""

    group: str
    name: str
    version: int
    schema: dict[str, Any]


def sources() -> list[Source]:
    """All sources, by group, wire id and version."""
    found = []
    for path in SOURCES.glob("*/*.avsc"):
        name, version = path.name.removesuffix(".avsc").rsplit(".", 1)
        found.append(Source(path.parent.name, name, int(version), json.loads(path.read_text())))
    ids = wire_ids()
    return sorted(found, key=lambda s: (s.group, ids.get((s.name, s.version), 0), s.name, s.version))


def latest_sources() -> list[Source]:
    """The newest version of each schema."""
    return list({source.name: source for source in sorted(sources(), key=_version)}.values())


def _version(source: Source) -> int:
    return source.version


def wire_ids() -> dict[tuple[str, int], int]:
    """(name, version) to the id in the wire format, from ids.json; above OWN_IDS_FROM, and never used again."""
    pairs = json.loads((SOURCES / "ids.json").read_text())
    return {(name, int(version)): number for key, number in pairs.items() for name, version in [key.split(".")]}


def evolution_findings(old: dict[str, Any], new: dict[str, Any], where: str = "") -> list[str]:
    """What makes `new` unable to read what `old` wrote, or `old` readers misread `new`; empty is compatible."""
    where = where or str(new["name"])
    findings = []
    for index, before in enumerate(old["fields"]):
        if index >= len(new["fields"]):
            findings.append(f"{where}: field {before['name']} is gone")
            continue
        after = new["fields"][index]
        if before["name"] != after["name"]:
            findings.append(f"{where}: field {index} was {before['name']}, is {after['name']}")
        elif _shape(before["type"]) != _shape(after["type"]):
            findings.append(f"{where}.{before['name']}: type changed")
    for added in new["fields"][len(old["fields"]) :]:
        if "default" not in added:
            findings.append(f"{where}.{added['name']}: a new field needs a default")
    return findings


def _shape(kind: Any) -> Any:
    """A type without its docs, for comparison."""
    if isinstance(kind, dict):
        return {key: _shape(value) for key, value in kind.items() if key != "doc"}
    if isinstance(kind, list):
        return [_shape(value) for value in kind]
    return kind


def class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _python_type(kind: Any) -> str:
    if kind == OPTIONAL_LONG:
        return "int | None"
    if isinstance(kind, str):
        return PYTHON_TYPE[kind]
    if kind["type"] == "array":
        return f"list[{_python_type(kind['items'])}]"
    return class_name(kind["name"])


def _is_array(kind: Any) -> bool:
    return isinstance(kind, dict) and bool(kind["type"] == "array")


def _read(kind: Any, late: bool = False) -> str:
    """late: None where there are no items; the record makes the list when it is asked for."""
    if kind == OPTIONAL_LONG:
        return "r.optional_long()"
    if isinstance(kind, str):
        return READ[kind]
    if _is_array(kind):
        items = kind["items"]
        read = "r.texts()" if items == "string" else f"_read_{items['name']}s(r)"
        return f"None if r.no_items() else {read}" if late else read
    raise ValueError(f"a record inside a record must be in an array: {kind['name']}")


def _put(kind: Any, value: str) -> str:
    if kind == OPTIONAL_LONG:
        return f"put_optional_long(out, {value})"
    if isinstance(kind, str):
        put = "put_word" if kind == "string" and value.removeprefix("x.") in WORDS else PUT[kind]
        return f"{put}(out, {value})"
    items = kind["items"]
    return f"put_texts(out, {value})" if items == "string" else f"_put_{items['name']}s(out, {value})"


def _nested(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Records inside arrays of `schema`, innermost first."""
    for field in schema["fields"]:
        kind = field["type"]
        if isinstance(kind, dict) and kind["type"] == "array" and isinstance(kind["items"], dict):
            yield from _nested(kind["items"])
            yield kind["items"]


def _default(field: dict[str, Any], may_lack: bool) -> str:
    if "default" not in field or not may_lack:
        return ""
    return " = None" if field["default"] == [] else f" = {_python_default(field)}"


def _python_default(field: dict[str, Any]) -> str:
    return repr(field["default"].encode() if field["type"] == "bytes" else field["default"])


def _class(schema: dict[str, Any], group: str, first_fields: int) -> list[str]:
    """The class of one record. Facts are Final; a decision is filled in until the shard encodes it; state changes.

    Of a fact, whoever makes one has to say the fields of its first version; those of later versions may be left out.
    """
    mutable = group != "facts"
    is_fact = group == "facts" and schema.get("namespace") == "headrace.facts"
    fields = schema["fields"]
    own = fields[len(HEADER) :] if is_fact else fields
    base = "(Fact)" if is_fact else ""
    # A record holds texts, numbers and lists of records, never itself: nothing for the collector.
    lines = ["@mypyc_attr(acyclic=True)"]
    lines += [f"class {class_name(schema['name'])}{base}:", f'    """{schema["doc"]}', ""]
    lines += [f"    {field['name']}: {field['doc']}" for field in own]
    names = "".join(f'"{field["name"]}", ' for field in own)
    slots = "".join(f'"{_stored(field, group)}", ' for field in own)
    # Compiled classes have no __slots__ to be asked for.
    lines += ['    """', "", f"    __slots__ = ({slots})", f"    FIELDS: ClassVar[tuple[str, ...]] = ({names})"]
    if is_fact:
        lines.append(f'    KIND: ClassVar[str] = "{schema["name"]}"')
    lines += ["", "    def __init__(", "        self,"]
    lacking = {field["name"] for field in (fields if mutable else fields[first_fields:])}
    for field in fields:
        kind = _python_type(field["type"])
        may_lack = field["name"] in lacking
        if may_lack and field.get("default") == []:
            kind += " | None"
        lines.append(f"        {field['name']}: {kind}{_default(field, may_lack)},")
    lines.append("    ) -> None:")
    if is_fact:
        lines.append(f'        super().__init__("{schema["name"]}", {", ".join(HEADER)})')
    for field in own:
        name, kind = field["name"], _python_type(field["type"])
        if mutable and _is_array(field["type"]):
            lines.append(f"        self._{name}: {kind} | None = {name}")
        elif name in lacking and field.get("default") == []:
            lines.append(f"        self.{name}: Final[{kind}] = {name} if {name} is not None else []")
        elif mutable:
            lines.append(f"        self.{name} = {name}")
        else:
            lines.append(f"        self.{name}: Final = {name}")
    if not own:
        lines.append("        pass")
    for field in own:
        if mutable and _is_array(field["type"]):
            lines += _late_list(field["name"], _python_type(field["type"]))
    return [*lines, "", ""]


def _stored(field: dict[str, Any], group: str) -> str:
    """The name of the attribute that holds the field."""
    return f"_{field['name']}" if group != "facts" and _is_array(field["type"]) else field["name"]


def _late_list(name: str, kind: str) -> list[str]:
    """The property of a list that is made when it is asked for: most lists of most rows stay empty, and an account has
    a dozen."""
    return [
        "",
        "    @property",
        f"    def {name}(self) -> {kind}:",
        f"        found = self._{name}",
        "        if found is None:",
        f"            found = self._{name} = []",
        "        return found",
        "",
        f"    @{name}.setter",
        f"    def {name}(self, value: {kind}) -> None:",
        f"        self._{name} = value",
    ]


def _codec(schema: dict[str, Any], group: str) -> list[str]:
    """read_NAME and put_NAME of one record."""
    name, cls = schema["name"], class_name(schema["name"])
    lines = [f"def read_{name}(r: Reader) -> {cls}:", f"    return {cls}("]
    lines += [f"        {_read(field['type'], group != 'facts')}," for field in schema["fields"]]
    lines += ["    )", "", "", f"def put_{name}(out: BytesWriter, x: {cls}) -> None:"]
    lines += [f"    {_put(field['type'], 'x.' + _stored(field, group))}" for field in schema["fields"]]
    return [*lines, "", ""]


def _array_codec(schema: dict[str, Any]) -> list[str]:
    name, cls = schema["name"], class_name(schema["name"])
    return [
        f"def _read_{name}s(r: Reader) -> list[{cls}]:",
        f"    items: list[{cls}] = []",
        "    count = r.block(0)",
        "    while count:",
        "        for _ in range(count):",
        f"            items.append(read_{name}(r))",
        "        count = r.block(len(items))",
        "    return items",
        "",
        "",
        f"def _put_{name}s(out: BytesWriter, items: list[{cls}] | None) -> None:",
        "    if items:",
        "        put_long(out, len(items))",
        "        for item in items:",
        f"            put_{name}(out, item)",
        "    out.append(u8(0))",
        "",
        "",
    ]


def _fact_base(header: list[dict[str, Any]]) -> list[str]:
    lines = [
        "@mypyc_attr(acyclic=True)",
        "class Fact:",
        '    """What every fact has.',
        "",
        "    kind: Name of its schema.",
    ]
    lines += [f"    {field['name']}: {field['doc']}" for field in header]
    slots = ", ".join(f'"{name}"' for name in ("kind", *HEADER))
    lines += [
        '    """',
        "",
        f"    __slots__ = ({slots})",
        f"    FIELDS: ClassVar[tuple[str, ...]] = ({slots})",
        "",
        "    def __init__(",
        "        self,",
        "        kind: str,",
    ]
    lines += [f"        {field['name']}: {_python_type(field['type'])}," for field in header]
    lines += ["    ) -> None:", "        self.kind: Final = kind"]
    lines += [f"        self.{name}: Final = {name}" for name in HEADER]
    return [*lines, "", ""]


def generate() -> str:
    """The text of records.py."""
    latest = latest_sources()
    ids = wire_ids()
    out = [
        '"""Made by schemas/generate.py from schemas/avro; do not edit."""',
        "",
        "from typing import Any, ClassVar, Final",
        "",
    ]
    out += ["from librt.strings import BytesWriter", "from mypy_extensions import i64, mypyc_attr, u8", ""]
    helpers = "Reader, Unreadable, put_boolean, put_long, put_optional_long, put_raw, put_text, put_texts, put_word"
    out += [f"from schemas.wire import {helpers}", "", ""]
    facts = [s for s in latest if s.group == "facts"]
    out += _fact_base(facts[0].schema["fields"][: len(HEADER)])
    seen: dict[str, Any] = {}
    for source in latest:
        for nested in (*_nested(source.schema), source.schema):
            if nested["name"] in seen:
                if seen[nested["name"]] != _shape(nested):
                    raise ValueError(f"{source.name}: {nested['name']} is defined twice, differently")
                continue
            seen[nested["name"]] = _shape(nested)
            first = len(nested["fields"]) if nested is not source.schema else _first_fields(source)
            out += _class(nested, source.group, first) + _codec(nested, source.group)
            if nested is not source.schema:
                out += _array_codec(nested)
    out += _dispatch(facts, [s for s in latest if s.group == "decisions"], ids)
    return "\n".join(out).rstrip() + "\n"


def _older(latest: Source) -> list[Source]:
    """The versions before the latest of the same schema."""
    return [s for s in sources() if s.group == latest.group and s.name == latest.name and s.version < latest.version]


def _first_fields(latest: Source) -> int:
    """How many fields the first version has."""
    return min(len(s.schema["fields"]) for s in (*_older(latest), latest))


def _literal(field: dict[str, Any]) -> str:
    """The default of a field as Python."""
    return "[]" if field["default"] == [] else _python_default(field)


def _defaults(fields: list[dict[str, Any]]) -> bytes:
    """The defaults of these fields as Avro."""
    out = BytesWriter()
    for field in fields:
        kind, value = field["type"], field["default"]
        if kind == OPTIONAL_LONG:
            put_optional_long(out, value)
        elif kind == "string":
            put_text(out, value)
        elif kind == "bytes":
            put_raw(out, value.encode())
        elif kind == "boolean":
            put_boolean(out, value)
        elif value == []:
            out.append(u8(0))
        else:
            put_long(out, value)
    return out.getvalue()


def _read_by_id(function: str, kind: str, latest: list[Source], ids: dict[tuple[str, int], int]) -> list[str]:
    """A function that reads the record of a wire id, of whatever version: what an old one lacks has its default."""
    out = [
        f"def {function}(schema_id: i64, r: Reader) -> {kind}:",
        f'    """The {kind.lower()} of that wire id, of any version; Unreadable for an id that is not ours."""',
    ]
    for source in latest:
        out += [f"    if schema_id == {ids[source.name, source.version]}:", f"        return read_{source.name}(r)"]
    for source in latest:
        for old in _older(source):
            known = len(old.schema["fields"])
            out += [f"    if schema_id == {ids[old.name, old.version]}:", f"        return {class_name(old.name)}("]
            out += [f"            {_read(field['type'])}," for field in old.schema["fields"]]
            out += [f"            {_literal(field)}," for field in source.schema["fields"][known:]]
            out += ["        )"]
    what = "one of ours" if kind == "Fact" else f"a {kind.lower()}'s"
    out += [f'    raise Unreadable(f"schema id {{schema_id}} is not {what}")', "", ""]
    return out


def _dispatch(facts: list[Source], decisions: list[Source], ids: dict[tuple[str, int], int]) -> list[str]:
    """Reading by wire id and writing by class, and the tables of ids."""
    out = _read_by_id("read_fact", "Fact", facts, ids) + _read_by_id("read_any_decision", "Decision", decisions, ids)
    out += ["def put_fact(out: BytesWriter, fact: Fact) -> None:"]
    for source in facts:
        out += [
            f"    if isinstance(fact, {class_name(source.name)}):",
            f"        put_{source.name}(out, fact)",
            "        return",
        ]
    out += ['    raise AssertionError(f"no encoder for {fact.kind}")', "", ""]
    pairs = [(s.name, ids[s.name, s.version]) for s in facts]
    out += ["# By kind, the wire id that is written, which is the latest version's; and every id that is read."]
    out += ["FACT_IDS: Final[dict[str, int]] = {", *(f'    "{name}": {number},' for name, number in pairs), "}"]
    out += ["FACT_IDS_READ: Final[dict[str, tuple[int, ...]]] = {"]
    for source in facts:
        every = [ids[s.name, s.version] for s in (*_older(source), source)]
        out += [f'    "{source.name}": ({", ".join(map(str, every))},),']
    out += [
        "}",
        "# By the wire id of an older version: the defaults, as Avro, of what the latest one has behind its end.",
    ]
    out += ["FACT_DEFAULTS: Final[dict[int, bytes]] = {", *_behind(facts, ids), "}"]
    out += [f"DECISION_ID: Final = {ids['decision', decisions[0].version]}"]
    out += ["DECISION_DEFAULTS: Final[dict[int, bytes]] = {", *_behind(decisions, ids), "}", ""]
    return out


def _behind(sources: list[Source], ids: dict[tuple[str, int], int]) -> list[str]:
    """For each older version of each source: its wire id, and the defaults of what the latest one has behind its end."""
    return [
        f"    {ids[old.name, old.version]}: {_defaults(source.schema['fields'][len(old.schema['fields']) :])!r},"
        for source in sources
        for old in _older(source)
    ]


def main(arguments: list[str]) -> int:
    text = generate()
    if arguments == ["--check"]:
        if TARGET.read_text() == text:
            return 0
        print(f"{TARGET} is not what {SOURCES} says; run python -m schemas.generate", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
