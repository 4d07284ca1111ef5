"""Whether the machine's clock was put forward or back: by it things expire, and are waited for."""

import time
from typing import Final

_PARTED_MS: Final = 1_000


class Clock:
    """The wall's time against the time that goes by."""

    def __init__(self, wall_ms: int) -> None:
        self._ahead_ms = _ahead(wall_ms)

    def was_put(self, wall_ms: int) -> bool:
        """Whether it was put forward or back since this was asked last; the machine may have slept, too."""
        before, self._ahead_ms = self._ahead_ms, _ahead(wall_ms)
        return abs(self._ahead_ms - before) > _PARTED_MS


def _ahead(wall_ms: int) -> int:
    return wall_ms - time.monotonic_ns() // 1_000_000
