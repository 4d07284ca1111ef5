"""Invoices and letters with figures that are easy to check, and what documents of them are made with."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from pypdf import PdfReader

from schemas.records import CreditNote, DiscountTier, Instalment, InvoiceLine
from sinks.delivery.documents.figures import Charge, InvoiceFigures, LetterFigures, LetterItem
from sinks.delivery.documents.making import credit_figures, invoice_figures
from sinks.delivery.documents.templates import SHIPPED, Templates
from sinks.delivery.documents.wording import Wording
from sinks.delivery.office import Office
from sinks.delivery.setup import EdiPartner, Sender, Setup, Tax
from tests.facts import DAY, customer, header, invoice

SENDER: Final = Sender(
    tenant="t1",
    entity="us01",
    name="Küchen & Söhne GmbH",
    street="Hafenstraße 1",
    postcode="20457",
    city="Hamburg",
    country="DE",
    tax_number="DE123456788",
    email="billing@seller.example",
    phone="+49 40 555 0100",
    iban="DE89 3704 0044 0532 0130 00",
    bic="COBADEFFXXX",
    edi_id="ZZ:SELLER01",
)
TAXES: Final = [
    Tax(code="S1", category="S", rate="7"),
    Tax(code="S19", category="S", rate="19"),
    Tax(code="EX", category="G", reason="Export outside the EU"),
]
PARTNER: Final = EdiPartner(tenant="t1", entity="us01", account="A-1", edi_id="01:123456789")
LINES: Final = [
    # 2.5 at 3.333333, 19 %: 8.33 and 1.58; 3 at 33.10: 99.30 and 18.87; 1 at 10.00, 7 %: 0.70.
    InvoiceLine(1, 1, "P-1", 2_500, 3_333_333, 833, 158, "S19"),
    InvoiceLine(2, 2, "P-2", 3_000, 33_100_000, 9_930, 1_887, "S19"),
    InvoiceLine(3, 3, "P-3", 1_000, 10_000_000, 1_000, 70, "S1"),
]


def setup(**changes: Any) -> Setup:
    return Setup(**({"senders": [SENDER], "taxes": TAXES, "edi_partners": [PARTNER]} | changes))


def all_approved() -> Templates:
    found = Templates([SHIPPED], {})
    digests = {f"{language}/{name}": _digest(found, language, name) for language, name in found.names()}
    return Templates([SHIPPED], digests)


def _digest(templates: Templates, language: str, name: str) -> str:
    found = templates.read(language, name)
    assert found is not None
    return found.digest


def office(fonts: tuple[Path, ...] = (), **changes: Any) -> Office:
    """All that ships, approved."""
    return Office(setup(**changes), all_approved(), fonts)


def buyer(**changes: Any) -> Any:
    fields = {
        "name": "Müller & Çelik <AG>",
        "country": "DE",
        "language": "de-DE",
        "billing_address": "Lange Straße 5\n10115 Berlin",
        "email": "ap@buyer.example",
        "legal_entity": "DE999999999",
    }
    return customer(**(fields | changes))


def bill(**changes: Any) -> InvoiceFigures:
    """117.63 net, 21.15 tax, 138.78 EUR."""
    language = changes.pop("language", "de-DE")
    fields = {
        "document": "RE-2026/17",
        "currency": "EUR",
        "amount": 13_878,
        "tax": 2_115,
        "lines": LINES,
        "po_reference": "PO-77",
        "document_date": DAY,
        "due_date": DAY + 30,
    }
    return invoice_figures(invoice(**(fields | changes)), buyer(language=language), setup())


def discounted() -> InvoiceFigures:
    return bill(discounts=[DiscountTier(10, 30_000), DiscountTier(20, 20_000)])


def in_instalments() -> InvoiceFigures:
    return bill(instalments=[Instalment(DAY + 30, 10_000), Instalment(DAY + 60, 3_878)])


def letter(**changes: Any) -> LetterFigures:
    """EUR: 100.00 of which 20.00 are contested, 45 days past due, 50.00 not yet due, fee 5.00; USD 1,234.56."""
    made = bill()
    figures = LetterFigures(
        reference=f"A-1:{DAY}",
        account="A-1",
        day=DAY,
        seller=made.seller,
        buyer=made.buyer,
        items=(
            LetterItem("RE-1", "invoice", 3, DAY - 75, DAY - 45, "EUR", 12_000, 10_000, 2_000, 8_000),
            LetterItem("RE-2", "invoice", 1, DAY - 25, DAY + 5, "EUR", 5_000, 5_000, 0, 5_000),
            LetterItem("RE-3", "invoice", 2, DAY - 40, DAY - 10, "USD", 123_456, 123_456, 0, 123_456),
        ),
        charges=(Charge("fee", "RE-1/fee", "", DAY + 14, "EUR", 500),),
    )
    return replace(figures, **changes)


def credit(of: bool = True) -> InvoiceFigures:
    """A credit note of 11.90. of: whether its invoice is known, whose lines have one tax code."""
    fields = header("credit-1") | {"document": "GS-1", "document_date": DAY, "posting_date": DAY}
    fact = CreditNote(**fields, currency="EUR", amount=1_190, tax=190, invoice="RE-1", reason="PRC", replaces="")
    return credit_figures(fact, invoice(document="RE-1", lines=LINES[:2]) if of else None, buyer(), setup())


def wording(name: str, language: str) -> Wording:
    return Wording(all_approved().approved(name, [language, "en"]), language)


def text_of(pdf: bytes) -> str:
    """All text, with any white space as one blank."""
    reader = PdfReader(BytesIO(pdf))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())
