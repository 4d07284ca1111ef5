"""How payers write which documents they pay: by hand, by machine, through a scanner, and not at all.

Modelled on how numbers go wrong on their way: people leave out, swap and mistype single characters,
drop prefixes and zeros, write the number of another document in front of them; payment systems strip
zeros, prefixes and punctuation, always in the same manner; scanners confuse characters of like shape;
banks cut the text at its limit and know capitals only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.workload.accounts import Account, Channel
from benchmarks.workload.chance import Chance, Mix
from benchmarks.workload.config import Rates
from schemas.records import RemittanceLine

_TYPISTS: dict[str, Mix[str]] = {
    "person": Mix(
        [("one_edit", 30), ("zeros", 15), ("punctuation", 20), ("prefix", 20), ("case", 8), ("wrong", 7)],
    ),
    "machine": Mix([("zeros", 34), ("prefix", 30), ("punctuation", 24), ("case", 6), ("wrong", 6)]),
    "scanner": Mix([("ocr", 60), ("one_edit", 20), ("punctuation", 15), ("wrong", 5)]),
}
_LOOKS_LIKE = {"0": "O", "O": "0", "1": "I", "I": "1", "5": "S", "S": "5", "8": "B", "2": "Z", "6": "G"}
_BEFORE = ("", "", "INVOICE ", "Inv. ", "Payment for ", "Rechnung Nr. ", "RG ", "your invoice no. ", "/RFB/", "FACT ")
_VAGUE = ("PAYMENT", "THANK YOU", "MONTHLY SETTLEMENT", "Zahlung", "AP RUN", "", "TRANSFER", "as agreed")


@dataclass(frozen=True, slots=True)
class Message:
    """What stands on the money. `references` as in the truth file."""

    lines: list[RemittanceLine]
    text: str
    references: str
    troubles: list[str]


# What is paid: number, amount (below zero for a credit note taken off), order, purchase order.
Paid = tuple[str, int, str, str]


def garble(kind: str, number: str, others: Sequence[str], chance: Chance) -> str:
    """`number` gone wrong in this way; itself where this number cannot go wrong so."""
    if kind == "case":
        return number.lower()
    if kind == "zeros":
        return _without_zeros(number) if chance.yes(0.8) else _with_zero(number)
    if kind == "punctuation":
        return (
            "".join(c for c in number if c.isalnum()) if chance.yes(0.6) else number.replace("-", " ").replace("/", "-")
        )
    if kind == "prefix":
        bare = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("-/")
        return bare if bare != number and chance.yes(0.7) else chance.pick(("NR", "INV", "RE-", "#")) + number
    if kind == "ocr":
        places = [place for place, c in enumerate(number) if c in _LOOKS_LIKE]
        if not places:
            return number
        place = chance.pick(places)
        return number[:place] + _LOOKS_LIKE[number[place]] + number[place + 1 :]
    if kind == "wrong":
        return chance.pick(others) if others else number
    return _one_edit(number, chance)


def _without_zeros(number: str) -> str:
    """Zeros that lead a run of digits are left out."""
    out = []
    leading = True
    for place, c in enumerate(number):
        if c != "0" or not leading or place + 1 == len(number) or not number[place + 1].isdigit():
            out.append(c)
        leading = not c.isdigit() or (leading and c == "0")
    return "".join(out)


def _with_zero(number: str) -> str:
    """One more zero before the last run of digits."""
    start = len(number)
    while start and number[start - 1].isdigit():
        start -= 1
    return number[:start] + "0" + number[start:]


def _one_edit(number: str, chance: Chance) -> str:
    """One character of the last six digits mistyped, left out, doubled, or swapped with its neighbour."""
    place = len(number) - 1 - chance.below(min(6, len(number) - 1))
    way = chance.below(4)
    if way == 0:
        digit = (int(number[place]) + 1 + chance.below(9)) % 10 if number[place].isdigit() else 0
        return f"{number[:place]}{digit}{number[place + 1 :]}"
    if way == 1:
        return number[:place] + number[place + 1 :]
    if way == 2:
        return number[:place] + number[place] + number[place:]
    return number[: place - 1] + number[place] + number[place - 1] + number[place + 1 :]


class Writer:
    """Writes the message of payments."""

    def __init__(self, rates: Rates, chance: Chance) -> None:
        self._rates = rates
        self._chance = chance

    def message(self, payer: Account, channel: Channel, paid: list[Paid], note: str) -> Message:
        """What `payer` writes on a payment of `paid`; `note` is added to a text (an instalment's count)."""
        rates, chance = self._rates, self._chance
        ours = channel.name in ("direct_debit", "portal")
        if not paid:
            return Message([], chance.pick(_VAGUE), "none", [])
        if not ours and chance.yes(rates.no_reference):
            return Message([], chance.pick(_VAGUE), "none", ["no_reference"])
        if not ours and chance.yes(rates.own_number):
            _, _, order, po = paid[0]
            own = po or order or f"VOUCHER {chance.between(10_000, 99_999)}"
            return Message([], f"{chance.pick(_BEFORE)}{own}"[: channel.text_limit], "garbled", ["own_number"])
        troubles: list[str] = []
        named = paid
        if len(paid) > 2 and not ours and chance.yes(rates.partial_reference):
            named = paid[: 1 + chance.below(len(paid) - 1)]
            troubles.append("partial_reference")
        written = [x[0] for x in named] if ours else [self._written(x[0], payer, channel, troubles) for x in named]
        if not chance.yes(rates.text_only * (1.0 - channel.structured)):
            with_amounts = ours or not chance.yes(0.15)
            lines = [
                RemittanceLine(document, x[1] if with_amounts or x[1] < 0 else None)
                for document, x in zip(written, named, strict=True)
            ]
            return Message(lines, note, "garbled" if troubles else "exact", troubles)
        return self._text(payer, channel, written, note, troubles)

    def _written(self, number: str, payer: Account, channel: Channel, troubles: list[str]) -> str:
        """`number` as this payer writes it; what went wrong is added to `troubles`."""
        chance = self._chance
        if payer.style and channel.typist != "scanner":
            kind = payer.style
        elif chance.roll() < self._rates.typo:
            kind = _TYPISTS[channel.typist].draw(chance)
        else:
            return number
        if kind == "case" and channel.upper_case:
            return number
        written = garble(kind, number, payer.entity.documents, chance)
        if written != number and f"typo:{kind}" not in troubles:
            troubles.append(f"typo:{kind}")
        return written

    def _text(self, payer: Account, channel: Channel, written: list[str], note: str, troubles: list[str]) -> Message:
        chance = self._chance
        troubles.append("text_only")
        right = len(troubles) == 1
        if len(written) > 2 and chance.yes(self._rates.partial_reference):
            first = written[0]
            written = [first] + [x[-4:] if x[:-4] == first[:-4] else x for x in written[1:]]
            if any(len(x) == 4 for x in written):
                troubles.append("shortened")
                right = False
        separator = chance.pick((", ", " ", "/", " + ", ";"))
        after = chance.pick(("", "", "", f" KD {payer.account_id}", f" {payer.name}", " LESS RETURNS"))
        text = chance.pick(_BEFORE) + separator.join(written)
        if len(text) > channel.text_limit:
            troubles.append("truncated")
            right = False
        text += (" " + note if note else "") + after
        if channel.upper_case:
            text = text.upper()
        return Message([], text[: channel.text_limit], "text" if right else "garbled", troubles)
