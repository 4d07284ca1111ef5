"""`Counting`: keeps the answers of answers.py in step with the tables.

The rows of an answer are one part, under a number of their own, the highest: they are there whole or not at all. Then `answers` says
of what they are. Who is killed in between counts again (tests/sinks/test_counting.py). The rows before stay, for who reads them.
"""

import time
from typing import Final

from sinks.clickhouse.answers import AS_OF, KeptAnswer
from sinks.clickhouse.connect import ONE_PART, Database
from sinks.clickhouse.kpis import ANSWERED

# Who publishes meanwhile has the other cores.
_SETTINGS: Final = {**ONE_PART, "max_threads": 1}


class Counting:
    """The answers of one database. Raises RetryLater: call again later. SinkStopped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outdated(self) -> list[KeptAnswer]:
        """Those that are not of what is in the tables now."""
        kept = self._database.rows(f"SELECT kpi, argMax(as_of, version) = {AS_OF} FROM answers GROUP BY kpi")
        current = {kpi for kpi, is_current in kept if is_current}
        return [answer for answer in ANSWERED if answer.kpi not in current]

    def count(self, answer: KeptAnswer) -> None:
        """Count it anew. What is written meanwhile may be in a part of it; it is outdated then."""
        began = time.monotonic()
        with self._database.client() as client:
            ((as_of, before),) = client.query(f"SELECT {AS_OF}, (SELECT max(version) FROM {answer.name})").result_rows
            # No other count's, also where one goes on in a server whose publisher is gone.
            version = max(before + 1, time.time_ns() // 1_000)
            client.command(answer.count(version), settings=_SETTINGS)
            there = [old for (old,) in client.query(f"SELECT DISTINCT version FROM {answer.name}").result_rows]
            # An answer without rows is one too, and is given only when no others are there.
            stays = before if version in there else version
            for old in there:
                if old < version and old != stays:
                    client.command(f"ALTER TABLE {answer.name} DROP PARTITION {old}")
            took = round(1_000 * (time.monotonic() - began))
            client.command(
                f"INSERT INTO answers SELECT '{answer.kpi}', {version}, {{as_of:String}}, "
                f"now64(3, 'UTC') - toIntervalMillisecond({took}), {took}",
                parameters={"as_of": as_of},
            )
