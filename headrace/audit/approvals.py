"""Approvals, recomputed: who asked, who may agree by the policy, and that nothing above a limit was posted without.

Written anew from CAPABILITIES E2 and E3; nothing of the rules is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import normalize

from headrace.audit.accounts import Account
from headrace.audit.findings import Check
from headrace.audit.letters import CATEGORY, LetterCheck
from headrace.audit.policy import Terms, day_text
from schemas.records import Approval, Decision, Fact, OperatorAction

DAY_MS: Final = 86_400_000
REQUESTED: Final = "approval_requested"
GIVEN: Final = "approval_given"
EXPIRED: Final = "approval_expired"
ENDED: Final = frozenset((GIVEN, "approval_rejected", EXPIRED, "approval_withdrawn"))
KINDS: Final = ENDED | {REQUESTED, "approval_delegated"}
CREDIT_RULE: Final = "credit.approved"
APPROVED_RULES: Final = ("write_off.approved", "refund.approved", CREDIT_RULE)
WITHIN_RULES: Final = ("write_off.within", "refund.within")
# What gives something up by the policy alone, or undoes that.
BY_POLICY: Final = ("cash.7.tolerance", "cash.7.charges", "cash.7.small_credit")
MANUAL: Final = {
    "cash_applied": "cash",
    "cash_unapplied": "cash",
    "cash_transferred": "transfer",
    "invoice_released": "release",
}
RATE_AGE_DAYS: Final = 31

# Amount, base and quote currency, day and the oldest day of a rate that counts.
Convert = Callable[[int, str, str, int, int], int | None]


@dataclass(slots=True)
class Request:
    """An open request, as its decision said."""

    category: str
    maker: str
    currency: str
    amount: int
    document: str
    receipt_id: str
    deadline: int
    delegate: str = ""


def same(one: str, other: str) -> bool:
    """One person, however the name is written."""
    first, second = (" ".join(normalize("NFKC", name).casefold().split()) for name in (one, other))
    return first == second != ""


def said(d: Decision, name: str) -> str:
    """The first evidence of that name."""
    return next((text.partition(":")[2] for text in d.evidence if text.partition(":")[0] == name), "")


def _running(now: int, time: int) -> int:
    """The day that runs by the log's clock; where there is none yet that of the cause."""
    return (now + 1) // DAY_MS if now else time // DAY_MS


