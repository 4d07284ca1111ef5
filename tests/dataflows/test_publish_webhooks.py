"""The webhook sink as a process, against a real receiver: each event once and in its order, whatever is killed or stalls."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.log.base import Log
from schemas.topics import FACTS
from sinks.effects.base import effect_key
from sinks.webhooks.events import event_of
from tests.commands import headrace, headrace_here
from tests.hooks import (
    HookServer,
    Received,
    by_account,
    effects,
    endpoint,
    made,
    started,
    states,
    tell,
    write_settings,
)
from tests.ledger import Ledger
from tests.live import LiveLedger, ago
from tests.publishing import append_decisions

SHARDS = 4


def busy(number: int, accounts: int = 5) -> LiveLedger:
    """Invoices that are posted and paid: two events for each, in three decisions."""
    ledger, now = LiveLedger(SHARDS), ago()
    for at in range(number):
        account = f"C{at % accounts}"
        ledger.invoice(account, f"INV-{at}", 1_000 + at, now, "2026-02-01")
        ledger.receipt(account, f"R{at}", 1_000 + at, now)
        ledger.applied(account, f"INV-{at}", f"R{at}", 1_000 + at, now)
    return ledger


def keys(log: Log, ledger: Ledger) -> set[str]:
    identity = log.identity(FACTS)
    return {effect_key(identity, d.shard, d.sequence) for d in ledger.decisions if event_of(d)}


@pytest.fixture
def server() -> Iterator[HookServer]:
    found = HookServer()
    yield found
    found.close()


def until(holds: Callable[[], bool], process: Any = None) -> None:
    """Wait until it holds; a minute is a failure."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        assert process is None or process.poll() is None
        time.sleep(0.02)


def in_order(received: list[Received]) -> bool:
    return all(sequences == sorted(sequences) for sequences in by_account(received).values())


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before_it_counts", "after_it_counts"])
def test_killed_in_mid_flight_each_event_has_one_effect_in_order(
    moment: str, server: HookServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, endpoint(server, at_once=3)), busy(40)
    append_decisions(log, ledger)
    killed: list[int] = []
    lock = threading.Lock()
    process: Any = None

    def answer(request: Received) -> int:
        with lock:
            # One request of several in flight kills its process, and none kills the next one before it began.
            due = len(server.received) > 12 * (len(killed) + 1) and len(killed) < 4 and process.pid not in killed
            if due:
                killed.append(process.pid)
        if due and moment == "before_it_counts":
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return 503
        if due:
            # The answer comes when nobody waits for it any more.
            threading.Timer(0.0, lambda: os.kill(process.pid, signal.SIGKILL)).start()
            process.wait()
        return 200

    server.answer = answer
    for _ in range(4):
        process = started(tmp_path)
        assert process.wait(60) == -signal.SIGKILL
    server.answer = lambda _: 200
    tell(tmp_path, log)
    assert len(set(killed)) == 4
    taken = server.taken()
    assert {one.id for one in taken} == keys(log, ledger)
    assert len(taken) == 80
    assert in_order(taken)
    # The kills did cut attempts off, and these came again with the same id and the same body.
    bodies: dict[str, set[bytes]] = {}
    for one in server.received:
        bodies.setdefault(one.id, set()).add(one.body)
    assert len(server.received) > 80
    assert all(len(found) == 1 for found in bodies.values())
    assert states(tmp_path, "waiting", "sending", "failed", "unknown") == []


