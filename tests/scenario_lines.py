"""How lines of scenarios are read: their patterns, and lists of goods, amounts and terms in them.

Raises ValueError where a line of the language says what cannot be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connectors.currencies import MINOR_DIGITS
from dataflows.rules.money.money import line_net
from schemas import records as r

EPOCH = date(1970, 1, 1).toordinal()
TENANT, ENTITY, ACCOUNT = "t1", "us01", "acme"
MINUTE_MS = 60_000
DAY_MS = 86_400_000


@dataclass(slots=True)
class Line:
    """A fact line being read: where it is, whose account, and what its pattern found."""

    number: int
    day: int
    account: str
    currency: str
    found: dict[str, str | None] = field(default_factory=dict)
    entity: str = ENTITY

    def text(self, name: str) -> str:
        return unquoted(self.found.get(name) or "")

    def date(self, name: str, default: int) -> int:
        text = self.found.get(name)
        return day_of(text) if text else default

    def money(self, name: str = "amount") -> int:
        text = self.found.get(name)
        return minor(text, self.currency) if text else 0

    def common(self, source: str = "scenario") -> tuple[str, int, str, str, str, str, str, int]:
        """The fields that every fact begins with."""
        now = self.day * DAY_MS + 9 * 60 * MINUTE_MS + self.number * MINUTE_MS
        return (f"line-{self.number}", now, "", source, TENANT, self.entity, self.account, now)


def day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text


def minor(text: str, currency: str) -> int:
    """100.00 in USD is 10000."""
    scaled = Decimal(text.replace(",", "")).scaleb(MINOR_DIGITS[currency])
    if scaled != int(scaled):
        raise ValueError(f"{text} has more decimals than {currency}")
    return int(scaled)


def _thousandths(text: str) -> int:
    return int(Decimal(text).scaleb(3))


# --- patterns: NAME is an id or a quoted text, AMOUNT a number, ITEMS what is split at commas ---

PARTS = {
    "ID": r'(?:"[^"]*"|[^\s,:"]+)',
    "AMOUNT": r"-?[\d,]*\d(?:\.\d+)?",
    "DATE": r"\d{4}-\d\d-\d\d",
    "CURRENCY": r"(?: (?P<currency>[A-Z]{3})\b)?",
}


def pattern(text: str) -> re.Pattern[str]:
    """A word in capitals stands for a part; `name=PART` is a part that is kept under that name."""
    text = re.sub(r"(\w+)=(ID|AMOUNT|DATE|ITEMS)", lambda m: f"(?P<{m[1]}>{PARTS.get(m[2], '.+')})", text)
    return re.compile(text.replace("CURRENCY", PARTS["CURRENCY"]))


def items(text: str) -> Iterator[tuple[int, str]]:
    """1-based number and text of what is separated by commas; commas in quotes do not separate."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text)
    yield from enumerate([part.strip() for part in parts], 1)


def matched(pattern: re.Pattern[str], text: str, wanted: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not {wanted}")
    return found


_QUANTITY = re.compile(r"(?:#(\d+) )?([\d.]+)")
_ADJUSTED = re.compile(rf"({PARTS['AMOUNT']}) as ({PARTS['ID']})(?: on ({PARTS['ID']}))?")
_PRICED = re.compile(
    r"(?:#(\d+) )?([\d.]+) x (-?[\d.]+)(?: = (-?[\d.]+))?(?: tax ([\d.]+))?(?: code (\S+))?(?: named (\S+))?"
)
_REMITTED = re.compile(rf"({PARTS['ID']})(?: ({PARTS['AMOUNT']}))?")


def shipped(text: str) -> list[r.ShipmentLine]:
    lines = []
    for number, part in items(text):
        found = matched(_QUANTITY, part, "a quantity like 10 or #2 10")
        lines.append(r.ShipmentLine(int(found[1] or number), f"P{found[1] or number}", _thousandths(found[2])))
    return lines


def ordered(text: str) -> list[r.OrderLine]:
    lines = []
    for number, part in items(text):
        found = matched(_PRICED, part, "quantity x price")
        order_line = int(found[1] or number)
        price = int(Decimal(found[3]).scaleb(6))
        lines.append(r.OrderLine(order_line, f"P{order_line}", _thousandths(found[2]), price))
    return lines


def billed(text: str, currency: str) -> list[r.InvoiceLine]:
    lines = []
    for number, part in items(text):
        found = matched(_PRICED, part, "quantity x price [= net] [tax amount] [code CODE]")
        quantity, price = _thousandths(found[2]), int(Decimal(found[3]).scaleb(6))
        net = minor(found[4], currency) if found[4] else line_net(quantity, price, currency)
        tax = minor(found[5], currency) if found[5] else 0
        order_line = int(found[1] or number)
        code = "STD" if found[6] is None else unquoted(found[6])
        product = found[7] or f"P{order_line}"
        lines.append(r.InvoiceLine(number, order_line, product, quantity, price, net, tax, code))
    return lines


def remitted(text: str | None, currency: str) -> list[r.RemittanceLine]:
    lines = []
    for _, part in items(text or ""):
        found = matched(_REMITTED, part, "a document, or a document and an amount")
        lines.append(r.RemittanceLine(unquoted(found[1]), minor(found[2], currency) if found[2] else None))
    return lines


def taken_off(text: str | None, currency: str) -> list[r.Adjustment]:
    """10.00 as 01 on INV-1 and 2.00 as X: what the payer says it took off."""
    found = []
    for part in (text or "").split(" and ") if text else []:
        told = matched(_ADJUSTED, part, "AMOUNT as CODE[ on DOCUMENT]")
        found.append(r.Adjustment(unquoted(told[3] or ""), unquoted(told[2]), minor(told[1], currency)))
    return found


def plan(text: str | None, currency: str) -> list[r.Instalment]:
    found = []
    for part in text.split(" and ") if text else []:
        amount, _, day = part.partition(" on ")
        found.append(r.Instalment(day_of(day), minor(amount, currency)))
    return found


def tiers(text: str | None) -> list[r.DiscountTier]:
    """2% in 10 days or 1% in 20 days."""
    told = re.findall(r"([\d.]+)% in (\d+) days", text or "")
    return [r.DiscountTier(int(days), int(Decimal(rate).scaleb(4))) for rate, days in told]
