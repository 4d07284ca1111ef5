"""The ground a benchmark stands on: an installation whose accounts have their backlog, and facts that go on from there."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.local_kafka import LocalKafka
from benchmarks.processes import Process, Usage, run_flow
from benchmarks.workload import bench_stream, warm_up_facts
from benchmarks.workload.stream import START
from connectors.intake.clockwork import MINUTE_MS, clock_message
from connectors.intake.policies import policy_fact
from connectors.intake.whole_shards import append_to_all
from connectors.log.base import Full, Log, Writer, account_key, partition_of
from dataflows.shards.owner import GROUP as RECEIVABLES
from headrace.logs import open_installation
from headrace.settings import Settings, load
from schemas.codec import encode_fact
from schemas.records import Fact, Receipt
from schemas.topics import DECISIONS, FACTS

ENDLESS: Final = 1 << 40
IDLE_SECONDS: Final = 3600.0
START_SECONDS: Final = 120.0
FLUSH_SECONDS: Final = 120.0


class Sent(NamedTuple):
    """A message on its way to `topic`. `probe` is the event id of a receipt that names what it pays, or empty."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    probe: str


@dataclass(frozen=True, slots=True)
class Size:
    """`accounts`, each with about `backlog` open items; the same seed gives the same facts."""

    accounts: int
    backlog: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Whole:
    """What one receivables process did from its first fact to its last commit, its store closed.

    facts: taken in; decisions: appended. wall and cpu: seconds; cpu counts every thread. peak_bytes: from its start to its end.
    """

    facts: int
    decisions: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@contextmanager
def places(kafka: str, **values: str | int) -> Iterator["Places"]:
    """A place for this run's installations with these settings, gone at the end.

    kafka: `local` for a broker of this run's own, its bootstrap servers, or empty for the SQLite log.
    Raises NoLocalKafka.
    """
    with ExitStack() as stack:
        address = stack.enter_context(LocalKafka()).bootstrap if kafka == "local" else kafka
        scratch = stack.enter_context(TemporaryDirectory(prefix="headrace-bench-"))
        yield Places(Path(scratch), address, values)


class Places:
    """Directories, and topics where the log is Kafka, for installations that must not meet."""

    def __init__(self, scratch: Path, address: str, values: Mapping[str, str | int]) -> None:
        self.scratch: Final = scratch
        self.kafka: Final = address
        self._values = values
        # On a broker that others use too, no topic of an earlier run may be met again.
        self._run = f"bench-{time.time_ns():x}"

    def config(self, name: str) -> Path:
        """The settings file of a new installation."""
        values = dict(self._values)
        if self.kafka:
            values |= {"kafka": self.kafka, "topic_prefix": f"{self._run}-{name}-"}
        return write_config(self.scratch / name, **values)

    @contextmanager
    def ground(self, size: Size, name: str) -> Iterator["Ground"]:
        config = self.config(name)
        ground = Ground(load(None, config), config, size)
        try:
            yield ground
        finally:
            ground.close()


def write_config(directory: Path, **values: str | int) -> Path:
    """A settings file beside the installation in `directory`."""
    path = directory.with_suffix(".toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'dir = "{directory}"', *(f"{k} = {v!r}".replace("'", '"') for k, v in values.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


def probe_of(fact: Fact) -> str:
    """The event id of a receipt that names what it pays: its cash_applied is waited for. Empty for other facts."""
    return fact.event_id if isinstance(fact, Receipt) and fact.lines else ""


class Ground:
    """An installation with `size`, in `settings.dir` and on the log that the settings name.

    Facts are placed in the facts log as intake places them, with a clock fact of live mode for every shard at each
    minute of their recorded time. `following` gives facts that come next; each is given once.
    """

    def __init__(self, settings: Settings, config: Path, size: Size) -> None:
        self.settings: Final = settings
        self.config: Final = config
        self.size: Final = size
        self.log: Final[Log] = open_installation(settings)
        self._facts = self._placed(bench_stream(size.accounts, ENDLESS, size.seed, size.backlog))

    def put_in_force(self, policy: str) -> None:
        """From the next clock on, the policy of that text."""
        append_to_all(self.log, self.settings.shards, encode_fact(policy_fact(2, policy, 0, START)))

    def _placed(self, facts: Iterable[Fact]) -> Iterator[Sent]:
        """Endless."""
        shards = self.settings.shards
        places: dict[str, tuple[int, bytes]] = {}
        minute = -1
        for fact in facts:
            if fact.recorded_time // MINUTE_MS > minute:
                minute = fact.recorded_time // MINUTE_MS
                yield from self.ticks(minute * MINUTE_MS)
            place = places.get(fact.account_id)
            if place is None:
                key = account_key(fact.tenant, fact.entity, fact.account_id)
                place = places[fact.account_id] = partition_of(key, shards), key
            yield Sent(FACTS, place[0], place[1], encode_fact(fact), probe_of(fact))

    def ticks(self, now_ms: int) -> list[Sent]:
        """The time, for every shard, with all cash known up to it."""
        value = clock_message(now_ms, "live", [("payments", now_ms)])
        return [Sent(FACTS, shard, None, value, "") for shard in range(self.settings.shards)]

    def warm_up(self) -> Whole:
        """Build the backlog, and let receivables take it in."""
        self.append(warm_up_facts(self.size.accounts, self.size.backlog))
        return self.run_until_idle()

    def following(self, count: int) -> Iterator[Sent]:
        """The next `count` messages, clock facts among them."""
        return islice(self._facts, count)

    def append(self, count: int) -> None:
        """Append the next `count` messages; durable on return."""
        self.send(self.following(count))

    def send(self, messages: Iterable[Sent]) -> None:
        """Append messages to the facts log; durable on return."""
        writer = self.log.writer(FACTS, "benchmark")
        try:
            for message in messages:
                _send(writer, message)
            writer.flush(FLUSH_SECONDS)
        finally:
            writer.close()

    def receivables(self, *options: str) -> Process:
        """Start receivables over all shards."""
        return Process(*run_flow(self.config, "receivables", *options))

    def run_until_idle(self) -> Whole:
        """Let receivables take in all that is there, from the moment its state is open to the moment it is closed again."""
        before = sum(self.log.positions(RECEIVABLES, FACTS).values())
        decided = sum(self.log.end_offsets(DECISIONS))
        with self.receivables("--until-idle") as process:
            start = process.said("receivables started", START_SECONDS)
            end = process.said("receivables stopped", IDLE_SECONDS)
            process.wait()
            return Whole(
                sum(self.log.positions(RECEIVABLES, FACTS).values()) - before,
                sum(self.log.end_offsets(DECISIONS)) - decided,
                end.at - start.at,
                end.cpu_seconds - start.cpu_seconds,
                process.peak_bytes,
            )

    def taken_in(self, ends: Sequence[int]) -> bool:
        """Whether every shard has taken in all facts below these offsets."""
        positions = self.log.positions(RECEIVABLES, FACTS)
        return all(positions.get(shard, 0) >= end for shard, end in enumerate(ends))

    def close(self) -> None:
        self.log.close()


def used(start: Usage, end: Usage) -> float:
    """Cores in use between two moments of a process."""
    return round((end.cpu_seconds - start.cpu_seconds) / max(end.at - start.at, 1e-9), 3)


def _send(writer: Writer, message: Sent) -> None:
    while True:
        try:
            writer.send(message.partition, message.key, message.value)
            return
        except Full:
            writer.poll(1.0)
