"""Days past due by what they were lost to: a history counted by hand, and that the recomputation says the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.audit.findings import Check, account_of
from headrace.audit.keep import Scratch
from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.overdue import overdue_causes
from headrace.audit.kpi.reading import Reading, WatchedBooks
from sinks.clickhouse.reading import Views
from tests.ledger import Ledger, day
from tests.publishing import published

MEASURES = (
    *("items", "overdue_minor", "overdue_days", "upstream_days", "own_days", "customer_days"),
    *("upstream_minor", "own_minor", "customer_minor"),
)


def released(ledger: Ledger, document: str, on: str, dated: str, due: str, **fields: Any) -> None:
    ledger.say(
        "invoice_released", "A", on, document=document, amount=100_00, item_kind="invoice",
        rule="release.in_part" if fields else "release.on_order",
        posting_date=day(on), document_date=day(dated), due_date=day(due), **fields,
    )  # fmt: skip


def held(ledger: Ledger, document: str, on: str, *reasons: str) -> None:
    ledger.say("invoice_held", "A", on, document=document, amount=100_00, reasons=list(reasons), rule="release.held")


def sent(ledger: Ledger, document: str, on: str, text: str = "", **fields: Any) -> None:
    kind = "delivery_status" if text else "delivery_requested"
    ledger.say(kind, "A", on, document=document, amount=100_00, text=text, channel="edi", **fields)


def paid(ledger: Ledger, document: str, on: str, amount: int = 100_00) -> None:
    ledger.receipt("A", f"R-{document}", amount, on, rule="receipt")
    ledger.applied("A", document, f"R-{document}", amount, on, item_kind="invoice")


def disputed(ledger: Ledger, name: str, document: str, opened: str, *routed: tuple[str, str]) -> None:
    about = {"document": document, "reference_id": name}
    ledger.say("dispute_opened", "A", opened, amount=10_00, **about)
    for on, text in routed:
        ledger.say("dispute_routed", "A", on, text=text, **about)


def written() -> Ledger:
    ledger = Ledger()
    # Its term runs from 01-05: 7 days upstream (whatever else held it), 2 for its customer's credit, 1 for the
    # schedule, and 3 until it arrived. Paid 16 days late.
    held(ledger, "INV-1", "2026-01-05", "credit_held", "not_shipped:1")
    held(ledger, "INV-1", "2026-01-12", "credit_held")
    held(ledger, "INV-1", "2026-01-14", "credit_held", "waits_for_schedule")
    released(ledger, "INV-1", "2026-01-15", "2026-01-05", "2026-02-04")
    sent(ledger, "INV-1", "2026-01-15", rule="delivery.first")
    sent(ledger, "INV-1", "2026-01-15", "sent")
    sent(ledger, "INV-1", "2026-01-16", "failed")
    sent(ledger, "INV-1", "2026-01-16", rule="delivery.fallback")
    sent(ledger, "INV-1", "2026-01-18", "delivered")
    paid(ledger, "INV-1", "2026-02-20")
    # More days were lost than it was late.
    held(ledger, "INV-2", "2026-01-05", "price_not_agreed:1")
    released(ledger, "INV-2", "2026-01-25", "2026-01-05", "2026-02-04")
    paid(ledger, "INV-2", "2026-02-10")
    # Of the dispute 6 days are past due: 2 upstream, and 4 of the 9 that it lost here.
    ledger.invoice("A", "INV-3", 100_00, "2026-01-10", "2026-02-09")
    disputed(ledger, "D-3", "INV-3", "2026-02-01")
    ends = ["rejected:1000", "days_customer:3", "days_own:9", "days_upstream:2"]
    ledger.say("dispute_closed", "A", "2026-02-15", document="INV-3", reference_id="D-3", amount=10_00, evidence=ends)
    paid(ledger, "INV-3", "2026-02-19")
    # Before its document date no day of its term is lost.
    held(ledger, "INV-4", "2026-01-01", "order_missing")
    released(ledger, "INV-4", "2026-01-12", "2026-01-10", "2026-02-09")
    paid(ledger, "INV-4", "2026-02-12")
    # An instalment was held, and is sent, with the others.
    held(ledger, "INV-5", "2026-01-05", "tax_arithmetic")
    released(ledger, "INV-5/P1", "2026-01-08", "2026-01-05", "2026-01-20", evidence=["part:1:2:INV-5"])
    sent(ledger, "INV-5", "2026-01-08", candidates=["INV-5/P1", "INV-5/P2"])
    sent(ledger, "INV-5", "2026-01-10", "sent", candidates=["INV-5/P1", "INV-5/P2"])
    paid(ledger, "INV-5/P1", "2026-01-24")
    # What was left of a draft waited with it before: 3 days and 4 for the goods, and none for us.
    held(ledger, "INV-11", "2026-01-05", "shipment_missing")
    first = {"evidence": ["shipped:1:S-1:6", "rest:INV-11/2"]}
    released(ledger, "INV-11", "2026-01-08", "2026-01-05", "2026-02-04", **first)
    held(ledger, "INV-11/2", "2026-01-08", "not_shipped:1")
    released(ledger, "INV-11/2", "2026-01-12", "2026-01-05", "2026-02-04")
    paid(ledger, "INV-11", "2026-02-08")
    paid(ledger, "INV-11/2", "2026-02-13")
    _open(ledger)
    return ledger


def _open(ledger: Ledger) -> None:
    # Of the 15 days of its dispute the customer was waited for 6.
    ledger.invoice("A", "INV-6", 100_00, "2026-03-01", "2026-03-11")
    paid(ledger, "INV-6", "2026-03-15", 30_00)
    routed = (("2026-03-16", "in_review"), ("2026-03-20", "waiting_customer"), ("2026-03-26", "in_review"))
    disputed(ledger, "D-6", "INV-6", "2026-03-16", *routed)
    # It was asked to be sent, and nobody did.
    ledger.invoice("A", "INV-7", 100_00, "2026-03-01", "2026-03-21")
    sent(ledger, "INV-7", "2026-03-01")
    # What was paid on its day, has no due date, was taken over, or is a credit note, is not overdue, or not known.
    ledger.invoice("A", "INV-8", 100_00, "2026-03-01", "2026-03-11")
    paid(ledger, "INV-8", "2026-03-11")
    ledger.invoice("A", "INV-9", 100_00, "2026-03-01", "1970-01-01")
    ledger.invoice("A", "INV-10", 100_00, "2026-01-01", "2026-01-11", rule="posted.opening")
    ledger.credit_note("A", "CRN-1", 5_00, "2026-01-01")
    ledger.say("noted", "A", "2026-03-31")


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    with published(tmp_path_factory.mktemp("overdue"), written()) as views:
        yield views


def test_days_of_each_item(views: Views) -> None:
    names = (
        "document, status, until_day, overdue_days, upstream_days, own_days, customer_days, main_cause, had_on, open"
    )
    assert views.ask(f"SELECT {names} FROM overdue_items ORDER BY document").rows == [
        ["INV-1", "cleared", "2026-02-20", 16, 7, 4, 5, "upstream", "2026-01-18", 0],
        ["INV-11", "cleared", "2026-02-08", 4, 3, 0, 1, "upstream", "2026-01-08", 0],
        ["INV-11/2", "cleared", "2026-02-13", 9, 7, 0, 2, "upstream", "2026-01-12", 0],
        ["INV-2", "cleared", "2026-02-10", 6, 6, 0, 0, "upstream", "2026-01-25", 0],
        ["INV-3", "cleared", "2026-02-19", 10, 2, 4, 4, "own", "2026-01-10", 0],
        ["INV-4", "cleared", "2026-02-12", 3, 2, 0, 1, "upstream", "2026-01-12", 0],
        ["INV-5/P1", "cleared", "2026-01-24", 4, 3, 1, 0, "upstream", "2026-01-10", 0],
        ["INV-6", "open", "2026-03-31", 20, 0, 9, 11, "customer", "2026-03-01", 70_00],
        ["INV-7", "open", "2026-03-31", 10, 0, 10, 0, "own", "2026-03-31", 100_00],
    ]


def test_what_was_lost_before_the_customer_had_it(views: Views) -> None:
    names = "began_on, held_upstream_days, held_customer_days, late_days"
    found = views.ask(f"SELECT document, {names} FROM overdue_items WHERE had_on != began_on ORDER BY document").rows
    assert found == [
        ["INV-1", "2026-01-05", 7, 2, 4],
        ["INV-11", "2026-01-05", 3, 0, 0],
        ["INV-11/2", "2026-01-05", 7, 0, 0],
        ["INV-2", "2026-01-05", 20, 0, 0],
        ["INV-4", "2026-01-10", 2, 0, 0],
        ["INV-5/P1", "2026-01-05", 3, 0, 2],
        ["INV-7", "2026-03-01", 0, 0, 30],
    ]


ROWS = [
    ["2026-01-24", "cleared", 1, 100_00, 4, 3, 1, 0, 100_00, 0, 0],
    ["2026-02-08", "cleared", 1, 100_00, 4, 3, 0, 1, 100_00, 0, 0],
    ["2026-02-10", "cleared", 1, 100_00, 6, 6, 0, 0, 100_00, 0, 0],
    ["2026-02-12", "cleared", 1, 100_00, 3, 2, 0, 1, 100_00, 0, 0],
    ["2026-02-13", "cleared", 1, 100_00, 9, 7, 0, 2, 100_00, 0, 0],
    ["2026-02-19", "cleared", 1, 100_00, 10, 2, 4, 4, 0, 100_00, 0],
    ["2026-02-20", "cleared", 1, 100_00, 16, 7, 4, 5, 100_00, 0, 0],
    ["2026-03-31", "open", 2, 170_00, 30, 0, 19, 11, 0, 100_00, 70_00],
]


def test_causes_of_each_day(views: Views) -> None:
    found = views.ask(f"SELECT day, status, {', '.join(MEASURES)} FROM kpi_overdue_causes ORDER BY day").rows
    assert found == ROWS


def test_the_recomputation_says_the_same(tmp_path: Path) -> None:
    reading, check = Reading(), Check("books", "")
    scratch = Scratch(tmp_path)
    books = WatchedBooks(check, scratch, reading)
    for d in written().decisions:
        reading.decisions.append(d)
        books.post(books.account(account_of(d)), d)
    scratch.close()
    rows = overdue_causes(Basis(reading))
    found = [[key[0], key[7], *(row[name] for name in MEASURES)] for key, row in sorted(rows.items())]
    assert found == ROWS
