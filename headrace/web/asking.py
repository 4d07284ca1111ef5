"""What a page has in hand: the views, what its address says, and where it may link to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from headrace.settings import Settings
from headrace.web.figures import Cell, Chart, Headline, Table
from headrace.web.filters import ROWS, Filters, Known, address
from sinks.clickhouse.reading import Views

Row = dict[str, Any]

_KNOWN: Final = """
SELECT toString(max(toDate32(recorded_time))) AS last_day, count() AS decisions,
       arraySort(groupUniqArrayIf(entity, entity != '')) AS entities
FROM decisions
"""
_CURRENCIES: Final = """
SELECT currency FROM decisions WHERE currency != '' AND raises GROUP BY currency ORDER BY count() DESC, currency
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """`rows`: how many a table shows; more of them when it is written as a file."""

    views: Views
    filters: Filters
    known: Known
    settings: Settings
    rows: int = ROWS

    def ask(self, sql: str, **parameters: object) -> list[Row]:
        """Rows by column, with the address's day, currency, company and owner, and LIMIT and OFFSET of its page, bound."""
        bound = {
            **self.filters.parameters(),
            # One more than is shown tells that there are more.
            "limit": self.rows + 1,
            "offset": (self.filters.page - 1) * self.rows,
            **parameters,
        }
        answer = self.views.ask(sql, {name: value for name, value in bound.items() if f"{{{name}:" in sql})
        return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]

    def link(self, path: str, **changes: object) -> str:
        return address(path, self.filters, self.known, **changes)

    def account(self, row: Row, note: str = "") -> Cell:
        """The account of a row, leading to its page."""
        name = row["account_id"]
        path = f"/account/{quote(row['tenant'], safe='')}/{quote(row['entity'], safe='')}/{quote(name, safe='')}"
        several = len(self.known.entities) > 1
        return Cell(
            name,
            f"{row['tenant']}/{row['entity']}/{name}",
            self.link(path),
            "",
            note or (row["entity"] if several else ""),
        )

    def cut(self, table: Table) -> Table:
        """Take off the row that only tells that there are more."""
        if len(table.rows) > self.rows:
            table.more = True
            del table.rows[self.rows :]
        return table


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that a reader has to know."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Something under a heading. `wide`: over the whole width."""

    heading: str
    shows: Chart | Table | Note
    wide: bool = True
    explains: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    lead: str = ""
    headlines: Sequence[Headline] = ()
    blocks: Sequence[Block] = ()

    def tables(self) -> dict[str, Table]:
        """By name, those of charts too."""
        found = [block.shows.table if isinstance(block.shows, Chart) else block.shows for block in self.blocks]
        return {table.name: table for table in found if isinstance(table, Table)}


def what_is_known(views: Views, settings: Settings) -> Known | None:
    """None where nothing was published. The settings' base currency comes first, if anything is in it."""
    row = views.ask(_KNOWN).rows[0]
    if not row[1]:
        return None
    found = [code for (code,) in views.ask(_CURRENCIES).rows]
    base = settings.base_currency
    ordered = [base, *(code for code in found if code != base)] if base in found else found
    return Known(date.fromisoformat(row[0]), tuple(ordered), tuple(row[2]))


def all_rows(asked: Asked, rows: int) -> Asked:
    """The same from its first row on, for a file."""
    return replace(asked, rows=rows, filters=replace(asked.filters, page=1))
