"""[cash]"""

from typing import Annotated, TypeAlias

from pydantic import field_validator

from dataflows.rules.provisions.cash import NETTING, ORDER
from headrace.policies.sections.fields import Section, one_of, whole, wrong

Rule: TypeAlias = Annotated[str, one_of(ORDER)]


class CashSection(Section):
    """How money that names nothing is applied, and what reminders and broken promises wait for."""

    sources: list[str]
    by_amount: bool
    by_subset: bool
    odds: Annotated[int, whole(0, 10**9)]
    order: list[Rule]
    duplicate_days: Annotated[int, whole(0, 365)]
    net_credits: Annotated[str, one_of(NETTING)]
    net_credits_days: Annotated[int, whole(0, 365)]

    @field_validator("order")
    @classmethod
    def _each_once(cls, order: list[str]) -> list[str]:
        if len(set(order)) != len(order):
            raise wrong("must name each rule once")
        return order
