"""Deductions: what a payer kept back, matched with disputes and claims, and worked as a dispute of its own.

A deduction is valid where the policy's claims allow it, invalid where one speaks of it and does not allow so much, and
for its owner to judge otherwise. It ends as disputes do: credited, rejected, recovered. Source: CAPABILITIES B6.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.disputes import dispute_routing, disputes
from dataflows.rules.disputes.dispute_meaning import ALL_PPM, Meaning
from schemas.records import Decision, DisputeRow, Item

VALID: Final = "valid"
INVALID: Final = "invalid"
UNDECIDED: Final = "undecided"


def work(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A deduction that was just opened: `d.document` is it, `d.counterparty` its invoice, `d.text` the reason code.

    It is disputed as a whole, so that it is not dunned while its owner judges it. What the invoice's own dispute
    contested of it goes over to it: that dispute is closed where it is the same matter.
    """
    dispute_id = f"deduction:{d.document}"
    if account.dispute(dispute_id) is not None:
        return []
    invoice = account.known_item(d.counterparty)
    known = None if invoice is None else _same_matter(account, invoice, d)
    category = d.category or (known.category if known is not None else "other")
    verdict, evidence = _verdict(account, d, category, invoice, ctx)
    evidence.append(f"invoice:{d.counterparty}")
    if d.text:
        evidence.append(f"reason_code:{d.text}")
    if known is not None:
        evidence.append(f"dispute:{known.dispute_id}")
    meaning = Meaning(category, [f"verdict:{verdict}", *evidence], [], ALL_PPM if d.category else 0)
    opened = disputes.opened(account, dispute_id, d.document, d.currency, d.amount, meaning, "short_payment", ctx)
    return [opened] if known is None else [disputes.moved(account, known, d.document, ctx), opened]


def _same_matter(account: Account, invoice: Item, d: Decision) -> DisputeRow | None:
    """The one open dispute of the invoice that is of the deduction's amount, or else of its category."""
    by_amount: list[DisputeRow] = []
    by_category: list[DisputeRow] = []
    for dispute_id in invoice.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed" and dispute.amount:
            if dispute.amount - dispute.credited == d.amount:
                by_amount.append(dispute)
            if dispute.category == d.category and dispute.amount - dispute.credited <= d.amount:
                by_category.append(dispute)
    found = by_amount or by_category
    return found[0] if len(found) == 1 else None


def _verdict(account: Account, d: Decision, category: str, invoice: Item | None, ctx: Context) -> tuple[str, list[str]]:
    """Whether the policy's claims allow the deduction, and which one says so; the first that does."""
    if invoice is None:
        return UNDECIDED, []
    spoken_of: list[str] = []
    for claim in dispute_routing.terms_of(account, ctx, d.currency).claims:
        if claim.names(category, d.text):
            allowed = claim.allowed(invoice.amount, invoice.document_date)
            if d.amount <= allowed:
                return VALID, [f"claim:{claim.name}"]
            spoken_of += [f"claim:{claim.name}", f"allowed:{allowed}"]
    return (INVALID, spoken_of) if spoken_of else (UNDECIDED, [])