@pytest.mark.slow
def test_a_stalled_endpoint_holds_up_no_other_and_catches_up(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, "slow", path="/slow", at_once=2), endpoint(server, "quick", path="/quick"))
    released = threading.Event()

    def answer(request: Received) -> int:
        if request.path == "/slow":
            released.wait(60)
        return 200

    server.answer = answer
    ledger = busy(60)
    append_decisions(log, ledger)
    process = started(tmp_path)
    try:
        until(lambda: len(server.taken("/quick")) == 120, process)
        # What waits for the slow one waits in the file: it has as many at once as it may have.
        assert sum(one.path == "/slow" for one in server.received) == 2
        assert server.taken("/slow") == []
        released.set()
        until(lambda: len(server.taken("/slow")) == 120, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert in_order(server.taken("/slow"))
    assert in_order(server.taken("/quick"))
    assert {one.id for one in server.taken("/slow")} == keys(log, ledger)


def test_an_event_of_an_account_waits_for_the_one_before(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, retry_seconds=[0.5, 0.5, 0.5]))
    failures = {"INV-0": 2}

    def answer(request: Received) -> int:
        document = request.said["data"]["document"]
        left = failures.get(document, 0)
        failures[document] = left - 1
        return 503 if left > 0 else 200

    server.answer = answer
    ledger = busy(2, accounts=2)
    append_decisions(log, ledger)
    process = started(tmp_path)
    try:
        until(lambda: len(server.taken()) == 4, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert [(one.said["type"], one.said["data"]["document"]) for one in server.taken()][-2:] == [
        ("posted", "INV-0"),
        ("paid", "INV-0"),
    ]
    tries = [one.said["type"] for one in server.received if one.said["data"]["document"] == "INV-0"]
    assert tries == ["posted", "posted", "posted", "paid"]


def test_an_endpoint_that_is_gone_is_switched_off_until_a_person_enables_it(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, "gone", path="/gone", at_once=1), endpoint(server, "here", path="/here"))
    server.answer = lambda request: 410 if request.path == "/gone" else 200
    append_decisions(log, busy(3))
    tell(tmp_path, log)
    assert len(server.taken("/here")) == 6
    assert sum(one.path == "/gone" for one in server.received) == 1
    listed = headrace_here(tmp_path, "webhooks", "list", "--json").stdout
    assert '"state": "off since' in listed
    assert "HTTP 410" in listed
    server.answer = lambda _: 200
    tell(tmp_path, log)
    assert server.taken("/gone") == []
    assert headrace_here(tmp_path, "webhooks", "enable", "gone").returncode == 0
    tell(tmp_path, log)
    assert len(server.taken("/gone")) == 6
    assert in_order(server.taken("/gone"))


def test_decisions_of_history_are_told_to_nobody(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server))
    ledger = LiveLedger(SHARDS)
    ledger.invoice("C1", "OLD-1", 100, ago(), "2026-02-01", origin="history")
    ledger.invoice("C1", "NEW-1", 100, ago(), "2026-02-01")
    append_decisions(log, ledger)
    tell(tmp_path, log)
    assert [one.said["data"]["document"] for one in server.received] == ["NEW-1"]


def test_what_is_too_old_expires_and_is_not_tried(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, life_hours=2))
    ledger = LiveLedger(SHARDS)
    ledger.invoice("C1", "LATE-1", 100, ago(hours=2.01), "2026-02-01")
    ledger.invoice("C1", "TIMELY-1", 100, ago(hours=1.9), "2026-02-01")
    append_decisions(log, ledger)
    tell(tmp_path, log)
    assert [one.said["data"]["document"] for one in server.received] == ["TIMELY-1"]
    assert states(tmp_path) == [("crm", "LATE-1", "expired"), ("crm", "TIMELY-1", "done")]


