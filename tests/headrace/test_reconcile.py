"""headrace reconcile erp: each kind of difference between what was posted and what the ERP has, and none where there is none."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.log.sqlite import SqliteLog
from dataflows.intake import run_intake
from headrace.reconciling import Late, Reconciled, reconcile
from headrace.settings import load
from schemas.records import Decision
from tests.erp import (
    MAPPING,
    BackOffice,
    effects,
    erps,
    headrace,
    headrace_here,
    made,
    post,
    told_facts,
    write_settings,
)
from tests.erpnext_server import ErpNextServer
from tests.ledger import day
from tests.live import ago
from tests.publishing import append_decisions, append_fact

Difference = tuple[str, str, str, str, str]


@pytest.fixture
def server() -> Iterator[ErpNextServer]:
    found = ErpNextServer()
    yield found
    found.close()


def books(directory: Path, server: ErpNextServer) -> tuple[SqliteLog, dict[str, list[Decision]]]:
    """Postings of every kind, posted and told to the rules: the log, and the decisions of each by a word."""
    log, ledger = made(directory, server), BackOffice()
    for number in range(1, 4):
        server.documents.invoice(f"INV-{number}", "C1", "100.00")
        ledger.invoice("C1", f"INV-{number}", 10_000, ago(), "2026-02-01")
    found = {
        "paid": ledger.paid("C1", "R1", 10_000, ("INV-1", 10_000)),
        "unapplied": ledger.paid("C1", "R2", 4_000),
        "applied": ledger.fact("C1", ("cash_applied", {"receipt_id": "R2", "document": "INV-2", "amount": 3_000})),
        "promised": ledger.fact(
            "C1", ("promise_opened", {"reference_id": "P1", "amount": 500, "due_date": day("2026-04-01")})
        ),
        "strange": ledger.paid("C9", "R9", 700),
    }
    append_decisions(log, ledger)
    post(directory, log)
    bring_back(directory, log)
    return log, found


def bring_back(directory: Path, log: SqliteLog) -> None:
    """What the ERP said goes into the facts."""
    run_intake(log, load(directory, None), "live", until_idle=True)


def reconciled(directory: Path) -> tuple[int, dict[str, Any]]:
    done = headrace_here(directory, "reconcile", "erp", "--json")
    assert done.stderr == ""
    (found,) = json.loads(done.stdout)
    return done.returncode, found


def shown(found: dict[str, Any]) -> list[Difference]:
    return [(x["kind"], x["decision"], x["number"], x["here"], x["there"]) for x in found["differences"]]


def name(decisions: list[Decision]) -> str:
    return f"{decisions[0].shard}-{decisions[0].sequence}"


def of(server: ErpNextServer, doctype: str, **wanted: str) -> dict[str, Any]:
    """The one document with these fields, as it is there."""
    rows = server.documents.table(doctype).values()
    (found,) = [x for x in rows if all(x.get(field) == value for field, value in wanted.items())]
    return found


def test_nothing_differs_once_what_was_refused_is_settled(server: ErpNextServer, tmp_path: Path) -> None:
    log, said = books(tmp_path, server)
    code, found = reconciled(tmp_path)
    assert (code, found["compared"], found["by_hand"], found["open"]) == (1, 4, 0, 0)
    ((kind, decision, _, _, there),) = shown(found)
    assert (kind, decision) == ("refused", name(said["strange"]))
    assert "Could not find Party: C9" in there
    store = effects(tmp_path)
    (failed,) = [row.number for row in store.rows(["failed"])]
    store.close()
    settled = headrace_here(
        tmp_path, "effects", "settle", "erp", str(failed), "--done", "--note", "booked as ACC-PAY-77"
    )
    assert settled.returncode == 0, settled.stderr
    post(tmp_path, log)
    bring_back(tmp_path, log)
    code, found = reconciled(tmp_path)
    assert (code, found["compared"], found["by_hand"], found["differences"]) == (0, 4, 1, [])
    said_so = headrace(tmp_path, "reconcile", "erp").stdout
    assert (
        said_so == "books: 4 postings compared, nothing differs; 1 settled by hand, 0 not posted yet or from before\n"
    )


def test_each_kind_of_difference(server: ErpNextServer, tmp_path: Path) -> None:
    _, said = books(tmp_path, server)
    first = of(server, "Payment Entry", reference_no="R1")
    second = of(server, "Payment Entry", reference_no="R2")
    journal = of(server, "Journal Entry", headrace_document="R2")
    prefix = first["headrace_key"].partition("-")[0]
    # One is gone, one is there twice and a third time by hand, of one the amount and the invoice are others.
    del server.documents.table("Journal Entry")[journal["name"]]
    server.documents.table("Payment Entry")["AMENDED-1"] = {**second, "name": "AMENDED-1"}
    by_hand = {**second, "name": "BY-HAND-1", "headrace_key": None}
    server.documents.table("Payment Entry")["BY-HAND-1"] = by_hand
    first |= {"paid_amount": Decimal("90.00"), "posting_date": "2026-01-05"}
    first["references"] = [{**first["references"][0], "reference_name": "INV-3", "allocated_amount": "90.00"}]
    server.documents.table("Payment Entry")["STRAY-1"] = {
        **second, "name": "STRAY-1", "headrace_key": f"{prefix}-0-9999", "reference_no": "R77",
    }  # fmt: skip
    code, found = reconciled(tmp_path)
    assert code == 1
    today = ago()[:10]
    here = sorted(x for x in shown(found) if x[0] != "refused")
    assert [(x["account"], x["about"]) for x in found["differences"] if x["kind"] == "missing"] == [("C1", "R2")]
    assert here == sorted(
        [
            ("missing", name(said["applied"]), journal["name"], "posted of 30.00 USD", "nothing has its key"),
            ("doubled", name(said["unapplied"]), second["name"], "once of 40.00 USD", f"{second['name']}, AMENDED-1, BY-HAND-1"),
            ("other_amount", name(said["paid"]), first["name"], "100.00 USD", "90.00 USD"),
            (
                "changed", name(said["paid"]), first["name"], f"date {today}; clears 100.00 USD of INV-1",
                "date 2026-01-05; clears 90.00 USD of INV-3",
            ),
            ("unexpected", "", "STRAY-1", "nothing asked for it", f"posted on {today} of 40.00 USD"),
        ]
    )  # fmt: skip
    assert [x["kind"] for x in found["differences"]] == [
        "missing", "doubled", "other_amount", "changed", "refused", "unexpected",
    ]  # fmt: skip
    table = headrace_here(tmp_path, "reconcile", "erp")
    assert table.returncode == 1
    assert "books: 4 postings compared, 6 differences" in table.stdout
    assert "STRAY-1" in table.stdout


def test_what_was_cancelled_or_is_a_draft_there_is_changed(server: ErpNextServer, tmp_path: Path) -> None:
    _, said = books(tmp_path, server)
    cancelled = of(server, "Payment Entry", reference_no="R1")["name"]
    server.documents.cancel("Payment Entry", cancelled)
    draft = of(server, "Journal Entry", headrace_document="R2")
    draft["docstatus"] = 0
    _, found = reconciled(tmp_path)
    assert [x for x in shown(found) if x[0] != "refused"] == sorted(
        [
            ("changed", name(said["paid"]), cancelled, "posted", "cancelled"),
            ("changed", name(said["applied"]), draft["name"], "state posted", "state draft"),
        ],
        key=lambda x: tuple(map(int, x[1].split("-"))),
    )


def discounted(directory: Path, log: SqliteLog, server: ErpNextServer, ledger: BackOffice) -> list[Decision]:
    """One receipt with a discount, posted and told to the rules."""
    server.documents.invoice("INV-1", "C1", "100.00")
    ledger.invoice("C1", "INV-1", 10_000, ago(), "2026-02-01")
    money = {"receipt_id": "R1", "document": "INV-1", "item_kind": "invoice"}
    said = ledger.fact(
        "C1",
        ("receipt_booked", {"receipt_id": "R1", "amount": 9_700}),
        ("cash_applied", money | {"amount": 9_700}),
        ("discount_granted", money | {"amount": 300}),
    )
    append_decisions(log, ledger)
    post(directory, log)
    bring_back(directory, log)
    return said


ALL = '"receipt_booked", "cash_applied", "discount_granted"'


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (ALL, '"receipt_booked", "cash_applied"'),
        (ALL, '"cash_applied"'),
        (ALL, '"promise_opened"'),
        ('"receipt_booked", "cash_applied"', ALL),
    ],
)
def test_what_was_posted_as_the_erp_was_set_then_is_found_and_compared(
    before: str, now: str, server: ErpNextServer, tmp_path: Path
) -> None:
    log = made(tmp_path, server, more=f"kinds = [{before}]")
    said = discounted(tmp_path, log, server, BackOffice())
    (tmp_path / "books.toml").write_text(MAPPING.format(more=f"kinds = [{now}]"))
    code, found = reconciled(tmp_path)
    if now == ALL:
        # It took less then, of which nothing is told: what is lacking now shows.
        assert [x[:3] for x in shown(found)] == [("changed", name(said), of(server, "Payment Entry")["name"])]
        return
    assert (code, found["compared"], found["open"], found["differences"]) == (0, 1, 0, [])
    payment = of(server, "Payment Entry")
    payment["paid_amount"] = Decimal("90.00")
    _, found = reconciled(tmp_path)
    there = [x for x in shown(found) if x[0] == "other_amount"]
    assert [(x[1], x[2], x[4]) for x in there] == [(name(said), payment["name"], "90.00 USD")]
    del server.documents.table("Payment Entry")[payment["name"]]
    _, found = reconciled(tmp_path)
    assert [x[:3] for x in shown(found)] == [("missing", name(said), payment["name"])]


def test_a_key_that_was_given_when_less_was_taken_is_found(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server, more='kinds = ["cash_applied"]'), BackOffice()
    server.documents.invoice("INV-1", "C1", "100.00")
    ledger.invoice("C1", "INV-1", 10_000, ago(), "2026-02-01")
    server.documents.insert(
        "Payment Entry",
        {
            "docstatus": 1, "payment_type": "Receive", "party_type": "Customer", "party": "C1", "company": "Muster Exchange",
            "posting_date": "2026-02-03", "paid_from": "Debtors - ME", "paid_to": "Bank - ME", "paid_amount": "100.00",
            "paid_from_account_currency": "USD", "received_amount": "100.00", "reference_no": "R1",
            "reference_date": "2026-02-03",
        },
    )  # fmt: skip
    _, applied = ledger.paid("C1", "R1", 10_000, ("INV-1", 10_000))
    append_decisions(log, ledger)
    post(tmp_path, log)
    bring_back(tmp_path, log)
    (journal,) = server.made("Journal Entry")
    assert journal["headrace_key"].endswith(f"-{name([applied])}")
    (tmp_path / "books.toml").write_text(MAPPING.format(more=""))
    code, found = reconciled(tmp_path)
    assert (code, found["compared"], found["open"], found["differences"]) == (0, 1, 0, [])


def test_of_a_company_that_is_not_kept_there_any_more_what_was_posted_is_looked_for(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    said = discounted(tmp_path, log, server, ledger)
    write_settings(tmp_path, server, entities=["de01"])
    # Nor does the mapping know its company.
    (tmp_path / "books.toml").write_text(MAPPING.format(more="").replace("us01", "de01"))
    code, found = reconciled(tmp_path)
    assert (code, found["compared"], found["open"], found["differences"]) == (0, 1, 0, [])
    payment = of(server, "Payment Entry")
    # What this ERP was never asked for is not expected there, though it is a decision of ours.
    start = len(ledger.decisions)
    (other,) = ledger.paid("C1", "R2", 700)
    append_decisions(log, ledger, start)
    key = f"{payment['headrace_key'].partition('-')[0]}-{name([other])}"
    server.documents.table("Payment Entry")["STRAY-1"] = {**payment, "name": "STRAY-1", "headrace_key": key}
    del server.documents.table("Payment Entry")[payment["name"]]
    _, found = reconciled(tmp_path)
    assert [x[:3] for x in shown(found)] == [("missing", name(said), payment["name"]), ("unexpected", "", "STRAY-1")]


def test_what_somebody_cleared_there_is_told_once(server: ErpNextServer, tmp_path: Path) -> None:
    log, _ = books(tmp_path, server)
    pay = {
        "docstatus": 1, "payment_type": "Receive", "party_type": "Customer", "party": "C1", "company": "Muster Exchange",
        "posting_date": "2026-02-03", "paid_from": "Debtors - ME", "paid_to": "Bank - ME", "paid_amount": "100.00",
        "paid_from_account_currency": "USD", "received_amount": "100.00", "reference_date": "2026-02-03",
    }  # fmt: skip
    line = {"reference_doctype": "Sales Invoice", "reference_name": "INV-3", "allocated_amount": "100.00"}
    by_hand = server.documents.insert("Payment Entry", {**pay, "reference_no": "CHEQUE-8", "references": [line]})
    _, found = reconciled(tmp_path)
    assert [x for x in shown(found) if x[0] == "cleared_there"] == [
        ("cleared_there", "", by_hand["name"], "open", "cleared 100.00 USD by CHEQUE-8"),
    ]  # fmt: skip
    for _ in range(2):
        done = headrace_here(tmp_path, "reconcile", "erp", "--tell")
        assert done.stderr.startswith("1 facts brought")
    # The second time to the letter, so it counts once.
    (said,) = [fact for fact in told_facts(log) if fact.status == "cleared"]
    assert (said.account_id, said.document, said.receipt_id, said.amount, said.currency, said.posting_id) == (
        "C1", "INV-3", "CHEQUE-8", 10_000, "USD", by_hand["name"],
    )  # fmt: skip


def reconciled_here(directory: Path, log: SqliteLog) -> Reconciled:
    """What is told goes into the facts first; without a process of its own."""
    for fact in told_facts(log):
        append_fact(log, fact)
    with erps(directory) as (erp,):
        return reconcile(log, erp)


def test_what_was_learned_too_late_to_be_posted_is_named(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.invoice("INV-1", "C1", "100.00")
    # Of before anything was live: nobody is to book years of history there.
    ledger.receipt("C1", "R-BEFORE", 9_00, ago(days=40), origin="history")
    ledger.paid("C1", "R-1", 5_00)
    late = ledger.receipt("C1", "R-OLD", 10_00, ago(days=21), origin="history")
    append_decisions(log, ledger)
    post(tmp_path, log)
    found = reconciled_here(tmp_path, log)
    assert found.late == [Late(f"{late.shard}-{late.sequence}", "receipt_booked", "t1/us01/C1", "R-OLD", "USD", 10_00)]
    assert (found.compared, found.differences) == (1, [])
    said = headrace_here(tmp_path, "reconcile", "erp").stderr
    assert said == (
        "books: learned too late to be posted, for a person to book there: "
        f"receipt_booked {late.shard}-{late.sequence} of t1/us01/C1, R-OLD, 10.00 USD\n"
    )


def test_which_invoice_an_instalment_is_of_is_what_its_posting_says(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    for document in ("26-27/P7", "26-27", "INV-2"):
        server.documents.invoice(document, "C1", "20.00")
    ledger.invoice("C1", "26-27/P7", 2_000, ago(), "2026-02-01")
    ledger.invoice("C1", "26-27", 2_000, ago(), "2026-02-01")
    for at in (1, 2):
        # Also of what is history.
        said: dict[str, Any] = {"evidence": [f"part:{at}:2:INV-2"], "origin": "history"}
        ledger.invoice("C1", f"INV-2/P{at}", 1_000, ago(), "2026-02-01", **said)
    ledger.paid("C1", "R1", 2_400, ("26-27/P7", 1_500), ("INV-2/P1", 500), ("INV-2/P2", 400))
    append_decisions(log, ledger)
    post(tmp_path, log)

    def left() -> list[str]:
        return [server.documents.outstanding(document) for document in ("26-27/P7", "26-27", "INV-2")]

    assert left() == ["5.00", "20.00", "11.00"]
    # A file of a version that did not know: all that was decided is read for it, once.
    store = effects(tmp_path)
    with store.transaction() as connection:
        connection.execute("DELETE FROM known")
    store.close()
    start = len(ledger.decisions)
    ledger.paid("C1", "R2", 500, ("26-27/P7", 100), ("INV-2/P2", 400))
    append_decisions(log, ledger, start)
    post(tmp_path, log)
    assert left() == ["4.00", "20.00", "7.00"]
    found = reconciled_here(tmp_path, log)
    assert (found.compared, found.differences) == (2, [])


def test_what_somebody_made_there_and_cannot_be_read_is_left_out_and_said(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.invoice("INV-1", "C1", "10.00")
    ledger.invoice("C1", "INV-1", 1_000, ago(), "2026-02-01")
    said = ledger.paid("C1", "R1", 1_000, ("INV-1", 1_000))
    append_decisions(log, ledger)
    post(tmp_path, log)
    payments = server.documents.table("Payment Entry")
    (own,) = payments.values()
    third = {"reference_doctype": "Sales Invoice", "reference_name": "INV-1", "allocated_amount": 3.333}
    changes: tuple[dict[str, Any], ...]
    changes = ({"paid_amount": "10.005"}, {"paid_amount": 10.0049999}, {"references": [third]}, {"paid_amount": None})
    for at, change in enumerate(changes):
        payments[f"HAND-{at}"] = {**own, "name": f"HAND-{at}", "headrace_key": None, "references": [], **change}
    found = reconciled_here(tmp_path, log)
    more = "has more decimals than USD has"
    whys = [f"10.005 {more}", f"10.0049999 {more}", f"3.333 {more}", "None is no amount"]
    assert (found.compared, found.differences) == (1, [])
    assert found.unreadable == [f"HAND-{at}: {why}" for at, why in enumerate(whys)]
    # With our key it is to be what was posted.
    own["references"] = [third]
    differ = reconciled_here(tmp_path, log).differences
    assert [(x.kind, x.decision, x.here, x.there) for x in differ] == [
        ("other_amount", name(said), "10.00 USD", whys[2])
    ]


def test_an_erp_that_is_away_is_no_difference_and_no_success(server: ErpNextServer, tmp_path: Path) -> None:
    made(tmp_path, server)
    server.close()
    done = headrace_here(tmp_path, "reconcile", "erp", "--json")
    assert (done.returncode, done.stdout) == (1, "[]\n")
    assert "books: 127.0.0.1" in done.stderr
    assert "is away: Failed to establish a new connection" in done.stderr
    assert headrace_here(tmp_path, "reconcile", "erp", "--name", "other").returncode == 2
