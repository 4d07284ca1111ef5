"""The check of ClickHouse's rows against the decisions.

ClickHouse and this code each digest the rows in blocks; only a block that differs is fetched.
"""

from collections.abc import Callable, Sequence
from hashlib import md5
from typing import Final

from headrace.audit.findings import Check, listed
from schemas.records import Decision
from sinks.clickhouse.reading import Views

BLOCK: Final = 1_000
# Blocks whose digests are asked for at once.
BLOCKS_AT_ONCE: Final = 50
_FIELD: Final = "\x1f"
_ENTRY: Final = "\x1e"
_ROW: Final = "\n"
# What ClickHouse's Date32 and DateTime64 hold: 1900-01-01 to 2299-12-31. The sink cuts what lies outside to the end.
_FIRST_DAY: Final = -25_567
_LAST_DAY: Final = 120_529
_DAY_MS: Final = 86_400_000

_DAYS: Final = frozenset(("posting_date", "value_date", "due_date", "document_date"))
_INSTANTS: Final = frozenset(("event_time", "recorded_time", "deadline"))
_LISTS: Final = frozenset(("reasons", "candidates", "evidence", "excluded"))


def _column(name: str) -> str:
    """A column as the text that is digested."""
    if name in _DAYS:
        return f"toString(toInt32(`{name}`))"
    if name in _INSTANTS:
        return f"toString(toUnixTimestamp64Milli(`{name}`))"
    if name in _LISTS:
        return f"arrayStringConcat(arrayMap(x -> toString(x), `{name}`), char(30))"
    return f"toString(`{name}`)"


_NAMES: Final = Decision.FIELDS
_TEXT: Final = f"arrayStringConcat([{', '.join(_column(name) for name in _NAMES)}], char(31))"
_DIGESTS: Final = f"""
SELECT intDiv(sequence, {BLOCK}) AS block, count(),
       lower(hex(MD5(arrayStringConcat(arrayMap(x -> x.2, arraySort(groupArray((sequence, {_TEXT})))), '\\n'))))
FROM decisions WHERE shard = {{shard:UInt16}} AND sequence >= {{first:Int64}} AND sequence < {{stop:Int64}}
GROUP BY block ORDER BY block
"""
_ROWS: Final = f"""
SELECT sequence, {", ".join(_column(name) for name in _NAMES)}
FROM decisions WHERE shard = {{shard:UInt16}} AND sequence >= {{first:Int64}} AND sequence < {{stop:Int64}}
ORDER BY sequence
"""
_PUBLISHED: Final = "SELECT shard, max(last + 1) FROM publish_state WHERE phase = 'after' GROUP BY shard"
# Beyond what is published there may be a batch that is being inserted.
# Of no rows ClickHouse makes max(last + 1) the 0 of max(last) and adds 1 to that.
_UNDER_WAY: Final = "SELECT if(count() = 0, 0, max(last) + 1) FROM publish_state WHERE shard = {shard:UInt16}"
_COUNT: Final = """
SELECT countIf(sequence < {until:Int64}), if(count() = 0, 0, max(sequence) + 1)
FROM decisions WHERE shard = {shard:UInt16}
"""
_STRAY: Final = """
SELECT shard, count() FROM decisions WHERE shard >= {shards:UInt16} OR sequence < 0 GROUP BY shard ORDER BY shard
"""


def day_kept(value: int) -> int:
    """The day as the table has it."""
    return min(max(value, _FIRST_DAY), _LAST_DAY)


def _instant(value: int) -> int:
    return min(max(value, _FIRST_DAY * _DAY_MS), (_LAST_DAY + 1) * _DAY_MS - 1)


def fields(d: Decision) -> list[str]:
    """A decision's fields as the texts that are digested."""
    found: list[str] = []
    for name in _NAMES:
        value = getattr(d, name)
        if name in _DAYS:
            value = day_kept(value)
        elif name in _INSTANTS:
            value = _instant(value)
        found.append(_ENTRY.join(value) if name in _LISTS else str(value))
    return found


