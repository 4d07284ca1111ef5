"""Minor units as people and programs write them: decimal texts with the decimals of the currency (ISO 4217)."""

from connectors.currencies import MINOR_DIGITS


def plain(minor: int, currency: str) -> str:
    """147703.18: what programs read. An unknown currency has no decimals."""
    return _written(minor, currency, "")


def grouped(minor: int, currency: str) -> str:
    """147,703.18: what people read."""
    return _written(minor, currency, ",")


def _written(minor: int, currency: str, separator: str) -> str:
    places = MINOR_DIGITS.get(currency, 0)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**places)
    text = f"{whole:,}" if separator else str(whole)
    return f"{sign}{text}.{rest:0{places}d}" if places else f"{sign}{text}"
