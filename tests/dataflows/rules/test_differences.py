"""Differences between items and money: what a reversal leaves, what each payment clears, how rates convert."""

import tomllib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from connectors.intake.clockwork import day_end_message
from dataflows.rules.differences.discounts import allowed, beside
from dataflows.rules.differences.rates import Rate, find
from dataflows.rules.money.months import iso_day, month_of
from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.rates import ShardRates
from dataflows.shards.store import Store, new_batch
from schemas import records as r
from schemas.codec import encode_fact
from schemas.records import Decision, DiscountTerm, Fact, Item
from tests.books import Books, Sums
from tests.cases import cases
from tests.facts import DAY, debit_note, fx_rate, invoice, receipt, returned
from tests.shard_runs import run

ACCOUNT = "A-1"
few = cases(40)


def policy(**differences: Any) -> r.Policy:
    document = tomllib.loads(DEFAULT_TEXT)
    document["version"] = 1
    document["differences"].update(differences)
    text = tomli_w.dumps(document)
    return r.Policy("policy", 0, "", "headrace", "", "", "", 0, 1, text, sha256(text.encode()).hexdigest())


policies = st.fixed_dictionaries(
    {
        "tolerance_minor": st.sampled_from([0, 100, 5_000]),
        "tolerance_ppm": st.sampled_from([10_000, 1_000_000]),
        "small_credit_minor": st.sampled_from([0, 500]),
        "charges_borne_by": st.sampled_from(["payer", "us"]),
        "short_payment": st.sampled_from(["residual", "deduction", "dispute", "write_off"]),
        "overpayment": st.sampled_from(["unapplied", "on_account"]),
        "ask_reason": st.booleans(),
        "reason_codes": st.just([{"code": "DISC", "category": "discount"}, {"code": "FEE", "category": "bank_charge"}]),
    }
)
adjustments = st.lists(
    st.builds(
        r.Adjustment,
        st.sampled_from(["INV-1", ""]),
        st.sampled_from(["DISC", "FEE", "07"]),
        st.sampled_from([100, 200, 1_000]),
    ),
    max_size=2,
)


def state_of(decisions: list[Decision]) -> tuple[dict[str, int], dict[tuple[str, str], tuple[int, ...]]]:
    """What is open of each item, and the balances of each currency that has any."""
    books = Books().take_all(decisions)
    books.settle()
    found = {
        key: (sums.open_debit, sums.open_credit, sums.unapplied, sums.on_account)
        for key, sums in books.sums.items()
        if sums != Sums()
    }
    return books.open_items(ACCOUNT), {key: balance for key, balance in found.items() if any(balance)}


