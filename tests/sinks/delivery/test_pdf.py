"""What stands in the PDFs is what the figures say: the text is taken out of them again."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from sinks.delivery.documents.figures import BrokenPromise, NoDocument
from sinks.delivery.documents.pdf import invoice_pdf, letter_pdf
from tests.facts import DAY
from tests.sinks.delivery.papers import bill, discounted, in_instalments, letter, text_of, wording


def test_an_invoice_says_its_figures_as_the_customer_writes_them() -> None:
    pdf = invoice_pdf(bill(), wording("invoice", "de-DE"))
    text = text_of(pdf)
    assert "Rechnung RE-2026/17" in text
    assert "Müller & Çelik <AG> Lange Straße 5 10115 Berlin" in text
    assert "1 P-1 2,5 3,333333 S19 8,33" in text
    assert "2 P-2 3 33,1 S19 99,30" in text
    assert "Summe netto 117,63 € Steuer 21,15 € Rechnungsbetrag 138,78 €" in text
    assert "S1 7% 10,00 0,70" in text
    assert "S19 19% 107,63 20,45" in text
    assert "Bitte zahlen Sie 138,78 € bis zum 9. April 2026" in text
    assert "DE89 3704 0044 0532 0130 00" in text
    assert "Ihre Bestellung PO-77" in text
    # The same again is the same to the byte.
    assert invoice_pdf(bill(), wording("invoice", "de-DE")) == pdf


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "Please pay €138.78 by April 9, 2026"),
        ("en-GB", "Please pay €138.78 by 9 April 2026"),
        ("de-AT", "Bitte zahlen Sie € 138,78 bis zum 9. April 2026"),
        ("fr-FR", "Merci de régler 138,78 € au plus tard le 9 avril 2026"),
        ("es-ES", "Les rogamos que paguen 138,78 € a más tardar el 9 de abril de 2026"),
        # Of a language without a template the fallback, and its ways.
        ("nl-NL", "Please pay €138.78 by April 9, 2026"),
    ],
)
def test_numbers_and_days_are_those_of_the_customers_region(language: str, said: str) -> None:
    assert said in text_of(invoice_pdf(bill(), wording("invoice", language)))


def test_a_rate_is_told_with_all_its_decimals() -> None:
    (share,) = [one for one in bill().taxes if one.code == "S19"]
    figures = replace(bill(), taxes=(replace(share, rate_ppm=88_750),))
    assert "S19 8.875% 107.63 20.45" in text_of(invoice_pdf(figures, wording("invoice", "en-US")))


def test_discounts_and_instalments_are_told() -> None:
    text = text_of(invoice_pdf(discounted(), wording("invoice", "en-US")))
    # 3 % of 138.78 are 4.16, 2 % are 2.78.
    assert "3% discount if paid by March 20, 2026: please pay €134.62" in text
    assert "2% discount if paid by March 30, 2026: please pay €136.00" in text
    text = text_of(invoice_pdf(in_instalments(), wording("invoice", "en-US")))
    assert "April 9, 2026 €100.00 May 9, 2026 €38.78" in text
    assert "Please pay the instalments on the days above" in text


def test_a_letter_lists_its_items_and_adds_them_up_for_each_currency() -> None:
    text = text_of(letter_pdf(letter(), wording("reminder", "en-US")))
    assert "Urgent: overdue payment, account A-1" in text
    assert "RE-1 Dec 25, 2025 Jan 24, 2026 45 3 100.00 (of which contested 20.00) 80.00" in text
    assert "RE-2 Feb 13, 2026 Mar 15, 2026 not yet due 1 50.00 50.00" in text
    assert "Reminder fee RE-1/fee Mar 24, 2026 5.00" in text
    assert "Items €130.00 Charges €5.00 Total due (EUR) €135.00" in text
    assert "RE-3 Jan 29, 2026 Feb 28, 2026 10 2 1,234.56 1,234.56 Total due (USD) $1,234.56" in text
    assert "What you contest is being looked into" in text
    assert "promised" not in text
    assert "Items that are not due yet need only be paid by the days shown." in text
    due = letter(items=letter().items[:1])
    assert "not due yet" not in text_of(letter_pdf(due, wording("reminder", "en-US")))


def test_where_to_pay_stands_on_one_page_whatever_the_number_of_items() -> None:
    several = 0
    for number in range(18, 34):
        figures = letter(items=letter().items[:1] * number)
        pages = [
            page.extract_text() for page in PdfReader(BytesIO(letter_pdf(figures, wording("reminder", "en-US")))).pages
        ]
        [paid] = [text for text in pages if "DE89 3704 0044 0532 0130 00" in text]
        assert re.search(r"Reference\s+A-1", paid), number
        several += len(pages) > 1
    assert 0 < several < 16


def test_a_broken_promise_is_thrown_in() -> None:
    broken = (BrokenPromise(DAY - 5, "EUR", 8_000, 0), BrokenPromise(DAY - 4, "EUR", 4_000, 1_500))
    text = text_of(letter_pdf(letter(broken=broken), wording("reminder", "en-US")))
    assert "You had promised to pay €80.00 by March 5, 2026; we have not received it." in text
    assert "You had promised to pay €40.00 by March 6, 2026; of this we have received €15.00." in text


@pytest.mark.parametrize(
    ("days", "subject"),
    [(-5, "Payment due soon"), (0, "Payment due soon"), (1, "Payment reminder"), (10, "Second payment reminder"), (20, "Urgent")],
)  # fmt: skip
def test_the_tone_goes_by_how_long_the_oldest_item_is_due(days: int, subject: str) -> None:
    figures = letter()
    item = figures.items[0].__class__("RE-9", "invoice", 1, DAY - 60, DAY - days, "EUR", 100, 100, 0, 100)
    assert subject in text_of(letter_pdf(letter(items=(item,), charges=()), wording("reminder", "en-US")))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_no_words_of_another_language_or_of_a_template_are_left(language: str) -> None:
    for pdf in (
        invoice_pdf(discounted(), wording("invoice", language)),
        letter_pdf(letter(broken=(BrokenPromise(DAY, "EUR", 1, 0),)), wording("reminder", language)),
    ):
        text = text_of(pdf)
        assert not re.search(r"[{}%]\s*[{}]|None|\bUndefined\b", text)
        others = {"en": "Please", "de": "Bitte", "fr": "Merci", "es": "rogamos"}
        assert [word for tag, word in others.items() if word in text] == [others[language]]


def test_texts_of_customers_are_never_markup() -> None:
    figures = bill(document="#strong[x] *y* $z$ \\u{1}")
    assert "#strong[x] *y* $z$ \\u{1}" in text_of(invoice_pdf(figures, wording("invoice", "en")))


def test_a_letter_that_no_font_has_is_told() -> None:
    figures = bill()
    with pytest.raises(NoDocument, match="put a font"):
        invoice_pdf(replace(figures, buyer=replace(figures.buyer, name="東京商事")), wording("invoice", "en"))


def test_a_pdf_is_pdf_a_3_and_tagged() -> None:
    reader = PdfReader(BytesIO(invoice_pdf(bill(), wording("invoice", "de-DE"))))
    xmp = reader.xmp_metadata
    assert xmp is not None
    assert (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("3", "A")
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "de"
    assert root["/MarkInfo"]["/Marked"]
