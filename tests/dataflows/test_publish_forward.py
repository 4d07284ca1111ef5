"""The forwarder on a real log, with the embedded Valkey and with a real Redis server: what it forwards, what it does
not, and that it does so once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from connectors.log.sqlite import SqliteLog
from dataflows.publish import publish_forward
from dataflows.publishing import PublishStatus
from headrace.flows import publish_health
from schemas.codec import contents_digest, encode_fact
from schemas.records import CashTransferred, CreditExposure, CreditGroupTold, Fact, OperatorAction, ReceiptReturned
from schemas.topics import DECISIONS
from sinks.base import RetryLater, SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.store import Positions, Store, Wiped, Work
from tests.facts import return_of_version_1
from tests.installations import but
from tests.ledger import Ledger, day, instant
from tests.publishing import (
    Never,
    advice,
    all_facts,
    append,
    append_decisions,
    append_fact,
    customer,
    open_log,
    receipt,
)
from tests.redis_servers import LocalRedis

ROOT = Path(__file__).parents[2]
SHARDS = 4
SUSPENSE = "~suspense:US-OPS-1:07"


class World:
    """A log, a ledger whose decisions are in it, and a Valkey."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.log: SqliteLog = open_log(directory / "log", SHARDS)
        self.ledger = Ledger(shards=SHARDS)
        self.server = server
        self.status = PublishStatus()
        self._written = 0

    def invoice(self, account: str, document: str) -> None:
        self.ledger.invoice(account, document, 100_00, "2026-01-01", "2026-02-01")

    def unidentified(self, receipt_id: str, references: list[str], payer: str = "", amount: int = 100_00) -> None:
        """A receipt that the suspense account has booked and cannot place."""
        offset = append_fact(self.log, receipt(SUSPENSE, receipt_id, amount, payer, references))
        self.ledger.receipt(
            SUSPENSE, receipt_id, amount, "2026-01-05", fact_offset=offset, cause_kind="receipt",
            cause_id=f"bank:{receipt_id}",
        )  # fmt: skip
        self.say_unidentified(receipt_id, references, payer)

    def say_unidentified(self, receipt_id: str, references: list[str], payer: str = "", bank: str = "") -> None:
        self.ledger.say(
            "exception_raised", SUSPENSE, "2026-01-05", receipt_id=receipt_id, reasons=["unidentified"],
            candidates=references, text=payer, reference_id=f"unidentified:{receipt_id}", currency="USD",
            evidence=[f"bank_reference:{bank}"] if bank else [],
        )  # fmt: skip

    def advice(self, account: str, receipt_id: str = "", bank: str = "", advice_id: str = "RA-1") -> None:
        name = f"{account}:{advice_id}:{receipt_id}:{bank}"
        append_fact(self.log, advice(account, advice_id, name, receipt_id=receipt_id, bank_reference=bank))

    def run(self) -> list[Fact]:
        """Write what the ledger has since, forward, and return all facts but receipts and customers."""
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)
        self.status = PublishStatus()
        publish_forward(self.log, self.server, until_idle=True, stop=Never(), status=self.status)
        return [fact for fact in all_facts(self.log) if fact.kind not in ("receipt", "customer", "remittance_advice")]

    def targets(self) -> list[tuple[str, str]]:
        """(receipt, account) of every identify_payer fact, after a run."""
        return sorted((fact.receipt_id, fact.target_account) for fact in self.run() if isinstance(fact, OperatorAction))


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """Empty, and as it was set up before when the test is over."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock", url) as found:
        before = found.client.config_get("maxmemory*")
        yield found
        if url:
            found.client.flushdb()
            for name in ("maxmemory", "maxmemory-policy"):
                found.client.config_set(name, before[name])


@pytest.fixture
def world(tmp_path: Path, server: RedisServer) -> World:
    return World(tmp_path, server)


def test_a_reference_of_one_account_identifies_the_payer(world: World) -> None:
    world.invoice("C1", "INV-1001")
    world.unidentified("R1", ["inv 1001"])
    (fact,) = world.run()
    said = world.ledger.decisions[-1]
    assert isinstance(fact, OperatorAction)
    assert {
        name: getattr(fact, name) for name in ("action", "actor", "receipt_id", "target_account", "account_id")
    } == {
        "action": "identify_payer",
        "actor": "headrace.directory",
        "receipt_id": "R1",
        "target_account": "C1",
        "account_id": SUSPENSE,
    }
    assert fact.event_id == f"identify:{said.shard}-{said.sequence}:C1"
    assert (fact.event_time, fact.recorded_time) == (said.event_time, said.recorded_time)
    assert len(world.run()) == 1


@pytest.mark.parametrize("kind", ["invoice_held", "invoice_released", "item_posted"])
def test_held_drafts_and_credit_notes_are_known_documents(world: World, kind: str) -> None:
    world.ledger.say(kind, "C1", "2026-01-01", document="X-77", amount=5)
    world.unidentified("R1", ["X77"])
    assert world.targets() == [("R1", "C1")]


def test_an_ambiguous_reference_forwards_nothing(world: World) -> None:
    world.invoice("C1", "1001-A")
    world.invoice("C2", "1001A")
    world.unidentified("R1", ["1001/A"])
    assert world.targets() == []


def test_references_of_two_accounts_forward_nothing(world: World) -> None:
    world.invoice("C1", "INV-1")
    world.invoice("C2", "INV-2")
    world.unidentified("R1", ["INV-1", "INV-2"])
    assert world.targets() == []


def test_a_document_as_written_counts_before_one_that_looks_alike(world: World) -> None:
    world.invoice("C1", "INV-7")
    world.invoice("C2", "INV7")
    world.unidentified("R1", ["INV-7"])
    assert world.targets() == [("R1", "C1")]


def test_no_prefix_and_no_letter_is_guessed(world: World) -> None:
    world.invoice("C1", "INV-4711")
    world.unidentified("R1", ["PO-4711", "4711", "INV-4712"])
    assert world.targets() == []


def test_leading_zeros_make_no_difference(world: World) -> None:
    world.invoice("C1", "0004711")
    world.unidentified("R1", ["4711"])
    assert world.targets() == [("R1", "C1")]


def test_zeros_before_the_last_digits_make_no_difference_where_only_one_document_is_so(world: World) -> None:
    world.invoice("C1", "INV-2026-004851")
    world.invoice("C1", "RE/26/5152")
    world.invoice("C1", "INV-2026-04852")
    world.invoice("C2", "INV-2026-004852")
    world.unidentified("R1", ["INV-2026-4851"])
    world.unidentified("R2", ["RE/26/05152"])
    world.unidentified("R3", ["INV-2026-4852"])
    world.unidentified("R4", ["INV-2026-04852"])
    assert world.targets() == [("R1", "C1"), ("R2", "C1"), ("R4", "C1")]


def test_another_entity_has_other_documents(world: World) -> None:
    world.ledger.entity = "de01"
    world.invoice("C1", "INV-1")
    world.ledger.entity = "us01"
    world.unidentified("R1", ["INV-1"])
    assert world.targets() == []


def test_a_reference_that_comes_later_forwards(world: World) -> None:
    world.unidentified("R1", ["INV-5"])
    assert world.targets() == []
    world.invoice("C9", "INV-5")
    assert world.targets() == [("R1", "C9")]


def test_a_bank_account_of_one_customer_identifies_the_payer(world: World) -> None:
    append_fact(world.log, customer("C3", ["US12 3456"]))
    world.unidentified("R1", ["unknown 1"], payer="us123456")
    assert world.targets() == [("R1", "C3")]


def test_a_customer_that_comes_later_forwards(world: World) -> None:
    world.unidentified("R1", [], payer="US1")
    assert world.targets() == []
    append_fact(world.log, customer("C3", ["US1"]))
    assert world.targets() == [("R1", "C3")]


@pytest.mark.parametrize(("text", "found"), [("US1 · thank you", [("R1", "C1")]), (" · US1 · thank you", [])])
def test_the_account_is_read_from_the_text_and_no_name_is_taken_for_it(
    world: World, text: str, found: list[tuple[str, str]]
) -> None:
    append_fact(world.log, customer("C1", ["US1"]))
    world.unidentified("R1", [], payer=text)
    assert world.targets() == found


def test_a_bank_account_of_two_customers_forwards_nothing(world: World) -> None:
    append_fact(world.log, customer("C3", ["US1"]))
    append_fact(world.log, customer("C4", ["US1"]))
    world.unidentified("R1", [], payer="US1")
    assert world.targets() == []


def test_bank_account_and_reference_that_disagree_forward_nothing(world: World) -> None:
    append_fact(world.log, customer("C3", ["US1"]))
    world.invoice("C1", "INV-1")
    world.unidentified("R1", ["INV-1"], payer="US1")
    assert world.targets() == []


@pytest.mark.parametrize(
    "named", [{"receipt_id": "R1"}, {"bank": "FT 7"}, {"advice_id": "RA-0001"}], ids=["receipt", "bank", "text"]
)
@pytest.mark.parametrize("later", [False, True], ids=["before", "after"])
def test_an_advice_of_the_money_identifies_the_payer(world: World, named: dict[str, str], later: bool) -> None:
    if not later:
        world.advice("C5", **named)
    world.say_unidentified("R1", ["RA-0001"], bank="FT 7")
    world.say_unidentified("R2", ["RA-0002"], bank="FT 8")
    if later:
        assert world.targets() == []
        world.advice("C5", **named)
    assert world.targets() == [("R1", "C5")]


def test_advices_of_two_accounts_or_of_no_reference_forward_nothing(world: World) -> None:
    world.advice("C5", bank="FT 7")
    world.advice("C6", bank="FT 7")
    world.advice("C5", bank="NONREF")
    world.say_unidentified("R1", [], bank="FT 7")
    world.say_unidentified("R2", [], bank="NONREF")
    assert world.targets() == []


def test_an_advice_and_a_reference_that_disagree_forward_nothing(world: World) -> None:
    world.invoice("C1", "INV-1")
    world.advice("C5", bank="FT 7")
    world.say_unidentified("R1", ["INV-1"], bank="FT 7")
    assert world.targets() == []


@pytest.mark.parametrize("later", [False, True], ids=["before", "after"])
def test_an_accounts_own_number_identifies_the_payer_where_no_document_does(world: World, later: bool) -> None:
    world.invoice("C-10002", "INV-1")
    known = [customer("C-10001", []), customer("1000111", []), customer("C-10003", ["US3"])]
    for fact in [] if later else known:
        append_fact(world.log, fact)
    world.unidentified("R1", ["PO4711", "C-10001"])
    world.unidentified("R2", ["INV-1", "C-10001"])
    # It may be any number; and a bank account that says otherwise.
    world.unidentified("R3", ["1000111"])
    world.unidentified("R4", ["C-10001"], payer="US3")
    if later:
        assert world.targets() == [("R2", "C-10002")]
        for fact in known:
            append_fact(world.log, fact)
    assert set(world.targets()) == {("R1", "C-10001"), ("R2", "C-10002")}


def test_the_latest_customer_fact_holds(world: World) -> None:
    append_fact(world.log, customer("C3", ["US1", "US2"]))
    append_fact(world.log, customer("C3", ["US2"], event="customer:C3:2"))
    world.unidentified("R1", [], payer="US1")
    world.unidentified("R2", [], payer="US2")
    assert world.targets() == [("R2", "C3")]


def test_nothing_is_judged_before_all_that_was_there_is_read(world: World) -> None:
    """The second account of a reference may stand far behind in another shard."""
    one, other = _accounts_of_two_shards(world.ledger)
    world.invoice(one, "INV-1")
    world.unidentified("R1", ["INV-1"])
    for at in range(6_000):
        world.invoice(other, f"X-{at}")
    world.invoice(other, "inv1")
    world.ledger.decisions[-1].document = "INV 1"
    world.unidentified("R2", ["inv 1 "])
    assert world.targets() == [("R1", one)]


def _accounts_of_two_shards(ledger: Ledger) -> tuple[str, str]:
    taken = {ledger.shard_of(SUSPENSE)}
    found: list[str] = []
    for at in range(100):
        if ledger.shard_of(f"C{at}") not in taken:
            taken.add(ledger.shard_of(f"C{at}"))
            found.append(f"C{at}")
    return found[0], found[1]


def _send_out(world: World, receipt_id: str, target: str, amount: int = 100_00) -> None:
    world.ledger.say(
        "cash_transferred", SUSPENSE, "2026-01-06", rule="transfer.out", receipt_id=receipt_id, amount=amount,
        counterparty=target, posting_date=day("2026-01-05"), fact_offset=1_000,
    )  # fmt: skip


def test_a_transfer_becomes_a_fact_with_all_of_the_receipt(world: World) -> None:
    world.unidentified("R1", ["INV-1"], payer="US1")
    _send_out(world, "R1", "C1")
    sent = world.ledger.decisions[-1]
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    lines = [(line.document, line.amount) for line in fact.lines]
    found = {name: getattr(fact, name) for name in (*Fact.FIELDS, *CashTransferred.FIELDS) if name != "lines"}
    assert lines == [("INV-1", None)]
    assert found == {
        "kind": "cash_transferred",
        "event_id": f"transfer:{sent.shard}-{sent.sequence}",
        "recorded_time": sent.recorded_time,
        "correlation": "trace",
        "source": "headrace.forwarder",
        "tenant": "t1",
        "entity": "us01",
        "account_id": "C1",
        "event_time": instant("2026-01-06"),
        "transfer_id": f"{sent.shard}-{sent.sequence}",
        "from_account": SUSPENSE,
        "returned": False,
        "receipt_id": "R1",
        "bank_account": "US-OPS-1",
        "bank_reference": "REFR1",
        "currency": "USD",
        "amount": 100_00,
        "posting_date": 20458,
        "value_date": 20459,
        "payer_name": "ACME",
        "payer_account": "US1",
        "text": "for goods",
        "adjustments": [],
        "charges": 0,
        "method": "",
        "cheque": "",
        "order_id": "",
        "asks": False,
        "here": [],
    }


def _refuse(world: World, account: str, fact: CashTransferred) -> None:
    shard = world.ledger.shard_of(account)
    offset = world.log.end_offsets("facts")[shard] - 1
    world.ledger.say(
        "cash_transferred", account, "2026-01-07", rule="transfer.refused", receipt_id=fact.receipt_id,
        amount=fact.amount, counterparty=SUSPENSE, reference_id=fact.transfer_id, fact_offset=offset,
        cause_kind=fact.kind, cause_id=fact.event_id,
    )  # fmt: skip


def test_a_refusal_brings_the_money_back_and_is_not_repeated(world: World) -> None:
    world.invoice("C1", "INV-1")
    world.unidentified("R1", ["INV-1"])
    assert world.targets() == [("R1", "C1")]
    _send_out(world, "R1", "C1")
    (sent,) = [fact for fact in world.run() if isinstance(fact, CashTransferred)]
    _refuse(world, "C1", sent)
    refused = world.ledger.decisions[-1]
    (back,) = [fact for fact in world.run() if isinstance(fact, CashTransferred) and fact.returned]
    assert (back.account_id, back.from_account, back.amount) == (SUSPENSE, "C1", 100_00)
    assert back.event_id == f"transfer:{refused.shard}-{refused.sequence}"
    assert back.transfer_id == sent.transfer_id
    assert (back.receipt_id, back.bank_reference, back.posting_date) == ("R1", "REFR1", 20458)
    # It is unidentified again, and the same account is not asked again...
    world.ledger.receipt(SUSPENSE, "R1", 100_00, "2026-01-05", rule="transfer.returned", counterparty="C1",
                         fact_offset=world.log.end_offsets("facts")[world.ledger.shard_of(SUSPENSE)] - 1,
                         cause_kind=back.kind, cause_id=back.event_id)  # fmt: skip
    world.say_unidentified("R1", ["INV-1"])
    assert world.targets() == [("R1", "C1")]
    # ... until its customer is known.
    append_fact(world.log, customer("C1", []))
    assert world.targets() == [("R1", "C1"), ("R1", "C1")]
    # The next transfer goes back to the fact that brought the money back.
    _send_out(world, "R1", "C1")
    again = [fact for fact in world.run() if isinstance(fact, CashTransferred)]
    assert [(fact.returned, fact.amount) for fact in again if fact.account_id == "C1"] == [(False, 100_00)] * 2


def test_a_return_of_money_that_was_sent_on_follows_it(world: World) -> None:
    world.unidentified("R1", [])
    _send_out(world, "R1", "C1")
    returned = ReceiptReturned(
        event_id="bank:R1:back", recorded_time=5, correlation="", source="bank-usd-1", tenant="t1", entity="us01",
        account_id=SUSPENSE, event_time=instant("2026-01-20"), receipt_id="R1", bank_account="US-OPS-1", currency="USD",
        amount=100_00, posting_date=20473, value_date=20473, reason="R01", bank_reference="REFR1",
        from_account="",
    )  # fmt: skip
    offset = append_fact(world.log, returned)
    world.ledger.say(
        "cash_transferred", SUSPENSE, "2026-01-20", rule="transfer.return", receipt_id="R1", amount=60_00,
        counterparty="C1", posting_date=20473, fact_offset=offset, cause_kind=returned.kind, cause_id=returned.event_id,
    )  # fmt: skip
    decision = world.ledger.decisions[-1]
    (fact,) = [f for f in world.run() if isinstance(f, ReceiptReturned) and f.account_id == "C1"]
    assert fact.event_id == f"transfer:{decision.shard}-{decision.sequence}"
    assert (fact.receipt_id, fact.amount, fact.posting_date, fact.reason) == ("R1", 60_00, 20473, "R01")
    assert (returned.from_account, fact.from_account) == ("", SUSPENSE)


def test_a_return_of_version_1_is_searched_for_and_says_who_sends_it_on(world: World) -> None:
    """A parked account takes the return in by a later fact; the return itself stands in the log as it was written then."""
    world.unidentified("R1", [])
    _send_out(world, "R1", "C1")
    returned = ReceiptReturned(
        event_id="bank:R1:back", recorded_time=5, correlation="", source="bank-usd-1", tenant="t1", entity="us01",
        account_id=SUSPENSE, event_time=instant("2026-01-20"), receipt_id="R1", bank_account="US-OPS-1", currency="USD",
        amount=100_00, posting_date=20473, value_date=20473, reason="R01", bank_reference="REFR1", from_account="",
    )  # fmt: skip
    append_fact(world.log, returned, return_of_version_1(returned))
    resume = append_fact(world.log, customer(SUSPENSE, []))
    world.ledger.say(
        "cash_transferred", SUSPENSE, "2026-01-20", rule="transfer.return", receipt_id="R1", amount=60_00,
        counterparty="C1", posting_date=20473, fact_offset=resume, cause_kind=returned.kind, cause_id=returned.event_id,
    )  # fmt: skip
    (fact,) = [f for f in world.run() if isinstance(f, ReceiptReturned) and f.account_id == "C1"]
    assert (fact.amount, fact.reason, fact.from_account) == (60_00, "R01", SUSPENSE)


def test_a_receipt_booked_by_a_later_fact_is_searched_for(world: World) -> None:
    """A parked account books a receipt while it takes a resume fact in: the fact at that offset is not the receipt."""
    append_fact(world.log, receipt(SUSPENSE, "R1", 100_00, "US1", []))
    resume = append_fact(world.log, customer(SUSPENSE, []))
    world.ledger.receipt(
        SUSPENSE, "R1", 100_00, "2026-01-05", fact_offset=resume, cause_kind="receipt", cause_id="bank:R1"
    )
    _send_out(world, "R1", "C1")
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.receipt_id, fact.bank_reference) == ("R1", "REFR1")


def test_a_transfer_of_a_receipt_that_nothing_brought_is_stuck_and_the_others_go_on(world: World) -> None:
    _send_out_unknown(world)
    lost = world.ledger.decisions[-1]
    lost.receipt_id = "R405"
    world.unidentified("R1", [])
    _send_out(world, "R1", "C1")
    # Its account says that it has it, and the fact that it names is not in the log.
    world.ledger.receipt(SUSPENSE, "R2", 5, "2026-01-01", fact_offset=77, cause_kind="receipt", cause_id="bank:R2")
    _send_out(world, "R2", "C1", 5)
    gone = world.ledger.decisions[-1]
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.receipt_id, fact.account_id, fact.amount) == ("R1", "C1", 100_00)
    assert world.server.client.hgetall("headrace:stuck") == {
        f"{lost.shard}-{lost.sequence}": "\"moves receipt 'R405', and no decision before it booked that\"",
        f"{gone.shard}-{gone.sequence}": "\"the receipt 'bank:R2' that brought receipt 'R2' is not in the log\"",
    }
    # A restart goes on, and still says so; so does a directory that is made anew.
    assert (world.status.stuck, len(world.run()), world.status.stuck) == (2, 1, 2)
    assert publish_health(world.status)["ok"] is False
    assert publish_health(world.status)["reason"] == "2 transfers are stuck: headrace verify names them"
    world.server.client.flushdb()
    world.run()
    assert world.status.stuck == 2


def test_money_keeps_the_currency_in_which_its_account_took_it(world: World) -> None:
    """The bank's second fact of that number was rejected; money goes on as it came."""
    came = but(receipt("A", "R1", 300_00, "US1", []), event_id="first", currency="USD")
    offset = append_fact(world.log, came)
    world.ledger.receipt("A", "R1", 300_00, "2026-01-05", fact_offset=offset, cause_kind="receipt", cause_id="first")
    offset = append_fact(world.log, but(came, event_id="second", currency="EUR", amount=1_000_00, text="INV-9"))
    world.ledger.say(
        "fact_rejected", "A", "2026-01-05", reasons=["receipt_known"], fact_offset=offset, cause_kind="receipt",
        cause_id="second",
    )  # fmt: skip
    _send_on(world, "A", "R1", "B", 300_00)
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.currency, fact.amount, fact.text) == ("USD", 300_00, "for goods")


