"""Rows of a kpi_* view against the recomputed ones: which are missing, doubled, too many, or say something else."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from headrace.audit.findings import Check, listed
from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.tables import GRAIN, Key, Rows, Value
from sinks.clickhouse.reading import Views

# Rows of a view that are asked for at once; a bigger view is asked for in parts, by a hash of its grain.
ROWS_AT_ONCE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Kpi:
    """One view: its measures and ratios, what its rows are split by besides the common grain, and how they are made anew."""

    view: str
    rows: Callable[[Basis], Rows]
    also: tuple[str, ...] = ()

    @property
    def grain(self) -> tuple[str, ...]:
        return (*GRAIN, *self.also)


class Comparison:
    """Compares views one by one into `check`. Methods raise SinkError."""

    def __init__(self, check: Check, views: Views, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._check: Final = check
        self._views: Final = views
        self._at_once: Final = rows_at_once

    def compare(self, kpi: Kpi, ours: Rows) -> None:
        """Every row and column of the view against `ours`."""
        columns = self._columns(kpi, ours)
        left = dict(ours)
        seen: set[Key] = set()
        for row in self._rows(kpi):
            self._check.checked += 1
            key: Key = tuple(row[name] for name in kpi.grain)
            right = left.pop(key, None)
            if right is not None:
                seen.add(key)
                self._figures(kpi, key, row, right, columns)
            elif key in seen:
                self._find("row_doubled", kpi, key, "the view has it more than once")
            else:
                said = listed((f"{name} {row[name]}" for name in row if name not in kpi.grain and row[name]), 3)
                self._find("row_extra", kpi, key, f"the view has {said}, nothing makes this row")
        for key in sorted(left, key=repr):
            self._check.checked += 1
            said = listed((f"{name} {_shown(value)}" for name, value in left[key].items() if value), 3)
            self._find("row_missing", kpi, key, f"should be {said}, the view does not have it")

    def _columns(self, kpi: Kpi, ours: Rows) -> list[str]:
        """The columns to be compared; those that only one side has are findings."""
        there = [row[0] for row in self._views.ask(f"DESCRIBE {kpi.view}").rows]
        figures = next(iter(ours.values()), None)
        for name in sorted({*kpi.grain, *(figures or ())} - set(there)):
            self._check.find("column_missing", f"{kpi.view} has no column {name}")
        if figures is None:
            return []
        for name in sorted(set(there) - {*kpi.grain, *figures}):
            self._check.find("column_extra", f"{kpi.view}: nothing recomputes its column {name}")
        return [name for name in figures if name in there]

    def _rows(self, kpi: Kpi) -> Iterator[dict[str, Any]]:
        number = self._views.ask(f"SELECT count() FROM {kpi.view}").rows[0][0]
        parts = number // self._at_once + 1
        by = ", ".join(kpi.grain)
        for part in range(parts):
            where = f" WHERE cityHash64({by}) % {parts} = {part}" if parts > 1 else ""
            answer = self._views.ask(f"SELECT * FROM {kpi.view}{where}")
            for row in answer.rows:
                yield dict(zip(answer.names, row, strict=True))

    def _figures(
        self, kpi: Kpi, key: Key, theirs: Mapping[str, Any], ours: Mapping[str, Value], columns: Sequence[str]
    ) -> None:
        for name in columns:
            if not same(ours[name], theirs[name]):
                said = f"{name} is {_shown(ours[name])}, the view has {_shown(theirs[name])}"
                self._find("differs", kpi, key, said)

    def _find(self, code: str, kpi: Kpi, key: Key, text: str) -> None:
        where = ", ".join(f"{name} {value}" for name, value in zip(kpi.grain, key, strict=True) if value != "")
        self._check.find(code, f"{kpi.view} of {where}: {text}")


def same(ours: Value, theirs: Any) -> bool:
    """Whether the view says what was recomputed, exactly. A decimal comes as a JSON number."""
    if isinstance(ours, Decimal) and isinstance(theirs, int | float):
        return Decimal(str(theirs)) == ours
    return type(ours) is type(theirs) and bool(ours == theirs)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return str(value) if isinstance(value, Decimal | str) else json.dumps(value)
