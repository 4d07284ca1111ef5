"""Webhooks as people and other systems see them: from a live log to a verified message, and the commands about them."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from standardwebhooks.webhooks import Webhook

from connectors.log.sqlite import SqliteLog
from headrace.logs import open_installation
from headrace.settings import load
from schemas.topics import DECISIONS, FACTS
from sinks.effects.base import Outcome, Result
from sinks.effects.files import make
from sinks.effects.store import EffectStore, TargetRow
from tests.commands import headrace, headrace_here
from tests.dataflows.sending import send
from tests.facts import DAY_MS, customer, invoice, receipt
from tests.hooks import SECRET, HookServer, effects, endpoint, made, tell, write_settings
from tests.live import LiveLedger, ago
from tests.publishing import append_decisions
from tests.raw_server import raw_server
from tests.sinks.effects.test_store import ask, do

YEARS_MS = 10 * 365 * DAY_MS


@pytest.fixture
def server() -> Iterator[HookServer]:
    found = HookServer()
    yield found
    found.close()


def run(directory: Path, *flows: str) -> None:
    for flow in flows:
        words = ["publish", "--sink", flow] if flow == "webhooks" else [flow]
        done = headrace(directory, "run", *words, "--until-idle")
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_what_happens_in_a_live_log_is_told_once_signed_and_an_import_to_nobody(
    server: HookServer, tmp_path: Path
) -> None:
    log = made(tmp_path, endpoint(server))
    now = time.time_ns() // 1_000_000
    today, old = now // DAY_MS, (now - YEARS_MS) // DAY_MS
    send(log, [customer(event_time=now)])
    # Ten years of them, brought into the running log: as they come, and with the time at which another system learned them.
    for number in range(20):
        at = now - YEARS_MS + number * YEARS_MS // 21
        days = {"document_date": old, "posting_date": at // DAY_MS, "due_date": at // DAY_MS + 30}
        name = f"OLD-{number}"
        fact = invoice(event_id=name, document=name, event_time=at, recorded_time=at if number % 2 else 0, **days)
        send(log, [fact])
    new = {"document_date": today, "posting_date": today, "due_date": today + 30, "event_time": now}
    send(log, [invoice(event_id="new", document="INV-1", **new)])
    run(tmp_path, "intake", "receivables")
    send(log, [receipt(event_time=now, posting_date=today, value_date=today)])
    run(tmp_path, "intake", "receivables", "webhooks", "webhooks")
    told = [(one.said["type"], one.said["data"]["document"]) for one in server.received]
    assert told == [("posted", "INV-1"), ("paid", "INV-1")]
    for one in server.received:
        verified = Webhook(SECRET).verify(one.body, dict(one.headers))
        assert verified["data"]["account_id"] == "A-1"
        assert verified["data"]["amount"] == "107.00"
    assert log.end_offsets(DECISIONS) != [0] * 4
    logged = json.loads(headrace_here(tmp_path, "webhooks", "log", "--json").stdout)
    assert [(one["event"], one["state"], one["attempts"]) for one in logged] == [
        ("paid", "done", 1),
        ("posted", "done", 1),
    ]
    assert logged[0]["key"] == server.received[1].id
    assert logged[0]["tried"][0]["detail"] == "HTTP 200"


def test_endpoints_are_listed_without_their_secrets(server: HookServer, tmp_path: Path) -> None:
    write_settings(tmp_path, endpoint(server, events=["paid"]), endpoint(server, "other"))
    said = headrace_here(tmp_path, "webhooks", "list", "--json")
    assert [(one["name"], one["events"], one["secrets"], one["state"]) for one in json.loads(said.stdout)] == [
        ("crm", ["paid"], 1, "on"),
        ("other", [], 1, "on"),
    ]
    table = headrace_here(tmp_path, "webhooks", "list")
    assert "whsec" not in said.stdout + table.stdout


def test_a_wrong_endpoint_is_told_without_its_secret(server: HookServer, tmp_path: Path) -> None:
    write_settings(tmp_path, endpoint(server, secrets=["whsec_c2hvcnQ="], events=["payed"]))
    said = headrace_here(tmp_path, "webhooks", "list")
    assert said.returncode == 2
    assert "headrace.toml: webhooks 1: secrets, number 1: must be whsec_ and base64" in said.stderr
    assert "there is no 'payed'" in said.stderr
    assert "c2hvcnQ" not in said.stderr


def test_an_endpoint_is_tested(server: HookServer, tmp_path: Path) -> None:
    write_settings(tmp_path, endpoint(server))
    assert headrace_here(tmp_path, "webhooks", "test", "crm").stdout.endswith(": HTTP 200\n")
    assert server.received[0].said["type"] == "test"
    assert Webhook(SECRET).verify(server.received[0].body, dict(server.received[0].headers))
    server.answer = lambda _: 500
    refused = headrace_here(tmp_path, "webhooks", "test", "crm")
    assert (refused.returncode, refused.stdout.split(": ")[1]) == (1, "HTTP 500\n")
    nobody = headrace_here(tmp_path, "webhooks", "test", "cmr")
    assert (nobody.returncode, nobody.stderr) == (1, "cmr: no endpoint of that name is set; there are: crm\n")


def test_an_endpoint_that_drips_its_answer_is_broken_off(server: HookServer, tmp_path: Path) -> None:
    over = Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        # Each byte comes in time; all of them never do.
        while not over.wait(0.1):
            connection.sendall(b"y")

    with raw_server(talk) as (host, port):
        write_settings(tmp_path, endpoint(server, url=f"http://{host}:{port}/"))
        said = headrace_here(tmp_path, "webhooks", "test", "crm", "--seconds", "1")
        over.set()
    assert said.returncode == 1
    assert said.stdout.partition(": ")[2] == (
        "no whole answer within 1 seconds, broken off; it may have the message all the same\n"
    )


def test_a_sink_that_lost_its_position_stops_until_it_is_started_from_somewhere(
    server: HookServer, tmp_path: Path
) -> None:
    log: SqliteLog = made(tmp_path, endpoint(server))
    ledger = LiveLedger(4)
    ledger.invoice("C1", "INV-1", 5, ago(), "2026-02-01")
    append_decisions(log, ledger)
    tell(tmp_path, log)
    fine = headrace_here(tmp_path, "effects", "start", "webhooks", "--from", "end")
    assert fine.returncode == 1
    assert "the sink webhooks has its position, and goes on from it" in fine.stderr
    (tmp_path / "effects" / "webhooks.sqlite").unlink()
    between = ago()
    ledger.invoice("C1", "INV-2", 5, ago(), "2026-02-01")
    append_decisions(log, ledger, 1)
    stopped = headrace(tmp_path, "run", "publish", "--sink", "webhooks", "--until-idle")
    assert stopped.returncode == 1
    again = f"headrace effects --dir {tmp_path} start webhooks --from end"
    assert f"so it sends nothing. Put the file back, or say from where it goes on: {again}\n" in stopped.stderr
    wrong = headrace_here(tmp_path, "effects", "start", "webhooks", "--from", "yesterday")
    assert (wrong.returncode, wrong.stderr[:18]) == (2, "--from yesterday: ")
    started = headrace_here(tmp_path, "effects", "start", "webhooks", "--from", between)
    assert started.stdout == f"the sink webhooks goes on from {between}: 1 decisions are to be read\n"
    tell(tmp_path, log)
    assert [one.said["data"]["document"] for one in server.received] == ["INV-1", "INV-2"]


def test_what_failed_is_listed_tried_again_and_settled(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, retry_seconds=[]))
    ledger = LiveLedger(4)
    ledger.invoice("C1", "INV-1", 5, ago(), "2026-02-01")
    ledger.invoice("C2", "INV-2", 5, ago(), "2026-02-01")
    append_decisions(log, ledger)
    server.answer = lambda _: 500
    tell(tmp_path, log)
    assert headrace_here(tmp_path, "effects", "list").stdout.count("failed") == 2
    assert headrace_here(tmp_path, "effects", "retry", "webhooks", "1").stdout == "1 will be tried again, 0 not\n"
    still = headrace_here(tmp_path, "effects", "retry", "webhooks", "1", "99")
    assert (still.returncode, still.stderr) == (
        1,
        "1: is waiting, and is tried without this\n99: there is no such effect\n",
    )
    server.answer = lambda _: 200
    store = effects(tmp_path)
    store.set_target(TargetRow("crm", off_ms=1_000, off_why="HTTP 410"))
    store.close()
    tell(tmp_path, log)
    assert len(server.received) == 2
    nothing = headrace_here(tmp_path, "effects", "enable", "webhooks", "cmr")
    assert (nothing.returncode, nothing.stderr) == (
        1,
        "cmr: nothing was ever to be done there; of late something was at: crm\n",
    )
    enabled = headrace_here(tmp_path, "effects", "enable", "webhooks", "crm")
    assert enabled.stdout == "crm is on (was off since 1970-01-01T00:00:01Z)\n"
    tell(tmp_path, log)
    settled = headrace_here(
        tmp_path, "effects", "settle", "webhooks", "2", "--failed", "--note", "they know", "--actor", "Kim"
    )
    assert settled.stdout == "1 settled as failed, 0 not\n"
    store = effects(tmp_path)
    assert [(row.number, row.state, row.detail) for row in reversed(store.rows())] == [
        (1, "done", "HTTP 200"),
        (2, "failed", "settled by Kim: they know"),
    ]
    store.close()
    assert headrace_here(tmp_path, "effects", "list", "--state", "done").stdout.count("done") == 1


def test_without_a_sink_those_of_every_sink_are_listed(server: HookServer, tmp_path: Path) -> None:
    made(tmp_path, endpoint(server))
    path = tmp_path / "effects" / "delivery.sqlite"
    make(path, "delivery", "facts", "decisions", {})
    store = EffectStore(path)
    ask(store, "a", "b")
    do(store, 1, Outcome(Result.refused), 0)
    store.close()
    listed = headrace_here(tmp_path, "effects", "list")
    assert (listed.returncode, listed.stderr) == (0, "webhooks: nothing waits, and nothing failed\n")
    assert listed.stdout.splitlines()[0].strip() == "delivery"
    assert (listed.stdout.count("failed"), listed.stdout.count("waiting")) == (1, 1)
    found = json.loads(headrace_here(tmp_path, "effects", "list", "--json").stdout)
    assert [(one["sink"], one["number"], one["state"]) for one in found] == [
        ("delivery", 2, "waiting"),
        ("delivery", 1, "failed"),
    ]


def test_run_all_tells_what_is_decided_in_it(server: HookServer, tmp_path: Path) -> None:
    # The sink is as new as the rest, and begins before what waits there is decided.
    write_settings(tmp_path, endpoint(server, events=["posted"]))
    log = open_installation(load(tmp_path, None))
    now = time.time_ns() // 1_000_000
    today = now // DAY_MS
    days = {"document_date": today, "posting_date": today, "due_date": today + 30, "event_time": now}
    send(log, [customer(event_time=now), invoice(**days)])
    done = headrace(tmp_path, "run", "all", "--live", "--until-idle")
    assert done.returncode == 0, done.stderr
    assert [one.said["data"]["document"] for one in server.taken()] == ["INV-1"]
    assert log.end_offsets(FACTS) != [0] * 4


def test_where_no_sink_has_run_the_commands_say_so(server: HookServer, tmp_path: Path) -> None:
    write_settings(tmp_path, endpoint(server))
    said = headrace_here(tmp_path, "webhooks", "log")
    assert said.returncode == 1
    assert "the sink webhooks has not run here yet" in said.stderr
    unknown = headrace_here(tmp_path, "effects", "list", "fax")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "fax: there is no such sink; there are webhooks, delivery, erp\n",
    )
