"""Which invoice an instalment is of: what its posting said, never its number, which may be an invoice's own (26-27/P7). Pure."""

from collections.abc import Callable, Iterable
from typing import Final

from schemas.records import Decision

# The kinds of decisions that say it.
POSTINGS: Final = ("item_posted", "invoice_released")
_PART_OF: Final = "part:"


def invoice_of(posting: Decision) -> str:
    """The number of the invoice that a posting's document is an instalment of; empty where it is none."""
    said = next((text for text in posting.evidence if text.startswith(_PART_OF)), "")
    return said.split(":", 3)[3] if said else ""


def place_of(d: Decision, document: str) -> str:
    """Under which the invoice of an instalment is kept. Unlike any other's: ids hold no newline."""
    return "\n".join(("part", d.tenant, d.entity, d.account_id, document))


def invoices_of(decisions: Iterable[Decision], find: Callable[[str], str]) -> dict[str, str]:
    """The invoices of the instalments that decisions are about, by document. find: what is kept at a place, or empty."""
    found = {name: find(place_of(d, name)) for d in decisions for name in (d.document, d.counterparty) if name}
    return {document: invoice for document, invoice in found.items() if invoice}
