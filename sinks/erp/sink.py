"""The sink of postings: which decisions go to which ERP, when, and what is told of what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.records import Decision, ErpPosting, Fact
from sinks.base import RetryLater
from sinks.effects.base import (
    DAY_SECONDS,
    Effect,
    EffectSink,
    Ending,
    Intent,
    Known,
    Outcome,
    Result,
    State,
    Target,
    spread,
)
from sinks.effects.withdrawals import account_of
from sinks.erp.adapter import ErpAdapter, Refused
from sinks.erp.http import ATTEMPT_SECONDS
from sinks.erp.ledger import GROUPS, Group, bundle_of, lines
from sinks.erp.parts import POSTINGS, invoice_of, invoices_of, place_of
from sinks.erp.posting import made

SOURCE: Final = "headrace.erp."
RETRY_SECONDS: Final = (10.0, 30.0, 60.0, 300.0, 900.0)
LIFE_DAYS: Final = 90
# What a person settles is in the ERP by that person's word.
BY_HAND: Final = "by-hand:"
_SPREAD: Final = 0.2
# As many characters of what the ERP says as a fact may hold of it; an exception shows it.
_MOST_REASON: Final = 300
_NOT_TAKEN: Final = "as it is set now, the ERP does not take it"
# Facts that say which bank account of ours the money moved on.
_FROM_BANK: Final = ("receipt", "cash_transferred", "receipt_returned")


@dataclass(frozen=True, slots=True)
class Erp:
    """One ERP.

    kinds: of decisions that are written back; leaves_out: (kind of decision, kind of the fact that caused it). suspense: as of
    ledger.lines. tenants, entities: whose; empty means all.
    batch: times of the day, HH:MM in `timezone`, at which is posted what was decided since; empty: at once. at_once:
    postings at the same time. retry_seconds: the waits while it is away; the last one is repeated. life_days: what could
    not be posted by then becomes an exception.
    """

    name: str
    adapter: ErpAdapter
    kinds: frozenset[str]
    leaves_out: frozenset[tuple[str, str]] = frozenset()
    suspense: bool = False
    tenants: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    timezone: str = "UTC"
    at_once: int = 4
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    life_days: int = LIFE_DAYS

    def takes(self, d: Decision) -> bool:
        """Whether the decision is written back here. Pure."""
        if d.kind not in self.kinds or (d.account_id.startswith("~") and not self.suspense):
            return False
        if d.cause_kind == ErpPosting.KIND or (d.kind, d.cause_kind) in self.leaves_out:
            # It says what the ERP has done by itself.
            return False
        if not self.keeps_books_of(d):
            return False
        return GROUPS[d.kind] in (Group.promise, Group.release) or bool(lines(d, self.suspense))

    def keeps_books_of(self, d: Decision) -> bool:
        """Whether its company is one of those whose books are kept here. Pure."""
        return (not self.tenants or d.tenant in self.tenants) and (not self.entities or d.entity in self.entities)

    def taking_all(self) -> "Erp":
        """The same, taking all that any setting would take."""
        return replace(
            self, kinds=frozenset(GROUPS), leaves_out=frozenset(), suspense=True, tenants=(), entities=()
        )  # fmt: skip

    def due_ms(self, recorded_ms: int) -> int:
        """When what was recorded then is posted: 0 at once, or the next time of a batch, UTC milliseconds."""
        if not self.batch:
            return 0
        zone = ZoneInfo(self.timezone)
        at = datetime.fromtimestamp(recorded_ms / 1000, UTC).astimezone(zone)
        days = (at.date(), at.date() + timedelta(days=1))
        times = [datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone) for day in days for time in self.batch]
        return min(round(time.timestamp() * 1000) for time in times if time.timestamp() * 1000 > recorded_ms)


class Needed(NamedTuple):
    """What a posting needs besides its decisions: our bank account, and the invoices of the instalments that it is about."""

    bank_account: str = ""
    invoices: Mapping[str, str] = {}


class ErpSink(EffectSink):
    """Writes decisions back; every ERP is a target that is keyed, as its adapter looks before it posts again."""

    name: ClassVar[str] = "erp"
    keyed: ClassVar[bool] = True
    heeds: ClassVar[tuple[str, ...]] = POSTINGS
    look_seconds: ClassVar[int] = DAY_SECONDS

    def __init__(self, erps: Sequence[Erp]) -> None:
        self._erps: Final[Mapping[str, Erp]] = {erp.name: erp for erp in erps}

    def targets(self) -> Sequence[Target]:
        return [Target(erp.name, erp.at_once, keyed=True, asks_for_all=True) for erp in self._erps.values()]

    def intents(self, decision: Decision) -> Sequence[Intent]:
        return [
            Intent(
                erp.name, "posting", account_of(decision), erp.life_days * DAY_SECONDS, bundle_of(decision),
                erp.due_ms(decision.recorded_time),
            )
            for erp in self._erps.values() if erp.takes(decision)
        ]  # fmt: skip

    def unwanted(self, effect: Effect) -> str:
        """Of another company's books, say: a person sees to it, as what is told of it is an exception. What was tried may have
        arrived: an attempt finds out."""
        erp = self._erps.get(effect.target)
        if erp is None or effect.attempt or effect.rounds or any(erp.takes(d) for d in effect.decisions):
            return ""
        return _NOT_TAKEN

    def heed(self, decision: Decision, known: Known) -> None:
        invoice = invoice_of(decision)
        if invoice:
            known.put(place_of(decision, decision.document), invoice.encode())

    def prepare(self, effect: Effect, known: Known) -> Any:
        """`Needed`, or an Outcome where that is not known."""
        bank_account = self._bank_account(effect, known)
        if isinstance(bank_account, Outcome):
            return bank_account
        return Needed(bank_account, invoices_of(effect.decisions, lambda place: (known.get(place) or b"").decode()))

    def _bank_account(self, effect: Effect, known: Known) -> str | Outcome:
        """Where the fact says it. Kept once it is tried again: to find the fact of an account that was parked takes
        a while."""
        first = effect.decisions[0]
        if first.cause_kind not in _FROM_BANK:
            return ""
        key = f"bank/{effect.key}"
        kept = known.get(key)
        if kept is not None:
            return kept.decode()
        fact = known.cause(first)
        if fact is None:
            said = f"the {first.cause_kind} {first.cause_id!r} that it came of is not in the log: our bank account is not known"
            return Outcome(Result.refused, said)
        bank_account: str = getattr(fact, "bank_account", "")
        if effect.attempt:
            known.put(key, bank_account.encode())
        return bank_account

    def attempt(self, effect: Effect, prepared: Any) -> Outcome:
        """Of what was asked for, what the ERP takes as it is set now, under the same key; where that is nothing, or it has
        expired, only what has arrived."""
        erp = self._erps[effect.target]
        asked = made(effect.key, effect.decisions, erp.suspense, *prepared)
        taken = [d for d in effect.decisions if erp.takes(d)]
        try:
            with erp.adapter.http.attempt(effect.number):
                # All of it may have arrived there before the ERP was set to take less.
                name = erp.adapter.find(asked) if effect.late or len(taken) < len(effect.decisions) else ""
                if not name and (effect.late or not taken):
                    why = f"not done in time, {effect.attempt} attempts" if effect.late else _NOT_TAKEN
                    return Outcome(Result.refused, f"{why}; {'it may be there' if name is None else 'it is not there'}")
                name = name or erp.adapter.post(made(effect.key, taken, erp.suspense, *prepared))
        except RetryLater as error:
            return Outcome(Result.later, str(error), after_seconds=error.after_seconds)
        except Refused as error:
            return Outcome(Result.refused, str(error))
        return Outcome(Result.done, f"posted as {name}", name)

    @property
    def seconds(self) -> float:
        return ATTEMPT_SECONDS

    def abandon(self, effect: Effect) -> None:
        self._erps[effect.target].adapter.http.abandon(effect.number)

    def retry_seconds(self, effect: Effect) -> float | None:
        """While it is away it is asked again for as long as the posting lives: an outage only delays."""
        waits = self._erps[effect.target].retry_seconds
        return waits[min(effect.attempt, len(waits)) - 1] * spread(effect.key, effect.attempt, _SPREAD)

    def facts(self, ending: Ending) -> Sequence[Fact]:
        """Confirmed, or refused for a person: also what was not posted in time."""
        effect, first = ending.effect, ending.effect.decisions[0]
        confirmed = ending.state is State.done
        posting_id = ending.reference or (f"{BY_HAND}{effect.name}" if confirmed else effect.key)
        return [
            ErpPosting(
                event_id=ending.event_id(), recorded_time=ending.at_ms, correlation="", source=SOURCE + effect.target,
                tenant=first.tenant, entity=first.entity, account_id=first.account_id, event_time=ending.at_ms,
                posting_id=posting_id, status="confirmed" if confirmed else "refused", decision_id=effect.name,
                document=first.document, receipt_id=first.receipt_id, currency=first.currency, amount=abs(first.amount),
                reason="" if confirmed else ending.detail[:_MOST_REASON],
            )
        ]  # fmt: skip
