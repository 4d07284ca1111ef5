"""Actions of people on approvals, proposals, drafts and the queue: which rule has which."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approvals, approved, work_queue
from dataflows.rules.context import Context
from dataflows.rules.release import manual_release
from schemas.records import Decision, OperatorAction

_PROPOSE: Final = (approved.PROPOSE_WRITE_OFF, approved.PROPOSE_REFUND)
ACTIONS: Final[tuple[str, ...]] = (*approvals.ACTIONS, *work_queue.ACTIONS, *_PROPOSE, *manual_release.ACTIONS)


def decide(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """What comes of an action of ACTIONS; or why it cannot be done, which is not empty then."""
    if fact.action in approvals.ACTIONS:
        return approvals.decide(account, fact, ctx), ""
    if fact.action in work_queue.ACTIONS:
        return work_queue.decide(account, fact, ctx)
    if fact.action in _PROPOSE:
        return approved.propose(account, fact, ctx)
    return manual_release.decide(account, fact, ctx)
