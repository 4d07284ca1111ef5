"""Where a sink with effects stands in the log: found at the start, refused where it was lost, held against a second sink.

The position is in the sink's own file. The log has a second witness: how far the sink was when it last said so, how many
attempts it has begun, and which process of it is the last one that was started. A sink never guesses: what it cannot know
to be unsent it does not send.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from connectors.log.base import Log
from connectors.reading import read_to_end
from dataflows.publishing import decoded
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkStopped
from sinks.effects.base import Effect
from sinks.effects.files import make
from sinks.effects.store import EffectStore, Position
from sinks.local import Lock

# As many bits as every log keeps of a position.
_TOKEN_BITS: Final = 48


class PositionLost(SinkStopped):
    """The sink does not know what it has sent; a person says from where it goes on."""


def group(sink: str) -> str:
    """Under this name the log keeps how far the sink is."""
    return f"effects-{sink}"


def _owner(sink: str) -> str:
    return f"effects-{sink}-owner"


def _attempts(sink: str) -> str:
    return f"effects-{sink}-attempts"


def effects_file(directory: Path, sink: str) -> Path:
    """The file of a sink with effects, in an installation's directory."""
    return directory / "effects" / f"{sink}.sqlite"


class Hold:
    """A sink's file, locked, and the word in the log that this process is the one. Close it."""

    def __init__(self, log: Log, sink: str, path: Path, again: str) -> None:
        """`again`: the command that says from where to go on, for messages. Where neither the file nor the log knows the
        sink, it begins at the decisions' end. Raises PositionLost, HeldElsewhere, LogUnavailable, LogRefused."""
        self._log = log
        self._sink = sink
        self._lock = Lock(path.with_suffix(".lock"), f"the sink {sink}")
        try:
            self.store = opened(log, sink, path, again)
            self._token = secrets.randbits(_TOKEN_BITS)
            log.save_positions(_owner(sink), DECISIONS, {0: self._token})
            self.save()
        except BaseException:
            self._lock.close()
            raise

    def save(self) -> None:
        """Tell the log how far the sink is, and once more who it is: Kafka forgets what nobody says for a week. Raises as
        `check`."""
        self.check()
        self._log.save_positions(_owner(self._sink), DECISIONS, {0: self._token})
        positions = {shard: position.next for shard, position in self.store.positions(DECISIONS).items()}
        self._log.save_positions(group(self._sink), DECISIONS, positions)
        self._count()

    def begin(self, numbers: Sequence[int], now_ms: int) -> list[Effect]:
        """Write down that these are tried now, here and in the log, durably, and give them: an older copy of the file is
        noticed by it, though no decision came since. Where it raises, nothing is tried: as `check`."""
        # Before it is written down: who is not to send any more has tried nothing.
        self.check()
        started = self.store.start(numbers, now_ms)
        try:
            self._count()
        except BaseException:
            self.store.not_tried(numbers)
            raise
        return started

    def _count(self) -> None:
        self._log.save_positions(_attempts(self._sink), DECISIONS, {0: self.store.begun()})

    def check(self) -> None:
        """Raises SinkStopped where another process of this sink was started since, LogUnavailable."""
        token = self._log.positions(_owner(self._sink), DECISIONS).get(0)
        if token != self._token:
            raise SinkStopped(
                f"another process of the sink {self._sink} was started on this log, with a directory of its own: only one "
                "may send. This one stops; stop that one too, and start the one whose directory is the right one"
            )

    def close(self) -> None:
        self.store.close()
        self._lock.close()


def opened(log: Log, sink: str, path: Path, again: str) -> EffectStore:
    """The sink's file, where its position is the right one; a new one where neither it nor the log knows the sink. Raises
    PositionLost, SinkStopped, LogUnavailable, LogRefused."""
    if not begun(log, sink, path):
        raise PositionLost(
            f"{path} is gone, and the log says that the sink {sink} was at work: what it has sent is not known, so it "
            f"sends nothing. Put the file back, or say from where it goes on: {again}"
        )
    store = EffectStore(path)
    try:
        _check_identity(log, store, again)
        _check_age(store, sink, log.positions(group(sink), DECISIONS), again)
        _check_attempts(store, sink, _begun_attempts(log, sink), again)
    except BaseException:
        store.close()
        raise
    return store


