"""Invoices as EN 16931 has them: UBL 2.1, and CII inside a PDF (Factur-X). Source: EN 16931-1, its business terms (BT)
and rules (BR).

The `factur-x` library writes both syntaxes from business terms and checks them by the official schemas. What the rules
on totals ask is checked here first, with whole numbers: an invoice that breaks one is not made. It is
loaded where it is used: that takes a quarter of a second (November 2026), and most commands make no invoice.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from connectors.currencies import MINOR_DIGITS
from sinks.delivery.documents.countries import COUNTRIES, MEANT, VAT_PREFIXES
from sinks.delivery.documents.figures import (
    CREDIT_NOTE,
    InvoiceFigures,
    NoDocument,
    Party,
    TaxShare,
    day_of,
    decimal,
    scaled,
)

T = TypeVar("T")
_VAT: Final = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}|[A-Z]{2} ?[0-9][0-9A-Z ]{1,16}")
_MOST_SAID: Final = 200
_TYPES: Final = {"invoice": "380", CREDIT_NOTE: "381"}
# UN/ECE Recommendation 20: one. Facts have no units.
_ONE: Final = "C62"
_TRANSFER: Final = "30"
_SEPA_TRANSFER: Final = "58"
_PPM: Final = 1_000_000
_MOST_DIGITS: Final = 2
# Of ISO 4217, and not in the rules' list of it.
_UNLISTED: Final = ("STN", "XAD")
_PDF_TIME: Final = re.compile(rb"(/(?:ModDate|CreationDate) \(D(?::|\\072))\d{14}")
_XMP_TIME: Final = re.compile(rb"(<xmp:(?:CreateDate|ModifyDate)>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# Categories with a tax; of all others the tax is zero.
_TAXED: Final = ("S", "L", "M")
# Those that must say why there is no tax (BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10).
_REASONED: Final = ("E", "AE", "K", "G", "O")


def _rule(category: str) -> str:
    """What the rules of a category begin with."""
    return f"BR-{'IC' if category == 'K' else category}"


def findings(figures: InvoiceFigures) -> list[str]:
    """What the rules of EN 16931 on totals, taxes and parties find wrong, each with its rule; none where all is well."""
    return [*_of_currency(figures), *_of_totals(figures), *_of_taxes(figures), *_of_parties(figures)]


def _differs(figures: InvoiceFigures, rule: str, said: int, right: int, what: str) -> Iterator[str]:
    if said != right:
        currency = figures.currency
        yield f"{rule}: {what} is {decimal(said, currency)} and would have to be {decimal(right, currency)}"


def _of_currency(figures: InvoiceFigures) -> Iterator[str]:
    instead = "let it leave as pdf: form and attach of delivery.toml"
    if MINOR_DIGITS.get(figures.currency, 0) > _MOST_DIGITS:
        digits = MINOR_DIGITS[figures.currency]
        yield f"BR-DEC-14: {figures.currency} has {digits} decimals, and amounts may have {_MOST_DIGITS}: {instead}"
    if figures.currency in _UNLISTED:
        yield f"BR-CL-04: the rules do not know the currency {figures.currency}: {instead}"


def _of_totals(figures: InvoiceFigures) -> Iterator[str]:
    if not figures.lines:
        yield "BR-16: it has no line"
    for line in figures.lines:
        if not line.product.strip():
            yield f"BR-25: line {line.number} says no product"
    for rule, said, right, what in (
        ("BR-CO-10", figures.net, sum(line.net for line in figures.lines), "the sum of the lines"),
        ("BR-CO-14", figures.tax, sum(share.tax for share in figures.taxes), "the tax"),
        ("BR-CO-13", figures.net, sum(share.net for share in figures.taxes), "the total without tax"),
        ("BR-CO-15", figures.amount, figures.net + figures.tax, "the total with tax"),
    ):
        yield from _differs(figures, rule, said, right, what)


def _of_taxes(figures: InvoiceFigures) -> Iterator[str]:
    taxes = _breakdown(figures)
    for codes, share in taxes:
        of_codes = [line for line in figures.lines if line.tax_code in codes]
        yield from _differs(
            figures, "BR-S-08", share.net, sum(line.net for line in of_codes), f"the base of {share.code}"
        )
        if not share.category:
            yield f"BR-47: nobody says which category tax code {share.code!r} is: [[taxes]] of delivery.toml"
        elif share.category not in _TAXED:
            yield from _differs(figures, f"{_rule(share.category)}-09", share.tax, 0, f"the tax of {share.code}")
        elif not _near(share.tax, share.net * share.rate_ppm, len(of_codes), MINOR_DIGITS[figures.currency]):
            yield (
                f"BR-CO-17: {decimal(share.net, figures.currency)} at {scaled(share.rate_ppm, 4)} % has no tax of "
                f"{decimal(share.tax, figures.currency)} ({share.code}): have it rounded once for all lines, not for each"
            )
        if share.category == "S" and not share.rate_ppm:
            yield f"BR-S-05: tax code {share.code!r} is taxed, at 0 %: [[taxes]] of delivery.toml"
        if share.category in _REASONED and not share.reason:
            yield f"{_rule(share.category)}-10: tax code {share.code!r} says no reason: [[taxes]] of delivery.toml"
    if _outside(figures) and len(taxes) > 1:
        yield "BR-O-11: some lines are outside of the tax, and others are not"


def _of_parties(figures: InvoiceFigures) -> Iterator[str]:
    categories = {share.category for share in figures.taxes}
    seller, buyer = figures.seller.tax_number, figures.buyer.tax_number
    if not seller:
        yield "BR-S-02: the sender has no tax_number: [[senders]] of delivery.toml"
    elif not _is_vat(seller):
        for category in sorted(categories & {"K", "G"}):
            yield f"{_rule(category)}-02: the sender's tax_number is no VAT number: [[senders]] of delivery.toml"
    if "K" in categories and not _is_vat(buyer):
        yield "BR-IC-02: the customer has no VAT number (legal_entity)"
    if "AE" in categories and not buyer:
        yield "BR-AE-02: the customer has neither a VAT number nor one of a register (legal_entity)"
    for who, party, name, country in (
        ("the sender", figures.seller, "BR-06", "BR-08"),
        ("the customer", figures.buyer, "BR-07", "BR-10"),
    ):
        where = "[[senders]] of delivery.toml" if party is figures.seller else "the customer fact"
        if not party.name.strip():
            yield f"{name}: {who} has no name: {where}"
        if not party.country:
            yield f"{country}: {who} has no country: {where}"
        elif party.country not in COUNTRIES:
            meant = f", {MEANT[party.country]} is" if party.country in MEANT else ""
            yield f"BR-CL-14: {who}'s country {party.country!r} is no code of ISO 3166-1{meant}: {where}"


def _is_vat(number: str) -> bool:
    """With the letters of a country before it: "DE123456788", "FR 40 303 265 045"; a register's "HRB 12", or "EIN123456789", is
    none."""
    return number[:2] in VAT_PREFIXES and _VAT.fullmatch(number) is not None


def _outside(figures: InvoiceFigures) -> bool:
    """Whether any of it is outside of the tax, so that nobody's VAT number may be said (BR-O-02)."""
    return any(share.category == "O" for share in figures.taxes)


