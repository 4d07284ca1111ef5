"""Figures of documents out of facts and decisions. What does not add up to what was posted is no document."""

from collections.abc import Sequence
from typing import Final

from schemas.records import CreditNote, Customer, Decision, Invoice
from sinks.delivery.documents.figures import (
    CREDIT_NOTE,
    INVOICE,
    BrokenPromise,
    Charge,
    Discount,
    InvoiceFigures,
    LetterFigures,
    LetterItem,
    Line,
    NoDocument,
    Part,
    Party,
    StatedItem,
    StatementFigures,
    TaxShare,
    decimal,
)
from sinks.delivery.setup import Setup

_DAY_MS: Final = 86_400_000
_PPM: Final = 1_000_000
_CHARGES: Final = {"reminders.fee": "fee", "interest.late": "interest", "interest.compensation": "compensation"}
_LETTER: Final = "letter:"
_MOVED: Final = ("debits", "credits", "cash", "other")
_OPEN_ITEM: Final = "open_item:"
BILLED_LINE: Final = "billed_line:"
REST_LINE: Final = "rest_line:"
REST: Final = "rest:"


def buyer_of(customer: Customer | None, account: str, setup: Setup) -> Party:
    """The customer as documents name it. Raises NoDocument where nothing is known of it."""
    if customer is None:
        raise NoDocument(f"account {account}: no customer fact has come: name and address are unknown")
    address = tuple(line.strip() for line in customer.billing_address.splitlines() if line.strip())
    return Party(
        name=customer.name,
        address=address,
        country=customer.country.upper(),
        tax_number=customer.legal_entity,
        email=customer.email,
        edi_id=setup.edi_id(customer.tenant, customer.entity, account),
    )


def seller_of(tenant: str, entity: str, setup: Setup) -> Party:
    """The company that sends. Raises NoDocument where delivery.toml does not name it."""
    found = setup.seller(tenant, entity)
    if found is None:
        raise NoDocument(f"delivery.toml has no [[senders]] with tenant {tenant!r} and entity {entity!r}")
    return found


def has_lines(fact: Invoice, said: Sequence[str]) -> bool:
    """Whether it has the lines that a decision names."""
    return {text.partition(":")[0] for text in said} <= {str(line.line) for line in fact.lines}


def billed_lines(fact: Invoice, said: Sequence[str]) -> tuple[Line, ...]:
    """The lines of one part of a draft that was billed in parts, as the decision about it says: LINE:PIECES:NET:TAX."""
    by_number = {line.line: line for line in fact.lines}
    found = []
    for text in said:
        number, pieces, net, tax = text.split(":")
        of = by_number[int(number)]
        found.append(Line(of.line, of.product, _milli(pieces), of.unit_price_micro, int(net), int(tax), of.tax_code))
    return tuple(found)


def _milli(pieces: str) -> int:
    whole, _, rest = pieces.partition(".")
    return int(whole) * 1_000 + int(rest.ljust(3, "0") or "0")


def invoice_figures(
    fact: Invoice,
    customer: Customer | None,
    setup: Setup,
    number: str = "",
    lines: Sequence[Line] = (),
) -> InvoiceFigures:
    """An invoice as it was billed. number, lines: where it was billed in parts. Raises NoDocument where the lines are
    not the amount."""
    found = tuple(lines) or tuple(
        Line(x.line, x.product, x.quantity_milli, x.unit_price_micro, x.net, x.tax, x.tax_code) for x in fact.lines
    )
    if lines:
        net, tax = sum(x.net for x in found), sum(x.tax for x in found)
    else:
        net, tax = fact.amount - fact.tax, fact.tax
    for what, said, summed in (("net", net, sum(x.net for x in found)), ("tax", tax, sum(x.tax for x in found))):
        if found and said != summed:
            raise NoDocument(
                f"invoice {fact.document}: its lines have {decimal(summed, fact.currency)} {what}, "
                f"it has {decimal(said, fact.currency)}"
            )
    base = fact.discount_base_date or fact.document_date
    amount = net + tax
    return InvoiceFigures(
        kind=INVOICE,
        number=number or fact.document,
        account=fact.account_id,
        issued=fact.document_date,
        due=fact.due_date,
        currency=fact.currency,
        net=net,
        tax=tax,
        amount=amount,
        seller=seller_of(fact.tenant, fact.entity, setup),
        buyer=buyer_of(customer, fact.account_id, setup),
        lines=found,
        taxes=_taxes(found, setup) if found else _one_tax(net, tax),
        order=fact.order_id,
        purchase_order=fact.po_reference,
        replaces=fact.replaces,
        contract=fact.contract,
        ship_to=fact.ship_to,
        discounts=tuple(
            Discount(
                base + tier.days,
                tier.rate_ppm,
                amount - _half_up((net if fact.discount_net else amount) * tier.rate_ppm),
            )
            for tier in fact.discounts
        ),
        parts=tuple(Part(part.due_date, part.amount) for part in fact.instalments),
    )


