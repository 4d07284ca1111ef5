"""The owner of a process's shards: reads facts, lets each shard take them in, appends and commits.

Nothing is buffered without a limit: a shard with many unconfirmed decisions is paused until the
log has confirmed them.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from mypy_extensions import mypyc_attr

from connectors.log.base import Confirmed, Full, Log, LogUnavailable, Record
from dataflows.rules.transition import RULES_VERSION
from dataflows.shards.logged import ShardStopped
from dataflows.shards.recovery import OpenShard, open_shard
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import encode_fact
from schemas.records import Drain, Rules
from schemas.topics import DECISIONS, FACTS

MOST_UNCONFIRMED: Final = 20_000
COMMIT_SECONDS: Final = 1.0
COMMIT_DIRTY_ROWS: Final = 2_000
# As many facts as a shard takes in before decisions go out: small, so that latency stays low.
BATCH_FACTS: Final = 128
# Some milliseconds: a payment waits for one of each shard at the most.
WAKES_PER_DRAIN: Final = 32
# Times of commits kept for whoever asks; past it they are not kept.
MOST_TIMES: Final = 10_000
GROUP: Final = "receivables"

# A decision on its way to the log: sequence, account key, bytes.
Outgoing = tuple[int, bytes, bytes]


def _store(state: Path, number: int) -> Store:
    return Store(state / f"shard-{number:03d}")


def save_stored_progress(log: Log, shards: Sequence[int], state: Path) -> None:
    """Tell others how far the state of these shards is, which no owner has open: what the log keeps of it outlives a
    state that is lost, or an older one that is brought back, and says too much. Raises StoreInUse, OtherFormat."""
    stored: dict[int, int] = {}
    for number in shards:
        store = _store(state, number)
        try:
            row = store.shard_row()
        finally:
            store.close()
        stored[number] = row.next_offset if row is not None else 0
    log.save_positions(GROUP, FACTS, stored)


@mypyc_attr(allow_interpreted_subclasses=True)
class Owner:
    """Owns shards of one log. Single-threaded. Open it, then call `poll`, `take`, `send`, `tend` in rounds; close it.

    Raises what opening a shard raises, ShardStopped for a shard that cannot go on.
    """

    def __init__(self, log: Log, shards: Sequence[int], state: Path, cache_bytes: int, name: str) -> None:
        self.log: Final = log
        self.open: Final[dict[int, OpenShard]] = {}
        with ExitStack() as undo:
            # The state's locks come before the log's claims: a second process started by mistake stops at them, and does
            # not fence off the first.
            stores: dict[int, Store] = {}
            for number in shards:
                stores[number] = _store(state, number)
                undo.callback(stores[number].close)
            self._decisions = log.writer(DECISIONS, name, claim=shards)
            undo.callback(self._decisions.close)
            self._facts = log.writer(FACTS, f"{name}-facts")
            undo.callback(self._facts.close)
            for number in shards:
                self.open[number] = open_shard(log, number, stores[number], cache_bytes // len(shards))
            start = {number: shard.shard.row.next_offset for number, shard in self.open.items()}
            self._reader = log.reader(FACTS, start)
            undo.pop_all()
        self._commit_at = {
            # Staggered, so that not all shards commit at once.
            number: time.monotonic() + COMMIT_SECONDS * (1 + index / len(self.open))
            for index, number in enumerate(self.open)
        }
        self._paused: set[int] = set()
        # For each shard, how many drain facts it will have taken in with the last one that was appended.
        self._drains: dict[int, int] = {}
        self._saved: dict[int, int] = {}
        self._waiting: list[tuple[int, int, bytes, bytes]] = []
        self._commit_seconds: list[float] = []
        self._behind_since: dict[int, float] = {}
        self.at_end = False
        self._caught_up = False
        self.stopped: Final[dict[int, str]] = {}
        for number, opened in self.open.items():
            self.send(number, opened.shard.outbox)
            opened.shard.outbox = []
            if opened.shard.row.rules_version != RULES_VERSION:
                self._append_rules(number)

    def _append_rules(self, number: int) -> None:
        event_id = f"rules:{RULES_VERSION}"
        fact = Rules(event_id, 0, "", "headrace", "", "", "", 0, RULES_VERSION)
        self._facts.send(number, None, encode_fact(fact))

    def poll(self, timeout_seconds: float) -> dict[int, list[Record]]:
        """The next facts, by shard; [] for none. Also moves appends on and takes confirmations in."""
        self.confirmations(0.0)
        try:
            records = self._reader.poll(BATCH_FACTS * 4, timeout_seconds)
        except LogUnavailable:
            return {}
        self.at_end = not records
        # What there was is read, though more comes all the time.
        self._caught_up = len(records) < BATCH_FACTS * 4
        found: dict[int, list[Record]] = {}
        last = -1
        run: list[Record] = []
        for record in records:
            # Records come in runs of one partition.
            number = record[0]
            if number != last:
                last = number
                run = found.setdefault(number, [])
            run.append(record)
        return found

    def take(self, number: int, records: Sequence[Record]) -> list[Outgoing]:
        """Let the shard take the facts in; what it decided is to be sent.

        A shard that cannot go on is stopped: it is read no further, and `stopped` says why.
        """
        opened = self.open.get(number)
        if opened is None:
            return []
        try:
            for _, offset, _, value in records:
                opened.take(offset, value)
        except ShardStopped as error:
            self.stopped[number] = str(error)
            self._reader.pause([number])
            opened.close()
            del self.open[number]
            return []
        decided = opened.shard.outbox
        opened.shard.outbox = []
        return decided

    def send(self, number: int, decided: Sequence[Outgoing]) -> None:
        """Queue decisions for the log; `confirmations` moves them on."""
        at = 0
        if not self._waiting:
            for sequence, key, raw in decided:
                try:
                    self._decisions.send(number, key, raw, sequence)
                except Full:
                    break
                at += 1
        for sequence, key, raw in decided[at:]:
            self._waiting.append((number, sequence, key, raw))

    def _push(self) -> None:
        sent = 0
        for number, sequence, key, raw in self._waiting:
            try:
                self._decisions.send(number, key, raw, sequence)
            except Full:
                break
            sent += 1
        del self._waiting[:sent]

    def confirmations(self, timeout_seconds: float) -> None:
        """Take in what the log confirmed; pause and resume shards by their backlog."""
        try:
            self._confirmed(self._decisions.poll(timeout_seconds))
            self._facts.poll(0.0)
        except LogUnavailable:
            # What is queued stays queued; the shards pause when their bound is reached.
            pass
        if self._waiting:
            self._push()
        for number, opened in self.open.items():
            backlog = len(opened.shard.unconfirmed)
            if backlog > MOST_UNCONFIRMED and number not in self._paused:
                self._reader.pause([number])
                self._paused.add(number)
            elif number in self._paused and backlog < MOST_UNCONFIRMED // 2:
                self._reader.resume([number])
                self._paused.discard(number)

    def _confirmed(self, confirmed: Sequence[Confirmed]) -> None:
        for entry in confirmed:
            opened = self.open.get(entry.partition)
            if opened is not None:
                opened.shard.confirm(entry.token, entry.offset)

    def tend(self) -> None:
        """Commit one shard at the most, so that a payment waits for one commit and not for sixteen; drain wakes."""
        number = self._next_commit()
        if number >= 0:
            self.commit(number)
        if not self._caught_up:
            return
        for number, opened in self.open.items():
            if opened.shard.wakes_left() and self._drains.get(number, 0) <= opened.shard.drains:
                self._drain(number, opened.shard)

    def _next_commit(self) -> int:
        """The shard with the most rows to store, past COMMIT_DIRTY_ROWS, or else the one longest due; -1 for none."""
        number, rows = -1, COMMIT_DIRTY_ROWS - 1
        for candidate, opened in self.open.items():
            if opened.shard.dirty_rows > rows:
                number, rows = candidate, opened.shard.dirty_rows
        if number >= 0:
            return number
        due = time.monotonic()
        for candidate, opened in self.open.items():
            if self._commit_at[candidate] < due and opened.shard.uncommitted:
                number, due = candidate, self._commit_at[candidate]
        return number

    def _drain(self, number: int, shard: Shard) -> None:
        """Append a drain fact: one at a time, the next when this one is taken in."""
        self._drains[number] = shard.drains + 1
        event_id = f"drain:{number}:{shard.row.next_offset}"
        fact = Drain(event_id, shard.row.now, "", "headrace", "", "", "", shard.row.now, WAKES_PER_DRAIN)
        self._facts.send(number, None, encode_fact(fact))

    def commit(self, number: int) -> None:
        start = time.monotonic()
        self.open[number].shard.commit()
        done = time.monotonic()
        if len(self._commit_seconds) < MOST_TIMES:
            self._commit_seconds.append(done - start)
        self._commit_at[number] = done + COMMIT_SECONDS

    def take_commit_seconds(self) -> list[float]:
        """How long the commits since the last call took."""
        taken = self._commit_seconds
        self._commit_seconds = []
        return taken

    def lags(self) -> dict[int, tuple[int, float]]:
        """For each shard, facts not taken in and for how many seconds there have been any."""
        now = time.monotonic()
        try:
            ends = self.log.end_offsets(FACTS)
        except LogUnavailable:
            return {}
        found: dict[int, tuple[int, float]] = {}
        for number in self.open:
            behind = max(0, ends[number] - self._reader.position(number))
            since = self._behind_since.setdefault(number, now) if behind else now
            if not behind:
                self._behind_since.pop(number, None)
            found[number] = (behind, now - since)
        return found

    def save_progress(self) -> None:
        """Tell others how far the shards are; state itself does not need it."""
        now = {number: opened.shard.row.next_offset for number, opened in self.open.items()}
        if now != self._saved:
            self.log.save_positions(GROUP, FACTS, now)
            self._saved = now

    @property
    def unconfirmed(self) -> int:
        return sum(len(opened.shard.unconfirmed) for opened in self.open.values())

    def idle(self) -> bool:
        """Nothing to read, to drain, to send or to confirm."""
        if not self.at_end or self._waiting or self._facts.unconfirmed or self.unconfirmed:
            return False
        if any(opened.shard.wakes_left() for opened in self.open.values()):
            return False
        ends = self.log.end_offsets(FACTS)
        return all(self._reader.position(number) >= ends[number] for number in self.open)

    def stop(self, timeout_seconds: float) -> None:
        """Confirm what can be confirmed in time, commit everything."""
        # Where the log is away the commit keeps what is unconfirmed, and a restart sends it again.
        with suppress(LogUnavailable):
            self._confirmed(self._decisions.flush(timeout_seconds))
        for number in self.open:
            self.commit(number)
        self.save_progress()

    def close(self) -> None:
        for opened in self.open.values():
            opened.close()
        self._decisions.close()
        self._facts.close()
