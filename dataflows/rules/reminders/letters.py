"""What became of a letter: what its channel says of it is on the account's timeline. Source: CAPABILITIES A5."""

from typing import Final

from dataflows.rules.delivery.delivery import ID
from schemas.records import Decision, Message

# What is only queued has become of nothing yet.
_TOLD: Final = ("sent", "delivered", "viewed", "acknowledged", "rejected", "bounced", "expired", "unknown")


def decide_message(fact: Message) -> list[Decision]:
    """A letter is named by the `reference_id` of its reminders, or of a statement; an invoice that was sent is no letter."""
    if fact.direction != "out" or not fact.delivery_id or fact.delivery_id.startswith(ID) or fact.status not in _TOLD:
        return []
    return [
        Decision(
            kind="letter_status",
            rule="letters.status",
            document=fact.document,
            reference_id=fact.delivery_id,
            channel=fact.channel,
            template=fact.template,
            text=fact.status,
            reasons=[fact.reason] if fact.reason else [],
        )
    ]
