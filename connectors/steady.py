"""Waiting where one must: at a writer's bound, and while the log or the schema registry is away; it is said when that begins and ends."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from connectors.log.base import Full, Log, LogUnavailable, Writer

AWAY_WAIT_SECONDS: Final = 0.5
FLUSH_SECONDS: Final = 10.0
# Another writer of an embedded log holds it for about a millisecond.
MOVE_SECONDS: Final = 0.01
T = TypeVar("T")


def patiently(
    call: Callable[[], T], give_up: Callable[[], bool], what: str = "log", away_error: type[Exception] = LogUnavailable
) -> T:
    """What `call` returns, tried again while `what` is away. Where `give_up` then says True, `away_error` goes out."""
    away = False
    while True:
        try:
            found = call()
        except away_error as error:
            if not away:
                structlog.get_logger().warning(f"{what} is away, waiting", why=str(error))
            away = True
            if give_up():
                raise
            time.sleep(AWAY_WAIT_SECONDS)
        else:
            if away:
                structlog.get_logger().info(f"{what} is back")
            return found


class SteadyWriter:
    """Appends to one topic. `give_up` is asked while the log is away: where it says True, LogUnavailable goes out.

    Guarantee: after `flush` returns, all that was sent is durable.
    """

    def __init__(self, log: Log, topic: str, owner: str, give_up: Callable[[], bool]) -> None:
        self._writer: Writer = log.writer(topic, owner)
        self._give_up = give_up

    def send(self, partition: int, key: bytes | None, value: bytes) -> None:
        while True:
            try:
                self._writer.send(partition, key, value)
            except Full:
                patiently(lambda: self._writer.poll(0.1), self._give_up)
            else:
                return

    def move(self) -> None:
        """Send on what is queued, as far as that goes at once: for few records at a time, so that none waits for more."""
        if self._writer.unconfirmed:
            patiently(lambda: self._writer.poll(MOVE_SECONDS), self._give_up)

    def flush(self) -> None:
        if self._writer.unconfirmed:
            patiently(lambda: self._writer.flush(FLUSH_SECONDS), self._give_up)

    def close(self) -> None:
        self._writer.close()
