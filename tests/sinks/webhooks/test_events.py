"""Which decision is which event, and what is told of it."""

import json
from typing import Any

import pytest

from schemas.records import Decision
from sinks.webhooks.events import EVENTS, body, event_of

NOW = 1_795_353_360_731


def decision(kind: str, **fields: Any) -> Decision:
    return Decision(
        **({"kind": kind, "shard": 3, "sequence": 17, "tenant": "t1", "entity": "us01", "account_id": "A-1", "rule": "r",
            "event_time": NOW - 5, "recorded_time": NOW, "currency": "USD"} | fields)
    )  # fmt: skip


ITEM = {"document": "INV-1", "item_kind": "invoice", "item_amount": 100}


@pytest.mark.parametrize(
    ("event", "kind", "fields"),
    [
        ("posted", "item_posted", ITEM | {"amount": 100, "item_open": 100, "rule": "posted.erp"}),
        ("posted", "invoice_released", ITEM | {"amount": 100, "item_open": 100}),
        ("posted", "interest_charged", ITEM | {"amount": 100, "item_open": 100}),
        ("", "item_posted", ITEM | {"amount": 100, "rule": "posted.opening"}),
        ("", "invoice_held", ITEM),
        ("delivered", "delivery_status", ITEM | {"text": "delivered"}),
        ("delivered", "delivery_status", ITEM | {"text": "acknowledged"}),
        ("viewed", "delivery_status", ITEM | {"text": "viewed"}),
        ("", "delivery_status", ITEM | {"text": "sent"}),
        ("disputed", "dispute_opened", ITEM | {"amount": 5}),
        ("", "dispute_closed", ITEM | {"amount": 5}),
        ("promised", "promise_opened", {"amount": 5, "candidates": ["INV-1"]}),
        ("paid", "cash_applied", ITEM | {"amount": 40, "item_open": 0}),
        ("paid", "credit_allocated", ITEM | {"amount": 40, "item_open": 0}),
        ("paid", "discount_granted", ITEM | {"amount": 2, "item_open": 0}),
        ("paid", "write_off_posted", ITEM | {"amount": 1, "item_open": 0}),
        ("", "cash_applied", ITEM | {"amount": 40, "item_open": 60}),
        ("", "write_off_posted", {"amount": 1, "item_open": 0, "receipt_id": "R1"}),
        ("reopened", "cash_unapplied", ITEM | {"amount": 40, "item_open": 40}),
        ("reopened", "application_reversed", ITEM | {"amount": 100, "item_open": 100}),
        ("reopened", "discount_granted", ITEM | {"amount": 2, "item_open": 2, "rule": "reversed.discount"}),
        ("", "cash_unapplied", ITEM | {"amount": 40, "item_open": 60}),
        (
            "deducted",
            "deduction_opened",
            {"document": "INV-1/D1", "counterparty": "INV-1", "amount": 5, "item_open": 5},
        ),
        ("", "deduction_opened", {"document": "INV-1/D1", "amount": 5, "item_open": 0, "rule": "reversed.deduction"}),
        ("escalated", "escalated", {"reference_id": "D-1", "level": 1}),
        ("credit_hold_set", "credit_hold_set", {"amount": 5}),
        ("credit_hold_released", "credit_hold_released", {"amount": 5}),
        ("", "receipt_booked", {"amount": 5, "receipt_id": "R1"}),
    ],
)
def test_which_decision_is_which_event(event: str, kind: str, fields: dict[str, Any]) -> None:
    found = decision(kind, **fields)
    assert event_of(found) == event
    assert sum(holds(found) for holds in EVENTS.values()) == bool(event)


def test_what_is_told() -> None:
    paid = decision(
        "cash_applied", **ITEM, amount=4_050, item_open=0, receipt_id="R1", due_date=20_500, posting_date=20_454
    )
    paid.item_amount = 10_000
    assert json.loads(body("paid", paid)) == {
        "type": "paid",
        "timestamp": "2026-11-22T13:16:00.731Z",
        "data": {
            "decision": "3-17",
            "kind": "cash_applied",
            "rule": "r",
            "tenant": "t1",
            "entity": "us01",
            "account_id": "A-1",
            "happened": "2026-11-22T13:16:00.726Z",
            "document": "INV-1",
            "item_kind": "invoice",
            "receipt_id": "R1",
            "currency": "USD",
            "amount": "40.50",
            "item_amount": "100.00",
            "item_open": "0.00",
            "posting_date": "2026-01-01",
            "due_date": "2026-02-16",
        },
    }


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [("JPY", 1_234, "1234"), ("KWD", 1_234, "1.234"), ("EUR", -5, "-0.05"), ("USD", 0, "0.00")],
)
def test_amounts_are_texts_with_the_decimals_of_their_currency(currency: str, minor: int, text: str) -> None:
    told = json.loads(body("credit_hold_set", decision("credit_hold_set", currency=currency, amount=minor)))
    assert told["data"]["amount"] == text


def test_what_is_not_ascii_is_sent_as_it_is() -> None:
    told = body("disputed", decision("dispute_opened", document="RÉF-1", reasons=["Ünpünktlich"]))
    assert "RÉF-1" in told
    assert json.loads(told)["data"]["reasons"] == ["Ünpünktlich"]
