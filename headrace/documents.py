"""What of the logs goes into a document, for people who look at one: an account's facts and decisions, read anew."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.log.base import Log, account_key
from headrace.settings import Settings, WrongSettings
from headrace.why.history import of_accounts
from schemas.records import Customer, Decision, Fact
from sinks.delivery import knowing
from sinks.delivery.documents.figures import AnyLetter, InvoiceFigures, NoDocument
from sinks.delivery.knowing import Place
from sinks.delivery.office import Office
from sinks.delivery.setup import WrongSetup
from sinks.effects.base import Known

FOLDER: Final = "delivery"


def office_of(settings: Settings) -> Office:
    """The installation's own. Raises WrongSettings."""
    return open_office(office_folder(settings))


def open_office(folder: Path) -> Office:
    """The one in a folder. Raises WrongSettings."""
    try:
        return Office.open(folder)
    except WrongSetup as error:
        raise WrongSettings(str(error)) from None


def office_folder(settings: Settings) -> Path:
    """Where delivery.toml, approved.toml, templates and fonts of the installation are."""
    return settings.dir / FOLDER


@dataclass(frozen=True, slots=True)
class _Remembered(Known):
    """What the sink would know of one account, in memory."""

    rows: dict[str, bytes]
    facts: dict[tuple[int, int], Fact]

    def get(self, key: str) -> bytes | None:
        return self.rows.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.rows[key] = value

    def fact(self, shard: int, offset: int) -> Fact:
        return self.facts[shard, offset]

    def cause(self, d: Decision) -> Fact | None:
        return next((fact for fact in self.facts.values() if fact.event_id == d.cause_id), None)


class AccountPapers:
    """The documents and letters of an account."""

    def __init__(self, log: Log, shard: int, place: Place) -> None:
        """Reads both logs of the shard. Raises NoDocument where nothing is there about the account."""
        key = account_key(place.tenant, place.entity, place.account)
        history = of_accounts(log, shard, {key}).get(key.decode())
        if history is None:
            raise NoDocument(f"account {place.account}: nothing was decided about it")
        self._place: Final = place
        self._known: Final = _Remembered({}, {(shard, taken.offset): taken.fact for taken in history.facts})
        self._decisions: Final = history.decisions
        for d in history.decisions:
            knowing.heed(d, self._known)
        # After what was decided of them: what was rejected is not learned.
        for taken in history.facts:
            if taken.fact.kind in knowing.FACTS:
                knowing.learn(shard, taken.offset, taken.fact, self._known)

    def customer(self) -> Customer | None:
        return knowing.customer_of(self._known, self._place)

    def invoice(self, document: str, office: Office) -> InvoiceFigures:
        """An invoice or credit note. Raises NoDocument."""
        return knowing.document_of(self._known, self._place, document, 0, office.setup)

    def letters(self) -> dict[str, list[Decision]]:
        """The reminders of each letter and each statement, by its reference, in their order."""
        found: dict[str, list[Decision]] = {}
        for d in self._decisions:
            if d.kind == "reminder_due":
                found.setdefault(d.reference_id, []).append(d)
            elif d.kind == "statement":
                # Of two on one day the later one.
                found[d.reference_id] = [d]
        return found

    def letter(self, decisions: list[Decision], office: Office) -> AnyLetter:
        """One letter. Raises NoDocument."""
        return knowing.letter_of(self._known, decisions, office.setup)