def begun(log: Log, sink: str, path: Path) -> bool:
    """Let a sink that neither its file nor the log knows begin at the decisions' end; False where its file was lost. Raises
    LogUnavailable, LogRefused."""
    if not path.exists():
        if log.positions(group(sink), DECISIONS):
            return False
        begin_at(log, sink, path, dict(enumerate(log.end_offsets(DECISIONS))))
    return True


def _check_identity(log: Log, store: EffectStore, again: str) -> None:
    for topic, known in ((FACTS, store.facts), (DECISIONS, store.decisions)):
        there = log.identity(topic)
        if known != there:
            raise PositionLost(
                f"{store.path}: the {topic} it has read are those of {known}, here are those of {there}: another "
                f"installation, or a log that was rebuilt. Say from where the sink goes on: {again}"
            )


def _check_age(store: EffectStore, sink: str, saved: Mapping[int, int], again: str) -> None:
    for shard, position in store.positions(DECISIONS).items():
        if saved.get(shard, 0) > position.next:
            raise PositionLost(
                f"{store.path}: stands at {position.next} in shard {shard}, and the log says that the sink {sink} was at "
                f"{saved[shard]}: it is an older copy, and what was sent since is not known. Put the right file back, or "
                f"say from where the sink goes on: {again}"
            )


def _check_attempts(store: EffectStore, sink: str, saved: int, again: str) -> None:
    if saved > store.begun():
        raise PositionLost(
            f"{store.path}: has {store.begun()} attempts begun, and the log says that the sink {sink} had {saved}: it is an "
            "older copy, and what was sent since is not known. Put the right file back, or say from where the sink goes "
            f"on: {again}"
        )


def _begun_attempts(log: Log, sink: str) -> int:
    return log.positions(_attempts(sink), DECISIONS).get(0, 0)


def go_on_from(log: Log, sink: str, path: Path, offsets: Mapping[int, int], now_ms: int) -> Path | None:
    """Give the sink a new file that stands at these offsets of the decisions; the one that was there is kept, under the
    name that is returned. Raises HeldElsewhere where the sink runs, LogUnavailable, LogRefused."""
    lock = Lock(path.with_suffix(".lock"), f"the sink {sink}")
    try:
        kept = None
        if path.exists():
            kept = path.with_name(f"{path.stem}.{now_ms}.lost")
            for ending in ("", "-wal", "-shm"):
                beside = path.with_name(path.name + ending)
                if beside.exists():
                    beside.rename(kept.with_name(kept.name + ending))
        begin_at(log, sink, path, offsets)
        log.save_positions(group(sink), DECISIONS, offsets)
    finally:
        lock.close()
    return kept


def offsets_since(log: Log, time_ms: int) -> dict[int, int]:
    """For each shard the offset of its first decision that was learned at that time or later, or its end; reads all
    decisions. Raises LogUnavailable, LogRefused, SinkStopped."""
    found: dict[int, int] = {}
    for shard, end in enumerate(log.end_offsets(DECISIONS)):
        found[shard] = end
        reader = log.reader(DECISIONS, {shard: log.begin_offsets(DECISIONS)[shard]})
        try:
            for records in read_to_end(reader, {shard: end}):
                later = (x.offset for x in records if decoded(x).recorded_time >= time_ms)
                first = next(later, None)
                if first is not None:
                    found[shard] = first
                    break
        finally:
            reader.close()
    return found


def begin_at(log: Log, sink: str, path: Path, offsets: Mapping[int, int]) -> None:
    """Make the sink's file, standing at these offsets of the decisions. What it learns from facts it reads from the
    beginning. Raises LogUnavailable, LogRefused."""
    begins = log.begin_offsets(DECISIONS)
    decisions = {
        shard: Position(offset, 0 if offset <= begins[shard] == 0 else -1) for shard, offset in offsets.items()
    }
    facts = {shard: Position(offset) for shard, offset in enumerate(log.begin_offsets(FACTS))}
    positions: dict[str, Mapping[int, Position]] = {DECISIONS: decisions, FACTS: facts}
    identities = log.identity(FACTS), log.identity(DECISIONS)
    make(path, sink, *identities, positions, _begun_attempts(log, sink))
