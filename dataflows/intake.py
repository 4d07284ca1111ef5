"""intake: what producers send is read, received (decoded, checked, placed) and appended to the facts log.

The flow shell: bytewax is here, what the steps do is in connectors.intake. One worker in one process
bounds itself: a sink that waits for the log holds the source. bytewax's own recovery is not used;
positions are saved behind what is durable.
"""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import bytewax.operators as op
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import run_main

from connectors.checks import DAY_MS
from connectors.files.ingest import ensure_topics
from connectors.intake.clockwork import HOUR_MS, ClockRefused, ShardClock, shard_clocks
from connectors.intake.inputs import GROUP, Arrival, Inputs, present_ends, start_offsets
from connectors.intake.live import ROUND_RECORDS, LiveFeed, Machine
from connectors.intake.outlet import Delivery, Outlet, Tick
from connectors.intake.plan import START, Plan
from connectors.intake.reception import dead_letter, receive
from connectors.intake.replay import Batch, Collector, Sender, batches, sent_since
from connectors.log.base import Log, LogRefused, LogUnavailable
from connectors.placing import Rejected
from schemas.topics import FACTS

Mode = Literal["live", "replay"]

SETTLE_SECONDS: Final = 1.0
IDLE_WAIT: Final = timedelta(milliseconds=4)
# While bytewax's epochs last nothing holds back a source but the sink's own waiting; short ones keep state small.
EPOCH: Final = timedelta(seconds=1)
# What comes from outside the process. Anything else is a bug, and may end it.
EXPECTED: Final = (ClockRefused, LogRefused, LogUnavailable, sqlite3.Error)
# What producers send together shall be planned together: a replay that follows waits until they are quiet.
QUIET_SECONDS: Final = 2.0


class IntakeSettings(Protocol):
    """What intake needs to know of an installation."""

    @property
    def dir(self) -> Path: ...
    @property
    def shards(self) -> int: ...
    @property
    def input_partitions(self) -> int: ...
    @property
    def catch_up_hours(self) -> int: ...


class IntakeBusy(LogRefused):
    """Another intake runs on this installation, or a replay of it is unfinished."""


def never() -> bool:
    return False


def run_intake(
    log: Log,
    settings: IntakeSettings,
    mode: Mode,
    until_idle: bool,
    stop: Callable[[], bool] = never,
    machine: Machine | None = None,
    pace: Callable[[], None] | None = None,
) -> None:
    """Run intake until `stop` says so, or with `until_idle` until all that is there now is in the facts log.

    `live` follows the input topics and ticks each minute; `replay` appends what is there in the order it
    happened, day by day (docs/intake.md); where money without an account came it calls `pace` before a day is
    closed, which waits until the flows behind have said whose it is. On return all that was delivered is
    durable and positions are saved.
    Raises ClockRefused, IntakeBusy and others of LogRefused (a person has to act), LogUnavailable (at the
    start, or where `stop` comes while the log is away).
    """
    ensure_topics(log, settings.input_partitions)
    log.ensure_topic(FACTS, settings.shards)
    machine = machine or Machine()
    directory = settings.dir / "intake"
    with _only_one(directory):
        plan_path = directory / "replay.db"
        if mode == "live":
            if plan_path.exists():
                raise IntakeBusy(f"{plan_path}: a replay is unfinished; finish it first: headrace run intake --replay")
            _run_live(log, settings, until_idle, stop, machine)
            return
        while True:
            _run_replay(log, settings.shards, plan_path, stop, machine, pace)
            if until_idle or stop() or not _wait_for_more(log, stop):
                return


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Hold the installation's lock; it falls with the process. Raises IntakeBusy."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IntakeBusy(f"{directory}: another intake runs on this installation; stop it first") from None
        yield


