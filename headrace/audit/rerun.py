"""The rules run again: the shard engine, as a black box, on the same facts in an empty place.

Where decisions were made by another version of the rules they are adopted, as a restart would. The
decisions must be the same bytes, and at the checkpoint's place every row of the state too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.transition import RULES_VERSION
from dataflows.shards.events import EVENT_DAYS
from dataflows.shards.logged import Logged, ShardStopped
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from headrace.audit.findings import Check
from headrace.audit.state import StateCopy
from headrace.audit.streams import Group, Said
from schemas.codec import decode_decision
from schemas.records import Decision, ShardRow
from schemas.wire import Unreadable

COMMIT_FACTS: Final = 20_000
SCAN_ROWS: Final = 10_000
# Characters of a field that differs; a policy has thousands.
MOST_SHOWN: Final = 80
# Where the shard stands is compared by field, and what the log has not confirmed by StateCheck.
_NOT_COMPARED: Final = (b"M", b"U")
# These are of the log that it is on, and of how far that one had confirmed.
_OF_THE_LOG: Final = frozenset(("log_id", "decisions_log_id", "confirmed_sequence", "decisions_offset"))


def _compared(entry: tuple[bytes, bytes]) -> bool:
    return entry[0][:1] not in _NOT_COMPARED


def _left_behind(entry: tuple[bytes, bytes], now: int) -> bool:
    """Whether it is an event id that counts no more: it goes when a commit has time for it."""
    key, value = entry
    generation = int.from_bytes(value[12:], "big") if key[:1] == b"E" else 0
    return 0 < generation < now // DAY_MS // EVENT_DAYS


class Rerun:
    """One shard's run. `take` its groups in order, then `close`. After a difference in number it is over."""

    def __init__(
        self,
        check: Check,
        shard: int,
        shards: int,
        row: ShardRow,
        directory: Path,
        cache_bytes: int,
        first_version: str,
    ) -> None:
        self._check: Final = check
        self._number: Final = shard
        self._shard: Final = Shard(shard, shards, Store(directory), row, cache_bytes)
        self._version = first_version or RULES_VERSION
        self._facts = 0
        self.over = False

    def take(self, group: Group) -> None:
        """Run the rules on the fact, and compare what they conclude with what the log says."""
        if self.over:
            return
        self._facts += 1
        if group.said:
            self._version = group.said[0].decision.rules_version
        logged = None
        if self._version != RULES_VERSION:
            logged = Logged([entry.raw for entry in group.said], True, -1)
            self._check.note(f"decisions of rules version {self._version} are adopted, not made again")
        else:
            self._check.checked += 1
        try:
            self._shard.process(group.offset, group.value, logged)
        except (ShardStopped, AssertionError) as error:
            self._over(group, "stopped", f"the rules stop: {error}")
            return
        self._compare(group)
        self._shard.outbox.clear()
        self._shard.confirm(self._shard.row.next_sequence - 1, -1)
        if self._facts % COMMIT_FACTS == 0:
            self._shard.commit()

    def _over(self, group: Group, code: str, text: str) -> None:
        self._check.find(code, text, shard=self._number, offset=group.offset)
        self._check.note(f"shard {self._number}: the rules were run up to offset {group.offset} only")
        self.over = True

    def _compare(self, group: Group) -> None:
        concluded = [raw for _, _, raw in self._shard.outbox]
        for raw, said in zip(concluded, group.said, strict=False):
            if raw != said.raw:
                self._check.about(said.decision, "differs", _difference(raw, said))
        if len(concluded) != len(group.said):
            more = [decode_decision(raw) for raw in concluded[len(group.said) :]]
            more += [said.decision for said in group.said[len(concluded) :]]
            self._over(
                group,
                "count",
                f"the rules conclude {len(concluded)} decisions, the log has {len(group.said)}; the first that only "
                f"one has: {_brief(more[0])}",
            )

    def compare_state(self, copy: StateCopy) -> None:
        """Every row of the checkpoint against the run's own, at the same place."""
        if self.over:
            return
        self._shard.commit()
        self._compare_place(copy)
        now = self._shard.row.now
        ours, theirs = self._rows(), (entry for entry in copy.rows() if _compared(entry))
        mine, other = next(ours, None), next(theirs, None)
        while mine is not None or other is not None:
            self._check.checked += 1
            if other is None or (mine is not None and mine[0] < other[0]):
                assert mine is not None
                if not _left_behind(mine, now):
                    self._row("row_missing", mine[0], "the checkpoint does not have it")
                mine = next(ours, None)
            elif mine is None or other[0] < mine[0]:
                if not _left_behind(other, now):
                    self._row("row_extra", other[0], "the rules did not make it")
                other = next(theirs, None)
            else:
                if mine[1] != other[1]:
                    self._row("row_differs", mine[0], "the checkpoint has other contents")
                mine, other = next(ours, None), next(theirs, None)

    def _compare_place(self, copy: StateCopy) -> None:
        """The row that says where the shard stands: its time, policy, watermarks and allowances too."""
        assert copy.row is not None
        self._check.checked += 1
        for name in ShardRow.FIELDS:
            right, stored = _plain(getattr(self._shard.row, name)), _plain(getattr(copy.row, name))
            if name not in _OF_THE_LOG and right != stored:
                text = f"row M: {name} is {_short(right)}, the checkpoint has {_short(stored)}"
                self._check.find("row_differs", text, shard=self._number)

    def _row(self, code: str, key: bytes, text: str) -> None:
        account, _, name = key[1:].partition(b"\0")
        where = key.hex() if key[:1] in (b"E", b"W") else f"{account.decode(errors='replace')} {name!r}"
        self._check.find(code, f"row {key[:1].decode(errors='replace')} {where}: {text}", shard=self._number)

    def _rows(self) -> Iterator[tuple[bytes, bytes]]:
        after = b"\0"
        while rows := self._shard.store.range(after, b"\xff", SCAN_ROWS):
            yield from (entry for entry in rows if _compared(entry))
            after = rows[-1][0] + b"\0"

    def close(self) -> None:
        self._shard.close()


def _difference(concluded: bytes, said: Said) -> str:
    """The first fields that differ."""
    try:
        right = decode_decision(concluded)
    except Unreadable as error:
        return f"the rules conclude bytes that are no decision: {error}"
    different = [n for n in Decision.FIELDS if getattr(right, n) != getattr(said.decision, n)]
    parts = [f"{n} {getattr(said.decision, n)!r}, by the rules {getattr(right, n)!r}" for n in different[:3]]
    return f"{_brief(said.decision)}: the log has {'; '.join(parts)}"


def _plain(value: Any) -> Any:
    """A field of the row as something that can be compared."""
    return [[getattr(x, name) for name in x.FIELDS] for x in value] if isinstance(value, list) else value


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= MOST_SHOWN else f"{said[:MOST_SHOWN]}..."


def _brief(d: Decision) -> str:
    return f"{d.kind} {d.rule} {d.document or d.receipt_id or d.reference_id} {d.amount} {d.currency}".strip()
