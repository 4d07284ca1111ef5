"""`Counting`: keeps the answers of answers.py in step with the tables.

An answer takes its place whole: its rows are written under a number of their own, and then a row of `answers` says that number. Who
is killed in between has changed nothing (tests/sinks/test_counting.py). The one before stays, for who has begun to read it.
"""

import time
from typing import Final

from sinks.clickhouse.answers import AS_OF, Answer
from sinks.clickhouse.connect import Database
from sinks.clickhouse.kpis import ANSWERED

# Who publishes meanwhile has the other cores.
_ONE_CORE: Final = {"max_threads": 1}


class Counting:
    """The answers of one database. Raises RetryLater: call again later. SinkStopped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outdated(self) -> list[Answer]:
        """Those that are not of what is in the tables now."""
        kept = self._database.rows(f"SELECT kpi, argMax(as_of, version) = {AS_OF} FROM answers GROUP BY kpi")
        current = {kpi for kpi, is_current in kept if is_current}
        return [answer for answer in ANSWERED if answer.kpi not in current]

    def count(self, answer: Answer) -> None:
        """Count it anew. What is written meanwhile may be in a part of it; it is outdated then."""
        began = time.monotonic()
        columns = ", ".join(f"`{name}`" for name in answer.counted.columns)
        with self._database.client() as client:
            ((as_of, before, last),) = client.query(
                f"SELECT {AS_OF}, (SELECT max(version) FROM answers WHERE kpi = '{answer.kpi}'), (SELECT max(version) FROM {answer.name})"
            ).result_rows
            # Rows of a higher number are of a count that was cut short.
            version = max(before, last) + 1
            client.command(
                f"INSERT INTO {answer.name} ({columns}, version) SELECT {columns}, {version} FROM {answer.now.name}",
                settings=_ONE_CORE,
            )
            took = round(1000 * (time.monotonic() - began))
            client.command(
                f"INSERT INTO answers SELECT '{answer.kpi}', {version}, {{as_of:String}}, now64(3, 'UTC') - toIntervalMillisecond({took}), {took}",
                parameters={"as_of": as_of},
            )
            for (old,) in client.query(
                f"SELECT DISTINCT version FROM {answer.name} WHERE version NOT IN ({before}, {version})"
            ).result_rows:
                client.command(f"ALTER TABLE {answer.name} DROP PARTITION {old}")
