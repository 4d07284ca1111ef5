"""The comparison of tables finds what was changed by hand, and nothing where only the batches were others."""

import shutil
from pathlib import Path

import pytest

from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.schema import MIGRATIONS
from tests.faults.tables import Table, differing, read_tables
from tests.ledger import Ledger
from tests.publishing import Never, append_decisions, open_log

SHARDS = 2


def ledger() -> Ledger:
    made = Ledger(shards=SHARDS)
    for at in range(20):
        account = f"C{at % 5}"
        made.invoice(account, f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01", text=f"tab\t, line\n, Ü {at}")
        made.receipt(account, f"R{at}", 900, "2026-01-20")
        made.applied(account, f"INV-{at}", f"R{at}", 900, "2026-01-20")
    return made


def published(directory: Path, batch_rows: int) -> Place:
    log = open_log(directory / "log", SHARDS)
    append_decisions(log, ledger())
    place = Place(directory / "clickhouse")
    publish_clickhouse(
        log,
        place,
        directory / "run" / "c.sock",
        until_idle=True,
        stop=Never(),
        status=PublishStatus(),
        batch_rows=batch_rows,
    )
    log.close()
    return place


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return published(tmp_path_factory.mktemp("whole"), 1_000)


@pytest.fixture(scope="module")
def unchanged(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return read_tables(whole, tmp_path_factory.mktemp("tables"))


@pytest.fixture
def place(whole: Place, tmp_path: Path) -> Place:
    """A copy, to be changed."""
    return Place(Path(shutil.copytree(whole.directory, tmp_path / "clickhouse", symlinks=True)))


def test_batches_of_other_sizes_are_the_same_contents(tmp_path: Path, unchanged: dict[str, Table]) -> None:
    got = read_tables(published(tmp_path, 7), tmp_path / "tables")
    assert differing(unchanged, got) == {}
    of_kpis = ("kpi_", "now_kpi_", "answers")
    assert {name: table.rows for name, table in got.items() if table.rows and not name.startswith(of_kpis)} == {
        "applications": 20,
        "calendar": 385,
        "count_days": 3,
        "daily_balances": 10,
        "daily_money": 2,
        "daily_totals": 2,
        "decisions": 60,
        "decisions_by_kind": 60,
        "item_movements": 40,
        "items": 20,
        "money_days": 9,
        "open_items": 20,
        "publish_state": SHARDS,
        "receipts": 20,
        "schema_versions": len(MIGRATIONS),
        "shard_days": 4,
    }


FROM_DECISIONS = {"applications", "daily_balances", "daily_totals", "decisions", "item_movements", "items", "receipts"}
AT_ONCE = "SETTINGS mutations_sync = 2"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param(
            f"ALTER TABLE decisions UPDATE text = 'x' WHERE document = 'INV-3' AND raises {AT_ONCE}",
            {"decisions"},
            id="a text",
        ),
        pytest.param(
            f"ALTER TABLE decisions UPDATE amount = amount + 1 WHERE receipt_id = 'R4' AND kind = 'cash_applied' {AT_ONCE}",
            FROM_DECISIONS | {"open_items"},
            id="a cent",
        ),
        pytest.param(
            f"ALTER TABLE decisions DELETE WHERE document = 'INV-5' AND raises {AT_ONCE}",
            (FROM_DECISIONS | {"open_items"}) - {"applications", "receipts"},
            id="a row less",
        ),
        pytest.param(
            "INSERT INTO decisions SELECT * FROM decisions WHERE receipt_id = 'R6' AND kind = 'receipt_booked'",
            {"decisions", "receipts", "daily_balances", "daily_totals"},
            id="a row twice",
        ),
        pytest.param(
            "INSERT INTO publish_state SELECT * REPLACE (version + 1 AS version, last + 1 AS last) FROM publish_state "
            "WHERE shard = 1 ORDER BY version DESC LIMIT 1",
            {"publish_state"},
            id="a position",
        ),
        pytest.param("INSERT INTO schema_versions (version) VALUES (99)", {"schema_versions"}, id="a migration"),
        pytest.param("DROP VIEW open_items", {"open_items"}, id="a view less"),
    ],
)
def test_what_is_changed_by_hand_is_found(
    place: Place, tmp_path: Path, unchanged: dict[str, Table], statement: str, found: set[str]
) -> None:
    with Database(place) as database, database.client() as client:
        client.command(statement)
    got = read_tables(place, tmp_path / "tables")
    assert {name for name in differing(unchanged, got) if not name.startswith("kpi_")} == found


def test_the_first_row_that_differs_is_shown(place: Place, tmp_path: Path, unchanged: dict[str, Table]) -> None:
    with Database(place) as database, database.client() as client:
        client.command(f"ALTER TABLE decisions UPDATE amount = 7 WHERE document = 'INV-19' AND raises {AT_ONCE}")
        client.command("CREATE VIEW more AS SELECT 1")
    said = differing(unchanged, read_tables(place, tmp_path / "tables"))
    assert said["more"] == "should not be there"
    assert said["items"].startswith("sorted row ")
    # 7 raised, 900 paid.
    assert "\\t-893\\t" in said["items"]
    assert "\\t1019\\t" in said["items"]
