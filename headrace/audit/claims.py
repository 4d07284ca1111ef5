"""How decisions that move no balance are posted: disputes, promises, reminders, tasks, statements, exceptions."""

from typing import Final

from headrace.audit.accounts import CREDIT, Account, Dispute, due_by, pause
from headrace.audit.evidence import integer
from headrace.audit.holdings import Holdings
from schemas.records import Decision

AMOUNT_KNOWN: Final = "disputes.amount_known"
REVIEW_ENDED: Final = "disputes.review_ended"
# Escalations of tasks have rules that begin so; others are of disputes.
OF_TASKS: Final = "collections."
# What a dispute may end in; together all that was contested.
OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")


def post_dispute(books: Holdings, account: Account, d: Decision) -> None:
    """dispute_opened, dispute_closed. One opened before its item, without an amount, is said again with it."""
    dispute = account.disputes.get(d.reference_id)
    if d.kind == "dispute_closed":
        account.disputes.pop(d.reference_id, None)
        if dispute is None:
            books.wrong(d, "no_dispute", f"dispute {d.reference_id} is not open")
        else:
            _ended(books, dispute, d)
    elif d.rule == AMOUNT_KNOWN:
        contested = books.item(account, d.document)
        if dispute is None or contested is None or (dispute.amount, contested.amount) != (d.amount, d.amount):
            books.wrong(d, "contested", f"{d.reference_id} does not contest {d.amount} of {d.document} by now")
    elif d.reference_id in account.disputes:
        books.wrong(d, "dispute_twice", f"dispute {d.reference_id} is open already")
    else:
        account.disputes[d.reference_id] = Dispute(d.document, d.currency, d.amount)
        account.dispute_ids.add(d.reference_id)
        whole = next((text[8:] for text in d.evidence if text.startswith("part_of:")), "")
        if whole:
            account.dispute_parts[d.reference_id] = whole
    _pause(books, account, d)


def _pause(books: Holdings, account: Account, d: Decision) -> None:
    """What the open disputes of the decision's item pause by now; it says the same."""
    item = books.item(account, d.document)
    if item is None or item.kind == CREDIT:
        return
    pause(account, item)
    if d.item_disputed != item.disputed:
        books.wrong(d, "item_disputed", f"{item.disputed} of {d.document} is disputed, it says {d.item_disputed}")
        item.disputed = d.item_disputed
    books.place(account, item)


def _ended(books: Holdings, dispute: Dispute, d: Decision) -> None:
    """What a dispute ends in is all that was contested."""
    said = [text.partition(":") for text in d.evidence]
    parts = [integer(value) for name, _, value in said if name in OUTCOMES]
    if sum(parts) != (dispute.amount or 0) or min(parts, default=0) < 0:
        books.wrong(d, "closing_amounts", f"{d.reference_id} ends in {d.text}, it contested {dispute.amount}")


def post_escalated(books: Holdings, account: Account, d: Decision) -> None:
    """Of a task, an exception, or of a dispute: one whose review took too long may pause nothing any more."""
    if d.rule == "exceptions.sla":
        post_assigned(books, account, d)
        return
    if d.rule.startswith(OF_TASKS):
        if d.reference_id not in account.tasks:
            books.wrong(d, "no_task", f"no task {d.reference_id} is open")
        return
    dispute = account.disputes.get(d.reference_id)
    if dispute is None or d.rule != REVIEW_ENDED:
        return
    dispute.ended = True
    _pause(books, account, d)


def post_promise(books: Holdings, account: Account, d: Decision) -> None:
    if d.kind == "promise_opened":
        account.promises[d.reference_id] = d.currency, tuple(d.candidates)
        return
    account.promises.pop(d.reference_id, None)
    if d.kind == "promise_broken":
        account.raised.update(d.candidates or due_by(account, d.currency, d.due_date))


def post_reminder(books: Holdings, account: Account, d: Decision) -> None:
    item = account.open.get(d.document)
    if item is None:
        books.wrong(d, "no_item", f"{account.key} has no open item {d.document}")
    elif d.kind == "reminder_due":
        item.level = d.level
        account.raised.discard(d.document)


