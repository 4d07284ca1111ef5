"""How the fields of a fact are checked: each method looks at one and says what is wrong with it. Pure."""

from datetime import UTC, date, datetime
from typing import Final

from connectors.currencies import MINOR_DIGITS, decimal_text

DAY_MS: Final = 86_400_000
# A producer's clock may run ahead of ours, and its day may have begun before ours.
FUTURE_MS: Final = DAY_MS
FIRST_DAY: Final = (date(1980, 1, 1) - date(1970, 1, 1)).days
# Books may be dated ahead within a year; terms and promises reach further, not a lifetime.
BOOKED_AHEAD_DAYS: Final = 366
DUE_AHEAD_DAYS: Final = 3653
MESSAGE_CHANNELS: Final = ("edi", "portal", "email", "api", "letter", "phone")
# Ten trillion of a currency with two decimals; sums of 9,000 such amounts still fit 64 bits.
AMOUNT_MAX: Final = 10**15
ID_MAX: Final = 128
TEXT_MAX: Final = 10_000


class Check:
    """Collects findings."""

    __slots__ = ("found", "last_booked_day", "last_due_day", "latest_ms")

    def __init__(self, wall_ms: int) -> None:
        self.found: list[str] = []
        self.latest_ms = wall_ms + FUTURE_MS
        today = wall_ms // DAY_MS
        self.last_booked_day = today + BOOKED_AHEAD_DAYS
        self.last_due_day = today + DUE_AHEAD_DAYS

    def say(self, field: str, detail: str) -> None:
        self.found.append(f"{field}: {detail}")

    def identifier(self, field: str, value: str, most: int = ID_MAX) -> None:
        if not value.strip():
            self.say(field, "is empty")
        else:
            self.optional_identifier(field, value, most)

    def optional_identifier(self, field: str, value: str, most: int = ID_MAX) -> None:
        if len(value) > most:
            self.say(field, f"has {len(value):,} characters; at most {most} are taken")
        elif value and not value.isprintable():
            self.say(field, f"{value!r} has characters that do not print")

    def text(self, field: str, value: str) -> None:
        if len(value) > TEXT_MAX:
            self.say(field, f"has {len(value):,} characters; at most {TEXT_MAX:,} are taken")

    def one_of(self, field: str, value: str, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            self.say(field, f"{value!r} is not known; it may be {', '.join(repr(a) for a in allowed)}")

    def currency(self, field: str, value: str) -> None:
        if value not in MINOR_DIGITS:
            self.say(field, f"{value!r} is not an ISO 4217 currency with a minor unit, such as USD or EUR")

    def positive(self, field: str, amount: int, currency: str) -> None:
        if not 0 < amount <= AMOUNT_MAX:
            self.say(
                field, f"{decimal_text(amount, currency)} is not above zero and at most {AMOUNT_MAX:,} minor units"
            )

    def bounded(self, name: str, value: int) -> None:
        if abs(value) > AMOUNT_MAX:
            self.say(name, f"{value} is beyond {AMOUNT_MAX:,}")

    def not_negative(self, field: str, amount: int, most: int = AMOUNT_MAX, currency: str = "") -> None:
        """currency: of an amount of money, which is told as people write it."""
        if not 0 <= amount <= most:
            said = [decimal_text(x, currency) if currency else f"{x:,}" for x in (amount, most)]
            self.say(field, f"{said[0]} is not between 0 and {said[1]}")

    def worth(self, field: str, products: list[tuple[int, int]], currency: str) -> None:
        """Quantities in thousandths times prices in millionths: what they come to has to be an amount."""
        total = sum(quantity * price for quantity, price in products)
        minor = total * 10 ** MINOR_DIGITS.get(currency, 2) // 10**9
        if abs(minor) > AMOUNT_MAX:
            said = decimal_text(minor, currency)
            self.say(field, f"quantity times price comes to {said}, which is over {AMOUNT_MAX:,} minor units")

    def booked_day(self, field: str, day: int) -> None:
        self._day(field, day, self.last_booked_day)

    def due_day(self, field: str, day: int) -> None:
        self._day(field, day, self.last_due_day)

    def _day(self, field: str, day: int, last: int) -> None:
        if not FIRST_DAY <= day <= last:
            self.say(field, f"{day_text(day)} is not between {day_text(FIRST_DAY)} and {day_text(last)}")

    def moment(self, field: str, time_ms: int) -> None:
        if time_ms > self.latest_ms:
            self.say(
                field,
                f"{_time_text(time_ms)} is in the future: more than a day after the machine's time; send it again then",
            )
        elif time_ms < FIRST_DAY * DAY_MS:
            self.say(field, f"{_time_text(time_ms)} is before {day_text(FIRST_DAY)}; it must be UTC milliseconds")


def day_text(day: int) -> str:
    try:
        return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()
    except (OverflowError, ValueError):
        return f"day {day:,} after 1970-01-01"


def _time_text(time_ms: int) -> str:
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{time_ms:,} ms after 1970-01-01"
