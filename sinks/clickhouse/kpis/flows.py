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
        inner_by = "".join(f", {one.sql} AS of_{name}" for name, one in self.by.items())
        inner_names = "".join(f", of_{name}" for name in self.by)
        who = ", of_owner" if self.owner else ""
        ratios = "".join(f", {one.sql} AS {name}" for name, one in self.ratios.items())
        return f"""
SELECT day, {GROUP}{by}, {names}{ratios}
FROM (
    SELECT of_day AS day, tenant, entity, a.region AS region, a.segment AS segment, of_currency AS currency,
           {"of_owner" if self.owner else "a.collector"} AS owner{"".join(f", of_{name} AS {name}" for name in self.by)},
           {", ".join(f"toInt64(sum(of_{name})) AS {name}" for name in self.measures)}
    FROM (
        SELECT {self.day} AS of_day, tenant, entity, account_id, currency AS of_currency
               {f", {self.owner} AS of_owner" if self.owner else ""}{inner_by},
               {", ".join(f"{one.sql} AS of_{name}" for name, one in self.measures.items())}
        FROM {self.source}
        GROUP BY of_day, tenant, entity, account_id, of_currency{who}{inner_names}
    ) AS d {ACCOUNTS_OF}
    GROUP BY day, {GROUP}{by}
)
WHERE {" OR ".join(f"{name} != 0" for name in self.measures)}
"""


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