def test_money_keeps_its_bank_where_another_bank_s_was_refused_before(world: World) -> None:
    refused = _transfer("A", "R1", "B2", 500_00)
    offset = append_fact(world.log, refused)
    world.ledger.say(
        "cash_transferred", "A", "2026-01-05", rule="transfer.refused", receipt_id="R1", amount=500_00,
        counterparty=SUSPENSE, fact_offset=offset, cause_kind=refused.kind, cause_id=refused.event_id,
    )  # fmt: skip
    taken = _transfer("A", "R1", "B1", 100_00)
    offset = append_fact(world.log, taken)
    world.ledger.receipt(
        "A", "R1", 100_00, "2026-01-05", rule="transfer.in", fact_offset=offset, cause_kind=taken.kind,
        cause_id=taken.event_id,
    )  # fmt: skip
    _send_on(world, "A", "R1", "B", 100_00)
    found = [fact for fact in world.run() if isinstance(fact, CashTransferred)]
    assert [(f.bank_account, f.amount) for f in found if f.account_id == SUSPENSE] == [("B2", 500_00)]
    assert [(f.bank_account, f.amount) for f in found if f.account_id == "B"] == [("B1", 100_00)]


def test_a_receipt_is_found_that_a_rejected_fact_named_first_by_another_bank(world: World) -> None:
    """The account was parked too: neither the first fact of that id, nor the one at the offset, is what brought it."""
    wrong = but(receipt("A", "R1", 5_00, "", []), event_id="taken", bank_account="B1")
    offset = append_fact(world.log, wrong)
    world.ledger.say(
        "fact_rejected", "A", "2026-01-05", reasons=["event_id_with_other_contents"], fact_offset=offset,
        cause_kind="receipt", cause_id="taken",
    )  # fmt: skip
    append_fact(world.log, but(wrong, bank_account="B2", amount=100_00))
    resume = append_fact(world.log, customer("A", []))
    world.ledger.receipt("A", "R1", 100_00, "2026-01-05", fact_offset=resume, cause_kind="receipt", cause_id="taken")
    _send_on(world, "A", "R1", "B", 100_00)
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.bank_account, fact.amount, fact.account_id) == ("B2", 100_00, "B")


