"""Letters of a reminder level that the policy sets, and above: another person approves them before they go out. Source: E2.

Such a letter is asked for once, when it is due, with its items and levels; meanwhile it waits as a whole. Approved, it
goes out at the next moment at which letters may, with what is then still to be reminded. Rejected or not answered, its
items go without it, until the policy's days are over or their next level is due.
"""

from datetime import date
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approvals
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context
from dataflows.rules.policy.policy_tables import EPOCH_ORDINAL
from dataflows.rules.provisions.approvals import REMINDER
from dataflows.rules.reminders.posting_letters import (
    APPROVED,
    ASKED,
    LEVELS,
    NOBODY_ANSWERED,
    UNANSWERED,
    told_as,
)
from schemas.records import ApprovalState, Decision, LetterItem

# Items of one request; the others are asked for with the next letter.
MOST_ITEMS: Final = 200
# Shown of them in words.
MOST_SHOWN: Final = 10


class Asked:
    """What of an account's letters is asked for, and what was approved, by document."""

    def __init__(self, account: Account) -> None:
        self.waiting: Final[dict[str, LetterItem]] = {}
        self.approved: Final[dict[str, LetterItem]] = {}
        for one in account.row.letters:
            if one.status == ASKED:
                self.waiting[one.document] = one
            elif one.status == APPROVED:
                self.approved[one.document] = one

    def allowed(self, document: str, level: int) -> LetterItem | None:
        """The approval by which the item may be reminded of that level; None where there is none."""
        one = self.approved.get(document)
        return one if one is not None and level <= one.level else None

    def lacks(self, account: Account, due: Decision, ctx: Context) -> bool:
        """Whether the reminder needs an approval that nobody has given."""
        terms = account.provisions(ctx, due.currency).approvals
        return terms.waits(due.level) and self.allowed(due.document, due.level) is None


def held_back(
    account: Account, asked: Asked, due: list[Decision], each: bool, ctx: Context
) -> tuple[list[str], list[Decision]]:
    """Documents whose reminder does not go out today, and what is said of that: requests, and ends of requests that the
    letter has outgrown. due: what nothing else suppresses; each: a letter for each item."""
    lacking = [d for d in due if asked.lacks(account, d, ctx)]
    if not lacking and not asked.waiting:
        return [], []
    decisions = _outgrown(account, asked, due, ctx)
    waiting = [d.document for d in due if d.document in asked.waiting]
    wanting = [d for d in lacking if d.document not in asked.waiting]
    if each:
        parts = [[d] for d in wanting]
        waiting += [d.document for d in wanting]
    elif waiting:
        # It is one letter: nothing of it goes before all of it is answered.
        return [d.document for d in due], decisions
    elif any(asked.allowed(d.document, d.level) is not None for d in due):
        # What was approved goes; what is new is asked for when the next letter may go.
        return [d.document for d in wanting], decisions
    else:
        parts = [[d for d in wanting if d.currency == currency] for currency in sorted({d.currency for d in wanting})]
        waiting = [d.document for d in due] if wanting else []
    ended = [d.reference_id for d in decisions]
    before = len(decisions)
    room = approvals.MOST_OPEN - approvals.open_requests(account) + len(ended)
    for part in parts:
        request = _request(part[:MOST_ITEMS], each, ctx)
        if approvals.find(account, request.approval_id) is not None and request.approval_id not in ended:
            continue
        if room <= 0:
            decisions += [_no_room(account, d) for d in part if d.level > account.posted_item(d.document).said_level]
            continue
        room -= 1
        decisions.append(_asking(account, request, part[:MOST_ITEMS], ctx))
    if not each and wanting and not any(d.kind == "approval_requested" for d in decisions[before:]):
        # None of it can be asked for: the rest of the letter need not wait.
        waiting = [d.document for d in wanting]
    return waiting, decisions


