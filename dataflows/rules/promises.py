"""Promises to pay. Source: REFERENCE 3.4."""

from typing import Final

from dataflows.rules.account import Account
from dataflows.rules.context import Context
from schemas.records import Decision, Promise, PromiseRow

# Unapplied receipts that are looked at for promises: an account with more of them has a person at it.
MOST_COUNTED: Final = 200


def decide_promise(account: Account, fact: Promise) -> list[Decision]:
    """Open it, or take it back."""
    known = find(account, fact.promise_id)
    if fact.cancelled:
        if known is None or known.status != "open":
            return [_rejected(fact, "no_open_promise")]
        return [_about("promise_cancelled", "promises.cancelled", known)]
    if known is not None:
        return [_rejected(fact, "promise_known")]
    return [
        Decision(
            kind="promise_opened",
            rule="promises.opened",
            currency=fact.currency,
            amount=fact.amount,
            reference_id=fact.promise_id,
            due_date=fact.promised_date,
            candidates=fact.documents,
        )
    ]


def judge_due(account: Account, ctx: Context) -> list[Decision]:
    """Judge every open promise whose day and tolerance have passed."""
    due = [x for x in account.row.promises if x.status == "open" and x.judge_date <= ctx.today]
    here = _unapplied_for(account, due)
    return [judged(account, promise, here, ctx, "promises.judged") for promise in due]


def judge_again(account: Account, ctx: Context) -> list[Decision]:
    """Judge again what money that came late or went back changes."""
    decisions: list[Decision] = []
    done = [x for x in account.row.promises if x.status != "open"]
    here = _unapplied_for(account, done)
    for promise in done:
        decision = judged(account, promise, here, ctx, "promises.judged_again")
        if decision.kind != f"promise_{promise.status}":
            decisions.append(decision)
    return decisions


def judged(account: Account, promise: PromiseRow, here: dict[str, int], ctx: Context, rule: str) -> Decision:
    """Kept: enough, less tolerance; partially kept: some; broken: none. `here`: unapplied cash for each promise.

    Credits and disputes lower what is promised to what can still be paid of it.
    """
    counted = promise.counted + here.get(promise.promise_id, 0)
    wanted = min(promise.amount, promise.counted + _payable(account, promise))
    if counted + ctx.policy.promise_tolerance_minor >= wanted:
        kind = "promise_kept"
    elif counted > 0:
        kind = "promise_partially_kept"
    else:
        kind = "promise_broken"
    decision = _about(kind, rule, promise)
    decision.item_amount = min(counted, promise.amount)
    return decision


def _payable(account: Account, promise: PromiseRow) -> int:
    """What is open and undisputed of what the promise is for; all that is promised where a document is not here.

    What is beyond the promise is not counted further.
    """
    payable = 0
    if not promise.documents:
        for debit in account.debits_by_due(promise.currency):
            payable += debit.open - debit.disputed
            if payable >= promise.amount:
                break
        return payable
    for document in promise.documents:
        item = account.item(document)
        if item is not None:
            payable += item.open - item.disputed
        elif account.cleared_item(document) is None:
            return promise.amount
    return payable


def _unapplied_for(account: Account, promises: list[PromiseRow]) -> dict[str, int]:
    """The unapplied cash that counts for each promise, in the currencies of these."""
    found: dict[str, int] = {}
    for currency in dict.fromkeys([x.currency for x in promises]):
        found.update(_unapplied_by_promise(account, currency))
    return found


def _unapplied_by_promise(account: Account, currency: str) -> dict[str, int]:
    """For each promise for the account in that currency, the unapplied cash valued since it was made; each unit of money
    once, earliest promise first.

    The first MOST_COUNTED receipts valued since the first of these promises was made count.
    """
    promises = [x for x in account.row.promises if not x.documents and x.currency == currency]
    if not promises:
        return {}
    receipts = account.unapplied_since(currency, min([x.made_date for x in promises]), MOST_COUNTED)
    left = [x.unapplied for x in receipts]
    found: dict[str, int] = {}
    for promise in promises:
        lacks = max(0, promise.amount - promise.counted)
        taken = 0
        for at in range(len(receipts)):
            if taken == lacks:
                break
            if receipts[at].value_date >= promise.made_date:
                part = min(left[at], lacks - taken)
                left[at] -= part
                taken += part
        found[promise.promise_id] = taken
    return found


def find(account: Account, promise_id: str) -> PromiseRow | None:
    for promise in account.row.promises:
        if promise.promise_id == promise_id:
            return promise
    return None


def _about(kind: str, rule: str, promise: PromiseRow) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=promise.currency,
        amount=promise.amount,
        reference_id=promise.promise_id,
        due_date=promise.promised_date,
        candidates=promise.documents,
    )


def _rejected(fact: Promise, reason: str) -> Decision:
    return Decision(
        kind="fact_rejected",
        rule="promises",
        currency=fact.currency,
        amount=fact.amount,
        reference_id=fact.promise_id,
        reasons=[reason],
    )
