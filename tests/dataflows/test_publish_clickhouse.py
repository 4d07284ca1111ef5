"""The ClickHouse publisher as a process: killed at random it publishes each decision once, and answers while it runs.

On chDB, and on the server at HEADRACE_TEST_CLICKHOUSE where there is one.
"""

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from connectors.log.base import LogRefused
from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse, rebuild_clickhouse
from dataflows.publishing import PublishStatus
from schemas.topics import DECISIONS
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.counting import Counting
from sinks.clickhouse.kpis import ANSWERED
from sinks.clickhouse.reading import open_views
from sinks.local import HeldElsewhere
from sinks.sequences import Gap
from tests.clickhouses import Places
from tests.ledger import Ledger
from tests.publishing import Never, append, append_decisions, open_log, table_digest

ROOT = Path(__file__).parents[2]
SHARDS = 4
# Leaves when all is published, or runs until it is told to stop, with batches of a size given.
SCRIPT = """
import signal, sys
from pathlib import Path
from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from headrace.operations import StopFlag
from sinks.clickhouse.connect import Place

directory, batch_rows, until_idle = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "until-idle"
stop = StopFlag()
stop.install()
publish_clickhouse(
    SqliteLog(directory / "log", False), Place(Path(sys.argv[4]), sys.argv[5]), directory / "run" / "clickhouse.sock",
    until_idle=until_idle, stop=stop, status=PublishStatus(), batch_rows=batch_rows,
)
"""


def mixed_ledger(number: int) -> Ledger:
    ledger = Ledger(shards=SHARDS)
    at = 0
    while len(ledger.decisions) < number:
        account = f"C{at % 50}"
        ledger.invoice(account, f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01")
        ledger.receipt(account, f"R{at}", 1_000 + at, "2026-01-20")
        ledger.applied(account, f"INV-{at}", f"R{at}", 1_000 + at, "2026-01-20")
        at += 1
    return ledger


@pytest.fixture
def place(clickhouse_places: Places) -> Place:
    """An empty database."""
    return clickhouse_places.named("tables")


def start(directory: Path, place: Place, batch_rows: int, until: str) -> subprocess.Popen[bytes]:
    arguments = [str(directory), str(batch_rows), until, str(place.directory), place.url]
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)


def publish_all(log: SqliteLog, place: Place) -> PublishStatus:
    status, socket_path = PublishStatus(), place.directory.parent / "c.sock"
    publish_clickhouse(log, place, socket_path, until_idle=True, stop=Never(), status=status)
    return status


@pytest.mark.slow
def test_kills_at_random_lose_and_double_nothing(tmp_path: Path, clickhouse_places: Places) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    place, unbroken = clickhouse_places.named("tables"), clickhouse_places.named("unbroken")
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(30_000)
    append_decisions(log, ledger)
    kills = 0
    while kills < 8:
        # Small batches: most kills fall into a commit.
        process = start(tmp_path, place, rng.choice((100, 150, 333)), "until-idle")
        try:
            process.wait(rng.uniform(1.2, 2.2))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    assert start(tmp_path, place, 1_000, "until-idle").wait() == 0
    publish_all(log, unbroken)
    assert table_digest(place) == table_digest(unbroken)
    assert table_digest(unbroken)[0] == len(ledger.decisions)
    assert kills >= 5, f"seed {seed}: it finished before it could be killed"


