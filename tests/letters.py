"""A sink of letters to a real receiver that knows no keys: a second letter is a second letter. For tests of what all sinks share."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.log.base import Log
from dataflows.effects import EffectsStatus
from dataflows.publish import publish_effects
from dataflows.publishing import PublishStatus
from schemas.records import Customer, Decision, Fact, Message
from sinks.effects.base import Effect, EffectSink, Ending, Intent, Known, Outcome, Result, State, Target
from sinks.effects.sending import Sender
from sinks.effects.store import EffectStore
from sinks.effects.withdrawals import account_of
from tests.publishing import Never

AGAIN = "say from where"


class LetterSink(EffectSink):
    """Reminders go as letters, one for what one fact asks for; the customer's address comes from the facts."""

    name: ClassVar[str] = "letters"
    learns: ClassVar[tuple[str, ...]] = ("customer",)

    def __init__(
        self, url: str, retry_seconds: float | None = 0.01, life_seconds: int = 86_400, tells: bool = True
    ) -> None:
        self._url = url
        self._retry_seconds = retry_seconds
        self._life_seconds = life_seconds
        self._tells = tells
        self._sender = Sender()

    def targets(self) -> Sequence[Target]:
        return [Target("mail", at_once=2, keyed=False)]

    def intents(self, decision: Decision) -> Sequence[Intent]:
        if decision.kind != "reminder_due":
            return []
        return [Intent("mail", "reminder", account_of(decision), self._life_seconds, decision.reference_id)]

    def learn(self, shard: int, offset: int, fact: Fact, known: Known) -> None:
        known.put(f"customer:{fact.account_id}", f"{shard}-{offset}".encode())

    def prepare(self, effect: Effect, known: Known) -> Any:
        place = known.get(f"customer:{effect.decisions[0].account_id}")
        if place is None:
            return Outcome(Result.refused, "the customer has no address")
        shard, _, offset = place.decode().partition("-")
        found = known.fact(int(shard), int(offset))
        assert isinstance(found, Customer)
        items = ", ".join(decision.document for decision in effect.decisions)
        return f"To {found.name}, {found.billing_address}: please pay {items}"

    def attempt(self, effect: Effect, prepared: Any) -> Outcome:
        headers = {"webhook-id": effect.key, "content-type": "text/plain"}
        return self._sender.post(effect.number, self._url, True, headers, prepared.encode())

    def abandon(self, effect: Effect) -> None:
        self._sender.abandon(effect.number)

    def retry_seconds(self, effect: Effect) -> float | None:
        return self._retry_seconds

    def facts(self, ending: Ending) -> Sequence[Fact]:
        if not self._tells:
            return []
        words = {State.done: "sent", State.failed: "bounced", State.unknown: "queued"}
        reason = f"withdrawn:{ending.detail}" if ending.state is State.withdrawn else ""
        d = ending.effect.decisions[0]
        return [
            Message(
                ending.event_id(), ending.at_ms, "", "headrace.letters", d.tenant, d.entity, d.account_id, ending.at_ms,
                ending.effect.key, "out", "letter", words.get(ending.state, "expired"), d.document, d.reference_id, "",
                reason, "",
            )
        ]  # fmt: skip


def letters_file(directory: Path) -> Path:
    return directory / "effects" / "letters.sqlite"


def send_letters(log: Log, directory: Path, sink: EffectSink, stop: Any = None) -> EffectsStatus:
    """Run the sink until nothing is left that may be done now."""
    told = EffectsStatus()
    publish_effects(
        log, sink, letters_file(directory), AGAIN, until_idle=True, stop=Never() if stop is None else stop, status=PublishStatus(), effects=told
    )  # fmt: skip
    return told


def letters(directory: Path) -> list[tuple[str, str, str]]:
    """(first document, state, detail) of every letter, in order."""
    store = EffectStore(letters_file(directory))
    try:
        rows = list(reversed(store.rows()))
        return [(store.members(row.number)[0][0].document, row.state, row.detail) for row in rows]
    finally:
        store.close()


def wait_out_pause(directory: Path) -> None:
    """Let what is left of the pause of a target that failed go by."""
    store = EffectStore(letters_file(directory))
    try:
        for row in store.targets().values():
            store.set_target(row._replace(paused_until_ms=0))
    finally:
        store.close()
    time.sleep(0.02)
