"""What a page has in hand: the views, what its address says, and where it may link to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlencode

from headrace.formulas import months_before
from headrace.settings import Settings
from headrace.web.figures import Cell, Chart, Headline, Table
from headrace.web.filters import ROWS, Filters, Known, address
from headrace.web.source import Source
from sinks.clickhouse.reading import Views

Row = dict[str, Any]

_KNOWN: Final = """
SELECT substring(until, 1, 10) AS last_day, toString(fromUnixTimestamp64Milli(max(last_recorded_ms), 'UTC')) AS until,
       (SELECT count() FROM decisions) AS decisions, arraySort(groupUniqArrayIf(entity, entity != '')) AS entities
FROM shard_days
"""
_CURRENCIES: Final = """
SELECT currency FROM count_days
WHERE currency != '' AND kind IN ('invoice_released', 'item_posted', 'interest_charged', 'deduction_opened')
  AND NOT startsWith(rule, 'reversed.')
GROUP BY currency ORDER BY sum(decisions) DESC, currency
"""
_DIMENSIONS: Final = """
SELECT arraySort(groupUniqArrayIf(region, region != '')), arraySort(groupUniqArrayIf(segment, segment != '')),
       arraySort(arrayDistinct(arrayConcat(groupUniqArrayIf(collector, collector != ''), any(others))))
FROM accounts, (SELECT groupUniqArray(owner) AS others FROM decisions
    WHERE owner != '' AND kind IN ('exception_raised', 'assigned', 'task_opened', 'dispute_routed', 'cash_proposed', 'escalated'))
    AS work
"""


_NAMES: Final = """
SELECT tenant, entity, account_id, argMax(name, fact_offset) AS legal_name
FROM customer_facts WHERE account_id IN {ids:Array(String)} GROUP BY tenant, entity, account_id
"""
_MOST_NAMED: Final = 500


class NotThere(LookupError):
    """What the address names is not there. The message says what."""


def account_path(row: Row) -> str:
    """The page of the row's account."""
    return "/account/" + "/".join(quote(row[part], safe="") for part in ("tenant", "entity", "account_id"))


@dataclass(frozen=True, slots=True)
class Asked:
    """`rows`: how many a table shows. `whole`: it is written as a file, of all rows up to so many."""

    views: Source
    filters: Filters
    known: Known
    settings: Settings
    rows: int = ROWS
    whole: bool = False

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        by_collector: bool = True,
        by_columns: bool = False,
    ) -> list[Row]:
        """Rows by column. What the address says is bound to as_of, since, currency, owner, now, limit and offset.

        WITHIN in `sql` becomes the accounts meant; with `by_collector`, those of the owner where the address names one.
        `by_columns`: of a KPI, which has no accounts.
        """
        filters = self.filters
        scope = filters.scope if by_collector else filters.place
        bound = {
            "as_of": filters.as_of.isoformat(),
            "since": self.since.isoformat(),
            "currency": filters.currency,
            "owner": filters.owner,
            "now": self.known.until,
            # One more than is shown tells that there are more.
            "limit": self.rows + 1,
            "offset": (filters.page - 1) * self.rows,
            **(parameters or {}),
        }
        named = {name: value for name, value in bound.items() if f"{{{name}:" in sql}
        answer = self.views.ask(scope.of(sql, by_columns), {**named, **scope.parameters})
        return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]

    @property
    def since(self) -> date:
        """The period begins after this day."""
        return months_before(self.filters.as_of, self.filters.months)

    def first(self, rows: int) -> "Asked":
        """The same from the first row on, with that many rows; with all of them where it is for a file."""
        return self if self.whole else replace(self, rows=rows, filters=replace(self.filters, page=1))

    def link(self, path: str, **changes: object) -> str:
        return address(path, self.filters, self.known, **changes)

    def account(self, row: Row, note: str = "") -> Cell:
        """The account of a row, leading to its page, with its name where `named` has found it."""
        name = row["account_id"]
        several = len(self.known.entities) > 1
        beside = [note or row.get("name", ""), row["entity"] if several else ""]
        said = ", ".join(text for text in beside if text)
        shown = "payer not known" if name.startswith("~suspense:") else name
        return Cell(shown, f"{row['tenant']}/{row['entity']}/{name}", self.link(account_path(row)), "", said)

    def waits(self, row: Row, number: str) -> str:
        """The address of what a document, receipt, dispute or promise of the row's account waits for."""
        said = {"tenant": row["tenant"], "of": row["entity"], "account": row["account_id"], "item": number}
        base = self.link("/waits")
        return f"{base}{'&' if '?' in base else '?'}{urlencode(said)}"

    def named(self, rows: list[Row]) -> list[Row]:
        """The rows of a page, with the names of their accounts; those of a file go without."""
        ids = sorted({row["account_id"] for row in rows})
        if ids and len(ids) <= _MOST_NAMED:
            found = {
                (row["tenant"], row["entity"], row["account_id"]): row["legal_name"]
                for row in self.ask(_NAMES, {"ids": ids})
            }
            for row in rows:
                row["name"] = found.get((row["tenant"], row["entity"], row["account_id"]), "")
        return rows

    def cut(self, table: Table, paged: bool = True) -> Table:
        """Take off the row that only tells that there are more. `paged`: the address's page turns this table's."""
        table.paged = paged
        if paged and not table.rows and self.filters.page > 1:
            table.empty = f"There is no page {self.filters.page}."
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
    """`search`: with a field to look for accounts. `is_now`: lists show what is so at the end of the log, whatever the day."""

    title: str
    lead: str = ""
    headlines: Sequence[Headline] = ()
    blocks: Sequence[Block] = ()
    search: bool = False
    is_now: bool = False

    def tables(self) -> dict[str, Table]:
        """By name, those of charts too."""
        found = [block.shows.table if isinstance(block.shows, Chart) else block.shows for block in self.blocks]
        return {table.name: table for table in found if isinstance(table, Table)}


def what_is_known(views: Views, settings: Settings) -> Known | None:
    """None where nothing was published. The settings' base currency comes first, if anything is in it."""
    row = views.ask(_KNOWN).rows[0]
    if not row[2]:
        return None
    found = [code for (code,) in views.ask(_CURRENCIES).rows]
    base = settings.base_currency
    ordered = [base, *(code for code in found if code != base)] if base in found else found
    regions, segments, owners = views.ask(_DIMENSIONS).rows[0]
    return Known(
        date.fromisoformat(row[0]),
        row[1],
        tuple(ordered),
        tuple(row[3]),
        tuple(regions),
        tuple(segments),
        tuple(owners),
    )


def all_rows(asked: Asked, rows: int) -> Asked:
    """The same from its first row on, for a file."""
    return replace(asked, rows=rows, whole=True, filters=replace(asked.filters, page=1))
