"""What both publishing flows share: patience with what is away, and the end of a bounded run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import structlog

from connectors.log.base import Log, LogUnavailable, Reader, Record
from schemas.codec import decode_decision
from schemas.records import Decision
from schemas.wire import Unreadable
from sinks.base import RetryLater
from sinks.sequences import misplaced, unreadable

T = TypeVar("T")
# Under this name the forwarder tells how many decisions and facts it has done with, for whoever waits for it.
FORWARD: Final = "forward"
_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 30.0
# A signal does not wake who waits, so nobody waits longer than this at a time.
_ROUND_SECONDS: Final = 0.1


class Stop(Protocol):
    """True once the process has been told to leave, or to leave when it is idle."""

    def __bool__(self) -> bool: ...


class Stopped(Exception):
    """Told to leave while something was away. Nothing is lost: positions are where they were."""


@dataclass(slots=True)
class PublishStatus:
    """How a publishing flow stands; written by the flow, read by metrics and health in other threads.

    `positions` are the offsets it has taken all decisions before, by shard; replaced, never changed.
    `stuck` are the transfers that cannot be brought.
    """

    state: str = "starting"
    published: int = 0
    forwarded: int = 0
    stuck: int = 0
    positions: Mapping[int, int] = field(default_factory=dict)


class Patience:
    """Calls again, with longer and longer waits, what raises RetryLater or LogUnavailable; says so once."""

    def __init__(self, flow: str, stop: Stop, status: PublishStatus) -> None:
        self._log = structlog.get_logger().bind(flow=flow)
        self._stop = stop
        self._status = status

    def persist(self, call: Callable[[], T]) -> T:
        """What `call` returns in the end. Raises Stopped, and whatever waiting does not heal."""
        wait = _FIRST_WAIT_SECONDS
        said = ""
        while True:
            try:
                result = call()
            except (RetryLater, LogUnavailable) as error:
                if str(error) != said:
                    said = str(error)
                    self._log.warning("away, will try again", reason=said)
                self._status.state = f"away: {said}"
                self._sleep(max(wait, getattr(error, "after_seconds", 0.0)))
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
                continue
            if said:
                self._log.info("back")
            self._status.state = "running"
            return result

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stop:
                raise Stopped
            time.sleep(min(_ROUND_SECONDS, max(until - time.monotonic(), 0.0)))


def decoded(record: Record) -> Decision:
    """The decision in a record. Raises SinkStopped where it is none, or is in another shard's partition."""
    try:
        decision = decode_decision(record.value)
    except Unreadable as error:
        raise unreadable(record.partition, record.offset, error) from error
    if decision.shard != record.partition:
        raise misplaced(record.partition, record.offset, decision.shard)
    return decision


def caught_up(log: Log, reader: Reader, topic: str) -> bool:
    """True when the reader has returned all that was in the topic just now. Raises LogUnavailable."""
    return all(reader.position(partition) >= end for partition, end in enumerate(log.end_offsets(topic)))
