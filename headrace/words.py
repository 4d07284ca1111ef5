"""Decisions in plain words, for timelines."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from headrace.amounts import grouped

Row = Mapping[str, Any]


def _money(row: Row, field: str = "amount") -> str:
    return f"{grouped(row[field], row['currency'])} {row['currency']}"


def _item(row: Row) -> str:
    return "Credit note" if row["item_kind"] == "credit_note" else "Invoice"


def _left(row: Row) -> str:
    return "cleared" if row["item_open"] == 0 else f"{_money(row, 'item_open')} still open"


def because(row: Row) -> str:
    """The reasons of a row of `decisions`."""
    return ", ".join(reason.replace("_", " ") for reason in row["reasons"]) or "no reason given"


def _could_be(row: Row) -> str:
    return ", ".join(row["candidates"]) or "nothing known"


def _posted(row: Row) -> str:
    released = f", released: {row['rule']}" if row["kind"] == "invoice_released" else ""
    corrects = f" for {row['counterparty']}" if row["counterparty"] else ""
    return f"{_item(row)} {row['document']}{corrects} of {_money(row)} posted, due {row['due_date']}{released}"


def _booked(row: Row) -> str:
    came = {"transfer.in": " transferred from ", "transfer.returned": " refused and back from "}.get(row["rule"])
    return f"Receipt {row['receipt_id']} of {_money(row)} booked{came + row['counterparty'] if came else ''}"


def _transferred(row: Row) -> str:
    said = {
        "transfer.out": "sent on to",
        "transfer.refused": "not taken, sent back to",
        "transfer.return": "taken back by the bank, also from",
    }
    return f"{_money(row)} of receipt {row['receipt_id']} {said.get(row['rule'], row['rule'])} {row['counterparty']}"


def _promise(row: Row) -> str:
    state = row["kind"].removeprefix("promise_").replace("_", " ")
    counted = f", {_money(row, 'item_amount')} came" if state in ("kept", "partially kept", "broken") else ""
    return f"Promise {row['reference_id']} of {_money(row)} by {row['due_date']}: {state}{counted}"


def _reversed(row: Row) -> str:
    what = f"credit note {row['counterparty']}" if row["counterparty"] else f"receipt {row['receipt_id']}"
    undone = "is open again" if row["counterparty"] else "went back"
    return f"{_money(row)} of {what} {undone}; {row['document']} has {_money(row, 'item_open')} open"


_WORDS: Final[dict[str, Callable[[Row], str]]] = {
    "invoice_held": lambda r: f"Invoice {r['document']} of {_money(r)} held: {because(r)}",
    "invoice_released": _posted,
    "item_posted": _posted,
    "receipt_booked": _booked,
    "cash_applied": lambda r: (
        f"{_money(r)} of receipt {r['receipt_id']} applied to {r['document']} ({r['rule']}), {_left(r)}"
    ),
    "cash_unapplied": lambda r: f"{_money(r)} of receipt {r['receipt_id']} taken off {r['document']} again, {_left(r)}",
    "application_reversed": _reversed,
    "receipt_reversed": lambda r: f"{_money(r)} of receipt {r['receipt_id']} went back before it was applied",
    "credit_allocated": lambda r: (
        f"{_money(r)} of credit note {r['counterparty']} set against {r['document']}, {_left(r)}"
    ),
    "cash_proposed": lambda r: (
        f"{_money(r)} of receipt {r['receipt_id']} wait for a person ({because(r)}); could be: {_could_be(r)}"
    ),
    "cash_transferred": _transferred,
    "alias_learned": lambda r: (
        f"{r['text']} is {'how this payer numbers our documents' if r['rule'] == 'alias.prefix' else r['counterparty']}: "
        f"a person's work on receipt {r['receipt_id']} showed it"
    ),
    "dispute_opened": lambda r: f"Dispute {r['reference_id']} of {_money(r)} on {r['document']}: {r['text']}",
    "dispute_routed": lambda r: f"Dispute {r['reference_id']} goes to {r['text']}",
    "dispute_closed": lambda r: f"Dispute {r['reference_id']} closed: {r['text']}",
    "promise_opened": _promise,
    "promise_kept": _promise,
    "promise_partially_kept": _promise,
    "promise_broken": _promise,
    "promise_cancelled": _promise,
    "reminder_due": lambda r: (
        f"Reminder of level {r['level']} for {r['document']}, {_money(r)}, letter {r['reference_id']}"
    ),
    "reminder_suppressed": lambda r: f"No reminder of level {r['level']} for {r['document']}: {because(r)}",
    "exception_raised": lambda r: f"For a person: {r['reference_id']} ({because(r)})",
    "exception_closed": lambda r: f"Settled: {r['reference_id']}",
    "fact_rejected": lambda r: f"{r['cause_kind']} {r['cause_id']} rejected: {because(r)}",
}


def in_words(row: Row) -> str:
    """What a row of `decisions` says; a kind that has no words of its own is named."""
    words = _WORDS.get(row["kind"])
    return words(row) if words is not None else row["kind"].replace("_", " ")
