"""The lines of decisions: what each debits and credits, always the same sum on both sides; and amounts as currencies write them."""

from typing import Any

import pytest

from schemas.records import Decision
from sinks.erp.ledger import GROUPS, ROLES, Group, Line, bundle_of, lines
from sinks.erp.posting import Unbalanced, _check, made
from tests.erp import BackOffice
from tests.ledger import day

DAY = "2026-03-02"


def decision(kind: str, **fields: Any) -> Decision:
    account = fields.pop("account", "C1")
    ledger = BackOffice()
    given = {"amount": 1_000, "document": "INV-1", "item_kind": "invoice", "receipt_id": "R1", "rule": "x"} | fields
    ledger._open[account, "INV-1"] = ledger._open[account, "CN-1"] = 0
    ledger._receipts[account, "R1"] = 0
    return ledger.fact(account, (kind, given), on=DAY)[0]


def sides(d: Decision, suspense: bool = False) -> list[tuple[str, str, int]]:
    """(role, item or receipt, debit less credit) of every line."""
    return [(x.role, x.document or x.receipt_id, x.debit - x.credit) for x in lines(d, suspense)]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("receipt_booked", {}, [("bank", "", 1_000), ("unapplied", "R1", -1_000)]),
        ("receipt_booked", {"rule": "transfer.in", "counterparty": "C2"}, [("transit", "", 1_000), ("unapplied", "R1", -1_000)]),
        ("receipt_booked", {"rule": "transfer.in", "counterparty": "~suspense/1"}, [("bank", "", 1_000), ("unapplied", "R1", -1_000)]),
        ("receipt_booked", {"account": "~suspense/1"}, [("bank", "", 1_000), ("unidentified", "R1", -1_000)]),
        ("cash_applied", {}, [("unapplied", "R1", 1_000), ("receivable", "INV-1", -1_000)]),
        ("cash_applied", {"other_currency": "EUR"}, [("fx_clearing", "", 1_000), ("receivable", "INV-1", -1_000)]),
        ("cash_unapplied", {}, [("receivable", "INV-1", 1_000), ("unapplied", "R1", -1_000)]),
        ("application_reversed", {}, [("receivable", "INV-1", 1_000), ("bank", "", -1_000)]),
        ("application_reversed", {"counterparty": "CN-1", "rule": "returned.credit"}, [("receivable", "INV-1", 1_000), ("receivable", "CN-1", -1_000)]),
        ("receipt_reversed", {"document": ""}, [("unapplied", "R1", 1_000), ("bank", "", -1_000)]),
        ("cash_transferred", {"rule": "transfer.out"}, [("unapplied", "R1", 1_000), ("transit", "", -1_000)]),
        ("cash_transferred", {"rule": "transfer.refused"}, []),
        ("cash_exchanged", {}, [("unapplied", "R1", 1_000), ("fx_clearing", "", -1_000)]),
        ("cash_exchanged", {"rule": "reversed.exchanged"}, [("fx_clearing", "", 1_000), ("unapplied", "R1", -1_000)]),
        ("credit_allocated", {"counterparty": "CN-1"}, [("receivable", "CN-1", 1_000), ("receivable", "INV-1", -1_000)]),
        ("discount_granted", {"tax": 160}, [("discount", "", 840), ("receivable", "INV-1", -840), ("discount_tax", "", 160), ("receivable", "INV-1", -160)]),
        ("discount_granted", {"rule": "reversed.discount"}, [("receivable", "INV-1", 1_000), ("discount", "", -1_000)]),
        ("write_off_posted", {"rule": "cash.7.tolerance"}, [("write_off", "", 1_000), ("receivable", "INV-1", -1_000)]),
        ("write_off_posted", {"rule": "reversed.charges"}, [("receivable", "INV-1", 1_000), ("bank_charges", "", -1_000)]),
        ("write_off_posted", {"document": "", "rule": "cash.7.small_credit"}, [("unapplied", "R1", 1_000), ("small_credits", "", -1_000)]),
        ("fx_difference_posted", {}, [("fx_clearing", "", 1_000), ("fx_gain", "", -1_000)]),
        ("fx_difference_posted", {"amount": -1_000}, [("fx_loss", "", 1_000), ("fx_clearing", "", -1_000)]),
        ("fx_difference_posted", {"amount": -1_000, "rule": "reversed.gain"}, [("fx_gain", "", 1_000), ("fx_clearing", "", -1_000)]),
        ("fx_difference_posted", {"rule": "reversed.gain"}, [("fx_clearing", "", 1_000), ("fx_loss", "", -1_000)]),
        ("deduction_opened", {"document": "INV-1/D1", "counterparty": "INV-1"}, [("receivable", "INV-1/D1", 1_000), ("receivable", "INV-1", -1_000)]),
        ("interest_charged", {"rule": "interest.late"}, [("receivable", "INV-1", 1_000), ("interest", "", -1_000)]),
        ("interest_charged", {"rule": "interest.compensation"}, [("receivable", "INV-1", 1_000), ("compensation", "", -1_000)]),
        ("interest_charged", {"rule": "reminders.fee"}, [("receivable", "INV-1", 1_000), ("fees", "", -1_000)]),
        ("refund_posted", {"rule": "refund.approved", "document": ""}, [("unapplied", "R1", 1_000), ("refunds_payable", "", -1_000)]),
        ("refund_posted", {"rule": "refund", "document": "CN-1", "receipt_id": ""}, [("receivable", "CN-1", 1_000), ("bank", "", -1_000)]),
        ("refund_confirmed", {}, [("refunds_payable", "", 1_000), ("bank", "", -1_000)]),
        ("promise_opened", {}, []),
        ("invoice_released", {}, []),
    ],
)  # fmt: skip
def test_what_a_decision_debits_and_credits(
    kind: str, fields: dict[str, Any], expected: list[tuple[str, str, int]]
) -> None:
    d = decision(kind, **fields)
    assert sides(d) == expected
    assert sum(amount for _, _, amount in expected) == 0
    assert all(x.role in ROLES for x in lines(d))


