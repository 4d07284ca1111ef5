"""A small installation from its file to its report, by the commands alone: what they print, and the codes they leave with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.intake.clockwork import shard_clocks
from dataflows.shards.store import Store
from headrace.main import app
from schemas.records import OperatorAction
from schemas.topics import FACTS
from tests.connectors.files.test_ingest import ROWS, write
from tests.facts import facts
from tests.headrace.test_intake_commands import log_of

ROOT = Path(__file__).parents[2]
# More shards than accounts: some never have a decision.
SETTINGS = {"HEADRACE_LOG_SYNC": "false", "HEADRACE_SHARDS": "4", "PYTHONPATH": str(ROOT)}
WHERE = ("--tenant", "sample", "--entity", "ibm", "--note", "why", "--actor", "me")


def run_all(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headrace.main", "run", "all", "--dir", str(directory), "--replay", "--until-idle"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | SETTINGS, check=False, capture_output=True, text=True, timeout=120
    )


def call(*arguments: object) -> Result:
    runner = CliRunner(env={**SETTINGS, "COLUMNS": "200", "NO_COLOR": "1"})
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Seven facts of two accounts and a row that is refused, all done."""
    directory = tmp_path_factory.mktemp("made") / "d"
    path = write(directory.parent / "ar.csv", *ROWS, ROWS[0].replace("55.94", "55.943"))
    assert call("ingest", "--dir", directory, "--map", "ar_history", path).exit_code == 1
    return directory, run_all(directory)


