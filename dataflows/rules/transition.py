"""One transition: a fact or a wake, the account it is about, and the decisions that follow.

`decide` (deciding.py) concludes from a state it does not change; evolve.py posts each conclusion; `follow` (following.py)
asks what that brings about in turn, until nothing does. Pure: same state, cause and policy, same decisions.
"""

from typing import Final

from dataflows.rules import cash, delivery, dispute_routing, interest, promises, release, reminders, statements, tasks
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.deciding import decide
from dataflows.rules.evolve import contacts_due, evolve_decision, evolve_steps, evolve_wake
from dataflows.rules.following import follow
from dataflows.rules.keep import evolve_fact
from dataflows.rules.refusals import refusal
from schemas.records import Decision, Fact

# Raised when the rules conclude otherwise than before from the same input.
RULES_VERSION: Final = "1"
# One fact of an account never leads to more; past it something goes round in circles.
MOST_DECISIONS: Final = 100_000
# Of one decision: with four bytes each it is still a message that readers take (schemas/wire.py).
MOST_CHARACTERS: Final = 200_000


def transition(account: Account, fact: Fact, ctx: Context) -> list[Decision]:
    """Take the fact in and return what is concluded, posted to the account, with balances."""
    refused = refusal(account, fact)
    if refused is not None:
        return settle(account, [refused], ctx)
    evolve_fact(account, fact, ctx)
    return settle(account, decide(account, fact, ctx), ctx)


def wake(account: Account, ctx: Context) -> list[Decision]:
    """What time alone brings about: promises judged, drafts looked at again, reminders."""
    decisions: list[Decision] = []
    contacts = contacts_due(account, ctx)
    evolve_steps(account, ctx)
    if 0 < account.row.deadline <= ctx.now:
        decisions += settle(account, dispute_routing.escalate_due(account, ctx), ctx)
    if 0 < account.row.delivery_deadline <= ctx.now:
        decisions += settle(account, delivery.look_at_due(account, ctx), ctx)
    if account.row.tasks:
        decisions += settle(account, tasks.escalate_due(account, ctx), ctx)
    if not contacts:
        evolve_wake(account, ctx, contacts)
        return decisions
    if account.row.promises:
        decisions += settle(account, promises.judge_due(account, ctx), ctx)
    if account.row.held:
        decisions += settle(account, release.recheck(account, list(account.row.held), ctx), ctx)
        decisions += settle(account, release.overdue_holds(account, ctx), ctx)
    decisions += settle(account, reminders.decide_reminders(account, ctx), ctx)
    decisions += settle(account, tasks.look(account, ctx), ctx)
    decisions += settle(account, statements.decide_due(account, ctx), ctx)
    evolve_wake(account, ctx, contacts)
    return decisions


def settle(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Post the decisions and all that follows from them, in order.

    What one conclusion gives is posted as a whole before anything is concluded from it: a rule
    never sees books that decisions already made have yet to change.
    """
    _post(account, decisions, ctx)
    at = 0
    while at < len(decisions):
        more = follow(account, decisions[at], ctx)
        more += interest.charges(account, decisions[at], ctx)
        more += tasks.follow(account, decisions[at], more, ctx)
        _post(account, more, ctx)
        decisions += more
        at += 1
        assert at < MOST_DECISIONS, f"over {MOST_DECISIONS} decisions from one fact"
    return decisions


def _post(account: Account, decisions: list[Decision], ctx: Context) -> None:
    for decision in decisions:
        assert _characters(decision) < MOST_CHARACTERS, f"{decision.kind} says too much for a message"
        ctx.stamp(decision, account.tenant, account.entity, account.account_id)
        evolve_decision(account, decision, ctx)


def _characters(d: Decision) -> int:
    """Of the texts that come from facts."""
    found = len(d.document) + len(d.receipt_id) + len(d.reference_id) + len(d.counterparty) + len(d.text)
    for text in d.reasons:
        found += len(text)
    for text in d.candidates:
        found += len(text)
    return found


def rates_came(account: Account, ctx: Context) -> list[Decision]:
    """Rates came: receipts that wait for one are tried again."""
    decisions: list[Decision] = []
    for receipt_id in list(account.row.rate_receipts):
        decisions += settle(account, cash.match(account, account.known_receipt(receipt_id), ctx), ctx)
    return decisions


def adopt(account: Account, fact: Fact, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Take the fact in with the decisions that the log already has of it: rules are not run."""
    if not (decisions and decisions[0].kind == "fact_rejected" and decisions[0].rule == "facts"):
        evolve_fact(account, fact, ctx)
    _post(account, decisions, ctx)
    return decisions


def adopt_rates(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Receipts tried again with new rates, with the decisions that the log already has of it."""
    _post(account, decisions, ctx)
    return decisions


def adopt_wake(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """A wake with the decisions that the log already has of it."""
    contacts = contacts_due(account, ctx)
    evolve_steps(account, ctx)
    _post(account, decisions, ctx)
    evolve_wake(account, ctx, contacts)
    return decisions