def credit_figures(fact: CreditNote, of: Invoice | None, customer: Customer | None, setup: Setup) -> InvoiceFigures:
    """A credit note. of: the invoice that it names, where that is known: its tax is of that kind where it has one alone."""
    net = fact.amount - fact.tax
    codes = sorted({line.tax_code for line in of.lines}) if of is not None else []
    lines: tuple[Line, ...] = ()
    taxes = _one_tax(net, fact.tax)
    if len(codes) == 1:
        lines = (Line(1, fact.reason or fact.invoice, 1_000, 0, net, fact.tax, codes[0]),)
        taxes = _taxes(lines, setup)
    return InvoiceFigures(
        kind=CREDIT_NOTE,
        number=fact.document,
        account=fact.account_id,
        issued=fact.document_date,
        due=0,
        currency=fact.currency,
        net=net,
        tax=fact.tax,
        amount=fact.amount,
        seller=seller_of(fact.tenant, fact.entity, setup),
        buyer=buyer_of(customer, fact.account_id, setup),
        lines=lines,
        taxes=taxes,
        order=fact.order_id,
        replaces=fact.invoice,
    )


def _taxes(lines: Sequence[Line], setup: Setup) -> tuple[TaxShare, ...]:
    shares = []
    for code in sorted({line.tax_code for line in lines}):
        known = setup.tax(code)
        net = sum(line.net for line in lines if line.tax_code == code)
        tax = sum(line.tax for line in lines if line.tax_code == code)
        if known is None:
            shares.append(TaxShare(code, "", -1, "", net, tax))
        else:
            shares.append(TaxShare(code, known.category, known.rate_ppm, known.reason, net, tax))
    return tuple(shares)


def _one_tax(net: int, tax: int) -> tuple[TaxShare, ...]:
    """Of a document that has no lines nobody says what tax it is."""
    return (TaxShare("", "", -1, "", net, tax),)


def _half_up(weighted: int) -> int:
    return (2 * weighted + _PPM) // (2 * _PPM)


def letter_figures(
    reminders: Sequence[Decision],
    charges: Sequence[Decision],
    broken: Sequence[BrokenPromise],
    customer: Customer | None,
    setup: Setup,
) -> LetterFigures:
    """A letter of these `reminder_due`, which have one reference. charges: `interest_charged` of the same fact."""
    first = reminders[0]
    reference = first.reference_id
    day = reference.rpartition(":")[2]
    documents = {d.document for d in reminders}
    return LetterFigures(
        reference=reference,
        account=first.account_id,
        day=int(day) if day.isdecimal() else first.event_time // _DAY_MS,
        seller=seller_of(first.tenant, first.entity, setup),
        buyer=buyer_of(customer, first.account_id, setup),
        items=tuple(
            LetterItem(
                d.document,
                d.item_kind,
                d.level,
                d.document_date,
                d.due_date,
                d.currency,
                d.item_amount,
                d.item_open,
                d.item_disputed,
                d.amount,
            )
            for d in sorted(reminders, key=lambda d: (d.currency, d.due_date, d.document))
        ),
        charges=tuple(
            Charge(_CHARGES[d.rule], d.document, "" if d.rule == "reminders.fee" else d.counterparty, d.due_date,
                   d.currency, d.amount)
            for d in charges
            if _belongs(d, reference, documents)
        ),
        broken=tuple(broken),
    )  # fmt: skip


def _belongs(charge: Decision, reference: str, documents: set[str]) -> bool:
    """A fee names its letter; interest the item that it is for."""
    if charge.rule == "reminders.fee":
        return f"{_LETTER}{reference}" in charge.evidence
    return charge.rule in _CHARGES and charge.counterparty in documents


def statement_figures(d: Decision, customer: Customer | None, setup: Setup) -> StatementFigures:
    """The statement of account of a decision. Raises NoDocument where it does not add up."""
    said = dict(text.split(":", 1) for text in d.evidence)
    moved = tuple((name, int(said[name])) for name in _MOVED)
    items = tuple(_stated(text.removeprefix(_OPEN_ITEM)) for text in d.evidence if text.startswith(_OPEN_ITEM))
    unallocated = -d.unapplied - d.on_account
    closing = d.open_debit - d.open_credit + unallocated
    if d.amount != closing or d.amount != d.item_amount + sum(amount for _, amount in moved):
        raise NoDocument(
            f"{d.reference_id}: it closes with {decimal(d.amount, d.currency)}, which is not what it adds up to"
        )
    return StatementFigures(
        reference=d.reference_id,
        account=d.account_id,
        day=d.posting_date,
        seller=seller_of(d.tenant, d.entity, setup),
        buyer=buyer_of(customer, d.account_id, setup),
        currency=d.currency,
        since=int(said["since_day"]),
        opening=d.item_amount,
        moved=tuple((name, amount) for name, amount in moved if amount),
        closing=closing,
        items=items,
        further=d.open_debit - d.open_credit - sum(item.open for item in items),
        unallocated=unallocated,
    )


def _stated(text: str) -> StatedItem:
    """DATED:DUE:AMOUNT:OPEN:DISPUTED:KIND:NUMBER"""
    *numbers, kind, document = text.split(":", 6)
    issued, due, amount, left, disputed = map(int, numbers)
    sign = -1 if kind == CREDIT_NOTE else 1
    return StatedItem(document, kind, issued, 0 if sign < 0 else due, sign * amount, sign * left, sign * disputed)
