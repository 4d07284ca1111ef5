"""The ERP sink as a process, against a site that behaves as ERPNext does: each posting once, in order, whatever happens."""

import os
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headrace.settings import WrongSettings
from schemas.topics import DECISIONS
from tests.erp import (
    MAPPING,
    BackOffice,
    effects,
    erps,
    headrace_here,
    made,
    post,
    publish,
    started,
    states,
    told,
    wait_out_pause,
    write_settings,
)
from tests.erpnext_documents import throw
from tests.erpnext_server import KEY, SECRET, Dropped, ErpNextServer, Request
from tests.facts import operator_action, receipt
from tests.ledger import day
from tests.live import ago
from tests.publishing import append, append_decisions, append_fact


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
    done = publish(tmp_path)
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
    listed = headrace_here(tmp_path, "effects", "list", "erp", "--state", "done", "--json")
    assert payment["name"] in listed.stdout


def busy(server: ErpNextServer, number: int, accounts: int = 4, minutes: int = 0) -> BackOffice:
    """Receipts that clear an invoice each; every third one is applied by a later fact. The last `minutes`, evenly."""
    ledger = BackOffice()
    for at in range(number):
        account, document, amount = f"C{at % accounts}", f"INV-{at}", 1_000 + at
        on = ago(minutes=minutes * (number - at) / number)
        server.documents.invoice(document, account, f"{amount / 100:.2f}")
        ledger.invoice(account, document, amount, on, "2026-02-01")
        if at % 3:
            ledger.paid(account, f"R{at}", amount, (document, amount), on=on)
        else:
            ledger.paid(account, f"R{at}", amount, on=on)
            ledger.fact(
                account, ("cash_applied", {"receipt_id": f"R{at}", "document": document, "amount": amount}), on=on
            )
    return ledger