@pytest.fixture
def directory(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return ran[0]


def test_a_run_until_idle_ends_with_what_it_did(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    directory, done = ran
    assert done.returncode == 0, done.stderr
    log = log_of(directory)
    there, decisions = sum(log.end_offsets(FACTS)), sum(log.end_offsets("decisions"))
    log.close()
    assert (decisions, there > 4 * 365) == (10, True)
    assert done.stdout.splitlines() == [
        "intake: 7 messages read, none refused",
        f"receivables: {there:,} facts decided (clocks included), 10 decisions",
        "publish: all 10 decisions are in the views",
        "policy: the built-in one is in force in all 4 shards",
    ]
    assert "SIGTERM" not in done.stderr
    assert {json.loads(line)["level"] for line in done.stderr.splitlines()} == {"info"}


def test_a_replay_reminds_nobody_whose_money_had_to_be_identified_first(tmp_path: Path) -> None:
    """One batch of facts is many days: each day's money is at its account before the day ends."""
    mapping = (ROOT / "connectors/files/mappings/ar_history.toml").read_text()
    nobody = 'kind = "receipt"\nid = ["invoiceNumber"]\n[facts.fields]\naccount_id = { constant = "" }\n'
    known = nobody.removesuffix('account_id = { constant = "" }\n')
    assert known in mapping
    path = tmp_path / "bank.toml"
    path.write_text(mapping.replace(known, nobody))
    # Due on 1 February, paid on the 3rd; another one of whom nobody hears until June.
    paid = "391,0379-NEVHP,4/6/2013,611365,1/2/2013,2/1/2013,55.94,No,2/3/2013,Paper,32,2"
    late = "406,8976-AMJEO,4/6/2013,7900770,1/26/2013,2/25/2013,61.74,No,6/3/2013,Paper,128,98"
    directory = tmp_path / "d"
    file = write(tmp_path / "ar.csv", paid, late)
    assert call("ingest", "--dir", directory, "--map", path, file).exit_code == 0
    assert run_all(directory).returncode == 0
    sql = (
        "SELECT document, kind, count(), toString(toDate(max(event_time))) FROM decisions "
        "WHERE kind IN ('reminder_due', 'cash_applied') GROUP BY ALL ORDER BY ALL"
    )
    said = call("query", "--dir", directory, sql, "--format", "csv").stdout.splitlines()[1:]
    assert said == [
        "611365,cash_applied,1,2013-02-03",
        "611365,reminder_due,1,2013-01-25",
        "7900770,cash_applied,1,2013-06-03",
        "7900770,reminder_due,5,2013-03-27",
    ]


def test_verify_says_nothing_of_shards_without_decisions(directory: Path) -> None:
    done = call("verify", "--dir", directory, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"]) == (0, True)
    assert [check["notes"] for check in said["checks"]] == [[]] * len(said["checks"])
    views = next(check for check in said["checks"] if check["name"] == "views")
    assert views["checked"] > 10


def test_reports_say_that_their_times_are_utc(directory: Path) -> None:
    report = call("report", "--dir", directory, "--as-of", "2013-03-01").stdout.splitlines()
    assert report[0].strip() == "USD at the end of 2013-03-01 (days and times are UTC)"
    timeline = call("timeline", "--dir", directory, "8976-AMJEO").stdout.splitlines()
    assert [cell.strip() for cell in timeline[2].strip("┃").split("┃")] == ["id", "happened (UTC)", "what, and because"]


def test_what_an_operator_orders_is_queued_and_a_doubt_is_said(directory: Path) -> None:
    known = call("operate", "--dir", directory, "block-reminders", "0379-NEVHP", *WHERE)
    assert (known.exit_code, known.stderr) == (0, "")
    first, *others = known.stdout.splitlines()
    assert first.endswith(": queued for sample/ibm/0379-NEVHP. It takes effect when intake takes it in:")
    assert others == [
        f"  headrace run all --dir {directory} --replay --until-idle",
        "Then what came of it (reminders that it holds back), and whether and why it could not be done:",
        f"  headrace timeline --dir {directory} 0379-NEVHP",
        f"  headrace rejected --dir {directory}",
    ]
    log = log_of(directory)
    (stands,) = {clock.now for clock in shard_clocks(log)}
    (said,) = [fact for part in facts(log, "operations") for fact in part]
    # It was only replayed: what is said now is said right after its last day, and the next replay goes on by one day.
    assert (said.event_time, said.recorded_time) == (stands + 1, stands + 1)
    log.close()
    for account, where, doubt in [
        ("X 1", WHERE, "nothing was ever decided about an account sample/ibm/X 1; is that its number?"),
        (
            "0379-NEVHP",
            ("--tenant", "other", *WHERE[2:]),
            "nothing was ever decided about an account other/ibm/0379-NEVHP; there is one of that number in sample/ibm",
        ),
    ]:
        found = call("operate", "--dir", directory, "unblock-reminders", account, *where)
        assert (found.exit_code, found.stderr) == (0, f"warning: {doubt}\n")
    sent = [fact.account_id for part in facts(log_of(directory), "operations") for fact in part]
    assert sorted(sent) == ["0379-NEVHP", "0379-NEVHP", "X 1"]


def test_where_nothing_was_published_an_account_cannot_be_told(tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", *ROWS)
    assert call("ingest", "--dir", tmp_path / "d", "--map", "ar_history", path).exit_code == 0
    found = call("operate", "--dir", tmp_path / "d", "resume-account", "A", *WHERE)
    assert (found.exit_code, found.stderr) == (
        0,
        "warning: nothing was published here yet, so whether there is an account sample/ibm/A cannot be told\n",
    )


def test_what_the_rules_reject_is_listed(directory: Path) -> None:
    """After the tests above: what they queued is taken in too."""
    nothing = call("rejected", "--dir", directory)
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (
        0,
        "",
        "no fact was rejected, of all that is published\n",
    )
    money = ("--receipt", "R-9", "--document", "611365", "--amount-minor", 5, "--currency", "USD")
    queued = call("operate", "--dir", directory, "apply-cash", "0379-NEVHP", *money, *WHERE)
    event = queued.stdout.split(": queued")[0]
    done = run_all(directory)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"1 fact was rejected of those that came in now, 1 since the start: headrace rejected --dir {directory}"
    )
    said = call("rejected", "--dir", directory).stdout
    number, time, account, fact, reason = said.rstrip("\n").split("  ")
    (sent,) = [
        f
        for part in facts(log_of(directory), "operations")
        for f in part
        if isinstance(f, OperatorAction) and f.event_id == event
    ]
    assert (len(time), time[10], time[-1]) == (20, "T", "Z")
    assert (account, fact) == ("sample/ibm/0379-NEVHP", f"operator_action {event} (611365, R-9)")
    assert reason == "receipt unknown"
    (row,) = json.loads(call("rejected", "--dir", directory, "--json").stdout)
    assert number == f"{row['shard']}-{row['sequence']}"
    assert (row["cause_id"], row["rule"], row["reasons"], row["receipt_id"]) == (
        sent.event_id,
        "operator.apply_cash",
        ["receipt_unknown"],
        "R-9",
    )
    assert call("verify", "--dir", directory).exit_code == 0


def test_a_lost_state_is_made_again_by_a_run_that_finds_nothing_else_to_do(directory: Path) -> None:
    """How far receivables was outlives its state in the log."""
    shutil.rmtree(directory / "state")
    again = run_all(directory)
    assert again.returncode == 0, again.stderr
    log = log_of(directory)
    ends = log.end_offsets(FACTS)
    log.close()
    made = []
    for shard in range(4):
        store = Store(directory / "state" / f"shard-{shard:03d}")
        row = store.shard_row()
        store.close()
        made.append(row.next_offset if row is not None else 0)
    assert made == ends
