"""What the sink of postings asks for, when, and what it tells of what came of it."""

import socket
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from schemas.records import Decision, ErpPosting
from sinks.effects.base import Effect, Ending, Outcome, Result, State
from sinks.erp.http import Answer
from sinks.erp.ledger import GROUPS
from sinks.erp.mapping import adapter_of, read_mapping
from sinks.erp.sink import Erp, ErpSink, Needed
from tests.commands import ROOT
from tests.erp import MAPPING, BackOffice
from tests.ledger import instant
from tests.raw_server import raw_server

NOON = "2026-03-02T12:00:00"


def erp(directory: Path, url: str = "http://127.0.0.1:9", **changes: Any) -> Erp:
    path = directory / "books.toml"
    path.write_text(MAPPING.format(more=""))
    given: dict[str, Any] = {"kinds": frozenset(GROUPS)} | changes
    return Erp("books", adapter_of(url, "key:secret", read_mapping(path)), **given)


def receipt(**fields: Any) -> Decision:
    return BackOffice().fact("C1", ("receipt_booked", {"receipt_id": "R1", "amount": 500} | fields), on=NOON)[0]


def test_what_the_erp_did_itself_is_never_written_back(tmp_path: Path) -> None:
    books = erp(tmp_path, leaves_out=frozenset({("receipt_booked", "cash_transferred")}))
    assert books.takes(receipt(cause_kind="receipt"))
    assert not books.takes(receipt(cause_kind="erp_posting"))
    assert not books.takes(receipt(cause_kind="cash_transferred"))
    assert not books.takes(receipt(amount=0))
    assert not erp(tmp_path, tenants=("t2",)).takes(receipt())
    assert erp(tmp_path, tenants=("t1",), entities=("us01",)).takes(receipt())
    assert not erp(tmp_path, kinds=frozenset({"cash_applied"})).takes(receipt())


def test_what_waited_for_an_erp_that_is_set_to_take_less_is_not_wanted(tmp_path: Path) -> None:
    effect = Effect(1, "k-0-0", "books", "posting", "", (receipt(cause_kind="receipt"),), 0, 0)
    assert ErpSink([erp(tmp_path)]).unwanted(effect) == ""
    for less in ({"tenants": ("t2",)}, {"entities": ("de01",)}, {"kinds": frozenset({"cash_applied"})}):
        sink = ErpSink([erp(tmp_path, **less)])
        assert sink.unwanted(effect) == "as it is set now, the ERP does not take it"
        (told,) = sink.facts(Ending(effect, State.withdrawn, sink.unwanted(effect), "", 1))
        assert isinstance(told, ErpPosting)
        assert (told.status, told.reason) == ("refused", "as it is set now, the ERP does not take it")
        # What was tried may have arrived, and is looked for.
        assert sink.unwanted(replace(effect, attempt=1)) == sink.unwanted(replace(effect, rounds=1)) == ""


@pytest.mark.parametrize(
    ("recorded", "due"),
    [
        ("2026-03-02T10:59:59", "2026-03-02T11:00:00"),
        ("2026-03-02T11:00:00", "2026-03-02T17:00:00"),
        ("2026-03-02T17:30:00", "2026-03-03T11:00:00"),
        # The clocks go forward in that night.
        ("2026-03-28T17:30:00", "2026-03-29T10:00:00"),
    ],
)
def test_a_batch_is_due_at_the_next_of_its_times(recorded: str, due: str, tmp_path: Path) -> None:
    books = erp(tmp_path, batch=("18:00", "12:00"), timezone="Europe/Berlin")
    assert books.due_ms(instant(recorded)) == instant(due)
    assert erp(tmp_path).due_ms(instant(recorded)) == 0


def test_the_mappings_that_are_shown_are_whole(tmp_path: Path) -> None:
    assert read_mapping(ROOT / "deploy" / "erp" / "erpnext.toml").adapter == "erpnext"
    blocks, block = [], list[str]()
    for line in (ROOT / "docs" / "erp.md").read_text().splitlines():
        if line.startswith("    ") or (block and not line.strip()):
            block.append(line[4:])
        elif block:
            blocks.append("\n".join(block))
            block = []
    found = []
    for text in blocks:
        if text.startswith("adapter = "):
            (tmp_path / "shown.toml").write_text(text)
            found.append(read_mapping(tmp_path / "shown.toml").adapter)
    assert found == ["erpnext", "rest"]


