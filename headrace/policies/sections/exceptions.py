"""[exceptions]"""

from typing import Annotated, TypeAlias

from pydantic import field_validator

from dataflows.rules.provisions.exceptions import DEFAULT, KINDS
from headrace.policies.sections.fields import Section, one_of, whole, wrong

Kind: TypeAlias = Annotated[str, one_of(KINDS)]


class ExceptionsSection(Section):
    """Who gets what a person has to look at, how long it may take, and who is told then."""

    sla_hours: dict[Kind, Annotated[int, whole(0, 10_000)]]
    owners: dict[Kind, str]
    escalations: list[str]
    escalation_hours: Annotated[int, whole(1, 10_000)]

    @field_validator("sla_hours")
    @classmethod
    def _default(cls, hours: dict[str, int]) -> dict[str, int]:
        if DEFAULT not in hours:
            raise wrong("default must be there")
        return hours
