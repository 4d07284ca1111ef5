"""What ClickHouse holds, table by table, so that two places can be compared to the last byte."""

import hashlib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

from sinks.clickhouse.by_kind import BY_KIND
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.kpis import ANSWERED
from sinks.clickhouse.rollups import ROLLUPS, Rollup


def _sums(rollup: Rollup) -> str:
    """What a rollup adds up to, where there is something: its rows are merged in the background, and so are their marks."""
    keys = [name for name in rollup.columns if name not in rollup.sums and not name.startswith("last_")]
    sums = ", ".join(f"{rollup.named(name)} AS sum_of_{name}" for name in rollup.sums)
    some = " OR ".join(f"sum_of_{name} != 0" for name in rollup.sums)
    return f"SELECT {', '.join(keys)}, {sums} FROM {rollup.name} GROUP BY {', '.join(keys)} HAVING {some}"


_GROUP: Final = "tenant, entity, account_id, region, segment, collector, affiliate"
# Who published in which batches, and when a migration ran, differs from run to run; what was reached may not.
_CONTENTS: Final = {
    **{rollup.name: _sums(rollup) for rollup in ROLLUPS},
    **{name: f"SELECT * FROM {name} FINAL" for name in ("customer_facts", "account_owner_facts", "policy_facts")},
    # Facts that say nothing of accounts move it only now and then.
    "facts_state": "SELECT DISTINCT log != '' FROM facts_state",
    "account_groups": f"SELECT {_GROUP} FROM account_groups FINAL",
    # What they began as, and what they are.
    "group_changes": f"SELECT {_GROUP}, sum(times) AS moved FROM group_changes GROUP BY {_GROUP} HAVING moved != 0",
    # With which batch a row came differs from run to run.
    "decisions_by_kind": f"SELECT {', '.join(BY_KIND.of)} FROM decisions_by_kind",
    "publish_state": "SELECT shard, argMax(phase, version) AS phase, argMax(last, version) AS last "
    "FROM publish_state GROUP BY shard",
    "schema_versions": "SELECT version FROM schema_versions",
    # When they were counted, and how often, differs from run to run; what they give is in views.
    "answers": "SELECT kpi, as_of != '' AS is_counted FROM answers FINAL",
    **{answer.name: f"SELECT count() > 0 AS some FROM {answer.kpi}" for answer in ANSWERED},
}


@dataclass(frozen=True, slots=True)
class Table:
    """The contents of a table or view, sorted: how many rows, a digest of them, and a file with one on each line."""

    rows: int
    digest: str
    path: Path


def read_tables(place: Place, directory: Path) -> dict[str, Table]:
    """Every table and view of the database, by name, with computed columns; the files go into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    found = {}
    with Database(place) as database:
        # Tables for batches have their publishers' names.
        names = database.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE 'staged_batch_%' ORDER BY name"
        )
        for (name,) in names:
            contents = _CONTENTS.get(name, f"SELECT * FROM {name}")
            with database.client() as client:
                text: bytes = client.raw_query(
                    f"SELECT * FROM ({contents} SETTINGS asterisk_include_alias_columns = 1) ORDER BY ALL", fmt="TSV"
                )
            path = directory / f"{name}.tsv"
            path.write_bytes(text)
            found[name] = Table(text.count(b"\n"), hashlib.sha256(text).hexdigest(), path)
    return found


def differing(expected: dict[str, Table], got: dict[str, Table]) -> dict[str, str]:
    """What differs, by table: the first row that does, or that the table is in one place only."""
    found = {}
    for name in sorted(expected.keys() | got.keys()):
        one, other = expected.get(name), got.get(name)
        if one is None or other is None:
            found[name] = "not there" if other is None else "should not be there"
        elif (one.rows, one.digest) != (other.rows, other.digest):
            found[name] = _first_difference(one, other)
    return found


def _first_difference(expected: Table, got: Table) -> str:
    with expected.path.open() as one, got.path.open() as other:
        for number, (want, have) in enumerate(zip_longest(one, other, fillvalue="nothing"), 1):
            if want != have:
                return f"sorted row {number} is {have.strip()!r}, should be {want.strip()!r}"
    raise AssertionError(f"{expected.path} and {got.path} differ in their digests and not in their rows")
