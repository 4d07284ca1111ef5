"""Decisions in the order of their kinds are what decisions say, each once, and are made for tables that did not have them."""

from pathlib import Path

import pytest

from schemas.codec import encode_decision
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.sink import ClickHouseSink
from tests.faults.tables import differing, read_tables
from tests.ledger import Ledger
from tests.publishing import count_answers, publish

# As version 5 had it: without channel and level.
OLD_COUNTS = """
CREATE TABLE count_days (tenant LowCardinality(String), day Date32, decisions SimpleAggregateFunction(sum, Int64))
ENGINE = AggregatingMergeTree ORDER BY (tenant, day)
"""


def ledger() -> Ledger:
    made = Ledger(shards=1)
    made.invoice("C1", "INV-1", 1_000, "2026-01-01", "2026-02-01")
    made.credit_note("C1", "CN-1", 300, "2026-01-02")
    made.receipt("C1", "R-1", 900, "2026-01-20")
    made.applied("C1", "INV-1", "R-1", 700, "2026-01-20", item_kind="invoice")
    made.say("delivery_status", "C1", "2026-01-03", document="INV-1", text="sent", channel="email")
    made.say(
        "reminder_due", "C1", "2026-02-20", document="INV-1", amount=300, level=2, reference_id="L1", channel="letter"
    )
    made.say("invoice_released", "C1", "2026-03-01", document="INV-2A", amount=50, evidence=["part:1:2:INV:2"])
    made.say("statement", "C1", "2026-03-01")
    return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "clickhouse")
    publish(place, ledger())
    return place


def test_what_is_in_it(place: Place) -> None:
    with Database(place) as database:
        assert database.rows(
            "SELECT kind, draft, item_change, last_batch FROM decisions_by_kind ORDER BY sequence"
        ) == [
            ("item_posted", "INV-1", 1_000, 1),
            ("item_posted", "CN-1", 300, 1),
            ("receipt_booked", "", 0, 1),
            ("cash_applied", "", -700, 1),
            ("delivery_status", "", 0, 1),
            ("reminder_due", "", 0, 1),
            ("invoice_released", "INV:2", 50, 1),
        ]
        counted = "SELECT kind, channel, level FROM count_days WHERE channel != '' OR level != 0 ORDER BY kind"
        assert database.rows(counted) == [("delivery_status", "email", 0), ("reminder_due", "letter", 2)]


def test_a_batch_that_may_be_there_is_added_once(place: Place) -> None:
    with Database(place) as database:
        before = database.rows("SELECT count() FROM decisions_by_kind")
        with database.client() as client:
            # Cut short before it was said that the batch is whole.
            client.command("ALTER TABLE publish_state DELETE WHERE phase = 'after' SETTINGS mutations_sync = 2")
        sink = ClickHouseSink(database, "log")
        assert sink.pending
        sink.recover(list(map(encode_decision, ledger().decisions)))
        assert database.rows("SELECT count() FROM decisions_by_kind") == before


def test_tables_of_version_5_get_it(place: Place, tmp_path: Path) -> None:
    expected = read_tables(place, tmp_path / "expected")
    with Database(place) as database:
        with database.client() as client:
            client.command("DROP TABLE decisions_by_kind SYNC")
            client.command("DROP TABLE count_days SYNC")
            client.command(OLD_COUNTS)
            client.command("ALTER TABLE schema_versions DELETE WHERE version > 5 SETTINGS mutations_sync = 2")
        assert database.version() == 5
        database.migrate()
        count_answers(database)
    assert differing(expected, read_tables(place, tmp_path / "got")) == {}
