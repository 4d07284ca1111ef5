"""Answers are kept as long as they are true, and chDB is given to others."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from headrace.web.source import FRESH_SECONDS, MOST_MADE, OLDEST_SECONDS, Source
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.reading import DatabaseViews, QueryServer, Views, open_views
from sinks.clickhouse.sink import ClickHouseSink
from sinks.local import HeldElsewhere
from tests.ledger import Ledger
from tests.publishing import take

SQL = "SELECT count(), rand64() FROM decisions WHERE currency = {currency:String}"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / "clickhouse")
    publish(found, 1)
    return found


def publish(place: Place, invoices: int) -> None:
    """So many invoices, from the first one on: those that are there are taken once."""
    ledger = Ledger(shards=1)
    for number in range(invoices):
        ledger.invoice("A", f"INV-{number}", 100_00, "2026-01-10", "2026-02-09")
    with database(place) as opened:
        sink = ClickHouseSink(opened, "log")
        take(sink, [d for d in ledger.decisions if d.sequence >= sink.start(0)])
        sink.commit()


def database(place: Place) -> Database:
    """chDB, as soon as it is given up."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return Database(place)
        except HeldElsewhere:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(place: Place, tmp_path: Path, clock: Clock) -> Iterator[Source]:
    found = Source(lambda: open_views(place, tmp_path / "no.sock"), clock)
    yield found
    found.close()


def test_an_answer_holds_while_nothing_came(source: Source, clock: Clock) -> None:
    first = source.ask(SQL, {"currency": "USD"})
    assert first.rows[0][0] == 1
    clock.now += OLDEST_SECONDS - 1
    assert source.ask(SQL, {"currency": "USD"}) is first
    assert source.ask(SQL, {"currency": "EUR"}).rows[0][0] == 0
    clock.now += 2
    again = source.ask(SQL, {"currency": "USD"})
    assert again.rows[0][0] == 1
    assert again.rows != first.rows


def test_an_answer_ends_when_more_decisions_are_there(source: Source, place: Place, clock: Clock) -> None:
    first = source.ask(SQL, {"currency": "USD"})
    assert source.version().decisions == 1
    clock.now += FRESH_SECONDS / 2
    assert source.ask(SQL, {"currency": "USD"}) is first
    clock.now += 10
    publish(place, 2)
    assert source.version().decisions == 2
    assert source.ask(SQL, {"currency": "USD"}).rows[0][0] == 2


def test_only_the_last_things_that_were_made_of_answers_are_kept(source: Source) -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    rows = source.ask(SQL, {"currency": "USD"})
    for number in range(MOST_MADE + 1):
        assert source.kept(f"day {number}", partial(make, number)) == number
    for number in range(MOST_MADE, -1, -1):
        source.kept(f"day {number}", partial(make, number))
    assert made == [*range(MOST_MADE + 1), 0]
    # Answers are kept by their rows, whatever was made meanwhile.
    assert source.ask(SQL, {"currency": "USD"}) is rows


def test_one_who_waits_gets_chdb_however_much_is_asked(place: Place, tmp_path: Path) -> None:
    over = threading.Event()
    source = Source(lambda: open_views(place, tmp_path / "no.sock"))

    def ask() -> None:
        number = 0
        while not over.is_set():
            number += 1
            source.ask(f"SELECT {number}, count() FROM decisions")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        source.ask("SELECT 0")
        with database(place) as opened:
            assert opened.rows("SELECT count() FROM decisions") == [(1,)]
    finally:
        over.set()
        asking.join()
        source.close()


def test_what_is_wrong_with_a_question_is_said_and_the_next_one_is_answered(source: Source) -> None:
    with pytest.raises(SinkStopped, match="nothing_of_that_name"):
        source.ask("SELECT nothing_of_that_name FROM decisions")
    assert source.ask("SELECT 1").rows == [[1]]


def test_nothing_is_opened_again_once_it_is_closed(place: Place, tmp_path: Path) -> None:
    source = Source(lambda: open_views(place, tmp_path / "no.sock"))
    assert source.ask("SELECT 1").rows == [[1]]
    source.close()
    with pytest.raises(SinkStopped, match="the pages are being closed"):
        source.ask("SELECT 2")
    Database(place).close()


def test_a_publisher_that_ends_does_not_end_the_pages(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "run" / "clickhouse.sock"
    opened: list[str] = []

    def open_and_tell() -> Views:
        views = open_views(place, path)
        opened.append(type(views).__name__)
        return views

    source = Source(open_and_tell)
    try:
        with Database(place) as holder, QueryServer(path, holder):
            assert source.ask("SELECT 1").rows == [[1]]
        assert source.ask("SELECT 2").rows == [[2]]
    finally:
        source.close()
    assert opened == ["SocketViews", DatabaseViews.__name__]
