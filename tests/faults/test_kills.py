"""Decisions and tables after any number of kill -9 are those of an unbroken run, byte for byte, on both logs."""

from pathlib import Path

import pytest

from sinks.clickhouse.connect import Database, Place
from tests.faults.kills import Outcome, report, run
from tests.faults.tables import read_tables

FACTS = 4_000
# As many as there are points to die at.
KILLS = 6
# Those that have rows whatever the facts of a run happen to be.
FILLED = {
    *("applications", "daily_balances", "daily_totals", "decisions", "item_movements", "items", "open_items"),
    *("publish_state", "receipts", "schema_versions"),
}


def check(outcome: Outcome, processes: int) -> None:
    whole, broken, tally = outcome.whole, outcome.broken, outcome.tally
    assert outcome.facts >= FACTS
    assert tally.receivables.total() == KILLS
    assert tally.publisher.total() + tally.at_once >= KILLS
    assert len(tally.receivables) >= 3, tally
    assert len(tally.publisher) >= 3, tally
    assert tally.starts >= (KILLS + 1) * (processes + 1)
    assert len(tally.orders) >= 2
    assert broken.decisions == whole.decisions > 1_000
    assert broken.digests == whole.digests
    assert whole.tables.keys() == broken.tables.keys() > FILLED
    for name in whole.tables:
        assert broken.tables[name].digest == whole.tables[name].digest, name
        assert broken.tables[name].rows == whole.tables[name].rows, name
    assert {name for name in FILLED if not whole.tables[name].rows} == set()
    assert broken.tables["decisions"].rows == broken.decisions
    lines, equal = report(outcome)
    assert equal
    assert sum(line.endswith(" equal") for line in lines) == len(whole.digests) + len(whole.tables)


@pytest.mark.slow
def test_kills_on_sqlite(tmp_path: Path) -> None:
    outcome = run(tmp_path, "sqlite", FACTS, KILLS, 2, 2)
    check(outcome, 2)
    check_that_it_would_be_seen(outcome, tmp_path)


def check_that_it_would_be_seen(outcome: Outcome, directory: Path) -> None:
    """One cent in one row of the broken run's table, changed by hand, and a shard's digest: both are reported."""
    place = Place(directory / "broken" / "clickhouse")
    with Database(place) as database, database.client() as client:
        client.command(
            "ALTER TABLE decisions UPDATE amount = amount + 1 WHERE (shard, sequence) IN "
            "(SELECT shard, max(sequence) FROM decisions WHERE kind = 'item_posted' GROUP BY shard ORDER BY shard LIMIT 1) "
            "SETTINGS mutations_sync = 2"
        )
    outcome.broken.tables.update(read_tables(place, directory / "changed"))
    lines, equal = report(outcome)
    assert not equal
    differing = {line.split()[1].rstrip(":") for line in lines if "DIFFERS" in line}
    assert differing == FILLED - {"applications", "publish_state", "receipts", "schema_versions"}
    outcome.broken.digests[3] = "0" * 64
    lines, equal = report(outcome)
    assert [line.split(":")[0] for line in lines if line.startswith("shard") and "DIFFERS" in line] == ["shard 3"]


@pytest.mark.kafka
@pytest.mark.slow
def test_kills_on_kafka(tmp_path: Path, kafka: str) -> None:
    check(run(tmp_path, f"{kafka},kills-{tmp_path.name}-", FACTS, KILLS, 1, 3), 1)
