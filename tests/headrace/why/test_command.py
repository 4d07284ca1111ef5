"""headrace why on a real installation, by its command alone, while its shards are open in another place."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.log.sqlite import SqliteLog
from dataflows.shards.owner import Owner
from headrace.main import app
from schemas.topics import FACTS
from tests.connectors.files.test_ingest import ROWS, write

ROOT = Path(__file__).parents[3]
SETTINGS = {"HEADRACE_LOG_SYNC": "false", "HEADRACE_SHARDS": "3", "PYTHONPATH": str(ROOT)}
ACCOUNT = "8976-AMJEO"
INVOICE = "7900770"


def headrace(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headrace.main", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | SETTINGS, check=False, capture_output=True, text=True, timeout=120
    )


def call(*arguments: object) -> Result:
    runner = CliRunner(env={**SETTINGS, "COLUMNS": "200", "NO_COLOR": "1"})
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two accounts of real history, all done; and its shards held open, as a flow that runs holds them."""
    made = tmp_path_factory.mktemp("made") / "d"
    path = write(made.parent / "ar.csv", *ROWS)
    assert call("ingest", "--dir", made, "--map", "ar_history", path).exit_code == 0
    done = headrace("run", "all", "--dir", made, "--replay", "--until-idle")
    assert done.returncode == 0, done.stderr
    log = SqliteLog(made / "log", sync=False)
    owner = Owner(log, range(log.partitions(FACTS)), made / "state", 1 << 20, "test")
    yield made
    owner.close()
    log.close()


def timeline(directory: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(call("timeline", "--dir", directory, ACCOUNT, "--json").stdout)
    return rows


def test_every_line_of_a_timeline_has_an_id_and_is_explained(directory: Path) -> None:
    rows = timeline(directory)
    assert [row["kind"] for row in rows] == [
        *("item_posted", "reminder_due", "dispute_opened", "reminder_suppressed"),
        *("receipt_booked", "cash_applied", "dispute_closed"),
    ]
    for row in rows:
        assert row["because"]
        told = call("why", row["id"], "--dir", directory)
        assert told.exit_code == 0, told.stderr
        assert told.stdout.splitlines()[0] == f"{row['id']}  {row['words']}"
        said = json.loads(call("why", row["id"], "--dir", directory, "--json").stdout)
        assert (said["id"], said["words"]) == (row["id"], row["words"])
        assert said["account"] == f"sample/ibm/{ACCOUNT}"


def test_a_timeline_says_because(directory: Path) -> None:
    text = call("timeline", "--dir", directory, ACCOUNT).stdout
    assert (
        f"61.74 USD of receipt {INVOICE} applied to {INVOICE} (cash.1.structured), cleared, because the payment names it"
        in text
    )


def test_a_cause_is_the_fact_of_the_file(directory: Path) -> None:
    (applied,) = [row for row in timeline(directory) if row["kind"] == "cash_applied"]
    said = json.loads(call("why", applied["id"], "--dir", directory, "--json").stdout)
    assert said["cause"]["title"].startswith(f"Receipt {INVOICE} of 61.74 USD, valued 2013-03-03")
    assert [one["words"].partition(",")[0] for one in said["before"]] == [f"Invoice {INVOICE} of 61.74 USD"]
    assert said["policy"]["section"] == "cash"
    assert said["rule"] == "cash.1.structured"


def test_what_a_document_waits_for(directory: Path) -> None:
    told = call("why", "--item", INVOICE, "--dir", directory)
    assert told.exit_code == 0, told.stderr
    text = told.stdout
    assert f"Document {INVOICE} of sample/ibm/{ACCOUNT}" in text
    assert "cleared: nothing of it is open" in text
    assert f"Receipt {INVOICE} of sample/ibm/{ACCOUNT}" in text
    both = json.loads(call("why", "--item", INVOICE, "--account", ACCOUNT, "--dir", directory, "--json").stdout)
    assert [one["kind"] for one in both] == ["document", "receipt", "dispute"]
    assert both[0]["said"][0]["words"] == f"Invoice {INVOICE} of 61.74 USD posted, due 2013-02-25"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("0-99999",), 1, "0-99999: there is no such decision"),
        (("99-0",), 1, "99-0: there is no such decision"),
        (("INV-1",), 2, "INV-1: say which decision, as timeline shows it: SHARD-SEQUENCE"),
        ((), 2, "nothing: say which decision"),
        (("0-1", "--item", "X"), 2, "say either a decision, or --item NUMBER"),
        (("--account", ACCOUNT), 0, f"{ACCOUNT}: nothing of it waits for anything"),
        (("--account", "Y"), 1, "Y: Y has nothing"),
        (("--item", "X"), 1, "X: no account has anything of that number"),
        (("--item", INVOICE, "--account", "Y"), 1, f"{INVOICE}: Y has nothing of that number"),
    ],
)
def test_what_is_not_there_is_said(directory: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    told = call("why", *arguments, "--dir", directory)
    assert (told.exit_code, told.stdout) == (code, "")
    assert told.stderr.startswith(said)


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    told = call("why", "0-0", "--dir", tmp_path / "none")
    assert told.exit_code == 2
    assert "no installation is there" in told.stderr
    assert not (tmp_path / "none").exists()


def test_a_run_says_that_it_made_an_installation(tmp_path: Path) -> None:
    made = tmp_path / "mistyped"
    done = headrace("run", "receivables", "--dir", made, "--until-idle")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0] == f"made a new installation at {made}"
    again = headrace("run", "receivables", "--dir", made, "--until-idle")
    assert "made a new installation" not in again.stderr
