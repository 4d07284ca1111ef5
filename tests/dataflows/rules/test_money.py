"""Line amounts: exact, rounded half up, in the currency's own decimals."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.currencies import MINOR_DIGITS
from dataflows.rules.money.money import line_net, minor_digits


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        ("10", "12.50", "USD", 12_500),
        ("3", "0.335", "USD", 101),
        ("-3", "0.335", "USD", -101),
        ("1", "0.004999", "USD", 0),
        ("1", "0.005", "USD", 1),
        ("3", "333.5", "JPY", 1_001),
        ("0.001", "499.999999", "JPY", 0),
        ("0.001", "500", "JPY", 1),
        ("1.5", "6.67", "KWD", 10_005),
        ("0", "99", "EUR", 0),
    ],
)
def test_line_amounts(quantity: str, price: str, currency: str, net: int) -> None:
    assert line_net(int(Decimal(quantity).scaleb(3)), int(Decimal(price).scaleb(6)), currency) == net


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_as_decimal_rounds_half_up(quantity_milli: int, price_micro: int, currency: str) -> None:
    exact = Decimal(quantity_milli * price_micro).scaleb(MINOR_DIGITS[currency] - 9)
    assert line_net(quantity_milli, price_micro, currency) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("currency", sorted(MINOR_DIGITS))
def test_the_rules_know_every_currency_that_comes_in(currency: str) -> None:
    """The rules have their own short list; intake takes what ISO 4217 has."""
    assert minor_digits(currency) == MINOR_DIGITS[currency]
