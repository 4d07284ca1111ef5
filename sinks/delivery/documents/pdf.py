"""Invoices and letters as PDF/A-3, set by typst: tagged for screen readers, the same bytes for the same figures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typst

from sinks.delivery.documents.figures import (
    INVOICE,
    AnyLetter,
    InvoiceFigures,
    NoDocument,
    Party,
    day_of,
    scaled,
)
from sinks.delivery.documents.letters import written
from sinks.delivery.documents.templates import LAYOUTS
from sinks.delivery.documents.wording import Wording

# PDF/A-3: kept for years, with files inside; the a of 3a: tagged.
_STANDARD: Final = "a-3a"
_FONTS: Final = ["Libertinus Serif"]


def _set(layout: str, data: Mapping[str, Any], fonts: Sequence[Path]) -> bytes:
    """Set a layout. Raises NoDocument where a letter of a text is in none of the fonts."""
    # A file that is named by the program alone; system fonts would make other bytes on another machine.
    compiler = typst.Compiler(root=LAYOUTS, font_paths=list(fonts), ignore_system_fonts=True)
    families = [*_FONTS, *_families(fonts)]
    try:
        made = compiler.compile(
            LAYOUTS / layout,
            format="pdf",
            sys_inputs={"data": json.dumps({**data, "fonts": families})},
            pdf_standards=[_STANDARD],
        )
    except typst.TypstError as error:
        raise NoDocument(
            f"{layout}: {error.message}; put a font that has it into the folder of fonts (docs/delivery.md)"
            if "could not be displayed" in error.message
            else f"{layout}: {error.message}"
        ) from error
    assert isinstance(made, bytes)
    return made


def _families(fonts: Sequence[Path]) -> list[str]:
    if not fonts:
        return []
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(fonts))
    return sorted(set(found.families()))


def _party(party: Party, wording: Wording, other: Party) -> dict[str, Any]:
    """The country is named where the letter goes to another one, and the address does not say it."""
    address = [line for line in party.address if line]
    if party.country and party.country != other.country:
        country = wording.country(party.country)
        if not any(line.rpartition(",")[2].strip() in (country, party.country) for line in address):
            address.append(country)
    return {"name": party.name, "address": address, "footer": party.footer}


def _sheet(wording: Wording, title: str, day: int, seller: Party, buyer: Party) -> dict[str, Any]:
    made = day_of(day)
    return {
        "title": title,
        "heading": title,
        "lang": wording.language,
        "paper": wording.paper(seller.country),
        "date": [made.year, made.month, made.day],
        "labels": {"page": wording.label("page")},
        "seller": _party(seller, wording, buyer),
        "buyer": _party(buyer, wording, seller),
    }


def _pay_to(wording: Wording, seller: Party, reference: str) -> list[list[str]]:
    lines = [
        (wording.label("iban"), " ".join(seller.iban[at : at + 4] for at in range(0, len(seller.iban), 4))),
        (wording.label("bic"), seller.bic),
        (wording.label("bank_account"), seller.bank_account),
    ]
    found = [[name, text] for name, text in lines if text]
    return [*found, [wording.label("reference"), reference]] if found else []


def invoice_values(figures: InvoiceFigures, wording: Wording) -> dict[str, Any]:
    """What a template of an invoice or credit note may say."""
    return {
        "number": figures.number,
        "account": figures.account,
        "seller": figures.seller.name,
        "customer": figures.buyer.name,
        "total": wording.money(figures.amount, figures.currency),
        "due": wording.day(figures.due) if figures.due and not figures.parts else "",
        "about": figures.replaces,
        "several": False,
        "parts": len(figures.parts),
        "discounts": [
            wording.label(
                "discount",
                rate=wording.percent(one.rate_ppm),
                day=wording.day(one.until),
                amount=wording.money(one.amount, figures.currency),
            )
            for one in figures.discounts
        ],
    }


def invoice_pdf(figures: InvoiceFigures, wording: Wording, fonts: Sequence[Path] = ()) -> bytes:
    """An invoice or credit note. Raises NoDocument, NoTemplate."""
    label, currency = wording.label, figures.currency
    title = f"{label(figures.kind)} {figures.number}"
    values = invoice_values(figures, wording)
    data = _sheet(wording, title, figures.issued, figures.seller, figures.buyer)
    replaced = "replaces" if figures.kind == INVOICE else "for_invoice"
    said = [
        ("date", wording.short_day(figures.issued)),
        ("due", wording.short_day(figures.due) if figures.due and not figures.parts else ""),
        ("account", figures.account),
        ("order", figures.order),
        ("purchase_order", figures.purchase_order),
        (replaced, figures.replaces),
        ("contract", figures.contract),
        ("ship_to", figures.ship_to),
        ("tax_number", figures.seller.tax_number),
    ]
    data["facts"] = [[label(name), text] for name, text in said if text]
    data["head"] = [label(name) for name in ("line", "product", "quantity", "price", "tax_code", "net")]
    data["lines"] = [
        [
            str(line.number),
            line.product,
            wording.number(scaled(line.quantity_milli, 3)),
            wording.number(scaled(line.price_micro, 6)),
            line.tax_code,
            wording.amount(line.net, currency),
        ]
        for line in figures.lines
    ]
    data["sums"] = [
        [label("total_net"), wording.money(figures.net, currency), False],
        [label("total_tax"), wording.money(figures.tax, currency), False],
        [label("total") if figures.kind == INVOICE else label("amount"), values["total"], True],
    ]
    data["tax_head"] = [label(name) for name in ("tax_code", "rate", "net", "tax")]
    data["taxes"] = [
        [
            f"{share.code} ({share.reason})" if share.reason else share.code,
            wording.percent(share.rate_ppm) if share.rate_ppm >= 0 else "",
            wording.amount(share.net, currency),
            wording.amount(share.tax, currency),
        ]
        for share in figures.taxes
        if share.code
    ]
    data["part_head"] = [label("part"), label("amount")]
    data["parts"] = [[wording.day(part.due), wording.money(part.amount, currency)] for part in figures.parts]
    data["terms"] = wording.text("terms", values)
    data["pay"] = _pay_to(wording, figures.seller, figures.number) if figures.kind == INVOICE else []
    return _set("invoice.typ", data, fonts)


def letter_pdf(figures: AnyLetter, wording: Wording, fonts: Sequence[Path] = ()) -> bytes:
    """A letter. Raises NoDocument, NoTemplate."""
    letter = written(figures, wording)
    data = _sheet(wording, letter.subject, figures.day, figures.seller, figures.buyer)
    said = [("date", wording.short_day(figures.day)), ("account", figures.account)]
    data["facts"] = [[wording.label(name), text] for name, text in said]
    data["opening"], data["closing"] = letter.opening, letter.closing
    data["parts"] = [{"tables": part.tables, "sums": part.sums} for part in letter.parts]
    data["pay"] = _pay_to(wording, figures.seller, figures.account) if letter.asks else []
    return _set("letter.typ", data, fonts)
