"""What is open of an account and waits for somebody: exceptions, proposed cash, requests for approval, disputes,
promises and drafts; the queue of what people answer, and the clocks of all.
"""

from collections.abc import Callable
from typing import Final

from schemas.records import Decision
from sinks.redis.live.keys import (
    APPROVAL,
    CARD,
    DISPUTE,
    DRAFT,
    EXCEPTION,
    MATTERS,
    PROMISE,
    PROPOSAL,
    QUEUE,
    matter,
    member,
)
from sinks.redis.live.lists import enter, leave, set_clock, want_owner
from sinks.redis.live.values import Row, add, put_row, row_of, said
from sinks.redis.live.work import Work

_PROPOSAL_ID: Final = "proposal:"
_PREPAYMENT: Final = "prepayment:"
_ANSWERED: Final = frozenset({"approval_given", "approval_rejected", "approval_expired", "approval_withdrawn"})
_OF_DISPUTES: Final = frozenset({"dispute_opened", "dispute_routed", "dispute_closed"})
_ROUTED: Final = frozenset({"dispute_routed", "escalated"})
_OVERDUE: Final = "exceptions.sla"
_RECEIPT_LEFT: Final = frozenset(
    {"receipt_booked", "cash_applied", "cash_unapplied", "receipt_reversed", "cash_exchanged", "cash_on_account"}
)
# How the card counts them.
_COUNTED: Final = {
    EXCEPTION: "exceptions",
    PROPOSAL: "exceptions",
    APPROVAL: "approvals",
    DISPUTE: "disputes",
    PROMISE: "promises",
    DRAFT: "drafts",
}
_QUEUED: Final = frozenset({EXCEPTION, PROPOSAL, APPROVAL})


def want(work: Work, account: str, d: Decision) -> None:
    """Read what `learn` of this decision needs, but for owners."""
    for kind, about in _about(d):
        work.want(f"{MATTERS}:{account}", matter(kind, about))


def want_owners(work: Work, account: str, d: Decision) -> None:
    """What is left to read once the rows are here."""
    for kind, about in _about(d):
        if kind in _QUEUED:
            row = row_of(work, f"{MATTERS}:{account}", matter(kind, about))
            want_owner(work, row["owner"] if row else "")
            want_owner(work, d.owner)


def learn(work: Work, account: str, d: Decision) -> None:
    """Each matter that the decision is about, as it stands after it."""
    for kind, about in _about(d):
        field = matter(kind, about)
        before = row_of(work, f"{MATTERS}:{account}", field)
        row = _NEXT[kind](dict(before) if before else None, d)
        if before == row:
            continue
        _count(work, account, kind, before, row)
        _place(work, account, kind, about, before, row)
        put_row(work, f"{MATTERS}:{account}", field, row)


def _about(d: Decision) -> list[tuple[str, str]]:
    """Kinds and ids of what the decision may change."""
    kind = d.kind
    found: list[tuple[str, str]] = []
    if kind in ("exception_raised", "exception_closed", "assigned", "noted") or d.rule == _OVERDUE:
        if d.reference_id.startswith(_PROPOSAL_ID):
            found.append((PROPOSAL, d.reference_id.removeprefix(_PROPOSAL_ID)))
        else:
            found.append((EXCEPTION, d.reference_id))
    if d.receipt_id and (kind == "cash_proposed" or _says_receipt(d)):
        found.append((PROPOSAL, d.receipt_id))
    if kind.startswith("approval_"):
        found.append((APPROVAL, d.reference_id))
    if kind in _OF_DISPUTES or (kind == "escalated" and d.rule.startswith("disputes.")):
        found.append((DISPUTE, d.reference_id))
    elif kind.startswith("promise_"):
        found.append((PROMISE, d.reference_id))
    if kind in ("invoice_held", "invoice_released", "invoice_withdrawn", "item_posted"):
        found.append((DRAFT, d.document))
        if part := said(d.evidence, "part"):
            found.append((DRAFT, part.split(":", 2)[2]))
    return found


def _says_receipt(d: Decision) -> bool:
    """Whether it says what is left unapplied of its receipt."""
    return (
        d.kind in _RECEIPT_LEFT
        or (d.kind == "cash_transferred" and d.rule == "transfer.out")
        or (d.kind in ("refund_posted", "write_off_posted") and not d.document)
    )


def _exception(row: Row | None, d: Decision) -> Row | None:
    """One row for each id: it may have been raised by several rules."""
    if d.kind == "exception_raised":
        row = row or {"rules": {}, "notes": 0, "last_note": ""}
        rules = dict(row["rules"])
        rules[d.rule] = {
            "currency": d.currency, "amount": d.amount, "document": d.document, "receipt_id": d.receipt_id,
            "counterparty": d.counterparty, "reasons": d.reasons, "candidates": d.candidates, "text": d.text,
            "raised_time": rules[d.rule]["raised_time"] if d.rule in rules else d.event_time,
        }  # fmt: skip
        return row | {"rules": rules, "owner": d.owner, "deadline": d.deadline, "step": d.level}
    if row is None:
        return None
    if d.kind == "exception_closed":
        rules = {rule: found for rule, found in row["rules"].items() if rule != d.rule}
        return row | {"rules": rules} if rules else None
    return _worked(row, d)