def test_after_its_last_retry_an_event_is_given_up_and_the_next_one_goes(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, retry_seconds=[0.05]))
    server.answer = lambda request: 500 if request.said["type"] == "posted" else 200
    append_decisions(log, busy(1))
    process = started(tmp_path)
    try:
        until(lambda: len(server.taken()) == 1, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert [one.said["type"] for one in server.received] == ["posted", "posted", "paid"]
    assert states(tmp_path) == [("crm", "INV-0", "failed"), ("crm", "INV-0", "done")]
    server.answer = lambda _: 200
    (number,) = [
        row.split()[0] for row in headrace_here(tmp_path, "webhooks", "log", "--json").stdout.split('"number": ')[2:]
    ]
    again = headrace_here(tmp_path, "webhooks", "replay", number.rstrip(","))
    assert again.stdout == "1 will be tried again, 0 not\n"
    tell(tmp_path, log)
    assert [one.said["type"] for one in server.taken()] == ["paid", "posted"]
    assert len({one.id for one in server.received}) == 2


def test_each_endpoint_has_its_own_filter(server: HookServer, tmp_path: Path) -> None:
    log = made(
        tmp_path,
        endpoint(server, "paid", path="/paid", events=["paid"]),
        endpoint(server, "other", path="/other", tenants=["t2"]),
        endpoint(server, "here", path="/here", tenants=["t1", "t2"], entities=["us01"]),
    )
    append_decisions(log, busy(2))
    tell(tmp_path, log)
    assert [one.said["type"] for one in server.taken("/paid")] == ["paid", "paid"]
    assert server.taken("/other") == []
    assert sorted(one.said["type"] for one in server.taken("/here")) == ["paid", "paid", "posted", "posted"]


def test_a_redirect_is_not_followed(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server, events=["paid"], retry_seconds=[]))
    server.answer = lambda _: (307, {"location": server.url("/elsewhere")})
    append_decisions(log, busy(1))
    tell(tmp_path, log)
    assert [one.path for one in server.received] == ["/hook"]
    assert states(tmp_path) == [("crm", "INV-0", "failed")]


def test_an_address_inside_is_refused_where_the_endpoint_may_not_have_it(server: HookServer, tmp_path: Path) -> None:
    inside = endpoint(server, "inside", private=False, url=f"https://localhost:{server.port}/hook", retry_seconds=[])
    log = made(tmp_path, inside)
    append_decisions(log, busy(1))
    tell(tmp_path, log)
    assert server.received == []
    assert states(tmp_path) == [("inside", "INV-0", "failed"), ("inside", "INV-0", "failed")]
    assert "this machine itself" in headrace_here(tmp_path, "webhooks", "log").stdout.replace("\n", " ")


def test_an_endpoint_that_is_taken_out_is_told_nothing_and_one_that_is_new_only_what_comes(
    server: HookServer, tmp_path: Path
) -> None:
    log = made(tmp_path, endpoint(server, "first", path="/first"))
    server.answer = lambda _: 503
    ledger = busy(1)
    append_decisions(log, ledger)
    tell(tmp_path, log)
    server.answer = lambda _: 200
    write_settings(tmp_path, endpoint(server, "second", path="/second"))
    before = len(ledger.decisions)
    ledger.invoice("C9", "INV-9", 5, ago(), "2026-02-01")
    append_decisions(log, ledger, before)
    tell(tmp_path, log)
    assert server.taken("/first") == []
    assert [one.said["data"]["document"] for one in server.taken("/second")] == ["INV-9"]


@pytest.mark.parametrize("others", [0, 1], ids=["none-is-left", "another-is-left"])
def test_a_new_endpoint_with_the_name_of_one_that_was_taken_out_is_told_only_what_comes(
    others: int, server: HookServer, tmp_path: Path
) -> None:
    other = [endpoint(server, "other", path="/other", events=["viewed"])][:others]
    log = made(tmp_path, endpoint(server), *other)
    server.answer = lambda _: 503
    ledger = busy(1)
    append_decisions(log, ledger)
    tell(tmp_path, log)
    write_settings(tmp_path, *other)
    tell(tmp_path, log)
    assert {state for _, _, state in states(tmp_path)} == {"withdrawn"}
    before = len(ledger.decisions)
    ledger.invoice("C8", "INV-8", 5, ago(), "2026-02-01")
    append_decisions(log, ledger, before)
    if other:
        tell(tmp_path, log)
    else:
        # As a whole: where no endpoint is set the sink is run for the sake of those that were.
        assert headrace(tmp_path, "run", "publish", "--until-idle").returncode == 0
    server.answer = lambda _: 200
    write_settings(tmp_path, endpoint(server, path="/new"), *other)
    before = len(ledger.decisions)
    ledger.invoice("C9", "INV-9", 5, ago(), "2026-02-01")
    append_decisions(log, ledger, before)
    make_due(tmp_path)
    tell(tmp_path, log)
    assert [one.said["data"]["document"] for one in server.taken("/new")] == ["INV-9"]


