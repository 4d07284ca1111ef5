"""Promises to pay. Source: REFERENCE 3.4."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of
from dataflows.rules.context import Context
from schemas.records import Decision, Promise, PromisePart, PromiseRow

# Unapplied receipts that are looked at for promises: an account with more of them has a person at it.
MOST_COUNTED: Final = 200


def decide_promise(account: Account, fact: Promise, ctx: Context) -> list[Decision]:
    """Open it, each instalment as a promise of its own, in place of those that it supersedes; or take it back."""
    known = _parts(account, fact.promise_id)
    if fact.cancelled:
        taken_back = [_about("promise_cancelled", "promises.cancelled", x) for x in known if x.status == "open"]
        return taken_back or [_rejected(fact, "no_open_promise")]
    if known:
        return [_rejected(fact, "promise_known")]
    parts = fact.parts or [PromisePart(fact.promised_date, fact.amount)]
    total = sum([part.amount for part in parts])
    if total != fact.amount or min([part.amount for part in parts]) <= 0:
        return [_rejected(fact, f"parts:{total}_of_{fact.amount}")]
    decisions: list[Decision] = []
    documents = documents_of(account, fact.documents)
    for promise in _superseded(account, fact, documents, ctx):
        decision = _about("promise_cancelled", "promises.superseded", promise)
        decision.reasons = [f"superseded_by:{fact.promise_id}"]
        decisions.append(decision)
    for number, part in enumerate(parts, 1):
        decisions.append(
            Decision(
                kind="promise_opened",
                rule="promises.opened",
                currency=fact.currency,
                amount=part.amount,
                reference_id=f"{fact.promise_id}/{number}" if fact.parts else fact.promise_id,
                due_date=part.promised_date,
                candidates=documents,
                owner=fact.actor,
                evidence=[f"part_of:{fact.promise_id}"] if fact.parts else None,
            )
        )
    return decisions


def _parts(account: Account, promise_id: str) -> list[PromiseRow]:
    """The promise of that id, or its instalments."""
    return [x for x in account.row.promises if promise_id in (x.promise_id, x.part_of)]


def _superseded(account: Account, fact: Promise, documents: list[str], ctx: Context) -> list[PromiseRow]:
    """Open promises that a new one replaces: for no other items than it is for, and, where policy asks for that, only
    where both together are more than is owed of these."""
    terms = account.provisions(ctx, fact.currency).promises
    if terms.superseded == "never":
        return []
    found = [
        promise
        for promise in account.row.promises
        if promise.status == "open" and promise.currency == fact.currency and _same_items(promise, documents)
    ]
    if terms.superseded == "over_promised":
        promised = sum([max(0, promise.amount - promise.counted) for promise in found])
        if promised + fact.amount <= _owed(account, fact, documents, promised + fact.amount):
            return []
    return found


def _same_items(promise: PromiseRow, documents: list[str]) -> bool:
    if not promise.documents or not documents:
        return not promise.documents and not documents
    return all(document in documents for document in promise.documents)


def _owed(account: Account, fact: Promise, documents: list[str], unknown: int) -> int:
    """What is open and undisputed of what the promise is for; `unknown` where a document is not here."""
    if not documents:
        return account.balance(fact.currency).open_debit
    owed = 0
    for document in documents:
        item = account.known_item(document)
        if item is None:
            return unknown
        if item.kind != "credit_note":
            owed += item.open - item.disputed
    return owed


def cancel_disputed(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """Where policy says so, a dispute cancels the open promises that name its item."""
    if not account.row.promises or not account.provisions(ctx, d.currency).promises.cancelled_by_dispute:
        return []
    decisions: list[Decision] = []
    for promise in account.row.promises:
        if promise.status == "open" and d.document in promise.documents:
            decision = _about("promise_cancelled", "promises.disputed", promise)
            decision.reasons = [f"disputed:{d.reference_id}"]
            decisions.append(decision)
    return decisions


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
    if counted + account.provisions(ctx, promise.currency).promises.tolerance_minor >= wanted:
        kind = "promise_kept"
    elif counted > 0:
        kind = "promise_partially_kept"
    else:
        kind = "promise_broken"
    decision = _about(kind, rule, promise)
    decision.item_amount = min(counted, promise.amount)
    if wanted < promise.amount:
        decision.evidence = [f"lowered_to:{wanted}"]
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
