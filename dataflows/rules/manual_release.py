"""A held draft that a person releases in spite of its hold, with a reason. Source: CAPABILITIES A1, E2.

Above the policy's amount it waits for an approval: approvals.gated asks for that.
"""

from typing import Final

from dataflows.rules import release
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.keep import draft_invoice
from schemas.records import Decision, OperatorAction

RELEASE: Final = "release_invoice"
ACTIONS: Final[tuple[str, ...]] = (RELEASE,)
BY_HAND: Final = "release.manual"


def decide(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """The draft becomes an open item; or why it cannot, which is not empty then."""
    draft = account.draft(fact.document) if fact.document in account.row.held else None
    if draft is None:
        return [], "draft_unknown"
    if not fact.note.strip():
        return [], "reason_missing"
    invoice = draft_invoice(draft)
    decisions = release.released_by(account, invoice, draft, BY_HAND)
    first = decisions[0]
    first.evidence = [f"overridden:{reason}" for reason in draft.reasons] + first.evidence
    first.owner = fact.actor
    first.text = fact.note
    return decisions, ""
