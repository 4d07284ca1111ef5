"""What persons do with held drafts: release one in spite of its hold, or give it up, each with a reason.

Source: CAPABILITIES A1, E2. Above the policy's amount a release waits for an approval: approvals.gated asks for that.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.keep import draft_invoice
from dataflows.rules.release import rebilling, release
from schemas.records import Decision, OperatorAction

RELEASE: Final = "release_invoice"
WITHDRAW: Final = "withdraw_draft"
ACTIONS: Final[tuple[str, ...]] = (RELEASE, WITHDRAW)
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
    look = release.examined(account, invoice, ctx)
    for reason in look.reasons:
        if reason.partition(":")[0] in release.terms_of(account, invoice, ctx).never_by_hand:
            return [], f"not_by_hand:{reason}"
    # What was set aside stands first: it is never left out.
    look.evidence = [f"overridden:{reason}" for reason in look.reasons] + look.evidence
    decisions = release.released(account, invoice, draft, look, BY_HAND, ctx)
    for decision in decisions:
        if decision.kind == "invoice_released":
            decision.owner = fact.actor
            decision.text = fact.note
    return decisions, ""
