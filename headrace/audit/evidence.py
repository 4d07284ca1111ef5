"""What a decision's evidence says, read by an auditor: it may be missing, or written by anybody, and is then no number."""

from fractions import Fraction
from math import floor

from schemas.records import Decision

# More digits than any amount, day or number of pieces has.
MOST_DIGITS = 20


def whole(text: str) -> int | None:
    """The integer that a text says; None where it says none."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None


def integer(text: str) -> int:
    """The integer that a text says; where it says none 0, so that what must be something is found to be nothing."""
    return whole(text) or 0


def milli(text: str) -> int | None:
    """Thousandths, of a text such as 2.5; None where it says no number."""
    before, point, after = text.partition(".")
    if len(after) > 3 or (point and not after.isdecimal()) or after.startswith("-"):
        return None
    units = whole(before)
    return None if units is None else units * 1000 + (whole(f"{after:0<3}") or 0)


def invoice_of(d: Decision) -> str:
    """The number of the invoice that a posting is of: its own, or that of all the instalments."""
    said = next((text for text in d.evidence if text.startswith("part:")), "")
    parts = said.split(":", 3)
    return parts[3] if len(parts) > 3 else d.document


def half_up(value: Fraction) -> int:
    """Rounded half up, away from zero."""
    rounded = floor(abs(value) + Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def share(part: int, of: int, amount: int) -> int:
    """`amount` times part / of, half up; nothing of what is nothing as a whole."""
    return half_up(Fraction(amount * part, of)) if of else 0
