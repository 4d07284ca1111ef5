"""Chance that comes out the same on every machine and Python: only random.Random's own 53 bits, +, - and *.

No logarithm, power or normal deviate: their last bit differs between C libraries. Distributions
are tables of quantiles instead.
"""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

# Quantiles of the exponential distribution with mean 1,000, at steps of 1/20; the last one is cut.
EXPONENTIAL = (
    0, 51, 105, 163, 223, 288, 357, 431, 511, 598, 693, 799, 916, 1050, 1204, 1386, 1609, 1897, 2303, 2996, 5200,
)  # fmt: skip


class Chance:
    """A seeded source of choices. `roll()` is in [0, 1)."""

    __slots__ = ("roll",)

    def __init__(self, seed: int) -> None:
        self.roll = Random(seed).random

    def yes(self, share: float) -> bool:
        return self.roll() < share

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self.roll() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.roll() * len(items))]

    def along(self, quantiles: Sequence[int]) -> int:
        """A draw from the distribution with these evenly spaced quantiles, straight lines between."""
        place = self.roll() * (len(quantiles) - 1)
        step = int(place)
        low = quantiles[step]
        return low + int((quantiles[step + 1] - low) * (place - step))

    def shuffle(self, items: list[T]) -> None:
        for last in range(len(items) - 1, 0, -1):
            other = int(self.roll() * (last + 1))
            items[last], items[other] = items[other], items[last]


class Mix(Generic[T]):
    """Items with whole weights."""

    __slots__ = ("_bounds", "_items", "_total")

    def __init__(self, weighted: Sequence[tuple[T, int]]) -> None:
        self._items = [item for item, _ in weighted]
        self._bounds: list[int] = []
        self._total = 0
        for _, weight in weighted:
            self._total += weight
            self._bounds.append(self._total)

    def draw(self, chance: Chance) -> T:
        return self._items[bisect_right(self._bounds, int(chance.roll() * self._total))]
