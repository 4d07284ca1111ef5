"""What of an account waits for people: the end of a credit hold, and requests for approval, of a document or of all of it."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import authority
from dataflows.rules.context import Context
from dataflows.rules.credit.credit import OVER_LIMIT, PAST_DUE, Standing
from dataflows.rules.credit.credit_limits import proposal_of
from dataflows.rules.provisions.credit import PPM
from dataflows.rules.reminders.posting_letters import APPROVED, ASKED, UNANSWERED
from headrace.why.evidence import reason_in_words
from headrace.why.facts import moment, money
from headrace.why.history import History
from schemas.records import ApprovalState

_PARTS: Final = (
    ("open_items", "open items"),
    ("unbilled", "delivered and not billed"),
    ("drafts", "held drafts"),
    ("orders", "open orders"),
    ("members", "of the accounts of the group"),
)


def credit_stands(account: Account, history: History, ctx: Context) -> tuple[list[str], list[str]]:
    """How the account's credit stands now, and what ends its hold; nothing where it is neither held nor near its limit."""
    row = account.row.credit and account.credit()
    if not row or not (row.held or row.near):
        return [], []
    now = Standing(account, [], ctx)
    unit = now.currency or "".join(x.currency for x in account.row.balances[:1])
    limit = "no limit" if now.limit is None else f"the limit {now.limit.limit_id} of {money(now.limit.amount, unit)}"
    parts = [f"{money(getattr(now.used, name), unit)} {words}" for name, words in _PARTS if getattr(now.used, name)]
    less = f", less {money(now.used.unapplied, unit)} unapplied cash" if now.used.unapplied else ""
    said = f"exposure {money(now.total, unit)} against {limit}" + (f": {', '.join(parts)}{less}" if parts else "")
    if not row.held:
        return ["near its credit limit", said], []
    since = [d.event_time for d in history.decisions if d.kind == "credit_hold_set"]
    stands = ["on credit hold" + (f" since {moment(since[-1])[:16]}" if since else ""), said]
    holds = [reason_in_words(cause, unit) for cause in now.causes()]
    if now.terms.stops_release:
        holds.append("no draft of it is released while that is so")
    ends: list[str] = []
    if OVER_LIMIT in row.causes and now.limit is not None:
        ends.append(f"the exposure is at most {money(now.limit.amount * now.terms.release_ppm // PPM, unit)}")
    if PAST_DUE in row.causes:
        ends.append(f"nothing undisputed is past due for more than {now.terms.release_past_due_days} days")
    if row.group_held:
        ends.append(f"group {row.group} is released")
    return stands, [*holds, *([f"it ends when {' and '.join(ends)}"] if ends else [])]


def requests_of(account: Account, number: str) -> list[ApprovalState]:
    """Open requests about a document, receipt, dispute or request of that number; all of them where it is empty."""
    letters = [x.approval_id for x in account.row.letters if x.document == number]
    return [
        request
        for request in account.row.approvals
        if not number
        or number in (request.document, request.receipt_id, request.about, request.approval_id)
        or request.approval_id in letters
    ]


def letter_waits(account: Account, document: str, level_due: int) -> list[str]:
    """What another person has to say, or has said, of the item's next letter. level_due: the level that is due by now, 0
    none."""
    own = [x for x in account.row.letters if x.document == document]
    found = [f"its letter of level {x.level} waits for the approval {x.approval_id}" for x in own if x.status == ASKED]
    found += [
        f"its letter of level {x.level} is approved by {x.by} ({x.approval_id}), and goes when letters may"
        for x in own
        if x.status == APPROVED
    ]
    found += [
        f"nobody answered for its letter of level {x.level} in time ({x.approval_id})"
        for x in own
        if x.status == UNANSWERED
    ]
    asked = list(dict.fromkeys([x.approval_id for x in account.row.letters if x.status == ASKED]))
    if level_due and asked and not own:
        found.append(f"the account's letter waits as a whole, for the approval {', '.join(asked)}")
    return found


def request_stands(account: Account, request: ApprovalState, ctx: Context) -> tuple[list[str], list[str]]:
    """What is asked for by whom, and who may answer until when."""
    unit = request.currency
    about = request.document or request.receipt_id
    what = f"{request.category.replace('_', ' ')} of {money(request.amount, unit)}"
    change = proposal_of(account, request.approval_id)
    if change is not None:
        what = f"credit limit {change.limit_id} of {money(request.amount, unit)}"
        what += " is to be taken away" if change.cancelled else ""
    stands = [f"{what}{f', {about}' if about else ''}, asked for by {request.maker}"]
    if request.note:
        stands.append(request.note)
    role = authority.asked(account, request.category, unit, request.amount, ctx)
    who = request.delegate or (account.owner_of(role, authority.day_of(ctx)) or role if role else "another person")
    until = f" until {moment(request.deadline)[:16]}, when it expires" if request.deadline else ""
    return stands, [f"{who} has to approve or reject it{until}"]
