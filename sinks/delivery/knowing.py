"""What the sink keeps of facts and decisions to make documents of: where they are in the log, not what they say."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.codec import decode_decision, encode_decision
from schemas.records import CreditNote, Customer, Decision, Fact, Invoice
from sinks.delivery.documents.figures import AnyLetter, BrokenPromise, InvoiceFigures, NoDocument, decimal
from sinks.delivery.documents.making import (
    BILLED_LINE,
    REST,
    REST_LINE,
    billed_lines,
    credit_figures,
    has_lines,
    invoice_figures,
    letter_figures,
    statement_figures,
)
from sinks.delivery.setup import Setup
from sinks.effects.base import Known

FACTS: Final = ("customer", "invoice", "credit_note")
_PROMISES: Final = ("promise_broken", "promise_partially_kept", "promise_kept", "promise_cancelled")
DECISIONS: Final = ("invoice_released", "interest_charged", "fact_rejected", *_PROMISES)
_MOST_OF_A_NUMBER: Final = 10
_MOST_PROMISES: Final = 20
# A promise that was broken longer before a letter is not thrown in with it.
PROMISE_TOLD_MS: Final = 28 * 86_400_000


@dataclass(frozen=True, slots=True)
class Place:
    """Whose documents they are."""

    tenant: str
    entity: str
    account: str

    @classmethod
    def of(cls, one: Fact | Decision) -> "Place":
        return cls(one.tenant, one.entity, one.account_id)

    def key(self, what: str, name: str = "") -> str:
        """Unlike any other's: ids hold no newline, and may hold a slash."""
        return "\n".join((what, self.tenant, self.entity, self.account, name))


# --- keeping ---


def learn(shard: int, offset: int, fact: Fact, known: Known) -> None:
    """Keep where it is, unless it was rejected. The last comes first: of several documents with one number, which was posted
    shows by its amount."""
    if _is_rejected(known, shard, offset, fact):
        return
    place = Place.of(fact)
    key = place.key("customer") if isinstance(fact, Customer) else place.key("document", _document(fact))
    before = _places(known, key)
    if [shard, offset] not in before:
        _write(known, key, [[shard, offset], *before][:_MOST_OF_A_NUMBER])


def _document(fact: Fact) -> str:
    assert isinstance(fact, (Invoice, CreditNote))
    return fact.document


def heed(d: Decision, known: Known) -> None:
    """Keep what documents say of decisions: parts that a draft was billed in, charges, promises that were not kept; and
    which facts had no effect."""
    if d.kind == "fact_rejected":
        if d.cause_kind in FACTS:
            _write(known, _rejected(d.shard, d.fact_offset), d.cause_id)
    elif d.kind == "invoice_released":
        _keep_parts(d, known)
    elif d.kind == "interest_charged":
        key = Place.of(d).key("charges", str(d.fact_offset))
        raw = encode_decision(d).hex()
        before = _read(known, key) or []
        if raw not in before:
            _write(known, key, [*before, raw])
    elif d.kind in _PROMISES:
        key = Place.of(d).key("promises")
        promises = _read(known, key) or {}
        promises.pop(d.reference_id, None)
        if d.kind in ("promise_broken", "promise_partially_kept"):
            promises[d.reference_id] = [d.due_date, d.currency, d.amount, d.item_amount, d.event_time]
        _write(known, key, dict(list(promises.items())[-_MOST_PROMISES:]))


def _keep_parts(d: Decision, known: Known) -> None:
    """A part of a draft may be parted again: its lines are those of the first one's fact all the same."""
    rest = next((said.removeprefix(REST) for said in d.evidence if said.startswith(REST)), "")
    if not rest:
        return
    place = Place.of(d)
    whole = (_read(known, place.key("part", d.document)) or {"of": d.document})["of"]
    for number, kind in ((d.document, BILLED_LINE), (rest, REST_LINE)):
        lines = [said.removeprefix(kind) for said in d.evidence if said.startswith(kind)]
        _write(known, place.key("part", number), {"of": whole, "lines": lines})


