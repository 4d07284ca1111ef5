"""X12 810, read back by a reader of its own: envelope, counts, and amounts that add up."""

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from schemas.records import Instalment, InvoiceLine
from sinks.delivery.documents.figures import InvoiceFigures, NoDocument
from sinks.delivery.documents.x12 import Envelope, x12_810
from tests.facts import DAY
from tests.sinks.delivery.papers import LINES, bill, credit, discounted, in_instalments

ENVELOPE = Envelope(control=42, made="202603101530")


def read(raw: bytes) -> list[list[str]]:
    """The segments of an interchange, by the separators that its own ISA says."""
    text = raw.decode("ascii")
    element, terminator = text[3], text[105]
    assert text[104] == ">"
    return [segment.strip("\n").split(element) for segment in text.split(terminator) if segment.strip("\n")]


def sets(segments: list[list[str]]) -> list[list[list[str]]]:
    """Check the envelopes, and give what is between ST and SE of each transaction set."""
    isa, gs, ge, iea = segments[0], segments[1], segments[-2], segments[-1]
    assert [len(part) for part in isa[1:]] == [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1]
    assert (isa[0], gs[0], ge[0], iea[0]) == ("ISA", "GS", "GE", "IEA")
    assert (iea[1], iea[2]) == ("1", isa[13])
    assert ge[2] == gs[6]
    assert int(isa[13]) == int(gs[6])
    found: list[list[list[str]]] = []
    for segment in segments[2:-2]:
        if segment[0] == "ST":
            found.append([])
        found[-1].append(segment)
    assert int(ge[1]) == len(found)
    for one in found:
        st, se = one[0], one[-1]
        assert (st[:2], se[0], se[2]) == (["ST", "810"], "SE", st[2])
        assert int(se[1]) == len(one)
    assert len({one[0][2] for one in found}) == len(found)
    return found


def check(figures: InvoiceFigures, one: list[list[str]], digits: int) -> None:
    """Lines and taxes are the total, which is that of the invoice."""
    unit = Decimal(1).scaleb(-digits)
    lines = [segment for segment in one if segment[0] == "IT1"]
    net = sum((Decimal(line[2]) * Decimal(line[4])).quantize(unit, ROUND_HALF_UP) for line in lines)
    at = next(number for number, segment in enumerate(one) if segment[0] == "TDS")
    of_lines = [Decimal(segment[2]) for segment in one[:at] if segment[0] == "TXI"]
    of_all = [Decimal(segment[2]) for segment in one[at:] if segment[0] == "TXI"]
    assert sum(of_lines) == sum(of_all)
    total = Decimal(one[at][1]) / 100
    assert net + sum(of_all) == total
    assert int(total.scaleb(digits)) == figures.amount
    (ctt,) = [segment for segment in one if segment[0] == "CTT"]
    assert int(ctt[1]) == len(lines)


def test_an_interchange_reads_back_as_it_was() -> None:
    segments = read(x12_810([bill()], ENVELOPE))
    (one,) = sets(segments)
    check(bill(), one, 2)
    assert segments[0][5:9] == ["ZZ", "SELLER01       ", "01", "123456789      "]
    assert segments[0][9:16] == ["260310", "1530", "U", "00401", "000000042", "0", "P"]
    assert ["BIG", "20260310", "RE-2026/17", "", "PO-77", "", "", "DI"] in one
    assert ["CUR", "SE", "EUR"] in one
    assert ["IT1", "1", "2.5", "EA", "3.333333", "", "VP", "P-1"] in one
    assert ["ITD", "01", "3", "", "", "", "20260409"] in one
    # What is no ASCII, or a separator, is written so that it can be read.
    assert ["N1", "RI", "Kuchen & Sohne GmbH"] in one
    assert ["N1", "BT", "Muller & Celik <AG", "92", "A-1"] in one


def test_several_invoices_are_several_sets() -> None:
    second = bill(document="RE-2", lines=LINES[:1], amount=991, tax=158)
    first, other = sets(read(x12_810([bill(), second], ENVELOPE)))
    check(bill(), first, 2)
    check(second, other, 2)


def test_terms() -> None:
    (one,) = sets(read(x12_810([discounted()], ENVELOPE)))
    assert [segment for segment in one if segment[0] == "ITD"] == [
        ["ITD", "08", "3", "3", "20260320", "", "20260409", "", "416"],
        ["ITD", "08", "3", "2", "20260330", "", "20260409", "", "278"],
    ]
    (one,) = sets(read(x12_810([in_instalments()], ENVELOPE)))
    parts = [segment for segment in one if segment[0] == "ITD"]
    assert [(part[1], part[9], part[10]) for part in parts] == [("04", "20260409", "10000"), ("04", "20260509", "3878")]


