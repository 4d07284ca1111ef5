"""Decisions as columns, in the order and with the types of the `decisions` table."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from schemas.records import Decision

_TEXT: Final = pa.string()
_MINOR: Final = pa.int64()
_DAY: Final = pa.date32()
_INSTANT: Final = pa.timestamp("ms", "UTC")

COLUMNS: Final[dict[str, Any]] = {
    "shard": pa.uint16(),
    "sequence": pa.int64(),
    "fact_offset": pa.int64(),
    "index": pa.int32(),
    "count": pa.int32(),
    "kind": _TEXT,
    "rules_version": _TEXT,
    "policy_version": pa.int32(),
    "rule": _TEXT,
    "origin": _TEXT,
    "tenant": _TEXT,
    "entity": _TEXT,
    "account_id": _TEXT,
    "cause_kind": _TEXT,
    "cause_id": _TEXT,
    "event_time": _INSTANT,
    "recorded_time": _INSTANT,
    "currency": _TEXT,
    "amount": _MINOR,
    "document": _TEXT,
    "item_kind": _TEXT,
    "receipt_id": _TEXT,
    "reference_id": _TEXT,
    "counterparty": _TEXT,
    "posting_date": _DAY,
    "value_date": _DAY,
    "due_date": _DAY,
    "document_date": _DAY,
    "level": pa.int32(),
    "reasons": pa.list_(_TEXT),
    "candidates": pa.list_(_TEXT),
    "text": _TEXT,
    "item_amount": _MINOR,
    "item_open": _MINOR,
    "item_disputed": _MINOR,
    "receipt_unapplied": _MINOR,
    "open_debit": _MINOR,
    "open_credit": _MINOR,
    "unapplied": _MINOR,
    "on_account": _MINOR,
    "evidence": pa.list_(_TEXT),
    "excluded": pa.list_(_TEXT),
    "policy_line": _TEXT,
    "owner": _TEXT,
    "category": _TEXT,
    "channel": _TEXT,
    "template": _TEXT,
    "language": _TEXT,
    "deadline": _INSTANT,
    "other_currency": _TEXT,
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


def _column(decisions: Sequence[Decision], name: str, kind: Any) -> Any:
    values = [getattr(decision, name) for decision in decisions]
    if kind is _DAY:
        return pa.array(_within(values, _FIRST_DAY, _LAST_DAY), pa.int32()).cast(kind)
    if kind is _INSTANT:
        return pa.array(_within(values, _FIRST_DAY * _DAY_MS, (_LAST_DAY + 1) * _DAY_MS - 1), pa.int64()).cast(kind)
    return pa.array(values, kind)


def to_arrow(decisions: Sequence[Decision]) -> Any:
    """A pyarrow Table with one row for each decision, in their order."""
    return pa.table({name: _column(decisions, name, kind) for name, kind in COLUMNS.items()})
