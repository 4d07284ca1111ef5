"""One shard's walk: facts in order with their decisions, each handed to the checks it concerns."""

from collections.abc import Sequence
from typing import Final

from headrace.audit.accounts import Account
from headrace.audit.approvals import ApprovalCheck
from headrace.audit.books import Books
from headrace.audit.cash import Advices, CashCheck
from headrace.audit.causes import OF_TIME, of_short_payments
from headrace.audit.charges import check_charge
from headrace.audit.claims import AMOUNT_KNOWN
from headrace.audit.credit import CreditCheck
from headrace.audit.credit_news import CreditNews, is_news
from headrace.audit.deliveries import Deliveries
from headrace.audit.differences import DifferenceCheck
from headrace.audit.drafts import Drafts
from headrace.audit.events import Events, Verdict
from headrace.audit.facts import FactCheck
from headrace.audit.findings import Checks, account_of
from headrace.audit.keep import Scratch
from headrace.audit.kpi.reading import Reading, WatchedBooks
from headrace.audit.orders import OrderBook
from headrace.audit.policy import built_in, read_terms
from headrace.audit.reminders import check_reminder, said_of_letter
from headrace.audit.streams import Group
from headrace.audit.transit import BROUGHT, Transit
from headrace.audit.versions import KIND as IN_FORCE
from headrace.audit.versions import Everywhere, ShardVersions
from schemas.codec import decode_fact
from schemas.records import (
    CashTransferred,
    Clock,
    CreditExposure,
    CreditGroupTold,
    Decision,
    Drain,
    Fact,
    FxRate,
    OperatorAction,
    PeriodClose,
    Policy,
    ReceiptReturned,
    Rules,
)

DIFFERENCES: Final = frozenset(("discount_granted", "write_off_posted", "deduction_opened", "cash_exchanged"))
DAY_MS: Final = 86_400_000
MOST_FUTURE_MS: Final = 2 * DAY_MS
WHOLE_SHARD_ACTIONS: Final = frozenset(("allow_clock", "allow_future"))
OF_DRAFTS: Final = frozenset(("invoice_released", "invoice_held", "invoice_withdrawn"))
# A draft that only time heals is looked at again on the next business day: this many days at the most.
LOOKED_AT_AGAIN_DAYS: Final = 7


