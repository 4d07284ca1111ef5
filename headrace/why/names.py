"""Which business keys a fact or a decision speaks of: how explanations find what belongs together.

A name is a kind and a number, such as `document:INV-1`, so that an invoice and a receipt of one number are two things.
"""

from typing import Final

from schemas.records import Decision, Fact

# Fields of facts that hold the number of something, and what it is the number of.
OF_FACTS: Final = {
    "document": "document",
    "invoice": "document",
    "replaces": "document",
    "rebilled_as": "document",
    "consolidated": "document",
    "order_id": "order",
    "shipment_id": "shipment",
    "receipt_id": "receipt",
    "advice_id": "advice",
    "dispute_id": "dispute",
    "promise_id": "promise",
    "message_id": "message",
    "case_id": "case",
    "return_id": "return",
    "transfer_id": "transfer",
    "bank_reference": "bank_reference",
    "refund_id": "refund",
    "approval_id": "approval",
}
# What evidence and reasons of decisions name so, as name:number.
_SAID: Final = {
    "order": "order",
    "shipment": "shipment",
    "proof_of_delivery": "shipment",
    "dispute": "dispute",
    "disputed": "dispute",
    "receipt": "receipt",
    "advice": "advice",
    "invoice": "document",
    "document": "document",
    "message": "message",
    "promise": "promise",
    "superseded_by": "promise",
    "part_of": "promise",
    "service_case": "case",
    "duplicate_of": "document",
    "rebilled_as": "document",
    "proof_of_delivery_missing": "shipment",
    "complaint": "shipment",
    "cleared": "document",
    "held": "document",
}
# Names of more than this many documents are about none of them.
MOST_LINES: Final = 2_000


def names_of_fact(fact: Fact) -> list[str]:
    """What the fact speaks of, each once."""
    found: dict[str, None] = {}
    for field in type(fact).FIELDS:
        value = getattr(fact, field)
        if not value:
            continue
        if field in OF_FACTS:
            found[f"{OF_FACTS[field]}:{value}"] = None
        elif field == "lines":
            for line in value[:MOST_LINES]:
                document = getattr(line, "document", "")
                if document:
                    found[f"document:{document}"] = None
        elif field == "documents":
            for document in value[:MOST_LINES]:
                found[f"document:{document}"] = None
        elif field == "reference_id":
            found[f"about:{value}"] = None
    return list(found)


def names_of_decision(d: Decision) -> list[str]:
    """What the decision is about: its document, receipt, reference, and what its evidence and reasons name."""
    found: dict[str, None] = {}
    if d.document:
        found[f"document:{d.document}"] = None
    if d.receipt_id:
        # Where two banks gave one number, the second one's has its bank behind it (docs/ledger.md).
        found[f"receipt:{d.receipt_id}"] = None
    kind = reference_kind(d)
    if kind and d.reference_id:
        found[f"{kind}:{d.reference_id}"] = None
    if d.kind.startswith("approval_") or d.kind in ("assigned", "noted"):
        # What people said of it names it so.
        found[f"about:{d.reference_id}"] = None
    if d.counterparty and d.kind in _COUNTER_DOCUMENTS:
        found[f"document:{d.counterparty}"] = None
    for text in [*d.evidence, *d.reasons]:
        name, _, value = text.partition(":")
        if name == "order" and d.rule.startswith("cash."):
            # A rule of the policy's order of cash application.
            continue
        if value and name in _SAID:
            found[f"{_SAID[name]}:{value.partition(': ')[0]}"] = None
    if d.kind.startswith("promise_") or d.kind == "approval_requested":
        for document in d.candidates:
            found[f"document:{document}"] = None
    if d.kind == "reminder_due":
        # By which it was allowed, and what people said of that.
        for text in d.evidence:
            if text.startswith("approval:"):
                found[text] = None
                found[f"about:{text.removeprefix('approval:')}"] = None
    return list(found)


_COUNTER_DOCUMENTS: Final = frozenset(
    {"item_posted", "credit_allocated", "application_reversed", "interest_charged", "deduction_opened"}
)


def reference_kind(d: Decision) -> str:
    """What the decision's reference_id is the number of (docs/ledger.md)."""
    kind = d.kind
    if kind in ("invoice_held", "invoice_released") or (kind == "item_posted" and d.item_kind == "invoice"):
        return "order"
    if kind == "cash_applied":
        return "advice"
    if kind.startswith("promise_") or d.rule == "promises":
        return "promise"
    if kind.startswith("dispute_") or kind in ("write_off_proposed", "credit_allocated", "application_reversed"):
        return "dispute"
    if kind == "escalated" and not d.rule.startswith("collections."):
        return "dispute"
    if kind.startswith("reminder_"):
        return "letter"
    if kind.startswith("approval_"):
        return "approval"
    if kind.startswith("task_") or kind == "escalated":
        return "task"
    if kind == "cash_transferred":
        return "transfer"
    if kind.startswith("exception_"):
        return "exception"
    return ""
