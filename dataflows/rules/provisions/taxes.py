"""[release.tax]: rates of tax by jurisdiction and code, and where they are rounded. Source: REFERENCE 3.1."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

# Rounded half up for each line, for the lines of one rate together, or for all of the document.
ROUNDINGS: Final = ("line", "rate", "document")
MOST_RATE_PPM: Final = 10_000_000


class TaxCode:
    """One rate. rate_ppm: millionths of the net; first_day, last_day: of the document's date, 0 is without end."""

    __slots__ = ("code", "first_day", "last_day", "rate_ppm")

    def __init__(self, table: Table) -> None:
        self.code: Final = table.text("code")
        if not self.code:
            raise WrongPolicy(f"{table.at('code')}: must not be empty")
        self.rate_ppm: Final = table.number("rate_ppm", 0, MOST_RATE_PPM)
        self.first_day: Final = table.day("from") if table.has("from") else 0
        self.last_day: Final = table.day("until") if table.has("until") else 0
        table.done()

    def holds(self, day: int) -> bool:
        return day >= self.first_day and (not self.last_day or day <= self.last_day)


class Jurisdiction:
    """The tax of one jurisdiction."""

    __slots__ = ("codes", "rounding")

    def __init__(self, table: Table) -> None:
        self.rounding: Final = table.one_of("rounding", ROUNDINGS)
        self.codes: Final = [TaxCode(part) for part in table.tables("codes")]
        for at, one in enumerate(self.codes):
            for other in self.codes[at + 1 :]:
                if one.code == other.code and _meet(one, other):
                    raise WrongPolicy(f"{table.at('codes')}: {one.code!r} has two rates on the same days")
        table.done()

    def rate(self, code: str, day: int) -> int | None:
        """The rate of that code on that day, in millionths; None where there is none."""
        for one in self.codes:
            if one.code == code and one.holds(day):
                return one.rate_ppm
        return None


def _meet(one: TaxCode, other: TaxCode) -> bool:
    return (not other.last_day or one.first_day <= other.last_day) and (
        not one.last_day or other.first_day <= one.last_day
    )