def in_order(server: ErpNextServer) -> bool:
    """Whether what was made of each account was made in the order of its decisions."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in server.made("Payment Entry") + server.made("Journal Entry"):
        account = row.get("party") or row["accounts"][0]["party"]
        found[account].append((row["creation"], int(row["headrace_key"].rsplit("-", 1)[1])))
    return all([s for _, s in sorted(rows)] == sorted(s for _, s in rows) for rows in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before_it_counts", "after_it_counts"])
def test_killed_in_mid_posting_nothing_is_lost_and_nothing_is_there_twice(
    moment: str, server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), busy(server, 24)
    append_decisions(log, ledger)
    killed: list[int] = []
    lock = threading.Lock()
    process: Any = None
    posts = 0

    def kill(request: Request) -> None:
        nonlocal posts
        if not request.makes:
            return
        with lock:
            posts += 1
            if posts < 5 * (len(killed) + 1) or len(killed) == 4 or process.pid in killed:
                return
            killed.append(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        raise Dropped

    if moment == "before_it_counts":
        server.before = kill
    else:
        server.after = kill
    for _ in range(4):
        process = started(tmp_path)
        assert process.wait(120) == -signal.SIGKILL
        wait_out_pause(tmp_path)
    server.before = server.after = lambda _: None
    post(tmp_path, log)
    assert len(killed) == 4
    assert len(server.made("Payment Entry")) == 24
    assert len(server.made("Journal Entry")) == 8
    assert {server.documents.outstanding(f"INV-{at}") for at in range(24)} == {"0.00"}
    assert {state for _, state, _ in states(tmp_path)} == {"done"}
    assert [status for _, status, _, _ in told(log)] == ["confirmed"] * 32
    # The kills did cut postings off; what had arrived was found by its key and not sent again.
    sent = [request.body["headrace_key"] for request in server.requests if request.makes]
    assert len(set(sent)) == 32
    assert len(sent) >= 36 if moment == "before_it_counts" else len(sent) < 36
    assert in_order(server)


def test_an_outage_of_an_hour_only_delays(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), busy(server, 12, minutes=60)

    def away(_: Request) -> None:
        raise Dropped

    server.before = away
    half = len(ledger.decisions) // 2
    append(log, DECISIONS, ledger.records()[:half])
    post(tmp_path, log)
    append(log, DECISIONS, ledger.records()[half:])
    wait_out_pause(tmp_path)
    post(tmp_path, log)
    assert server.made("Payment Entry") == []
    assert {state for _, state, _ in states(tmp_path)} == {"waiting"}
    assert told(log) == []
    server.before = lambda _: None
    wait_out_pause(tmp_path)
    post(tmp_path, log)
    assert len(server.made("Payment Entry")) == 12
    assert len(server.made("Journal Entry")) == 4
    assert in_order(server)
    assert {status for _, status, _, _ in told(log)} == {"confirmed"}
    assert {server.documents.outstanding(f"INV-{at}") for at in range(12)} == {"0.00"}


def test_what_is_refused_is_told_and_holds_up_nothing(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.customers |= {"C1"}
    (first,) = ledger.paid("C1", "R1", 500)
    (strange,) = ledger.paid("C9", "R2", 700)
    (last,) = ledger.paid("C1", "R3", 900)
    append_decisions(log, ledger)
    post(tmp_path, log)
    assert {x["reference_no"] for x in server.made("Payment Entry")} == {"R1", "R3"}
    said = {decision: (status, number, reason) for decision, status, number, reason in told(log)}
    name = f"{strange.shard}-{strange.sequence}"
    assert {n for n, (status, _, _) in said.items() if status == "confirmed"} == {
        f"{first.shard}-{first.sequence}", f"{last.shard}-{last.sequence}",
    }  # fmt: skip
    assert said[name][0] == "refused"
    assert "Could not find Party: C9" in said[name][2]
    # Corrected there, then posted by a person's action: confirmed, with the number that it got.
    server.documents.customers.add("C9")
    store = effects(tmp_path)
    (number,) = [row.number for row in store.rows(["failed"])]
    store.close()
    assert headrace_here(tmp_path, "effects", "retry", "erp", str(number)).stdout == "1 will be tried again, 0 not\n"
    post(tmp_path, log)
    (made_there,) = [x for x in server.made("Payment Entry") if x["party"] == "C9"]
    assert [(s, n) for d, s, n, _ in told(log) if d == name] == [
        ("confirmed", made_there["name"]),
        ("refused", said[name][1]),
    ]


def test_a_batch_is_posted_at_its_time(server: ErpNextServer, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    server.documents.customers.add("C1")
    # The time that was an hour ago is over for what was decided before it, and is tomorrow's for what comes now.
    log = made(tmp_path, server, batch=[(now - timedelta(hours=1)).strftime("%H:%M")])
    ledger = BackOffice()
    ledger.paid("C1", "R1", 500, on=ago(hours=2))
    ledger.paid("C1", "R2", 700)
    append_decisions(log, ledger)
    post(tmp_path, log)
    assert [x["reference_no"] for x in server.made("Payment Entry")] == ["R1"]
    store = effects(tmp_path)
    try:
        (waits,) = store.rows(["waiting"])
    finally:
        store.close()
    due = datetime.fromtimestamp(waits.due_ms / 1000, UTC)
    assert timedelta(hours=22, minutes=58) < due - now < timedelta(hours=23, minutes=1)


def test_history_and_what_the_mapping_leaves_out_is_not_posted(server: ErpNextServer, tmp_path: Path) -> None:
    log = made(tmp_path, server, more='kinds = ["receipt_booked", "cash_applied"]')
    server.documents.invoice("INV-1", "C1", "10.00")
    ledger = BackOffice()
    ledger.invoice("C1", "INV-1", 1_000, "2026-01-01", "2026-02-01")
    ledger.receipt("C1", "OLD", 100, ago(), origin="history")
    ledger.receipt("~suspense", "LOST", 100, ago())
    ledger.fact("C1", ("promise_opened", {"reference_id": "P1", "amount": 500}))
    ledger.paid("C1", "R1", 1_000, ("INV-1", 1_000))
    append_decisions(log, ledger)
    post(tmp_path, log)
    assert [x["reference_no"] for x in server.made("Payment Entry")] == ["R1"]
    assert server.made("Comment") == server.made("Journal Entry") == []


def less(directory: Path, kinds: str) -> None:
    """The ERP is set to take these kinds alone from now on."""
    (directory / "books.toml").write_text(MAPPING.format(more=f"kinds = [{kinds}]"))
    wait_out_pause(directory)


@pytest.mark.parametrize("arrived", [False, True])
def test_what_waits_while_the_erp_is_set_to_take_less_is_posted_without_the_rest(
    arrived: bool, server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.invoice("INV-1", "C1", "100.00")
    ledger.invoice("C1", "INV-1", 10_000, "2026-01-01", "2026-02-01")
    money = {"receipt_id": "R1", "document": "INV-1", "item_kind": "invoice"}
    first, *_ = ledger.fact(
        "C1",
        ("receipt_booked", {"receipt_id": "R1", "amount": 9_700}),
        ("cash_applied", money | {"amount": 9_700}),
        ("discount_granted", money | {"amount": 300}),
    )
    append_decisions(log, ledger)

    def drop(request: Request) -> None:
        if request.makes:
            raise Dropped

    # The answer is lost, of a posting that counts or of one that never did.
    server.after, server.before = (drop, server.before) if arrived else (server.after, drop)
    post(tmp_path, log)
    assert states(tmp_path)[0][1] == "waiting"
    server.after = server.before = lambda _: None
    less(tmp_path, '"receipt_booked", "cash_applied"')
    post(tmp_path, log)
    (payment,) = server.made("Payment Entry")
    assert payment["headrace_key"].endswith(f"-{first.shard}-{first.sequence}")
    assert [line["allocated_amount"] for line in payment["references"]] == ["100.00" if arrived else "97.00"]
    assert [line["amount"] for line in payment.get("deductions", [])] == (["3.00"] if arrived else [])
    assert states(tmp_path) == [("C1", "done", f"posted as {payment['name']}")]


def test_what_arrived_as_another_document_before_the_erp_took_less_is_found(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.invoice("INV-1", "C1", "100.00")
    ledger.invoice("C1", "INV-1", 10_000, "2026-01-01", "2026-02-01")
    ledger.paid("C1", "R1", 10_000, ("INV-1", 10_000))
    append_decisions(log, ledger)

    def drop(request: Request) -> None:
        if request.makes:
            raise Dropped

    server.after = drop
    post(tmp_path, log)
    server.after = lambda _: None
    # Without the receipt it would be a Journal Entry.
    less(tmp_path, '"cash_applied"')
    post(tmp_path, log)
    (payment,) = server.made("Payment Entry")
    assert server.made("Journal Entry") == []
    assert states(tmp_path) == [("C1", "done", f"posted as {payment['name']}")]
    assert server.documents.outstanding("INV-1") == "0.00"


def test_each_erp_gets_what_is_its_entities(server: ErpNextServer, tmp_path: Path) -> None:
    log = made(tmp_path, server, entities=["de01"])
    server.documents.customers.add("C1")
    ledger = BackOffice()
    ledger.paid("C1", "R1", 1_000)
    append_decisions(log, ledger)
    post(tmp_path, log)
    assert server.made("Payment Entry") == []
    assert states(tmp_path) == []


def test_a_wrong_secret_only_delays_and_is_never_told(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.customers.add("C1")
    ledger.paid("C1", "R1", 500)
    append_decisions(log, ledger)
    wrong = "wrongkey99:wrongsecret99"
    done = publish(tmp_path, secret=wrong)
    assert done.returncode == 0
    ((_, state, detail),) = states(tmp_path)
    assert state == "waiting"
    assert "answered 401: it does not take the secret that is set" in detail
    wait_out_pause(tmp_path)
    again = publish(tmp_path)
    assert states(tmp_path)[0][1] == "done"
    for text in (done.stdout, done.stderr, again.stdout, again.stderr, (tmp_path / "effects/erp.sqlite").read_bytes().decode("latin-1")):  # fmt: skip
        for secret in ("wrongsecret99", SECRET):
            assert secret not in text
    missing = publish(tmp_path, secret="")
    assert missing.returncode == 2
    assert "erp books: the environment variable BOOKS_SECRET holds no secret" in missing.stderr


def test_a_rate_limit_is_kept(server: ErpNextServer, tmp_path: Path) -> None:
    log, ledger = made(tmp_path, server, at_once=1), BackOffice()
    server.documents.customers.add("C1")
    for number in range(3):
        ledger.paid("C1", f"R{number}", 500)
    append_decisions(log, ledger)
    server.limit, server.retry_after = 2, 900
    post(tmp_path, log)
    assert len(server.made("Payment Entry")) == 1
    store = effects(tmp_path)
    try:
        row = store.targets()["books"]
        assert row.paused_until_ms > datetime.now(UTC).timestamp() * 1000 + 800_000
    finally:
        store.close()


def test_a_mapping_that_is_wrong_is_said_whole(server: ErpNextServer, tmp_path: Path) -> None:
    write_settings(tmp_path, server, more='kinds = ["cash_aplied"]')
    done = publish(tmp_path)
    assert done.returncode == 2
    assert "books.toml: kinds: there is no 'cash_aplied' to write back" in done.stderr
    write_settings(tmp_path, server, mapping="elsewhere.toml")
    with pytest.raises(WrongSettings, match=r"elsewhere\.toml: there is no such file"), erps(tmp_path):
        pass
    write_settings(tmp_path, server, batch=["25:00"], timezone="Mars/Base")
    with pytest.raises(WrongSettings, match="'25:00' is no time of the day"), erps(tmp_path):
        pass


def test_a_site_without_our_fields_gets_nothing_that_could_not_be_found_again(
    server: ErpNextServer, tmp_path: Path
) -> None:
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.customers.add("C1")
    ledger.paid("C1", "R1", 500)
    append_decisions(log, ledger)

    def without_fields(request: Request) -> None:
        if request.method == "GET":
            raise throw("Field not permitted in query: headrace_key", "DataError")

    server.before = without_fields
    post(tmp_path, log)
    assert server.made("Payment Entry") == []
    ((_, state, detail),) = states(tmp_path)
    assert (state, "Field not permitted in query: headrace_key" in detail) == ("waiting", True)


def test_what_waited_while_its_account_was_parked_goes_to_its_own_bank(server: ErpNextServer, tmp_path: Path) -> None:
    """Its decisions are at the offset of the fact that let the account go on, which names no bank account."""
    log, ledger = made(tmp_path, server), BackOffice()
    server.documents.customers.add("C1")
    for number, bank in ((1, "BANK-USD"), (2, "BANK-EUR")):
        money = {"event_id": f"bank:R{number}", "account_id": "C1", "receipt_id": f"R{number}"}
        append_fact(log, receipt(**money, bank_account=bank))
    resume = append_fact(log, operator_action(event_id="o1", account_id="C1", action="resume_account"))
    waited = {"cause_kind": "receipt", "fact_offset": resume, "posting_date": day(ago())}
    for index in (1, 2):
        booked = {"receipt_id": f"R{index}", "amount": 500, "value_date": day(ago()), "cause_id": f"bank:R{index}"}
        ledger.say("receipt_booked", "C1", ago(), index=index - 1, count=2, **booked, **waited)
    ledger.say("receipt_booked", "C1", ago(), receipt_id="R3", amount=500, cause_id="bank:R3", **waited)
    append_decisions(log, ledger)
    # A second attempt asks the same.
    post(tmp_path, log, f"{KEY}:wrong")
    assert server.made("Payment Entry") == []
    wait_out_pause(tmp_path)
    post(tmp_path, log)
    assert {(row["reference_no"], row["paid_to"]) for row in server.made("Payment Entry")} == {
        ("R1", "Bank - ME"),
        ("R2", "Bank EUR - ME"),
    }
    assert states(tmp_path)[-1] == (
        "C1",
        "failed",
        "the receipt 'bank:R3' that it came of is not in the log: our bank account is not known",
    )
