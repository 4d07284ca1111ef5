"""How letters that another person has to approve are kept: what is asked for, approved, or was not answered. Source: E2.

Each reminder of such a letter is a LetterItem of the account's row, from its request until it is sent, suppressed or
cleared. They post no money. evolve.py and posting_people.py say when.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context, step_day
from dataflows.rules.evidence import value
from schemas.records import Decision, LetterItem

ASKED: Final = "asked"
APPROVED: Final = "approved"
UNANSWERED: Final = "unanswered"
# Nobody approved or rejected it in time: a person is told.
NOBODY_ANSWERED: Final = "approvals.letter_unanswered"
# No letter may go, for now: what was approved waits for the next moment.
CAPPED: Final = ["contact_cap"]
LEVELS: Final = "levels"


def keep_request(account: Account, d: Decision) -> None:
    """approval_requested: its items wait. What was approved of them for a lower level is no more."""
    levels = value(d, LEVELS).split(",")
    _drop(account, d.candidates, APPROVED)
    for at, document in enumerate(d.candidates):
        account.row.letters.append(LetterItem(d.reference_id, document, int(levels[at]), ASKED))
        item = account.item(document)
        if item is not None:
            # Why it is not sent after all is said, though it was said before it was asked for.
            item.said_level = 0
            account.touch_item(item)


def keep_answer(account: Account, d: Decision, ctx: Context) -> None:
    """A request that is open no more. Rejected, or not answered: its items wait for the day on which it is asked again."""
    kept: list[LetterItem] = []
    for one in account.row.letters:
        if one.approval_id != d.reference_id or one.status != ASKED:
            kept.append(one)
        elif d.kind == "approval_given":
            if account.item(one.document) is not None:
                one.status = APPROVED
                one.by = value(d, "by")
                kept.append(one)
        elif d.kind != "approval_withdrawn":
            _put_off(account, one, ctx)
            if d.kind == "approval_expired":
                one.status = UNANSWERED
                kept.append(one)
    account.row.letters = kept
    account.touch()


def _put_off(account: Account, one: LetterItem, ctx: Context) -> None:
    """Not asked again before the policy's days are over, or the next level is due; never where there is neither."""
    item = account.item(one.document)
    if item is None or item.level >= one.level:
        return
    provisions = account.provisions(ctx, item.currency)
    day = step_day(provisions, item.due_date, one.level + 1)
    days = provisions.approvals.reminders_again_days
    if days:
        again = provisions.calendar.business_day(ctx.today + days)
        day = min(day, again) if day else again
    account.plan_item(item, max(day, ctx.today + 1) if day else 0)


def told_as(one: LetterItem) -> str:
    """The exception that tells of a letter that nobody answered for."""
    return f"letter:{one.approval_id}"


def look(account: Account, d: Decision) -> None:
    """After any decision: what was approved is over once it is sent, suppressed, or its item cleared; and what nobody
    answered for, once nobody has to look at it any more."""
    if d.kind == "exception_closed" and d.rule == NOBODY_ANSWERED:
        row = account.row
        row.letters = [x for x in row.letters if x.status != UNANSWERED or told_as(x) != d.reference_id]
        account.touch()
        return
    if d.kind == "reminder_due" or (d.kind == "reminder_suppressed" and d.reasons != CAPPED):
        _drop(account, [d.document], APPROVED)
        return
    for document in (d.document, d.counterparty):
        if document and account.item(document) is None:
            _drop(account, [document], APPROVED)


def _drop(account: Account, documents: list[str], status: str) -> None:
    row = account.row
    kept = [x for x in row.letters if x.status != status or x.document not in documents]
    if len(kept) < len(row.letters):
        row.letters = kept
        account.touch()
