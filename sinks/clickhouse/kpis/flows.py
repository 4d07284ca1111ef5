"""What every KPI that counts by day is made of: sums for each account, added up by what the accounts are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sinks.clickhouse.view import CODE, GROUP, KEY, View

EVENT_DAY: Final = "toDate32(event_time)"
NO_REVERSAL: Final = "NOT startsWith(rule, 'reversed.')"
OF_CUSTOMER: Final = "NOT startsWith(account_id, '~')"
ACCOUNTS_OF: Final = (
    "LEFT JOIN (SELECT tenant, entity, account_id, region, segment, collector FROM account_groups FINAL) AS a "
    "USING (tenant, entity, account_id)"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """`sql` is an aggregate over the source, for each account and day; its sums are the measure."""

    sql: str
    comment: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A KPI that counts by day.

    source: Rows with tenant, entity, account_id, currency and what `day`, `measures`, `by` and `owner` name.
    by: What it is split by beside the key: the column's SQL and its comment. owner: SQL of the source, where it is not the
    account's collector. ratios: SQL over the measures. types: as those of a View.
    """

    name: str
    comment: str
    source: str
    measures: Mapping[str, Measure]
    day: str = EVENT_DAY
    by: Mapping[str, Measure] = field(default_factory=dict)
    owner: str = ""
    owner_comment: str = ""
    ratios: Mapping[str, Measure] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def view(self) -> View:
        """The view that counts."""
        columns = KEY | ({"owner": self.owner_comment} if self.owner else {})
        for part in (self.by, self.measures, self.ratios):
            columns |= {name: one.comment for name, one in part.items()}
        return View(self.name, self.comment, columns, self._select(), self.types)

    def _select(self) -> str:
        by = "".join(f", {name}" for name in self.by)
        names = ", ".join(self.measures)
        # What is summed has names of columns that it is made of.
        inner_by = "".join(f", of_{name}" for name in self.by)
        ratios = "".join(f", {one.sql} AS {name}" for name, one in self.ratios.items())
        return f"""
SELECT day, {GROUP}{by}, {names}{ratios}
FROM (
    SELECT of_day AS day, tenant, entity, of_region AS region, of_segment AS segment, of_currency AS currency,
           of_owner AS owner{"".join(f", of_{name} AS {name}" for name in self.by)},
           {", ".join(f"toInt64(of_{name}) AS {name}" for name in self.measures)}
    FROM (
        SELECT {self.day} AS of_day, tenant, entity, a.region AS of_region, a.segment AS of_segment, currency AS of_currency,
               {self.owner or "a.collector"} AS of_owner{"".join(f", {one.sql} AS of_{name}" for name, one in self.by.items())},
               {", ".join(f"{one.sql} AS of_{name}" for name, one in self.measures.items())}
        FROM {self.source} AS s {ACCOUNTS_OF}
        GROUP BY of_day, tenant, entity, of_region, of_segment, of_currency, of_owner{inner_by}
    )
)
WHERE {" OR ".join(f"{name} != 0" for name in self.measures)}
"""


@dataclass(frozen=True, slots=True)
class Linked:
    """Rows of things that were followed through several decisions: `source` has of_day, tenant, entity, account_id, currency, the
    columns a KPI is split by, and these measures."""

    source: str
    measures: tuple[str, ...]


def kept_and_linked(
    name: str,
    comment: str,
    measures: Mapping[str, Measure],
    linked: tuple[Linked, ...],
    where: str,
    by: Mapping[str, Measure] | None = None,
    ratios: Mapping[str, Measure] | None = None,
    types: Mapping[str, str] | None = None,
    kept: str = "count_days",
) -> View:
    """A KPI that counts by day: what single decisions tell from the sums that are kept, the rest from things that are followed.

    measures: SQL over a row of `kept`, 0 where only `linked` has it; where both have it, they are added up.
    """
    split, divisions = by or {}, ratios or {}
    columns = dict(KEY)
    for part in (split, measures, divisions):
        columns |= {column: one.comment for column, one in part.items()}
    key = ", ".join((GROUP, *split))
    said = types or {}
    currency = f"CAST(currency, '{said.get('currency', CODE)}')"
    as_said = "".join(f", CAST({column}, '{said[column]}')" for column in split)
    of_split = "".join(f", {one.sql} AS of_{column}" for column, one in split.items())
    told = ", ".join(f"toInt64({one.sql}) AS of_{column}" for column, one in measures.items())
    rows = [
        f"SELECT day AS of_day, tenant, entity, region, segment, {currency} AS of_currency, owner{of_split}, {told} "
        f"FROM {kept} WHERE {where}"
    ]
    for one in linked:
        values = ", ".join(f"toInt64({column})" if column in one.measures else "0" for column in measures)
        rows.append(
            f"SELECT of_day, tenant, entity, a.region, a.segment, {currency}, a.collector"
            f"{as_said}, "
            f"{values} FROM {one.source} AS s {ACCOUNTS_OF}"
        )
    sums = ", ".join(f"sum(of_{column}) AS {column}" for column in measures)
    named = "".join(f", of_{column} AS {column}" for column in split)
    more = "".join(f", {one.sql} AS {column}" for column, one in divisions.items())
    some = " OR ".join(f"{column} != 0" for column in measures)
    return View(
        name,
        comment,
        columns,
        f"SELECT day, {key}, {', '.join(measures)}{more} "
        f"FROM (SELECT of_day AS day, tenant, entity, region, segment, of_currency AS currency, owner{named}, {sums} "
        f"FROM ({' UNION ALL '.join(rows)}) GROUP BY day, {key}) WHERE {some}",
        said,
    )


def minutes(since: str, until: str) -> str:
    """Whole minutes from one time to another; 0 where the other is not later."""
    return f"intDiv(greatest(toUnixTimestamp64Milli({until}) - toUnixTimestamp64Milli({since}), 0), 60000)"


def counted(
    name: str,
    comment: str,
    measures: Mapping[str, Measure],
    by: Mapping[str, Measure] | None = None,
    ratios: Mapping[str, Measure] | None = None,
    where: str = "1",
) -> View:
    """A KPI that counts decisions by day of event, from the sums that are kept: `measures` are aggregates over count_days."""
    split, divisions = by or {}, ratios or {}
    columns = dict(KEY)
    for part in (split, measures, divisions):
        columns |= {column: one.comment for column, one in part.items()}
    key = ", ".join((GROUP, *split))
    sums = ", ".join(f"{one.sql} AS sum_of_{column}" for column, one in measures.items())
    named = ", ".join(f"toInt64(sum_of_{column}) AS {column}" for column in measures)
    more = "".join(f", {one.sql} AS {column}" for column, one in divisions.items())
    some = " OR ".join(f"{column} != 0" for column in measures)
    return View(
        name,
        comment,
        columns,
        f"SELECT day, {key}, {named}{more} FROM (SELECT day, {key}, {sums} FROM count_days WHERE {where} "
        f"GROUP BY day, {key}) WHERE {some}",
        dict.fromkeys(split, CODE),
    )