def _read(known: Known, key: str) -> Any:
    raw = known.get(key)
    return None if raw is None else json.loads(raw)


def _write(known: Known, key: str, value: Any) -> None:
    known.put(key, json.dumps(value).encode())


# --- asking ---


def customer_of(known: Known, place: Place) -> Customer | None:
    """The latest customer fact that was not rejected; None where none has come."""
    fact = next(_facts(known, place.key("customer")), None)
    assert fact is None or isinstance(fact, Customer)
    return fact


def document_of(known: Known, place: Place, document: str, amount: int, setup: Setup) -> InvoiceFigures:
    """An invoice or credit note that was posted with that amount, 0 where nobody says with which. Raises NoDocument
    where nothing of that number is known, or nothing with that amount."""
    customer = customer_of(known, place)
    found: list[InvoiceFigures] = []
    for fact in _documents(known, place, document):
        if isinstance(fact, CreditNote):
            invoices = [x for x in _documents(known, place, fact.invoice) if isinstance(x, Invoice)]
            found.append(credit_figures(fact, invoices[0] if invoices else None, customer, setup))
        elif isinstance(fact, Invoice):
            found.append(invoice_figures(fact, customer, setup))
    part = _read(known, place.key("part", document))
    if part is not None:
        wholes = [x for x in _documents(known, place, part["of"]) if isinstance(x, Invoice)]
        found = [
            invoice_figures(x, customer, setup, document, billed_lines(x, part["lines"]))
            for x in wholes
            if has_lines(x, part["lines"])
        ]
    if not found:
        raise NoDocument(f"{document}: no invoice or credit note of that number has come for account {place.account}")
    for figures in found:
        if amount in (0, figures.amount):
            return figures
    said = ", ".join(decimal(figures.amount, figures.currency) for figures in found)
    wanted = decimal(amount, found[0].currency)
    raise NoDocument(f"{document}: it was posted with {wanted}, and what has come for it has {said}")


def _documents(known: Known, place: Place, document: str) -> Iterator[Fact]:
    return _facts(known, place.key("document", document))


def _facts(known: Known, key: str) -> Iterator[Fact]:
    """The facts that are kept there, the last first, without those that were rejected."""
    for shard, offset in _places(known, key):
        fact = known.fact(shard, offset)
        # An earlier version kept a fact before it was decided.
        if not _is_rejected(known, shard, offset, fact):
            yield fact


def _places(known: Known, key: str) -> list[list[int]]:
    """SHARD, OFFSET of each. An earlier version kept the customer's last one alone."""
    found = _read(known, key) or []
    return [found] if found and isinstance(found[0], int) else found


def _rejected(shard: int, offset: int) -> str:
    return f"rejected/{shard}/{offset}"


def _is_rejected(known: Known, shard: int, offset: int, fact: Fact) -> bool:
    return bool(_read(known, _rejected(shard, offset)) == fact.event_id)


def letter_of(known: Known, decisions: Sequence[Decision], setup: Setup) -> AnyLetter:
    """The letter of these reminders, or of a statement. Raises NoDocument."""
    first = decisions[0]
    customer = customer_of(known, Place.of(first))
    if first.kind == "statement":
        return statement_figures(first, customer, setup)
    return letter_figures(decisions, _charges_of(known, first), _broken_of(known, first), customer, setup)


def _charges_of(known: Known, d: Decision) -> list[Decision]:
    """What was charged by the fact that a reminder came from."""
    raws = _read(known, Place.of(d).key("charges", str(d.fact_offset))) or []
    return [decode_decision(bytes.fromhex(raw)) for raw in raws]


def _broken_of(known: Known, d: Decision) -> list[BrokenPromise]:
    """Promises that were not kept in the weeks before a reminder."""
    promises = _read(known, Place.of(d).key("promises")) or {}
    return [
        BrokenPromise(due, currency, amount, kept)
        for due, currency, amount, kept, at in promises.values()
        if d.event_time - PROMISE_TOLD_MS <= at <= d.event_time
    ]
