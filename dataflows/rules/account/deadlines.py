"""The ordered indexes of an account's deadlines: which dispute's, or delivery's, comes first. Rows of their own, as many
as there are."""

from collections.abc import Iterator
from typing import Final

from dataflows.rules.account.index_rows import Names

DEADLINE: Final = "L"
# The same of when exceptions are escalated.
EXCEPTION_DUE: Final = "G"
# Of deliveries.
DELIVERIES: Final = "t"
_DIGITS: Final = 19
_ZEROS: Final = "0" * _DIGITS
# Comes right after the digits of any time.
_BEHIND: Final = ":"


def put(names: Names, subject: str, old: int, new: int, table: str) -> None:
    """Name the dispute, document or exception by its new deadline instead of its old one: UTC milliseconds; 0 none."""
    if old:
        names.changed[_name(table, old, subject)] = False
    if new:
        names.changed[_name(table, new, subject)] = True


def move(names: Names, subject: str, old: int, new: int, first_was: int, table: str = DEADLINE) -> int:
    """The same, and give the first deadline now. The stored names are asked only where the first one so far goes."""
    put(names, subject, old, new, table)
    if new and (not first_was or new <= first_was):
        return new
    return first(names, table) if old and old == first_was else first_was


def _name(table: str, time_ms: int, subject: str) -> str:
    # Half of what formatting it takes.
    digits = str(time_ms)
    return table + _ZEROS[len(digits) :] + digits + subject


def until(names: Names, time_ms: int, table: str = DEADLINE) -> Iterator[str]:
    """Those whose deadline is no later than that, the earliest first, then by number."""
    for name in names.between(table, f"{table}{time_ms + 1:0{_DIGITS}d}"):
        yield name[1 + _DIGITS :]


def first(names: Names, table: str) -> int:
    """The first deadline; 0 where there is none. The stored names are asked."""
    for name in names.between(table, table + _BEHIND):
        return int(name[1 : 1 + _DIGITS])
    return 0
