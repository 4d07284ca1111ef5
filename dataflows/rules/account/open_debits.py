"""The ordered index of an account's open debits: which is due next, whose next reminder step
comes when, of which what amount is open.

Small accounts keep it packed in their header. Past MOST_PACKED_BYTES it moves into rows of its own, one
for each order, so that an account may have any number of open items: rules ask for the first ones and
for those of a day, never for all. Credit notes are not in it.
"""

from collections.abc import Iterator
from typing import Final

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from dataflows.rules.account.index_rows import Names

# Some 60 items. Packed entries are rewritten with each change of their account.
MOST_PACKED_BYTES: Final = 2_000
DUE: Final = "X"
ACTION: Final = "Y"
AMOUNT: Final = "Q"
# Dates before 1970 have to sort before those after.
_DATE_BASE: Final = 10_000_000
_DATE_DIGITS: Final = 8
_AMOUNT_DIGITS: Final = 19


class Entry:
    """An open debit in the index. Days since 1970-01-01; action_date 0 is none."""

    __slots__ = ("action_date", "currency", "document", "due_date")

    def __init__(self, currency: str, document: str, due_date: int, action_date: int) -> None:
        self.currency: Final = currency
        self.document: Final = document
        self.due_date: Final = due_date
        self.action_date: Final = action_date


# --- packed: length of the name, the name (currency, zero, document), due date, action date; in order of arrival ---


def pack(packed: bytes, currency: str, document: str, due_date: i32, action_date: i32) -> bytes:
    """The index with one more entry."""
    name = f"{currency}\0{document}".encode()
    out = BytesWriter()
    out.write(packed)
    write_i32_be(out, i32(len(name)))
    out.write(name)
    write_i32_be(out, due_date)
    write_i32_be(out, action_date)
    return out.getvalue()


def _place(packed: bytes, currency: str, document: str) -> i64:
    """Where the document's entry begins."""
    name = f"{currency}\0{document}".encode()
    size: i64 = len(name)
    at: i64 = 0
    end: i64 = len(packed)
    while at < end:
        here: i64 = i64(read_i32_be(packed, at))
        if here == size and packed[at + 4 : at + 4 + here] == name:
            return at
        at += 12 + here
    raise AssertionError(f"{document} is not in the index")


def unpack(packed: bytes, currency: str, document: str) -> bytes:
    """The index without the document."""
    at = _place(packed, currency, document)
    behind: i64 = at + 12 + i64(read_i32_be(packed, at))
    return packed[:at] + packed[behind:]


def plan(packed: bytes, currency: str, document: str, action_date: i32) -> bytes:
    """The index with another action date for the document."""
    at = _place(packed, currency, document)
    behind: i64 = at + 12 + i64(read_i32_be(packed, at))
    out = BytesWriter()
    write_i32_be(out, action_date)
    return packed[: behind - 4] + out.getvalue() + packed[behind:]


def entries(packed: bytes) -> list[Entry]:
    """All entries, by due date, then document."""
    found: list[Entry] = []
    at: i64 = 0
    end: i64 = len(packed)
    while at < end:
        behind: i64 = at + 12 + i64(read_i32_be(packed, at))
        currency, document = packed[at + 4 : behind - 8].decode().split("\0", 1)
        due: i64 = i64(read_i32_be(packed, behind - 8))
        action: i64 = i64(read_i32_be(packed, behind - 4))
        found.append(Entry(currency, document, due, action))
        at = behind
    found.sort(key=_by_due)
    return found


def first_due(packed: bytes, currency: str) -> str | None:
    """The document of that currency that `entries` has first; None where there is none."""
    found: str | None = None
    first: i64 = 0
    at: i64 = 0
    end: i64 = len(packed)
    while at < end:
        behind: i64 = at + 12 + i64(read_i32_be(packed, at))
        due: i64 = i64(read_i32_be(packed, behind - 8))
        if found is None or due <= first:
            of, document = packed[at + 4 : behind - 8].decode().split("\0", 1)
            if of == currency and (found is None or due < first or document < found):
                found = document
                first = due
        at = behind
    return found


def first_action(packed: bytes) -> int:
    """The earliest action date; 0 where there is none."""
    first: i64 = 0
    at: i64 = 0
    end: i64 = len(packed)
    while at < end:
        at += 12 + i64(read_i32_be(packed, at))
        day: i64 = i64(read_i32_be(packed, at - 4))
        if day and (not first or day < first):
            first = day
    return first


def _by_due(entry: Entry) -> tuple[int, str]:
    return (entry.due_date, entry.document)


# --- rows: their names are the index, they hold nothing ---


def _due_name(currency: str, due_date: int, document: str) -> str:
    return f"{DUE}{currency}\0{_DATE_BASE + due_date:0{_DATE_DIGITS}d}{document}"


def _action_name(action_date: int, document: str) -> str:
    return f"{ACTION}{_DATE_BASE + action_date:0{_DATE_DIGITS}d}{document}"


def _amount_name(currency: str, amount: int, document: str) -> str:
    return f"{AMOUNT}{currency}\0{amount:0{_AMOUNT_DIGITS}d}{document}"


class DebitRows:
    """The index of open debits in rows."""

    def __init__(self, names: Names) -> None:
        self._names: Final = names

    def add(self, currency: str, document: str, due_date: int, action_date: int, amount: int) -> None:
        """amount: what is open of it, minor units."""
        self._names.changed[_due_name(currency, due_date, document)] = True
        self.plan(document, 0, action_date)
        self.value(currency, document, 0, amount)

    def remove(self, currency: str, document: str, due_date: int, action_date: int, amount: int) -> None:
        self._names.changed[_due_name(currency, due_date, document)] = False
        self.plan(document, action_date, 0)
        self.value(currency, document, amount, 0)

    def value(self, currency: str, document: str, before: int, amount: int) -> None:
        """What is open of it was `before`; 0 for not open."""
        if before:
            self._names.changed[_amount_name(currency, before, document)] = False
        if amount:
            self._names.changed[_amount_name(currency, amount, document)] = True

    def of_amounts(self, currency: str, least: int, most: int) -> Iterator[str]:
        """Documents of open debits with least <= open amount <= most, by amount, then document."""
        start = f"{AMOUNT}{currency}\0"
        stop = f"{start}{most + 1:0{_AMOUNT_DIGITS}d}"
        for name in self._names.between(f"{start}{least:0{_AMOUNT_DIGITS}d}", stop):
            yield name[len(start) + _AMOUNT_DIGITS :]

    def plan(self, document: str, before: int, action_date: int) -> None:
        """Its action date was `before`."""
        if before:
            self._names.changed[_action_name(before, document)] = False
        if action_date:
            self._names.changed[_action_name(action_date, document)] = True

    def due(self, currency: str) -> Iterator[str]:
        """Documents of open debits in that currency, by due date, then document."""
        start = f"{DUE}{currency}\0"
        for name in self._names.between(start, f"{DUE}{currency}\1"):
            yield name[len(start) + _DATE_DIGITS :]

    def actions(self, until: int) -> Iterator[tuple[int, str]]:
        """(action date, document) of what is to be done up to that day, by action date, then document."""
        for name in self._names.between(ACTION, f"{ACTION}{_DATE_BASE + until + 1:0{_DATE_DIGITS}d}"):
            at = 1 + _DATE_DIGITS
            yield int(name[1:at]) - _DATE_BASE, name[at:]
