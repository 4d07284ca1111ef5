"""How far a publishing flow is behind the decisions log, for metrics."""

from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Final

from connectors.log.base import Log, LogRefused, LogUnavailable
from schemas.topics import DECISIONS

EVERY_SECONDS: Final = 5.0


class LagWatch:
    """Measures every few seconds until `close`: for each shard that has a position, the decisions after it.

    In a thread of its own, on a `log` of its own, which it closes: a log serves one thread, and one that
    is away answers only when its timeout is over, which a scrape must not wait for. While it is away
    nothing is told.
    """

    def __init__(
        self, log: Log, positions: Callable[[], Mapping[int, int]], every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._log = log
        self._positions = positions
        self._every_seconds = every_seconds
        self._last: dict[int, int] = {}
        self._over = Event()
        self._thread = Thread(target=self._measure, name="lag", daemon=True)
        self._thread.start()

    def last(self) -> dict[int, int]:
        """Decisions by shard, as measured last."""
        return self._last

    def close(self) -> None:
        """Ends the thread; waits for a measurement that is under way."""
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        try:
            while not self._over.is_set():
                try:
                    ends = self._log.end_offsets(DECISIONS)
                except (LogUnavailable, LogRefused):
                    # Also before the topic is made; what refuses for good, the flow itself tells.
                    self._last = {}
                else:
                    self._last = {shard: max(0, ends[shard] - at) for shard, at in dict(self._positions()).items()}
                self._over.wait(self._every_seconds)
        finally:
            self._log.close()
