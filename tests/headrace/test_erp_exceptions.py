"""All flows with an ERP: what it refuses is an exception, a person corrects it there and has it posted, and it is closed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.files.ingest import Producer, ensure_topics
from connectors.log.base import Log
from schemas.records import Fact, RemittanceLine
from tests.erp import headrace, made
from tests.erpnext_server import ErpNextServer
from tests.facts import customer, invoice, receipt

DAY_MS = 86_400_000


@pytest.fixture
def server() -> Iterator[ErpNextServer]:
    found = ErpNextServer()
    yield found
    found.close()


def send(log: Log, *facts: Fact) -> None:
    ensure_topics(log, 4)
    producer = Producer(log, "test", lambda: False)
    for fact in facts:
        producer.send(fact)
    producer.flush()
    producer.close()


def run(directory: Path) -> None:
    """All flows, twice: what the ERP says comes back as facts, which the second run decides."""
    for _ in range(2):
        done = headrace(directory, "run", "all", "--live", "--until-idle")
        assert done.returncode == 0, done.stderr


def exceptions(directory: Path) -> list[dict[str, Any]]:
    done = headrace(directory, "exceptions", "--json")
    assert done.returncode == 0, done.stderr
    return [row for row in json.loads(done.stdout) if row["rule"].startswith("erp.")]


@pytest.mark.slow
def test_what_the_erp_refuses_is_an_exception_until_a_person_has_it_posted(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log = made(tmp_path, server)
    now = time.time_ns() // 1_000_000 - 60_000
    today = now // DAY_MS
    given: dict[str, Any] = {"account_id": "C1", "event_time": now}
    of_day: dict[str, Any] = {"posting_date": today, "value_date": today, "bank_account": "BANK-EUR"}
    server.documents.invoice("INV-1", "C1", "107.00")
    server.documents.frozen_until = "2999-12-31"
    send(
        log,
        customer(**given),
        invoice(**given | {"document_date": today, "posting_date": today, "due_date": today + 30}),
        receipt(**given | of_day | {"amount": 10_750, "lines": [RemittanceLine("INV-1", 10_700)]}),
    )
    run(tmp_path)
    assert server.made("Payment Entry") == []
    (raised,) = exceptions(tmp_path)
    assert raised["rule"] == "erp.refused"
    assert "You are not authorized to add or update entries before 2999-12-31" in raised["reason"]
    assert raised["receipt_id"] == "R-1"
    # A person puts it right there and has it posted, by the commands that are said.
    server.documents.frozen_until = ""
    at = f"--dir {tmp_path}"
    assert raised["can_be_done"][:2] == [
        f"headrace effects {at} list erp --account t1/us01/C1", f"headrace effects {at} retry erp NUMBER",
    ]  # fmt: skip
    (failed,) = json.loads(headrace(tmp_path, "effects", "list", "erp", "--account", "t1/us01/C1", "--json").stdout)
    assert headrace(tmp_path, "effects", "retry", "erp", str(failed["number"])).returncode == 0
    run(tmp_path)
    (payment,) = server.made("Payment Entry")
    assert (payment["paid_to"], str(payment["paid_amount"]), str(payment["unallocated_amount"])) == (
        "Bank EUR - ME", "107.50", "0.50",
    )  # fmt: skip
    assert server.documents.outstanding("INV-1") == "0.00"
    assert exceptions(tmp_path) == []
    assert headrace(tmp_path, "verify").returncode == 0
    assert json.loads(headrace(tmp_path, "reconcile", "erp", "--json").stdout)[0]["differences"] == []