def test_the_last_wait_is_repeated_for_as_long_as_it_is_away(tmp_path: Path) -> None:
    sink = ErpSink([erp(tmp_path, retry_seconds=(10.0, 60.0))])
    for attempt, around in ((1, 10), (2, 60), (3, 60), (5_000, 60)):
        effect = Effect(1, "k-0-1", "books", "posting", "", (receipt(),), attempt, 0)
        assert around * 0.8 <= (sink.retry_seconds(effect) or 0) <= around * 1.2


@pytest.mark.parametrize(
    ("state", "reference", "status", "number", "reason"),
    [
        (State.done, "ACC-PAY-1", "confirmed", "ACC-PAY-1", ""),
        (State.done, "", "confirmed", "by-hand:0-1", ""),
        (State.failed, "", "refused", "k-0-1", "why"),
        (State.expired, "", "refused", "k-0-1", "why"),
    ],
)
def test_what_came_of_it_is_told_the_same_each_time(
    state: State, reference: str, status: str, number: str, reason: str, tmp_path: Path
) -> None:
    sink = ErpSink([erp(tmp_path)])
    effect = Effect(1, "k-0-1", "books", "posting", "", (receipt(),), 1, 0)
    ending = Ending(effect, state, "why", reference, instant(NOON))
    (said,), again = sink.facts(ending), sink.facts(ending)
    assert isinstance(said, ErpPosting)
    assert (said.status, said.posting_id, said.reason, said.decision_id) == (status, number, reason, "0-1")
    assert (said.receipt_id, said.amount, said.currency, said.source) == ("R1", 500, "USD", "headrace.erp.books")
    assert [said.event_id] == [fact.event_id for fact in again]
    assert datetime.fromtimestamp(said.event_time / 1000).year == 2026


def test_what_comes_before_an_answer_is_none(tmp_path: Path) -> None:
    """A posting is not refused by it that the ERP books."""

    def talk(connection: socket.socket) -> None:
        while connection.recv(1 << 16):
            hints = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
            connection.sendall(hints + b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"data": []}')

    with raw_server(talk) as (host, port):
        http = erp(tmp_path, f"http://{host}:{port}").adapter.http
        assert [http.call("POST", "/x", body={}) for _ in range(2)] == [Answer(200, {"data": []}, '{"data": []}')] * 2


@pytest.mark.parametrize("rest", ["?company=7", "#part", "?a=b#part"])
def test_an_address_says_nothing_that_would_be_in_no_call(rest: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end with its path: what stands after \? or # would be in no call"):
        erp(tmp_path, f"http://127.0.0.1:9/base{rest}")


@pytest.mark.parametrize("where", ["the first answer", "a connection that was used before", "agreeing on keys"])
def test_an_erp_that_drips_is_broken_off(where: str, tmp_path: Path) -> None:
    """Each byte comes in time, and the answer never ends."""
    over, drips = Event(), Event()

    def talk(connection: socket.socket) -> None:
        if where == "a connection that was used before":
            connection.recv(1 << 16)
            body = b'{"data": []}'
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            connection.recv(1 << 16)
        if where != "agreeing on keys":
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        else:
            # Of a record of TLS that is to have 4,096 bytes.
            connection.sendall(b"\x16\x03\x03\x10\x00")
        drips.set()
        while not over.wait(0.1):
            connection.sendall(b"y")

    with raw_server(talk) as (host, port):
        scheme = "https" if where == "agreeing on keys" else "http"
        sink = ErpSink([erp(tmp_path, f"{scheme}://{host}:{port}")])
        effect = Effect(1, "k-0-1", "books", "posting", "", (receipt(),), 1, 0)
        landed: Queue[Outcome] = Queue()
        Thread(target=lambda: landed.put(sink.attempt(effect, Needed())), daemon=True).start()
        assert drips.wait(10)
        time.sleep(0.3)
        assert landed.empty()
        sink.abandon(effect)
        outcome = landed.get(timeout=5)
        over.set()
    assert outcome == Outcome(Result.later, f"{host}:{port} took too long to answer, and was broken off")
