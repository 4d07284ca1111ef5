"""Rows of a checkpoint that the books say nothing of, changed by hand: where the shard stands, event ids, indexes.

Each of them would change what is decided later, and nothing that was decided yet.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from librt.strings import BytesWriter

from connectors.log.base import account_key, partition_of
from dataflows.rules.account.open_debits import plan
from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.events import EVENT_DAYS
from dataflows.shards.store import event_key
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.records import (
    ShardRow,
    Watermark,
    put_account_row,
    put_shard_row,
    read_account_row,
    read_shard_row,
)
from schemas.wire import Reader
from tests.headrace.audit.story import SHARDS, Story, run_story
from tests.headrace.audit.tampering import change_row, rows_of
from tests.installations import Facts, but, clock, decide, open_log, with_days

# More open items than an account's packed index holds.
MANY = 100
LAST_DAY = 20_300


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, an account of many open items, and more than two generations of event ids after them."""
    directory = tmp_path_factory.mktemp("told")
    log = run_story(directory)
    story = Story()
    story.day += 60
    Facts(log).append([clock(story.day)])
    for number in range(MANY):
        story.invoice("BIG", f"INV-{number:04d}", 1_000 + number, due=400)
    story.day = LAST_DAY
    story.customer("LATE")
    # Event ids that the story did not use.
    Facts(log).append(with_days([but(fact, event_id=f"late:{fact.event_id}") for fact in story.facts]))
    decide(log, directory / "state")
    log.close()
    return directory


@pytest.fixture
def story(told: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(told, tmp_path / "d", symlinks=True))


def found(directory: Path) -> list[tuple[str, str]]:
    """Code and text of each finding."""
    log = open_log(directory, SHARDS)
    checks = Checks()
    run_audit(Sources(log, directory / "state", None, None, 1 << 24), checks)
    log.close()
    return [(finding.code, finding.text) for check in checks.all() for finding in check.findings]


def codes(directory: Path) -> list[str]:
    return [code for code, _ in found(directory)]


def shard_of(account: str) -> int:
    return partition_of(account_key("acme", "US01", account), SHARDS)


def test_the_checkpoint_as_it_is_has_no_findings(story: Path) -> None:
    assert found(story) == []


# --- where the shard stands ---


def place_changed(raw: bytes, name: str, value: object) -> bytes:
    row: ShardRow = read_shard_row(Reader(raw))
    assert getattr(row, name) != value
    setattr(row, name, value)
    out = BytesWriter()
    put_shard_row(out, row)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("now", (LAST_DAY + 40) * 86_400_000),
        ("mode", "live"),
        ("allowed_clock", 1 << 60),
        ("allowed_future", 1 << 60),
        ("rules_version", "0"),
        ("policy_version", 7),
        ("policy_text", DEFAULT_TEXT.replace("minimum_minor = 500", "minimum_minor = 99999999")),
        ("watermarks", [Watermark("payments", (LAST_DAY + 40) * 86_400_000)]),
        ("watermarks", []),
        ("last_offset", 3),
        ("parked_accounts", 9),
        ("row_format", 1),
        ("sweep_due", 5),
        ("sweep_account", "acme/US01/B"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_a_changed_place_of_the_shard_is_found(story: Path, name: str, value: object) -> None:
    change_row(story, 1, b"M", lambda raw: place_changed(raw, name, value))
    ((code, text),) = found(story)
    assert code == "rerun.row_differs"
    assert text.startswith(f"row M: {name} is ")


def test_a_place_at_an_earlier_fact_is_found(story: Path) -> None:
    change_row(story, 1, b"M", lambda raw: place_changed(raw, "next_offset", 30))
    assert {"state.sequence", "rerun.row_differs", "rerun.row_extra"} <= set(codes(story))


@pytest.mark.parametrize("name", ["confirmed_sequence", "decisions_offset"])
def test_decisions_said_to_be_confirmed_that_are_not_are_found(story: Path, name: str) -> None:
    change_row(story, 1, b"M", lambda raw: place_changed(raw, name, 9_999))
    assert codes(story) == ["state.unconfirmed"]


def test_an_unconfirmed_decision_that_was_put_in_is_found(story: Path) -> None:
    change_row(story, 1, b"U" + (3).to_bytes(8, "big"), lambda raw: b"no decision of this log")
    assert codes(story) == ["sequence.repeat_differs", "state.unconfirmed"]


def test_a_checkpoint_without_its_place_is_found(story: Path) -> None:
    change_row(story, 1, b"M", lambda raw: None)
    assert codes(story) == ["state.damaged"]


# --- event ids ---

NOW_GENERATION = 1 + LAST_DAY // EVENT_DAYS


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        (0, ["rerun.row_extra"]),
        (0xFFFE, ["rerun.row_extra"]),
        (NOW_GENERATION, ["rerun.row_extra"]),
        (NOW_GENERATION - 1, ["rerun.row_extra"]),
        # It counts no more, whoever put it there.
        (NOW_GENERATION - 2, []),
    ],
)
def test_an_event_id_that_never_came_is_found(story: Path, generation: int, expected: list[str]) -> None:
    change_row(story, 1, event_key("future-1"), lambda raw: b"twelve bytes" + generation.to_bytes(2, "big"))
    assert codes(story) == expected


