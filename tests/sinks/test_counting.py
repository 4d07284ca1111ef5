"""KPIs that are kept: what was counted last, whole, until it is counted again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.counting import Counting
from sinks.clickhouse.kpis import ANSWERED
from sinks.clickhouse.sink import ClickHouseSink
from tests.ledger import Ledger
from tests.publishing import count_answers, take

QUEUES = next(answer for answer in ANSWERED if answer.kpi == "kpi_queues")
OPEN = "SELECT day, open FROM {} ORDER BY day"


def ledger() -> Ledger:
    told = Ledger(shards=1)
    for day in ("2026-01-05", "2026-01-07"):
        told.say("exception_raised", "A", day, rule="cash", reference_id=f"cash:{day}", currency="USD", amount=1_00)
    return told


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(Place(tmp_path / "tables")) as database:
        yield database


def publish(database: Database, number: int) -> None:
    """So many of the decisions, those that are there only once."""
    sink = ClickHouseSink(database, "log")
    take(sink, [d for d in ledger().decisions[:number] if d.sequence >= sink.start(0)])
    sink.commit()


def opened(database: Database, view: str) -> list[tuple[str, int]]:
    return [(str(day), number) for day, number in database.rows(OPEN.format(view))]


def test_an_answer_stays_until_it_is_counted_again(database: Database) -> None:
    publish(database, 1)
    count_answers(database)
    assert opened(database, "kpi_queues") == [("2026-01-05", 1)]
    publish(database, 2)
    assert opened(database, "kpi_queues") == [("2026-01-05", 1)]
    assert opened(database, "now_kpi_queues") == [("2026-01-05", 1), ("2026-01-06", 1), ("2026-01-07", 2)]
    counting = Counting(database)
    assert {answer.kpi for answer in counting.outdated()} == {answer.kpi for answer in ANSWERED}
    counting.count(QUEUES)
    assert opened(database, "kpi_queues") == [("2026-01-05", 1), ("2026-01-06", 1), ("2026-01-07", 2)]
    assert {answer.kpi for answer in counting.outdated()} == {answer.kpi for answer in ANSWERED} - {"kpi_queues"}


def test_nothing_published_has_an_answer_too(database: Database) -> None:
    database.migrate()
    assert len(Counting(database).outdated()) == len(ANSWERED)
    count_answers(database)
    assert Counting(database).outdated() == []
    assert opened(database, "kpi_queues") == []


def test_an_account_that_moves_makes_answers_outdated(database: Database) -> None:
    publish(database, 2)
    count_answers(database)
    with database.client() as client:
        client.command(
            "INSERT INTO group_changes (change, tenant, entity, account_id, times) VALUES (1, 't', 'e', 'A', 1)"
        )
        # That is written before anything is moved: what is counted meanwhile is of neither.
        Counting(database).count(QUEUES)
        client.command("INSERT INTO account_groups (change, tenant, entity, account_id) VALUES (1, 't', 'e', 'A')")
    assert len(Counting(database).outdated()) == len(ANSWERED)


def test_a_count_that_was_cut_short_is_made_again(database: Database) -> None:
    publish(database, 1)
    count_answers(database)
    publish(database, 2)
    with database.client() as client:
        # Its rows were written, and then not of what they are.
        client.command(QUEUES.count(time.time_ns() // 1_000))
    whole = [("2026-01-05", 1), ("2026-01-06", 1), ("2026-01-07", 2)]
    assert opened(database, "kpi_queues") == whole
    assert "kpi_queues" in {answer.kpi for answer in Counting(database).outdated()}
    count_answers(database)
    assert opened(database, "kpi_queues") == whole
    # That of before, for who has begun to read it, and this one.
    assert len(versions(database)) == 2


def versions(database: Database) -> list[int]:
    return [version for (version,) in database.rows(f"SELECT DISTINCT version FROM {QUEUES.name} ORDER BY version")]


def test_only_the_last_answer_and_the_one_before_are_kept(database: Database) -> None:
    publish(database, 2)
    seen = []
    for _ in range(4):
        Counting(database).count(QUEUES)
        seen.append(versions(database)[-1])
    assert sorted(set(seen)) == seen
    assert versions(database) == seen[-2:]
    assert database.rows("SELECT kpi, max(version) FROM answers GROUP BY kpi") == [("kpi_queues", seen[-1])]


def test_an_answer_without_rows_takes_the_place_of_one_with_some(database: Database) -> None:
    publish(database, 2)
    count_answers(database)
    with database.client() as client:
        client.command("TRUNCATE TABLE decisions_by_kind")
    Counting(database).count(QUEUES)
    assert opened(database, "kpi_queues") == []


def test_tables_of_before_are_counted_anew(database: Database) -> None:
    """What is kept may be of other columns and other rules than this version has; until it is published again too."""
    publish(database, 2)
    with database.client() as client:
        client.command("DROP TABLE answers SYNC")
        for answer in ANSWERED:
            client.command(f"DROP TABLE {answer.name} SYNC")
        client.command("ALTER TABLE schema_versions DELETE WHERE version > 9 SETTINGS mutations_sync = 2")
    database.migrate()
    assert opened(database, "kpi_queues") == [("2026-01-05", 1), ("2026-01-06", 1), ("2026-01-07", 2)]
    assert len(Counting(database).outdated()) == len(ANSWERED)
