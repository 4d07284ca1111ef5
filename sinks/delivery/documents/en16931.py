"""Invoices as EN 16931 has them: UBL 2.1, and CII inside a PDF (Factur-X). Source: EN 16931-1, its business terms (BT)
and rules (BR).

The `factur-x` library writes both syntaxes from business terms and checks them by the official schemas. What the rules
on totals ask is checked here first, with whole numbers: an invoice that breaks one is not made. It is
loaded where it is used: that takes a quarter of a second (November 2026), and most commands make no invoice.
"""

from collections.abc import Sequence
from typing import Any, Final

from sinks.delivery.documents.figures import (
    CREDIT_NOTE,
    InvoiceFigures,
    NoDocument,
    Party,
    day_of,
    decimal,
    scaled,
)

_TYPES: Final = {"invoice": "380", CREDIT_NOTE: "381"}
# UN/ECE Recommendation 20: one. Facts have no units.
_ONE: Final = "C62"
_TRANSFER: Final = "30"
_SEPA_TRANSFER: Final = "58"
_PPM: Final = 1_000_000
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# Categories with a tax; of all others the tax is zero.
_TAXED: Final = ("S", "L", "M")
# Those that must say why there is no tax (BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10).
_REASONED: Final = ("E", "AE", "K", "G", "O")


def findings(figures: InvoiceFigures) -> list[str]:
    """What the rules of EN 16931 on totals, taxes and parties find wrong, each with its rule; none where all is well."""
    currency = figures.currency
    found = []

    def must(rule: str, said: int, right: int, what: str) -> None:
        if said != right:
            found.append(f"{rule}: {what} is {decimal(said, currency)} and would have to be {decimal(right, currency)}")

    if not figures.lines:
        found.append("BR-16: it has no line")
    must("BR-CO-10", figures.net, sum(line.net for line in figures.lines), "the sum of the lines")
    must("BR-CO-14", figures.tax, sum(share.tax for share in figures.taxes), "the tax")
    must("BR-CO-13", figures.net, sum(share.net for share in figures.taxes), "the total without tax")
    must("BR-CO-15", figures.amount, figures.net + figures.tax, "the total with tax")
    for share in figures.taxes:
        of_code = [line for line in figures.lines if line.tax_code == share.code]
        must("BR-S-08", share.net, sum(line.net for line in of_code), f"the base of {share.code}")
        if not share.category:
            found.append(f"BR-47: nobody says which category tax code {share.code!r} is: [[taxes]] of delivery.toml")
        elif share.category not in _TAXED:
            must(f"BR-{share.category}-09", share.tax, 0, f"the tax of {share.code}")
        elif not _near(share.tax, share.net * share.rate_ppm, len(of_code)):
            found.append(
                f"BR-CO-17: {decimal(share.net, currency)} at {scaled(share.rate_ppm, 4)} % has no tax of "
                f"{decimal(share.tax, currency)} ({share.code})"
            )
        if share.category in _REASONED and not share.reason:
            found.append(f"BR-{share.category}-10: tax code {share.code!r} says no reason: [[taxes]] of delivery.toml")
    if not figures.seller.tax_number:
        found.append("BR-S-02: the sender has no tax_number: [[senders]] of delivery.toml")
    for who, party in (("BR-08: the sender", figures.seller), ("BR-10: the customer", figures.buyer)):
        if len(party.country) != 2:
            found.append(f"{who} has no country")
    return found


def _near(tax: int, weighted: int, lines: int) -> bool:
    """Whether it is the tax, rounded for each of the lines or once."""
    return abs(2 * tax * _PPM - 2 * weighted) <= lines * _PPM


