"""Promises to pay. Source: REFERENCE 3.4."""

from dataflows.rules.account import Account
from dataflows.rules.context import Context
from schemas.records import Decision, Promise, PromiseRow


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
    return [
        judged(account, promise, ctx, "promises.judged")
        for promise in account.row.promises
        if promise.status == "open" and promise.judge_date <= ctx.today
    ]


def judge_again(account: Account, ctx: Context) -> list[Decision]:
    """Judge again what money that came late or went back changes."""
    decisions: list[Decision] = []
    for promise in account.row.promises:
        if promise.status != "open":
            decision = judged(account, promise, ctx, "promises.judged_again")
            if decision.kind != f"promise_{promise.status}":
                decisions.append(decision)
    return decisions


def judged(account: Account, promise: PromiseRow, ctx: Context, rule: str) -> Decision:
    """Kept: enough, less tolerance; partially kept: some; broken: none. Credits and disputes lower what is promised."""
    wanted = promise.amount - promise.credited
    counted = promise.counted
    for document in promise.documents:
        item = account.item(document)
        if item is not None:
            wanted -= item.disputed
    if not promise.documents:
        counted += account.balance(promise.currency).unapplied
    if counted + ctx.policy.promise_tolerance_minor >= wanted:
        kind = "promise_kept"
    elif counted > 0:
        kind = "promise_partially_kept"
    else:
        kind = "promise_broken"
    return _about(kind, rule, promise)


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
