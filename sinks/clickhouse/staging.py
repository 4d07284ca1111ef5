"""A batch of decisions in a table in memory, from which it goes into `decisions` and into every sum.

ClickHouse reads the decisions as they are in the log, which are Avro. To take them apart here and hand over columns took
half of the CPU of a publisher.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from librt.strings import BytesWriter

from schemas.codec import decode_decision_body
from schemas.records import Decision
from schemas.wire import Reader, Unreadable, put_long, put_text
from sinks.base import RetryLater, SinkStopped
from sinks.clickhouse.connect import Database
from sinks.clickhouse.ranges import Range
from sinks.clickhouse.schema import DAYS, INSTANTS, SAID, staged_table

COLUMNS: Final = ", ".join(f"`{name}`" for name in Decision.FIELDS)
"""Those of `decisions` and of a staged batch, for SQL."""

_NAMES: Final = [f"{SAID}{name}" if name in DAYS + INSTANTS else name for name in Decision.FIELDS]
_TYPES: Final[dict[type, Any]] = {int: "long", str: "string", list: {"type": "array", "items": "string"}}
_SCHEMA: Final = {
    "type": "record",
    "name": "decision",
    "fields": [
        {"name": name, "type": _TYPES[type(getattr(Decision(), field))]}
        for name, field in zip(_NAMES, Decision.FIELDS, strict=True)
    ],
}
_BEGINS: Final = "staged_batch_"
# Between blocks of a container file, 16 bytes that a reader compares.
_MARKER: Final = b"headrace-decided"


def container(bodies: Sequence[bytes]) -> bytes:
    """An Avro object container file of one block."""
    head = BytesWriter()
    head.write(b"Obj\x01")
    put_long(head, 2)
    put_text(head, "avro.schema")
    put_text(head, json.dumps(_SCHEMA))
    put_text(head, "avro.codec")
    put_text(head, "null")
    put_long(head, 0)
    head.write(_MARKER)
    put_long(head, len(bodies))
    put_long(head, sum(map(len, bodies)))
    return b"".join((head.getvalue(), *bodies, _MARKER))


class Staging:
    """A table of one publisher. It forgets where the server stops: so what is made from it counts only if `check` finds
    it whole afterwards.

    All methods raise RetryLater: stage it again.
    """

    def __init__(self, database: Database, name: str) -> None:
        """Make it. name: No other publisher's."""
        self.table = f"{_BEGINS}{name}"
        self._database = database
        with database.client() as client:
            client.command(staged_table(self.table))

    def put(self, bodies: Sequence[bytes], ranges: Mapping[int, Range]) -> None:
        """These decisions and no others. SinkStopped where one of them cannot be read."""
        self.clear()
        try:
            # In one insert: of several, the parts that are made from it would go by other tokens than those of a version before.
            with self._database.client() as client:
                client.raw_insert(self.table, _NAMES, container(bodies), {"async_insert": 0}, "Avro")
            self.check(ranges)
        except (RetryLater, SinkStopped):
            _read_all(bodies)
            raise

    def check(self, ranges: Mapping[int, Range]) -> None:
        """It has the ranges, each decision once, and nothing else."""
        found = self._database.rows(
            f"SELECT shard, min(sequence), max(sequence), count() FROM {self.table} GROUP BY shard ORDER BY shard"
        )
        wanted = [(r.shard, r.first, r.last, r.last - r.first + 1) for _, r in sorted(ranges.items())]
        if found != wanted:
            raise RetryLater(f"{self._database.place.name}: the batch is no longer in {self.table} as it was put there")

    def clear(self) -> None:
        with self._database.client() as client:
            client.command(f"TRUNCATE TABLE {self.table}")


def drop_others(database: Database, staged: Sequence[Staging]) -> None:
    """Drop those of publishers that are gone."""
    kept = {one.table for one in staged}
    named = f"SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '{_BEGINS}')"
    for (name,) in database.rows(named):
        if name not in kept:
            with database.client() as client:
                client.command(f"DROP TABLE IF EXISTS {name} SYNC")


def _read_all(bodies: Sequence[bytes]) -> None:
    """Raises SinkStopped for the first that cannot be read."""
    for body in bodies:
        try:
            decode_decision_body(body)
        except Unreadable as error:
            start = Reader(body)
            shard, sequence = start.long(), start.long()
            raise SinkStopped(
                f"decisions shard {shard}, sequence {sequence}: {error}: the log is damaged; restore it"
            ) from error
