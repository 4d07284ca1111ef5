"""What became of a document or letter, as a fact for the rules."""

from typing import Final

from schemas.records import Message
from sinks.delivery.setup import Setup
from sinks.effects.base import Ending, State

SOURCE: Final = "headrace.delivery"
# Channels that hand a document over to whom it is for, or to who prints it: there is nobody who could say more.
_HANDED_OVER: Final = ("api", "portal", "letter")
_WORDS: Final = {
    State.failed: "bounced",
    State.expired: "expired",
    # It did not leave either: the reason says why.
    State.withdrawn: "expired",
    State.unknown: "unknown",
}
_NOT_SENT: Final = (State.expired, State.withdrawn)


def message_fact(ending: Ending, setup: Setup) -> Message | None:
    """The fact that tells an ending, the same each time; None where there is nothing to tell: a document that nobody waits
    for any more."""
    effect = ending.effect
    d = effect.decisions[0]
    if ending.state is State.withdrawn and effect.kind == "delivery":
        return None
    status = _WORDS.get(ending.state) or _done(effect.target, setup)
    if effect.in_doubt and ending.state in _NOT_SENT:
        # It may have left all the same: nobody is told that it did not.
        status = _WORDS[State.unknown]
    return Message(
        event_id=ending.event_id(),
        recorded_time=ending.at_ms,
        correlation="",
        source=SOURCE,
        tenant=d.tenant,
        entity=d.entity,
        account_id=d.account_id,
        event_time=ending.at_ms,
        message_id=effect.key,
        direction="out",
        channel=effect.target,
        status=status,
        document=d.document if effect.kind == "delivery" else "",
        delivery_id=d.reference_id,
        template=d.template,
        reason=_reason(ending),
        text="",
    )


def _done(channel: str, setup: Setup) -> str:
    if channel in _HANDED_OVER:
        return "delivered"
    accepted = channel == "email" and setup.email is not None and setup.email.accepted_is_delivered
    return "delivered" if accepted else "sent"


def _reason(ending: Ending) -> str:
    if ending.state is State.done:
        return ""
    return f"withdrawn:{ending.detail}" if ending.state is State.withdrawn else ending.detail
