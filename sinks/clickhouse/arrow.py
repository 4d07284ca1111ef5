"""Decisions as columns, in the order and with the types of the `decisions` table."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from schemas.records import Decision

TEXT: Final = pa.string()
_MINOR: Final = pa.int64()
DAY: Final = pa.date32()
INSTANT: Final = pa.timestamp("ms", "UTC")

COLUMNS: Final[dict[str, Any]] = {
    "shard": pa.uint16(),
    "sequence": pa.int64(),
    "fact_offset": pa.int64(),
    "index": pa.int32(),
    "count": pa.int32(),
    "kind": TEXT,
    "rules_version": TEXT,
    "policy_version": pa.int32(),
    "rule": TEXT,
    "origin": TEXT,
    "tenant": TEXT,
    "entity": TEXT,
    "account_id": TEXT,
    "cause_kind": TEXT,
    "cause_id": TEXT,
    "event_time": INSTANT,
    "recorded_time": INSTANT,
    "currency": TEXT,
    "amount": _MINOR,
    "document": TEXT,
    "item_kind": TEXT,
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
    "policy_line": TEXT,
    "owner": TEXT,
    "category": TEXT,
    "channel": TEXT,
    "template": TEXT,
    "language": TEXT,
    "deadline": INSTANT,
    "other_currency": TEXT,
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


def to_arrow(decisions: Sequence[Decision]) -> Any:
    """A pyarrow Table with one row for each decision, in their order."""
    return pa.table({name: column([getattr(d, name) for d in decisions], kind) for name, kind in COLUMNS.items()})
