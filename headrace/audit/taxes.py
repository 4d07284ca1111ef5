"""Tax of drafts by the auditor's own arithmetic. The policy's rates are read as its text has them."""

from fractions import Fraction
from typing import Any

from headrace.audit.policy import EPOCH
from schemas.records import Invoice


def half_up(value: Fraction) -> int:
    """Rounded half up, away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def wrong_tax(fact: Invoice, policy: dict[str, Any], country: str) -> list[str]:
    """What is wrong with the draft's tax."""
    if not fact.lines:
        return []
    name = fact.jurisdiction or policy["tax_jurisdiction"]
    found: list[str] = []
    if policy["tax_by_country"] and country and name.split("-")[0] != country:
        found.append(f"tax_jurisdiction:{name}")
    law = policy["tax"].get(name)
    if law is None:
        return [*found, f"tax_jurisdiction_unknown:{name}"] if policy["tax_jurisdictions_known"] else found
    rates = {line.line: rate_of(law, line.tax_code, fact.document_date) for line in fact.lines}
    if any(rate is None for rate in rates.values()):
        missing = [x for x in fact.lines if x.tax_code and rates[x.line] is None]
        return found + [f"tax_code_unknown:{line.line}" for line in missing]
    exact = [(line, line.net * (rates[line.line] or Fraction(0))) for line in fact.lines]
    if law["rounding"] == "line":
        found += [f"tax_arithmetic:{line.line}" for line, tax in exact if line.tax != half_up(tax)]
    elif law["rounding"] == "document":
        found += [] if fact.tax == half_up(sum((tax for _, tax in exact), Fraction(0))) else ["tax_arithmetic"]
    else:
        for code in dict.fromkeys(line.tax_code for line in fact.lines):
            right = half_up(sum((tax for line, tax in exact if line.tax_code == code), Fraction(0)))
            if sum(line.tax for line in fact.lines if line.tax_code == code) != right:
                found.append(f"tax_arithmetic:{code}")
    return found


def rate_of(law: dict[str, Any], code: str, day: int) -> Fraction | None:
    """The rate of that code on that day."""
    for one in law.get("codes", []):
        first, last = one.get("from", ""), one.get("until", "")
        today = _text(day)
        if one["code"] == code and first <= today and (not last or today <= last):
            return Fraction(one["rate_ppm"], 1_000_000)
    return None


def _text(day: int) -> str:
    return type(EPOCH).fromordinal(max(1, EPOCH.toordinal() + day)).isoformat()