def test_a_return_that_names_no_bank_follows_its_money_under_that_bank_s_number(world: World) -> None:
    offset = append_fact(world.log, but(receipt("A", "R1", 100_00, "", []), event_id="came", bank_account="B2"))
    world.ledger.receipt("A", "R1@B2", 100_00, "2026-01-05", fact_offset=offset, cause_kind="receipt", cause_id="came")
    _send_on(world, "A", "R1@B2", "B", 100_00)
    returned = ReceiptReturned(
        event_id="back", recorded_time=5, correlation="", source="bank-usd-1", tenant="t1", entity="us01",
        account_id="A", event_time=instant("2026-01-20"), receipt_id="R1@B2", bank_account="", currency="USD",
        amount=100_00, posting_date=20473, value_date=20473, reason="R01", bank_reference="", from_account="",
    )  # fmt: skip
    offset = append_fact(world.log, returned)
    world.ledger.say(
        "cash_transferred", "A", "2026-01-20", rule="transfer.return", receipt_id="R1@B2", amount=100_00,
        counterparty="B", posting_date=20473, fact_offset=offset, cause_kind=returned.kind, cause_id="back",
    )  # fmt: skip
    sent, back = (f for f in world.run() if isinstance(f, CashTransferred | ReceiptReturned) and f.account_id == "B")
    assert (sent.receipt_id, sent.bank_account) == ("R1", "B2")
    assert (back.kind, back.receipt_id, back.bank_account) == ("receipt_returned", "R1", "B2")


