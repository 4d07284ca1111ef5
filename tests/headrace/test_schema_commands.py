"""schema and rebuild as they are called: what they print, what they change, and the codes they leave with."""

import threading
import time
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from headrace.main import app
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.reading import SocketViews
from sinks.clickhouse.schema import MIGRATIONS, VERSIONS_TABLE
from tests.ledger import Ledger
from tests.publishing import append_decisions, append_fact, customer, open_log

SHARDS = 2


def run(directory: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "160", "NO_COLOR": "1"}).invoke(app, [*arguments, "--dir", str(directory)])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An installation of version 1 with nothing published, and a log with decisions and a customer."""
    ledger = Ledger(shards=SHARDS)
    for at in range(10):
        ledger.invoice(f"C{at % 3}", f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01")
    log = open_log(tmp_path / "log", SHARDS)
    append_decisions(log, ledger)
    append_fact(log, customer("C1", []))
    log.close()
    with Database(Place(tmp_path / "clickhouse")) as database, database.client() as client:
        for statement in (VERSIONS_TABLE, *MIGRATIONS[0]):
            client.command(statement)
        client.command("INSERT INTO schema_versions (version) VALUES (1)")
    return tmp_path


def test_an_older_version_is_told_of_and_brought_forward(directory: Path) -> None:
    newest = len(MIGRATIONS)
    for _ in range(2):
        # Looking changes nothing.
        said = run(directory, "schema", "diff")
        assert said.exit_code == 1
        assert said.stdout.splitlines()[0] == f"version 1 of {newest}: `headrace schema apply` brings it forward"
        assert "view kpi_dso is not there" in said.stdout.splitlines()
    done = run(directory, "schema", "apply")
    assert (done.exit_code, done.stdout) == (0, f"version {newest}, the newest\n")
    same = run(directory, "schema", "diff")
    assert (same.exit_code, same.stdout) == (0, f"version {newest}, the newest\n")


def test_views_that_were_changed_are_made_again_and_tables_are_not(directory: Path) -> None:
    assert run(directory, "schema", "apply").exit_code == 0
    with Database(Place(directory / "clickhouse")) as database, database.client() as client:
        client.command("CREATE OR REPLACE VIEW kpi_lag AS SELECT 1 AS day")
        client.command("DROP VIEW open_items")
    said = run(directory, "schema", "diff")
    assert said.exit_code == 1
    assert said.stdout.splitlines()[1:] == [
        "view open_items is not there",
        "view kpi_lag is not as the migrations make it",
    ]
    done = run(directory, "schema", "apply")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == ["made view open_items again", "made view kpi_lag again"]
    with Database(Place(directory / "clickhouse")) as database:
        (row,) = database.rows("SELECT comment FROM system.columns WHERE table = 'kpi_lag' AND name = 'shard'")
        assert row == ("Shard",)
        with database.client() as client:
            client.command("ALTER TABLE count_days ADD COLUMN more UInt8")
    done = run(directory, "schema", "apply")
    assert (done.exit_code, done.stdout.splitlines()[1:]) == (1, ["table count_days is not as the migrations make it"])
    assert "headrace rebuild clickhouse" in done.stderr
    assert run(directory, "rebuild", "clickhouse").exit_code == 0
    assert run(directory, "schema", "diff").exit_code == 0


def test_rebuilt_tables_take_the_place_of_those_in_use(directory: Path) -> None:
    done = run(directory, "rebuild", "clickhouse")
    place = directory / "clickhouse"
    assert (done.exit_code, done.stdout) == (0, f"chDB in {place}: 10 decisions in new tables, which are in use now\n")
    with Database(Place(place)) as database, database.client() as client:
        client.command("ALTER TABLE decisions DELETE WHERE document = 'INV-3' SETTINGS mutations_sync = 2")
        client.command("INSERT INTO count_days SELECT * FROM count_days")
    assert run(directory, "rebuild", "clickhouse").exit_code == 0
    with Database(Place(place)) as database:
        assert database.rows("SELECT count(), sum(open) FROM items") == [(10, 10_045)]
        assert database.rows("SELECT sum(decisions) FROM kpi_audit") == [(10,)]
        assert database.rows("SELECT account_id FROM accounts") == [("C1",)]
        assert database.rows("SELECT count() FROM system.tables WHERE comment LIKE '%rebuilt%'") == [(0,)]


def test_questions_are_answered_while_it_rebuilds(directory: Path) -> None:
    assert run(directory, "rebuild", "clickhouse").exit_code == 0
    answers: list[int] = []
    cut_off: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                views = SocketViews(directory / "run" / "clickhouse.sock")
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
                continue
            try:
                answers.append(views.ask("SELECT count() FROM decisions").rows[0][0])
            except SinkStopped as error:
                cut_off.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    assert run(directory, "rebuild", "clickhouse").exit_code == 0
    over.set()
    asking.join()
    assert set(answers) == {10}
    # The last one, by the end of the command.
    assert len(cut_off) <= 1, cut_off


def test_a_switch_that_was_cut_short_is_finished(directory: Path) -> None:
    place = Place(directory / "clickhouse")
    assert run(directory, "rebuild", "clickhouse").exit_code == 0
    with Database(place) as database:
        new = Database(place, within=database)
        new.migrate()
        with new.client() as client:
            client.command("INSERT INTO decisions (document, kind) VALUES ('NEW', 'noted')")
        new.close()
        # Ready, and one of the tables exchanged when it was killed.
        database.mark_ready()
        with database.client() as client:
            client.command("EXCHANGE TABLES default.decisions AND default_rebuild.decisions")
    with Database(place) as database:
        database.migrate()
        assert database.rows("SELECT document FROM decisions") == [("NEW",)]
        # Its other tables are the new ones too, which are empty.
        assert database.rows("SELECT count() FROM publish_state") == [(0,)]
        assert database.rows("SELECT count() FROM system.databases WHERE name = 'default_rebuild'") == [(0,)]
