"""[interest]: late-payment interest and fixed compensation by jurisdiction. Source: REFERENCE 3.6, EU 2011/7."""

from bisect import bisect_right
from datetime import date
from typing import Final

from dataflows.rules.policy.policy_tables import EPOCH_ORDINAL, Table, WrongPolicy

CHARGES: Final = ("none", "cleared", "step")
MOST_PPM: Final = 10**6
ROUND_PPM: Final = 10**6


class Jurisdiction:
    """The reference rates of one law, and what is added to them. Rates are millionths a year.

    half_years: the rate in force on 1 January and 1 July holds for the half-year; else each holds from its day on.
    compensation_minor: once for each invoice, in compensation_currency, whatever the invoice is in.
    """

    __slots__ = (
        "compensation_currency",
        "compensation_minor",
        "half_years",
        "name",
        "points_ppm",
        "rate_days",
        "rates_ppm",
        "year_days",
    )

    def __init__(self, name: str, table: Table) -> None:
        self.name: Final = name
        self.half_years: Final = table.flag("half_years")
        self.rate_days: Final = table.days("rate_days")
        self.rates_ppm: Final = table.numbers("rates_ppm")
        if not self.rate_days or self.rate_days != sorted(set(self.rate_days)):
            raise WrongPolicy(f"{table.at('rate_days')}: must be dates that rise, at least one")
        if len(self.rates_ppm) != len(self.rate_days):
            raise WrongPolicy(f"{table.at('rates_ppm')}: must be one for each of rate_days")
        if any(not -MOST_PPM <= rate <= MOST_PPM for rate in self.rates_ppm):
            raise WrongPolicy(f"{table.at('rates_ppm')}: must be from {-MOST_PPM} to {MOST_PPM}")
        self.points_ppm: Final = table.number("points_ppm", 0, MOST_PPM)
        self.year_days: Final = table.number("year_days", 360, 366)
        self.compensation_minor: Final = table.minor("compensation_minor")
        self.compensation_currency: Final = table.text("compensation_currency")
        if self.compensation_minor and not self.compensation_currency:
            raise WrongPolicy(f"{table.at('compensation_currency')}: must be there")
        table.done()

    def knows(self, day: int) -> bool:
        """Whether there is a rate for that day."""
        return self._since(day) >= self.rate_days[0]

    def rate_ppm(self, day: int) -> int:
        """The yearly rate of a day, points included; never below zero."""
        return max(0, self.rates_ppm[bisect_right(self.rate_days, self._since(day)) - 1] + self.points_ppm)

    def _since(self, day: int) -> int:
        """The day whose reference rate holds on `day`."""
        if not self.half_years:
            return day
        on = date.fromordinal(day + EPOCH_ORDINAL)
        return date(on.year, 7 if on.month > 6 else 1, 1).toordinal() - EPOCH_ORDINAL

    def _until(self, day: int) -> int:
        """The last day on which the rate of `day` holds for certain."""
        if self.half_years:
            on = date.fromordinal(day + EPOCH_ORDINAL)
            following = date(on.year + 1, 1, 1) if on.month > 6 else date(on.year, 7, 1)
            return following.toordinal() - EPOCH_ORDINAL - 1
        at = bisect_right(self.rate_days, day)
        return self.rate_days[at] - 1 if at < len(self.rate_days) else 10**7

    def ppm_days(self, first: int, last: int) -> int:
        """The sum of the days' rates, both days included; 0 where `last` is before `first`."""
        found = 0
        day = first
        while day <= last:
            end = min(last, self._until(day))
            found += self.rate_ppm(day) * (end - day + 1)
            day = end + 1
        return found

    def parts(self, first: int, last: int) -> list[str]:
        """The same in words: how many days at which rate."""
        found: list[str] = []
        day = first
        while day <= last:
            end = min(last, self._until(day))
            found.append(f"rate:{end - day + 1} days at {self.rate_ppm(day)} ppm")
            day = end + 1
        return found

    def interest(self, weighted: int) -> int:
        """Minor units of a sum of minor units times ppm-days, rounded half up, once."""
        scale = ROUND_PPM * self.year_days
        return (2 * weighted + scale) // (2 * scale)


class InterestTerms:
    """charge: one of CHARGES; step: the reminder level at which it is charged; jurisdiction: None where none is named;
    minimum_minor: less is not charged; due_days: until the charge is due."""

    __slots__ = ("charge", "due_days", "jurisdiction", "minimum_minor", "step")

    def __init__(self, table: Table) -> None:
        self.charge: Final = table.one_of("charge", CHARGES)
        self.step: Final = table.number("step", 0, 100)
        self.minimum_minor: Final = table.minor("minimum_minor")
        self.due_days: Final = table.number("due_days", 0, 365)
        name = table.text("jurisdiction")
        known = table.table("jurisdictions")
        found: Jurisdiction | None = None
        for one in known.names():
            made = Jurisdiction(one, known.table(one))
            if one == name:
                found = made
        self.jurisdiction: Final = found
        if name and found is None:
            raise WrongPolicy(f"{table.at('jurisdiction')}: {name!r} must be one of {', '.join(known.names())}")
        if self.charge != "none" and found is None:
            raise WrongPolicy(f"{table.at('jurisdiction')}: must be named where interest is charged")
        if self.charge == "step" and not self.step:
            raise WrongPolicy(f"{table.at('step')}: must be the level at which interest is charged")
        table.done()