def _send_on(world: World, account: str, receipt_id: str, target: str, amount: int) -> None:
    """By an operator action, at an offset after all facts so far."""
    offset = world.log.end_offsets("facts")[world.ledger.shard_of(account)]
    world.ledger.say(
        "cash_transferred", account, "2026-01-06", rule="transfer.out", receipt_id=receipt_id, amount=amount,
        counterparty=target, posting_date=day("2026-01-05"), fact_offset=offset, cause_kind="operator_action",
    )  # fmt: skip


def _transfer(account: str, receipt_id: str, bank_account: str, amount: int) -> CashTransferred:
    return CashTransferred(
        event_id=f"transfer:{bank_account}", recorded_time=5, correlation="", source="headrace.forwarder", tenant="t1",
        entity="us01", account_id=account, event_time=instant("2026-01-05"), transfer_id=bank_account,
        from_account=SUSPENSE, returned=False, receipt_id=receipt_id, bank_account=bank_account, bank_reference="",
        currency="USD", amount=amount, posting_date=20458, value_date=20458, payer_name="", payer_account="", text="",
        lines=[],
    )  # fmt: skip


def _send_out_unknown(world: World) -> None:
    world.ledger.receipt("C1", "R404", 5, "2026-01-01")
    world.ledger.say(
        "cash_transferred", "C1", "2026-01-06", rule="transfer.out", receipt_id="R404", amount=5, counterparty="C2"
    )