def _breakdown(figures: InvoiceFigures) -> list[tuple[set[str], TaxShare]]:
    """The taxes as the rules want them, one for each category and rate (BR-S-08, BR-E-01 ...), and the codes of each."""
    groups: dict[tuple[str, int, str], list[TaxShare]] = {}
    for share in figures.taxes:
        rate = share.rate_ppm if share.category in _TAXED else 0
        groups.setdefault((share.category, rate, "" if share.category else share.code), []).append(share)
    found = []
    for (category, rate, _), shares in groups.items():
        reasons = dict.fromkeys(share.reason for share in shares if share.reason)
        codes = [share.code for share in shares]
        net, tax = sum(share.net for share in shares), sum(share.tax for share in shares)
        found.append((set(codes), TaxShare(", ".join(codes), category, rate, "; ".join(reasons), net, tax)))
    return found


def _near(tax: int, weighted: int, lines: int, digits: int) -> bool:
    """Whether it is the tax, rounded for each of the lines or once, and less than one whole unit of the currency away from the
    tax in hundredths (BR-CO-17, BR-S-09)."""
    hundredths = 10 ** max(_MOST_DIGITS - digits, 0)
    exact = (2 * abs(weighted) * hundredths + _PPM) // (2 * _PPM)
    return abs(2 * tax * _PPM - 2 * weighted) <= lines * _PPM and abs(abs(tax) * hundredths - exact) < 100


