"""A log whose process dies by SIGKILL at its nth call: before or after what is appended, read or saved is durable."""

import os
import signal
from collections.abc import Mapping, Sequence

from connectors.log.base import Confirmed, Log, Reader, Writer
from schemas.topics import FACTS


class Countdown:
    """Kills the process when it has been passed `left` times."""

    def __init__(self, left: int) -> None:
        self.left = left

    def passed(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class KillingWriter(Writer):
    def __init__(self, inner: Writer, countdown: Countdown) -> None:
        self._inner = inner
        self._countdown = countdown

    def send(self, partition: int, key: bytes | None, value: bytes, token: int = 0) -> None:
        self._inner.send(partition, key, value, token)

    def poll(self, timeout_seconds: float) -> list[Confirmed]:
        self._countdown.passed()
        confirmed = self._inner.poll(timeout_seconds)
        self._countdown.passed()
        return confirmed

    def flush(self, timeout_seconds: float) -> list[Confirmed]:
        self._countdown.passed()
        confirmed = self._inner.flush(timeout_seconds)
        self._countdown.passed()
        return confirmed

    @property
    def unconfirmed(self) -> int:
        return self._inner.unconfirmed

    def close(self) -> None:
        self._inner.close()


class KillingLog(Log):
    """Counts what writers append, positions that are saved, and looks at where the facts end."""

    def __init__(self, inner: Log, calls: int) -> None:
        self._inner = inner
        self.countdown = Countdown(calls)

    def ensure_topic(self, topic: str, partitions: int) -> None:
        self._inner.ensure_topic(topic, partitions)

    def topics(self) -> list[str]:
        return self._inner.topics()

    def partitions(self, topic: str) -> int:
        return self._inner.partitions(topic)

    def identity(self, topic: str) -> str:
        return self._inner.identity(topic)

    def begin_offsets(self, topic: str) -> list[int]:
        return self._inner.begin_offsets(topic)

    def end_offsets(self, topic: str) -> list[int]:
        ends = self._inner.end_offsets(topic)
        if topic == FACTS:
            self.countdown.passed()
        return ends

    def reader(self, topic: str, start: Mapping[int, int]) -> Reader:
        return self._inner.reader(topic, start)

    def writer(self, topic: str, owner: str, claim: Sequence[int] = (), most_unconfirmed: int = 20_000) -> Writer:
        return KillingWriter(self._inner.writer(topic, owner, claim, most_unconfirmed), self.countdown)

    def positions(self, group: str, topic: str) -> dict[int, int]:
        return self._inner.positions(group, topic)

    def save_positions(self, group: str, topic: str, positions: Mapping[int, int]) -> None:
        self.countdown.passed()
        self._inner.save_positions(group, topic, positions)
        self.countdown.passed()

    def status(self) -> str:
        return self._inner.status()

    def close(self) -> None:
        self._inner.close()
