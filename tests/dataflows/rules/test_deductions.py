"""Deductions and short payments as disputes: what they are matched with, and whether the policy allows them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.disputes.disputes import OUTCOMES, of_short_payment
from dataflows.rules.evidence import value
from dataflows.rules.following import follow
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, EPOCH_ORDINAL, parse
from dataflows.rules.transition import settle, transition
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.records import Decision, RemittanceLine, ShardRow
from tests.facts import DAY, dispute, invoice, receipt

CLAIMS = """
[[disputes.claims]]
name = "spring"
codes = ["ADV"]
most_ppm = 50000
from = "2026-03-01"
until = "2026-03-31"
[[disputes.claims]]
name = "freight"
category = "other"
codes = ["FRT"]
most_minor = 100
from = "2026-01-01"
until = "2026-12-31"
"""


def context() -> Context:
    time = DAY * DAY_MS
    return Context(time, "live", parse(DEFAULT_TEXT + CLAIMS), "test", "test-1", time, time)


@pytest.fixture
def new_account(tmp_path: Path) -> Iterator[Account]:
    shard = Shard(0, 1, Store(tmp_path / "state"), ShardRow("facts", "decisions"), 1 << 20)
    account = shard.accounts.get("t1/us01/A-1")
    assert account is not None
    yield account
    shard.close()


def with_invoice(account: Account, *disputes: tuple[str, int, str]) -> Account:
    """INV-1 of 107.00 and DED-1 of 5.00, which stands for a deduction; disputes of INV-1: id, amount, category."""
    ctx = context()
    transition(account, invoice(), ctx)
    transition(account, invoice(event_id="i-2", document="DED-1", amount=500, tax=0, lines=[]), ctx)
    for dispute_id, amount, category in disputes:
        fact = dispute(event_id=dispute_id, dispute_id=dispute_id, amount=amount, category=category)
        transition(account, fact, ctx)
    return account


def deduction(amount: int = 500, category: str = "pricing", code: str = "") -> Decision:
    return Decision(
        kind="deduction_opened",
        currency="USD",
        amount=amount,
        document="DED-1",
        counterparty="INV-1",
        category=category,
        text=code,
    )


@pytest.mark.parametrize(
    ("made", "verdict", "claim"),
    [
        (deduction(500, code="ADV"), "valid", "spring"),
        # 5 % of 107.00 is 5.35.
        (deduction(535, code="ADV"), "valid", "spring"),
        (deduction(536, code="ADV"), "invalid", "spring"),
        (deduction(100, "other", "FRT"), "valid", "freight"),
        (deduction(101, "other", "FRT"), "invalid", "freight"),
        (deduction(100, "pricing", "FRT"), "undecided", ""),
        (deduction(500), "undecided", ""),
    ],
)
def test_a_deduction_is_held_against_the_claims(made: Decision, verdict: str, claim: str, new_account: Account) -> None:
    assert date(2026, 3, 10).toordinal() - EPOCH_ORDINAL == DAY
    opened = follow(with_invoice(new_account), made, context())
    assert [(d.kind, d.document, d.amount, d.channel) for d in opened] == [
        ("dispute_opened", "DED-1", made.amount, "short_payment")
    ]
    said = [value(opened[0], name) for name in ("verdict", "claim", "invoice", "reason_code")]
    assert said == [verdict, claim, "INV-1", made.text]


@pytest.mark.parametrize(
    ("disputes", "matched"),
    [
        ([], ""),
        ([("D-1", 500, "damage")], "D-1"),
        ([("D-1", 500, "damage"), ("D-2", 400, "pricing")], "D-1"),
        ([("D-1", 600, "pricing"), ("D-2", 400, "pricing")], "D-2"),
        ([("D-1", 500, "damage"), ("D-2", 500, "pricing")], ""),
        ([("D-1", 600, "damage")], ""),
    ],
)
def test_a_dispute_of_the_invoice_goes_over_to_the_deduction(
    disputes: list[tuple[str, int, str]], matched: str, new_account: Account
) -> None:
    account = with_invoice(new_account, *disputes)
    ctx = context()
    decisions = settle(account, follow(account, deduction(), ctx), ctx)
    closed = [d for d in decisions if d.kind == "dispute_closed"]
    assert [d.reference_id for d in closed] == ([matched] if matched else [])
    for d in closed:
        assert (value(d, "rebilled"), value(d, "rebilled_as")) == (str(d.amount), "DED-1")
    opened = [d for d in decisions if d.kind == "dispute_opened"]
    assert [(d.reference_id, value(d, "dispute")) for d in opened] == [("deduction:DED-1", matched)]
    assert account.posted_item("DED-1").disputed == 500
    assert follow(account, deduction(), ctx) == []


def test_a_short_payment_opens_one_dispute_of_what_is_left(new_account: Account) -> None:
    account = with_invoice(new_account)
    ctx = context()
    item = account.posted_item("INV-1")
    decisions = settle(account, of_short_payment(account, item, 700, "tax", "R-1", ctx), ctx)
    assert [(d.kind, d.reference_id, d.amount, d.category, d.channel) for d in decisions] == [
        ("dispute_opened", "short:R-1:INV-1", 700, "tax", "short_payment")
    ]
    assert account.posted_item("INV-1").disputed == 700
    assert of_short_payment(account, item, 700, "tax", "R-1", ctx) == []


@pytest.mark.parametrize(
    ("paid", "outcome"),
    [
        (0, {"written_off": 4_000}),
        (7_700, {"written_off": 3_000, "recovered": 1_000}),
        (10_699, {"written_off": 1, "recovered": 3_999}),
    ],
)
def test_what_is_given_up_ends_the_disputes_of_what_it_clears(
    paid: int, outcome: dict[str, int], new_account: Account
) -> None:
    account = with_invoice(new_account, ("D-1", 4_000, "pricing"))
    ctx = context()
    if paid:
        transition(account, receipt(amount=paid, lines=[RemittanceLine("INV-1", None)]), ctx)
    item = account.posted_item("INV-1")
    approved = Decision(
        kind="write_off_posted",
        rule="write_off.approved",
        currency=item.currency,
        amount=item.open,
        document=item.document,
        reference_id="A-1",
        posting_date=DAY,
        value_date=DAY,
        category="write_off",
    )
    decisions = settle(account, [approved], ctx)
    (closed,) = [d for d in decisions if d.kind == "dispute_closed"]
    assert closed.rule == "disputes.cleared"
    said = {name: int(value(closed, name) or 0) for name in OUTCOMES if value(closed, name)}
    assert said == outcome