def _busy(world: World) -> None:
    """Twenty unidentified receipts: some known, some sent on, some ambiguous."""
    for at in range(20):
        world.invoice(f"C{at}", f"INV-{at}")
        world.invoice(f"C{at + 1}", f"DUP-{at // 2}")
    for at in range(20):
        world.unidentified(f"R{at}", [f"DUP-{at}" if at % 5 == 4 else f"INV-{at}"])
        if at % 3 == 0:
            _send_out(world, f"R{at}", f"C{at}")


def _contents(facts: list[Fact]) -> dict[str, int]:
    """Digest of each event id's contents; an id with two contents is a failure."""
    found: dict[str, int] = {}
    for fact in facts:
        digest = contents_digest(encode_fact(fact))
        assert found.setdefault(fact.event_id, digest) == digest, fact.event_id
    return found


def test_a_restart_forwards_nothing_again(world: World) -> None:
    _busy(world)
    first = world.run()
    assert len(first) > 12
    assert len(world.run()) == len(first)


def test_a_wiped_redis_is_rebuilt_and_gives_the_same_facts(world: World) -> None:
    _busy(world)
    first = world.run()
    before = _everything(world.server)
    world.server.client.flushdb()
    again = world.run()
    assert len(again) > len(first)
    assert _contents(again) == _contents(first)
    after = _everything(world.server)
    assert {name: after[name] for name in after if name != "headrace:position"} == {
        name: before[name] for name in before if name != "headrace:position"
    }


