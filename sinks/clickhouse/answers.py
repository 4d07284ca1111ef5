"""KPIs that follow documents, receipts and entries through several decisions: counted now and then, and kept.

To count them takes longer the more decisions there are, and dashboards ask again and again. So `kpi_x` gives what was counted last,
and `now_kpi_x` counts when it is asked; docs/decisions/0072-answers-that-are-kept.md.
"""

from dataclasses import dataclass, replace
from typing import Final

from sinks.clickhouse.view import View, quoted

_SETTINGS: Final = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
ANSWERS: Final = f"""
CREATE TABLE IF NOT EXISTS answers (
    kpi LowCardinality(String) COMMENT 'View that gives it',
    version Int64 COMMENT 'Number of its rows',
    as_of String COMMENT 'Last batch of decisions, and last change of accounts, that were there when counting began',
    counted_time DateTime64(3, 'UTC') COMMENT 'When counting began',
    took_ms Int64 COMMENT 'How long it took'
)
ENGINE = ReplacingMergeTree(version) ORDER BY kpi
{_SETTINGS}
COMMENT 'How far the KPIs are counted that are kept'
"""
# Both are written when all of the batch, or of the change, is there.
AS_OF: Final = """concat(toString((SELECT max(batch) FROM publish_state WHERE phase = 'after')), '-',
    toString((SELECT max(change) FROM account_groups)))"""
"""SQL of what `answers.as_of` says of an answer that is counted now."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is kept of a KPI. counted: its view, as it is counted."""

    counted: View

    @property
    def kpi(self) -> str:
        return self.counted.name

    @property
    def name(self) -> str:
        """Of the table that keeps it."""
        return f"answers_{self.kpi}"

    @property
    def table(self) -> str:
        """CREATE of that table."""
        columns = ",\n    ".join([*self.counted.typed(), "version Int64 COMMENT 'Number of the answer'"])
        return f"""
CREATE TABLE IF NOT EXISTS {self.name} (
    {columns}
)
ENGINE = MergeTree PARTITION BY version ORDER BY (tenant, entity, day)
{_SETTINGS}
COMMENT {quoted(f"Answers that {self.kpi} gives and gave last")}
"""

    @property
    def now(self) -> View:
        """The view that counts when it is asked."""
        comment = f"{self.counted.comment}; counted when it is asked"
        return replace(self.counted, name=f"now_{self.kpi}", comment=comment)

    @property
    def kept(self) -> View:
        """The view that gives what was counted last."""
        # Read at once: another question for the number might be answered before a rebuilt table takes its place.
        rows = f"(SELECT *, max(version) OVER () AS last_version FROM {self.name})"
        return replace(self.counted, select=f"SELECT {self._columns} FROM {rows} WHERE version = last_version")

    def count(self, version: int) -> str:
        """INSERT of what is counted when it runs, under that number; one part of it has all or nothing."""
        return (
            f"INSERT INTO {self.name} ({self._columns}, version) SELECT {self._columns}, {version} FROM {self.now.name}"
        )

    @property
    def _columns(self) -> str:
        return ", ".join(f"`{name}`" for name in self.counted.columns)
