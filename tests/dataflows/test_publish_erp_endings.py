"""Postings whose answer was lost, that nobody may send any more: whether they arrived is found out before they are refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headrace.commands.effects import app as effects_app
from tests.erp import MAPPING, BackOffice, effects, made, post, states, told, write_settings
from tests.erpnext_server import Dropped, ErpNextServer, Request
from tests.publishing import append_decisions


@pytest.fixture
def server() -> Iterator[ErpNextServer]:
    found = ErpNextServer()
    yield found
    found.close()


def end_of(directory: Path, server: ErpNextServer, end: str) -> None:
    """The ERP does not take what waits any more, or it has expired."""
    if end == "its kind":
        (directory / "books.toml").write_text(MAPPING.format(more='kinds = ["promise_opened"]'))
    elif end == "its entity":
        write_settings(directory, server, entities=["de01"], retry_seconds=[60.0])
    else:
        store = effects(directory)
        with store.transaction() as connection:
            connection.execute("UPDATE effects SET expires_ms = 1")
        store.close()
    due(directory)


def due(directory: Path, at_ms: int = 0) -> None:
    store = effects(directory)
    with store.transaction() as connection:
        connection.execute("UPDATE effects SET due_ms = ?", (at_ms,))
    store.close()


@pytest.mark.parametrize("end", ["its kind", "its entity", "its time"])
@pytest.mark.parametrize("arrived", [True, False])
def test_what_was_tried_is_looked_for_before_it_is_refused(
    arrived: bool, end: str, server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server, retry_seconds=[60.0]), BackOffice()
    server.documents.customers.add("C1")
    ledger.paid("C1", "R1", 1_000)
    append_decisions(log, ledger)

    def drop(request: Request) -> None:
        if request.makes:
            raise Dropped

    # The answer is lost, of a posting that counts or of one that never did.
    server.after, server.before = (drop, server.before) if arrived else (server.after, drop)
    post(tmp_path, log)
    server.after = server.before = lambda _: None
    end_of(tmp_path, server, end)
    server.requests.clear()
    post(tmp_path, log)
    assert [request.method for request in server.requests] == ["GET"]
    payments = [payment["name"] for payment in server.made("Payment Entry")]
    (state,), ((_, status, number, reason),) = states(tmp_path), told(log)
    if arrived:
        assert [number] == payments
        assert (state, status) == (("C1", "done", f"posted as {number}"), "confirmed")
    else:
        why = "not done in time, 2 attempts" if end == "its time" else "as it is set now, the ERP does not take it"
        assert payments == []
        assert (state, status, reason) == (("C1", "failed", f"{why}; it is not there"), "refused", state[2])
    log.close()


def test_what_was_tried_and_could_not_be_looked_for_is_for_a_person_after_a_day(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server, retry_seconds=[60.0]), BackOffice()
    ledger.paid("C1", "R1", 1_000)
    append_decisions(log, ledger)

    def away(_: Request) -> None:
        raise Dropped

    server.before = away
    post(tmp_path, log)
    end_of(tmp_path, server, "its time")
    post(tmp_path, log)
    # It is looked for a day from when that was seen, though it expired long ago.
    assert (states(tmp_path)[0][1], told(log)) == ("waiting", [])
    store = effects(tmp_path)
    with store.transaction() as connection:
        connection.execute("UPDATE late SET until_ms = until_ms - 86400000")
    store.close()
    post(tmp_path, log)
    assert states(tmp_path) == [("C1", "expired", "not done in time, 2 attempts; it may be there")]
    ((_, status, _, reason),) = told(log)
    assert (status, reason) == ("refused", "not done in time, 2 attempts; it may be there")
    call = CliRunner()
    listed = call.invoke(effects_app, ["--dir", str(tmp_path), "list", "erp", "--json"])
    assert [(row["number"], row["state"]) for row in json.loads(listed.stdout)] == [(1, "expired")]
    settle = ["--dir", str(tmp_path), "settle", "erp", "1", "--note", "seen there"]
    assert call.invoke(effects_app, settle).stdout == "1 settled as done, 0 not\n"
    post(tmp_path, log)
    assert [status for _, status, _, _ in told(log)] == ["confirmed", "refused"]
    assert call.invoke(effects_app, ["--dir", str(tmp_path), "list", "erp", "--json"]).stdout == "[]\n"
    log.close()


def test_a_posting_that_was_cut_off_is_never_unknown(server: ErpNextServer, tmp_path: Path) -> None:
    """Nor where its ERP is set no more: every ERP is asked by its key, when it is set again."""
    log, ledger = made(tmp_path, server, retry_seconds=[60.0]), BackOffice()
    server.documents.customers.add("C1")
    ledger.paid("C1", "R1", 1_000)
    append_decisions(log, ledger)
    post(tmp_path, log)
    store = effects(tmp_path)
    with store.transaction() as connection:
        connection.execute("UPDATE effects SET state = 'sending', head = 1")
    store.close()
    write_settings(tmp_path, server, name="other")
    post(tmp_path, log)
    assert [state for _, state, _ in states(tmp_path)] == ["waiting"]
    write_settings(tmp_path, server)
    due(tmp_path)
    post(tmp_path, log)
    (payment,) = server.made("Payment Entry")
    assert states(tmp_path) == [("C1", "done", f"posted as {payment['name']}")]
    log.close()
