"""Rows for people: a table where the terminal is wide enough for one that reads well, else record by record."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from os import environ
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A bar and a blank on either side of each cell, and the last bar.
_AROUND: Final = 3
_LAST: Final = 1
# Narrower than this no text is wrapped.
LEAST_WIDTH: Final = 40
_COMMAND: Final = "headrace "


@dataclass(frozen=True, slots=True)
class Column:
    """`wraps_at`: so many columns of the terminal do for its texts, wrapped; with 0 no text of it is ever broken."""

    name: str
    right: bool = False
    wraps_at: int = 0


def plain_console() -> Console:
    """On stdout, its texts as they are; 80 columns where there is no terminal, or COLUMNS."""
    return Console(markup=False, emoji=False, highlight=False)


def show(lines: Sequence[str], console: Console | None = None) -> None:
    """Lines on stdout. At a terminal, or where COLUMNS says how wide, each is wrapped between words, its further lines
    two columns deeper; commands to be copied stay in one piece. Where a program reads, lines are as they are."""
    out = console or plain_console()
    wraps = out.is_terminal or "COLUMNS" in environ
    for line in lines:
        body = line.lstrip(" ")
        if not wraps or body.startswith(_COMMAND) or cell_len(line) <= out.width:
            print(line)
            continue
        indent = " " * (len(line) - len(body))
        further = textwrap.wrap(
            body,
            max(out.width, LEAST_WIDTH),
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        print("\n".join(further))


class Listing:
    """Rows under a title, a cell for each column; `lines` parts the rows of a table."""

    def __init__(self, columns: Sequence[Column], title: str = "", lines: bool = False) -> None:
        self.columns = tuple(columns)
        self.title = title
        self.lines = lines
        self.rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        assert len(cells) == len(self.columns)
        self.rows.append(cells)

    def show(self, console: Console | None = None) -> None:
        out = console or plain_console()
        natural = [_widest(texts) for texts in zip([column.name for column in self.columns], *self.rows, strict=True)]
        least = [_least(*each) for each in zip(self.columns, self._cells(), natural, strict=True)]
        room = out.width - _AROUND * len(self.columns) - _LAST
        if sum(least) <= room:
            self._table(out, _shared_out(natural, least, room))
        else:
            self._records(out)

    def _cells(self) -> list[list[str]]:
        return [[row[at] for row in self.rows] for at in range(len(self.columns))]

    def _table(self, console: Console, widths: Sequence[int]) -> None:
        table = Table(title=self.title or None, title_justify="left", title_style="bold", show_lines=self.lines)
        for column, width in zip(self.columns, widths, strict=True):
            table.add_column(column.name, justify="right" if column.right else "left", overflow="fold", width=width)
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def _records(self, console: Console) -> None:
        """A line for each value; its further lines stand under the first. Only what may be wrapped is."""
        indent = max(cell_len(column.name) for column in self.columns) + 4
        if self.title:
            console.print(self.title, soft_wrap=True, style="bold")
        for number, row in enumerate(self.rows, 1):
            if number > 1:
                console.print()
            console.print(f"row {number} of {len(self.rows)}")
            for column, value in zip(self.columns, row, strict=True):
                lines = value.split("\n")
                if column.wraps_at and console.width - indent >= column.wraps_at:
                    lines = [str(line).rstrip() for line in Text(value).wrap(console, console.width - indent)]
                name = f"  {column.name}{' ' * (indent - 4 - cell_len(column.name))}  "
                console.print((name + ("\n" + " " * indent).join(lines)).rstrip(), soft_wrap=True)
        if not self.rows:
            console.print(f"no rows of {', '.join(column.name for column in self.columns)}", soft_wrap=True)


def _widest(texts: Sequence[str]) -> int:
    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)


def _least(column: Column, cells: Sequence[str], natural: int) -> int:
    """What its cells need; its name may be broken between words."""
    name = _widest(column.name.split())
    return max(name, min(natural, column.wraps_at) if column.wraps_at else _widest(cells))


def _shared_out(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The width of each column: the widest that can give way does so until all have room."""
    widths = list(natural)
    while sum(widths) > room:
        widest = max((at for at in range(len(widths)) if widths[at] > least[at]), key=lambda at: widths[at])
        widths[widest] -= 1
    return widths
