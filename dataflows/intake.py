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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import bytewax.operators as op
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import run_main

from connectors.checking import DAY_MS
from connectors.files.ingest import ensure_topics
from connectors.intake import policies
from connectors.intake.clockwork import HOUR_MS, ClockRefused, ShardClock, shard_clocks
from connectors.intake.inputs import Arrival, Inputs, present_ends
from connectors.intake.live import ROUND_RECORDS, LiveFeed, Machine
from connectors.intake.outlet import Carry, Delivery, Outlet, Tick
from connectors.intake.plan import Plan
from connectors.intake.positions import Positions
from connectors.intake.reception import dead_letter, receive
from connectors.intake.replay import Batch, Collector, Sender, batches, sent_since
from connectors.log.base import Log, LogRefused, LogUnavailable
from connectors.placing import Rejected
from connectors.registry.client import RegistryAway, RegistryRefused
from connectors.registry.writers import WriterSchemas
from connectors.steady import patiently
from schemas.topics import FACTS

Mode = Literal["live", "replay"]

SETTLE_SECONDS: Final = 1.0
IDLE_WAIT: Final = timedelta(milliseconds=4)
# While bytewax's epochs last nothing holds back a source but the sink's own waiting; short ones keep state small.
EPOCH: Final = timedelta(seconds=1)
# What comes from outside the process. Anything else is a bug, and may end it.
EXPECTED: Final = (ClockRefused, LogRefused, LogUnavailable, RegistryRefused, sqlite3.Error)
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
    schemas: WriterSchemas | None = None,
) -> None:
    """Run intake until `stop` says so, or with `until_idle` until all that is there now is in the facts log.

    `live` follows the input topics and ticks each minute; `replay` appends what is there in the order it
    happened, day by day (docs/intake.md); where money without an account came it calls `pace` before a day is
    closed, which waits until the flows behind have said whose it is. `schemas` read what producers send by
    schemas of their own; while their registry is away, a message of a schema not asked for before is waited
    for, and those after it. On return all that was delivered is durable and positions are saved.
    Raises ClockRefused, IntakeBusy and others of LogRefused, RegistryRefused (a person has to act),
    LogUnavailable (at the start, or where `stop` comes while the log is away).
    """
    ensure_topics(log, settings.input_partitions)
    log.ensure_topic(FACTS, settings.shards)
    policies.ensure(log)
    directory = settings.dir / "intake"
    with _only_one(directory):
        positions = Positions(log, directory / "positions.json")
        work = _Work(log, settings, positions, stop, machine or Machine(), pace, schemas)
        plan_path = directory / "replay.db"
        if mode == "live":
            if plan_path.exists():
                raise IntakeBusy(f"{plan_path}: a replay is unfinished; finish it first: headrace run intake --replay")
            _run_live(work, until_idle)
            return
        while True:
            _run_replay(work, plan_path)
            if until_idle or stop() or not _wait_for_more(work):
                return


@dataclass(frozen=True, slots=True)
class _Work:
    """What one run of intake works on and with."""

    log: Log
    settings: IntakeSettings
    positions: Positions
    stop: Callable[[], bool]
    machine: Machine
    pace: Callable[[], None] | None
    schemas: WriterSchemas | None

    def read(self, value: bytes) -> bytes | Rejected:
        """The message under our schema id. Raises RegistryAway where `stop` comes while the registry is away."""
        schemas = self.schemas
        if schemas is None:
            return value
        return patiently(lambda: schemas.to_ours(value), self.stop, "schema registry", RegistryAway)


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

    def __init__(
        self, pull: Callable[[], Sequence[Any] | None], step: Callable[[Any], Any], push: Callable[[Any], None]
    ) -> None:
        self._pull = pull
        self._step = step
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

    def step(self, items: Any) -> Any:
        try:
            return self._step(items)
        except EXPECTED as error:
            self.failure = error
            return []

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
    """read -> receive (`step`) -> append, until `pull` gives None. Raises what they raise of EXPECTED."""
    guard = _Guard(pull, step, push)
    flow = Dataflow(name)
    rounds = op.input("read", flow, _Source(guard.pull))
    received = op.map("receive", rounds, guard.step)
    op.output("append", op.key_on("to_facts", received, lambda _: "facts"), _Sink(guard.push))
    run_main(flow, epoch_interval=EPOCH)  # type: ignore[no-untyped-call]
    if guard.failure is not None:
        raise guard.failure


def _deliveries(work: _Work, arrivals: Sequence[Arrival | Tick | Carry], wall_ms: int) -> list[Delivery | Tick | Carry]:
    """Each arrival becomes a placed fact or a dead letter; what is of time passes. Where `stop` comes while the registry is away,
    those before the message that waits for it: the others are read again at the next start."""
    found: list[Delivery | Tick | Carry] = []
    for arrival in arrivals:
        if isinstance(arrival, Tick | Carry):
            found.append(arrival)
            continue
        topic, partitions, record = arrival
        try:
            value = work.read(record.value)
        except RegistryAway:
            break
        outcome = (
            receive(topic, partitions, record._replace(value=value), wall_ms, work.settings.shards)
            if isinstance(value, bytes)
            else value
        )
        if isinstance(outcome, Rejected):
            letter = dead_letter(topic, record, outcome, wall_ms)
            found.append(Delivery(topic, record.partition, record.offset, letter))
        else:
            found.append(Delivery(topic, record.partition, record.offset, outcome))
    return found


