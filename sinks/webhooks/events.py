"""Which events decisions are, and what is told of each: one table, and the body. Pure; docs/webhooks.md is made to it.

Amounts are decimal texts, days are ISO dates, times UTC with Z. A field that a decision does not have is left out.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from connectors.currencies import plain
from schemas.records import Decision
from sinks.effects.withdrawals import CLEARING

_EPOCH: Final = date(1970, 1, 1).toordinal()
_POSTING: Final = ("item_posted", "invoice_released", "interest_charged")
_REVERSED: Final = "reversed."


def _posted(d: Decision) -> bool:
    """What was taken over from another system was posted there."""
    return d.kind in _POSTING and d.rule != "posted.opening"


def _paid(d: Decision) -> bool:
    """Nothing of it is open any more, by cash, a credit note, a discount or a write-off."""
    return d.kind in CLEARING and bool(d.document) and d.item_open == 0 < d.amount and not d.rule.startswith(_REVERSED)


def _reopened(d: Decision) -> bool:
    """All that is open of it is what came back just now."""
    undone = d.kind in ("cash_unapplied", "application_reversed") or (
        d.kind in CLEARING and d.rule.startswith(_REVERSED)
    )
    return undone and bool(d.document) and d.item_open == abs(d.amount) > 0


# By the word that is told: which decisions it is.
EVENTS: Final[Mapping[str, Callable[[Decision], bool]]] = {
    "posted": _posted,
    "delivered": lambda d: d.kind == "delivery_status" and d.text in ("delivered", "acknowledged"),
    "viewed": lambda d: d.kind == "delivery_status" and d.text == "viewed",
    "disputed": lambda d: d.kind == "dispute_opened",
    "promised": lambda d: d.kind == "promise_opened",
    "paid": _paid,
    "reopened": _reopened,
    "deducted": lambda d: d.kind == "deduction_opened" and not d.rule.startswith(_REVERSED),
    "escalated": lambda d: d.kind == "escalated",
    "credit_hold_set": lambda d: d.kind == "credit_hold_set",
    "credit_hold_released": lambda d: d.kind == "credit_hold_released",
}


def event_of(decision: Decision) -> str:
    """The event that a decision is, or empty. It is at most one."""
    for word, holds in EVENTS.items():
        if holds(decision):
            return word
    return ""


def body(event: str, decision: Decision) -> str:
    """What is sent: the same text for a decision each time, however often and by whatever process."""
    d = decision
    document = {"type": event, "timestamp": _time(d.recorded_time), "data": _data(event, d)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def test_body(message_id: str, at: datetime) -> str:
    """What a test sends: no event, and nobody's data."""
    at_ms = round(at.timestamp() * 1000)
    return json.dumps({"type": "test", "timestamp": _time(at_ms), "data": {"id": message_id}}, separators=(",", ":"))


def _data(event: str, d: Decision) -> dict[str, Any]:
    found: dict[str, Any] = {
        "decision": f"{d.shard}-{d.sequence}",
        "kind": d.kind,
        "rule": d.rule,
        "tenant": d.tenant,
        "entity": d.entity,
        "account_id": d.account_id,
        "happened": _time(d.event_time),
    }
    told: dict[str, Any] = {
        "document": d.document,
        "item_kind": d.item_kind,
        "reference_id": d.reference_id,
        "documents": d.candidates if event in ("promised", "delivered", "viewed") else [],
        "channel": d.channel,
        "category": d.category,
        "owner": d.owner,
        "reasons": d.reasons,
        "currency": d.currency,
    }
    if event in ("delivered", "viewed"):
        told["status"] = d.text
    elif event == "deducted":
        told["invoice"] = d.counterparty
        told["reason_code"] = d.text
    elif event in ("paid", "reopened"):
        told["receipt_id"] = d.receipt_id
    elif event == "escalated":
        told["step"] = d.level
    found |= {name: value for name, value in told.items() if value}
    if d.currency:
        found["amount"] = plain(d.amount, d.currency)
        if d.document and d.item_amount:
            found["item_amount"] = plain(d.item_amount, d.currency)
            found["item_open"] = plain(d.item_open, d.currency)
    days = {"posting_date": d.posting_date, "due_date": d.due_date, "document_date": d.document_date}
    found |= {name: _day(day) for name, day in days.items() if day}
    if d.deadline:
        found["deadline"] = _time(d.deadline)
    return found


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()
