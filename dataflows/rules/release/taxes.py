"""Tax of a draft against the policy's rates, rounded where its jurisdiction rounds. Source: REFERENCE 3.1."""

from typing import Final

from dataflows.rules.provisions.release import ReleaseTerms
from dataflows.rules.provisions.taxes import Jurisdiction
from schemas.records import Invoice, InvoiceLine

WHOLE_PPM: Final = 1_000_000


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half up, away from zero. The denominator is above zero."""
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def jurisdiction_of(fact: Invoice, terms: ReleaseTerms) -> str:
    return fact.jurisdiction or terms.jurisdiction


def tax_reasons(fact: Invoice, terms: ReleaseTerms, country: str) -> list[str]:
    """What is wrong with the draft's tax, in a fixed order; nothing is said of drafts without lines."""
    if not fact.lines:
        return []
    name = jurisdiction_of(fact, terms)
    reasons: list[str] = []
    if terms.by_country and country and name.partition("-")[0] != country:
        reasons.append(f"tax_jurisdiction:{name}")
    law = terms.taxes.get(name)
    if law is None:
        if terms.jurisdictions_known:
            reasons.append(f"tax_jurisdiction_unknown:{name}")
        return reasons
    unknown = [line for line in fact.lines if line.tax_code and law.rate(line.tax_code, fact.document_date) is None]
    if unknown or any(not line.tax_code for line in fact.lines):
        # What has no rate has no right tax.
        return reasons + [f"tax_code_unknown:{line.line}" for line in unknown]
    if law.rounding == "line":
        reasons += _by_line(fact, law)
    elif law.rounding == "rate":
        reasons += _by_rate(fact, law)
    elif fact.tax != half_up(sum([_exact(line, law, fact.document_date) for line in fact.lines]), WHOLE_PPM):
        reasons.append("tax_arithmetic")
    return reasons


def _exact(line: InvoiceLine, law: Jurisdiction, day: int) -> int:
    """The line's tax in millionths of the minor unit."""
    rate = law.rate(line.tax_code, day)
    assert rate is not None, f"no rate of {line.tax_code}"
    return line.net * rate


def _by_line(fact: Invoice, law: Jurisdiction) -> list[str]:
    day = fact.document_date
    return [
        f"tax_arithmetic:{line.line}" for line in fact.lines if line.tax != half_up(_exact(line, law, day), WHOLE_PPM)
    ]


def _by_rate(fact: Invoice, law: Jurisdiction) -> list[str]:
    """Lines of one code are rounded together. Two codes of one rate are two rates of the law."""
    exact: dict[str, int] = {}
    said: dict[str, int] = {}
    for line in fact.lines:
        exact[line.tax_code] = exact.get(line.tax_code, 0) + _exact(line, law, fact.document_date)
        said[line.tax_code] = said.get(line.tax_code, 0) + line.tax
    return [f"tax_arithmetic:{code}" for code in said if said[code] != half_up(exact[code], WHOLE_PPM)]


def taxes_of(lines: list[InvoiceLine], fact: Invoice, terms: ReleaseTerms) -> list[int]:
    """The tax of each of some lines that were cut out of the draft's, as its jurisdiction rounds; of a law that the
    policy does not know, what the lines say."""
    law = terms.taxes.get(jurisdiction_of(fact, terms))
    if law is None or any(law.rate(line.tax_code, fact.document_date) is None for line in lines):
        return [line.tax for line in lines]
    taxes: list[int] = []
    exact: dict[str, int] = {}
    said: dict[str, int] = {}
    last: dict[str, int] = {}
    for at, line in enumerate(lines):
        part = _exact(line, law, fact.document_date)
        taxes.append(half_up(part, WHOLE_PPM))
        group = line.tax_code if law.rounding == "rate" else ""
        exact[group] = exact.get(group, 0) + part
        said[group] = said.get(group, 0) + taxes[at]
        last[group] = at
    if law.rounding != "line":
        # The last line of a group takes what rounding it as a whole makes of it.
        for group, at in last.items():
            taxes[at] += half_up(exact[group], WHOLE_PPM) - said[group]
    return taxes
