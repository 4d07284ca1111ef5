"""One transition: a fact or a wake, the account it is about, and the decisions that follow.

`decide` (deciding.py) concludes from a state it does not change; evolve.py posts each conclusion; `follow` (following.py)
asks what that brings about in turn, until nothing does. Pure: same state, cause and policy, same decisions.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approvals, work_queue
from dataflows.rules.cash import cash, netting
from dataflows.rules.context import Context
from dataflows.rules.credit import credit, posting_credit
from dataflows.rules.credit.credit_count import count
from dataflows.rules.deciding import decide
from dataflows.rules.delivery import delivery
from dataflows.rules.disputes import dispute_routing
from dataflows.rules.evolve import contacts_due, evolve_decision, evolve_steps, evolve_wake
from dataflows.rules.following import follow
from dataflows.rules.keep import evolve_fact
from dataflows.rules.policy.lines import name_lines
from dataflows.rules.promises import promises
from dataflows.rules.refusals import refusal
from dataflows.rules.release import release
from dataflows.rules.reminders import interest, letter_approvals, reminders, statements, tasks
from schemas.records import Decision, Fact, Invoice, Order, Shipment

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
    if not posting_credit.keep(account, fact, ctx):
        return settle(account, decide(account, fact, ctx), ctx)
    decisions: list[Decision] = []
    if isinstance(fact, (Order, Shipment)) or (isinstance(fact, Invoice) and fact.stage == "draft"):
        # It counts before it is decided whether more is released.
        _review_credit(account, decisions, ctx, False)
    decisions += settle(account, decide(account, fact, ctx), ctx)
    _review_credit(account, decisions, ctx, True)
    posting_credit.finish(account, decisions, ctx)
    return decisions


def _review_credit(account: Account, decisions: list[Decision], ctx: Context, final: bool) -> list[Decision]:
    """Add what the account's exposure and oldest item lead to, after these decisions."""
    while True:
        count(account)
        more = credit.review(account, decisions, ctx, final)
        if not more:
            return decisions
        decisions += settle(account, more, ctx)


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
    if account.row.approvals:
        decisions += settle(account, approvals.expire_due(account, ctx), ctx)
    if 0 < account.row.exception_due <= ctx.now:
        decisions += settle(account, work_queue.escalate_due(account, ctx), ctx)
    if contacts:
        decisions += _contacts(account, ctx)
    keeps = posting_credit.keep(account, None, ctx)
    if keeps:
        _review_credit(account, decisions, ctx, True)
    evolve_wake(account, ctx, contacts)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions


def _contacts(account: Account, ctx: Context) -> list[Decision]:
    """What is done when the account's contact time has come."""
    decisions: list[Decision] = []
    if account.row.promises:
        decisions += settle(account, promises.judge_due(account, ctx), ctx)
    if account.row.held:
        decisions += settle(account, release.recheck(account, list(account.row.held), ctx), ctx)
        decisions += settle(account, release.overdue_holds(account, ctx), ctx)
    if account.row.credits:
        decisions += settle(account, netting.decide_due(account, ctx), ctx)
    decisions += settle(account, reminders.decide_reminders(account, ctx), ctx)
    decisions += settle(account, tasks.look(account, ctx), ctx)
    decisions += settle(account, statements.decide_due(account, ctx), ctx)
    return decisions


def settle(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Post the decisions and all that follows from them, in order.

    What one conclusion gives is posted as a whole before anything is concluded from it: a rule
    never sees books that decisions already made have yet to change.
    """
    work_queue.place(account, decisions, ctx)
    name_lines(account, decisions, ctx)
    _post(account, decisions, ctx)
    at = 0
    while at < len(decisions):
        more = follow(account, decisions[at], ctx)
        more += interest.charges(account, decisions[at], ctx)
        more += tasks.follow(account, decisions[at], more, ctx)
        if account.row.approvals:
            more += approvals.moot(account, decisions[at])
        if account.row.letters:
            more += letter_approvals.settled(account, decisions[at])
        work_queue.place(account, more, ctx)
        name_lines(account, more, ctx)
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
    keeps = posting_credit.keep(account, None, ctx)
    for receipt_id in list(account.row.rate_receipts):
        decisions += settle(account, cash.match(account, account.known_receipt(receipt_id), ctx), ctx)
    if keeps:
        _review_credit(account, decisions, ctx, True)
        posting_credit.finish(account, decisions, ctx)
    return decisions


def adopt(account: Account, fact: Fact, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Take the fact in with the decisions that the log already has of it: rules are not run."""
    taken = not (decisions and decisions[0].kind == "fact_rejected" and decisions[0].rule == "facts")
    if taken:
        evolve_fact(account, fact, ctx)
    keeps = taken and posting_credit.keep(account, fact, ctx)
    _post(account, decisions, ctx)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions


def adopt_rates(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Receipts tried again with new rates, with the decisions that the log already has of it."""
    keeps = posting_credit.keep(account, None, ctx)
    _post(account, decisions, ctx)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions


def adopt_wake(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """A wake with the decisions that the log already has of it."""
    contacts = contacts_due(account, ctx)
    evolve_steps(account, ctx)
    keeps = posting_credit.keep(account, None, ctx)
    _post(account, decisions, ctx)
    evolve_wake(account, ctx, contacts)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions
