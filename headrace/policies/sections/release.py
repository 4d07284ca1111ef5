"""[release]"""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from dataflows.rules.provisions.release import AT_ONCE, CONDITIONS, MOST_PPM, ON_SCHEDULE, SCHEDULES
from dataflows.rules.provisions.taxes import MOST_RATE_PPM, ROUNDINGS
from headrace.policies.sections.fields import DayOrNone, Minor, Name, Section, none, one_of, ordinal, whole, wrong

# The rules have 1970-01-01, and a day that is left out, for no end.
NO_END = ordinal("")


class Waiver(Section):
    """[[release.exceptions]]"""

    name: Name
    contract: str
    waive: list[str]
    first: DayOrNone = Field(default="", alias="from")
    until: DayOrNone = ""


class TaxCode(Section):
    """[[release.tax.NAME.codes]]"""

    code: Name
    rate_ppm: Annotated[int, whole(0, MOST_RATE_PPM)]
    first: DayOrNone = Field(default="", alias="from")
    until: DayOrNone = ""

    def meets(self, other: "TaxCode") -> bool:
        """Whether both say a rate of one code on one day."""
        if self.code != other.code:
            return False
        mine, theirs = ordinal(self.until), ordinal(other.until)
        return (theirs == NO_END or ordinal(self.first) <= theirs) and (mine == NO_END or ordinal(other.first) <= mine)


class Jurisdiction(Section):
    """[release.tax.NAME]"""

    rounding: Annotated[str, one_of(ROUNDINGS)]
    codes: list[TaxCode] = none()

    @field_validator("codes")
    @classmethod
    def _one_rate(cls, codes: list[TaxCode]) -> list[TaxCode]:
        for at, code in enumerate(codes):
            if any(code.meets(other) for other in codes[:at]):
                raise wrong(f"{code.code!r} has two rates on the same days")
        return codes


class ReleaseSection(Section):
    """When drafts are released, and what is checked before."""

    condition: Annotated[str, one_of(CONDITIONS)]
    pod_days: Annotated[int, whole(0, 365)]
    hold_sla_days: Annotated[int, whole(0, 365)]
    schedule: Annotated[str, one_of(SCHEDULES)]
    schedule_weekday: Annotated[int, whole(0, 6)]
    consolidated: Annotated[str, one_of(("together", "each"))]
    partial_shipments: Annotated[str, one_of(("wait", "split"))]
    short_billing: Annotated[str, one_of(("allow", "hold"))]
    over_billing: Annotated[str, one_of(("allow", "hold"))]
    price_tolerance_ppm: Annotated[int, whole(0, MOST_PPM)]
    price_tolerance_minor: Minor
    price_below: Annotated[str, one_of(("allow", "hold"))]
    agreement_required: bool
    currencies: list[str]
    po_must_match: bool
    rebill: Annotated[str, one_of(("after_credit", "any"))]
    hold_on_credit: bool
    extra_products: list[str]
    tax_jurisdiction: str
    tax_jurisdictions_known: bool
    tax_by_country: bool
    manual_never: list[str]
    exceptions: list[Waiver] = none()
    owners: dict[str, str]
    tax: dict[str, Jurisdiction]

    @field_validator("schedule")
    @classmethod
    def _scheduled(cls, schedule: str, info: ValidationInfo) -> str:
        if info.data.get("condition") == ON_SCHEDULE and schedule == AT_ONCE:
            raise wrong(f"with the condition on_schedule it must be one of {', '.join(SCHEDULES[1:])}")
        return schedule
