"""Decisions in plain words, for timelines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from headrace.amounts import grouped
from schemas.topics import WHO_PAID_SEPARATOR

Row = Mapping[str, Any]

# Reasons whose details are minor units.
_OF_MONEY: Final = frozenset(
    {
        "advice_sum",
        "lines_sum",
        "text_sum",
        "closing_amounts",
        "written_off_of_open",
        "refunded_of_paid",
        "credited_already",
        "parts",
        "amount_not_above_zero",
        "amount_below_zero",
        "more_than_there_is",
        "more_than_that",
        "residual_not_within_amount",
        "returned_more_than_received",
        "above",
        "same_day",
        "rises_by",
    }
)


# Reasons that name their own currency: what they are without.
_IN_CURRENCY: Final = {"above_in": "above", "same_day_in": "same_day"}


def _money(row: Row, field: str = "amount") -> str:
    return f"{grouped(row[field], row['currency'])} {row['currency']}"


def _item(row: Row) -> str:
    return {"credit_note": "Credit note", "debit_note": "Debit note", "deduction": "Deduction"}.get(
        row["item_kind"], "Invoice"
    )


def _left(row: Row) -> str:
    return "cleared" if row["item_open"] == 0 else f"{_money(row, 'item_open')} still open"


def because(row: Row) -> str:
    """The reasons of a row of `decisions`."""
    return ", ".join(reason(each, row["currency"]) for each in row["reasons"]) or "no reason given"


def reason(text: str, currency: str) -> str:
    """`advice_sum:51469_of_50455` is `advice sum: 514.69 of 504.55 USD`; what names no amount only loses its `_`."""
    name, _, detail = text.partition(":")
    if name in _IN_CURRENCY:
        currency, _, detail = detail.partition(":")
        name = _IN_CURRENCY[name]
    amounts = detail.split("_of_")
    if name not in _OF_MONEY or not all(amount.removeprefix("-").isdigit() for amount in amounts):
        return text.replace("_", " ")
    said = " of ".join(grouped(int(amount), currency) if currency else amount for amount in amounts)
    return f"{name.replace('_', ' ')}: {said} {currency or 'minor units'}"


def _could_be(row: Row) -> str:
    return ", ".join(row["candidates"]) or "nothing known"


def _posted(row: Row) -> str:
    released = f", released: {row['rule']}" if row["kind"] == "invoice_released" else ""
    corrects = f" for {row['counterparty']}" if row["counterparty"] else ""
    return f"{_item(row)} {row['document']}{corrects} of {_money(row)} posted, due {row['due_date']}{released}"


def _released(row: Row) -> str:
    """An invoice that left, by whom and in spite of what where a person let it go, or as a part."""
    by = f" by {row['owner']}: {row['text']}" if row["rule"] == "release.manual" else ""
    rest = next((text[5:] for text in row["evidence"] if text.startswith("rest:")), "")
    return f"{_posted(row)}{by}" + (f"; the rest waits as {rest}" if rest else "")


def _sent(row: Row) -> str:
    again = {"delivery.resend": " again", "delivery.fallback": " now", "delivery.operator": ", as a person asked"}
    return f"{row['document']} is to be sent by {row['channel']}{again.get(row['rule'], '')}"


def _delivery(row: Row) -> str:
    by = f" by {row['channel']}" if row["channel"] else ""
    why = f" ({because(row)})" if row["reasons"] else ""
    return f"Delivery of {row['document']}{by}: {row['text'].replace('_', ' ')}{why}"


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


def _undone(row: Row) -> str:
    return ", undone" if row["rule"].startswith("reversed.") else ""


def _promise(row: Row) -> str:
    state = row["kind"].removeprefix("promise_").replace("_", " ")
    counted = f", {_money(row, 'item_amount')} came" if state in ("kept", "partially kept", "broken") else ""
    if state == "kept" and not row["item_amount"]:
        counted = ", nothing was left to be paid"
    return f"Promise {row['reference_id']} of {_money(row)} by {row['due_date']}: {state}{counted}"


def _reversed(row: Row) -> str:
    what = f"credit note {row['counterparty']}" if row["counterparty"] else f"receipt {row['receipt_id']}"
    undone = "is open again" if row["counterparty"] else "went back"
    return f"{_money(row)} of {what} {undone}; {row['document']} has {_money(row, 'item_open')} open"


def _task(row: Row) -> str:
    does = {"task_opened": "opened", "task_closed": f"closed ({because(row)})"}.get(row["kind"], "goes on")
    return f"Task {row['reference_id']} {does}" + (f", for {row['owner']}" if row["owner"] else "")


def _said(row: Row, name: str) -> str:
    """The first evidence of that name; empty where there is none."""
    return next((text.partition(":")[2] for text in row["evidence"] if text.startswith(f"{name}:")), "")


def _asked_for(row: Row) -> str:
    if row["category"] == "credit":
        return f"a credit limit of {_money(row)}"
    if row["category"] == "reminder":
        listed = _said(row, "note") or row["document"]
        return f"a reminder of {_money(row)}" + (f", {listed}" if listed else "")
    about = row["document"] or f"receipt {row['receipt_id']}"
    to = f" to {row['counterparty']}" if row["counterparty"] else ""
    action = _said(row, "action").replace("_", " ")
    return f"{action or row['category'].replace('_', ' ')} of {_money(row)}, {about}{to}"


def _approval(row: Row) -> str:
    """A request for approval, and what became of it."""
    maker, why = _said(row, "maker"), f": {row['text']}" if row["text"] else ""
    if row["kind"] == "approval_requested":
        return f"{maker} asks for an approval ({because(row)}): {_asked_for(row)}{why}"
    about = f"{_asked_for(row)}, asked for by {maker},"
    acting = f" for {_said(row, 'for')}" if _said(row, "for") else ""
    said = {
        "approval_given": f"approved by {row['owner']}{acting}",
        "approval_rejected": f"rejected by {row['owner']}{acting}",
        "approval_delegated": f"given to {row['owner']} to approve, by {_said(row, 'by')}",
        "approval_expired": "expired, nobody answered",
        "approval_withdrawn": f"asked for no more ({because(row)})",
    }
    return f"{about} {said[row['kind']]}{why}"


def _allowed(row: Row) -> str:
    """Who agreed to a posting, or which limit it is within."""
    if _said(row, "approval"):
        return f", approved by {_said(row, 'by')}"
    category, _, limit = _said(row, "within").partition(":")
    if not category:
        return ""
    return f", within the limit of {grouped(int(limit), row['currency'])} {row['currency']} for {category.replace('_', ' ')}"


def _escalated(row: Row) -> str:
    if row["rule"].startswith("collections."):
        return _task(row)
    return f"{row['reference_id']} is overdue: {row['owner'] or 'nobody'} is told (step {row['level']})"


# Of evidence of credit, what is an amount.
_EXPOSURE: Final = ("limit", "open_items", "unbilled", "drafts", "orders", "members", "unapplied")


def _parts(row: Row) -> str:
    """The limit and the parts of an exposure."""
    found = []
    for text in row["evidence"]:
        name, _, value = text.partition(":")
        said = grouped(int(value), row["currency"]) if name in _EXPOSURE and row["currency"] else value
        found.append(f"{name.replace('_', ' ')} {said}")
    return ", ".join(found)


def _limit(row: Row) -> str:
    if "cancelled:1" in row["evidence"]:
        return f"Credit limit {row['reference_id']} taken away"
    approved = [text.removeprefix("by:") for text in row["evidence"] if text.startswith("by:")]
    return f"Credit limit {row['reference_id']} is {_money(row)}" + (f", approved by {approved[0]}" if approved else "")


def _stated(row: Row) -> str:
    if row["rule"] == "credit.left":
        return f"Left {row['counterparty']}"
    amount = _money(row) if row["currency"] else "nothing"
    return f"Exposure of {amount} stated to {row['counterparty']}"


def _evidence(row: Row) -> str:
    """What the bank said of a receipt whose payer is not known."""
    said = row["text"].removeprefix(WHO_PAID_SEPARATOR)
    about = f" of {_money(row)}" if row["amount"] and row["currency"] else ""
    references = f"; names {', '.join(row['candidates'])}" if row["candidates"] else ""
    return f"{about}: {said}{references}" if said else f"{about}{references}"


# How a dispute may end.
_OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")


def _amounts(row: Row, names: Sequence[str]) -> list[str]:
    """Amounts that the evidence has under these names."""
    pairs = [text.partition(":") for text in row["evidence"]]
    return [
        f"{name.replace('_', ' ')} {grouped(int(value), row['currency'])} {row['currency']}"
        for name, _, value in pairs
        if name in names and value.removeprefix("-").isdigit() and value != "0"
    ]


def _outcome(row: Row) -> str:
    return ", ".join(_amounts(row, _OUTCOMES)) or row["text"]


def _movements(row: Row) -> str:
    return ", ".join(_amounts(row, ("debits", "credits", "cash", "other"))) or "nothing moved"


_WORDS: Final[dict[str, Callable[[Row], str]]] = {
    "invoice_held": lambda r: f"Invoice {r['document']} of {_money(r)} held: {because(r)}",
    "invoice_released": _released,
    "invoice_withdrawn": lambda r: (
        f"Draft {r['document']} of {_money(r)} given up: "
        + (f"{r['counterparty']} replaces it" if r["counterparty"] else r["text"])
    ),
    "delivery_requested": _sent,
    "delivery_status": _delivery,
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
    "discount_granted": lambda r: f"Cash discount of {_money(r)} on {r['document']}{_undone(r)}, {_left(r)}",
    "write_off_posted": lambda r: (
        f"{_money(r)} of {r['document'] or 'receipt ' + r['receipt_id']} "
        f"{'written off' if r['document'] else 'kept as income'} ({r['rule']}){_undone(r)}{_allowed(r)}"
    ),
    "write_off_proposed": lambda r: (
        f"Write-off of {_money(r)} of {r['document']} proposed" + (f" ({because(r)})" if r["reasons"] else "")
    ),
    "deduction_opened": lambda r: (
        f"{_money(r)} of {r['counterparty']} kept back by the payer, deduction {r['document']}: {r['category']}{_undone(r)}"
    ),
    "cash_exchanged": lambda r: (
        f"{_money(r)} of receipt {r['receipt_id']} exchanged for {r['document']}: "
        f"{grouped(r['other_amount'], r['other_currency'])} {r['other_currency']}{_undone(r)}"
    ),
    "fx_difference_posted": lambda r: f"Exchange difference of {_money(r)} on {r['document']}{_undone(r)}",
    "refund_posted": lambda r: f"{_money(r)} of {r['document'] or 'receipt ' + r['receipt_id']} paid back{_allowed(r)}",
    "refund_proposed": lambda r: (
        f"{_said(r, 'maker')} wants {_money(r)} of {r['document'] or 'receipt ' + r['receipt_id']} paid back: {r['text']}"
    ),
    "refund_confirmed": lambda r: f"The bank told of {_money(r)} paid back, {_said(r, 'refund')}: {r['reference_id']}",
    "approval_requested": _approval,
    "approval_given": _approval,
    "approval_rejected": _approval,
    "approval_delegated": _approval,
    "approval_expired": _approval,
    "approval_withdrawn": _approval,
    "assigned": lambda r: (
        f"{r['reference_id']} given to {r['owner']} by {_said(r, 'by')}" + (f": {r['text']}" if r["text"] else "")
    ),
    "noted": lambda r: f"{_said(r, 'by')} on {r['reference_id']}: {r['text']}",
    "cash_on_account": lambda r: f"{_money(r)} of receipt {r['receipt_id']} left on account{_undone(r)}",
    "alias_learned": lambda r: (
        f"{r['text']} is {'how this payer numbers our documents' if r['rule'] == 'alias.prefix' else r['counterparty']}: "
        f"a person's work on receipt {r['receipt_id']} showed it"
    ),
    "dispute_opened": lambda r: f"Dispute {r['reference_id']} of {_money(r)} on {r['document']}: {r['text']}",
    "dispute_routed": lambda r: (
        f"Dispute {r['reference_id']} waits for the customer"
        if r["text"] == "waiting_customer"
        else f"Dispute {r['reference_id']} goes to {r['owner'] or 'nobody yet'}"
    ),
    "dispute_closed": lambda r: f"Dispute {r['reference_id']} closed: {_outcome(r)}",
    "promise_opened": _promise,
    "promise_kept": _promise,
    "promise_partially_kept": _promise,
    "promise_broken": _promise,
    "promise_cancelled": _promise,
    "reminder_due": lambda r: (
        f"Reminder of level {r['level']} for {r['document']}, {_money(r)}, letter {r['reference_id']}{_allowed(r)}"
    ),
    "reminder_suppressed": lambda r: f"No reminder of level {r['level']} for {r['document']}: {because(r)}",
    "letter_status": lambda r: (
        f"Letter {r['reference_id']}{' by ' + r['channel'] if r['channel'] else ''}: {r['text']}"
    ),
    "interest_charged": lambda r: (
        f"{_money(r)} charged for {r['counterparty']}, "
        f"{'reminded' if r['rule'] == 'reminders.fee' else 'paid late'}: {r['document']} ({r['rule']})"
    ),
    "task_opened": _task,
    "task_closed": _task,
    "escalated": _escalated,
    "statement": lambda r: (
        f"Statement of account{' by ' + r['channel'] if r['channel'] else ''}: "
        f"from {_money(r, 'item_amount')} to {_money(r)} ({_movements(r)})"
    ),
    "credit_hold_set": lambda r: f"On credit hold with an exposure of {_money(r)}: {because(r)} ({_parts(r)})",
    "credit_hold_released": lambda r: f"Credit hold released with an exposure of {_money(r)} ({_parts(r)})",
    "credit_near_limit": lambda r: f"Near the credit limit with an exposure of {_money(r)} ({_parts(r)})",
    "credit_limit_set": _limit,
    "credit_change_proposed": lambda r: (
        f"Change {r['reference_id']} of the credit limit to {_money(r)} waits for an approval: {because(r)}"
    ),
    "credit_change_rejected": lambda r: f"Change of the credit limit {r['reference_id']} to {_money(r)} rejected",
    "credit_exposure_stated": _stated,
    "credit_group_told": lambda r: (
        f"{', '.join(r['candidates'])} told that {r['reference_id']} is {r['rule'].removeprefix('credit.group_')}"
    ),
    "exception_raised": lambda r: f"For a person: {r['reference_id']} ({because(r)}){_evidence(r)}",
    "exception_closed": lambda r: f"Settled: {r['reference_id']}",
    "policy_in_force": lambda r: f"Policy version {r['reference_id'].removeprefix('policy:')} is in force",
    "fact_rejected": lambda r: f"{r['cause_kind']} {r['cause_id']} rejected: {because(r)}",
}


def in_words(row: Row) -> str:
    """What a row of `decisions` says; a kind that has no words of its own is named."""
    words = _WORDS.get(row["kind"])
    return words(row) if words is not None else row["kind"].replace("_", " ")