def _party(party: Party, seller: bool, outside: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": party.name, "country_code": party.country}
    if party.city:
        found |= {"addr_l1": party.street, "city": party.city, "postcode": party.postcode}
    elif party.address:
        found |= {f"addr_l{at}": line for at, line in enumerate(party.address[:3], 1)}
    if _is_vat(party.tax_number) and not outside:
        found["vat_identifier"] = party.tax_number
    elif party.tax_number:
        # A seller without a VAT number is known by that one (BR-CO-26).
        found["legal_identifier"] = party.tax_number
        if seller and not outside:
            found["tax_identifier"] = party.tax_number
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
        "BG-4": _party(figures.seller, True, _outside(figures)),
        "BG-7": _party(figures.buyer, False, _outside(figures)) | {"identifiers": {None: figures.account}},
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
                **({} if share.category == "O" else {"BT-119": scaled(share.rate_ppm, 4)}),
                **({"BT-120": share.reason} if share.reason else {}),
            }
            for _, share in _breakdown(figures)
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
        terms |= {
            "BT-72": day_of(figures.issued),
            "BG-13": {"name": figures.buyer.name, "country_code": figures.buyer.country},
        }
    return {name: value for name, value in terms.items() if value not in ("", [])}


def refuse(figures: InvoiceFigures) -> None:
    """Raises NoDocument where it would break a rule."""
    if found := findings(figures):
        raise NoDocument(f"{figures.number} is no invoice of EN 16931: {'; '.join(found)}")


def _checked(figures: InvoiceFigures, make: Callable[[], T]) -> T:
    """What `make` makes. Raises NoDocument where a rule is broken, or the library or a schema does not take a text."""
    refuse(figures)
    try:
        return make()
    except Exception as error:
        # What a schema forbids the library tells by a bare Exception.
        if type(error) is not Exception and not isinstance(error, (ValueError, LookupError)):
            raise
        raise NoDocument(f"{figures.number} is no invoice of EN 16931: {str(error)[:_MOST_SAID]}") from error


def ubl(figures: InvoiceFigures, words: Sequence[str] = ()) -> bytes:
    """A UBL 2.1 Invoice, or CreditNote. Raises NoDocument with every rule that it would break."""
    from facturx import generate_ubl_xml

    def make() -> Any:
        return generate_ubl_xml(_terms(figures, words), level="en16931", check_xsd=True, check_schematron=False)

    made = _checked(figures, make)
    assert isinstance(made, bytes)
    return made


def cii(figures: InvoiceFigures, words: Sequence[str] = ()) -> bytes:
    """A CII invoice of Factur-X's profile EN 16931. Raises NoDocument with every rule that it would break."""
    from facturx import generate_cii_xml, xml_check_xsd
    from lxml import etree

    def make() -> Any:
        made = etree.fromstring(
            generate_cii_xml(_terms(figures, words), level="en16931", check_xsd=False, check_schematron=False)
        )
        # Where nothing is known of the delivery, the library says that its element is nil, which the schema does not allow.
        for element in made.iter():
            element.attrib.pop(_NIL, None)
        etree.cleanup_namespaces(made)
        xml_check_xsd(made, flavor="factur-x", level="en16931")
        return etree.tostring(made, encoding="UTF-8", xml_declaration=True)

    found = _checked(figures, make)
    assert isinstance(found, bytes)
    return found


def factur_x(figures: InvoiceFigures, pdf: bytes, words: Sequence[str] = (), language: str = "en") -> bytes:
    """The invoice's PDF with its CII inside: Factur-X, which is ZUGFeRD 2; the same bytes for the same figures. Raises
    NoDocument."""
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
        xmp_compression=False,
    )
    # The library says by its own clock when it was made, in places of fixed length.
    made = _PDF_TIME.sub(rb"\g<1>" + f"{issued:%Y%m%d}000000".encode(), made)
    return _XMP_TIME.sub(rb"\g<1>" + f"{issued}T00:00:00".encode(), made)