def _run_live(work: _Work, until_idle: bool) -> None:
    operate = f"headrace operate --dir {work.settings.dir}"
    clocks = shard_clocks(work.log)
    _carry(work, clocks)
    start = work.positions.load()
    with (
        closing(Inputs(work.log, start)) as inputs,
        closing(Outlet(work.log, work.positions, start, clocks, work.stop)) as outlet,
    ):
        feed = LiveFeed(inputs, clocks, work.machine, work.settings.catch_up_hours * HOUR_MS, operate)
        settled = time.monotonic()

        def pull() -> Sequence[Arrival | Tick | Carry] | None:
            nonlocal settled
            if work.stop():
                return None
            found = feed.round()
            if outlet.dirty and time.monotonic() - settled > SETTLE_SECONDS:
                outlet.settle()
                settled = time.monotonic()
            return None if until_idle and not found and feed.idle() else found

        def step(arrivals: Sequence[Arrival | Tick | Carry]) -> list[Delivery | Tick | Carry]:
            return _deliveries(work, arrivals, feed.now_ms())

        def push(deliveries: Sequence[Delivery | Tick | Carry]) -> None:
            outlet.deliver(deliveries, feed.now_ms())

        _run_flow("intake_live", pull, step, push)
        outlet.settle()


def _carry(work: _Work, clocks: Sequence[ShardClock]) -> bool:
    """Carry published policies to the shards where their clocks are even; whether they are."""
    if not policies.even(clocks):
        return False
    policies.carry(work.log, work.stop)
    return True


def carry_policies(log: Log, directory: Path) -> bool:
    """Carry published policies to the shards now, where no intake of this machine runs that does; whether all are there.

    For an embedded log: the intake of another one may run on another machine. Raises LogUnavailable.
    """
    try:
        with _only_one(directory / "intake"):
            if not policies.even(shard_clocks(log)):
                return False
            policies.carry(log, lambda: True)
            return True
    except IntakeBusy:
        return False


def _run_replay(work: _Work, path: Path) -> None:
    """Make a plan of what is in the input topics, or take up the unfinished one, and carry it out."""
    log, stop = work.log, work.stop
    plan = Plan(path)
    try:
        identity = log.identity(FACTS)
        clocks = shard_clocks(log)
        if not plan.phase:
            closed = min(clock.now + 1 for clock in clocks) // DAY_MS - 1
            plan.begin(identity, work.positions.load(), present_ends(log), closed)
        plan.check(identity)
        if plan.phase == "collect":
            _collect(work, plan)
        if plan.phase == "send" and not stop():
            _send(work, plan, clocks)
        if plan.phase == "send" and not stop():
            patiently(lambda: work.positions.save(plan.end()), stop)
            plan.remove()
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}; make room or repair the disk and start again") from error
    finally:
        plan.close()


def _collect(work: _Work, plan: Plan) -> None:
    end = plan.end()
    with (
        closing(Inputs(work.log, plan.reached())) as inputs,
        closing(Collector(work.log, plan, work.stop)) as collector,
    ):

        def pull() -> Sequence[Arrival] | None:
            if work.stop():
                return None
            found = inputs.poll(ROUND_RECORDS)
            if not found and inputs.lagging(end) == {}:
                return None
            return [a for a in found if a.record.offset < end[a.topic][a.record.partition]]

        def step(arrivals: Sequence[Arrival]) -> list[Delivery | Tick | Carry]:
            return _deliveries(work, arrivals, work.machine.wall_ms())

        _run_flow("intake_collect", pull, step, collector.keep)
        collector.settle()
    if not work.stop():
        plan.seal(patiently(lambda: work.log.end_offsets(FACTS), work.stop))
        structlog.get_logger().info("replay planned", facts=plan.count())


def _send(work: _Work, plan: Plan, clocks: Sequence[ShardClock]) -> None:
    cursor, ends = plan.cursor()
    pace = work.pace
    there = patiently(lambda: sent_since(work.log, ends), work.stop)
    carry = None if _carry(work, clocks) else lambda: policies.carry(work.log, work.stop)
    with closing(Sender(work.log, plan, there, work.stop, carry)) as sender:
        rest = batches(plan, cursor, clocks, work.machine.wall_ms(), pace is not None)

        def pull() -> Sequence[Batch] | None:
            batch = None if work.stop() else next(rest, None)
            return None if batch is None else [batch]

        def push(found: Sequence[Batch]) -> None:
            for batch in found:
                sender.send(batch)
                if batch.waits and pace is not None:
                    sender.settle()
                    pace()

        _run_flow("intake_send", pull, lambda found: found, push)
        sender.settle()
        if not work.stop():
            # The last day is closed in all shards, or none of them was closed.
            _carry(work, patiently(lambda: shard_clocks(work.log), work.stop))


def _wait_for_more(work: _Work) -> bool:
    """Wait until there is something new in the input topics and producers are quiet; False where told to stop."""
    done = work.positions.load()
    before, since = present_ends(work.log), time.monotonic()
    while not work.stop():
        time.sleep(0.2)
        ends = patiently(lambda: present_ends(work.log), work.stop)
        if ends != before:
            before, since = ends, time.monotonic()
        elif ends != done and time.monotonic() - since > QUIET_SECONDS:
            return True
    return False
