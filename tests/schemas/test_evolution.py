"""Schemas may grow, and nothing else: what one version wrote, all versions read alike."""

import copy
import io
import json
import shutil
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import generate
from schemas.codec import encode_fact
from schemas.generate import HEADER, OWN_IDS_FROM, SOURCES, evolution_findings, sources, wire_ids
from schemas.records import DisputeUpdate
from schemas.wire import Reader

OLD: dict[str, Any] = {
    "type": "record",
    "name": "receipt",
    "doc": "Money in.",
    "fields": [
        {"name": "receipt_id", "type": "string", "doc": "Its number."},
        {"name": "amount", "type": "long", "doc": "Minor units."},
        {"name": "references", "type": {"type": "array", "items": "string"}, "doc": "As written."},
    ],
}
NOTE = {"name": "note", "type": "string", "doc": "Free text.", "default": ""}


def changed(index: int, **change: Any) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    new["fields"][index] |= change
    return new


def with_fields(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return OLD | {"fields": fields}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        with_fields([*OLD["fields"], NOTE]),
        changed(1, doc="Minor units of the currency."),
        OLD | {"doc": "Money that came in."},
        with_fields(
            [*OLD["fields"], NOTE, {"name": "lines", "type": {"type": "array", "items": "long"}, "default": []}]
        ),
    ],
    ids=["same", "field appended", "field's doc", "record's doc", "two fields appended"],
)
def test_what_may_change(new: dict[str, Any]) -> None:
    assert evolution_findings(OLD, new) == []


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (with_fields(OLD["fields"][:2]), ["receipt: field references is gone"]),
        (with_fields([]), [f"receipt: field {name} is gone" for name in ("receipt_id", "amount", "references")]),
        (changed(1, name="sum"), ["receipt: field 1 was amount, is sum"]),
        (changed(1, type="int"), ["receipt.amount: type changed"]),
        (changed(1, type=["null", "long"]), ["receipt.amount: type changed"]),
        (changed(2, type={"type": "array", "items": "long"}), ["receipt.references: type changed"]),
        (
            with_fields([OLD["fields"][1], OLD["fields"][0], OLD["fields"][2]]),
            ["receipt: field 0 was receipt_id, is amount", "receipt: field 1 was amount, is receipt_id"],
        ),
        (
            with_fields([*OLD["fields"], {"name": "note", "type": "string"}]),
            ["receipt.note: a new field needs a default"],
        ),
        (
            with_fields([NOTE, *OLD["fields"]]),
            [
                "receipt: field 0 was receipt_id, is note",
                "receipt: field 1 was amount, is receipt_id",
                "receipt: field 2 was references, is amount",
                "receipt.references: a new field needs a default",
            ],
        ),
    ],
    ids=["one gone", "all gone", "renamed", "narrowed", "made optional", "items", "swapped", "no default", "in front"],
)
def test_what_may_not_change(new: dict[str, Any], expected: list[str]) -> None:
    assert evolution_findings(OLD, new) == expected


def test_a_nested_record_may_not_grow_because_its_old_bytes_have_no_end() -> None:
    line = {"type": "record", "name": "line", "fields": [{"name": "amount", "type": "long", "default": 0}]}
    grown = copy.deepcopy(line)
    grown["fields"].append({"name": "tax", "type": "long", "default": 0})
    old = with_fields([{"name": "lines", "type": {"type": "array", "items": line}}])
    new = with_fields([{"name": "lines", "type": {"type": "array", "items": grown}}])
    assert evolution_findings(old, new) == ["receipt.lines: type changed"]


def test_neighbouring_versions_of_every_schema_are_compatible() -> None:
    versions = defaultdict(list)
    for source in sources():
        versions[source.group, source.name].append(source)
    assert {name for _, name in versions} > {name for name, _ in wire_ids()}
    for (group, name), found in versions.items():
        assert [source.version for source in found] == list(range(1, len(found) + 1)), f"{group}/{name}"
        for old, new in pairwise(found):
            assert evolution_findings(old.schema, new.schema) == [], f"{group}/{name} {old.version} to {new.version}"


def test_fastavro_reads_an_old_record_by_a_schema_that_findings_let_pass() -> None:
    new = with_fields([*OLD["fields"], NOTE])
    out = io.BytesIO()
    value = {"receipt_id": "R-1", "amount": -5, "references": ["INV-1"]}
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(OLD)), value)
    out.seek(0)
    found = fastavro.schemaless_reader(out, fastavro.parse_schema(copy.deepcopy(OLD)), fastavro.parse_schema(new))
    assert found == value | {"note": ""}


def test_every_message_has_one_id_of_its_own() -> None:
    on_the_wire = {(source.name, source.version) for source in sources() if source.group != "state"}
    assert wire_ids().keys() == on_the_wire
    numbers = json.loads((SOURCES / "ids.json").read_text()).values()
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > OWN_IDS_FROM


def test_every_fact_starts_with_the_same_header() -> None:
    facts = [source for source in sources() if source.group == "facts"]
    headers = [[(f["name"], f["type"]) for f in source.schema["fields"][: len(HEADER)]] for source in facts]
    assert [name for name, _ in headers[0]] == list(HEADER)
    assert all(header == headers[0] for header in headers)


def test_records_are_what_the_sources_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_new_version_reads_what_the_old_one_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated module of a tree with a newer version of dispute_update reads the first with the default."""
    shutil.copytree(SOURCES, tmp_path / "avro")
    newest = max(source.version for source in sources() if source.name == "dispute_update")
    first = json.loads((SOURCES / "facts" / f"dispute_update.{newest}.avsc").read_text())
    second = first | {
        "fields": [*first["fields"], {"name": "urgency", "type": "int", "doc": "How urgent.", "default": 3}]
    }
    (tmp_path / "avro" / "facts" / f"dispute_update.{newest + 1}.avsc").write_text(json.dumps(second))
    ids = json.loads((SOURCES / "ids.json").read_text()) | {f"dispute_update.{newest + 1}": 2_000_000_199}
    (tmp_path / "avro" / "ids.json").write_text(json.dumps(ids))
    monkeypatch.setattr(generate, "SOURCES", tmp_path / "avro")
    assert evolution_findings(first, second) == []
    made: dict[str, Any] = {"__name__": "made"}
    exec(compile(generate.generate(), "made", "exec"), made)
    head = ("d-1", 5, "", "crm", "t", "e", "C1", 7)
    old = encode_fact(DisputeUpdate(*head, "D-1", "closed", "desk", 1, 2, 3, "done"))
    read = made["read_fact"](ids[f"dispute_update.{newest}"], Reader(old, 5))
    assert (read.event_id, read.note, read.urgency) == ("d-1", "done", 3)
    assert made["FACT_IDS"]["dispute_update"] == 2_000_000_199
