"""Money arithmetic in integers. Source: ISO 4217 for the digits, REFERENCE section 1."""

from typing import Final

# No sum comes near this (9.2e18 minor units is what 64 bits hold). Compiled code compares numbers below 2^62 fastest.
MOST_MINOR: Final = 4_000_000_000_000_000_000
# Currencies whose minor unit is not a hundredth.
_DIGITS: Final[dict[str, int]] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


def minor_digits(currency: str) -> int:
    """How many decimals the currency has: 0, 2, 3 or 4."""
    return _DIGITS.get(currency, 2)


def line_net(quantity_milli: int, unit_price_micro: int, currency: str) -> int:
    """Quantity times price in minor units, rounded half up (away from zero)."""
    scale: int = 10 ** minor_digits(currency)
    product = quantity_milli * unit_price_micro * scale
    rounded = (abs(product) * 2 + 10**9) // (2 * 10**9)
    return rounded if product >= 0 else -rounded


def half_up(numerator: int, denominator: int) -> int:
    """A quotient of numbers that are not below zero, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)
