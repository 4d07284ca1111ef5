"""ISO 4217: which currencies there are and how many decimals each has, from the list that the `iso4217` package carries."""

from typing import Final

from iso4217 import Currency

# Metals, test codes and baskets have no minor unit: no amount can be written in them.
MINOR_DIGITS: Final[dict[str, int]] = {str(c.code): c.exponent for c in Currency if c.exponent is not None}


def plain(minor: int, currency: str) -> str:
    """147703.18: what programs read. An unknown currency has no decimals."""
    return written(minor, currency, "")


def written(minor: int, currency: str, separator: str) -> str:
    """The amount with `separator` between its thousands."""
    places = MINOR_DIGITS.get(currency, 0)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**places)
    text = f"{whole:,}" if separator else str(whole)
    return f"{sign}{text}.{rest:0{places}d}" if places else f"{sign}{text}"


def decimal_text(amount_minor: int, currency: str) -> str:
    """The amount as people write it: 5594 USD is "55.94 USD". An unknown currency is shown in minor units."""
    digits = MINOR_DIGITS.get(currency)
    if digits is None:
        return f"{amount_minor} minor units of {currency!r}"
    sign = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}} {currency}" if digits else f"{sign}{whole} {currency}"
