"""Disputes: open, pause, close. Source: REFERENCE 3.3."""

from typing import Final

from dataflows.rules.account import Account
from schemas.records import Decision, Dispute, DisputeRow, DisputeUpdate, Item

AMOUNT_KNOWN: Final = "disputes.amount_known"


def decide_dispute(account: Account, fact: Dispute) -> list[Decision]:
    """Open it. On a cleared item it is accepted and counted, and pauses nothing; ahead of its item it waits for it."""
    if account.dispute(fact.dispute_id) is not None:
        return [_rejected(fact.dispute_id, fact.document, "dispute_known")]
    item = account.known_item(fact.document)
    if item is not None and item.currency != fact.currency:
        return [_rejected(fact.dispute_id, fact.document, f"currency_of_item:{item.currency}")]
    amount = fact.amount
    if amount is None:
        amount = 0 if item is None else item.open or item.amount
    rule = "disputes.opened" if item is not None and item.open else "disputes.opened_cleared"
    return [
        Decision(
            kind="dispute_opened",
            rule=rule if item is not None else "disputes.opened_early",
            currency=fact.currency,
            amount=amount,
            document=fact.document,
            reference_id=fact.dispute_id,
            text=fact.category,
        )
    ]


def amounts_known(account: Account, document: str) -> list[Decision]:
    """Disputes that came ahead of their item without an amount contest all of it: said now that it is here."""
    item = account.posted_item(document)
    decisions: list[Decision] = []
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if not dispute.amount:
            decision = _about("dispute_opened", AMOUNT_KNOWN, dispute, dispute.category)
            decision.amount = item.amount
            decisions.append(decision)
    return decisions


def decide_update(account: Account, fact: DisputeUpdate) -> list[Decision]:
    """Route it, or close it where the closing amounts add up to the disputed amount."""
    known = account.dispute(fact.dispute_id)
    if known is None:
        return [_rejected(fact.dispute_id, "", "dispute_unknown")]
    if known.status == "closed":
        return [_rejected(fact.dispute_id, known.document, "dispute_closed")]
    if fact.status == "in_review":
        return [_about("dispute_routed", "disputes.routed", known, fact.owner)]
    closing = fact.credited + fact.rejected + fact.written_off
    if closing != known.amount or min(fact.credited, fact.rejected, fact.written_off) < 0:
        return [_rejected(fact.dispute_id, known.document, f"closing_amounts:{closing}_of_{known.amount}")]
    item = account.known_item(known.document)
    if item is not None and fact.written_off > item.open:
        # What is paid can be credited or rejected; there is nothing to give up.
        return [_rejected(fact.dispute_id, known.document, f"written_off_of_open:{fact.written_off}_of_{item.open}")]
    parts = (("credited", fact.credited), ("rejected", fact.rejected), ("written_off", fact.written_off))
    outcome = ", ".join([f"{name} {amount}" for name, amount in parts if amount])
    decisions = [_about("dispute_closed", "disputes.closed", known, outcome)]
    if fact.written_off:
        # Giving money up needs an approval; until one comes the item stays open, and a person is told.
        exception = _about("exception_raised", "disputes.write_off", known, outcome)
        exception.amount = fact.written_off
        exception.reasons = ["write_off_needs_approval"]
        decisions.append(exception)
    return decisions


def close_cleared(account: Account, item: Item) -> list[Decision]:
    """An item that is wholly cleared closes its disputes by itself."""
    decisions: list[Decision] = []
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed":
            decisions.append(_about("dispute_closed", "disputes.cleared", dispute, "item cleared"))
    return decisions


def _about(kind: str, rule: str, dispute: DisputeRow, text: str) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=dispute.currency,
        amount=dispute.amount,
        document=dispute.document,
        reference_id=dispute.dispute_id,
        text=text,
    )


def _rejected(dispute_id: str, document: str, reason: str) -> Decision:
    return Decision(kind="fact_rejected", rule="disputes", document=document, reference_id=dispute_id, reasons=[reason])