def _worked(row: Row, d: Decision) -> Row:
    """What people and clocks do with it."""
    if d.kind == "noted":
        return row | {"notes": row["notes"] + 1, "last_note": d.text}
    if d.kind == "assigned":
        return row | {"owner": d.owner, "deadline": d.deadline, "step": d.level}
    return row | {"owner": d.owner, "step": d.level} if d.kind == "escalated" else row


def _proposal(row: Row | None, d: Decision) -> Row | None:
    if d.kind == "cash_proposed":
        if len(d.reasons) == 1 and d.reasons[0].startswith(_PREPAYMENT):
            return row
        row = row or {"notes": 0, "last_note": "", "raised_time": d.event_time}
        return row | {
            "currency": d.currency, "amount": d.receipt_unapplied, "reasons": d.reasons, "candidates": d.candidates,
            "owner": d.owner, "deadline": d.deadline, "step": d.level,
        }  # fmt: skip
    if row is None or d.kind == "exception_closed":
        return None
    if _says_receipt(d):
        return row | {"amount": d.receipt_unapplied} if d.receipt_unapplied else None
    return _worked(row, d)


def _approval(row: Row | None, d: Decision) -> Row | None:
    if d.kind == "approval_requested":
        return {
            "category": d.category, "currency": d.currency, "amount": d.amount, "document": d.document,
            "receipt_id": d.receipt_id, "target_account": d.counterparty, "maker": said(d.evidence, "maker"),
            "note": d.text, "reasons": d.reasons, "asked": d.owner, "owner": d.owner, "delegate": "",
            "requested_time": d.event_time, "deadline": d.deadline,
        }  # fmt: skip
    if row is None or d.kind in _ANSWERED:
        return None
    return row | {"delegate": d.owner, "owner": d.owner} if d.kind == "approval_delegated" else row


def _dispute(row: Row | None, d: Decision) -> Row | None:
    if d.kind == "dispute_closed":
        return None
    if d.kind == "dispute_opened":
        row = row or {
            "document": d.document, "category": "", "owner": "", "channel": d.channel, "status": "open",
            "opened_time": d.event_time, "deadline": 0,
        }  # fmt: skip
        row |= {"amount": d.amount, "currency": d.currency}
    elif row is None:
        return None
    if d.kind == "dispute_routed":
        row["status"] = d.text
    if d.kind in _ROUTED:
        row["deadline"] = d.deadline
    return row | {"owner": d.owner or row["owner"], "category": d.category or row["category"]}


def _promise(row: Row | None, d: Decision) -> Row | None:
    if d.kind != "promise_opened":
        return None
    return {"currency": d.currency, "amount": d.amount, "due_date": d.due_date, "documents": d.candidates}


def _draft(row: Row | None, d: Decision) -> Row | None:
    if d.kind != "invoice_held":
        return None
    since = row["since"] if row else d.event_time
    return {"currency": d.currency, "amount": d.amount, "reasons": d.reasons, "owner": d.owner, "since": since}


_NEXT: Final[dict[str, Callable[[Row | None, Decision], Row | None]]] = {
    EXCEPTION: _exception,
    PROPOSAL: _proposal,
    APPROVAL: _approval,
    DISPUTE: _dispute,
    PROMISE: _promise,
    DRAFT: _draft,
}


def _entries(kind: str, about: str, row: Row | None) -> dict[str, int]:
    """What stands in the lists for a row, each with the time since when: an exception once for each rule."""
    if row is None:
        return {}
    if kind == EXCEPTION:
        return {f"{about}\n{rule}": found["raised_time"] for rule, found in row["rules"].items()}
    return {about: row["requested_time"] if kind == APPROVAL else row.get("raised_time", 0)}


def _count(work: Work, account: str, kind: str, before: Row | None, row: Row | None) -> None:
    card = f"{CARD}:{account}"
    add(work, card, _COUNTED[kind], len(_entries(kind, "", row)) - len(_entries(kind, "", before)))
    if kind == PROMISE:
        for found, sign in ((before, -1), (row, 1)):
            if found is not None:
                add(work, card, f"{found['currency']}:promised", sign * found["amount"])


def _place(work: Work, account: str, kind: str, about: str, before: Row | None, row: Row | None) -> None:
    gone, now = _entries(kind, about, before), _entries(kind, about, row)
    for name in gone:
        if kind in _QUEUED and before is not None:
            leave(work, QUEUE, member(account, kind, name), before["owner"])
        set_clock(work, member(account, kind, name), 0)
    for name, since in now.items():
        if kind in _QUEUED and row is not None:
            enter(work, QUEUE, member(account, kind, name), row["owner"], since)
        set_clock(work, member(account, kind, name), (row or {}).get("deadline", 0))