def _everything(server: RedisServer) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in server.client.keys("headrace:*"):
        kind = server.client.type(name)
        found[name] = server.client.hgetall(name) if kind == "hash" else server.client.smembers(name)
    return found


SCRIPT = """
import sys
from pathlib import Path
from connectors.log.sqlite import SqliteLog
from dataflows.publish import publish_forward
from dataflows.publishing import PublishStatus
from headrace.operations import StopFlag
from sinks.redis.connect import RedisServer

directory = Path(sys.argv[1])
with RedisServer(directory / "redis", directory / "run" / "redis.sock") as server:
    publish_forward(SqliteLog(directory / "log", False), server, until_idle=True, stop=StopFlag(), status=PublishStatus())
"""


@pytest.mark.slow
def test_kills_at_random_lose_nothing(tmp_path: Path) -> None:
    """The Valkey of a killed forwarder stays behind and is taken over by the next one."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with RedisServer(tmp_path / "unbroken" / "redis", tmp_path / "unbroken" / "redis.sock") as server:
        unbroken = World(tmp_path / "unbroken", server)
        _busy(unbroken)
        expected = _contents(unbroken.run())
        written = World(tmp_path, server)
        _busy(written)
        append_decisions(written.log, written.ledger)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT)
        try:
            process.wait(rng.uniform(0.5, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
    assert subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, check=False).returncode == 0
    found = [fact for fact in all_facts(written.log) if fact.kind not in ("receipt", "customer", "remittance_advice")]
    assert _contents(found) == expected, f"seed {seed}"


def test_live_balances_follow_the_decisions(world: World) -> None:
    world.invoice("C1", "INV-1")
    world.ledger.receipt("C1", "R5", 30_00, "2026-01-05")
    last = world.ledger.decisions[-1]
    world.run()
    assert world.server.client.hgetall("headrace:balance:t1/us01/C1") == {
        "USD:open_debit": "10000",
        "USD:open_credit": "0",
        "USD:unapplied": "3000",
        "USD:on_account": "0",
        "shard": str(last.shard),
        "sequence": str(last.sequence),
    }


def test_a_gap_stops_the_forwarder(world: World) -> None:
    for document in ("INV-1", "INV-2", "INV-3"):
        world.invoice("C1", document)
    records = world.ledger.records()
    append(world.log, DECISIONS, [records[0], records[2]])
    with pytest.raises(SinkStopped, match="sequence 2 where 1 was due"):
        publish_forward(world.log, world.server, until_idle=True, stop=Never(), status=PublishStatus())


def test_another_log_s_directory_is_refused(world: World, tmp_path: Path) -> None:
    world.run()
    other = World(tmp_path / "other", world.server)
    with pytest.raises(SinkStopped, match="holds the directory of another log"):
        other.run()


def test_of_two_forwarders_one_stops(server: RedisServer) -> None:
    one, other = Store(server, "log"), Store(server, "log")
    one.commit(Work(one), Positions({0: 1}, {0: 1}, {0: 1}))
    with pytest.raises(SinkStopped, match="another forwarder writes to it"):
        other.commit(Work(other), Positions({0: 2}, {0: 2}, {0: 2}))
    assert Store(server, "log").positions == Positions({0: 1}, {0: 1}, {0: 1})


def test_a_redis_emptied_in_use_is_noticed(server: RedisServer) -> None:
    store = Store(server, "log")
    store.commit(Work(store), Positions({0: 1}, {0: 1}, {0: 1}))
    server.client.flushdb()
    with pytest.raises(Wiped):
        store.commit(Work(store), Positions({0: 2}, {0: 2}, {0: 2}))
    assert Store(server, "log").positions == Positions()


def test_a_redis_that_drops_keys_is_refused(server: RedisServer) -> None:
    server.client.config_set("maxmemory", "100mb")
    server.client.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(SinkStopped, match="maxmemory-policy is allkeys-lru"):
        Store(server, "log")


@pytest.mark.redis
def test_a_redis_that_goes_away_is_waited_for(local_redis: LocalRedis, tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock", local_redis.url) as server:
        world = World(tmp_path, server)
        world.invoice("C1", "INV-1")
        world.unidentified("R1", ["INV-1"])
        local_redis.stop()
        status, told = PublishStatus(), []

        class Watching(Never):
            """Brings the server back when the forwarder has said that it is away."""

            def __bool__(self) -> bool:
                if status.state not in told:
                    told.append(status.state)
                    if status.state.startswith("away"):
                        local_redis.start()
                return False

        append_decisions(world.log, world.ledger)
        publish_forward(world.log, server, until_idle=True, stop=Watching(), status=status)
        assert [state for state in told if state.startswith("away")] != []
        assert [f.target_account for f in all_facts(world.log) if isinstance(f, OperatorAction)] == ["C1"]


@pytest.mark.redis
@pytest.mark.parametrize("login", ["", ":secret1@"], ids=["none", "wrong"])
def test_a_missing_or_wrong_password_stops_and_is_not_told(local_redis: LocalRedis, tmp_path: Path, login: str) -> None:
    with redis.Redis.from_url(local_redis.url) as owner:
        owner.config_set("requirepass", "secret2")
    url = local_redis.url.replace("127", f"{login}127")
    with (
        RedisServer(tmp_path / "redis", tmp_path / "redis.sock", url) as server,
        pytest.raises(SinkStopped, match=f"Redis at 127.0.0.1:{local_redis.port}: ") as stopped,
    ):
        Store(server, "log")
    assert "secret" not in str(stopped.value)


def test_an_embedded_valkey_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock") as server:
        store = Store(server, "log")
        os.kill(server.client.info("server")["process_id"], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                store.commit(Work(store), Positions({0: 5}, {0: 4}, {0: 3}))
                break
            except (RetryLater, Wiped):
                store = _patiently_opened(server, deadline)
        assert Store(server, "log").positions == Positions({0: 5}, {0: 4}, {0: 3})


def _patiently_opened(server: RedisServer, deadline: float) -> Store:
    while time.monotonic() < deadline:
        try:
            return Store(server, "log")
        except RetryLater:
            time.sleep(0.05)
    raise AssertionError("Valkey did not come back")


def test_the_embedded_valkey_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    for expected in (Positions(), Positions({0: 5}, {0: 4}, {0: 3})):
        with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock") as server:
            store = Store(server, "log")
            assert store.positions == expected
            store.commit(Work(store), Positions({0: 5}, {0: 4}, {0: 3}))


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with RedisServer(deep / "redis", deep / "run" / "redis.sock") as server:
        assert server.client.ping()


def test_what_accounts_that_share_a_limit_say_is_brought_once(world: World) -> None:
    world.ledger.say(
        "credit_exposure_stated", "ACME", "2026-01-05", counterparty="~credit:north", amount=70_00, rule="credit.stated"
    )
    told = world.ledger.say(
        "credit_group_told", "~credit:north", "2026-01-05", reference_id="north", candidates=["ACME", "BETA"],
        rule="credit.group_held",
    )  # fmt: skip
    facts = world.run()
    stated = [fact for fact in facts if isinstance(fact, CreditExposure)]
    assert [(x.account_id, x.from_account, x.currency, x.amount, x.left) for x in stated] == [
        ("~credit:north", "ACME", "USD", 70_00, False)
    ]
    heard = [fact for fact in facts if isinstance(fact, CreditGroupTold)]
    assert sorted((x.account_id, x.group, x.held, x.number) for x in heard) == [
        ("ACME", "north", True, told.sequence),
        ("BETA", "north", True, told.sequence),
    ]
    assert sorted(x.event_id for x in heard) == [f"credit:{told.shard}-{told.sequence}:{x}" for x in ("ACME", "BETA")]
    # The same decisions are not brought a second time.
    assert len(world.run()) == len(facts)
