"""What was changed in ClickHouse by hand is found in the figures: each test changes a copy of one published story."""

import shutil
from pathlib import Path

import pytest

from headrace.audit.kpi.reading import Reading
from headrace.commands.verify import run
from headrace.settings import Settings
from schemas.records import Decision
from sinks.clickhouse.connect import Database, Place
from tests.headrace.audit.kpi.installed import compared, lines, of_kind, publish, read
from tests.headrace.audit.story import SHARDS, run_story

MOVED = (
    "INSERT INTO account_groups (tenant, entity, account_id, region, change) VALUES ('acme', 'US01', 'A', 'moon', 99)"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Reading]:
    """The story, decided and published, and what is read of its logs."""
    directory = tmp_path_factory.mktemp("told")
    log = run_story(directory)
    publish(log, directory)
    reading = read(log)
    log.close()
    return directory, reading


@pytest.fixture
def story(told: tuple[Path, Reading], tmp_path: Path) -> Path:
    return Path(shutil.copytree(told[0], tmp_path / "d", symlinks=True))


def changed(directory: Path, statement: str) -> None:
    with Database(Place(directory / "clickhouse")) as database, database.client() as client:
        client.command(statement)


def this(d: Decision) -> str:
    return f"shard = {d.shard} AND sequence = {d.sequence}"


def views_of(found: list[str]) -> set[str]:
    """The views that findings are about."""
    return {text.split(" ")[1].rstrip(":") for text in found}


def test_the_story_agrees_in_every_view(told: tuple[Path, Reading], tmp_path: Path) -> None:
    directory, reading = told
    check = compared(reading, shutil.copytree(directory, tmp_path / "d", symlinks=True))
    assert lines(check) == []
    assert check.checked > 400


def test_a_row_that_is_doubled_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    d = next(d for d in of_kind(told[1], "receipt_booked") if d.receipt_id == "R-1")
    same = f"SELECT * FROM decisions_by_kind WHERE {this(d)}"
    changed(story, f"INSERT INTO decisions_by_kind {same}")
    found = lines(compared(told[1], story), 1_000)
    said = [text for text in found if "kpi_cash_application" in text and "received_minor is" in text]
    # Others came on that day too.
    assert said[0].endswith(f"received_minor is 34500, the view has {34_500 + d.amount}")


def test_a_decision_that_is_missing_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    d = of_kind(told[1], "reminder_due")[0]
    changed(story, f"ALTER TABLE decisions_by_kind DELETE WHERE {this(d)} SETTINGS mutations_sync = 2")
    found = lines(compared(told[1], story), 1_000)
    assert "now_kpi_reminders" in views_of(found)
    # No cash moved.
    assert "now_kpi_cash_application" not in views_of(found)


def test_an_amount_that_was_changed_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    d = next(d for d in of_kind(told[1], "item_posted") if d.document == "INV-500")
    changed(
        story, f"ALTER TABLE decisions_by_kind UPDATE amount = amount + 1 WHERE {this(d)} SETTINGS mutations_sync = 2"
    )
    # Not all of it is paid then.
    assert "now_kpi_cycle_time" in views_of(lines(compared(told[1], story), 1_000))


def test_a_category_that_was_changed_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    of_it = "kind LIKE 'dispute_%' AND reference_id = 'D-1'"
    changed(story, f"ALTER TABLE decisions_by_kind UPDATE category = 'gift' WHERE {of_it} SETTINGS mutations_sync = 2")
    assert views_of(lines(compared(told[1], story), 1_000)) == {"now_kpi_disputes"}


@pytest.mark.parametrize(
    ("table", "view"), [("money_days", "kpi_aging"), ("count_days", "kpi_throughput"), ("shard_days", "kpi_lag")]
)
def test_sums_by_day_that_were_changed_are_found(
    table: str, view: str, story: Path, told: tuple[Path, Reading]
) -> None:
    changed(story, f"INSERT INTO {table} SELECT * FROM {table}")
    assert view in views_of(lines(compared(told[1], story), 1_000))


def test_an_answer_that_was_changed_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    changed(story, "ALTER TABLE answers_kpi_disputes UPDATE opened = opened + 1 WHERE 1 SETTINGS mutations_sync = 2")
    assert views_of(lines(compared(told[1], story), 1_000)) == {"kpi_disputes"}


def test_an_answer_of_before_the_last_decisions_is_not_compared(story: Path, told: tuple[Path, Reading]) -> None:
    changed(story, "ALTER TABLE answers UPDATE as_of = '0-0' WHERE kpi = 'kpi_disputes' SETTINGS mutations_sync = 2")
    changed(story, "TRUNCATE TABLE answers_kpi_disputes")
    check = compared(told[1], story)
    assert lines(check) == []
    assert "kpi_disputes was not counted since the last decisions: headrace run publish does it" in check.notes


def test_a_customer_who_was_changed_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    changed(story, MOVED)
    found = lines(compared(told[1], story), 1_000)
    assert any("region moon" in text for text in found)


def test_a_view_that_says_something_else_is_found(story: Path, told: tuple[Path, Reading]) -> None:
    changed(story, "RENAME TABLE kpi_promises TO promises_before")
    changed(story, "CREATE VIEW kpi_promises AS SELECT * REPLACE (made + 1 AS made) FROM promises_before")
    found = lines(compared(told[1], story), 1_000)
    assert views_of(found) == {"kpi_promises"}
    assert "made is 1, the view has 2" in found[0]


def test_views_that_nobody_knows_or_that_are_gone_are_found(story: Path, told: tuple[Path, Reading]) -> None:
    changed(story, "RENAME TABLE kpi_promises TO kpi_hopes")
    assert [text for text in lines(compared(told[1], story)) if "kpi_" in text] == [
        "kpi.not_recomputed kpi_hopes is a view of which nothing recomputes the figures",
        "kpi.not_there kpi_promises is not there",
    ]


def test_a_view_that_cannot_be_read_is_found_and_the_others_are_compared(
    story: Path, told: tuple[Path, Reading]
) -> None:
    changed(story, "DROP VIEW kpi_promises")
    changed(story, "CREATE VIEW kpi_promises AS SELECT throwIf(number = 0, 'broken') AS day FROM numbers(1)")
    found = compared(told[1], story)
    assert any(text.startswith("kpi.not_answered kpi_promises cannot be read: ") for text in lines(found))
    assert len(found.notes) > 20


@pytest.mark.parametrize(("tampered", "code"), [(False, 0), (True, 1)])
def test_the_command(story: Path, tampered: bool, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    if tampered:
        changed(story, MOVED)
    assert run(Settings(dir=story, shards=SHARDS, log_sync=False), False, kpi=True) == code
    shown = capsys.readouterr().out
    assert "\nkpi " in shown
    assert ("kpi.row_extra" in shown) == tampered
    assert shown.endswith("all agrees\n") != tampered
