"""[interest]"""

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from dataflows.rules.provisions.interest import CHARGES, MOST_PPM
from headrace.policies.sections.fields import Day, Minor, Section, one_of, ordinal, whole, wrong


class Jurisdiction(Section):
    """[interest.jurisdictions.NAME]"""

    half_years: bool
    rate_days: list[Day]
    rates_ppm: list[int]
    points_ppm: Annotated[int, whole(0, MOST_PPM)]
    year_days: Annotated[int, whole(360, 366)]
    compensation_minor: Minor
    compensation_currency: str

    @field_validator("rate_days")
    @classmethod
    def _rise(cls, days: list[str]) -> list[str]:
        numbers = [ordinal(day) for day in days]
        if not days or numbers != sorted(set(numbers)):
            raise wrong("must be dates that rise, at least one")
        return days

    @field_validator("rates_ppm")
    @classmethod
    def _one_for_each_day(cls, rates: list[int], info: ValidationInfo) -> list[int]:
        days = info.data.get("rate_days")
        if days is not None and len(rates) != len(days):
            raise wrong("must be one for each of rate_days")
        if any(not -MOST_PPM <= rate <= MOST_PPM for rate in rates):
            raise wrong(f"must be from {-MOST_PPM} to {MOST_PPM}")
        return rates

    @field_validator("compensation_currency")
    @classmethod
    def _named(cls, currency: str, info: ValidationInfo) -> str:
        if info.data.get("compensation_minor") and not currency:
            raise wrong("must be there")
        return currency


class InterestSection(Section):
    """Late-payment interest and fixed compensation by jurisdiction."""

    charge: Annotated[str, one_of(CHARGES)]
    step: Annotated[int, whole(0, 100)]
    minimum_minor: Minor
    due_days: Annotated[int, whole(0, 365)]
    jurisdictions: dict[str, Jurisdiction]
    jurisdiction: str

    @field_validator("step")
    @classmethod
    def _a_level(cls, step: int, info: ValidationInfo) -> int:
        if info.data.get("charge") == "step" and not step:
            raise wrong("must be the level at which interest is charged")
        return step

    @field_validator("jurisdiction")
    @classmethod
    def _known(cls, name: str, info: ValidationInfo) -> str:
        known = info.data.get("jurisdictions")
        if known is None or name in known:
            return name
        if name:
            raise wrong(f"must be one of {', '.join(sorted(known))}")
        if info.data.get("charge", "none") != "none":
            raise wrong("must be named where interest is charged")
        return name
