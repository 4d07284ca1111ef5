"""[delivery]: how invoices get to customers, and what is done where they do not. Source: CAPABILITIES A4, A5."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

CHANNELS: Final = ("edi", "portal", "email", "api", "letter")
KINDS: Final = ("invoice", "credit_note")


class DeliveryTerms:
    """channels: by which documents are sent out, none where nothing is; kinds: of KINDS; confirm_minutes: business
    minutes until a channel says that it arrived, 0 where nobody waits for that; acknowledge: channels by which the
    customer has to acknowledge it, within acknowledge_minutes; tries: by one channel before the next one is tried."""

    __slots__ = ("acknowledge", "acknowledge_minutes", "channels", "confirm_minutes", "kinds", "owner", "tries")

    def __init__(self, table: Table) -> None:
        self.channels: Final = listed(table, "channels", CHANNELS)
        self.kinds: Final = listed(table, "kinds", KINDS)
        self.confirm_minutes: Final = 60 * table.number("confirm_hours", 0, 2000)
        self.acknowledge: Final = listed(table, "acknowledge", CHANNELS)
        self.acknowledge_minutes: Final = 60 * table.number("acknowledge_hours", 1, 2000)
        self.tries: Final = table.number("tries", 1, 20)
        self.owner: Final = table.text("owner")
        table.done()


def listed(table: Table, name: str, allowed: tuple[str, ...]) -> list[str]:
    """Words of these, each once. Raises WrongPolicy."""
    found = table.texts(name)
    for word in found:
        if word not in allowed or found.count(word) > 1:
            raise WrongPolicy(f"{table.at(name)}: {word!r} must be one of {', '.join(allowed)}, each once")
    return found
