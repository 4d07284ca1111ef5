"""Disputes and how they end, credit notes, promises, and blocks on reminders."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.workload.accounts import Account, Document, Entity
from benchmarks.workload.days import DAY, HOUR
from benchmarks.workload.invoicing import half_up
from benchmarks.workload.truth import Line
from benchmarks.workload.world import PROMPT, SLOW, World
from schemas.records import CreditNote, Dispute, DisputeUpdate, OperatorAction, Promise

_CLOSED_AFTER = (4 * HOUR, 2 * DAY, 4 * DAY, 8 * DAY, 14 * DAY, 35 * DAY)
_CATEGORIES = ("pricing", "pricing", "shortage", "quality", "duplicate", "tax", "missing_po", "missing_pod", "return")
_REASONS = {
    "pricing": "price is not as agreed",
    "shortage": "goods missing",
    "damage": "goods damaged on arrival",
    "not_received": "we never got this",
    "duplicate": "billed twice",
    "tax": "we are exempt",
    "missing_po": "no purchase order on the invoice",
    "missing_pod": "please send proof of delivery",
    "quality": "goods not as ordered",
    "return": "goods sent back",
}
_CREDIT_REASON = {"pricing": "PRC", "shortage": "SHT", "damage": "DMG", "return": "RET", "bonus": "BON"}


@dataclass(frozen=True, slots=True)
class Contest:
    """One dispute and how it will end; the three last add up to `contested`."""

    document: Document
    dispute_id: str
    contested: int
    credited: int
    rejected: int
    written_off: int
    cleared: bool


class Claims:
    """`settled(contest, credit_note, now)` is told how a dispute ended; credit_note is empty where nothing was credited.

    `opened(contest, category, complaint, now, ends)` is told of one when it begins.
    """

    def __init__(
        self,
        world: World,
        settled: Callable[[Contest, str, int], None],
        opened: Callable[[Contest, str, bool, int, int], None],
    ) -> None:
        self._world = world
        self._settled = settled
        self._opened = opened
        self._disputes = 0
        self._promises = 0

    def dispute(
        self, document: Document, contested: int, complaint: str, channel: str, cleared: bool, now: int
    ) -> None:
        """The customer contests part of `document`; how it ends is settled here and comes out days later."""
        world, chance = self._world, self._world.chance
        account = document.account
        self._disputes += 1
        category = complaint or chance.pick(_CATEGORIES)
        credited, rejected, written_off = self._outcome(contested)
        contest = Contest(document, f"DSP-{self._disputes:06d}", contested, credited, rejected, written_off, cleared)
        whole = contested == document.amount == document.remaining and chance.yes(0.6)
        line: Line = {
            "type": "dispute", "dispute_id": contest.dispute_id, "account": account.account_id, "document": document.number,
            "category": category, "contested": contested, "credited": credited, "rejected": rejected,
            "written_off": written_off, "cleared": cleared,
        }  # fmt: skip
        source = "portal" if channel == "portal" else "crm"
        world.say(
            Dispute(
                event_id=world.next_id(source),
                recorded_time=now + world.delay(PROMPT if channel == "portal" else SLOW),
                correlation="",
                source=source,
                tenant=world.config.tenant,
                entity=account.entity.code,
                account_id=account.account_id,
                event_time=now,
                dispute_id=contest.dispute_id,
                document=document.number,
                currency=account.currency,
                amount=None if whole else contested,
                category=category if chance.yes(0.85) else "other",
                reason=_REASONS[category],
                channel=channel,
            ),
            line,
        )
        owner = f"desk-{chance.between(1, 6)}"
        ends = now + chance.along(_CLOSED_AFTER)
        if chance.yes(0.8):
            seen = now + (ends - now) * chance.between(5, 60) // 100
            world.at(seen, partial(self._review, contest, owner))
        blocked = chance.yes(0.1)
        if blocked:
            self._block(document, "block_reminders", now)
        world.at(ends, partial(self._close, contest, owner, blocked))
        self._opened(contest, category, bool(complaint), now, ends)

    def _outcome(self, contested: int) -> tuple[int, int, int]:
        """Credited, rejected and written off."""
        roll = self._world.chance.roll()
        if roll < 0.45:
            return contested, 0, 0
        if roll < 0.73:
            return 0, contested, 0
        if roll < 0.8:
            return 0, 0, contested
        credited = contested * self._world.chance.between(10, 90) // 100
        return credited, contested - credited, 0

    def _review(self, contest: Contest, owner: str, now: int) -> None:
        self._world.say(self._update(contest, "in_review", owner, now))

    def _close(self, contest: Contest, owner: str, blocked: bool, now: int) -> None:
        self._world.say(self._update(contest, "closed", owner, now))
        if blocked:
            self._block(contest.document, "unblock_reminders", now)
        number = ""
        if contest.credited:
            document = contest.document
            number = self.credit(document.account, document.number, contest.credited, "pricing", now)
        self._settled(contest, number, now)

    def _update(self, contest: Contest, status: str, owner: str, now: int) -> DisputeUpdate:
        world, account = self._world, contest.document.account
        closed = status == "closed"
        return DisputeUpdate(
            event_id=world.next_id("crm"),
            recorded_time=now + world.delay(PROMPT),
            correlation="",
            source="crm",
            tenant=world.config.tenant,
            entity=account.entity.code,
            account_id=account.account_id,
            event_time=now,
            dispute_id=contest.dispute_id,
            status=status,
            owner=owner,
            credited=contest.credited if closed else 0,
            rejected=contest.rejected if closed else 0,
            written_off=contest.written_off if closed else 0,
            note="",
        )

    def credit(self, account: Account, invoice: str, amount: int, why: str, now: int) -> str:
        """Post a credit note, for an invoice or for none, within a few hours; its number."""
        world, chance = self._world, self._world.chance
        entity: Entity = account.entity
        posted = now + chance.below(8 * HOUR)
        number = entity.credit_number(world.day_text(posted // DAY)[1])
        world.say(
            CreditNote(
                event_id=world.next_id(entity.source),
                recorded_time=posted + world.delay(PROMPT),
                correlation="",
                source=entity.source,
                tenant=world.config.tenant,
                entity=entity.code,
                account_id=account.account_id,
                event_time=posted,
                document=number,
                document_date=posted // DAY,
                posting_date=posted // DAY,
                currency=account.currency,
                amount=amount,
                tax=half_up(amount * account.tax_rate, 10_000 + account.tax_rate),
                invoice=invoice,
                reason=_CREDIT_REASON.get(why, "OTH"),
            )
        )
        return number

    def promise(self, account: Account, documents: list[str], amount: int, day: int, outcome: str, now: int) -> None:
        """Record what the customer promised on the telephone; a cancelled one is taken back days later."""
        world = self._world
        self._promises += 1
        promise_id = f"PTP-{self._promises:06d}"
        line: Line = {
            "type": "promise", "promise_id": promise_id, "account": account.account_id, "documents": documents,
            "amount": amount, "promised_date": day, "outcome": outcome,
        }  # fmt: skip
        world.say(self._promise(account, promise_id, documents, amount, day, False, now), line)
        if outcome == "cancelled":
            later = now + world.chance.between(4, 60) * HOUR
            world.say(self._promise(account, promise_id, documents, amount, day, True, later))

    def _promise(
        self, account: Account, promise_id: str, documents: list[str], amount: int, day: int, off: bool, now: int
    ) -> Promise:
        world = self._world
        return Promise(
            event_id=world.next_id("crm"),
            recorded_time=now + world.delay(PROMPT),
            correlation="",
            source="crm",
            tenant=world.config.tenant,
            entity=account.entity.code,
            account_id=account.account_id,
            event_time=now,
            promise_id=promise_id,
            currency=account.currency,
            amount=amount,
            promised_date=day,
            documents=documents,
            cancelled=off,
        )

    def _block(self, document: Document, action: str, now: int) -> None:
        world, account = self._world, document.account
        world.say(
            OperatorAction(
                event_id=world.next_id("crm"),
                recorded_time=now + world.delay(PROMPT),
                correlation="",
                source="crm",
                tenant=world.config.tenant,
                entity=account.entity.code,
                account_id=account.account_id,
                event_time=now,
                action=action,
                actor="collections-desk",
                receipt_id="",
                document=document.number,
                target_account="",
                currency=account.currency,
                amount=0,
                until=0,
                note="disputed",
            )
        )
