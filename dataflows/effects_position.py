"""Where a sink with effects stands in the log: found at the start, refused where it was lost, held against a second sink.

The position is in the sink's own file. The log has a second witness: how far the sink was when it last said so, and which
process of it is the last one that was started. A sink never guesses: what it cannot know to be unsent it does not send.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.log.base import Log
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkStopped
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
            self.store = self._opened(path, again)
            self._token = secrets.randbits(_TOKEN_BITS)
            self.save()
            log.save_positions(_owner(sink), DECISIONS, {0: self._token})
        except BaseException:
            self._lock.close()
            raise

    def _opened(self, path: Path, again: str) -> EffectStore:
        saved = self._log.positions(group(self._sink), DECISIONS)
        if not path.exists():
            if saved:
                raise PositionLost(
                    f"{path} is gone, and the log says that the sink {self._sink} was at work: what it has sent is not "
                    f"known, so it sends nothing. Put the file back, or say from where it goes on: {again}"
                )
            begin_at(self._log, self._sink, path, dict(enumerate(self._log.end_offsets(DECISIONS))))
        store = EffectStore(path)
        try:
            self._check_identity(store, again)
            self._check_age(store, saved, again)
        except BaseException:
            store.close()
            raise
        return store

    def _check_identity(self, store: EffectStore, again: str) -> None:
        for topic, known in ((FACTS, store.facts), (DECISIONS, store.decisions)):
            there = self._log.identity(topic)
            if known != there:
                raise PositionLost(
                    f"{store.path}: the {topic} it has read are those of {known}, here are those of {there}: another "
                    f"installation, or a log that was rebuilt. Say from where the sink goes on: {again}"
                )

    def _check_age(self, store: EffectStore, saved: Mapping[int, int], again: str) -> None:
        for shard, position in store.positions(DECISIONS).items():
            if saved.get(shard, 0) > position.next:
                raise PositionLost(
                    f"{store.path}: stands at {position.next} in shard {shard}, and the log says that the sink was at "
                    f"{saved[shard]}: it is an older copy, and what was sent since is not known. Put the right file back, "
                    f"or say from where the sink goes on: {again}"
                )

    def save(self) -> None:
        """Tell the log how far the sink is. Raises LogUnavailable."""
        positions = {shard: position.next for shard, position in self.store.positions(DECISIONS).items()}
        self._log.save_positions(group(self._sink), DECISIONS, positions)

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


def begin_at(log: Log, sink: str, path: Path, offsets: Mapping[int, int]) -> None:
    """Make the sink's file, standing at these offsets of the decisions. What it learns from facts it reads from the
    beginning. Raises LogUnavailable, LogRefused."""
    begins = log.begin_offsets(DECISIONS)
    decisions = {
        shard: Position(offset, 0 if offset <= begins[shard] == 0 else -1) for shard, offset in offsets.items()
    }
    facts = {shard: Position(offset) for shard, offset in enumerate(log.begin_offsets(FACTS))}
    positions: dict[str, Mapping[int, Position]] = {DECISIONS: decisions, FACTS: facts}
    EffectStore.make(path, sink, log.identity(FACTS), log.identity(DECISIONS), positions)
