"""The index of an account's unapplied receipts, where they are too many for its header to list.

A receipt is found by what an advice says of it (bank reference, or amount), by the documents that it
waits for, or by value date (for promises); never by walking over all. Each name ends in the receipt's place
and number, so that those found come in order.
"""

from collections.abc import Iterator
from typing import Final

from dataflows.rules.account.index_rows import Names
from schemas.records import ReceiptRow

# Receipts, and references that they wait for, which the header lists: some 2,000 bytes of each.
MOST_LISTED: Final = 50
MOST_WAITING_LISTED: Final = 100
REFERENCE: Final = "B"
AMOUNT: Final = "N"
WAITING: Final = "H"
VALUE: Final = "Z"
_PLACE_DIGITS: Final = 16
_AMOUNT_DIGITS: Final = 19
_DAY_DIGITS: Final = 8
# Comes right after the digits of any place.
_BEHIND: Final = ":"


def _sized(text: str) -> str:
    """The text after its length: no name made of such texts begins another one."""
    return f"{len(text)}:{text}"


def _by_reference(currency: str, reference: str) -> str:
    return f"{REFERENCE}{_sized(currency)}{_sized(reference)}"


def _by_amount(currency: str, amount: int) -> str:
    return f"{AMOUNT}{_sized(currency)}{amount:0{_AMOUNT_DIGITS}d}"


def _by_value(currency: str, value_date: int) -> str:
    return f"{VALUE}{_sized(currency)}{max(0, value_date):0{_DAY_DIGITS}d}"


def _placed(place: int, receipt_id: str) -> str:
    return f"{place:0{_PLACE_DIGITS}d}{receipt_id}"


class UnappliedRows:
    """The index in rows."""

    def __init__(self, names: Names) -> None:
        self._names: Final = names

    def put(self, receipt: ReceiptRow, there: bool) -> None:
        """Name the receipt by what it is now, or take those names away."""
        changed = self._names.changed
        placed = _placed(receipt.place, receipt.receipt_id)
        changed[_by_value(receipt.currency, receipt.value_date) + placed] = there
        if receipt.lines:
            # It says itself what it is for, and no advice is asked.
            return
        changed[_by_amount(receipt.currency, receipt.unapplied) + placed] = there
        if receipt.bank_reference:
            changed[_by_reference(receipt.currency, receipt.bank_reference) + placed] = there

    def put_waiting(self, receipt: ReceiptRow, there: bool) -> None:
        """Name the receipt by the documents it waits for, or take those names away."""
        placed = _placed(receipt.waits_since, receipt.receipt_id)
        for folded in receipt.waits_for:
            self._names.changed[f"{WAITING}{_sized(folded)}{placed}"] = there

    def valued_since(self, currency: str, day: int) -> Iterator[str]:
        """Those of that currency valued on that day or later, by value date, then in order of arrival."""
        start = _by_value(currency, day)
        for name in self._names.between(start, start[:-_DAY_DIGITS] + _BEHIND):
            yield name[len(start) + _PLACE_DIGITS :]

    def with_reference(self, currency: str, reference: str) -> Iterator[str]:
        """Those without lines of that currency and bank reference, in order of arrival."""
        return self._found(_by_reference(currency, reference))

    def with_amount(self, currency: str, amount: int) -> Iterator[str]:
        """Those without lines of which that much is unapplied, in order of arrival."""
        return self._found(_by_amount(currency, amount))

    def waiting_for(self, folded: str) -> Iterator[str]:
        """Those that wait for a document of that folded number, the one that began to first."""
        return self._found(f"{WAITING}{_sized(folded)}")

    def _found(self, start: str) -> Iterator[str]:
        for name in self._names.between(start, start + _BEHIND):
            yield name[len(start) + _PLACE_DIGITS :]
