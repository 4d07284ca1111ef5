"""[differences]"""

from typing import Annotated

from pydantic import Field, field_validator

from dataflows.rules.provisions.differences import BORNE_BY, CATEGORIES, OVERPAYMENT, PPM, SHORT_PAYMENT
from headrace.policies.sections.fields import (
    DayOrNone,
    Minor,
    Name,
    Section,
    none,
    not_before_from,
    one_of,
    ordinal,
    whole,
    wrong,
)

# A code without an end holds on every day.
LAST_DAY = "9999-12-31"


class ReasonCode(Section):
    """[[differences.reason_codes]]"""

    code: Name
    category: Annotated[str, one_of(CATEGORIES)]
    payer: str = ""
    first: DayOrNone = Field(default="", alias="from")
    until: DayOrNone = LAST_DAY

    _order = not_before_from()


class DifferencesSection(Section):
    """What becomes of the difference between an item and its money."""

    discount_grace_days: Annotated[int, whole(0, 90)]
    tolerance_minor: Minor
    tolerance_ppm: Annotated[int, whole(0, PPM)]
    tolerance_month_minor: Minor
    small_credit_minor: Minor
    charges_borne_by: Annotated[str, one_of(BORNE_BY)]
    short_payment: Annotated[str, one_of(SHORT_PAYMENT)]
    short_category: Annotated[str, one_of(CATEGORIES)]
    ask_reason: bool
    overpayment: Annotated[str, one_of(OVERPAYMENT)]
    reason_codes: list[ReasonCode] = none()

    @field_validator("reason_codes")
    @classmethod
    def _one_meaning_a_day(cls, codes: list[ReasonCode]) -> list[ReasonCode]:
        known: dict[tuple[str, str], list[ReasonCode]] = {}
        for code in codes:
            same = known.setdefault((code.code.upper(), code.payer), [])
            for other in same:
                if ordinal(other.first) <= ordinal(code.until) and ordinal(code.first) <= ordinal(other.until):
                    raise wrong(f"{code.code!r} means two categories on the same days")
            same.append(code)
        return codes