def post_task(books: Holdings, account: Account, d: Decision) -> None:
    if d.kind == "task_opened":
        if d.reference_id in account.tasks:
            books.wrong(d, "task_twice", f"task {d.reference_id} is open already")
        account.tasks.add(d.reference_id)
        return
    if d.reference_id not in account.tasks:
        books.wrong(d, "no_task", f"no task {d.reference_id} is open")
    account.tasks.discard(d.reference_id)


def post_statement(books: Holdings, account: Account, d: Decision) -> None:
    """It opens where the last one closed, and closes with the balance."""
    debit, credit, cash, on_account = account.sums_of(d.currency).balances()
    right = (account.stated_closing.get(d.currency, 0), debit - credit - cash - on_account)
    if right != (d.item_amount, d.amount):
        books.wrong(d, "statement", f"it goes from {d.item_amount} to {d.amount}, should be {right[0]} to {right[1]}")
    parts = dict(part.split(":", 1) for part in d.evidence)
    moved = sum(int(parts.get(name, "0")) for name in ("debits", "credits", "cash", "other"))
    if d.item_amount + moved != d.amount:
        books.wrong(d, "statement_sum", f"{d.item_amount} and {moved} moved do not make {d.amount}")
    for text in d.evidence:
        name, _, figures = text.partition(":")
        if name == "open_item":
            _check_stated(books, account, d, figures)
    account.stated_closing[d.currency] = d.amount


def _check_stated(books: Holdings, account: Account, d: Decision, figures: str) -> None:
    """What a statement lists is open as it says: DATED:DUE:AMOUNT:OPEN:DISPUTED:KIND:NUMBER."""
    *numbers, kind, document = figures.split(":", 6)
    item = account.open.get(document)
    if item is None:
        books.wrong(d, "statement_item", f"it lists {document}, which is not open")
        return
    right = [item.document_date, item.due_date, item.amount, item.open, item.disputed]
    if (item.currency, item.kind, right) != (d.currency, kind, [int(number) for number in numbers]):
        books.wrong(d, "statement_item", f"it lists {figures}, should be {right} of {item.kind} {document}")


# --- exceptions ---


def post_exception(books: Holdings, account: Account, d: Decision) -> None:
    said = (d.rule, d.reference_id)
    if d.reference_id.startswith("proposal:"):
        receipt = books.receipt(account, d.receipt_id)
        if d.kind != "exception_closed" or receipt is None or not receipt.told_applied:
            books.wrong(d, "no_exception", f"{d.reference_id} is not all applied, with an advice that does not fit")
            return
        receipt.told_applied = False
        books.keep_receipt(account, receipt)
        return
    if d.kind == "exception_raised":
        account.exceptions.add(said)
    elif said not in account.exceptions:
        books.wrong(d, "no_exception", f"{d.reference_id} of {d.rule} was not raised, or was closed before")
    else:
        account.exceptions.remove(said)


def post_assigned(books: Holdings, account: Account, d: Decision) -> None:
    """Somebody has it now: a task or an exception that is open, or cash that was proposed."""
    if d.category == "task":
        if d.reference_id not in account.tasks:
            books.wrong(d, "no_task", f"no task {d.reference_id} is open")
        return
    receipt = books.receipt(account, d.reference_id.removeprefix("proposal:"))
    waits = receipt is not None and (receipt.unapplied > 0 or receipt.told_applied)
    proposed = d.reference_id.startswith("proposal:") and waits
    if not proposed and all(reference != d.reference_id for _, reference in account.exceptions):
        books.wrong(d, "no_exception", f"no exception {d.reference_id} is open")


def resolved(books: Holdings, account: Account, rule: str, reference: str) -> bool:
    """What the exception was about is no more: the draft is held no longer, the money is all gone, or came."""
    about = reference.partition(":")[2]
    if rule == "release.sla":
        return about not in account.held
    receipt = books.receipt(account, about)
    if rule == "cash.unidentified":
        return receipt is None or not receipt.unapplied
    if rule == "disputes.document":
        # It names a dispute and a shipment.
        return not any(about.startswith(f"{dispute}:") for dispute in account.disputes)
    if rule == "returned.early":
        return receipt is not None and receipt.amount > 0 and not receipt.foreign_return
    return rule == "shard.parked" and not account.parked