def _outgrown(account: Account, asked: Asked, due: list[Decision], ctx: Context) -> list[Decision]:
    """Ends of requests whose items are due at a higher level by now, or need no approval any more; their items are not
    waited for."""
    decisions: list[Decision] = []
    for request in account.row.approvals:
        if request.category != REMINDER:
            continue
        why = ""
        here = [d for d in due if d.document in asked.waiting]
        here = [d for d in here if asked.waiting[d.document].approval_id == request.approval_id]
        for d in here:
            if d.level > asked.waiting[d.document].level:
                why = f"level_due:{d.level}"
                break
        if here and not any(asked.lacks(account, d, ctx) for d in here):
            why = "needs_no_approval"
        if why:
            decisions.append(approvals.withdrawn(request, why))
            for one in items_of(account, request.approval_id):
                asked.waiting.pop(one.document, None)
    return decisions


def items_of(account: Account, approval_id: str) -> list[LetterItem]:
    """What an open request is about."""
    return [x for x in account.row.letters if x.approval_id == approval_id and x.status == ASKED]


def _request(part: list[Decision], each: bool, ctx: Context) -> ApprovalState:
    """It is called by its item and level, or by its currency and day: what is said of one letter is never of another."""
    first = part[0]
    name = f"{first.document}:{first.level}" if each else f"{first.currency}:{_day_text(ctx.today)}"
    shown = [f"{d.document} at level {d.level}" for d in part[:MOST_SHOWN]]
    if len(part) > MOST_SHOWN:
        shown.append(f"and {len(part) - MOST_SHOWN} more")
    return ApprovalState(
        f"{REMINDER}:{name}",
        REMINDER,
        "",
        first.currency,
        sum([d.amount for d in part]),
        first.document if len(part) == 1 else "",
        maker=approvals.POLICY,
        note=", ".join(shown)[: approvals.MOST_NOTE],
    )


def _day_text(day: int) -> str:
    return date.fromordinal(EPOCH_ORDINAL + day).isoformat()


def _asking(account: Account, request: ApprovalState, part: list[Decision], ctx: Context) -> Decision:
    from_level = account.provisions(ctx, request.currency).approvals.reminders_from_level
    levels = ",".join([str(d.level) for d in part])
    reasons = [f"letters_from_level:{from_level}"]
    asking = approvals.requested(account, request, reasons, [f"{LEVELS}:{levels}"], ctx)
    asking.level = max([d.level for d in part])
    asking.candidates = [d.document for d in part]
    return asking


def _no_room(account: Account, due: Decision) -> Decision:
    return Decision(
        kind="reminder_suppressed",
        rule=due.rule,
        currency=due.currency,
        amount=account.posted_item(due.document).open,
        document=due.document,
        level=due.level,
        reasons=[f"approvals_at_most:{approvals.MOST_OPEN}"],
    )


def allowed_by(one: LetterItem) -> list[str]:
    """The evidence of a reminder that was approved."""
    return [f"approval:{one.approval_id}", f"maker:{approvals.POLICY}", f"by:{one.by}"]


# --- what nobody answered ---


def unanswered(d: Decision) -> list[Decision]:
    """Nobody approved or rejected the letter in time: a person is told."""
    return [
        Decision(
            kind="exception_raised",
            rule=NOBODY_ANSWERED,
            currency=d.currency,
            amount=d.amount,
            document=d.document,
            reference_id=f"letter:{d.reference_id}",
            reasons=["nobody_answered"],
        )
    ]


def settled(account: Account, d: Decision) -> list[Decision]:
    """Exceptions about letters that nobody answered for, of which the decision leaves nothing to be looked at: sent, asked
    for again, cleared or wholly disputed."""
    if d.kind.startswith("exception_"):
        return []
    touched = [d.document, d.counterparty, *d.candidates]
    decisions: list[Decision] = []
    for one in account.row.letters:
        if one.status != UNANSWERED or one.document not in touched:
            continue
        name = told_as(one)
        if any(x.reference_id == name for x in decisions):
            continue
        rest = [x for x in account.row.letters if x.status == UNANSWERED and x.approval_id == one.approval_id]
        if not any(_is_left(account, x) for x in rest):
            decisions.append(closed(NOBODY_ANSWERED, name, d.currency, one.document if len(rest) == 1 else ""))
    return decisions


def _is_left(account: Account, one: LetterItem) -> bool:
    item = account.item(one.document)
    if item is None or item.disputed >= item.open or item.level >= one.level:
        return False
    return not any(x.status == ASKED and x.document == one.document for x in account.row.letters)
