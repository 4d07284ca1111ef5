"""An installation that sends documents and letters to a real mail server, or into folders; its ledger is of now."""

import sys
from pathlib import Path
from typing import Any, Final

from connectors.log.sqlite import SqliteLog
from connectors.reading import read_to_end
from dataflows.effects import EffectsStatus
from headrace.logs import open_installation
from headrace.settings import load
from schemas.codec import decode_fact
from schemas.records import Fact, Message
from sinks.delivery.documents.templates import SHIPPED, Templates
from sinks.delivery.office import Office
from sinks.delivery.setup import Email, Outbox
from sinks.delivery.sink import DeliverySink
from sinks.effects.store import EffectStore
from tests.live import LiveLedger, ago
from tests.publishing import append_decisions, append_fact, run_effects
from tests.sinks.delivery.papers import LINES, all_approved, buyer, setup

SHARDS: Final = 2


def office_at(address: tuple[str, int], approved: bool = True, timeout_seconds: float = 30, **changes: Any) -> Office:
    """Sends by the mail server there."""
    email = Email(
        host=address[0],
        port=address[1],
        security="none",
        domain="mail.example",
        bounces_to="bounces@seller.example",
        timeout_seconds=timeout_seconds,
    )
    templates = all_approved() if approved else Templates([SHIPPED], {})
    return Office(setup(**({"email": email} | changes)), templates, ())


def outboxes(folder: Path) -> dict[str, Outbox]:
    """Folders for what leaves by EDI and letter."""
    for name in ("edi", "letter"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {name: Outbox(folder=folder / name) for name in ("edi", "letter")}


class Delivering:
    """An installation; `run` writes what its ledger says and lets the sink do what may be done now."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "headrace.toml").write_text(f"shards = {SHARDS}\n")
        log = open_installation(load(directory, None))
        assert isinstance(log, SqliteLog)
        self.log = log
        self.ledger = LiveLedger(SHARDS)
        self._written = 0
        self.run(Office(setup(), all_approved(), ()))

    def fact(self, *facts: Fact) -> None:
        for fact in facts:
            append_fact(self.log, fact)

    def customer(self, account: str = "A-1", **changes: Any) -> None:
        self.fact(buyer(event_id=f"customer:{account}", account_id=account, **changes))

    def remind(self, document: str, amount: int = 13_878, level: int = 1, **fields: Any) -> None:
        account = fields.pop("account", "A-1")
        dated = {"document_date": 20_460, "due_date": 20_490, "item_kind": "invoice", "language": "de-DE"}
        self.ledger.say(
            "reminder_due", account, ago(), document=document, amount=amount, item_amount=amount, item_open=amount,
            level=level, currency="EUR",
            **(dated | {"channel": "email", "reference_id": f"{account}:20500"} | fields),
        )  # fmt: skip

    def request(
        self, document: str, amount: int = 13_878, channel: str = "email", number: int = 1, **fields: Any
    ) -> None:
        self.ledger.say(
            "delivery_requested", "A-1", ago(), document=document, amount=amount, channel=channel, currency="EUR",
            language="de-DE", reference_id=f"delivery:{document}:{number}", **fields,
        )  # fmt: skip

    def write(self) -> None:
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)

    def run(self, office: Office) -> EffectsStatus:
        self.write()
        return deliver(self.log, self.directory, office)

    def effects(self) -> list[tuple[str, str, str]]:
        """(first document, state, detail) of each, in order."""
        store = EffectStore(self.directory / "effects" / "delivery.sqlite")
        try:
            rows = list(reversed(store.rows()))
            return [(store.members(row.number)[0][0].document, row.state, row.detail) for row in rows]
        finally:
            store.close()

    def no_pause(self) -> None:
        """What failed is due again, and its channel no more left alone."""
        store = EffectStore(self.directory / "effects" / "delivery.sqlite")
        try:
            for row in store.targets().values():
                store.set_target(row._replace(paused_until_ms=0))
            with store.transaction() as connection:
                connection.execute("UPDATE effects SET due_ms = 0 WHERE state = 'waiting'")
        finally:
            store.close()

    def told(self) -> list[Message]:
        """What was brought back, in order."""
        ends = dict(enumerate(self.log.end_offsets("messages")))
        reader = self.log.reader("messages", dict.fromkeys(ends, 0))
        facts = [decode_fact(record.value) for records in read_to_end(reader, ends) for record in records]
        reader.close()
        messages = [fact for fact in facts if isinstance(fact, Message)]
        return sorted(messages, key=lambda m: (m.event_time, m.event_id))

    def statuses(self) -> list[tuple[str, str, str]]:
        return [(m.delivery_id, m.status, m.reason) for m in self.told()]


def deliver(log: SqliteLog, directory: Path, office: Office) -> EffectsStatus:
    """Run the sink until nothing is left that may be done now."""
    return run_effects(log, DeliverySink(office), directory)


def main() -> None:
    """DIRECTORY HOST PORT: run the sink until idle, in a process that may be killed."""
    directory, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    log = open_installation(load(directory, None))
    assert isinstance(log, SqliteLog)
    deliver(log, directory, office_at((host, port)))


__all__ = ["LINES", "Delivering", "deliver", "office_at", "outboxes"]

if __name__ == "__main__":
    main()
