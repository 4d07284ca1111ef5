"""What of the logs goes into a document, for people who look at one: facts and decisions of one account, read anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.log.base import Log, account_key
from headrace.settings import Settings
from headrace.why.history import History, of_accounts
from schemas.records import CreditNote, Customer, Decision, Invoice
from sinks.delivery.approvals import read_approved
from sinks.delivery.documents.figures import InvoiceFigures, LetterFigures, NoDocument
from sinks.delivery.documents.making import (
    BILLED_LINE,
    REST,
    REST_LINE,
    billed_lines,
    broken_promises,
    credit_figures,
    invoice_figures,
    letter_figures,
)
from sinks.delivery.documents.templates import SHIPPED, Templates
from sinks.delivery.setup import Setup, read_setup

_POSTING: Final = ("item_posted", "invoice_released", "invoice_held")


@dataclass(frozen=True, slots=True)
class Office:
    """All that a document needs besides the log: who sends, the templates, the fonts."""

    setup: Setup
    templates: Templates
    fonts: tuple[Path, ...]


def open_office(settings: Settings) -> Office:
    """The installation's own, from its delivery folder. Raises WrongSetup."""
    folder = settings.dir / "delivery"
    fonts = folder / "fonts"
    return Office(
        read_setup(folder / "delivery.toml"),
        Templates([folder / "templates", SHIPPED], read_approved(folder / "approved.toml")),
        (fonts,) if fonts.is_dir() else (),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """An account in its shard."""

    shard: int
    tenant: str
    entity: str
    account: str

    def history(self, log: Log) -> History:
        """All of it, from the logs. Raises NoDocument where nothing is there."""
        key = account_key(self.tenant, self.entity, self.account)
        found = of_accounts(log, self.shard, {key}).get(key.decode())
        if found is None:
            raise NoDocument(f"account {self.account}: nothing was decided about it")
        return found


def _last_customer(history: History) -> Customer | None:
    found = [taken.fact for taken in history.facts if isinstance(taken.fact, Customer)]
    return found[-1] if found else None


def invoice_of(history: History, document: str, office: Office) -> tuple[InvoiceFigures, str]:
    """The figures of an invoice or credit note, and the customer's language. Raises NoDocument."""
    customer = _last_customer(history)
    language = "" if customer is None else customer.language
    invoices = {
        x.fact.document: x.fact for x in history.facts if isinstance(x.fact, Invoice) and not history.was_rejected(x)
    }
    for taken in history.facts:
        fact = taken.fact
        if isinstance(fact, CreditNote) and fact.document == document and not history.was_rejected(taken):
            return credit_figures(fact, invoices.get(fact.invoice), customer, office.setup), language
    for d in history.decisions:
        for number, kind in _parts(d):
            if number == document and d.document in invoices:
                lines = billed_lines(invoices[d.document], d.evidence, kind)
                return invoice_figures(invoices[d.document], customer, office.setup, number, lines), language
    if document not in invoices:
        raise NoDocument(f"{document}: no invoice or credit note of that number has come for account {history.key}")
    return invoice_figures(invoices[document], customer, office.setup), language


def _parts(d: Decision) -> Iterator[tuple[str, str]]:
    """The two numbers that a decision splits a draft into, each with what its lines begin with."""
    for said in d.evidence:
        if said.startswith(REST):
            yield d.document, BILLED_LINE
            yield said.removeprefix(REST), REST_LINE


def letters_of(history: History) -> dict[str, list[Decision]]:
    """The reminders of each letter, by its reference, in their order."""
    found: dict[str, list[Decision]] = {}
    for d in history.decisions:
        if d.kind == "reminder_due":
            found.setdefault(d.reference_id, []).append(d)
    return found


def letter_of(history: History, reminders: list[Decision], office: Office) -> LetterFigures:
    """The figures of one letter. Raises NoDocument."""
    charges = [
        d for d in history.decisions if d.kind == "interest_charged" and d.fact_offset == reminders[0].fact_offset
    ]
    broken = broken_promises(history.decisions, reminders[0])
    return letter_figures(reminders, charges, broken, _last_customer(history), office.setup)
