"""What persons do with held drafts: release one in spite of its hold, or give it up, each with a reason.

Above the policy's amount a release waits for an approval: `beyond` asks for that, and is all that knows of it.
"""

from typing import Final

from dataflows.rules import rebilling, release
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.keep import draft_invoice
from dataflows.rules.provisions.release import ReleaseTerms
from schemas.records import Decision, DraftRow, Invoice, OperatorAction

RELEASE: Final = "release_invoice"
WITHDRAW: Final = "withdraw_draft"
ACTIONS: Final = (RELEASE, WITHDRAW)
BY_HAND: Final = "release.manual"


def decide(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """What comes of the action; or why it cannot be done, which is not empty then."""
    draft = account.draft(fact.document) if fact.document in account.row.held else None
    if draft is None:
        return [], "draft_unknown"
    if not fact.note.strip():
        return [], "reason_missing"
    if fact.action == WITHDRAW:
        return release.withdraw(account, fact.document, rebilling.BY_PERSON, fact.note), ""
    invoice = draft_invoice(draft)
    terms = release.terms_of(account, invoice, ctx)
    look = release.examined(account, invoice, ctx)
    for reason in look.reasons:
        if reason.partition(":")[0] in terms.never_by_hand:
            return [], f"not_by_hand:{reason}"
    if invoice.amount > terms.hand_minor:
        if draft.proposed_by:
            return [], f"approval_pending:{draft.proposed_by}"
        return [beyond(invoice, look.reasons, terms, fact)], ""
    return by_hand(account, invoice, draft, fact.actor, fact.note, ctx), ""


def by_hand(account: Account, invoice: Invoice, draft: DraftRow, actor: str, note: str, ctx: Context) -> list[Decision]:
    """Release the draft whatever holds it; the decision says who set aside what, and why."""
    look = release.examined(account, invoice, ctx)
    # What was set aside stands first: it is never left out.
    look.evidence = [f"overridden:{reason}" for reason in look.reasons] + look.evidence
    decisions = release.released(account, invoice, draft, look, BY_HAND, ctx)
    for decision in decisions:
        if decision.kind == "invoice_released":
            decision.owner = actor
            decision.text = note
    return decisions


def beyond(invoice: Invoice, reasons: list[str], terms: ReleaseTerms, fact: OperatorAction) -> Decision:
    """A release that one person may not decide alone: it waits, and names the threshold and who asked."""
    return Decision(
        kind="approval_requested",
        rule=BY_HAND,
        currency=invoice.currency,
        amount=invoice.amount,
        document=invoice.document,
        reference_id=f"release:{invoice.document}",
        reasons=[f"above:{terms.hand_minor}"],
        text=fact.note,
        evidence=[f"maker:{fact.actor}", *[f"overridden:{reason}" for reason in reasons]],
    )