def test_two_decimals_are_implied_in_every_currency() -> None:
    line = LINES[0].__class__(1, 1, "P-1", 2_000, 500_000_000, 1_000, 0, "EX")
    yen = bill(currency="JPY", amount=1_000, tax=0, lines=[line])
    (one,) = sets(read(x12_810([yen], ENVELOPE)))
    assert ["TDS", "100000"] in one
    check(yen, one, 0)
    with pytest.raises(NoDocument, match="KWD has 3 decimals"):
        x12_810([replace(yen, currency="KWD")], ENVELOPE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"document": "RE*1"}, "does not fit"),
        ({"document": "RÉ-1"}, "does not fit"),
        ({"document": "R" * 23}, "at most 22"),
        ({"po_reference": "A~B"}, "the purchase order"),
        ({"lines": []}, "it has no lines"),
    ],
)
def test_what_somebody_matches_by_is_never_changed(changes: dict[str, str], said: str) -> None:
    with pytest.raises(NoDocument, match=said):
        x12_810([bill(**changes)], ENVELOPE)


def line(quantity_milli: int = 1_000, price_micro: int = 10_000_000, net: int = 1_000) -> InvoiceLine:
    return InvoiceLine(1, 1, "P-1", quantity_milli, price_micro, net, 0, "EX")


def alone(one: InvoiceLine, amount: int = 1_000, **changes: Any) -> InvoiceFigures:
    """An invoice with this line alone, without tax."""
    return bill(amount=amount, tax=0, lines=[one], **changes)


@pytest.mark.parametrize("text", ["東京商事", "~*>", "\n"])
def test_a_segment_that_would_have_nothing_to_say_is_left_out(text: str) -> None:
    figures = alone(line(), ship_to=text)
    nowhere = replace(figures.buyer, name=text, address=(text, text), country="", postcode=text, city=text)
    (one,) = sets(read(x12_810([replace(figures, buyer=nowhere)], ENVELOPE)))
    at = one.index(["N1", "BT", "", "92", "A-1"])
    assert one[at + 1] == ["ITD", "01", "3", "", "", "", "20260409"]
    half = replace(figures.buyer, address=(text, "Lange Straße 5", "10115 Berlin"))
    (one,) = sets(read(x12_810([replace(figures, buyer=half)], ENVELOPE)))
    assert [segment for segment in one if segment[0] == "N3"][1:] == [["N3", "Lange Strasse 5", "10115 Berlin"]]
    assert all(segment[-1] for segment in one)
    with pytest.raises(NoDocument, match="has nothing that an X12 element may have: say it in ASCII"):
        x12_810([replace(figures, seller=replace(figures.seller, name=text))], ENVELOPE)


def test_a_line_without_a_product_or_a_tax_code_says_neither() -> None:
    taxed = replace(bill(), lines=(replace(bill().lines[0], product="", tax_code=""),))
    (one,) = sets(read(x12_810([taxed], ENVELOPE)))
    assert ["IT1", "1", "2.5", "EA", "3.333333"] in one
    assert ["TXI", "TX", "1.58"] in one


@pytest.mark.parametrize(
    ("changes", "amount", "said"),
    [
        ({"quantity_milli": 12_345_678_901_123, "price_micro": 1}, 1, "the quantity of line 1, 12345678901.123, does not fit an X12 element: at most 10 digits"),
        ({"quantity_milli": 12_345_678_911}, 1_000, "the quantity of line 1, 12345678.911, does not fit"),
        ({"price_micro": 123_456_789_012_123_456}, 1_000, "the price of line 1, 123456789012.123456, does not fit an X12 element: at most 17"),
        ({"net": 10**15}, 10**15, "the amount, 1000000000000000, does not fit an X12 element: at most 15 digits"),
    ],
)  # fmt: skip
def test_a_number_that_is_longer_than_its_element_is_refused(changes: dict[str, int], amount: int, said: str) -> None:
    one = line(**({"net": amount} | changes))
    with pytest.raises(NoDocument, match=re.escape(said)):
        x12_810([alone(one, amount)], ENVELOPE)


def test_numbers_that_just_fit_their_elements() -> None:
    most = line(quantity_milli=1_234_567_891, price_micro=12_345_678_901_123_456, net=10**15 - 1)
    (one,) = sets(read(x12_810([alone(most, 10**15 - 1)], ENVELOPE)))
    assert ["IT1", "1", "1234567.891", "EA", "12345678901.123456", "", "VP", "P-1"] in one
    assert ["TDS", "999999999999999"] in one
    parts = [Instalment(DAY + 30, 10**10), Instalment(DAY + 60, 1)]
    figures = alone(line(net=10**10 + 1), 10**10 + 1, instalments=parts)
    with pytest.raises(NoDocument, match="an instalment, 10000000000, does not fit an X12 element: at most 10 digits"):
        x12_810([figures], ENVELOPE)


def test_who_has_no_id_gets_none_and_a_credit_note_is_no_810() -> None:
    with pytest.raises(NoDocument, match=r"\[\[edi_partners\]\]"):
        x12_810([replace(bill(), buyer=replace(bill().buyer, edi_id=""))], ENVELOPE)
    with pytest.raises(NoDocument, match="no X12 810"):
        x12_810([replace(credit(), buyer=bill().buyer)], ENVELOPE)
