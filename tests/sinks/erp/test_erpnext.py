"""Postings on a site that behaves as ERPNext does: what each becomes there, once, and what it leaves of the books."""

import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from schemas.records import Decision
from sinks.base import RetryLater
from sinks.erp.adapter import Refused
from sinks.erp.erpnext import ErpNext
from sinks.erp.mapping import adapter_of, read_mapping
from sinks.erp.posting import Posting, made
from tests.erp import MAPPING, BackOffice
from tests.erpnext_documents import FrappeError, throw
from tests.erpnext_server import KEY, SECRET, Dropped, ErpNextServer, Request
from tests.ledger import day
from tests.raw_server import raw_server

DAY = "2026-03-02"


@pytest.fixture
def server() -> Iterator[ErpNextServer]:
    found = ErpNextServer()
    for name, amount in (("INV-1", "100.00"), ("INV-2", "60.00"), ("CN-1", "-20.00")):
        found.documents.invoice(name, "C1", amount)
    yield found
    found.close()


@pytest.fixture
def site(server: ErpNextServer, tmp_path: Path) -> Iterator[ErpNext]:
    path = tmp_path / "books.toml"
    path.write_text(MAPPING.format(more=""))
    found = adapter_of(server.url, f"{KEY}:{SECRET}", read_mapping(path))
    assert isinstance(found, ErpNext)
    yield found
    found.close()


@pytest.fixture
def ledger() -> BackOffice:
    found = BackOffice()
    found.invoice("C1", "INV-1", 10_000, DAY, DAY)
    found.invoice("C1", "INV-2", 6_000, DAY, DAY)
    found.credit_note("C1", "CN-1", 2_000, DAY)
    return found


def posting(decisions: list[Decision], bank_account: str = "", **invoices: str) -> Posting:
    """invoices: of the instalments, by document."""
    key = f"k-{decisions[0].shard}-{decisions[0].sequence}"
    return made(key, decisions, bank_account=bank_account, invoices=invoices)


def receipt(amount: int, receipt_id: str = "R1", **fields: Any) -> tuple[str, dict[str, Any]]:
    return "receipt_booked", {"receipt_id": receipt_id, "amount": amount, "value_date": day(DAY)} | fields


def on(kind: str, document: str, amount: int, receipt_id: str = "R1", **fields: Any) -> tuple[str, dict[str, Any]]:
    """A decision about an invoice and the receipt's money."""
    item = {"item_kind": "invoice", "document": document, "receipt_id": receipt_id, "amount": amount}
    return kind, item | fields


