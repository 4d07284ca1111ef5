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
    """Kept: enough, less tolerance; partially kept: some; broken: none.

    Credits and disputes lower what is promised to what can still be paid of it.
    """
    counted = promise.counted + (0 if promise.documents else _unapplied_for(account, promise))
    wanted = min(promise.amount, promise.counted + _payable(account, promise))
    if counted + account.provisions(ctx, promise.currency).promises.tolerance_minor >= wanted:
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


def _unapplied_for(account: Account, promise: PromiseRow) -> int:
    """Unapplied cash valued since the promise for the account was made; each unit once, earliest promise first."""
    receipts = account.unapplied_receipts()
    left = {x.receipt_id: x.unapplied for x in receipts if x.currency == promise.currency}
    taken = 0
    for other in account.row.promises:
        if other.documents or other.currency != promise.currency:
            continue
        taken = 0
        for receipt in receipts:
            if receipt.value_date >= other.made_date:
                part = min(left.get(receipt.receipt_id, 0), max(0, other.amount - other.counted - taken))
                if part:
                    left[receipt.receipt_id] -= part
                    taken += part
        if other is promise:
            break
    return taken


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