class ClickHouseCheck:
    """The rows of `decisions`, one shard at a time. `shards`: how many there are. Methods raise SinkError."""

    def __init__(self, check: Check, views: Views, shards: int) -> None:
        self._check: Final = check
        self._views: Final = views
        self._published: Final = {row[0]: int(row[1]) for row in views.ask(_PUBLISHED).rows}
        for shard, number in views.ask(_STRAY, {"shards": shards}).rows:
            check.find("row_extra", f"{number} rows have a shard or a number that cannot be", shard=shard)

    def published(self, shard: int) -> int:
        """Decisions below this were in the table when the audit began, by the publisher's own word."""
        return self._published.get(shard, 0)

    def digests(self, shard: int, block: int) -> dict[int, tuple[int, str]]:
        """How many rows the block and those after it have, and their digests."""
        first = block * BLOCK
        parameters = {"shard": shard, "first": first, "stop": first + BLOCK * BLOCKS_AT_ONCE}
        return {row[0]: (row[1], row[2]) for row in self._views.ask(_DIGESTS, parameters).rows}

    def rows(self, shard: int, first: int, stop: int) -> list[tuple[int, list[str]]]:
        parameters = {"shard": shard, "first": first, "stop": stop}
        return [(row[0], list(row[1:])) for row in self._views.ask(_ROWS, parameters).rows]

    def under_way(self, shard: int) -> int:
        """Decisions below this are in the table, or being inserted, by the publisher's own word at this moment."""
        announced: int = self._views.ask(_UNDER_WAY, {"shard": shard}).rows[0][0]
        return max(announced, self.published(shard))

    def counted(self, shard: int, known: int, logged: Callable[[], int]) -> None:
        """The table has as many rows as the log has decisions, once the log is read.

        `known` is the next sequence of what was read; `logged` says how many records the log has at this moment.
        """
        published = self.published(shard)
        number, beyond = self._views.ask(_COUNT, {"shard": shard, "until": published}).rows[0]
        self._check.checked += number
        if number != published:
            self._check.find(
                "count", f"decisions of shard {shard}: {number} rows, {published} were published", shard=shard
            )
        # In this order: what is inserted was announced before, and what is announced was in the log before.
        under_way = self.under_way(shard)
        there = max(known, logged())
        if beyond > under_way:
            text = f"the table goes up to decision {beyond - 1}, publish_state up to {under_way - 1}"
            self._check.find("row_extra", text, shard=shard)
        if published > known or under_way > there:
            text = f"publish_state goes up to decision {under_way - 1}, the log up to {known - 1}"
            self._check.find("published", text, shard=shard)
        elif published < known:
            self._check.note(f"shard {shard}: {known - published} decisions are not published to ClickHouse yet")


class TableCheck:
    """One shard's rows, compared block by block as its decisions come by. `take` them in order, then `finish`."""

    def __init__(self, check: Check, clickhouse: ClickHouseCheck, shard: int) -> None:
        self._check: Final = check
        self._clickhouse: Final = clickhouse
        self._shard: Final = shard
        self._until: Final = clickhouse.published(shard)
        self._block = 0
        self._held: list[Decision] = []
        self._digests: dict[int, tuple[int, str]] = {}
        self._asked = 0

    def take(self, d: Decision) -> None:
        if d.sequence // BLOCK != self._block:
            self._compare()
            self._block = d.sequence // BLOCK
        self._held.append(d)

    def finish(self) -> None:
        self._compare()

    def _compare(self) -> None:
        if self._block >= self._asked:
            self._digests = self._clickhouse.digests(self._shard, self._block)
            self._asked = self._block + BLOCKS_AT_ONCE
        held, self._held = self._held, []
        number, said = self._digests.get(self._block, (0, ""))
        if not number and (not held or held[0].sequence >= self._until):
            # Nothing of it is published.
            return
        texts = [_FIELD.join(fields(d)) for d in held]
        digest = md5(_ROW.join(texts).encode(), usedforsecurity=False).hexdigest()
        if (len(texts), digest) != (number, said):
            self._differ(held)

    def _differ(self, held: Sequence[Decision]) -> None:
        """Find the rows of a block that differ. Those that are not published may be missing, but not wrong."""
        first = self._block * BLOCK
        there: dict[int, list[list[str]]] = {}
        for sequence, said in self._clickhouse.rows(self._shard, first, first + BLOCK):
            there.setdefault(sequence, []).append(said)
        for d in held:
            found = there.pop(d.sequence, [])
            if not found:
                if d.sequence < self._until:
                    self._check.about(d, "row_missing", f"decisions does not have it: {d.kind} {d.amount} {d.currency}")
                continue
            if len(found) > 1:
                self._check.about(d, "row_doubled", f"decisions has it {len(found)} times")
            right = fields(d)
            wrong = [
                f"{name} {theirs!r}, should be {ours!r}"
                for name, ours, theirs in zip(_NAMES, right, found[0], strict=True)
                if ours != theirs
            ]
            if wrong:
                self._check.about(d, "row_differs", f"decisions has {listed(wrong, 3)}")
        for sequence in sorted(there):
            # Those beyond what was published may have come since the log was read; `counted` looks at them.
            if sequence < self._until:
                self._check.find(
                    "row_extra", "decisions has it, the log does not", shard=self._shard, sequence=sequence
                )