class ShardAudit:
    """Checks one shard. `take` its groups in order, then `finish`."""

    def __init__(
        self,
        shard: int,
        checks: Checks,
        transit: Transit,
        news: CreditNews,
        scratch: Scratch,
        forwarded: int,
        everywhere: Everywhere,
        reading: Reading | None = None,
    ) -> None:
        """`forwarded`: the forwarder has done with the decisions below this offset. `reading`: gets what is read."""
        self.shard: Final = shard
        self._checks: Final = checks
        self._transit: Final = transit
        self._news: Final = news
        self._forwarded: Final = forwarded
        self._reading: Final = reading
        self.books: Final = (
            Books(checks.books, scratch) if reading is None else WatchedBooks(checks.books, scratch, reading)
        )
        advices = Advices(scratch)
        self._events: Final = Events(checks.duplicates, scratch, shard)
        orders = OrderBook(scratch)
        self._facts: Final = FactCheck(checks.facts, self.books, orders, advices)
        self._drafts: Final = Drafts(checks.facts, self.books, orders)
        self._deliveries: Final = Deliveries(checks.facts, self.books, scratch)
        self._cash: Final = CashCheck(checks.cash, self.books, advices)
        self._differences: Final = DifferenceCheck(checks.cash, self.books)
        self._approvals: Final = ApprovalCheck(checks.approvals, self._differences.converted)
        self._credit: Final = CreditCheck(checks.credit, self.books, orders, self._differences)
        # By tenant and entity.
        self._first_open: dict[str, int] = {}
        self._terms = built_in()
        self._everywhere: Final = everywhere
        self._versions: Final = ShardVersions(checks.facts, shard, everywhere)
        self._now = 0
        self._allowed_future = 0
        self._watermarks: dict[str, int] = {}

    @property
    def today(self) -> int:
        return self._now // DAY_MS

    def _complete_day(self) -> int:
        """The day up to which all cash is known."""
        times = [self._watermarks.get(name, 0) for name in self._terms.cash_sources]
        return min([self._now, *times]) // DAY_MS

    # --- one fact ---

    def take(self, group: Group) -> None:
        """All that is said of one fact, in order: first of the fact, then what time brought about."""
        said = [entry.decision for entry in group.said]
        fact = group.fact
        if self._reading is not None:
            self._reading.take(self.shard, group)
        if isinstance(fact, CashTransferred | ReceiptReturned):
            self._transit.carried(fact.event_id)
        if isinstance(fact, CreditExposure | CreditGroupTold):
            self._news.arrived(fact)
        for entry in group.said:
            if is_news(entry.decision):
                self._news.sent(entry.decision, 0 <= entry.offset < self._forwarded)
            if entry.decision.kind == "cash_transferred" and 0 <= entry.offset < self._forwarded:
                self._transit.due(entry.decision)
        if fact is None:
            self._unreadable(group, said)
            rest = said[1:]
        elif isinstance(fact, FxRate | PeriodClose):
            rest = self._of_installation(group, fact, said)
        elif isinstance(fact, Clock | Policy | Rules | Drain) or (
            isinstance(fact, OperatorAction) and fact.action in WHOLE_SHARD_ACTIONS
        ):
            rest = self._whole_shard(fact, said, group.offset)
        else:
            rest = self._of_account(group, fact, said)
        last = rest.pop() if rest and self._versions.of_next_day(rest[-1], self._now) else None
        while rest:
            rest = self._wake(rest)
        if last is not None:
            self._in_force(last)

    def _unreadable(self, group: Group, said: Sequence[Decision]) -> None:
        self._checks.facts.checked += 1
        if not said or said[0].rule != "shard.unreadable":
            self._checks.facts.find(
                "unreadable_taken",
                "its bytes are no fact, and it was not rejected",
                shard=self.shard,
                offset=group.offset,
            )

    def _whole_shard(self, fact: Fact, said: list[Decision], offset: int) -> list[Decision]:
        own, rest = _leading(said, fact)
        rejected = bool(own) and own[0].kind == "fact_rejected"
        for d in own:
            if d.kind not in ("fact_rejected", IN_FORCE):
                self._checks.facts.about(d, "not_caused", f"a {fact.kind} does not lead to {d.kind}")
        if rejected:
            return rest
        if isinstance(fact, Clock):
            if fact.now > self._now:
                self._now = fact.now
                self._watermarks = {mark.name: mark.time for mark in fact.watermarks}
        elif isinstance(fact, Policy):
            self._versions.take(fact)
        elif isinstance(fact, OperatorAction) and fact.action == "allow_future":
            self._allowed_future = fact.until
        of_next_day = [d for d in own if self._versions.of_next_day(d, self._now)]
        for d in own:
            if d not in of_next_day:
                self._in_force(d)
        if isinstance(fact, Clock):
            self._versions.clock(self._now, offset)
        return rest + of_next_day

    def _in_force(self, d: Decision) -> None:
        """A version of the policy takes effect."""
        self._checks.facts.checked += 1
        text = self._versions.in_force(d, self._now) if d.kind == IN_FORCE else ""
        if text:
            self._terms = read_terms(text)

    def _of_installation(self, group: Group, fact: FxRate | PeriodClose, said: list[Decision]) -> list[Decision]:
        """Rates and closed periods: kept, once for each event id."""
        own, rest = _leading(said, fact)
        if self._events.judge(group, fact, own, self.today) is Verdict.FIRST and not own:
            if isinstance(fact, FxRate):
                self._differences.rate(fact.base_currency, fact.quote_currency, fact.rate_date, fact.rate_nano)
            else:
                self._first_open[f"{fact.tenant}/{fact.entity}"] = fact.first_open_date
        return rest

    def _account(self, key: str) -> Account:
        account = self.books.account(key)
        if self._first_open:
            account.first_open = self._first_open.get("/".join(key.split("/", 2)[:2]), 0)
        return account

    def _of_account(self, group: Group, fact: Fact, said: list[Decision]) -> list[Decision]:
        own, rest = _leading(said, fact)
        verdict = self._events.judge(group, fact, own, self.today)
        self._turned_away(fact, own)
        if verdict is not Verdict.FIRST:
            return rest
        account = self._account(f"{fact.tenant}/{fact.entity}/{fact.account_id}")
        if own and own[0].rule == "shard.future":
            self._future(fact, own[0])
        elif own and own[0].rule == "shard.account":
            self._facts.nameless(account, fact, own, self.shard, group.offset)
            self._events.forget(fact)
        elif account.parked:
            if isinstance(fact, OperatorAction) and fact.action == "resume_account":
                self._post(account, own, fact)
                rest = self._resume(account, rest)
            else:
                account.waiting.append((group.offset, group.value))
                if own:
                    self._checks.facts.about(own[0], "parked", f"{account.key} is parked, and its facts wait")
        else:
            self._conclude(account, fact, own, group.offset, group.value)
        return rest

    def _turned_away(self, fact: Fact, own: list[Decision]) -> None:
        """Whoever rejects what the forwarder brought: the rules, or the shard before them."""
        brought = isinstance(fact, ReceiptReturned) and fact.event_id.startswith(BROUGHT)
        if own and own[0].kind == "fact_rejected" and (brought or isinstance(fact, CashTransferred)):
            assert isinstance(fact, ReceiptReturned | CashTransferred)
            self._transit.turned_away(fact, own[0])

    def _future(self, fact: Fact, d: Decision) -> None:
        if fact.event_time <= max(self._now + MOST_FUTURE_MS, self._allowed_future):
            self._checks.facts.about(d, "wrongly_rejected", "its event time is not ahead of the shard's")
        self._events.forget(fact)

    def _conclude(self, account: Account, fact: Fact, own: list[Decision], offset: int, value: bytes) -> None:
        if own and own[0].rule == "shard.parked":
            account.parked = True
            account.waiting.append((offset, value))
            self._post(account, own, fact)
            self._checks.facts.note(f"account {account.key} was parked: {', '.join(own[0].reasons)}")
            return
        self._facts.check(account, fact, own, self.shard, offset)
        if not own or own[0].kind != "fact_rejected":
            self._credit.fact(account, fact)
        self._post(account, own, fact)
        if isinstance(fact, CashTransferred):
            for d in own:
                if d.kind == "receipt_booked":
                    self._transit.arrived(fact, d)
        taken = not own or own[0].kind != "fact_rejected"
        if isinstance(fact, ReceiptReturned) and fact.event_id.startswith(BROUGHT) and taken:
            self._transit.taken_back(fact, account.key, self.shard, offset)

    def _resume(self, account: Account, said: list[Decision]) -> list[Decision]:
        """What waited is taken in, in order; where one fails again, it and the rest wait on."""
        waiting, account.waiting, account.parked = account.waiting, [], False
        for offset, value in waiting:
            if account.parked:
                account.waiting.append((offset, value))
                continue
            fact = decode_fact(value)
            own, said = _leading(said, fact)
            self._turned_away(fact, own)
            self._conclude(account, fact, own, offset, value)
        return said

    # --- time ---

    def _wake(self, said: list[Decision]) -> list[Decision]:
        """What time brought about for one account; what is of no cause that is known is a finding each."""
        first = said[0]
        at = 0
        while at < len(said) and (said[at].cause_id, account_of(said[at])) == (first.cause_id, account_of(first)):
            at += 1
        own, rest = said[:at], said[at:]
        # Of itself an account wakes, or is tried again when rates came.
        if first.cause_kind not in ("wake", "rates") or not first.cause_id.startswith(
            f"{first.cause_kind}:{first.account_id}:"
        ):
            self._checks.facts.about(
                first,
                "foreign_cause",
                f"{first.kind} is caused by {first.cause_kind} {first.cause_id}, not by this fact",
            )
        else:
            self._facts_of_time(own)
        account = self._account(account_of(first))
        if first.rule == "shard.parked":
            account.parked = True
            self._checks.facts.note(f"account {account.key} was parked: {', '.join(first.reasons)}")
        self._post(account, own, None)
        return rest

    def _facts_of_time(self, own: Sequence[Decision]) -> None:
        allowed = OF_TIME | of_short_payments(own)
        for d in own:
            if d.kind not in allowed and d.rule != AMOUNT_KNOWN:
                self._checks.facts.about(d, "not_caused", f"time alone does not lead to {d.kind}")

    # --- posting ---

    def _post(self, account: Account, own: Sequence[Decision], cause: Fact | None) -> None:
        self._approvals.begin()
        for d in own:
            self._approvals.look(account, d, cause, self._terms, self._now)
            if account_of(d) != account.key:
                self._checks.facts.about(d, "other_account", f"it is caused by {account.key}")
                account = self.books.account(account_of(d))
            if d.kind == "reminder_due":
                check_reminder(self._checks.reminders, account, d, self._terms, self.today, self._complete_day())
                only = self._terms.of(account.who, d.currency, self.today).reminders["only_delivered"]
                if only and not self._deliveries.arrived(account, d.document):
                    self._checks.reminders.about(d, "not_delivered", f"nobody knows that {d.document} arrived")
            elif d.kind in OF_DRAFTS:
                self._drafts.check(account, d, self._terms, self.today)
            elif d.rule.startswith("delivery."):
                self._deliveries.check(account, d, cause, self._terms, self._now)
            elif d.kind == "cash_applied":
                self._cash.applied(account, d, cause, self._terms.of(account.who, d.currency, self.today))
            elif d.kind == "credit_allocated":
                terms = self._terms.of(account.who, d.currency, self.today)
                self._cash.allocated(account, d, terms, self.today)
            elif d.kind in DIFFERENCES:
                self._differences.look(account, d, self._terms, self.today)
            elif d.kind == "cash_transferred" and d.rule in ("transfer.out", "transfer.return"):
                self._transit.sent(d, self.books.receipt(account, d.receipt_id))
                self._cash.sent(account, d)
            elif d.kind.startswith("credit_") and d.kind != "credit_allocated":
                running = (self._now + 1) // DAY_MS if self._now else d.event_time // DAY_MS
                self._credit.said(account, d, self._terms, self.today, running)
            elif d.kind == "interest_charged":
                check_charge(self._checks.reminders, self.books, account, d, self._terms, self.today)
            self.books.post(account, d)
            self._approvals.posted(account, d)
            if d.rule == "alias.prefix":
                account.habits.add(d.text)
            if d.kind == "reminder_due":
                said_of_letter(account, d, self.today)
            elif d.kind == "dispute_opened" and d.rule == "disputes.opened_early" and not d.amount:
                # The customer contests all that is open, once it is here.
                dispute = account.disputes.get(d.reference_id)
                if dispute is not None:
                    dispute.amount = None
        self._approvals.proposals(account, own)
        self._deliveries.sent(account, list(own), self._terms, self.today)

    def finish(self) -> None:
        """The log is at its end."""
        self._everywhere.walked(self.shard, self._now, self._versions.version)
        self.books.finish(self.shard, self._deliveries.resolved)
        self._deliveries.finish(self._complete_day() * DAY_MS, self.shard)
        self._credit.finish(self.books.accounts.values(), self._terms, self.today, self.shard)
        day = self._complete_day() - LOOKED_AT_AGAIN_DAYS
        for account in self.books.accounts.values():
            self._drafts.still_held(account, self._terms, day, self.shard)
        parked = sum(account.parked for account in self.books.accounts.values())
        if parked:
            self._checks.facts.note(f"shard {self.shard}: {parked} accounts are parked, their facts wait")


def _leading(said: list[Decision], fact: Fact) -> tuple[list[Decision], list[Decision]]:
    """The first decisions, those caused by this fact, and the rest."""
    at = 0
    while at < len(said) and said[at].cause_id == fact.event_id and said[at].cause_kind == fact.kind:
        at += 1
    return said[:at], said[at:]
