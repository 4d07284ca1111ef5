"""The ERP sink as a process, against a site that behaves as ERPNext does: each posting once, in order, whatever happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.erp import BackOffice, headrace, made, post
from tests.erpnext_server import ErpNextServer
from tests.publishing import append_decisions


@pytest.fixture
def server() -> Iterator[ErpNextServer]:
    found = ErpNextServer()
    yield found
    found.close()


def test_a_receipt_and_what_it_clears_is_one_payment_entry(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    for number in (1, 2):
        server.documents.invoice(f"INV-{number}", "C1", "100.00")
        ledger.invoice("C1", f"INV-{number}", 10_000, "2026-01-01", "2026-02-01")
    ledger.paid("C1", "R1", 15_050, ("INV-1", 10_000), ("INV-2", 5_000))
    append_decisions(log, ledger)
    done = post(tmp_path)
    assert done.returncode == 0, done.stderr
    (payment,) = server.made("Payment Entry")
    assert (payment["docstatus"], payment["party"], str(payment["paid_amount"])) == (1, "C1", "150.50")
    assert [(x["reference_name"], x["allocated_amount"]) for x in payment["references"]] == [
        ("INV-1", "100.00"),
        ("INV-2", "50.00"),
    ]
    assert str(payment["unallocated_amount"]) == "0.50"
    assert server.documents.outstanding("INV-1") == "0.00"
    assert server.documents.outstanding("INV-2") == "50.00"
    listed = headrace(tmp_path, "effects", "list", "erp", "--state", "done", "--json")
    assert payment["name"] in listed.stdout
