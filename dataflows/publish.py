"""The publishing flow shells: what must come back as facts, effects outside, live views; ClickHouse's is in clickhouse.py.

Each is a dataflow of its own, in a process of its own: what stalls one delays nothing else. A source
that polls, a sink that blocks while its outside is away, one worker: what is not read yet waits in
the log, and memory stays bounded.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import bytewax.operators as op
import structlog
from bytewax._bytewax import cli_main
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.log.base import Log
from dataflows.effects import EffectsChunk, EffectsLoop, EffectsStatus
from dataflows.effects_position import Hold
from dataflows.forwarding import ForwardChunk, Forwarder
from dataflows.live import LiveChunk, LiveUpdater, views_identity
from dataflows.publishing import Patience, PublishStatus, Stop, Stopped
from schemas.topics import DECISIONS, FACTS
from sinks.effects.base import EffectSink
from sinks.effects.files import readable
from sinks.redis.connect import RedisServer
from sinks.redis.live.store import Reopen
from sinks.redis.live.store import Store as LiveStore
from sinks.redis.store import Store, Wiped

_PART: Final = "00"

C = TypeVar("C")
T = TypeVar("T")


class Pump(Generic[C]):
    """What a flow does: `read` gives the next chunk, or None at the end; `take` puts it where it goes.

    What one of them raises is kept as `failure` and ends the flow: an exception that passes through bytewax comes out as a
    panic, and not always of its type.
    """

    def __init__(self, read: Callable[[], C | None], take: Callable[[C], None]) -> None:
        self._read = read
        self._take = take
        self.failure: BaseException | None = None

    def read(self) -> C | None:
        return None if self.failure is not None else self._guarded(self._read)

    def take(self, chunk: C) -> None:
        if self.failure is None:
            self._guarded(lambda: self._take(chunk))

    def _guarded(self, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001 - raised again by `run_pump`
            self.failure = error
            return None


class _SourcePart(StatefulSourcePartition[Any, None]):
    def __init__(self, pump: Pump[Any]) -> None:
        self._pump = pump

    def next_batch(self) -> list[Any]:
        chunk = self._pump.read()
        if chunk is None:
            raise StopIteration
        return [(_PART, chunk)]

    def snapshot(self) -> None:
        return None


class _Source(FixedPartitionedSource[Any, None]):
    def __init__(self, pump: Pump[Any]) -> None:
        self._pump = pump

    def list_parts(self) -> list[str]:
        return [_PART]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _SourcePart:
        return _SourcePart(self._pump)


class _SinkPart(StatefulSinkPartition[Any, None]):
    def __init__(self, pump: Pump[Any]) -> None:
        self._pump = pump

    def write_batch(self, values: list[Any]) -> None:
        for chunk in values:
            self._pump.take(chunk)

    def snapshot(self) -> None:
        return None


class _Sink(FixedPartitionedSink[Any, None]):
    def __init__(self, pump: Pump[Any]) -> None:
        self._pump = pump

    def list_parts(self) -> list[str]:
        return [_PART]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _SinkPart:
        return _SinkPart(self._pump)


def run_pump(name: str, pump: Pump[Any]) -> None:
    """Run the dataflow to its end. Raises what `read` or `take` raised."""
    flow = Dataflow(name)
    op.output("publish", op.input("decisions", flow, _Source(pump)), _Sink(pump))
    cli_main(flow)  # type: ignore[no-untyped-call]
    if pump.failure is not None:
        raise pump.failure


class _Loop(Protocol):
    """idle: nothing was left when the last chunk was taken."""

    idle: bool


class _Leaving:
    """Whether a loop is to leave because it is idle. Asked before each read."""

    # Between a read and its take may be another read.
    _STALE: Final = 2

    def __init__(self, loop: _Loop, until_idle: Stop) -> None:
        self._loop = loop
        self._until_idle = until_idle
        self._stale = 0 if until_idle else self._STALE

    def __bool__(self) -> bool:
        if not self._until_idle:
            return False
        if self._stale:
            # It was idle perhaps before the last of what is to be done was there.
            self._stale -= 1
            self._loop.idle = False
        return self._loop.idle


def publish_forward(log: Log, server: RedisServer, *, until_idle: Stop, stop: Stop, status: PublishStatus) -> None:
    """Keep the directory and forward what it finds, until told to stop, or with `until_idle` until nothing is left.

    Where Redis is empty, or is emptied meanwhile, everything is read again from the beginning; facts that
    are appended again have no second effect. Raises SinkStopped, LogRefused.
    """
    patience = Patience("publish forward", stop, status)
    try:
        identity = patience.persist(lambda: f"{log.identity(DECISIONS)} {log.identity(FACTS)}")
        while True:
            store = patience.persist(lambda: Store(server, identity))
            try:
                _forward(Forwarder(log, store, patience, status), until_idle, stop)
                return
            except Wiped as error:
                structlog.get_logger().warning("reading everything again", flow="publish forward", reason=str(error))
    except Stopped:
        structlog.get_logger().info("left while something was away", flow="publish forward")
    finally:
        status.state = "stopped"


def _forward(forwarder: Forwarder, until_idle: Stop, stop: Stop) -> None:
    leaving = _Leaving(forwarder, until_idle)

    def read() -> ForwardChunk | None:
        return None if stop or leaving else forwarder.read()

    try:
        run_pump("publish_forward", Pump(read, forwarder.take))
    finally:
        forwarder.close()


def publish_effects(
    log: Log,
    sink: EffectSink,
    path: Path,
    again: str,
    *,
    until_idle: Stop,
    stop: Stop,
    status: PublishStatus,
    effects: EffectsStatus,
) -> None:
    """Do what decisions ask a sink with effects for, until told to stop, or with `until_idle` until nothing is left that
    may be done now. `path`: the sink's file; `again`: the command that says from where it goes on, for messages.

    Raises PositionLost, HeldElsewhere, SinkStopped, LogRefused.
    """
    patience = Patience(f"publish {sink.name}", stop, status)
    try:
        with readable(path):
            hold = patience.persist(lambda: Hold(log, sink.name, path, again))
            try:
                _effects(EffectsLoop(log, sink, hold, patience, status, effects, stop), until_idle, stop)
                patience.persist(hold.save)
            finally:
                hold.close()
    except Stopped:
        structlog.get_logger().info("left while something was away", flow=f"publish {sink.name}")
    finally:
        status.state = "stopped"


def _effects(loop: EffectsLoop, until_idle: Stop, stop: Stop) -> None:
    leaving = _Leaving(loop, until_idle)

    def read() -> EffectsChunk | None:
        return None if stop or leaving else loop.read()

    try:
        try:
            run_pump("publish_effects", Pump(read, loop.take))
        finally:
            # Whatever ended it: what came of an attempt is known now, and to nobody later.
            loop.leave()
    finally:
        loop.close()


def publish_live(log: Log, server: RedisServer, *, until_idle: Stop, stop: Stop, status: PublishStatus) -> None:
    """Keep the live views until told to stop, or with `until_idle` until all there is is in them.

    Shards that Redis lost are made again from the beginning; where `headrace rebuild redis` switched a shard over, the new
    views are kept from then on. Raises SinkStopped (a gap, another log's views), LogRefused.
    """
    patience = Patience("publish live", stop, status)
    try:
        identity = patience.persist(lambda: views_identity(log))
        shards = patience.persist(lambda: log.partitions(FACTS))
        while True:
            store = patience.persist(lambda: LiveStore(server, identity, shards))
            try:
                _keep_live(LiveUpdater(log, store, patience, status), until_idle, stop)
                return
            except Reopen as error:
                structlog.get_logger().warning("opening the live views again", flow="publish live", reason=str(error))
    except Stopped:
        structlog.get_logger().info("left while something was away", flow="publish live")
    finally:
        status.state = "stopped"


def _keep_live(updater: LiveUpdater, until_idle: Stop, stop: Stop) -> None:
    leaving = _Leaving(updater, until_idle)

    def read() -> LiveChunk | None:
        return None if stop or leaving else updater.read()

    try:
        run_pump("publish_live", Pump(read, updater.take))
    finally:
        updater.close()
