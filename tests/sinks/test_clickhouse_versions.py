"""Tables of the first version are brought forward with what they hold, whatever was going on when they were left."""

from pathlib import Path

import pytest

from schemas.codec import encode_decision
from schemas.records import Decision
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.definitions import differences, made
from sinks.clickhouse.facts import FactTables
from sinks.clickhouse.ranges import Phase, Range, token
from sinks.clickhouse.reading import DatabaseViews
from sinks.clickhouse.schema import MIGRATIONS, VERSIONS_TABLE, VIEWS
from sinks.clickhouse.sink import ClickHouseSink
from tests.facts import customer
from tests.faults.tables import Table, differing, read_tables
from tests.ledger import Ledger
from tests.publishing import count_answers, publish

BATCH = 30


def ledger() -> Ledger:
    made = Ledger(shards=1)
    for at in range(20):
        made.invoice(f"C{at % 3}", f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01")
        made.receipt(f"C{at % 3}", f"R{at}", 900, "2026-01-20")
    return made


class OldSink(ClickHouseSink):
    """What published into version 1: it kept no sums."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = "old"
        self._log = "log"

    def publish(self, decisions: list[Decision], batch: int, phase: Phase) -> None:
        first, last = decisions[0].sequence, decisions[-1].sequence
        ranges = {0: Range(0, first, last, first, last + 1)}
        self._save(batch, Phase.BEFORE, ranges)
        with self._database.client() as client:
            named = {"async_insert": 0, "insert_deduplication_token": token("log", ranges.values())}
            rows = [[getattr(d, name) for name in Decision.FIELDS] for d in decisions]
            client.insert("decisions", rows, column_names=Decision.FIELDS, settings=named)
        if phase is Phase.AFTER:
            self._save(batch, Phase.AFTER, ranges)


def old_tables(place: Place, cut_short: bool) -> None:
    """Version 1 with two batches of decisions; the second one there and, where it was cut short, not said to be."""
    decisions = ledger().decisions
    with Database(place) as database:
        with database.client() as client:
            for statement in (VERSIONS_TABLE, *MIGRATIONS[0]):
                client.command(statement)
            client.command("INSERT INTO schema_versions (version) VALUES (1)")
        sink = OldSink(database)
        sink.publish(decisions[:BATCH], 1, Phase.AFTER)
        sink.publish(decisions[BATCH:], 2, Phase.BEFORE if cut_short else Phase.AFTER)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    """What a new installation has of the same decisions."""
    directory = tmp_path_factory.mktemp("expected")
    publish(Place(directory / "new"), ledger())
    return read_tables(Place(directory / "new"), directory)


@pytest.mark.parametrize("cut_short", [False, True])
def test_version_1_is_brought_forward(tmp_path: Path, expected: dict[str, Table], cut_short: bool) -> None:
    place = Place(tmp_path / "old")
    old_tables(place, cut_short)
    with Database(place) as database:
        assert database.version() == 1
        sink = ClickHouseSink(database, "log")
        assert database.version() == len(MIGRATIONS)
        assert bool(sink.pending) == cut_short
        if cut_short:
            sink.recover([encode_decision(d) for d in ledger().decisions[BATCH:]])
        assert database.rows("SELECT sum(open_minor) FROM kpi_aging WHERE day = '2026-01-20'") == [(20_190,)]
        count_answers(database)
    assert differing(expected, read_tables(place, tmp_path / "got")) == {}


def test_a_migration_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    place = Place(tmp_path / "old")
    old_tables(place, cut_short=False)
    with Database(place) as database:
        # All of version 2 but that it is said.
        with database.client() as client:
            for statement in MIGRATIONS[1]:
                client.command(statement)
        database.migrate()
        assert database.rows("SELECT sum(decisions), sum(facts) FROM count_days") == [(40, 40)]


def test_customers_of_before_get_what_their_facts_said(tmp_path: Path) -> None:
    """Risk class and contract came with version 8: the facts are read again, and are one row each as before."""
    said = customer(risk_class="high", contract="K-7")
    place = Place(tmp_path / "old")
    with Database(place) as database:
        with database.client() as client:
            for statement in (VERSIONS_TABLE, *(s for migration in MIGRATIONS[:6] for s in migration)):
                client.command(statement)
            client.command(
                "INSERT INTO customer_facts (tenant, entity, account_id, name, fact_offset, event_id) "
                f"VALUES ('t1', 'us01', 'A-1', 'Customer 1', 5, '{said.event_id}')"
            )
            client.command("INSERT INTO facts_state VALUES (0, 6, 'log')")
            client.command("INSERT INTO schema_versions (version) VALUES (1), (2), (3), (4), (5), (6)")
        sink = ClickHouseSink(database, "log")
        who = "SELECT account_id, name, risk_class, contract FROM accounts"
        assert database.rows(who) == [("A-1", "Customer 1", "", "")]
        facts = FactTables(database, "log", sink.rollups)
        assert facts.start(0) == 0
        facts.add(said, 0, 5)
        facts.passed(6, {0: 6})
        facts.commit(last=True)
        assert database.rows(who) == [("A-1", "Customer 1", "high", "K-7")]
        assert database.rows("SELECT count() FROM customer_facts FINAL") == [(1,)]
        assert FactTables(database, "log", sink.rollups).start(0) == 6


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("newest") / "clickhouse")
    with Database(place) as database:
        database.migrate()
    return place


def columns(place: Place) -> list[tuple[str, ...]]:
    """Everything that there is, with types and comments."""
    with Database(place) as database:
        return database.rows(
            "SELECT t.name, t.comment, c.name, c.type, c.comment FROM system.columns AS c "
            "INNER JOIN system.tables AS t ON t.name = c.table AND t.database = c.database "
            "WHERE database = currentDatabase() ORDER BY t.name, c.position"
        )


@pytest.mark.parametrize("version", range(len(MIGRATIONS) - 1, 0, -3))
def test_every_version_becomes_what_a_new_installation_is(tmp_path: Path, newest: Place, version: int) -> None:
    place = Place(tmp_path / "old")
    with Database(place) as database:
        with database.client() as client:
            for statement in (VERSIONS_TABLE, *(s for migration in MIGRATIONS[:version] for s in migration)):
                client.command(statement)
            # Views as others made them: of other columns, and with their comments said afterwards.
            client.command("CREATE OR REPLACE VIEW receipts AS SELECT account_id AS payer, amount FROM decisions")
            client.command("CREATE OR REPLACE VIEW owners AS SELECT payer AS owner FROM receipts")
            client.command("ALTER TABLE owners MODIFY COMMENT 'old', COMMENT COLUMN owner 'old'")
            for done in range(1, version + 1):
                client.command(f"INSERT INTO schema_versions (version) VALUES ({done})")
        database.migrate()
        assert database.version() == len(MIGRATIONS)
    views = DatabaseViews(place, as_it_is=True)
    assert [str(each) for each in differences(views)] == []
    views.close()
    there = columns(place)
    assert there == columns(newest)
    assert {row[0] for row in there} == {one.name for one in made()}


def test_columns_of_views_have_the_types_that_are_selected(newest: Place) -> None:
    with Database(newest) as database:
        for view in VIEWS:
            there = database.rows(
                "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {view:String} "
                "ORDER BY position",
                {"view": view.name},
            )
            assert there == [row[:2] for row in database.rows(f"DESCRIBE ({view.select})")], view.name


def test_tables_of_a_later_version_are_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "tables")
    with Database(place) as database:
        database.migrate()
        with database.client() as client:
            client.command(f"INSERT INTO schema_versions (version) VALUES ({len(MIGRATIONS) + 1})")
        with pytest.raises(SinkStopped, match="use the version that made them"):
            database.migrate()
