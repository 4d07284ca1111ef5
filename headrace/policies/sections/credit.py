"""[credit]"""

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from dataflows.rules.provisions.credit import PPM, TRIGGERS
from headrace.policies.sections.fields import Minor, Section, one_of, whole, wrong


class CreditSection(Section):
    """Limits, when deliveries are held and released again, what of it reminds."""

    limit_minor: Minor
    limit_currency: str
    past_due_days: Annotated[int, whole(0, 3_650)]
    release_past_due_days: Annotated[int, whole(0, 3_650)]
    include_orders: bool
    tax_ppm: Annotated[int, whole(0, PPM)]
    near_ppm: Annotated[int, whole(0, PPM)]
    release_ppm: Annotated[int, whole(0, PPM)]
    stops_release: bool
    raises_reminders: list[Annotated[str, one_of(TRIGGERS)]]
    change_approval_minor: Minor
    group_step_minor: Minor

    @field_validator("limit_currency")
    @classmethod
    def _with_a_limit(cls, currency: str, info: ValidationInfo) -> str:
        if info.data.get("limit_minor") and not currency:
            raise wrong("must be there, with a limit")
        return currency

    @field_validator("release_past_due_days")
    @classmethod
    def _not_above(cls, days: int, info: ValidationInfo) -> int:
        if days > info.data.get("past_due_days", days):
            raise wrong("must not be above past_due_days")
        return days