def rows(journal: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    """(account, debit, credit, reference) of every line."""
    return [
        (x["account"], x["debit_in_account_currency"], x["credit_in_account_currency"], x.get("reference_name"))
        for x in journal["accounts"]
    ]


def test_what_is_taken_off_beside_the_money_are_deductions(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    said = ledger.fact(
        "C1", receipt(9_500), on("cash_applied", "INV-1", 9_500), on("discount_granted", "INV-1", 300, tax=48),
        on("write_off_posted", "INV-1", 150, rule="cash.7.charges"),
        on("write_off_posted", "INV-1", 50, rule="cash.7.tolerance", tax=8), on=DAY,
    )  # fmt: skip
    name = site.post(posting(said, "BANK-EUR"))
    (payment,) = server.made("Payment Entry")
    assert (payment["name"], payment["paid_to"]) == (name, "Bank EUR - ME")
    assert [(x["account"], x["amount"]) for x in payment["deductions"]] == [
        ("Discounts - ME", "2.52"),
        ("Tax - ME", "0.48"),
        ("Charges - ME", "1.50"),
        ("Write Off - ME", "0.42"),
        ("Write Off - ME", "0.08"),
    ]
    assert [x["allocated_amount"] for x in payment["references"]] == ["100.00"]
    assert (payment["unallocated_amount"], payment["difference_amount"]) == (0, 0)
    assert server.documents.outstanding("INV-1") == "0.00"


def test_a_credit_note_that_was_taken_off_is_a_negative_reference(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    said = ledger.fact(
        "C1", receipt(8_000), on("cash_applied", "INV-1", 8_000),
        on("credit_allocated", "INV-1", 2_000, counterparty="CN-1"), on=DAY,
    )  # fmt: skip
    site.post(posting(said))
    (payment,) = server.made("Payment Entry")
    assert {x["reference_name"]: x["allocated_amount"] for x in payment["references"]} == {
        "INV-1": "100.00", "CN-1": "-20.00",
    }  # fmt: skip
    assert server.documents.outstanding("INV-1") == "0.00"
    assert server.documents.outstanding("CN-1") == "0.00"
    assert payment["unallocated_amount"] == 0


def test_instalments_are_one_reference_of_their_invoice(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    ledger.invoice("C1", "INV-2/P1", 3_000, DAY, DAY)
    ledger.invoice("C1", "INV-2/P2", 3_000, DAY, DAY)
    said = ledger.fact(
        "C1", receipt(6_000), on("cash_applied", "INV-2/P1", 3_000), on("cash_applied", "INV-2/P2", 3_000), on=DAY
    )
    paid = posting(said, **{"INV-2/P1": "INV-2", "INV-2/P2": "INV-2"})
    site.post(paid)
    (payment,) = server.made("Payment Entry")
    assert [(x["reference_name"], x["allocated_amount"]) for x in payment["references"]] == [("INV-2", "60.00")]
    assert site.expected(paid).references == (("INV-2", 6_000),)


def test_a_number_that_looks_like_an_instalment_is_an_invoices_own(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    server.documents.invoice("26-27/P7", "C1", "30.00")
    server.documents.invoice("26-27", "C1", "30.00")
    ledger.invoice("C1", "26-27/P7", 3_000, DAY, DAY)
    paid = posting(ledger.fact("C1", receipt(3_000), on("cash_applied", "26-27/P7", 3_000), on=DAY))
    site.post(paid)
    assert [server.documents.outstanding(number) for number in ("26-27/P7", "26-27")] == ["0.00", "30.00"]
    assert site.expected(paid).references == (("26-27/P7", 3_000),)


def test_money_that_is_applied_later_is_a_journal_entry_that_names_its_payment(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    payment = site.post(posting(ledger.fact("C1", receipt(5_000), on=DAY)))
    later = ledger.fact("C1", on("cash_applied", "INV-2", 5_000), on=DAY)
    site.post(posting(later))
    (journal,) = server.made("Journal Entry")
    assert rows(journal) == [
        ("Debtors - ME", "50.00", "0.00", payment),
        ("Debtors - ME", "0.00", "50.00", "INV-2"),
    ]
    assert server.documents.outstanding("INV-2") == "10.00"
    assert (journal["total_debit"], journal["total_credit"]) == (50, 50)


def test_money_that_went_back_opens_the_invoice_again(site: ErpNext, server: ErpNextServer, ledger: BackOffice) -> None:
    site.post(posting(ledger.fact("C1", receipt(6_500), on("cash_applied", "INV-2", 6_000), on=DAY)))
    gone = ledger.fact(
        "C1", on("application_reversed", "INV-2", 6_000),
        ("receipt_reversed", {"receipt_id": "R1", "amount": 500, "rule": "returned"}), on=DAY,
    )  # fmt: skip
    site.post(posting(gone))
    (journal,) = server.made("Journal Entry")
    assert [(account, debit, credit) for account, debit, credit, _ in rows(journal)] == [
        ("Debtors - ME", "60.00", "0.00"),
        ("Bank - ME", "0.00", "60.00"),
        ("Debtors - ME", "5.00", "0.00"),
        ("Bank - ME", "0.00", "5.00"),
    ]
    assert server.documents.outstanding("INV-2") == "60.00"


def test_a_deduction_is_a_journal_entry_of_its_own_that_later_money_clears(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    said = ledger.fact("C1", ("deduction_opened", {"document": "INV-1/D1", "item_kind": "deduction", "counterparty": "INV-1", "amount": 700}), on=DAY)  # fmt: skip
    name = site.post(posting(said))
    assert server.documents.outstanding("INV-1") == "93.00"
    ledger.invoice("C1", "INV-1/D1", 700, DAY, DAY)
    paid = ledger.fact("C1", receipt(700), on("cash_applied", "INV-1/D1", 700, item_kind="deduction"), on=DAY)
    site.post(posting(paid))
    (payment,) = server.made("Payment Entry")
    assert [(x["reference_doctype"], x["reference_name"]) for x in payment["references"]] == [("Journal Entry", name)]
    undone = ledger.fact("C1", ("deduction_opened", {"document": "INV-1/D1", "item_kind": "deduction", "counterparty": "INV-1", "amount": 700, "rule": "reversed.deduction"}), on=DAY)  # fmt: skip
    site.post(posting(undone))
    assert server.documents.outstanding("INV-1") == "100.00"


def test_late_interest_is_a_journal_entry_that_bears_its_number(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    said = ledger.fact("C1", ("interest_charged", {"document": "INT-1", "item_kind": "interest", "amount": 405, "rule": "interest.late"}), on=DAY)  # fmt: skip
    site.post(posting(said))
    (journal,) = server.made("Journal Entry")
    assert rows(journal) == [("Debtors - ME", "4.05", "0.00", None), ("Interest Income - ME", "0.00", "4.05", None)]
    assert journal["headrace_document"] == "INT-1"


def test_an_approved_refund_waits_for_the_bank_and_a_promise_is_a_comment(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    payment = site.post(posting(ledger.fact("C1", receipt(2_000), on=DAY)))
    site.post(posting(ledger.fact("C1", ("refund_posted", {"receipt_id": "R1", "amount": 2_000, "rule": "refund.approved", "reference_id": "A1"}), on=DAY)))  # fmt: skip
    (journal,) = server.made("Journal Entry")
    assert rows(journal) == [("Debtors - ME", "20.00", "0.00", payment), ("Refunds - ME", "0.00", "20.00", None)]
    promised = posting(ledger.fact("C1", ("promise_opened", {"reference_id": "P1", "amount": 4_000, "candidates": ["INV-1"], "due_date": day("2026-04-01")}), on=DAY))  # fmt: skip
    assert site.post(promised) == site.post(promised)
    (comment,) = server.made("Comment")
    assert (comment["reference_doctype"], comment["reference_name"]) == ("Customer", "C1")
    assert comment["content"].endswith(f"promise opened 40.00 USD INV-1 by 2026-04-01 [{promised.key}]")


def test_a_released_draft_is_submitted_once(site: ErpNext, server: ErpNextServer, ledger: BackOffice) -> None:
    server.documents.invoice("DRAFT-1", "C1", "30.00", docstatus=0)
    released = posting(ledger.fact("C1", ("invoice_released", {"document": "DRAFT-1", "item_kind": "invoice", "amount": 3_000, "rule": "release.on_pod"}), on=DAY))  # fmt: skip
    assert site.find(released) == ""
    assert site.post(released) == site.post(released) == site.find(released) == "DRAFT-1"
    assert server.documents.get("Sales Invoice", "DRAFT-1")["docstatus"] == 1
    assert sum(x.method == "PUT" for x in server.requests) == 1


def test_what_was_posted_is_found_again_by_its_key_and_not_posted_twice(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    paid = posting(ledger.fact("C1", receipt(10_000), on("cash_applied", "INV-1", 10_000), on=DAY))

    def lose_the_answer(request: Request) -> None:
        if request.makes:
            raise Dropped

    server.after = lose_the_answer
    with pytest.raises(RetryLater):
        site.post(paid)
    server.after = lambda _: None
    assert site.post(paid) == site.post(paid) == server.made("Payment Entry")[0]["name"]
    assert len(server.made("Payment Entry")) == 1


def test_a_post_that_comes_through_late_meets_the_unique_key(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    paid = posting(ledger.fact("C1", receipt(10_000), on("cash_applied", "INV-1", 10_000), on=DAY))
    site.post(paid)
    (first,) = server.made("Payment Entry")
    hidden = server.documents.table("Payment Entry").pop(first["name"])

    def late(request: Request) -> None:
        """The first one arrives after it was looked for."""
        if request.makes:
            server.documents.table("Payment Entry")[first["name"]] = hidden
            server.documents.table("Sales Invoice")["INV-1"]["outstanding_amount"] = Decimal("100.00")

    server.before = late
    assert site.post(paid) == first["name"]
    assert len(server.made("Payment Entry")) == 1


def test_a_draft_with_the_key_is_submitted_and_a_cancelled_one_is_for_a_person(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    paid = posting(ledger.fact("C1", receipt(10_000), on("cash_applied", "INV-1", 10_000), on=DAY))
    name = site.post(paid)
    server.documents.table("Payment Entry")[name]["docstatus"] = 0
    server.documents.table("Sales Invoice")["INV-1"]["outstanding_amount"] = Decimal("100.00")
    assert site.post(paid) == name
    assert server.documents.get("Payment Entry", name)["docstatus"] == 1
    server.documents.cancel("Payment Entry", name)
    with pytest.raises(Refused, match=f"Payment Entry {name} of this posting was cancelled there"):
        site.post(paid)


def test_what_the_site_does_not_take_is_said_in_its_own_words(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    stranger = posting(ledger.fact("C9", receipt(100), on=DAY))
    with pytest.raises(Refused, match="417 LinkValidationError: Could not find Party: C9"):
        site.post(stranger)
    server.documents.frozen_until = DAY
    with pytest.raises(Refused, match="not authorized to add or update entries before 2026-03-02"):
        site.post(posting(ledger.fact("C1", receipt(100), on=DAY)))
    server.documents.frozen_until = ""
    ledger.invoice("C1", "INV-8", 90_000, DAY, DAY)
    server.documents.invoice("INV-8", "C1", "5.00")
    with pytest.raises(Refused, match="Allocated Amount cannot be greater than outstanding amount"):
        site.post(posting(ledger.fact("C1", receipt(900), on("cash_applied", "INV-8", 900), on=DAY)))
    assert server.made("Payment Entry") == []
    ledger.receipt("C1", "R-ELSEWHERE", 100, DAY)
    later = posting(ledger.fact("C1", on("cash_applied", "INV-2", 100, "R-ELSEWHERE"), on=DAY))
    with pytest.raises(Refused, match="receipt R-ELSEWHERE is not there"):
        site.post(later)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FrappeError(503, "SessionStopped", "Site is in maintenance mode"), "answered 503"),
        (FrappeError(500, "OperationalError", "server has gone away"), "answered 500"),
        (throw("Document has been modified", "TimestampMismatchError"), "TimestampMismatchError"),
        (FrappeError(417, "DocumentLockedError", "Document is queued for execution"), "DocumentLockedError"),
    ],
)
def test_what_passes_by_itself_is_tried_again(
    error: FrappeError, why: str, site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    def busy(request: Request) -> None:
        if request.makes:
            raise error

    server.before = busy
    with pytest.raises(RetryLater, match=why):
        site.post(posting(ledger.fact("C1", receipt(100), on=DAY)))
    assert server.made("Payment Entry") == []


def test_a_rate_limit_says_how_long_and_a_wrong_secret_is_never_shown(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    paid = posting(ledger.fact("C1", receipt(100), on=DAY))
    server.limit, server.retry_after = 1, 7
    with pytest.raises(RetryLater, match="answered 429") as limited:
        site.post(paid)
    assert limited.value.after_seconds == 7
    server.retry_after = formatdate(time.time() + 100, usegmt=True)
    with pytest.raises(RetryLater, match="answered 429") as limited:
        site.post(paid)
    assert 90 < limited.value.after_seconds <= 100
    server.limit = None
    server.secret = "another:one"
    with pytest.raises(RetryLater, match="answered 401: it does not take the secret that is set") as denied:
        site.post(paid)
    assert SECRET not in str(denied.value)
    server.secret = f"{KEY}:{SECRET}"

    def echo(_: Request) -> None:
        raise throw(f"token {KEY}:{SECRET} may not")

    server.before = echo
    with pytest.raises(Refused, match=r"may not") as refused:
        site.post(paid)
    assert KEY not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_exchange_between_currencies_is_left_to_a_person(site: ErpNext, ledger: BackOffice) -> None:
    said = ledger.fact("C1", receipt(900, currency="EUR"), ("cash_exchanged", {"receipt_id": "R1", "currency": "EUR", "amount": 900, "other_currency": "USD", "other_amount": 1_000}), on("cash_applied", "INV-1", 1_000, other_currency="EUR", other_amount=900), on=DAY)  # fmt: skip
    with pytest.raises(Refused, match="clears an item of another currency"):
        site.post(posting(said))


def test_what_is_taken_off_in_a_foreign_currency_is_left_to_a_person(
    site: ErpNext, server: ErpNextServer, ledger: BackOffice
) -> None:
    paid = ledger.fact("C1", receipt(900, currency="EUR"), ("discount_granted", {"document": "INV-1", "receipt_id": "R1", "amount": 100, "currency": "EUR"}), on=DAY)  # fmt: skip
    with pytest.raises(Refused, match="discount in EUR, and Muster Exchange keeps its books in USD"):
        site.post(posting(paid))
    site.post(posting(paid[:1]))
    assert server.made("Payment Entry")[0]["paid_from_account_currency"] == "EUR"


@pytest.mark.parametrize(
    "said",
    [
        "1e99999999999999999999", "[1e-99999999999999999999]", "9" * 5_000, "[" * 20_000, "NaN", "null", "[]", '"x"', "\xff\xfe",
        '{"data": 7}', '{"data": [7]}', '{"data": [{}]}', '{"data": [{"name": "X"}]}', '{"data": {"name": null}}',
        '{"exc_type": [1], "_server_messages": 7}', '{"_server_messages": "[[7]]"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 417])
def test_whatever_a_site_answers_is_for_a_person_or_for_later(
    said: str, status: int, ledger: BackOffice, tmp_path: Path
) -> None:
    """It stops no sink: nothing else is raised."""
    paid_in, drafted = (
        ledger.fact("C1", receipt(5_000), on=DAY),
        ledger.fact("C1", ("invoice_released", {"document": "D-1"}), on=DAY),
    )

    def talk(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        body = said.encode("latin-1")
        connection.sendall(
            b"HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
        )

    path = tmp_path / "books.toml"
    path.write_text(MAPPING.format(more=""))
    with raw_server(talk) as address:
        strange = adapter_of(f"http://{address[0]}:{address[1]}", f"{KEY}:{SECRET}", read_mapping(path))
        for decisions in (paid_in, drafted):
            with pytest.raises((Refused, RetryLater)):
                strange.post(posting(decisions))
        strange.close()
