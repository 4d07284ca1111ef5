"""Exchange rates as the rules see them: asked for by pair and day. Where they are kept is the shard's business."""

from typing import Final

from mypy_extensions import mypyc_attr

from dataflows.rules.money.money import minor_digits
from dataflows.rules.money.months import iso_day

NANO: Final = 10**9


# headrace why has its own, and is not compiled.
@mypyc_attr(allow_interpreted_subclasses=True)
class Rates:
    """The rates that are known. A base class without any; the method is overridden."""

    def rate_nano(self, base: str, quote: str, day: int) -> int:
        """Billionths of the quote currency for one unit of the base, said for just that day; 0 where none was said."""
        return 0


NO_RATES: Final = Rates()


class Rate:
    """A rate as it was said: of which pair and day. `inverse`: it is of the opposite pair."""

    __slots__ = ("base", "day", "inverse", "nano", "quote")

    def __init__(self, base: str, quote: str, day: int, nano: int, inverse: bool) -> None:
        self.base: Final = base
        self.quote: Final = quote
        self.day: Final = day
        self.nano: Final = nano
        self.inverse: Final = inverse

    def convert(self, amount: int) -> int:
        """Minor units of the base in minor units of the quote currency, rounded half up (away from zero)."""
        up: int = 10 ** minor_digits(self.quote)
        down: int = 10 ** minor_digits(self.base)
        if self.inverse:
            up *= NANO
            down *= self.nano
        else:
            up *= self.nano
            down *= NANO
        product: int = abs(amount) * up
        rounded: int = (2 * product + down) // (2 * down)
        return rounded if amount >= 0 else -rounded

    def told(self) -> str:
        """As evidence."""
        pair = f"{self.quote}/{self.base}" if self.inverse else f"{self.base}/{self.quote}"
        return f"rate:{pair}:{self.nano}:{iso_day(self.day)}"


def find(rates: Rates, base: str, quote: str, day: int, age_days: int) -> Rate | None:
    """The rate of that day, or of the latest day before it, at most so many days older; either way round."""
    for on in range(day, day - age_days - 1, -1):
        nano = rates.rate_nano(base, quote, on)
        if nano:
            return Rate(base, quote, on, nano, False)
        nano = rates.rate_nano(quote, base, on)
        if nano:
            return Rate(base, quote, on, nano, True)
    return None