class _Guard:
    """Keeps what fails outside from bytewax, which would end the process with a trace of its own: the first failure
    is kept, and the flow ends."""

    def __init__(self, pull: Callable[[], Sequence[Any] | None], push: Callable[[Any], None]) -> None:
        self._pull = pull
        self._push = push
        self.failure: Exception | None = None

    def pull(self) -> Sequence[Any] | None:
        if self.failure is not None:
            return None
        try:
            return self._pull()
        except EXPECTED as error:
            self.failure = error
            return None

    def push(self, items: Any) -> None:
        if self.failure is not None:
            return
        try:
            self._push(items)
        except EXPECTED as error:
            self.failure = error


class _Pump(StatefulSourcePartition[Any, None]):
    """Asks `pull` for the next round of items; None ends the flow."""

    def __init__(self, pull: Callable[[], Sequence[Any] | None]) -> None:
        self._pull = pull
        self._idle = False

    def next_batch(self) -> list[Any]:
        found = self._pull()
        if found is None:
            raise StopIteration
        self._idle = not found
        return [found] if found else []

    def next_awake(self) -> datetime | None:
        return datetime.now(UTC) + IDLE_WAIT if self._idle else None

    def snapshot(self) -> None:
        return None


class _Source(FixedPartitionedSource[Any, None]):
    def __init__(self, pull: Callable[[], Sequence[Any] | None]) -> None:
        self._pull = pull

    def list_parts(self) -> list[str]:
        return ["intake"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Pump:
        return _Pump(self._pull)


class _Append(StatefulSinkPartition[Any, None]):
    def __init__(self, push: Callable[[Any], None]) -> None:
        self._push = push

    def write_batch(self, values: list[Any]) -> None:
        for value in values:
            self._push(value)

    def snapshot(self) -> None:
        return None


class _Sink(FixedPartitionedSink[Any, None]):
    """One partition; unlike a DynamicSink it takes part in holding the source back."""

    def __init__(self, push: Callable[[Any], None]) -> None:
        self._push = push

    def list_parts(self) -> list[str]:
        return ["facts"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Append:
        return _Append(self._push)


def _run_flow(
    name: str,
    pull: Callable[[], Sequence[Any] | None],
    step: Callable[[Any], Any],
    push: Callable[[Any], None],
) -> None:
    """read -> receive (`step`) -> append, until `pull` gives None. Raises what `pull` and `push` raise of EXPECTED."""
    guard = _Guard(pull, push)
    flow = Dataflow(name)
    rounds = op.input("read", flow, _Source(guard.pull))
    received = op.map("receive", rounds, step)
    op.output("append", op.key_on("to_facts", received, lambda _: "facts"), _Sink(guard.push))
    run_main(flow, epoch_interval=EPOCH)  # type: ignore[no-untyped-call]
    if guard.failure is not None:
        raise guard.failure


def _deliveries(arrivals: Sequence[Arrival | Tick], wall_ms: int, shards: int) -> list[Delivery | Tick]:
    """Each arrival becomes a placed fact or a dead letter; ticks pass."""
    found: list[Delivery | Tick] = []
    for arrival in arrivals:
        if isinstance(arrival, Tick):
            found.append(arrival)
            continue
        topic, partitions, record = arrival
        outcome = receive(topic, partitions, record, wall_ms, shards)
        if isinstance(outcome, Rejected):
            letter = dead_letter(topic, record, outcome, wall_ms)
            found.append(Delivery(topic, record.partition, record.offset, letter))
        else:
            found.append(Delivery(topic, record.partition, record.offset, outcome))
    return found


def _run_live(log: Log, settings: IntakeSettings, until_idle: bool, stop: Callable[[], bool], machine: Machine) -> None:
    operate = f"headrace operate --dir {settings.dir}"
    clocks = shard_clocks(log)
    with closing(Inputs(log, start_offsets(log))) as inputs, closing(Outlet(log, clocks, stop)) as outlet:
        feed = LiveFeed(inputs, clocks, machine, settings.catch_up_hours * HOUR_MS, operate)
        settled = time.monotonic()

        def pull() -> Sequence[Arrival | Tick] | None:
            nonlocal settled
            if stop():
                return None
            found = feed.round()
            if outlet.dirty and time.monotonic() - settled > SETTLE_SECONDS:
                outlet.settle()
                settled = time.monotonic()
            return None if until_idle and not found and feed.idle() else found

        def step(arrivals: Sequence[Arrival | Tick]) -> list[Delivery | Tick]:
            return _deliveries(arrivals, feed.now_ms(), settings.shards)

        def push(deliveries: Sequence[Delivery | Tick]) -> None:
            outlet.deliver(deliveries, feed.now_ms())

        _run_flow("intake_live", pull, step, push)
        outlet.settle()


def _run_replay(
    log: Log, shards: int, path: Path, stop: Callable[[], bool], machine: Machine, pace: Callable[[], None] | None
) -> None:
    """Make a plan of what is in the input topics, or take up the unfinished one, and carry it out."""
    plan = Plan(path)
    try:
        identity = log.identity(FACTS)
        clocks = shard_clocks(log)
        if not plan.phase:
            closed = min(clock.now + 1 for clock in clocks) // DAY_MS - 1
            plan.begin(identity, start_offsets(log), present_ends(log), closed)
        plan.check(identity)
        if plan.phase == "collect":
            _collect(log, plan, shards, stop, machine)
        if plan.phase == "send" and not stop():
            _send(log, plan, clocks, stop, machine, pace)
        if plan.phase == "send" and not stop():
            for topic, ends in plan.end().items():
                log.save_positions(GROUP, topic, ends)
            plan.remove()
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}; make room or repair the disk and start again") from error
    finally:
        plan.close()


def _collect(log: Log, plan: Plan, shards: int, stop: Callable[[], bool], machine: Machine) -> None:
    end = plan.end()
    with closing(Inputs(log, plan.reached())) as inputs, closing(Collector(log, plan, stop)) as collector:

        def pull() -> Sequence[Arrival] | None:
            if stop():
                return None
            found = inputs.poll(ROUND_RECORDS)
            if not found and inputs.lagging(end) == {}:
                return None
            return [a for a in found if a.record.offset < end[a.topic][a.record.partition]]

        def step(arrivals: Sequence[Arrival]) -> list[Delivery | Tick]:
            return _deliveries(arrivals, machine.wall_ms(), shards)

        _run_flow("intake_collect", pull, step, collector.keep)
        collector.settle()
    if not stop():
        plan.seal(log.end_offsets(FACTS))
        structlog.get_logger().info("replay planned", facts=plan.count())


def _send(
    log: Log,
    plan: Plan,
    clocks: Sequence[ShardClock],
    stop: Callable[[], bool],
    machine: Machine,
    pace: Callable[[], None] | None,
) -> None:
    cursor, ends = plan.cursor()
    there = sent_since(log, ends)
    with closing(Sender(log, plan, there, stop)) as sender:
        # What was sent before a restart is not looked at again: it may have had such money.
        sender.unidentified = cursor[:4] != START[:4]
        rest = batches(plan, cursor, clocks, machine.wall_ms(), lambda: pace is not None and sender.unidentified)

        def pull() -> Sequence[Batch] | None:
            batch = None if stop() else next(rest, None)
            return None if batch is None else [batch]

        def push(found: Sequence[Batch]) -> None:
            for batch in found:
                sender.send(batch)
                if batch.ends_day and pace is not None and sender.unidentified:
                    sender.settle()
                    pace()

        _run_flow("intake_send", pull, lambda found: found, push)
        sender.settle()


def _wait_for_more(log: Log, stop: Callable[[], bool]) -> bool:
    """Wait until there is something new in the input topics and producers are quiet; False where told to stop."""
    done = start_offsets(log)
    before, since = present_ends(log), time.monotonic()
    while not stop():
        time.sleep(0.2)
        ends = present_ends(log)
        if ends != before:
            before, since = ends, time.monotonic()
        elif ends != done and time.monotonic() - since > QUIET_SECONDS:
            return True
    return False
