"""Invoices as X12 810, version 004010, in an interchange of their own.

Amounts of TDS, ITD and their like have two implied decimals (N2) whatever the currency, so a currency with three
cannot be told exactly and is refused, as is what does not fit its element. Names are written in ASCII and cut to
length, and what is nothing then is left out, or refused where it must be said; numbers that somebody matches by are never
changed. Credit notes are set 812, which is not made.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.currencies import MINOR_DIGITS
from sinks.delivery.documents.figures import INVOICE, InvoiceFigures, NoDocument, Party, day_of, scaled

ELEMENT: Final = "*"
SEGMENT: Final = "~"
COMPONENT: Final = ">"
VERSION: Final = "004010"
MOST_CONTROL: Final = 999_999_999
_N2_DIGITS: Final = 2
# Days of the discount count from the invoice's date.
_FROM_INVOICE_DATE: Final = "3"


@dataclass(frozen=True, slots=True)
class Envelope:
    """control: 1 to MOST_CONTROL, never used before between these two; made: YYYYMMDDHHMM, UTC; test: the partner
    reads it and books nothing."""

    control: int
    made: str
    test: bool = False


def x12_810(invoices: Sequence[InvoiceFigures], envelope: Envelope) -> bytes:
    """An interchange with one transaction set for each invoice, all from one seller to one buyer. Raises NoDocument."""
    assert invoices
    assert 1 <= envelope.control <= MOST_CONTROL
    seller, buyer = invoices[0].seller, invoices[0].buyer
    (sender_kind, sender), (partner_kind, partner) = _edi_id(seller, "sender"), _edi_id(buyer, "customer")
    control = f"{envelope.control:09}"
    segments = [
        [
            "ISA", "00", " " * 10, "00", " " * 10, sender_kind, sender.ljust(15), partner_kind, partner.ljust(15),
            envelope.made[2:8], envelope.made[8:12], "U", "00401", control, "0", "T" if envelope.test else "P", COMPONENT,
        ],
        ["GS", "IN", sender, partner, envelope.made[:8], envelope.made[8:12], str(envelope.control), "X", VERSION],
    ]  # fmt: skip
    for at, figures in enumerate(invoices, 1):
        assert (figures.seller, figures.buyer) == (seller, buyer)
        body = _set(figures)
        number = f"{at:04}"
        segments += [["ST", "810", number], *body, ["SE", str(len(body) + 2), number]]
    segments += [["GE", str(len(invoices)), str(envelope.control)], ["IEA", "1", control]]
    lines = [ELEMENT.join(_trimmed(segment)) + SEGMENT for segment in segments]
    return ("\n".join(lines) + "\n").encode("ascii")


def _trimmed(segment: list[str]) -> list[str]:
    """Without empty elements at its end. ISA has all of its elements, at their lengths."""
    end = len(segment)
    while segment[0] != "ISA" and end > 1 and not segment[end - 1]:
        end -= 1
    return segment[:end]


def _set(figures: InvoiceFigures) -> list[list[str]]:
    if figures.kind != INVOICE:
        raise NoDocument(f"{figures.number}: a credit note is no X12 810")
    number = _exact(figures.number, 22, "the invoice number")
    found = [
        [
            "BIG",
            _day(figures.issued),
            number,
            "",
            _exact(figures.purchase_order, 22, "the purchase order"),
            "",
            "",
            "DI",
        ],
        ["CUR", "SE", figures.currency],
    ]
    for qualifier, value, what in (
        ("CO", figures.order, "the order"),
        ("CT", figures.contract, "the contract"),
        ("OI", figures.replaces, "the invoice that it replaces"),
    ):
        if value:
            found.append(["REF", qualifier, _exact(value, 30, what)])
    found += _name("RI", figures.seller, "")
    found += _name("BT", figures.buyer, figures.account)
    if ship_to := _text(figures.ship_to, 60):
        found.append(["N1", "ST", ship_to])
    found += _terms(figures)
    for line in figures.lines:
        of_line = f"of line {line.number}"
        quantity = _number(scaled(line.quantity_milli, 3), 10, f"the quantity {of_line}")
        price = _number(scaled(line.price_micro, 6), 17, f"the price {of_line}")
        product = _exact(line.product, 48, f"the product {of_line}")
        found.append(["IT1", str(line.number), quantity, "EA", price, *(["", "VP", product] if product else [])])
        if line.tax:
            code = _exact(line.tax_code, 10, f"the tax code {of_line}")
            # VD: as the vendor calls it.
            said = ["", "VD", code] if code else []
            found.append(["TXI", "TX", scaled(line.tax, MINOR_DIGITS[figures.currency]), *said])
    if not figures.lines:
        raise NoDocument(f"{figures.number}: it has no lines, and an X12 810 is made of lines")
    found.append(["TDS", _n2(figures.amount, figures.currency, 15, "the amount")])
    if figures.tax:
        found.append(["TXI", "TX", scaled(figures.tax, MINOR_DIGITS[figures.currency])])
    found.append(["CTT", str(len(figures.lines))])
    return found


def _terms(figures: InvoiceFigures) -> list[list[str]]:
    """When it is to be paid: a segment for each discount, or instalment, else one with the due day."""
    due = _day(figures.due)
    if figures.parts:
        return [
            [
                "ITD",
                "04",
                _FROM_INVOICE_DATE,
                "",
                "",
                "",
                "",
                "",
                "",
                _day(part.due),
                _n2(part.amount, figures.currency, 10, "an instalment"),
            ]
            for part in figures.parts
        ]
    found = [
        [
            "ITD", "08", _FROM_INVOICE_DATE, scaled(one.rate_ppm, 4), _day(one.until), "", due, "",
            _n2(figures.amount - one.amount, figures.currency, 10, "a discount"),
        ]
        for one in figures.discounts
    ]  # fmt: skip
    return found or [["ITD", "01", _FROM_INVOICE_DATE, "", "", "", due]]


def _name(role: str, party: Party, account: str) -> list[list[str]]:
    """Who it is: name, our number of it where it has one, and address, as far as these can be written in ASCII. Raises NoDocument
    where there is neither name nor number."""
    of_ours = ["92", _exact(account, 80, "the account")] if account else []
    name = _text(party.name, 60)
    if not name and not of_ours:
        raise NoDocument(f"the name {party.name!r} has nothing that an X12 element may have: say it in ASCII")
    found = [["N1", role, name, *of_ours]]
    lines = [_text(line, 55) for line in ([party.street] if party.street else party.address)]
    if lines := [line for line in lines if line]:
        found.append(["N3", *lines[:2]])
    place = [_text(party.city, 30), "", _text(party.postcode, 15), _text(party.country, 3)]
    return [*found, ["N4", *place]] if any(place) else found


def _edi_id(party: Party, who: str) -> tuple[str, str]:
    kind, _, name = party.edi_id.partition(":")
    if not kind or not name:
        where = "[[senders]]" if who == "sender" else "[[edi_partners]]"
        raise NoDocument(f"the {who} has no edi_id: {where} of delivery.toml")
    return _exact(kind, 2, f"the {who}'s qualifier"), _exact(name, 15, f"the {who}'s edi_id")


def _day(days: int) -> str:
    return f"{day_of(days):%Y%m%d}"


def _n2(minor: int, currency: str, most: int, what: str) -> str:
    """With two implied decimals. Raises NoDocument where the currency has more, or the element fewer digits."""
    digits = MINOR_DIGITS[currency]
    if digits > _N2_DIGITS:
        raise NoDocument(f"{currency} has {digits} decimals, and amounts of an X12 810 have two")
    return _number(str(minor * 10 ** (_N2_DIGITS - digits)), most, what)


def _number(text: str, most: int, what: str) -> str:
    """A number as it is. Raises NoDocument where it has more digits than its element."""
    if sum(c.isdigit() for c in text) > most:
        raise NoDocument(f"{what}, {text}, does not fit an X12 element: at most {most} digits")
    return text


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return "".join(c if c.isprintable() and c not in (ELEMENT, SEGMENT, COMPONENT) else " " for c in folded)


def _text(text: str, most: int) -> str:
    """A name as far as it fits."""
    return _plain(text).strip()[:most].rstrip()


def _exact(text: str, most: int, what: str) -> str:
    """What somebody matches by, as it is. Raises NoDocument where it does not fit."""
    if _plain(text) != text or len(text) > most or text != text.strip():
        raise NoDocument(
            f"{what} {text!r} does not fit an X12 element: ASCII without {ELEMENT}{SEGMENT}{COMPONENT}, at most {most}"
        )
    return text