def test_what_a_crash_cut_off_is_not_unknown_though_its_endpoint_was_taken_out(
    server: HookServer, tmp_path: Path
) -> None:
    held, released = threading.Event(), threading.Event()

    def answer(_: Received) -> int:
        held.set()
        released.wait(60)
        return 200

    log = made(tmp_path, endpoint(server))
    server.answer = answer
    append_decisions(log, busy(1))
    process = started(tmp_path)
    assert held.wait(60)
    process.kill()
    process.wait()
    released.set()
    assert {state for _, _, state in states(tmp_path)} == {"sending", "waiting"}
    write_settings(tmp_path, endpoint(server, "other"))
    tell(tmp_path, log)
    store = effects(tmp_path)
    gone = "the endpoint is not set any more"
    maybe = f"{gone}; an attempt had no answer, and may have arrived"
    assert {(row.state, row.detail) for row in store.rows()} == {("withdrawn", gone), ("withdrawn", maybe)}
    store.close()


def test_one_event_that_is_to_wait_for_a_day_holds_up_no_other_for_so_long(server: HookServer, tmp_path: Path) -> None:
    first: list[str] = []

    def answer(request: Received) -> int | tuple[int, dict[str, str]]:
        first.append(request.id)
        return (503, {"Retry-After": "86400"}) if request.id == first[0] else 200

    log = made(tmp_path, endpoint(server, at_once=1))
    server.answer = answer
    append_decisions(log, busy(2, accounts=2))
    tell(tmp_path, log)
    now_ms = time.time_ns() // 1_000_000
    store = effects(tmp_path)
    (row,) = store.targets().values()
    waits = {row.key: row.due_ms for row in store.rows() if row.attempts}
    store.close()
    assert 0 < row.paused_until_ms - now_ms <= 300_000
    assert list(waits) == [first[0]]
    assert waits[first[0]] - now_ms > 86_000_000


def test_an_endpoint_that_is_set_to_want_less_is_not_told_what_waited(server: HookServer, tmp_path: Path) -> None:
    narrower = {"t": {"tenants": ["another"]}, "e": {"entities": ["another"]}, "k": {"events": ["paid"]}}
    log = made(tmp_path, *(endpoint(server, name) for name in narrower))
    server.answer = lambda _: 503
    ledger, now = LiveLedger(SHARDS), ago()
    for number in range(12):
        # Of the last account two, so that one waits for its turn behind another.
        ledger.invoice(f"C{min(number, 10)}", f"INV-{number}", 1_000, now, "2026-02-01")
    append_decisions(log, ledger)
    tell(tmp_path, log)
    assert {state for _, _, state in states(tmp_path)} == {"waiting"}
    before = len(server.received)
    server.answer = lambda _: 200
    write_settings(tmp_path, *(endpoint(server, name, **less) for name, less in narrower.items()))
    make_due(tmp_path)
    tell(tmp_path, log)
    assert len(server.received) == before
    assert sorted(states(tmp_path)) == sorted((x, f"INV-{n}", "withdrawn") for x in narrower for n in range(12))
    store = effects(tmp_path)
    assert {row.detail for row in store.rows()} == {"as it is set now, the endpoint does not want it"}
    number = str(store.rows()[0].number)
    store.close()
    # Where the endpoint wants it again, a person has it told.
    write_settings(tmp_path, *(endpoint(server, name) for name in narrower))
    assert headrace_here(tmp_path, "webhooks", "replay", number).returncode == 0
    tell(tmp_path, log)
    assert len(server.received) == before + 1


def make_due(directory: Path) -> None:
    """What failed is due again, and its target no more left alone."""
    store = effects(directory)
    for row in store.targets().values():
        store.set_target(row._replace(failures=0, paused_until_ms=0))
    with store.transaction() as connection:
        connection.execute("UPDATE effects SET due_ms = 0 WHERE state = 'waiting'")
    store.close()
