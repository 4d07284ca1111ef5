"""Decisions as columns, with the types of the `decisions` table."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from schemas.records import Decision, add_decision

TEXT: Final = pa.string()
# Of few values: what is LowCardinality in the table.
NAME: Final = pa.dictionary(pa.int32(), pa.string())
_MINOR: Final = pa.int64()
DAY: Final = pa.date32()
INSTANT: Final = pa.timestamp("ms", "UTC")

COLUMNS: Final[dict[str, Any]] = {
    "shard": pa.uint16(),
    "sequence": pa.int64(),
    "fact_offset": pa.int64(),
    "index": pa.int32(),
    "count": pa.int32(),
    "kind": NAME,
    "rules_version": NAME,
    "policy_version": pa.int32(),
    "rule": NAME,
    "origin": NAME,
    "tenant": NAME,
    "entity": NAME,
    "account_id": TEXT,
    "cause_kind": NAME,
    "cause_id": TEXT,
    "event_time": INSTANT,
    "recorded_time": INSTANT,
    "currency": NAME,
    "amount": _MINOR,
    "document": TEXT,
    "item_kind": NAME,
    "receipt_id": TEXT,
    "reference_id": TEXT,
    "counterparty": TEXT,
    "posting_date": DAY,
    "value_date": DAY,
    "due_date": DAY,
    "document_date": DAY,
    "level": pa.int32(),
    "reasons": pa.list_(TEXT),
    "candidates": pa.list_(TEXT),
    "text": TEXT,
    "item_amount": _MINOR,
    "item_open": _MINOR,
    "item_disputed": _MINOR,
    "receipt_unapplied": _MINOR,
    "open_debit": _MINOR,
    "open_credit": _MINOR,
    "unapplied": _MINOR,
    "on_account": _MINOR,
    "evidence": pa.list_(TEXT),
    "excluded": pa.list_(TEXT),
    "policy_line": NAME,
    "owner": NAME,
    "category": NAME,
    "channel": NAME,
    "template": NAME,
    "language": NAME,
    "deadline": INSTANT,
    "other_currency": NAME,
    "other_amount": _MINOR,
    "tax": _MINOR,
    "score": _MINOR,
}

# Date32 holds 1900-01-01 to 2299-12-31 and DateTime64(3) the same years; a producer's 9999-12-31
# must not stop the table, so what lies outside is cut to the end.
_FIRST_DAY: Final = -25_567
_LAST_DAY: Final = 120_529
_DAY_MS: Final = 86_400_000


def _within(values: list[int], low: int, high: int) -> list[int]:
    if not values or (min(values) >= low and max(values) <= high):
        return values
    return [min(max(value, low), high) for value in values]


def column(values: list[Any], kind: Any) -> Any:
    """`values` as a pyarrow array; days since 1970-01-01 and UTC milliseconds as what the columns can hold."""
    if kind is DAY:
        return pa.array(_within(values, _FIRST_DAY, _LAST_DAY), pa.int32()).cast(kind)
    if kind is INSTANT:
        return pa.array(_within(values, _FIRST_DAY * _DAY_MS, (_LAST_DAY + 1) * _DAY_MS - 1), pa.int64()).cast(kind)
    return pa.array(values, kind)


class Columns:
    """Decisions by column: a list is appended to while the decision is in the processor's cache, and read once."""

    def __init__(self, decisions: Sequence[Decision] = ()) -> None:
        self._values: list[list[Any]] = [[] for _ in Decision.FIELDS]
        for decision in decisions:
            self.add(decision)

    def __len__(self) -> int:
        return len(self._values[0])

    def add(self, decision: Decision) -> None:
        add_decision(self._values, decision)

    def arrow(self) -> Any:
        """A pyarrow Table with one row for each decision, in their order."""
        by_name = zip(Decision.FIELDS, self._values, strict=True)
        return pa.table({name: column(values, COLUMNS[name]) for name, values in by_name})