@few
@given(
    policies,
    adjustments,
    st.sampled_from([10_000, 9_800, 9_700, 9_999, 5_000, 10_003, 12_000, 8_800]),
    st.sampled_from([0, 200, 1_000]),
    st.sampled_from(["USD", "USD", "EUR", "JPY"]),
    st.sampled_from([None, 10_000]),
    st.integers(0, 30),
    st.booleans(),
)
def test_a_reversal_returns_the_account_to_where_it_stood(
    differences: dict[str, Any],
    taken_off: list[r.Adjustment],
    amount: int,
    charges: int,
    currency: str,
    stated: int | None,
    late_days: int,
    in_parts: bool,
) -> None:
    tiers = [r.DiscountTier(10, 30_000), r.DiscountTier(20, 20_000)]
    before: list[Fact] = [
        policy(**differences),
        fx_rate(rate_nano=1_087_654_321),
        fx_rate(event_id="yen", base_currency="USD", quote_currency="JPY", rate_nano=157_300_000_000),
        invoice(document="INV-1", currency=currency, amount=10_000, tax=1_597, order_id="", lines=[], discounts=tiers),
        debit_note(currency=currency, amount=700),
        fx_rate(event_id="later", rate_nano=1_111_111_111, rate_date=DAY + late_days),
    ]
    paid = receipt(
        amount=amount,
        value_date=DAY + late_days,
        lines=[r.RemittanceLine("INV-1", stated)],
        adjustments=taken_off,
        charges=charges,
    )
    parts = [amount // 3, amount - amount // 3] if in_parts else [amount]
    back = [returned(event_id=f"back-{part}", amount=part) for part in parts]
    values = [day_end_message(DAY - 1), *map(encode_fact, before)]
    outcome = run([*values, encode_fact(paid), *map(encode_fact, back)])
    decisions = list(outcome.decisions)
    assert [d.reasons for d in decisions if d.rule == "shard.parked"] == []
    stood = state_of(list(run(values).decisions))
    assert state_of(decisions) == stood
    gains: dict[str, int] = {}
    for d in decisions:
        if d.kind == "fx_difference_posted":
            gains[d.currency] = gains.get(d.currency, 0) + d.amount
    assert not any(gains.values())


@few
@given(st.integers(2, 10**9), st.integers(1, 200_000), st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_part_payments_earn_no_more_than_the_discount(amount: int, rate_ppm: int, paid: list[int]) -> None:
    """Cash and discount together clear the item once, whatever the parts."""
    item = Item("INV-1", "invoice", "USD", amount, amount)
    item.discountable = amount
    item.terms = [DiscountTerm(DAY, rate_ppm)]
    discount = allowed(item, DAY, 0)
    left, granted = amount, 0
    for part in paid:
        cash = min(part, left)
        left -= cash
        earned = min(left, beside(item, cash, discount), discount - granted)
        assert earned >= 0
        granted += earned
        left -= earned
    assert granted <= discount
    assert allowed(item, DAY + 1, 0) == 0
    assert allowed(item, DAY + 1, 1) == discount


@given(
    st.integers(-(10**12), 10**12),
    st.integers(1, 10**12),
    st.sampled_from([("EUR", "USD"), ("USD", "JPY"), ("KWD", "JPY")]),
)
def test_amounts_are_converted_exactly_and_rounded_half_up(amount: int, nano: int, pair: tuple[str, str]) -> None:
    digits = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
    base, quote = pair
    scale = Decimal(10) ** (digits[quote] - digits[base])
    straight = (Decimal(amount) * nano / 10**9 * scale).quantize(Decimal(1), ROUND_HALF_UP)
    assert Rate(base, quote, DAY, nano, False).convert(amount) == int(straight)
    back = Rate(quote, base, DAY, nano, True).convert(amount)
    exact = Decimal(amount) * 10**9 / nano / scale
    assert abs(back - exact) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("day", "age_days", "found"),
    [
        (100, 0, (100, False)),
        (101, 1, (100, False)),
        (103, 7, (102, True)),
        (101, 0, None),
        (99, 7, None),
        (110, 7, None),
    ],
)
def test_the_rate_of_the_day_or_of_the_last_one_before(
    day: int, age_days: int, found: tuple[int, bool] | None, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    rates = ShardRates(store)
    rates.take(fx_rate(rate_nano=1_100_000_000, rate_date=100))
    batch = new_batch()
    rates.commit(batch)
    store.write(batch, r.ShardRow())
    rates.committed()
    # One is stored, and one came since.
    rates.take(fx_rate(base_currency="USD", quote_currency="EUR", rate_nano=900_000_000, rate_date=102))
    rate = find(rates, "EUR", "USD", day, age_days)
    assert (None if rate is None else (rate.day, rate.inverse)) == found
    store.close()


@given(st.integers(-200_000, 2_000_000))
def test_days_are_told_and_counted_by_months_as_the_calendar_does(day: int) -> None:
    there = date.fromordinal(day + date(1970, 1, 1).toordinal())
    assert iso_day(day) == there.isoformat()
    assert month_of(day) == 12 * (there.year - 1970) + there.month - 1
