"""Open items of an account one by one, and their sums by due day and level, from which aging is made."""

import json
from typing import Final

from schemas.records import Decision
from sinks.redis.live.keys import CARD, DAYS, ITEMS
from sinks.redis.live.values import Row, add, packed
from sinks.redis.live.work import Work

CREDIT: Final = "credit_note"
# Of these an item's fields are those of the item right after the decision (docs/ledger.md).
_STATES_ITEM: Final = frozenset(
    {
        "item_posted", "invoice_released", "cash_applied", "cash_unapplied", "application_reversed", "interest_charged",
        "credit_allocated", "reminder_due", "reminder_suppressed", "dispute_opened", "dispute_closed",
        "discount_granted", "write_off_posted", "deduction_opened", "refund_posted",
    }
)  # fmt: skip
# How a row is kept: without names it is short enough for Redis to keep an account's items as one list.
FIELDS: Final = ("currency", "kind", "amount", "open", "disputed", "level", "due_date")
_REVIEW_ENDED: Final = "disputes.review_ended"
_UNDONE: Final = "reversed."


def want(work: Work, account: str, d: Decision) -> None:
    """Read what `learn` of this decision needs."""
    if _states(d):
        work.want(_key(account), d.document)
    if _other(d):
        work.want(_key(account), d.counterparty)


def learn(work: Work, account: str, d: Decision) -> None:
    """The item that the decision states, and the other one from which or to which it moves something."""
    if _states(d):
        before = _row_of(work, account, d.document)
        # A suppressed step says which level it was, and an escalation its own, not which one the item has.
        kept = d.kind in ("reminder_suppressed", "escalated")
        level = (before["level"] if before else 0) if kept else d.level
        row = {
            "currency": d.currency,
            "kind": d.item_kind,
            "amount": d.item_amount,
            "open": d.item_open,
            "disputed": min(d.item_disputed, d.item_open),
            "level": level,
            "due_date": d.due_date,
        }
        _put(work, account, d.document, before, row)
    change = _other(d)
    if change:
        before = _row_of(work, account, d.counterparty)
        row = _moved(before or _new_other(d), change)
        _put(work, account, d.counterparty, before, row)


def item_of(text: str) -> Row:
    """An item from what is kept of it."""
    return dict(zip(FIELDS, json.loads(text), strict=True))


def _row_of(work: Work, account: str, document: str) -> Row | None:
    text = work.get(_key(account), document)
    return None if text is None else item_of(text)


def _states(d: Decision) -> bool:
    return bool(d.document and d.item_kind) and (d.kind in _STATES_ITEM or d.rule == _REVIEW_ENDED)


def _other(d: Decision) -> int:
    """What the decision changes of what is open of its counterparty, where that is an item."""
    if d.kind == "credit_allocated":
        return -d.amount
    if d.kind == "application_reversed" and d.counterparty:
        return d.amount
    if d.kind == "deduction_opened":
        return d.amount if d.rule.startswith(_UNDONE) else -d.amount
    return 0


def _new_other(d: Decision) -> Row:
    """An item that was cleared and is open again, of which the decision says no more."""
    kind = "invoice" if d.kind == "deduction_opened" else CREDIT
    return {
        "currency": d.currency, "kind": kind, "amount": 0, "open": 0, "disputed": 0, "level": 0, "due_date": d.due_date,
    }  # fmt: skip


def _moved(row: Row, change: int) -> Row:
    left = row["open"] + change
    return row | {"open": left, "disputed": min(row["disputed"], left)}


def _put(work: Work, account: str, document: str, before: Row | None, row: Row) -> None:
    if before is not None:
        _count(work, account, before, -1)
    if row["open"]:
        _count(work, account, row, 1)
    work.put(_key(account), document, packed([row[name] for name in FIELDS]) if row["open"] else None)


def _count(work: Work, account: str, row: Row, sign: int) -> None:
    if row["kind"] == CREDIT:
        return
    days, currency = f"{DAYS}:{account}", row["currency"]
    add(work, days, f"{currency}:{row['due_date']}", sign * row["open"])
    add(work, days, f"level:{row['level']}", sign)
    add(work, f"{CARD}:{account}", f"{currency}:open_items", sign)
    add(work, f"{CARD}:{account}", f"{currency}:disputed", sign * row["disputed"])


def _key(account: str) -> str:
    return f"{ITEMS}:{account}"