class ApprovalCheck:
    """Holds each request, answer and posting that may need one against the policy. `look` before it is posted."""

    def __init__(self, check: Check, convert: Convert) -> None:
        self._check: Final = check
        self._convert: Final = convert
        self._letters: Final = LetterCheck(check)
        # Given in the fact that is looked at, by id: what may follow from it.
        self._given: dict[str, Request] = {}

    def begin(self) -> None:
        """Another fact, or wake: what was given before has had its effect."""
        self._given = {}

    def look(self, account: Account, d: Decision, cause: Fact | None, terms: Terms, now: int) -> None:
        """A decision about to be posted; `now` is the log's time, UTC milliseconds."""
        if d.kind in KINDS:
            self._check.checked += 1
            self._request(account, d, cause, terms, max(now, d.event_time), now)
        elif d.kind == "reminder_due":
            self._letters.sent(account, d, terms, now)
        elif d.kind in ("write_off_posted", "refund_posted") or d.kind in MANUAL or d.rule == CREDIT_RULE:
            self._check.checked += 1
            time = max(now, d.event_time)
            self._posting(account, d, cause, terms, time // DAY_MS, _running(now, time))

    def posted(self, account: Account, d: Decision) -> None:
        """After a decision that was posted."""
        self._letters.posted(account, d)

    def proposals(self, account: Account, own: Sequence[Decision]) -> None:
        """Of one fact or wake, all posted: what was proposed was asked for, or posted at once."""
        self._letters.after(account, own)
        for d in own:
            if d.kind == "credit_change_proposed":
                too_many = any(e.rule == "approvals.too_many" for e in own)
                if d.reference_id not in account.requests and not too_many:
                    self._check.about(d, "no_request", f"the change {d.reference_id} waits for nobody")
            if d.kind not in ("write_off_proposed", "refund_proposed"):
                continue
            about = (d.document, d.receipt_id)
            followed = any(
                e.kind in (REQUESTED, "write_off_posted", "refund_posted") or e.rule == "approvals.too_many"
                for e in own
                if (e.document == d.document != "") or (e.receipt_id == d.receipt_id != "")
            )
            waits = any((r.document, r.receipt_id) == about for r in account.requests.values())
            if not followed and not waits and (not d.document or d.document in account.open):
                self._check.about(d, "no_request", f"{d.amount} of {d.document or d.receipt_id} waits for nobody")

    # --- requests ---

    def _request(self, account: Account, d: Decision, cause: Fact | None, terms: Terms, time: int, now: int) -> None:
        known = account.requests.get(d.reference_id)
        if d.kind == REQUESTED:
            if known is not None:
                self._check.about(d, "asked_twice", f"{d.reference_id} is asked already, by {known.maker}")
            if not said(d, "maker"):
                self._check.about(d, "no_maker", f"{d.reference_id} does not say who asks")
            if d.category == CATEGORY:
                self._letters.asked(account, d, terms, now)
            elif not self._above(account, d.category, d.currency, d.amount, terms, time // DAY_MS, _running(now, time)):
                self._check.about(d, "not_needed", f"{d.amount} {d.currency} are within the limit of {d.category}")
            account.requests[d.reference_id] = Request(
                d.category, said(d, "maker"), d.currency, d.amount, d.document, d.receipt_id, d.deadline
            )
            return
        if known is None:
            self._check.about(d, "not_asked", f"{d.kind}: nobody asked for {d.reference_id}")
            return
        if (d.amount, d.currency, d.document, d.receipt_id, said(d, "maker")) != (
            known.amount, known.currency, known.document, known.receipt_id, known.maker,
        ):  # fmt: skip
            self._check.about(d, "other_request", f"{d.kind} of {d.reference_id} is not what was asked")
        if d.kind == EXPIRED:
            if not 0 < known.deadline <= time:
                self._check.about(d, "expired_early", f"{d.reference_id} has time until {known.deadline}")
        elif d.kind == GIVEN or d.kind == "approval_delegated":
            self._allowed(account, known, d, cause, terms, time, now)
        if d.kind == "approval_delegated":
            known.delegate = d.owner
            if same(d.owner, known.maker):
                self._check.about(d, "maker_approves", f"{d.reference_id} is given to {d.owner}, who asked for it")
            return
        del account.requests[d.reference_id]
        if known.category == CATEGORY:
            self._letters.ended(account, d)
        elif d.kind == GIVEN:
            self._given[d.reference_id] = known

    def _allowed(
        self, account: Account, request: Request, d: Decision, cause: Fact | None, terms: Terms, time: int, now: int
    ) -> None:
        """Given, or passed on, in time, by another one than the maker, who may on the day that runs by the log's clock,
        whatever day the answer says it is of."""
        actor = said(d, "by")
        if not isinstance(cause, OperatorAction | Approval) or not same(cause.actor, actor):
            self._check.about(d, "not_said", f"{d.kind} by {actor!r}, who did not say that")
        if same(actor, request.maker):
            self._check.about(d, "maker_approves", f"{actor} asked for {d.reference_id} and approves it")
        if 0 < request.deadline <= time:
            self._check.about(d, "too_late", f"{d.reference_id} expired at {request.deadline}")
        day = time // DAY_MS
        policy = terms.of(account.who, request.currency, day).text["approvals"]
        running = _running(now, time)
        today = day_text(running)
        acting = [x for x in policy["delegations"] if x["from"] <= today <= x["until"] and same(x["delegate"], actor)]
        if self._acts_for(policy["delegations"], actor, request.maker, today):
            self._check.about(d, "maker_approves", f"{actor} acts for {request.maker}, who asked for {d.reference_id}")
        amount = self._told(request.currency, request.amount, policy["currency"], day)
        if request.category == "credit" and not request.amount:
            # No limit at all is more than any.
            amount = None
        people = [actor, *(x["person"] for x in acting if not same(x["person"], request.maker))]
        by_role = any(self._has_role(account, policy, request.category, amount, who, running) for who in people)
        if not by_role and not same(request.delegate, actor):
            self._check.about(d, "may_not", f"{actor} has no role that approves {request.amount} of {request.category}")

    def _acts_for(self, delegations: Sequence[dict[str, Any]], actor: str, maker: str, today: str) -> bool:
        """By however many delegations of that day."""
        for_whom, before = [actor], 0
        while before != len(for_whom):
            before = len(for_whom)
            for x in delegations:
                known = any(same(x["person"], name) for name in for_whom)
                if x["from"] <= today <= x["until"] and not known and any(same(x["delegate"], n) for n in for_whom):
                    for_whom.append(x["person"])
        return any(same(name, maker) for name in for_whom[1:])

    def _has_role(
        self, account: Account, policy: dict[str, Any], category: str, amount: int | None, who: str, day: int
    ) -> bool:
        levels = [
            x["role"]
            for x in policy["levels"]
            if category in (x.get("categories") or [category])
            and (not x.get("most_minor") or (amount is not None and amount <= x["most_minor"]))
        ]
        if not policy["levels"]:
            return True
        here = {"tenants": account.who.tenant, "entities": account.who.entity, "regions": account.who.region}
        for person in policy["people"]:
            scoped = all(value in (person.get(name) or [value]) for name, value in here.items())
            if same(person["name"], who) and scoped and set(levels) & set(person["roles"]):
                return True
        return any(same(account.role(role, day), who) for role in levels)

    # --- postings ---

    def _posting(self, account: Account, d: Decision, cause: Fact | None, terms: Terms, day: int, running: int) -> None:
        approval = said(d, "approval")
        if approval:
            self._by_approval(d, approval)
        elif d.rule in APPROVED_RULES:
            self._check.about(d, "no_approval", f"{d.kind} by {d.rule} names no approval")
        elif d.rule in WITHIN_RULES:
            category = said(d, "within").partition(":")[0]
            if self._above(account, category, d.currency, d.amount, terms, day, running):
                self._check.about(d, "no_approval", f"{d.amount} {d.currency} are above the limit of {category}")
            self._went(account, d, category, terms, day, running)
        elif d.kind == "write_off_posted":
            if d.rule not in BY_POLICY and not d.rule.startswith("reversed."):
                self._check.about(d, "no_approval", f"nothing is given up by {d.rule}")
        elif d.kind in MANUAL and self._is_manual(d, cause):
            category = MANUAL[d.kind]
            if self._above(account, category, d.currency, d.amount, terms, day, running):
                self._check.about(d, "no_approval", f"{d.amount} {d.currency} by one person, above the limit")

    def _is_manual(self, d: Decision, cause: Fact | None) -> bool:
        if not isinstance(cause, OperatorAction) or cause.event_id.startswith("identify:"):
            return False
        if d.kind == "invoice_released":
            return d.rule == "release.manual"
        return d.rule in ("cash.operator", "transfer.out")

    def _by_approval(self, d: Decision, approval: str) -> None:
        """Once for each approval, of what was approved, and not more."""
        given = self._given.get(approval)
        if given is None:
            self._check.about(d, "no_approval", f"{approval} was not given right before")
            return
        if same(given.maker, said(d, "by")) or not same(given.maker, said(d, "maker")):
            self._check.about(d, "maker_approves", f"{d.kind} says maker {said(d, 'maker')}, by {said(d, 'by')}")
        other = given.document not in ("", d.document) and not d.document.startswith(f"{given.document}/P")
        if other or (given.receipt_id not in ("", d.receipt_id) and d.kind != "write_off_posted"):
            self._check.about(d, "other_request", f"{approval} is about {given.document or given.receipt_id}")
        if d.amount > given.amount:
            self._check.about(d, "over_approved", f"{d.amount} posted of {given.amount} that were approved")
        given.amount -= d.amount

    # --- limits ---

    def _above(
        self, account: Account, category: str, currency: str, amount: int, terms: Terms, day: int, running: int
    ) -> bool:
        """Whether it is above its limit, with what went without an approval on that business day."""
        text = terms.of(account.who, currency, day).text
        if category == "credit":
            # credit.py looks at what is proposed.
            return True
        policy = text["approvals"]
        base = "" if category == "goodwill" else policy["currency"]
        limit = text["disputes"]["goodwill_minor"] if category == "goodwill" else policy["above_minor"].get(category)
        if limit is None:
            return False
        here = self._told(currency, amount, base, day)
        gone_on, gone = account.within.get((category, base or currency), (0, 0))
        before = gone if gone_on == terms.of(account.who, "", day).business_day_number(running) else 0
        return here is None or here + before > int(limit)

    def _went(self, account: Account, d: Decision, category: str, terms: Terms, day: int, running: int) -> None:
        """A posting within a limit: it counts for the rest of the day."""
        base = "" if category == "goodwill" else terms.of(account.who, d.currency, day).text["approvals"]["currency"]
        key, on = (category, base or d.currency), terms.of(account.who, "", day).business_day_number(running)
        known_on, sum_before = account.within.get(key, (0, 0))
        amount = self._told(d.currency, d.amount, base, day) or 0
        account.within[key] = on, amount + (sum_before if known_on == on else 0)

    def _told(self, currency: str, amount: int, base: str, day: int) -> int | None:
        """In the currency of the limits; None where no rate says."""
        if base in ("", currency):
            return amount
        return self._convert(amount, currency, base, day, day - RATE_AGE_DAYS)