def with_generation(generation: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:12] + generation.to_bytes(2, "big")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # So that its money comes twice.
        (with_generation(1), "rerun.row_differs"),
        (with_generation(NOW_GENERATION), "rerun.row_differs"),
        (lambda raw: None, "rerun.row_missing"),
        (lambda raw: b"other values" + raw[12:], "rerun.row_differs"),
    ],
)
def test_a_changed_event_id_of_money_is_found(
    story: Path, change: Callable[[bytes], bytes | None], expected: str
) -> None:
    events = [key for key, value in rows_of(story, shard_of("BIG"), b"E") if value[12:] == b"\0\0"]
    change_row(story, shard_of("BIG"), events[0], change)
    assert codes(story) == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_generation(0), "rerun.row_differs"),
        (with_generation(NOW_GENERATION - 5), "rerun.row_differs"),
        (lambda raw: None, "rerun.row_missing"),
    ],
)
def test_a_changed_event_id_that_counts_still_is_found(
    story: Path, change: Callable[[bytes], bytes | None], expected: str
) -> None:
    shard = shard_of("LATE")
    (late,) = [key for key, v in rows_of(story, shard, b"E") if int.from_bytes(v[12:], "big") == NOW_GENERATION]
    change_row(story, shard, late, change)
    assert codes(story) == [expected]


def test_event_ids_that_count_no_more_are_not_missed(tmp_path: Path) -> None:
    """A commit takes them away when it has time; the audit's own run has them still."""
    log = run_story(tmp_path)
    before = ids_for_a_while(tmp_path)
    Facts(log).append([clock(LAST_DAY)])
    decide(log, tmp_path / "state")
    log.close()
    assert len(before) == 9
    assert ids_for_a_while(tmp_path) == []
    assert found(tmp_path) == []


def ids_for_a_while(directory: Path) -> list[bytes]:
    return [key for key, value in rows_of(directory, 1, b"E") if value[12:] != b"\0\0"]


# --- indexes ---


def test_the_index_of_a_big_account_is_in_rows(told: Path) -> None:
    for table in (b"X", b"Y", b"Q"):
        assert len(rows_of(told, shard_of("BIG"), table + b"acme/US01/BIG\0")) == MANY


@pytest.mark.parametrize("table", [b"X", b"Y", b"Q"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [(lambda raw: None, "rerun.row_missing"), (lambda raw: b"not empty", "rerun.row_differs")],
)
def test_a_changed_index_row_is_found(
    story: Path, table: bytes, change: Callable[[bytes], bytes | None], expected: str
) -> None:
    shard = shard_of("BIG")
    key, _ = rows_of(story, shard, table + b"acme/US01/BIG\0")[MANY // 2]
    change_row(story, shard, key, change)
    assert codes(story) == [expected]


@pytest.mark.parametrize("table", [b"X", b"Y"])
def test_an_index_row_on_another_day_is_found(story: Path, table: bytes) -> None:
    shard = shard_of("BIG")
    key, value = rows_of(story, shard, table + b"acme/US01/BIG\0")[MANY // 2]
    document = key[-8:]
    assert document.startswith(b"INV-")
    change_row(story, shard, key, lambda raw: None)
    change_row(story, shard, key[:-9] + b"9" + document, lambda raw: value)
    assert sorted(codes(story)) == ["rerun.row_extra", "rerun.row_missing"]


def test_a_changed_packed_index_is_found(story: Path) -> None:
    key = b"Aacme/US01/C\0"
    (raw,) = [raw for found, raw in rows_of(story, shard_of("C"), key) if found == key]
    assert not read_account_row(Reader(raw)).indexed

    def change(raw: bytes) -> bytes:
        row = read_account_row(Reader(raw))
        row.index = plan(row.index, "USD", "INV-300", 30_000)
        out = BytesWriter()
        put_account_row(out, row)
        return out.getvalue()

    assert change(raw) != raw
    change_row(story, shard_of("C"), key, change)
    assert codes(story) == ["rerun.row_differs"]
