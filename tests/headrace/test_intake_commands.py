"""ingest, dead-letters and operate as people and scripts call them: exit codes, stdout for results, stderr for the rest."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.dead_letters import Dismissed, decode
from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from headrace.logs import open_installation
from headrace.main import app
from headrace.places import flows_lock
from headrace.settings import load
from schemas.codec import encode_fact
from schemas.records import OperatorAction
from schemas.topics import DEAD_LETTERS, FACTS, INPUT_TOPICS
from sinks.local import Lock
from tests.connectors.files.test_ingest import ROWS, write
from tests.connectors.files.test_mapping import GOOD
from tests.facts import facts, invoice, records

ROOT = Path(__file__).parents[2]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADRACE_LOG_SYNC", "false")
    monkeypatch.setenv("HEADRACE_SHARDS", "4")
    return tmp_path / "installation"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_intake(directory: Path) -> None:
    """In a process of its own: it takes over signals and metrics."""
    command = [sys.executable, "-m", "headrace.main", "run", "intake", "--dir", str(directory), "--until-idle"]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60).returncode == 0


def log_of(directory: Path) -> Log:
    return SqliteLog(directory / "log", sync=False)


def count(directory: Path) -> int:
    return sum(len(partition) for topic in INPUT_TOPICS for partition in facts(log_of(directory), topic))


def test_ingest_counts_and_notices_the_second_time(directory: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", *ROWS)
    first = call("ingest", "--dir", directory, "--map", "ar_history", path)
    assert (first.exit_code, first.stdout) == (
        0,
        f"{path}: 2 rows, 0 refused; facts: 2 customer, 2 invoice, 2 receipt, 1 dispute\n",
    )
    second = call("ingest", "--dir", directory, "--map", "ar_history", path)
    assert (second.exit_code, second.stdout) == (0, "")
    assert f"{path}: was ingested already, as {path} at {time.gmtime().tm_year}-" in second.stderr
    assert second.stderr.endswith("(7 facts, 0 rows refused): nothing to do\n")
    assert count(directory) == 7
    third = call("ingest", "--dir", directory, "--map", "ar_history", "--again", path)
    assert third.exit_code == 0
    assert count(directory) == 14


def test_ingest_of_bad_rows_is_1_and_tells_where(directory: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", ROWS[0].replace("55.94", "55.943"), ROWS[1])
    found = call("ingest", "--dir", directory, "--map", "ar_history", path)
    again = call("ingest", "--dir", directory, "--map", "ar_history", path)
    assert again.exit_code == 0
    assert f"headrace dead-letters --dir {directory} replay --map " in again.stderr
    assert again.stderr.endswith("submits the refused rows again, and --again here the whole file\n")
    assert found.exit_code == 1
    assert found.stdout == f"{path}: 2 rows, 1 refused; facts: 1 customer, 1 invoice, 1 dispute, 1 receipt\n"
    assert found.stderr.startswith(
        f"made a new installation at {directory}\n{path}:2: column 7 InvoiceAmount: '55.943' has 3 decimals; USD has 2."
    )


def test_a_bad_file_does_not_keep_the_next_one_out(directory: Path, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.csv", write(tmp_path / "good.csv", *ROWS)
    bad.write_text("a,b\n1,2\n")
    found = call("ingest", "--dir", directory, "--map", "ar_history", bad, good)
    assert found.exit_code == 1
    assert f"{bad}:1: column 'customerID' is missing" in found.stderr
    assert f"{bad}: nothing of this file was taken" in found.stderr
    assert found.stdout.startswith(f"{good}: 2 rows, 0 refused")


def test_wrong_usage_is_2(directory: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(GOOD.replace('id = ["Ref"]', ""))
    path = write(tmp_path / "ar.csv", *ROWS)
    for arguments, message in [
        (("--dir", directory, "--map", mapping, path), "m.toml: facts 1 (receipt): money needs id columns"),
        (("--dir", directory, "--map", "none.toml", path), "none.toml: cannot be read: No such file or directory"),
        (
            ("--dir", directory, "--map", "ar_histry", path),
            "--map ar_histry: no such file, and no mapping of that name; there are ar_history",
        ),
        (("--map", "ar_history", path), "say where the installation is: --dir DIR"),
    ]:
        found = call("ingest", *arguments)
        assert (found.exit_code, found.stdout) == (2, "")
        assert message in found.stderr
    assert not directory.exists()


def test_a_file_that_is_not_there_is_1(directory: Path, tmp_path: Path) -> None:
    found = call("ingest", "--dir", directory, "--map", "ar_history", tmp_path / "none.csv")
    told = f"made a new installation at {directory}\n{tmp_path / 'none.csv'}: No such file or directory\n"
    assert (found.exit_code, found.stderr) == (1, told)


def test_dead_letters_are_listed_shown_and_replayed_once(directory: Path, tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.toml", tmp_path / "right.toml"
    wrong.write_text(GOOD)
    right.write_text(GOOD + '\n[defaults]\ndate = "%m/%d/%Y"\n')
    path = tmp_path / "bank.csv"
    path.write_text("Ref,Date,Amount\nR1,3/1/2026,12.50\nR2,3/2/2026,12.555\n")
    assert call("ingest", "--dir", directory, "--map", wrong, path).exit_code == 1
    listed = call("dead-letters", "--dir", directory, "list")
    assert listed.exit_code == 0
    assert [line.split("  ")[0] for line in listed.stdout.splitlines()] == ["0", "1"]
    assert f"bad_row  {path}:2:Date  18 B  '3/1/2026' is not a date of the form %Y-%m-%d" in listed.stdout
    shown = call("dead-letters", "--dir", directory, "show", 0)
    assert shown.stdout.endswith(f"origin:   {path}:2:Date\nstate:    open\nbytes:    18\nR1,3/1/2026,12.50\n")
    still = call("dead-letters", "--dir", directory, "replay")
    assert (still.exit_code, still.stdout) == (1, "0 submitted again, 2 not\n")
    assert "0: still refused: '3/1/2026' is not a date of the form %Y-%m-%d" in still.stderr
    done = call("dead-letters", "--dir", directory, "replay", "--map", right)
    assert (done.exit_code, done.stdout) == (1, "1 submitted again, 1 not\n")
    assert "1: still refused: '12.555' has 3 decimals; USD has 2." in done.stderr
    assert [fact.event_id for part in facts(log_of(directory), "payments") for fact in part] == ["bank:receipt:R1"]
    again = call("dead-letters", "--dir", directory, "replay", "--map", right, 0)
    assert (again.exit_code, again.stdout) == (1, "0 submitted again, 1 not\n")
    assert "say --again to submit it all the same" in again.stderr
    assert count(directory) == 1
    listed = call("dead-letters", "--dir", directory, "list")
    assert [line.split("  ")[0] for line in listed.stdout.splitlines()] == ["1"]
    assert listed.stderr == (
        "1 more were replayed or dismissed: --all lists them too\n"
        "Facts that could be read and placed, and were rejected by the rules, are no dead letters: "
        f"headrace rejected --dir {directory}\n"
    )
    assert "  replayed 2" in call("dead-letters", "--dir", directory, "list", "--all").stdout.splitlines()[0]


def test_a_letter_that_is_dismissed_stays_and_is_not_replayed_by_itself(directory: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", ROWS[0].replace("55.94", "55.943"), ROWS[1].replace("61.74", "61.745"))
    assert call("ingest", "--dir", directory, "--map", "ar_history", path).exit_code == 1
    letters = ("dead-letters", "--dir", directory)
    before = records(log_of(directory), DEAD_LETTERS)
    assert [len(part) for part in before] == [2]
    assert call(*letters, "dismiss", 0).exit_code == 2
    assert call(*letters, "dismiss", 0, "--reason", " ").stderr == (
        "--reason: is empty; say why nothing shall come of it\n"
    )
    done = call(*letters, "dismiss", 0, "--reason", "a test file", "--actor", "clerk")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "1 dismissed, 0 not\n", "")
    assert [line.split("  ")[0] for line in call(*letters, "list").stdout.splitlines()] == ["1"]
    first, second = call(*letters, "list", "--all").stdout.splitlines()
    assert first.startswith("0  ")
    assert " by clerk: a test file  " in first
    assert second.startswith("1  ")
    assert "dismissed" not in second
    assert " by clerk: a test file\nbytes:    " in call(*letters, "show", 0).stdout
    again = call(*letters, "dismiss", 0, 7, 1, "--reason", "x")
    assert (again.exit_code, again.stdout) == (1, "1 dismissed, 2 not\n")
    assert again.stderr.splitlines()[0].endswith(" by clerk: a test file")
    assert again.stderr.splitlines()[1] == "7: there is no such dead letter"
    assert call(*letters, "replay").stdout == "0 submitted again, 0 not\n"
    assert call(*letters, "replay", 0, "--again").stderr.startswith("0: still refused: '55.943' has 3 decimals")
    # What was refused is there as it was; the dismissals stand behind it.
    (after,) = records(log_of(directory), DEAD_LETTERS)
    assert after[:2] == before[0]
    said = [decode(record.value) for record in after[2:]]
    assert [(entry.number, entry.reason) for entry in said if isinstance(entry, Dismissed)] == [
        (0, "a test file"),
        (1, "x"),
    ]


@pytest.mark.parametrize(
    "command", [("dead-letters", "list"), ("report", "--as-of", "2026-01-31"), ("query", "SELECT 1"), ("verify",)]
)
def test_an_installation_that_is_not_there_is_2_and_not_made(directory: Path, command: tuple[str, ...]) -> None:
    first, *rest = command
    found = call(first, "--dir", directory, *rest)
    assert (found.exit_code, found.stderr.split(": ")[1]) == (
        2,
        "no installation is there; `headrace ingest` and `headrace run` make one\n",
    )
    assert not directory.exists()


def test_a_letter_that_is_not_there(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    assert call("dead-letters", "--dir", directory, "show", 7).exit_code == 1
    found = call("dead-letters", "--dir", directory, "replay", 7)
    assert (found.exit_code, found.stderr) == (1, "7: there is no such dead letter\n")


def test_bytes_that_are_no_text_are_shown_as_hex(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    assert call("dead-letters", "--dir", directory, "list").exit_code == 0
    log = log_of(directory)
    writer = log.writer("invoices", "test")
    writer.send(0, None, b"\0\xff")
    writer.send(0, None, encode_fact(invoice())[:9])
    writer.flush(5)
    writer.close()
    log.close()
    run_intake(directory)
    shown = call("dead-letters", "--dir", directory, "show", 0)
    assert shown.stdout.endswith("origin:   invoices/0/0\nstate:    open\nbytes:    2\n00 ff\n")


def test_allow_clock_reaches_every_shard(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    found = call("operate", "--dir", directory, "allow-clock", "--until", "2030-01-01T00:00:00Z", "--note", "moved")
    assert found.exit_code == 0
    assert found.stdout.endswith(
        "allow_clock until 2030-01-01T00:00:00Z is queued in all 4 shards; in force when they reach it\n"
    )
    for partition in facts(log_of(directory), FACTS):
        (fact,) = partition
        assert isinstance(fact, OperatorAction)
        assert (fact.action, fact.until, fact.note, fact.account_id) == ("allow_clock", 1_893_456_000_000, "moved", "")


def test_a_time_without_a_zone_is_utc(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    found = call("operate", "--dir", directory, "allow-clock", "--until", "2030-01-01T00:00", "--note", "moved")
    assert found.exit_code == 0
    assert {
        fact.until for part in facts(log_of(directory), FACTS) for fact in part if isinstance(fact, OperatorAction)
    } == {1_893_456_000_000}


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("tomorrow", "not a time, such as 2026-12-31T12:00:00Z (UTC without a zone)"),
        ("2030-01-01", "names a day and no time; write a time, such as 2026-12-31T12:00:00Z"),
        ("2026-11-31T12:00", "there is no such day"),
    ],
)
def test_what_is_no_time_is_wrong_usage(directory: Path, until: str, said: str) -> None:
    found = call("operate", "--dir", directory, "allow-clock", "--until", until, "--note", "x")
    assert (found.exit_code, found.stderr) == (2, f"--until {until}: {said}\n")


def test_orders_go_to_the_account(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    where = ("--tenant", "t1", "--entity", "us01", "--note", "why", "--actor", "me")
    for arguments in [
        ("resume-account", "A-1", *where),
        ("block-reminders", "A-1", *where),
        ("unblock-reminders", "A-1", *where),
        ("identify-payer", "~suspense:b:01", "--receipt", "R1", "--target", "A-1", *where),
        (
            "apply-cash",
            "A-1",
            "--receipt",
            "R1",
            "--document",
            "I1",
            "--amount-minor",
            500,
            "--currency",
            "USD",
            *where,
        ),
        ("unapply-cash", "A-1", "--receipt", "R1", "--document", "I1", *where),
    ]:
        assert call("operate", "--dir", directory, *arguments).exit_code == 0, arguments
    one = ("operate", "--dir", directory, "resume-account", "A-2", *where)
    assert f"when intake takes it in:\n  headrace run --dir {directory}\n" in call(*one).stdout
    lock = Lock(flows_lock(load(directory, None)), "flows")
    running = call(*one).stdout
    lock.close()
    assert (
        f"It takes effect when intake takes it in, at once while the flows run: process {os.getpid()}. Then"
        in " ".join(running.split())
    )
    sent = [
        fact for partition in facts(log_of(directory), "operations") for fact in partition if fact.account_id != "A-2"
    ]
    found = sorted((f.action, f.account_id, f.target_account, f.amount) for f in sent if isinstance(f, OperatorAction))
    assert found == [
        ("apply_cash", "A-1", "", 500),
        ("block_reminders", "A-1", "", 0),
        ("identify_payer", "~suspense:b:01", "A-1", 0),
        ("resume_account", "A-1", "", 0),
        ("unapply_cash", "A-1", "", 0),
        ("unblock_reminders", "A-1", "", 0),
    ]
    run_intake(directory)
    assert call("dead-letters", "--dir", directory, "list").stdout == ""


def test_a_run_is_a_replay_or_live() -> None:
    found = call("run", "all", "--replay", "--live")
    assert (found.exit_code, found.stderr) == (2, "say --replay or --live, not both\n")


def test_an_order_that_cannot_be_is_wrong_usage(directory: Path) -> None:
    open_installation(load(directory, None)).close()
    found = call(
        "operate", "--dir", directory, "resume-account", "A", "--tenant", "a/b", "--entity", "e", "--note", "x"
    )
    assert found.exit_code == 2
    assert found.stderr.startswith("tenant: 'a/b' has a slash")
