"""The processes of a run of kills: started in ever another order, each to die at a point of its own."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Final

from tests.faults import dying, dying_publisher

PUBLISHER: Final = "publisher"
RANDOM: Final = "random"
IDLE: Final = "idle"
NEVER: Final = "never"
# A process that is to be killed at a random moment lives this long after it is ready; the publisher opens chDB then.
LIVES_SECONDS: Final = (0.0, 0.1)
PUBLISHER_LIVES_SECONDS: Final = (0.0, 1.5)
RUN_SECONDS: Final = 300
# Longer than this nobody is waited for who was to die at a point.
VICTIM_SECONDS: Final = 20
# After the receivables are done the publisher needs about a second to open and publish what there is.
PUBLISHER_SECONDS: Final = 4
# About what one round of a receivables process takes in.
ROUND_FACTS: Final = 600
# How often all processes are killed at once, as where the machine stops.
ALL_AT_ONCE: Final = 0.2


class Child:
    """A process that prints `ready`; killed `lives_seconds` after that, where they are given. Its lines are kept."""

    def __init__(self, command: list[str], point: str, lives_seconds: float | None) -> None:
        self.point = point
        self.lines: list[str] = []
        self._lives_seconds = lives_seconds
        self._ready = Event()
        self._process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
        # The lines must be read while others are waited for, and the time to live begins at `ready`.
        self._thread = Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.lines.append(line.strip())
                if line.strip() == "ready":
                    self._ready.set()
                    if self._lives_seconds is not None:
                        time.sleep(self._lives_seconds)
                        self._process.kill()
        # One that ended before is not waited for.
        self._ready.set()

    def wait_ready(self) -> None:
        assert self._ready.wait(RUN_SECONDS)

    def tell_to_stop(self) -> None:
        self._process.terminate()

    def kill(self) -> bool:
        """Kill it where it is still there; whether it was."""
        there = self._process.poll() is None
        self._process.kill()
        return there

    def wait(self, seconds: float) -> tuple[int, bool]:
        """Its exit code, and whether it had to be killed for being there after `seconds`."""
        late = False
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            late = True
            self.kill()
            code = self._process.wait()
        self._thread.join()
        return code, late


class Deck:
    """Deals what it is given in random order, and all of it before anything comes again."""

    def __init__(self, of: Sequence[str], chance: random.Random) -> None:
        self._of = of
        self._chance = chance
        self._left: list[str] = []

    def draw(self) -> str:
        if not self._left:
            self._left = self._chance.sample(self._of, len(self._of))
        return self._left.pop()

    def put_back(self, one: str) -> None:
        """It was of no use: it comes again before the next deal."""
        self._left.insert(0, one)


@dataclass(slots=True)
class Tally:
    """What was done to the processes: kills by point, and batches found cut short when a publisher came back.

    `cut_before` had none of their rows in the table, `cut_after` all of them.
    """

    receivables: Counter[str] = field(default_factory=Counter)
    publisher: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    starts: int = 0
    orders: set[tuple[str, ...]] = field(default_factory=set)
    cut_before: int = 0
    cut_after: int = 0


class Processes:
    """So many receivables processes over equal ranges of shards, and one publisher. `directory` is theirs alone."""

    def __init__(
        self, directory: Path, log_name: str, shards: int, processes: int, portion: int, chance: random.Random
    ) -> None:
        self.tally: Final = Tally()
        self._directory = directory
        self._log_name = log_name
        self._share = shards // processes
        self._ranges = [f"{first}-{first + self._share - 1}" for first in range(0, shards, self._share)]
        self._portion = portion
        self._chance = chance
        self._points = Deck((*dying.POINTS[1:], RANDOM), chance)
        self._publisher_points = Deck((*dying_publisher.POINTS[1:], RANDOM), chance)
        self._order: list[str] = []
        self._children: dict[str, Child] = {}

    def kill_over_and_over(self, kills: int, feed: Callable[[], int]) -> None:
        """Start all in another order than before, let one receivables process and the publisher die, then the rest end.

        Goes on until receivables processes were killed `kills` times. `feed` appends the next portion of the facts
        before each start, so that there is always work to be killed at.
        """
        give_up = time.monotonic() + RUN_SECONDS + 12 * kills
        while self.tally.receivables.total() < kills:
            assert time.monotonic() < give_up, f"no end in sight: {self.tally}"
            feed()
            self._round()

    def _round(self) -> None:
        victim = self._chance.choice(self._ranges)
        points = {victim: self._points.draw(), PUBLISHER: self._publisher_points.draw()}
        at_once = self._chance.random() < ALL_AT_ONCE
        children = self._children
        try:
            self._start_all(points)
            code, late = children[victim].wait(VICTIM_SECONDS)
            stopped = {name for name, child in children.items() if at_once and child.kill()}
            if code == 0:
                # It came to the end before its point.
                self._points.put_back(points[victim])
            else:
                assert code == -9, f"shards {victim} ended with {code} at {points[victim]}"
                self.tally.receivables[IDLE if late else points[victim]] += 1
            for name in self._ranges:
                if name != victim:
                    self._end_of_other(name, name in stopped)
            self._end_of_publisher(PUBLISHER in stopped)
        finally:
            self._kill_all()

    def _end_of_other(self, shards: str, stopped: bool) -> None:
        code, late = self._children[shards].wait(RUN_SECONDS)
        assert not late, f"shards {shards} came to no end"
        assert code in ((0, -9) if stopped else (0,)), f"shards {shards} ended with {code}"
        self.tally.at_once += code == -9

    def _end_of_publisher(self, stopped: bool) -> None:
        child = self._children[PUBLISHER]
        code, late = child.wait(PUBLISHER_SECONDS)
        assert code == -9, f"the publisher ended with {code} at {child.point}"
        if stopped or late:
            self._publisher_points.put_back(child.point)
        if stopped:
            self.tally.at_once += 1
        else:
            self.tally.publisher[IDLE if late else child.point] += 1
        self._note(child)

    def _note(self, publisher: Child) -> None:
        for line in publisher.lines:
            if line.startswith("recovers "):
                there, _, number = line.removeprefix("recovers ").split()
                assert there in ("0", number), f"an insert went in by parts: {there} of {number} rows"
                self.tally.cut_before += there == "0"
                self.tally.cut_after += there != "0"

    def finish(self) -> None:
        """Let all come to the end, and the publisher leave when it is told to."""
        children = self._children
        try:
            self._start_all({})
            for shards in self._ranges:
                assert children[shards].wait(RUN_SECONDS) == (0, False), f"shards {shards} came to no good end"
            publisher = children[PUBLISHER]
            publisher.wait_ready()
            publisher.tell_to_stop()
            assert publisher.wait(RUN_SECONDS) == (0, False), "the publisher did not leave when told"
            self._note(publisher)
        finally:
            self._kill_all()

    def _kill_all(self) -> None:
        for child in self._children.values():
            child.kill()
            child.wait(VICTIM_SECONDS)
        self._children.clear()

    def _start_all(self, points: dict[str, str]) -> None:
        """Start every process, in an order other than the last time; half of them when the one before is ready."""
        order = [*self._ranges, PUBLISHER]
        while True:
            self._chance.shuffle(order)
            if order != self._order:
                break
        self._order = order
        self.tally.orders.add(tuple(order))
        for name in order:
            self._children[name] = self._start(name, points.get(name, NEVER))
            self.tally.starts += 1
            if self._chance.random() < 0.5:
                self._children[name].wait_ready()

    def _start(self, name: str, point: str) -> Child:
        chance = self._chance
        at = NEVER if point == RANDOM else point
        if name == PUBLISHER:
            # Other batches than before: their borders move with each start.
            batch_rows = chance.choice((self._portion // 10 + 1, self._portion // 3 + 1, self._portion * 2))
            count = chance.randrange(max(1, self._portion // batch_rows // 2))
            command = ["tests.faults.dying_publisher", str(self._directory), self._log_name, at]
            command += [str(count), str(batch_rows)]
            lives = PUBLISHER_LIVES_SECONDS
        else:
            command = ["tests.faults.dying", str(self._directory), name, self._log_name, at]
            command.append(str(self._passes(point)))
            lives = LIVES_SECONDS
        return Child(command, point, chance.uniform(*lives) if point == RANDOM else None)

    def _passes(self, point: str) -> int:
        """How often a process passes its point before it dies there: it does while it takes in its share of a portion."""
        rounds = max(1, self._portion // len(self._ranges) // ROUND_FACTS)
        # Decisions are sent shard by shard, confirmed round by round, and committed about once.
        sends = max(1, rounds * self._share // 2)
        most = {
            "before_send": sends,
            "before_append": sends,
            "after_append": rounds,
            "after_confirmation": rounds,
            "after_commit": self._share,
        }
        return self._chance.randrange(most.get(point, 1))
