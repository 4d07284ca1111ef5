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
# Comes right after the digits of any time.
_BEHIND: Final = ":"


def put(names: Names, time_ms: int, subject: str, there: bool, table: str = DEADLINE) -> None:
    """Name the dispute, or document, by its deadline (UTC milliseconds, above zero), or take that name away."""
    names.changed[f"{table}{time_ms:0{_DIGITS}d}{subject}"] = there


def until(names: Names, time_ms: int, table: str = DEADLINE) -> Iterator[str]:
    """Those whose deadline is no later than that, the earliest first, then by number."""
    for name in names.between(table, f"{table}{time_ms + 1:0{_DIGITS}d}"):
        yield name[1 + _DIGITS :]


def first(names: Names, table: str = DEADLINE) -> int:
    """The first deadline; 0 where there is none."""
    for name in names.between(table, table + _BEHIND):
        return int(name[1 : 1 + _DIGITS])
    return 0
