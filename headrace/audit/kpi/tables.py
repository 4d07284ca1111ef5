"""Sums by key as they are made: measures of flows on their days, and of stocks at the end of every day."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

Value = int | Decimal | None
Key = tuple[int | str, ...]
Rows = dict[Key, dict[str, Value]]
"""By the values of the grain, in its order: the figures by column."""
Group = tuple[int | str, ...]
"""A key without its day."""

# What every view begins with.
GRAIN: Final = ("day", "tenant", "entity", "region", "segment", "currency", "owner")


class Table:
    """Sums of measures by key. A measure that nothing was added to is 0."""

    def __init__(self, *measures: str) -> None:
        self._measures: Final = measures
        self._sums: Final[dict[Key, dict[str, int]]] = {}

    def add(self, key: Key, **amounts: int) -> None:
        row = self._sums.get(key)
        if row is None:
            row = self._sums[key] = dict.fromkeys(self._measures, 0)
        for name, amount in amounts.items():
            row[name] += amount

    def flow(self, ratios: Callable[[Mapping[str, int]], Mapping[str, Value]] | None = None) -> Rows:
        """The rows with a measure that is not 0, and what `ratios` makes of them."""
        return {
            key: {**row, **(ratios(row) if ratios is not None else {})}
            for key, row in self._sums.items()
            if any(row.values())
        }


def tenths(value: Fraction | None) -> Decimal | None:
    """With one decimal, half away from zero."""
    return None if value is None else Decimal(whole(value * 10)) / 10


def whole(value: Fraction) -> int:
    """The nearest whole number, half away from zero."""
    size = floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


def per(part: int, of: int, times: int = 10_000) -> int | None:
    """part * times / of in whole numbers, half away from zero: basis points. None where there is nothing to be a part of."""
    return whole(Fraction(part * times, of)) if of > 0 else None


def at_place(values: Iterable[int], tenth: int) -> int | None:
    """Of the values by size the one at place floor(n * tenth / 10), from 0; None without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * tenth // 10, len(ordered) - 1)] if ordered else None
