"""The sink: decisions that are events go to the endpoints that want them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from schemas.records import Decision
from sinks.effects.base import Effect, EffectSink, Intent, Known, Outcome, Target, spread
from sinks.effects.sending import ATTEMPT_SECONDS, Sender
from sinks.effects.withdrawals import account_of
from sinks.webhooks.endpoints import Endpoint
from sinks.webhooks.events import body, event_of

_SPREAD: Final = 0.1


class WebhookSink(EffectSink):
    """Guarantees, of what sinks/effects gives: an event has the same id and body at every attempt; events of an account
    reach an endpoint in their order; an endpoint that is slow or dead holds up no other."""

    name: ClassVar[str] = "webhooks"
    keyed: ClassVar[bool] = True

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._sender = Sender()

    def targets(self) -> list[Target]:
        return [Target(endpoint.name, endpoint.at_once, keyed=True) for endpoint in self._endpoints.values()]

    def intents(self, decision: Decision) -> list[Intent]:
        event = event_of(decision)
        if not event:
            return []
        return [
            Intent(endpoint.name, "event", account_of(decision), endpoint.life_hours * 3_600)
            for endpoint in self._endpoints.values()
            if endpoint.wants(event, decision.tenant, decision.entity)
        ]

    def unwanted(self, effect: Effect) -> str:
        """What waited while the endpoint was set to want less, or other companies, is not for it; nor is it for a later one of
        its name where it was not set at all."""
        endpoint = self._endpoints.get(effect.target)
        if endpoint is None:
            return "the endpoint is not set any more"
        decision = effect.decisions[0]
        wanted = endpoint.wants(event_of(decision), decision.tenant, decision.entity)
        return "" if wanted else "as it is set now, the endpoint does not want it"

    def prepare(self, effect: Effect, known: Known) -> str:
        decision = effect.decisions[0]
        return body(event_of(decision), decision)

    def attempt(self, effect: Effect, prepared: Any) -> Outcome:
        endpoint = self._endpoints[effect.target]
        headers = endpoint.headers(effect.key, datetime.now(UTC), prepared)
        return self._sender.post(effect.number, endpoint.url, endpoint.private, headers, prepared.encode())

    @property
    def seconds(self) -> float:
        return ATTEMPT_SECONDS

    def abandon(self, effect: Effect) -> None:
        self._sender.abandon(effect.number)

    def retry_seconds(self, effect: Effect) -> float | None:
        waits = self._endpoints[effect.target].retry_seconds
        if effect.attempt > len(waits):
            return None
        return waits[effect.attempt - 1] * spread(f"{effect.target}:{effect.key}", effect.attempt, _SPREAD)
