"""Letters that another person has to approve, recomputed: asked for with what is owed and is of such a level, and sent only
as they were approved, each item once. Written anew from CAPABILITIES E2; nothing of the rules is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headrace.audit.accounts import Account
from headrace.audit.findings import Check
from headrace.audit.policy import Terms
from schemas.records import Decision

DAY_MS: Final = 86_400_000
CATEGORY: Final = "reminder"
UNANSWERED: Final = "approvals.letter_unanswered"
# No letter may go for now, and what was approved waits.
CAPPED: Final = ["contact_cap"]


@dataclass(frozen=True, slots=True)
class Approved:
    """What allows the next reminder of an item."""

    approval_id: str
    level: int
    by: str


def _said(d: Decision, name: str) -> str:
    return next((text.partition(":")[2] for text in d.evidence if text.partition(":")[0] == name), "")


def _owed(account: Account, document: str) -> int:
    item = account.open.get(document)
    return 0 if item is None else item.open - item.disputed


class LetterCheck:
    """Requests for letters, what becomes of them, and the letters."""

    def __init__(self, check: Check) -> None:
        self._check: Final = check

    def asked(self, account: Account, d: Decision, terms: Terms, now: int) -> None:
        """approval_requested, before it is posted."""
        levels = [int(text) for text in _said(d, "levels").split(",") if text.isdigit()]
        items = dict(zip(d.candidates, levels, strict=False))
        if not items or len(levels) != len(d.candidates):
            self._check.about(
                d, "no_items", f"{d.reference_id} names {len(d.candidates)} items at {len(levels)} levels"
            )
        least = _from_level(account, d.currency, terms, now)
        waiting = {document for asked in account.asked_letters.values() for document in asked}
        for document, level in items.items():
            item = account.open.get(document)
            if not 0 < least <= level:
                self._check.about(d, "not_needed", f"letters of level {level} need no approval: {document}")
            if item is None or item.currency != d.currency or level <= item.level or not _owed(account, document):
                self._check.about(d, "nothing_owed", f"nothing of {document} is to be reminded of at level {level}")
            if document in waiting:
                self._check.about(d, "asked_twice", f"{document} waits for another approval already")
            account.approved_letters.pop(document, None)
        if not 0 < d.amount <= sum(_owed(account, document) for document in items):
            self._check.about(d, "nothing_owed", f"{d.amount} is more than what is owed of {', '.join(items)}")
        account.asked_letters[d.reference_id] = items

    def ended(self, account: Account, d: Decision) -> None:
        """The request is open no more."""
        items = account.asked_letters.pop(d.reference_id, {})
        if d.kind == "approval_given":
            for document, level in items.items():
                if document in account.open:
                    account.approved_letters[document] = Approved(d.reference_id, level, _said(d, "by"))
        elif d.kind == "approval_withdrawn":
            owed = any(_owed(account, document) for document in items)
            if owed and d.reasons[:1] in (["cleared"], ["disputed"]):
                self._check.about(d, "withdrawn_early", f"something of {', '.join(items)} is owed and not disputed")

    def sent(self, account: Account, d: Decision, terms: Terms, now: int) -> None:
        """reminder_due, before it is posted."""
        least = _from_level(account, d.currency, terms, now)
        approval = _said(d, "approval")
        if not approval and not 0 < least <= d.level:
            return
        self._check.checked += 1
        known = account.approved_letters.get(d.document)
        if known is None or known.approval_id != approval:
            self._check.about(d, "no_approval", f"nobody approved level {d.level} of {d.document} before")
            return
        if d.level > known.level:
            self._check.about(d, "over_approved", f"level {known.level} of {d.document} was approved, not {d.level}")
        if known.by != _said(d, "by"):
            self._check.about(d, "other_request", f"{known.by} approved {approval}, not {_said(d, 'by')}")

    def posted(self, account: Account, d: Decision) -> None:
        """After any decision: what was approved goes out once, and not after something was against it."""
        if not account.approved_letters:
            return
        if d.kind == "reminder_due" or (d.kind == "reminder_suppressed" and d.reasons != CAPPED):
            account.approved_letters.pop(d.document, None)
        for document in (d.document, d.counterparty):
            if document and document not in account.open:
                account.approved_letters.pop(document, None)

    def after(self, account: Account, own: Sequence[Decision]) -> None:
        """Of one fact or wake, all posted."""
        for d in own:
            if d.kind == "approval_expired" and d.category == CATEGORY:
                told = f"letter:{d.reference_id}"
                if not any(
                    e.kind == "exception_raised" and e.rule == UNANSWERED and e.reference_id == told for e in own
                ):
                    self._check.about(d, "not_told", f"nobody is told that {d.reference_id} was not answered")
        for name, items in account.asked_letters.items():
            if own and not any(_owed(account, document) for document in items):
                self._check.about(own[-1], "still_asked", f"{name} waits, and nothing of it is owed and not disputed")


def _from_level(account: Account, currency: str, terms: Terms, now: int) -> int:
    policy = terms.of(account.who, currency, now // DAY_MS).text["approvals"]
    return int(policy["reminders_from_level"])
