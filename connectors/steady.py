"""A writer that waits where it must: at its bound, and while the log is away; and says when that begins and ends."""

import time
from collections.abc import Callable
from typing import Final

import structlog

from connectors.log.base import Full, Log, LogUnavailable, Writer

AWAY_WAIT_SECONDS: Final = 0.5
FLUSH_SECONDS: Final = 10.0


class SteadyWriter:
    """Appends to one topic. `give_up` is asked while it waits: where it says True, LogUnavailable goes out.

    Guarantee: after `flush` returns, all that was sent is durable.
    """

    def __init__(self, log: Log, topic: str, owner: str, give_up: Callable[[], bool]) -> None:
        self._writer: Writer = log.writer(topic, owner)
        self._topic = topic
        self._give_up = give_up
        self._away = False

    def send(self, partition: int, key: bytes | None, value: bytes) -> None:
        while True:
            try:
                self._writer.send(partition, key, value)
            except Full:
                self._wait_for(lambda: self._writer.poll(0.1))
            else:
                return

    def flush(self) -> None:
        while self._writer.unconfirmed:
            self._wait_for(lambda: self._writer.flush(FLUSH_SECONDS))

    def _wait_for(self, move: Callable[[], object]) -> None:
        try:
            move()
        except LogUnavailable as error:
            if not self._away:
                structlog.get_logger().warning("log is away, waiting", topic=self._topic, why=str(error))
            self._away = True
            if self._give_up():
                raise
            time.sleep(AWAY_WAIT_SECONDS)
        else:
            if self._away:
                structlog.get_logger().info("log is back", topic=self._topic)
            self._away = False

    def close(self) -> None:
        self._writer.close()
