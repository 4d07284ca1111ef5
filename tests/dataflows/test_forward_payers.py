"""Whom the forwarder finds as the payer of money that nobody knows, on a real log, with the embedded Valkey and with a
real Redis server."""

import pytest

from schemas.records import OperatorAction
from tests.dataflows.forwarding import SUSPENSE, World, accounts_of_two_shards
from tests.installations import but
from tests.publishing import (
    append_fact,
    customer,
)


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


@pytest.mark.parametrize("waits", [False, True])
def test_a_name_that_a_person_explained_identifies_the_payer_where_nothing_else_tells(
    world: World, waits: bool
) -> None:
    if waits:
        world.unidentified("R1", [], name="BETA TRADING LTD")
    world.learned("R0", "Beta Trading, Ltd.", "C1", "alias.name")
    world.unidentified("R2", ["unknown"], name="beta trading ltd")
    world.unidentified("R3", [], name="Beta Trading Holding Ltd")
    assert world.targets() == [*([("R1", "C1")] if waits else []), ("R2", "C1")]
    # What it names counts before its name.
    world.invoice("C2", "INV-2002")
    world.unidentified("R4", ["INV-2002"], name="Beta Trading Ltd")
    assert ("R4", "C2") in world.targets()


def test_a_name_of_two_accounts_or_a_short_one_forwards_nothing(world: World) -> None:
    world.learned("R0", "Beta Trading Ltd", "C1", "alias.name")
    world.learned("R1", "Beta Trading Ltd", "C2", "alias.name")
    world.learned("R2", "B. AG", "C3", "alias.name")
    world.unidentified("R3", [], name="Beta Trading Ltd")
    world.unidentified("R4", [], name="B. AG")
    assert world.targets() == []


def test_a_name_that_another_customer_has_forwards_nothing(world: World) -> None:
    append_fact(world.log, but(customer("C1", []), name="Beta Holding Inc."))
    append_fact(world.log, but(customer("C2", []), name="Beta Trading, Ltd."))
    world.learned("R0", "BETA TRADING LTD", "C1", "alias.name")
    world.unidentified("R1", [], name="Beta Trading Ltd")
    assert world.targets() == []
    # It is called otherwise now.
    append_fact(world.log, but(customer("C2", [], "C2:renamed"), name="Gamma Trading Ltd"))
    world.unidentified("R2", [], name="Beta Trading Ltd")
    world.unidentified("R3", [], name="Gamma Trading Ltd")
    assert world.targets() == [("R2", "C1")]


def test_a_name_is_no_bank_account_and_a_bank_account_no_name(world: World) -> None:
    world.learned("R0", "DE7712345", "C1", "alias.name")
    world.learned("R1", "FR7612345", "C2", "alias.payer")
    world.unidentified("R2", [], payer="DE7712345")
    world.unidentified("R3", [], name="FR7612345")
    world.unidentified("R4", [], payer="FR7612345")
    assert world.targets() == [("R4", "C2")]


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
    one, other = accounts_of_two_shards(world.ledger)
    world.invoice(one, "INV-1")
    world.unidentified("R1", ["INV-1"])
    for at in range(6_000):
        world.invoice(other, f"X-{at}")
    world.invoice(other, "inv1")
    world.ledger.decisions[-1].document = "INV 1"
    world.unidentified("R2", ["inv 1 "])
    assert world.targets() == [("R1", one)]
