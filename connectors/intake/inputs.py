"""Reading the topics that producers send to: all of them at once, a bounded number of records at a time."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import structlog

from connectors.intake import metrics
from connectors.intake.positions import Offsets
from connectors.log.base import Log, LogUnavailable, Reader, Record
from schemas.topics import INPUT_TOPICS

T = TypeVar("T")


class Arrival(NamedTuple):
    """One record of an input topic that has `partitions`."""

    topic: str
    partitions: int
    record: Record


def present_ends(log: Log) -> Offsets:
    return {topic: dict(enumerate(log.end_offsets(topic))) for topic in INPUT_TOPICS}


class Inputs:
    """Readers of all input topics, from the given offsets; close it. A log that is away gives nothing, and says so once."""

    def __init__(self, log: Log, start: Offsets) -> None:
        self._log = log
        self._readers: dict[str, Reader] = {topic: log.reader(topic, start[topic]) for topic in INPUT_TOPICS}
        self._partitions = {topic: len(start[topic]) for topic in INPUT_TOPICS}
        self._turns = list(INPUT_TOPICS)
        self._away = False

    def poll(self, most: int) -> list[Arrival]:
        """Up to `most` records of all topics, in order within each partition; each time another topic is first. Never waits."""
        found: list[Arrival] = []
        self._turns.append(self._turns.pop(0))
        for topic in self._turns:
            if len(found) >= most:
                break
            records = self._unless_away(partial(self._readers[topic].poll, most - len(found), 0.0))
            found += [Arrival(topic, self._partitions[topic], record) for record in records or ()]
        return found

    def lagging(self, ends: Offsets | None = None) -> dict[str, list[int]] | None:
        """By topic, the partitions that are not read up to `ends` (the present ones), where there are any; None while
        the log is away."""
        ends = ends or self._unless_away(partial(present_ends, self._log))
        if ends is None:
            return None
        lagging: dict[str, list[int]] = {}
        for topic, by_partition in ends.items():
            left = {p: end - self._readers[topic].position(p) for p, end in by_partition.items()}
            metrics.BACKLOG.labels(topic).set(sum(max(count, 0) for count in left.values()))
            behind = [partition for partition, count in left.items() if count > 0]
            if behind:
                lagging[topic] = behind
        return lagging

    def _unless_away(self, call: Callable[[], T]) -> T | None:
        try:
            found = call()
        except LogUnavailable as error:
            if not self._away:
                structlog.get_logger().warning("log is away, reading waits", why=str(error))
            self._away = True
            return None
        if self._away:
            structlog.get_logger().info("log is back")
        self._away = False
        return found

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
