"""`Rollups`: keeps the sums of rollups.py in step with the decisions and with what accounts are.

Guarantees, each with a test (tests/faults/test_sums.py):
- What a rollup has of a batch, or of a change of accounts, is one part, and its rows keep the number of the last one. Who
  comes back after a kill sees by that number whether it is there, and adds it where it is not: never twice.
- What accounts change from and to is written down before anything is moved, so a change that was cut short is finished as it was.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final

import pyarrow as pa

from sinks.base import SinkStopped
from sinks.clickhouse.by_kind import KEPT, Copy
from sinks.clickhouse.connect import Database
from sinks.clickhouse.rollups import Rollup

Account = tuple[str, str, str]
# Kinds of facts that say what an account counts as.
MASTER_KINDS: Final = ("customer", "account_owner")

# How often what a token kept out is inserted again; each time means a server killed within microseconds.
_ATTEMPTS: Final = 5
# Sums that are added at a time: each insert takes one core, and memory.
_AT_ONCE: Final = 2
_STAGED: Final = "(tenant, entity, account_id) IN (SELECT tenant, entity, account_id FROM {})"
_OF_BATCH: Final = (
    "(SELECT tenant, entity, account_id, region, segment, collector, affiliate, toInt8(1) AS times "
    f"FROM account_groups FINAL WHERE {_STAGED})"
)
_OF_CHANGE: Final = (
    "(SELECT tenant, entity, account_id, region, segment, collector, affiliate, times "
    "FROM group_changes WHERE change = {})"
)
_CHANGED: Final = (
    "(tenant, entity, account_id) IN (SELECT tenant, entity, account_id FROM group_changes WHERE change = {})"
)
_REJECTED: Final = "SELECT shard, fact_offset FROM decisions WHERE kind = 'fact_rejected' AND cause_kind = '{}'"
_GROUP: Final = ("region", "segment", "collector", "affiliate")
# What the staged accounts were, and what they are now by their facts; only those that differ.
_DIFFERING: Final = f"""
INSERT INTO group_changes (change, tenant, entity, account_id, {", ".join(_GROUP)}, times)
SELECT {{change:Int64}}, tenant, entity, account_id, one.1, one.2, one.3, one.4, one.5
FROM (
    SELECT tenant, entity, account_id,
           (toString(g.region), toString(g.segment), toString(g.collector), g.affiliate) AS was,
           (toString(c.said.1), toString(c.said.2), toString(o.collector), toUInt8(c.said.3)) AS now
    FROM staged_accounts AS s
    LEFT JOIN (
        SELECT tenant, entity, account_id, argMax((region, segment, affiliate), fact_offset) AS said
        FROM customer_facts FINAL
        WHERE {_STAGED.format("staged_accounts")} AND (shard, fact_offset) NOT IN ({_REJECTED.format("customer")})
        GROUP BY tenant, entity, account_id
    ) AS c USING (tenant, entity, account_id)
    LEFT JOIN (
        SELECT tenant, entity, account_id, argMaxIf(owner, fact_offset, role = 'collector') AS collector
        FROM account_owner_facts FINAL
        WHERE {_STAGED.format("staged_accounts")} AND (shard, fact_offset) NOT IN ({_REJECTED.format("account_owner")})
        GROUP BY tenant, entity, account_id
    ) AS o USING (tenant, entity, account_id)
    LEFT JOIN (SELECT * FROM account_groups FINAL WHERE {_STAGED.format("staged_accounts")}) AS g
        USING (tenant, entity, account_id)
    WHERE was != now
)
ARRAY JOIN [(was.1, was.2, was.3, was.4, toInt8(-1)), (now.1, now.2, now.3, now.4, toInt8(1))] AS one
"""
_OF_REJECTED: Final = f"""
SELECT DISTINCT tenant, entity, account_id FROM decisions WHERE kind = 'fact_rejected' AND cause_kind IN {MASTER_KINDS}
"""
_NOW: Final = """
INSERT INTO account_groups (tenant, entity, account_id, region, segment, collector, affiliate, change)
SELECT tenant, entity, account_id, region, segment, collector, affiliate, change
FROM group_changes WHERE change = {change:Int64} AND times = 1
"""


class Rollups:
    """The sums that are kept. All methods raise RetryLater: call again later, as uncertain where that is asked; SinkStopped."""

    def __init__(self, database: Database) -> None:
        """Finish a change of accounts that was cut short."""
        self._database = database
        self._threads = ThreadPoolExecutor(_AT_ONCE, "clickhouse-sums")
        self.regroup(())

    def add(self, staged: str, batch: int, token: str, uncertain: bool) -> None:
        """Add the decisions of a batch, which are in that table. `uncertain`: some of it may have been added before."""

        def put(rollup: Rollup | Copy) -> None:
            select = rollup.select(staged, "1", _OF_BATCH.format(staged), batch=str(batch))
            self._put(rollup, select, f"last_batch = {batch}", f"{token}-{rollup.name}", uncertain)

        # Each has a table and a token of its own. All are waited for, whichever fails.
        added = [self._threads.submit(put, rollup) for rollup in KEPT]
        wait(added)
        for sum_of in added:
            sum_of.result()

    def regroup_rejected(self) -> None:
        """Regroup whom rejected facts speak of: these count for nothing, and may have been read before it was decided."""
        self.regroup({(row[0], row[1], row[2]) for row in self._database.rows(_OF_REJECTED)})

    def regroup(self, accounts: Collection[Account]) -> None:
        """Move the sums of those of `accounts` that are something else by their facts than they count as.

        Not while a batch is half added: its sums would be moved from where they are not yet.
        """
        written, applied = self._changes()
        if written > applied:
            self._apply(written, uncertain=True)
        if not accounts:
            return
        with self._database.client() as client:
            client.command("TRUNCATE TABLE staged_accounts")
            client.insert_arrow("staged_accounts", _arrow(accounts), settings={"async_insert": 0})
            client.command(_DIFFERING, parameters={"change": written + 1})
            client.command("TRUNCATE TABLE staged_accounts")
        if self._changes()[0] > written:
            self._apply(written + 1, uncertain=False)

    def _changes(self) -> tuple[int, int]:
        """The last change that was written down, and the last one that is done."""
        ((written, applied),) = self._database.rows(
            "SELECT (SELECT max(change) FROM group_changes), (SELECT max(change) FROM account_groups)"
        )
        return int(written), int(applied)

    def _apply(self, change: int, uncertain: bool) -> None:
        for rollup in KEPT:
            if rollup.of_accounts:
                select = rollup.select(
                    "decisions", _CHANGED.format(change), _OF_CHANGE.format(change), change=str(change)
                )
                self._put(rollup, select, f"last_change = {change}", f"change-{change}-{rollup.name}", uncertain)
        with self._database.client() as client:
            client.command(_NOW, parameters={"change": change})

    def _put(self, rollup: Rollup | Copy, select: str, mark: str, token: str, uncertain: bool) -> None:
        """Insert what `select` gives, once: where `uncertain`, only if no row has the `mark`."""
        if uncertain and self._is_there(rollup, mark):
            return
        self._insert(rollup, select, token)
        for attempt in range(1, _ATTEMPTS + 1):
            if not uncertain or self._is_there(rollup, mark) or not self._gives(select):
                return
            # Its token was known and its part is not there: as with decisions, docs/decisions/0031.
            self._insert(rollup, select, f"{token}-{attempt}")
        if not self._is_there(rollup, mark):
            raise SinkStopped(
                f"{self._database.place.name}: {rollup.name} has no rows with {mark} after {_ATTEMPTS} inserts: "
                "look at the server's log"
            )

    def _insert(self, rollup: Rollup | Copy, select: str, token: str) -> None:
        self._database.insert_select(f"INSERT INTO {rollup.name} ({', '.join(rollup.columns)}) {select}", token)

    def _gives(self, select: str) -> bool:
        return bool(self._database.rows(f"SELECT 1 FROM ({select}) LIMIT 1"))

    def _is_there(self, rollup: Rollup | Copy, mark: str) -> bool:
        ((number,),) = self._database.rows(f"SELECT count() FROM {rollup.name} WHERE {mark}")
        return int(number) > 0


def _arrow(accounts: Collection[Account]) -> Any:
    tenants, entities, names = zip(*sorted(accounts), strict=True)
    return pa.table({"tenant": pa.array(tenants), "entity": pa.array(entities), "account_id": pa.array(names)})