def _party(party: Party, seller: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": party.name, "country_code": party.country}
    if party.city:
        found |= {"addr_l1": party.street, "city": party.city, "postcode": party.postcode}
    elif party.address:
        found |= {f"addr_l{at}": line for at, line in enumerate(party.address[:3], 1)}
    if party.tax_number and party.tax_number[:2].isalpha():
        found["vat_identifier"] = party.tax_number
    elif party.tax_number:
        found["tax_identifier" if seller else "legal_identifier"] = party.tax_number
    if party.email:
        found |= {"einvoicing_addr": party.email, "einvoicing_addr_schemeid": "EM"}
    if seller and (party.phone or party.email):
        found["contacts"] = [{"name": party.name, "phone": party.phone, "email": party.email}]
    return found


def _line(figures: InvoiceFigures, at: int) -> dict[str, Any]:
    line = figures.lines[at]
    share = next(share for share in figures.taxes if share.code == line.tax_code)
    price = line.price_micro
    # What a credit note gives back has no price: one piece of it is all of it.
    text = scaled(price, 6, 2) if price else decimal(line.net, figures.currency)
    quantity, sign = line.quantity_milli, 1
    if price < 0:
        # BR-27: a price is never negative; the quantity is.
        text, sign = scaled(-price, 6, 2), -1
    elif not price and line.net < 0:
        text, sign = decimal(-line.net, figures.currency), -1
    found = {
        "BT-126": str(line.number),
        "BT-129": scaled(sign * quantity, 3),
        "BT-130": _ONE,
        "BT-131": decimal(line.net, figures.currency),
        "BT-146": text,
        "BT-151": share.category,
        "BT-153": line.product,
        "BT-155": line.product,
    }
    if share.category != "O":
        found["BT-152"] = scaled(share.rate_ppm, 4) if share.category in _TAXED else "0"
    return found


def _terms(figures: InvoiceFigures, words: Sequence[str]) -> dict[str, Any]:
    """The business terms of the document. words: the payment terms as the customer reads them."""
    currency = figures.currency
    terms: dict[str, Any] = {
        "BT-1": figures.number,
        "BT-2": day_of(figures.issued),
        "BT-3": _TYPES[figures.kind],
        "BT-5": currency,
        "BT-10": figures.purchase_order or figures.account,
        "BT-12": figures.contract,
        "BT-13": figures.purchase_order,
        "BT-14": figures.order,
        "BG-4": _party(figures.seller, True),
        "BG-7": _party(figures.buyer, False) | {"identifiers": {None: figures.account}},
        "BT-106": decimal(figures.net, currency),
        "BT-109": decimal(figures.net, currency),
        "BT-110": decimal(figures.tax, currency),
        "BT-112": decimal(figures.amount, currency),
        "BT-115": decimal(figures.amount, currency),
        "BT-20": "\n".join(words),
        "BG-25": [_line(figures, at) for at in range(len(figures.lines))],
        "BG-23": [
            {
                "BT-116": decimal(share.net, currency),
                "BT-117": decimal(share.tax, currency),
                "BT-118": share.category,
                **({} if share.category == "O" else {"BT-119": scaled(max(share.rate_ppm, 0), 4)}),
                **({"BT-120": share.reason} if share.reason else {}),
            }
            for share in figures.taxes
        ],
    }
    if figures.due:
        terms["BT-9"] = day_of(figures.parts[-1].due if figures.parts else figures.due)
    if figures.replaces:
        terms["BG-3"] = [{"BT-25": figures.replaces}]
    account = figures.seller.iban or figures.seller.bank_account
    if account:
        sepa = figures.seller.iban and currency == "EUR"
        terms |= {"BT-81": _SEPA_TRANSFER if sepa else _TRANSFER, "BT-83": figures.number, "BT-84": account}
        if figures.seller.bic:
            terms["BT-86"] = figures.seller.bic
    # Delivered where the goods went (BR-IC-12 asks for it, and for a day); to the buyer where nobody says more.
    if any(share.category == "K" for share in figures.taxes):
        terms |= {"BT-72": day_of(figures.issued), "BG-13": {"country_code": figures.buyer.country}}
    return {name: value for name, value in terms.items() if value not in ("", [])}


def _checked(figures: InvoiceFigures) -> None:
    if found := findings(figures):
        raise NoDocument(f"{figures.number} is no invoice of EN 16931: {'; '.join(found)}")


def ubl(figures: InvoiceFigures, words: Sequence[str] = ()) -> bytes:
    """A UBL 2.1 Invoice, or CreditNote. Raises NoDocument with every rule that it would break."""
    from facturx import generate_ubl_xml

    _checked(figures)
    made = generate_ubl_xml(_terms(figures, words), level="en16931", check_xsd=True, check_schematron=False)
    assert isinstance(made, bytes)
    return made


def cii(figures: InvoiceFigures, words: Sequence[str] = ()) -> bytes:
    """A CII invoice of Factur-X's profile EN 16931. Raises NoDocument with every rule that it would break."""
    from facturx import generate_cii_xml, xml_check_xsd
    from lxml import etree

    _checked(figures)
    made = etree.fromstring(
        generate_cii_xml(_terms(figures, words), level="en16931", check_xsd=False, check_schematron=False)
    )
    # Where nothing is known of the delivery, the library says that its element is nil, which the schema does not allow.
    for element in made.iter():
        element.attrib.pop(_NIL, None)
    etree.cleanup_namespaces(made)
    xml_check_xsd(made, flavor="factur-x", level="en16931")
    found = etree.tostring(made, encoding="UTF-8", xml_declaration=True)
    assert isinstance(found, bytes)
    return found


def factur_x(figures: InvoiceFigures, pdf: bytes, words: Sequence[str] = (), language: str = "en") -> bytes:
    """The invoice's PDF with its CII inside: Factur-X, which is ZUGFeRD 2. Raises NoDocument."""
    from facturx import generate_from_binary

    issued = day_of(figures.issued)
    made: bytes = generate_from_binary(
        pdf,
        cii(figures, words),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        pdf_metadata={
            "author": figures.seller.name,
            "keywords": "Factur-X",
            "title": figures.number,
            "subject": f"{figures.number}, {issued.isoformat()}",
        },
        lang=language,
        afrelationship="alternative",
    )
    return made
