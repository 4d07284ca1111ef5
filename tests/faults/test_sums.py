"""The sums that are kept equal sums made anew, though the publisher was killed at every step of a batch and of a change of accounts."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse, rebuild_clickhouse
from dataflows.publishing import PublishStatus
from schemas.records import AccountOwner, Fact
from sinks.clickhouse.connect import Database, Place
from tests.faults.tables import Table, differing, read_tables
from tests.installations import but
from tests.ledger import Ledger, day, instant
from tests.publishing import Never, append_decisions, append_fact, customer, open_log

ROOT = Path(__file__).parents[2]
SHARDS = 2
ACCOUNTS = 6
SCRIPT = """
import sys
from pathlib import Path
from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from sinks.clickhouse.connect import Place
from tests.faults.dying_publisher import use_fuse
from tests.faults.fuse import Fuse
from tests.publishing import Never

directory = Path(sys.argv[1])
use_fuse(Fuse(sys.argv[2], int(sys.argv[3])))
publish_clickhouse(
    SqliteLog(directory / "log", False), Place(directory / "clickhouse"), directory / "c.sock",
    until_idle=True, stop=Never(), status=PublishStatus(), batch_rows=40,
)
"""


def ledger() -> Ledger:
    made = Ledger(shards=SHARDS)
    for at in range(30):
        account = f"C{at % ACCOUNTS}"
        due = {"due_date": day("2026-02-10")}
        made.invoice(account, f"INV-{at}", 1_000 + at, "2026-01-10", "2026-02-10")
        made.receipt(account, f"R{at}", 1_000 + at, "2026-02-01")
        made.applied(account, f"INV-{at}", f"R{at}", 500 + at, "2026-02-01", item_kind="invoice", **due)
        made.say(
            "reminder_due", account, "2026-02-20", document=f"INV-{at}", amount=500, level=1, reference_id=f"L{at}"
        )
    return made


def said(account: str, region: str, event: str, affiliate: bool = False) -> Fact:
    return but(customer(account, [], f"{account}:{event}"), region=region, segment="retail", affiliate=affiliate)


def owned(account: str, owner: str) -> AccountOwner:
    return AccountOwner(
        event_id=f"{account}:owner:{owner}", recorded_time=instant("2026-01-02"), correlation="", source="crm",
        tenant="t1", entity="us01", account_id=account, event_time=instant("2026-01-02"), role="collector", owner=owner,
        valid_from_date=0,
    )  # fmt: skip


def write_history(log: SqliteLog, directory: Path, point: str) -> int:
    """Decisions, then what their accounts are, then what they become; the publisher dies at the first and at the second
    passing of the point in turn. How often it did."""
    made = ledger()
    append_decisions(log, made)
    deaths = run(directory, point, 1)
    for at in range(ACCOUNTS):
        append_fact(log, said(f"C{at}", "west", "1"))
        append_fact(log, owned(f"C{at}", f"kim-{at % 2}"))
    deaths += run(directory, point, 0)
    before = len(made.decisions)
    made.invoice("C0", "LATE", 7_00, "2026-03-01", "2026-03-31")
    made.invoice("NEW", "LATE-2", 9_00, "2026-03-01", "2026-03-31")
    append_decisions(log, made, start=before)
    append_fact(log, said("C0", "east", "2"))
    append_fact(log, said("C1", "west", "2", affiliate=True))
    # Said before, and of no effect.
    append_fact(log, said("C0", "west", "1"))
    # What the rules reject is read, and taken back when it is known that they did.
    offset = append_fact(log, said("C2", "north", "rejected"))
    deaths += run(directory, point, 1)
    before = len(made.decisions)
    made.say("fact_rejected", "C2", "2026-03-02", cause_kind="customer", fact_offset=offset, rule="shard.event_id")
    append_decisions(log, made, start=before)
    return deaths + run(directory, point, 0)


def run(directory: Path, point: str, passings: int) -> int:
    """Publish all there is, dying once after so many passings of the point; how often it died."""
    for at in (point, "never"):
        command = [sys.executable, "-c", SCRIPT, str(directory), at, str(passings)]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code == 0:
            return int(at != point)
        assert (code, at) == (-signal.SIGKILL, point)
    raise AssertionError("it died of what was never to come")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose publisher was never killed."""
    directory = tmp_path_factory.mktemp("whole")
    log = open_log(directory / "log", SHARDS)
    assert write_history(log, directory, "never") == 0
    log.close()
    return directory


@pytest.fixture(scope="module")
def expected(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return read_tables(Place(whole / "clickhouse"), tmp_path_factory.mktemp("expected"))


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before_sums", "after_sums", "before_change"])
def test_a_killed_publisher_adds_nothing_twice(tmp_path: Path, expected: dict[str, Table], point: str) -> None:
    log = open_log(tmp_path / "log", SHARDS)
    deaths = write_history(log, tmp_path, point)
    log.close()
    assert deaths >= 2, deaths
    got = read_tables(Place(tmp_path / "clickhouse"), tmp_path / "tables")
    different = differing(expected, got)
    # The log is another one, and with it its name.
    assert different == {}
    with Database(Place(tmp_path / "clickhouse")) as database:
        groups = database.rows("SELECT account_id, region, collector, affiliate FROM account_groups FINAL ORDER BY 1")
        counted = database.rows("SELECT region, sum(decisions) FROM kpi_audit GROUP BY region ORDER BY region")
    assert groups[:3] == [("C0", "east", "kim-0", 0), ("C1", "west", "kim-1", 1), ("C2", "west", "kim-0", 0)]
    assert counted == [("", 1), ("east", 21), ("west", 101)]


def test_what_is_rebuilt_is_what_was_kept(tmp_path: Path, whole: Path, expected: dict[str, Table]) -> None:
    place = Place(whole / "clickhouse")
    log = SqliteLog(whole / "log", False)
    assert rebuild_clickhouse(log, place, tmp_path / "c.sock", stop=Never(), status=PublishStatus(), batch_rows=13)
    different = differing(expected, read_tables(place, tmp_path / "after"))
    # Made of all that is known now, they took no changes to become so.
    assert set(different) <= {"group_changes"}
    status = PublishStatus()
    publish_clickhouse(log, place, tmp_path / "c.sock", until_idle=True, stop=Never(), status=status)
    log.close()
    assert status.published == 0
    with Database(place) as database:
        assert database.rows("SELECT count() FROM system.databases WHERE name LIKE '%rebuild'") == [(0,)]
