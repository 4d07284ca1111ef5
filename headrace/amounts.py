"""Minor units as people and programs write them: decimal texts with the decimals of the currency (ISO 4217)."""

from connectors.currencies import plain, written

__all__ = ["grouped", "plain"]


def grouped(minor: int, currency: str) -> str:
    """147,703.18: what people read."""
    return written(minor, currency, ",")
