"""The live feed: what arrived in the input topics since the last round, and the clock facts that are due."""

import time
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain, islice
from typing import Final

import structlog

from connectors.intake import metrics
from connectors.intake.clockwork import ASTRAY_MS, MachineTime, ShardClock, due_ticks
from connectors.intake.inputs import Arrival, Inputs
from connectors.intake.outlet import Carry, Tick
from connectors.intake.policies import even

# Small rounds keep the way from arrival to fact short.
ROUND_RECORDS: Final = 500
ROUND_TICKS: Final = 1_000
BACKLOG_SECONDS: Final = 5.0


class Machine:
    """The machine's clocks. A test may put another machine in its place."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class LiveFeed:
    """Rounds of arrivals and ticks. Ticks that are due come before what is read after them."""

    def __init__(
        self, inputs: Inputs, clocks: Sequence[ShardClock], machine: Machine, catch_up_ms: int, operate: str
    ) -> None:
        self._inputs = inputs
        self._clocks = list(clocks)
        self._machine = machine
        self._watch = MachineTime(machine.wall_ms(), machine.monotonic_ms())
        self._catch_up_ms = catch_up_ms
        self._operate = operate
        self._due: Iterator[Tick | Carry] = iter(())
        self._looked = 0.0
        self._astray = False
        ahead_ms = max(clock.now for clock in clocks) - machine.wall_ms()
        if ahead_ms > ASTRAY_MS:
            structlog.get_logger().warning(
                "the machine's clock is behind the last clock fact; time stands still until it is past it",
                by_seconds=ahead_ms // 1000,
            )

    def now_ms(self) -> int:
        """The machine's time, or what it was before somebody set its clock."""
        return self._watch.now(self._machine.wall_ms(), self._machine.monotonic_ms())

    def round(self) -> list[Arrival | Tick | Carry]:
        """What is there now; [] where nothing is. Raises ClockRefused."""
        ticks: list[Arrival | Tick | Carry] = list(islice(self._due, ROUND_TICKS))
        if not ticks:
            self._plan_ticks()
            ticks = list(islice(self._due, ROUND_TICKS))
        if ticks:
            return ticks
        if time.monotonic() - self._looked > BACKLOG_SECONDS:
            self._inputs.lagging()
            self._looked = time.monotonic()
        return list(self._inputs.poll(ROUND_RECORDS))

    def idle(self) -> bool:
        """Whether all input topics are read to their present ends."""
        return self._inputs.lagging() == {}

    def _plan_ticks(self) -> None:
        """Find the clock facts that each shard is due, where the machine's clock can be trusted."""
        wall, monotonic = self._machine.wall_ms(), self._machine.monotonic_ms()
        astray = self._watch.astray_ms(wall, monotonic)
        metrics.CLOCK_ASTRAY.set(astray / 1000)
        if astray:
            if not self._astray:
                structlog.get_logger().error(
                    "the machine's clock was set while intake runs; time stands still until it is right again, "
                    "or until intake is started anew",
                    by_seconds=astray // 1000,
                )
            self._astray = True
            return
        self._astray = False
        minute = wall // 60_000
        if all(clock.now // 60_000 >= minute for clock in self._clocks):
            return
        due = [list(due_ticks(clock, wall, self._catch_up_ms, self._operate)) for clock in self._clocks]
        lagging = self._inputs.lagging()
        if lagging is None:
            return
        carry = [Carry()] if even(self._clocks) else []
        self._clocks = [
            clock._replace(now=times[-1]) if times else clock for clock, times in zip(self._clocks, due, strict=True)
        ]
        by_time = merge(*([(now, shard) for now in times] for shard, times in enumerate(due)))
        self._due = chain(carry, (Tick(shard, now, lagging) for now, shard in by_time))