def test_money_from_suspense_is_in_transit_where_suspense_is_in_the_ledger() -> None:
    d = decision("receipt_booked", rule="transfer.in", counterparty="~suspense/1")
    assert sides(d, suspense=True) == [("transit", "", 1_000), ("unapplied", "R1", -1_000)]


def test_only_what_makes_an_item_raises_it() -> None:
    assert [x.raises for x in lines(decision("deduction_opened", counterparty="INV-1"))] == [True, False]
    undone = lines(decision("deduction_opened", counterparty="INV-1", rule="reversed.deduction"))
    assert [x.raises for x in undone] == [False, False]


def test_all_that_happens_to_a_receipt_by_one_fact_is_one_posting() -> None:
    ledger = BackOffice()
    ledger.invoice("C1", "INV-1", 10_000, DAY, DAY)
    said = [*ledger.paid("C1", "R1", 9_700, ("INV-1", 9_700)), decision("discount_granted", amount=300)]
    assert {bundle_of(d) for d in said} == {"money:R1"}
    paid = made("k", said)
    assert (paid.group, paid.document, paid.currencies, paid.total) == (Group.money, "R1", ["USD"], 9_700 + 9_700 + 300)
    assert (paid.net("bank"), paid.net("unapplied"), paid.net("receivable")) == (9_700, 0, -10_000)
    assert paid.cleared() == [("INV-1", "invoice", 10_000)]
    assert bundle_of(decision("deduction_opened", document="INV-1/D1")) == "deduction:INV-1/D1"
    assert bundle_of(decision("promise_opened", reference_id="P1")) == "promise:P1"


def test_a_posting_whose_debits_are_not_its_credits_is_never_made() -> None:
    balanced = [Line("bank", "USD", 5, 0), Line("unapplied", "USD", 0, 5)]
    _check("k", balanced)
    for wrong in (
        [*balanced, Line("bank", "EUR", 5, 0)],
        balanced[:1],
        [Line("bank", "USD", 0, 0)],
        [Line("bank", "USD", 5, 5)],
    ):
        with pytest.raises(Unbalanced):
            _check("k", wrong)


def test_every_kind_that_is_written_back_has_its_group_and_is_known() -> None:
    assert set(GROUPS.values()) == set(Group)
    for kind in GROUPS:
        posting = made("k", [decision(kind, counterparty="CN-1" if kind == "credit_allocated" else "")])
        assert posting.posting_date == day(DAY)
