"""Text of a cell as a value: amounts, quantities, days, moments, booleans. Pure, and strict: never a guess.

Everything raises Unfit with what is wrong and what to do.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEGATIVE_STYLES: Final = ("minus", "trailing_minus", "parentheses")
EPOCH_FORMATS: Final = {"epoch_days": 86_400_000, "epoch_s": 1_000, "epoch_ms": 1}
# Beyond this no column holds a sum of money; it keeps every value within 64 bits.
MOST_DIGITS: Final = 17


class Unfit(ValueError):
    """A value that is not what its column should hold. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written: decimal separator, thousands separator or "", and the ways to say below zero."""

    decimal: str = "."
    thousands: str = ""
    negative: tuple[str, ...] = ("minus",)


PLAIN: Final = NumberStyle()


def scaled(text: str, places: int, style: NumberStyle) -> int:
    """The number in units of 10**-places, exactly. Raises Unfit where it has more decimals than that."""
    body, negative = _without_sign(text.strip(), style)
    whole, fraction = _parts(body, style, text)
    if len(fraction) > places:
        raise Unfit(f"{text!r} has {len(fraction)} decimals; at most {places} can be kept")
    digits = (whole + fraction.ljust(places, "0")).lstrip("0") or "0"
    if len(digits) > MOST_DIGITS:
        raise Unfit(f"{text!r} has more than {MOST_DIGITS} digits")
    return -int(digits) if negative else int(digits)


def money(text: str, currency: str, digits: int, style: NumberStyle) -> int:
    """The amount in minor units of a currency with `digits` decimals. More decimals are never rounded away."""
    try:
        return scaled(text, digits, style)
    except Unfit as error:
        if "decimals" not in str(error):
            raise
        found = str(error).partition(";")[0]
        raise Unfit(
            f"{found}; {currency} has {digits}. Correct the amount, or the decimal and thousands separators of the mapping"
        ) from None


def _without_sign(body: str, style: NumberStyle) -> tuple[str, bool]:
    if body.startswith("(") and body.endswith(")"):
        if "parentheses" not in style.negative:
            raise Unfit(f'{body!r} is in parentheses; if that means below zero, say negative = ["parentheses"]')
        return body[1:-1].strip(), True
    if body.endswith(("-", "\u2212")) and len(body) > 1:
        if "trailing_minus" not in style.negative:
            raise Unfit(
                f'{body!r} has its minus at the end; if that means below zero, say negative = ["trailing_minus"]'
            )
        return body[:-1].rstrip(), True
    if body.startswith(("-", "\u2212")):
        if "minus" not in style.negative:
            raise Unfit(f'{body!r} has a minus; if that means below zero, say negative = ["minus"]')
        return body[1:].lstrip(), True
    return body.removeprefix("+"), False


@lru_cache(maxsize=64)
def _number(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = "[0-9]+"
    if thousands:
        whole = f"(?:[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)"
    return re.compile(f"({whole})(?:{re.escape(decimal)}([0-9]+))?|{re.escape(decimal)}([0-9]+)")


def _parts(body: str, style: NumberStyle, text: str) -> tuple[str, str]:
    """The digits before and after the decimal separator."""
    # Files write a thousands space as any of several spaces.
    if style.thousands == " ":
        body = body.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")
    found = _number(style.decimal, style.thousands).fullmatch(body)
    if found is None:
        thousands = f"thousands separator {style.thousands!r}" if style.thousands else "no thousands separator"
        raise Unfit(f"{text!r} is not a number with decimal separator {style.decimal!r} and {thousands}")
    whole = found[1] or ""
    if style.thousands:
        whole = whole.replace(style.thousands, "")
    return whole, found[2] or found[3] or ""


def integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise Unfit(f"{text!r} is not a whole number")
    return int(text)


def boolean(text: str, true: tuple[str, ...], false: tuple[str, ...]) -> bool:
    if text in true:
        return True
    if text in false:
        return False
    raise Unfit(
        f"{text!r} is neither true ({', '.join(true)}) nor false ({', '.join(false)}); say true = [...] and false = [...]"
    )


def days(text: str, formats: tuple[str, ...], zone: str) -> int:
    """Days since 1970-01-01 of the date that is written, in its own calendar."""
    return _moment(text, formats, zone)[0]


def milliseconds(text: str, formats: tuple[str, ...], zone: str, at_minute: int | None) -> int:
    """UTC milliseconds. A date without a time is that day at `at_minute` (minutes after midnight) in `zone`."""
    day, time_ms = _moment(text, formats, zone)
    if at_minute is None:
        return time_ms
    start = datetime.fromordinal(day + EPOCH_DAY).replace(tzinfo=ZoneInfo(zone))
    return _since_epoch(start + timedelta(minutes=at_minute))


# Dates repeat from row to row, and strptime is the slowest step of a row.
@lru_cache(maxsize=8192)
def _moment(text: str, formats: tuple[str, ...], zone: str) -> tuple[int, int]:
    """(days since 1970-01-01, UTC milliseconds) by the first format that fits."""
    for form in formats:
        if form in EPOCH_FORMATS:
            if re.fullmatch(r"-?[0-9]{1,15}", text):
                time_ms = int(text) * EPOCH_FORMATS[form]
                return time_ms // 86_400_000, time_ms
            continue
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        day = found.toordinal() - EPOCH_DAY
        return day, _since_epoch(found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone)))
    raise Unfit(f"{text!r} is not a date of the form {' or '.join(formats)}")


def _since_epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
