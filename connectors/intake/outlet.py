"""What intake writes in live mode: facts with their places, dead letters, clock facts, and how far it has read.

Guarantee: positions are saved only of what is durable, so a process that was killed reads again what
was not; the same facts come twice then, and the shards drop the second.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from connectors import dead_letters
from connectors.dead_letters import DeadLetter
from connectors.intake import metrics, policies
from connectors.intake.clockwork import ShardClock, clock_message
from connectors.intake.positions import Offsets, Positions
from connectors.intake.reception import Received
from connectors.log.base import Log, LogUnavailable
from connectors.placing import EVERY_SHARD
from connectors.steady import SteadyWriter
from schemas.records import Fact
from schemas.topics import DEAD_LETTERS, FACTS, INPUT_TOPICS


class Delivery(NamedTuple):
    """What became of one record of an input topic."""

    topic: str
    partition: int
    offset: int
    outcome: Received | DeadLetter


class Tick(NamedTuple):
    """A clock fact is due in a shard; `lagging` are the partitions of each topic that are not read to their end."""

    shard: int
    now: int
    lagging: dict[str, list[int]]


def time_of(fact: Fact) -> int:
    """When it was learned; when it happened, where its producer does not say."""
    return fact.recorded_time or fact.event_time


class Carry(NamedTuple):
    """The clocks of all shards are even: published policies go to every shard before the next one."""


class Outlet:
    """Close it; `settle` first, or what is not durable is read again."""

    def __init__(
        self, log: Log, positions: Positions, start: Offsets, clocks: Sequence[ShardClock], give_up: Callable[[], bool]
    ) -> None:
        """`start` is where reading began."""
        self._log = log
        self._give_up = give_up
        self._positions = positions
        self._facts = SteadyWriter(log, FACTS, "intake", give_up)
        self._letters = SteadyWriter(log, DEAD_LETTERS, "intake", give_up)
        self._reached: Offsets = {topic: dict(by_partition) for topic, by_partition in start.items()}
        # Time of the last fact read, by topic and partition, since the start.
        self._read_time: dict[tuple[str, int], int] = {}
        last = max(clocks, key=lambda clock: clock.now)
        self._marks = dict.fromkeys(INPUT_TOPICS, 0) | dict(last.watermarks)
        self._last_tick = last.now
        self._shards = len(clocks)
        self.dirty = False

    def deliver(self, deliveries: Sequence[Delivery | Tick | Carry], now_ms: int) -> None:
        """Append these in order. Facts that came without a recorded time get `now_ms`."""
        for delivery in deliveries:
            if isinstance(delivery, Tick):
                self._tick(delivery)
                continue
            if isinstance(delivery, Carry):
                # The clocks before it are durable then, and those after it stand behind the policies in every shard.
                self._facts.flush()
                policies.carry(self._log, self._give_up)
                continue
            outcome = delivery.outcome
            if isinstance(outcome, DeadLetter):
                metrics.DEAD_LETTERS.labels(outcome.reason).inc()
                self._letters.send(0, None, dead_letters.encode(outcome))
            else:
                metrics.FACTS.labels(outcome.fact.kind).inc()
                self._read_time[delivery.topic, delivery.partition] = time_of(outcome.fact)
                # Never before the shard's own time, where the machine's clock was set back.
                message = outcome.message(max(now_ms, self._last_tick))
                if outcome.shard == EVERY_SHARD:
                    for shard in range(self._shards):
                        self._facts.send(shard, None, message)
                else:
                    self._facts.send(outcome.shard, outcome.key, message)
            self._reached[delivery.topic][delivery.partition] = delivery.offset + 1
            self.dirty = True
        self._facts.move()
        self._letters.move()

    def _tick(self, tick: Tick) -> None:
        if tick.now > self._last_tick:
            self._last_tick = tick.now
            for topic in INPUT_TOPICS:
                self._marks[topic] = self._mark(topic, tick)
        self._facts.send(tick.shard, None, clock_message(tick.now, "live", sorted(self._marks.items())))
        metrics.LAST_TICK.set(tick.now // 1000)
        self.dirty = True

    def _mark(self, topic: str, tick: Tick) -> int:
        """Up to when all of the topic is in the facts log: the tick's time where it is read to its end."""
        before = self._marks[topic]
        lagging = tick.lagging.get(topic)
        if not lagging:
            return tick.now
        read = min(self._read_time.get((topic, partition), before) for partition in lagging)
        return max(before, min(read, tick.now))

    def settle(self) -> None:
        """Make durable what was delivered, then save how far that is. Raises LogUnavailable only where told to give up."""
        self._facts.flush()
        self._letters.flush()
        try:
            self._positions.save(self._reached)
        except LogUnavailable:
            # The next settle saves them in the log too.
            return
        self.dirty = False

    def close(self) -> None:
        self._facts.close()
        self._letters.close()
