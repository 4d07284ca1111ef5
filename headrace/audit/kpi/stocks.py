"""Stocks: what stands at the end of every day, from the first day with a movement to the last one of the logs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from headrace.audit.kpi.tables import Group


class Stock:
    """Amounts that came and went, by key without day. What comes after `last_day` is not there yet."""

    def __init__(self, last_day: int) -> None:
        self._last: Final = last_day
        # By key: by day: by what is told apart (a measure, or a measure with the day from which its age counts).
        self._changes: Final[dict[Group, dict[int, list[tuple[str, int, int]]]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def change(self, group: Group, day: int, measure: str, amount: int, since: int = 0) -> None:
        """`since`: the day from which the age of that amount counts."""
        if day <= self._last:
            self._changes[group][day].append((measure, since, amount))

    def days(self) -> Iterator[tuple[Group, int, Mapping[tuple[str, int], int]]]:
        """Each key and day with what stands there, by measure and day from which it counts. To be read before the next."""
        for group, changes in self._changes.items():
            standing: dict[tuple[str, int], int] = {}
            for day in range(min(changes), self._last + 1):
                for measure, since, amount in changes.get(day, ()):
                    left = standing.get((measure, since), 0) + amount
                    standing[measure, since] = left
                    if not left:
                        del standing[measure, since]
                yield group, day, standing


def total(standing: Mapping[tuple[str, int], int], measure: str) -> int:
    return sum(amount for (name, _), amount in standing.items() if name == measure)
