"""Samples of a running installation, a few a second: how far each flow is, and how much memory its process takes."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from benchmarks.processes import memory_bytes
from connectors.intake.positions import GROUP as INTAKE
from connectors.log.base import Log
from dataflows.publishing import FORWARD
from dataflows.shards.owner import GROUP as RECEIVABLES
from headrace.logs import open_installation
from headrace.places import query_socket
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS, INPUT_TOPICS
from sinks.base import SinkError
from sinks.clickhouse.reading import SocketViews

SAMPLE_SECONDS: Final = 0.25
COUNT_SECONDS: Final = 0.5
# Rates are drawn over so many samples: less is noise.
SMOOTH: Final = 8


@dataclass(slots=True)
class Samples:
    """Columns with a value for each of `times` (monotonic seconds). Counts of records are since the first sample."""

    times: list[float] = field(default_factory=list)
    # What producers sent, what is in the facts log, what was decided, what ClickHouse has.
    counts: dict[str, list[int]] = field(default_factory=dict)
    # What each flow has yet to do, records.
    lags: dict[str, list[int]] = field(default_factory=dict)
    memory_bytes: dict[str, list[int]] = field(default_factory=dict)

    def add(self, at: float, counts: Mapping[str, int], lags: Mapping[str, int], memory: Mapping[str, int]) -> None:
        self.times.append(at)
        for columns, values in ((self.counts, counts), (self.lags, lags), (self.memory_bytes, memory)):
            for name, value in values.items():
                columns.setdefault(name, []).append(value)

    def rates(self, begin: float, end: float) -> dict[str, float]:
        """Records a second of each count between the samples nearest to these times."""
        first, last = self._nearest(begin), self._nearest(end)
        seconds = max(self.times[last] - self.times[first], 1e-9)
        return {f"{name}_per_second": round((v[last] - v[first]) / seconds, 1) for name, v in self.counts.items()}

    def _nearest(self, at: float) -> int:
        return min(range(len(self.times)), key=lambda number: abs(self.times[number] - at))

    def highest_lags(self) -> dict[str, int]:
        return {name: max(values) for name, values in self.lags.items()}

    def memory(self, burst: float) -> dict[str, dict[str, float]]:
        """Of each process, megabytes when the burst began, the most there was, and at the end."""
        before = self._nearest(burst)
        return {
            name: {
                "at_burst": round(values[before] / 1e6, 1),
                "most": round(max(values) / 1e6, 1),
                "at_end": round(values[-1] / 1e6, 1),
            }
            for name, values in self.memory_bytes.items()
        }

    def rate_lines(self) -> dict[str, list[float]]:
        lines = {}
        for name, values in self.counts.items():
            line = []
            for number in range(len(values)):
                first = max(0, number - SMOOTH)
                seconds = max(self.times[number] - self.times[first], 1e-9)
                line.append((values[number] - values[first]) / seconds)
            lines[name] = line
        return lines

    def lag_lines(self) -> dict[str, list[int]]:
        return self.lags

    def memory_lines(self) -> dict[str, list[float]]:
        return {name: [value / 1e6 for value in values] for name, values in self.memory_bytes.items()}

    def as_columns(self) -> dict[str, object]:
        """As the result's file has them: seconds from the first sample, megabytes."""
        return {
            "seconds": [round(at - self.times[0], 2) for at in self.times],
            "counts": self.counts,
            "lags": self.lags,
            "memory_mb": {name: [round(v / 1e6, 1) for v in values] for name, values in self.memory_bytes.items()},
        }


class Sampler:
    """Takes samples in a thread of its own from `with` on; `begin` starts them anew. What goes wrong there is raised by
    `all_caught_up`. The forwarder says how far it is only when nothing is left: its lag is an upper bound until then."""

    def __init__(self, settings: Settings, pids: Mapping[str, int]) -> None:
        self._settings = settings
        self._pids = dict(pids)
        self._decided: Mapping[int, int] = {}
        self._first: Mapping[str, int] = {}
        self._rows = 0
        self._stalled = False
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self.samples = Samples()
        self._threads: Final = [
            threading.Thread(target=self._guarded, args=(work,), name=work.__name__, daemon=True)
            for work in (self._sample, self._count)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, decided: Mapping[int, int]) -> None:
        """Start anew. `decided`: for each shard the last fact that decisions were read of, kept up to date by its owner;
        receivables itself says how far it is only when nothing is left to do."""
        self._decided = decided
        self._first = {}
        self.samples = Samples()

    def stall(self, stalled: bool) -> None:
        """While ClickHouse stands still it is not asked."""
        self._stalled = stalled

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def all_caught_up(self) -> bool:
        """Whether no flow had anything left to do at the last sample."""
        if self._failure is not None:
            raise self._failure
        return bool(self.samples.times) and all(not values[-1] for values in self.samples.lags.values())

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failure = error
            raise

    def _sample(self) -> None:
        log = open_installation(self._settings)
        try:
            while not self._ended.wait(SAMPLE_SECONDS):
                samples = self.samples
                counts, lags = self._look(log)
                self._first = self._first or counts
                since = {name: count - self._first[name] for name, count in counts.items()}
                samples.add(
                    time.monotonic(), since, lags, {name: memory_bytes(pid) for name, pid in self._pids.items()}
                )
        finally:
            log.close()

    def _look(self, log: Log) -> tuple[dict[str, int], dict[str, int]]:
        """What there is of each kind of record, and what each flow has not done of it. Ends are asked last, so that
        nothing counts as done that came later."""
        done_intake = sum(sum(log.positions(INTAKE, topic).values()) for topic in INPUT_TOPICS)
        taken = log.positions(RECEIVABLES, FACTS)
        done_forward = sum(log.positions(FORWARD, DECISIONS).values())
        rows = self._rows
        sent = sum(sum(log.end_offsets(topic)) for topic in INPUT_TOPICS)
        facts = log.end_offsets(FACTS)
        decisions = sum(log.end_offsets(DECISIONS))
        done_facts = sum(max(taken.get(shard, 0), self._decided.get(shard, -1) + 1) for shard in range(len(facts)))
        counts = {"sent": sent, "facts": sum(facts), "decisions": decisions, "clickhouse": rows}
        lags = {
            "intake": sent - done_intake,
            "receivables": sum(facts) - done_facts,
            "forward": decisions - done_forward,
            "clickhouse": decisions - rows,
        }
        return counts, {name: max(0, lag) for name, lag in lags.items()}

    def _count(self) -> None:
        """Ask ClickHouse how many decisions it has, in a thread that may wait for it."""
        while not self._ended.wait(COUNT_SECONDS):
            if self._stalled:
                continue
            # Not there yet, or no longer: the count stays as it was.
            with suppress(OSError, SinkError):
                views = SocketViews(query_socket(self._settings))
                self._rows = int(views.ask("SELECT count() FROM decisions").rows[0][0])
