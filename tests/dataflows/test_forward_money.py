"""Money that accounts send each other becomes facts, on a real log, with the embedded Valkey and with a real Redis server."""

import pytest

from headrace.flows.serving import publish_health
from schemas.records import CashTransferred, Fact, ReceiptReturned
from sinks.redis.store import PREFIX, STUCK
from tests.dataflows.forwarding import SUSPENSE, World, send_out, send_out_unknown
from tests.facts import return_of_version_1
from tests.installations import but
from tests.ledger import day, instant
from tests.publishing import (
    append_fact,
    customer,
    receipt,
)


def test_a_transfer_becomes_a_fact_with_all_of_the_receipt(world: World) -> None:
    world.unidentified("R1", ["INV-1"], payer="US1")
    send_out(world, "R1", "C1")
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
    send_out(world, "R1", "C1")
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
    send_out(world, "R1", "C1")
    again = [fact for fact in world.run() if isinstance(fact, CashTransferred)]
    assert [(fact.returned, fact.amount) for fact in again if fact.account_id == "C1"] == [(False, 100_00)] * 2


def test_a_return_of_money_that_was_sent_on_follows_it(world: World) -> None:
    world.unidentified("R1", [])
    send_out(world, "R1", "C1")
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
    send_out(world, "R1", "C1")
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
    send_out(world, "R1", "C1")
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.receipt_id, fact.bank_reference) == ("R1", "REFR1")


def test_a_transfer_of_a_receipt_that_nothing_brought_is_stuck_and_the_others_go_on(world: World) -> None:
    send_out_unknown(world)
    lost = world.ledger.decisions[-1]
    lost.receipt_id = "R405"
    world.unidentified("R1", [])
    send_out(world, "R1", "C1")
    # Its account says that it has it, and the fact that it names is not in the log.
    world.ledger.receipt(SUSPENSE, "R2", 5, "2026-01-01", fact_offset=77, cause_kind="receipt", cause_id="bank:R2")
    send_out(world, "R2", "C1", 5)
    gone = world.ledger.decisions[-1]
    (fact,) = world.run()
    assert isinstance(fact, CashTransferred)
    assert (fact.receipt_id, fact.account_id, fact.amount) == ("R1", "C1", 100_00)
    assert world.server.client.hgetall(PREFIX + STUCK) == {
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


@pytest.mark.parametrize("target", ["~entity:DE01", "~entity:DE01/", "~entity:/C1", "A\0B"])
def test_a_transfer_to_what_is_no_accounts_name_is_stuck_and_not_sent_to_nobody(world: World, target: str) -> None:
    world.unidentified("R1", [])
    send_out(world, "R1", target)
    lost = world.ledger.decisions[-1]
    assert world.run() == []
    assert set(world.server.client.hgetall(PREFIX + STUCK)) == {f"{lost.shard}-{lost.sequence}"}


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
