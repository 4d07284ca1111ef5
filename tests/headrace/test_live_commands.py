"""headrace live and rebuild redis as they are called: what they print, and the codes they leave with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connectors.log.base import Log
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from headrace.logs import open_installation
from headrace.main import app
from headrace.places import clickhouse_place, live_server, query_socket
from headrace.settings import Settings
from tests.installations import Facts, but, clock
from tests.ledger import Ledger, day
from tests.live_views import keep, work
from tests.publishing import Never, append_decisions, customer


def run(directory: Path, *arguments: str, columns: int = 200) -> Result:
    command, *rest = arguments
    return CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"}).invoke(
        app, [command, *(["redis"] if command == "rebuild" else []), "--dir", str(directory), *rest]
    )


def answer(directory: Path, *arguments: str) -> Any:
    done = run(directory, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    directory = tmp_path_factory.mktemp("installation")
    (directory / "headrace.toml").write_text("shards = 2\n")
    return Settings(dir=directory, shards=2, log_sync=False)


@pytest.fixture(scope="module")
def log(settings: Settings) -> Iterator[Log]:
    opened = open_installation(settings)
    ledger = Ledger(shards=2)
    ledger.invoice("C1", "INV-1", 1_234_56, "2026-01-01", "2026-02-01")
    work(ledger, "C1")
    work(ledger, "C2")
    Facts(opened).append([but(customer("C1", []), risk_class="high", contract="K-7"), clock(day("2026-03-09"))])
    append_decisions(opened, ledger)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def directory(settings: Settings, log: Log) -> Path:
    with live_server(settings) as server:
        keep(log, server)
    return settings.dir


def test_a_card_says_how_the_account_stands(directory: Path) -> None:
    assert answer(directory, "live", "card", "C1") == {
        "tenant": "t1", "entity": "us01", "account_id": "C1", "name": "C1", "country": "US", "language": "en",
        "segment": "", "tier": "", "region": "", "risk_class": "high", "contract": "K-7", "owner": "cy", "as_of": "2026-03-09",
        "balances": {
            "USD": {
                "open_debit": "1234.56", "open_credit": "0.00", "unapplied": "20.00", "on_account": "0.00",
                "past_due": "1234.56", "disputed": "0.00", "promised": "4.00", "balance": "1214.56",
                "aging": {"current": "0.00", "1-30": "0.00", "31-60": "1234.56", "61-90": "0.00", "91+": "0.00"},
                "open_items": 1, "oldest_due": "2026-02-01",
            }
        },
        "disputes": 1, "promises": 1, "drafts": 1, "exceptions": 2, "approvals": 1, "tasks": 2, "level": 0,
        "credit": {
            "held": True, "held_for": ["over_limit"], "held_since": "2026-03-04 00:00:00.000", "currency": "USD",
            "limit": "80.00", "exposure": "90.00",
        },
        "last_contact": None,
        "next": {"action": "call", "task": "large_overdue:USD", "until": "2026-03-09 00:00:00.000"},
    }  # fmt: skip
    shown = run(directory, "live", "card", "t1/us01/C1").stdout.splitlines()
    assert shown[:2] == ["t1/us01/C1  C1  US", "as of 2026-03-09, owner cy, dunning level 0"]
    assert any([cell.strip() for cell in line.split("│")] == ["", "balance", "1,214.56", ""] for line in shown)
    assert shown[-3:] == [
        "open: disputes 1, promises 1, drafts 1, exceptions 2, approvals 1, tasks 2",
        "credit: 90.00 of 80.00 USD, held since 2026-03-04 00:00: over_limit",
        "next: call (large_overdue:USD) until 2026-03-09 00:00",
    ]


def test_lists_are_those_of_clickhouse(directory: Path, settings: Settings, log: Log) -> None:
    publish_clickhouse(
        log, clickhouse_place(settings), query_socket(settings), until_idle=True, stop=Never(), status=PublishStatus()
    )
    tasks = answer(directory, "worklist")
    assert len(tasks) == 4
    found = answer(directory, "live", "worklist")
    assert found == tasks
    assert [list(row) for row in found] == [list(row) for row in tasks]
    assert answer(directory, "live", "worklist", "--owner", "ann") == answer(directory, "worklist", "--owner", "ann")
    queue = answer(directory, "live", "queue")
    for what, there in (("exception", "exceptions"), ("proposal", "exceptions"), ("approval", "approvals")):
        mine = [row for row in queue if row["what"] == what]
        theirs = [row for row in answer(directory, there) if row.get("what", "approval") == what]
        names = {"owner", "amount", "currency", "deadline", "reasons", "candidates", "notes", "last_note", "step"}
        names &= mine[0].keys() & theirs[0].keys()
        assert [[row[name] for name in sorted(names)] for row in mine] == [
            [row[name] for name in sorted(names)] for row in theirs
        ]
        assert len(mine) == 2


def test_clocks_say_what_is_over(directory: Path) -> None:
    found = answer(directory, "live", "clocks", "--most", "5")
    assert [(row["what"], row["id"], row["account_id"], row["over"]) for row in found] == [
        ("proposal", "R-C1", "C1", True),
        ("proposal", "R-C2", "C2", True),
        ("exception", "hold:I1", "C1", True),
        ("exception", "hold:I1", "C2", True),
        ("task", "large_overdue:USD", "C1", True),
    ]
    last = answer(directory, "live", "clocks")[-1]
    assert (last["what"], last["deadline"], last["over"], last["owner"]) == (
        "approval", "2026-03-11 00:00:00.000", False, "deputy",
    )  # fmt: skip


@pytest.mark.parametrize("written", ["INV-1", "inv 1", "INV-001", "inv/0001"])
def test_references_are_found(directory: Path, written: str) -> None:
    assert answer(directory, "live", "find", written) == [
        {"tenant": "t1", "entity": "us01", "account_id": "C1", "what": "document", "reference": "INV-1"}
    ]


def test_a_reference_that_is_nowhere_is_an_error(directory: Path) -> None:
    done = run(directory, "live", "find", "X-1")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "nothing is called X-1, of all that is published\n")
    done = run(directory, "live", "find", "X-1", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("worklist", "--owner", "nobody"), "no task is open for nobody"),
        (("queue", "--owner", "nobody"), "nothing waits for a person for nobody"),
    ],
)
def test_what_is_not_there_is_said(directory: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(directory, "live", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{said}, of all that is published\n")
    assert answer(directory, "live", *arguments) == []


def test_an_account_that_is_not_there_is_an_error(directory: Path) -> None:
    done = run(directory, "live", "card", "C9")
    assert (done.exit_code, done.stderr) == (1, "no account is called C9, of all that is published\n")


def test_an_account_of_two_companies_must_be_named(tmp_path: Path) -> None:
    settings = Settings(dir=tmp_path, shards=2, log_sync=False)
    log = open_installation(settings)
    for entity in ("us01", "us02"):
        ledger = Ledger(shards=2, entity=entity, following=log.end_offsets("decisions"))
        ledger.invoice("C1", "INV-1", 100, "2026-01-01", "2026-02-01")
        ledger.invoice(f"K/{entity}/1", "INV-2", 100, "2026-01-01", "2026-02-01")
        append_decisions(log, ledger)
    with live_server(settings) as server:
        keep(log, server)
    log.close()
    done = run(tmp_path, "live", "card", "C1")
    assert (done.exit_code, done.stderr) == (
        1, "several accounts are called C1; name one: t1/us01/C1, t1/us02/C1\n",
    )  # fmt: skip
    assert answer(tmp_path, "live", "card", "t1/us02/C1")["entity"] == "us02"
    # Slashes of a number of its own are no tenant and company.
    for name in ("K/us02/1", "t1/us02/K/us02/1"):
        assert answer(tmp_path, "live", "card", name)["account_id"] == "K/us02/1"


def test_without_live_views_it_says_what_makes_them(tmp_path: Path) -> None:
    done = run(tmp_path, "live", "worklist")
    assert (done.exit_code, done.stderr) == (
        2, f"{tmp_path}: has no live views yet; `headrace run publish --sink live` makes them\n",
    )  # fmt: skip


def test_a_rebuild_tells_what_it_made_and_everything_is_as_before(directory: Path, log: Log) -> None:
    before = answer(directory, "live", "card", "C1")
    made = answer(directory, "rebuild")
    assert (made["decisions"], made["shards"]) == (sum(log.end_offsets("decisions")), 2)
    assert answer(directory, "live", "card", "C1") == before
    assert run(directory, "rebuild").stdout.startswith(
        f"live views of 2 shards made of {made['decisions']} decisions in"
    )


def test_commands_ask_the_process_that_has_the_views(directory: Path, settings: Settings, log: Log) -> None:
    with live_server(settings) as server:
        process = server.client.info("server")["process_id"]
        assert len(answer(directory, "live", "worklist")) == 4
        assert answer(directory, "rebuild")["shards"] == 2
        keep(log, server)
        assert server.client.info("server")["process_id"] == process
