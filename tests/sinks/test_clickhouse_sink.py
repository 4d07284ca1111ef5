"""Decisions in the table, each once, on chDB and on the server at HEADRACE_TEST_CLICKHOUSE where there is one."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import encode_decision
from schemas.records import DECISION_DEFAULTS, Decision
from sinks.base import RetryLater, SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.ranges import Phase, Range, Saved, latest, token
from sinks.clickhouse.sink import ClickHouseSink
from sinks.clickhouse.staging import COLUMNS, Staging
from sinks.local import HeldElsewhere
from sinks.sequences import Gap
from tests.clickhouses import Places
from tests.ledger import Ledger
from tests.publishing import take


@pytest.fixture
def place(clickhouse_places: Places) -> Place:
    """An empty database."""
    return clickhouse_places.named("sink")


def ledger_of(number: int) -> Ledger:
    ledger = Ledger(shards=4)
    for at in range(number):
        ledger.invoice(f"C{at % 20}", f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01")
    return ledger


def publish(sink: ClickHouseSink, decisions: list[Decision]) -> None:
    take(sink, decisions)
    sink.commit()


STAGED = "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'staged_batch_')"


def values(decisions: list[Decision]) -> list[bytes]:
    return [encode_decision(d) for d in decisions]


def stored(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("SELECT shard, sequence, document, amount FROM decisions ORDER BY shard, sequence")


def expected(decisions: list[Decision]) -> list[tuple[Any, ...]]:
    return sorted((d.shard, d.sequence, d.document, d.amount) for d in decisions)


def test_every_field_is_stored_as_it_is(place: Place) -> None:
    full = Decision(
        **{
            name: [f"{name}:5", "Ünï", "A'1", "B\\2"]  # type: ignore[arg-type]
            if isinstance(getattr(Decision(), name), list)
            else (at + 1 if isinstance(getattr(Decision(), name), int) else f"{name} 'x' \t ü")
            for at, name in enumerate(Decision.FIELDS)
        }
    )
    full.shard, full.sequence = 3, 0
    with Database(place) as database:
        publish(ClickHouseSink(database, "log"), [full])
        (row,) = database.rows(f"SELECT {COLUMNS} FROM decisions")
    for name, value in zip(Decision.FIELDS, row, strict=True):
        want: Any = getattr(full, name)
        if name.endswith("_date"):
            want = date(1970, 1, 1) + timedelta(days=want)
        elif name.endswith("_time") or name == "deadline":
            want = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=want)
            value = value.replace(tzinfo=UTC)
        assert value == want, name


def test_days_beyond_the_columns_are_cut_and_stop_nothing(place: Place) -> None:
    with Database(place) as database:
        publish(
            ClickHouseSink(database, "log"),
            [Decision(due_date=2_932_896, posting_date=-200_000, event_time=253_402_300_799_000)],
        )
        assert database.rows(
            "SELECT toString(due_date), toString(posting_date), toYear(event_time) FROM decisions"
        ) == [("2299-12-31", "1900-01-01", 2299)]


def test_one_commit_is_one_part(place: Place) -> None:
    with Database(place) as database:
        publish(ClickHouseSink(database, "log"), ledger_of(20_000).decisions)
        assert database.rows(
            "SELECT count(), sum(rows) FROM system.parts WHERE active AND table = 'decisions' AND database = currentDatabase()"
        ) == [(1, 20_000)]


def test_it_goes_on_where_it_ended(place: Place) -> None:
    decisions = ledger_of(100).decisions
    with Database(place) as database:
        publish(ClickHouseSink(database, "log"), decisions[:60])
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        following = {shard: sum(d.shard == shard for d in decisions[:60]) for shard in range(4)}
        assert {shard: sink.start(shard) for shard in range(4)} == following
        assert take(sink, decisions) == [False] * 60 + [True] * 40
        sink.commit()
        assert stored(database) == expected(decisions)


def test_a_gap_stops_it(place: Place) -> None:
    ledger = Ledger(shards=1)
    for at in range(5):
        ledger.invoice("C1", f"INV-{at}", 100, "2026-01-01", "2026-02-01")
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        take(sink, ledger.decisions[:1])
        with pytest.raises(Gap, match="shard 0, offset 30: sequence 3 where 1 was due; 2 missing"):
            sink.add(encode_decision(ledger.decisions[3]), 0, 30)


def test_another_log_is_refused(place: Place) -> None:
    with Database(place) as database:
        publish(ClickHouseSink(database, "log one"), ledger_of(5).decisions)
        with pytest.raises(SinkStopped, match="come from log log one, this log is log two"):
            ClickHouseSink(database, "log two")


class _Cut(ClickHouseSink):
    """A publisher that dies at a point of its commit."""

    def __init__(self, database: Database, log: str, point: str) -> None:
        super().__init__(database, log)
        self.point = point

    def _save(self, batch: int, phase: Phase, ranges: Any) -> None:
        if self.point == "before after" and phase is Phase.AFTER:
            raise KeyboardInterrupt
        super()._save(batch, phase, ranges)

    def _insert(self, staging: Staging, condition: str, name: str) -> None:
        if self.point == "before insert":
            raise KeyboardInterrupt
        super()._insert(staging, condition, name)


@pytest.mark.parametrize("point", ["before insert", "before after"])
def test_a_batch_that_was_cut_short_is_finished_once(place: Place, point: str) -> None:
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        publish(ClickHouseSink(database, "log"), decisions[:20])
        with pytest.raises(KeyboardInterrupt):
            publish(_Cut(database, "log", point), decisions)
        sink = ClickHouseSink(database, "log")
        assert sorted(sink.pending) == sorted({d.shard for d in decisions[20:]})
        again = [d for d in decisions[20:] if sink.pending[d.shard].first <= d.sequence <= sink.pending[d.shard].last]
        sink.recover(values(again))
        publish(sink, decisions)
        assert stored(database) == expected(decisions)
        assert ClickHouseSink(database, "log").pending == {}


def test_a_token_whose_part_was_lost_is_seen(place: Place) -> None:
    """ClickHouse notes a token before the part is in place: after a kill in between the token would keep the rows out."""
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        with pytest.raises(KeyboardInterrupt):
            publish(_Cut(database, "log", "before after"), decisions)
        with database.client() as client:
            client.command("ALTER TABLE decisions DELETE WHERE 1 SETTINGS mutations_sync = 2")
        assert stored(database) == []
        sink = ClickHouseSink(database, "log")
        sink.recover(values(decisions))
        assert stored(database) == expected(decisions)


def test_a_batch_that_is_gone_before_it_is_written_is_staged_again(place: Place) -> None:
    """A server that stops forgets what was staged."""
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        take(sink, decisions)
        sink.stage()
        sink.seal()
        for (table,) in database.rows(STAGED):
            with database.client() as client:
                client.command(f"TRUNCATE TABLE {table}")
        with pytest.raises(RetryLater, match=r"the batch is no longer in staged_batch_[0-9a-f]*_1 as it was put there"):
            sink.write()
        sink.write()
        assert stored(database) == expected(decisions)
        assert database.rows("SELECT sum(decisions), sum(amount) FROM count_days") == [
            (50, sum(d.amount for d in decisions))
        ]


def test_what_another_publisher_staged_is_not_touched_until_it_is_gone(place: Place) -> None:
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        one, other = ClickHouseSink(database, "log"), ClickHouseSink(database, "log")
        for sink, given in ((one, decisions[:20]), (other, decisions[:40])):
            take(sink, given)
            sink.stage()
            sink.seal()
        one.write()
        assert stored(database) == expected(decisions[:20])
        with pytest.raises(SinkStopped):
            other.write()
        third = ClickHouseSink(database, "log")
        pending = [d for d in decisions if d.shard in third.pending and d.sequence <= third.pending[d.shard].last]
        third.recover(values(pending))
        publish(third, decisions)
        assert stored(database) == expected(decisions)
        assert database.rows("SELECT sum(decisions) FROM count_days") == [(50,)]
        assert len(database.rows(STAGED)) == 2


def test_what_is_added_after_staging_is_staged_too(place: Place) -> None:
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        take(sink, decisions[:20])
        sink.stage()
        take(sink, decisions[20:])
        sink.seal()
        sink.write()
        assert stored(database) == expected(decisions)


@pytest.mark.parametrize("damage", [lambda value: value[:-3], lambda value: value + b"\2\2"])
def test_a_decision_that_cannot_be_read_is_named(place: Place, damage: Callable[[bytes], bytes]) -> None:
    decisions = ledger_of(50).decisions
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        for at, decision in enumerate(decisions):
            value = encode_decision(decision)
            sink.add(damage(value) if at == 30 else value, decision.shard, decision.sequence)
        bad = decisions[30]
        with pytest.raises(SinkStopped, match=f"shard {bad.shard}, sequence {bad.sequence}: .* the log is damaged"):
            sink.commit()
        assert stored(database) == []


def test_no_decision_and_one_of_another_shard_stop_it(place: Place) -> None:
    value = encode_decision(ledger_of(1).decisions[0])
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        with pytest.raises(
            SinkStopped, match="decisions shard 2, offset 7: schema id 1 is not a decision's: the log is damaged"
        ):
            sink.add(b"\0\0\0\0\1" + value[5:], 2, 7)
        other = 1 + ledger_of(1).decisions[0].shard
        with pytest.raises(SinkStopped, match=f"decisions shard {other}, offset 7: a decision of shard {other - 1}"):
            sink.add(value, other, 7)


def test_a_decision_of_the_first_version_has_the_defaults_of_what_came_later(place: Place) -> None:
    (decision,) = ledger_of(1).decisions
    ((number, behind),) = DECISION_DEFAULTS.items()
    value = encode_decision(decision)
    assert value.endswith(behind)
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        sink.add(b"\0" + number.to_bytes(4, "big") + value[5 : -len(behind)], decision.shard, 0)
        sink.commit()
        assert stored(database) == expected([decision])


def test_rows_doubled_by_hand_are_found_by_recovery(place: Place) -> None:
    decisions = ledger_of(10).decisions
    with Database(place) as database:
        with pytest.raises(KeyboardInterrupt):
            publish(_Cut(database, "log", "before after"), decisions)
        with database.client() as client:
            client.command("INSERT INTO decisions SELECT * FROM decisions LIMIT 1")
        with pytest.raises(
            SinkStopped, match="of shard 1, sequence 0 to 3, there are 5 rows in decisions for 4 sequences"
        ):
            ClickHouseSink(database, "log").recover(values(decisions))


def test_of_two_publishers_only_one_goes_on(place: Place) -> None:
    decisions = ledger_of(60).decisions
    with Database(place) as database:
        one, other = ClickHouseSink(database, "log"), ClickHouseSink(database, "log")
        publish(one, decisions[:30])
        with pytest.raises(SinkStopped, match="another publisher"):
            publish(other, decisions[:40])
        # What the second had begun is finished by the next one, not doubled.
        sink = ClickHouseSink(database, "log")
        sink.recover(
            values([d for d in decisions if d.shard in sink.pending and d.sequence <= sink.pending[d.shard].last])
        )
        publish(sink, decisions)
        assert stored(database) == expected(decisions)


def test_tables_of_a_later_version_are_refused(place: Place) -> None:
    with Database(place) as database:
        database.migrate()
        database.migrate()
        with database.client() as client:
            client.command("INSERT INTO schema_versions (version) VALUES (999)")
        with pytest.raises(SinkStopped, match="tables of version 999"):
            database.migrate()


def test_chdb_is_held_by_one(tmp_path: Path) -> None:
    place = Place(tmp_path / "clickhouse")
    with Database(place), pytest.raises(HeldElsewhere, match=f"open in process {os.getpid()}"):
        Database(place)
    Database(place).close()


def test_the_token_is_of_the_ranges_alone() -> None:
    one, two = Range(0, 5, 9, 50, 60), Range(1, 1, 2, 10, 12)
    assert token("log", [one, two]) == token("log", [two, one])
    assert token("log", [one]) != token("log", [two])
    assert token("log", [one]) != token("other", [one])
    assert token("log", [one]) == token("log", [Range(0, 5, 9, 51, 61)])


def test_the_latest_row_of_a_shard_counts() -> None:
    old = Saved("a", 1, Phase.AFTER, "log", Range(0, 0, 4, 0, 5))
    begun = Saved("b", 2, Phase.BEFORE, "log", Range(0, 5, 9, 5, 10))
    done = Saved("b", 2, Phase.AFTER, "log", Range(0, 5, 9, 5, 10))
    assert latest([begun, old]) == {0: begun}
    assert latest([done, begun, old]) == {0: done}


def test_an_answer_after_a_failed_one_is_its_own(tmp_path: Path) -> None:
    """A chDB handle gives the rest of a failed answer to the next query: it may not be used again."""
    with Database(Place(tmp_path / "clickhouse")) as database:
        for _ in range(3):
            with pytest.raises(RetryLater, match="throwIf"):
                database.rows("SELECT number, throwIf(number = 300000) FROM numbers(500000)")
            assert database.rows("SELECT 1") == [(1,)]