def test_it_answers_while_it_runs_and_leaves_when_told(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(300)
    append_decisions(log, ledger)
    place, socket_path = Place(tmp_path / "clickhouse"), tmp_path / "run" / "clickhouse.sock"
    process = start(tmp_path, place, 1_000, "told")
    try:
        deadline = time.monotonic() + 30
        count = 0
        while count < 300 and time.monotonic() < deadline:
            if socket_path.exists():
                views = open_views(place, socket_path)
                (count,) = views.ask("SELECT count() FROM decisions").rows[0]
        assert count == 300
        with pytest.raises(HeldElsewhere, match=f"open in process {process.pid}"):
            Database(place)
        answer = views.ask(
            "SELECT document, amount, posting_date FROM decisions WHERE document = {d:String} ORDER BY sequence LIMIT 1;",
            {"d": "INV-7"},
        )
        assert (answer.names, answer.types) == (
            ["document", "amount", "posting_date"],
            ["String", "Int64", "Date32"],
        )
        assert answer.rows == [["INV-7", 1_007, "2026-01-01"]]
        with pytest.raises(SinkStopped, match="only statements that read are taken"):
            views.ask("TRUNCATE TABLE decisions")
        with pytest.raises(SinkStopped, match="Unknown expression identifier"):
            views.ask("SELECT nothing FROM decisions")
        assert views.ask("SELECT count() FROM decisions").rows == [[300]]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert not socket_path.exists()
    assert table_digest(place)[0] == 300


def test_answers_are_counted_while_it_runs_and_when_all_is_published(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(300)
    append_decisions(log, ledger)
    place, socket_path = Place(tmp_path / "clickhouse"), tmp_path / "run" / "clickhouse.sock"
    received = "SELECT sum(received_minor) FROM kpi_cash_application"
    paid = sum(d.amount for d in ledger.decisions if d.kind == "receipt_booked")
    process = start(tmp_path, place, 1_000, "told")
    try:
        _wait_for(place, socket_path, received, paid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    ledger.receipt("C1", "LATE", 5_00, "2026-01-21")
    append_decisions(log, ledger, start=300)
    publish_all(log, place)
    with Database(place) as database:
        assert database.rows(received) == [(paid + 5_00,)]
        assert Counting(database).outdated() == []


def test_a_kpi_that_cannot_be_counted_keeps_nothing_else_away(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(30)
    append_decisions(log, ledger)
    place = Place(tmp_path / "clickhouse")
    publish_all(log, place)
    with Database(place) as database, database.client() as client:
        client.command("DROP VIEW now_kpi_cycle_time")
        client.command("DROP VIEW now_kpi_release")
        client.command("CREATE VIEW now_kpi_release AS SELECT throwIf(number = 0, 'broken') AS day FROM numbers(1)")
    ledger.receipt("C1", "LATE", 5_00, "2026-01-21")
    append_decisions(log, ledger, start=30)
    with pytest.raises(
        SinkStopped, match=r"kpi_release cannot be counted: .* all decisions are published; headrace schema diff"
    ):
        publish_all(log, place)
    with Database(place) as database:
        assert database.rows("SELECT count() FROM decisions") == [(31,)]
        assert {answer.kpi for answer in Counting(database).outdated()} == {"kpi_release", "kpi_cycle_time"}
    # Nor while it runs: the others are counted, and then what comes is published.
    ledger.receipt("C1", "LATER", 6_00, "2026-01-22")
    append_decisions(log, ledger, start=31)
    socket_path = tmp_path / "run" / "clickhouse.sock"
    paid = sum(d.amount for d in ledger.decisions if d.kind == "receipt_booked")
    process = start(tmp_path, place, 1_000, "told")
    try:
        _wait_for(place, socket_path, "SELECT sum(received_minor) FROM kpi_cash_application", paid)
        ledger.receipt("C1", "LAST", 7_00, "2026-01-23")
        append_decisions(log, ledger, start=32)
        _wait_for(place, socket_path, "SELECT count() FROM decisions", 33)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def _wait_for(place: Place, socket_path: Path, sql: str, wanted: int) -> None:
    """Until the publisher answers that, for at most a minute."""
    deadline = time.monotonic() + 60
    found = None
    while found != wanted and time.monotonic() < deadline:
        if socket_path.exists():
            found = open_views(place, socket_path).ask(sql).rows[0][0]
    assert found == wanted


@pytest.mark.parametrize("table", ["count_days", "answers", "answers_kpi_queues"])
def test_a_table_that_was_dropped_is_rebuilt(tmp_path: Path, table: str) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    append_decisions(log, mixed_ledger(30))
    place, socket_path = Place(tmp_path / "clickhouse"), tmp_path / "c.sock"
    publish_all(log, place)
    with Database(place) as database, database.client() as client:
        client.command(f"DROP TABLE {table} SYNC")
    assert rebuild_clickhouse(log, place, socket_path, stop=Never(), status=PublishStatus())
    with Database(place) as database:
        assert database.rows("SELECT sum(decisions) FROM count_days") == [(30,)]
        assert database.rows("SELECT count() FROM answers FINAL") == [(len(ANSWERED),)]
        assert Counting(database).outdated() == []
        assert database.rows("SELECT name FROM system.databases WHERE name LIKE '%_rebuild'") == []


def test_what_is_appended_later_is_published_by_the_next_run(tmp_path: Path, place: Place) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(30)
    append_decisions(log, ledger)
    assert publish_all(log, place).published == 30
    ledger.invoice("C1", "LATE", 5, "2026-03-01", "2026-04-01")
    append_decisions(log, ledger, start=30)
    assert publish_all(log, place).published == 1
    assert table_digest(place)[0] == 31


def test_decisions_written_twice_are_published_once(tmp_path: Path, place: Place) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    ledger = mixed_ledger(30)
    append_decisions(log, ledger)
    append_decisions(log, ledger)
    assert publish_all(log, place).published == 30
    assert table_digest(place)[0] == 30


def test_a_gap_stops_the_flow_and_says_where(tmp_path: Path, place: Place) -> None:
    log = open_log(tmp_path / "log", 1)
    ledger = Ledger(shards=1)
    for at in range(4):
        ledger.invoice("C1", f"INV-{at}", 100, "2026-01-01", "2026-02-01")
    records = ledger.records()
    append(log, DECISIONS, [records[0], records[1], records[3]])
    with pytest.raises(Gap, match="shard 0, offset 2: sequence 3 where 2 was due"):
        publish_all(log, place)


def test_bytes_that_are_no_decision_stop_the_flow_and_say_where(tmp_path: Path, place: Place) -> None:
    log = open_log(tmp_path / "log", 2)
    append(log, DECISIONS, [(1, b"k", b"junk")])
    with pytest.raises(SinkStopped, match="decisions shard 1, offset 0: not in the wire format"):
        publish_all(log, place)


def test_a_log_that_ends_before_what_was_published_is_refused(tmp_path: Path, place: Place) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    append_decisions(log, mixed_ledger(30))
    publish_all(log, place)
    other = open_log(tmp_path / "other", SHARDS)
    with pytest.raises((SinkStopped, LogRefused), match="come from log"):
        publish_all(other, place)


def test_an_absent_server_is_waited_for_and_said(tmp_path: Path) -> None:
    class Told:
        told = False

        def __bool__(self) -> bool:
            return self.told

    log = open_log(tmp_path / "log", SHARDS)
    append_decisions(log, mixed_ledger(30))
    stop, status = Told(), PublishStatus()

    def run() -> None:
        place = Place(tmp_path / "clickhouse", "http://default@127.0.0.1:1/headrace")
        publish_clickhouse(log, place, tmp_path / "c.sock", until_idle=True, stop=stop, status=status)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while not status.state.startswith("away") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status.state.startswith("away: ClickHouse at 127.0.0.1:1/headrace: ")
    stop.told = True
    thread.join(20)
    assert not thread.is_alive()
    assert status.state == "stopped"
    assert status.published == 0
