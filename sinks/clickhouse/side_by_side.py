"""Statements that are given to ClickHouse side by side: each of a publisher's takes one core of it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

AT_ONCE: Final = 2
"""So many at a time; each takes its memory too."""


class SideBySide:
    """Threads for the statements of one kind. Each has a client of its own (`Database.client`)."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, name)

    def do(self, calls: Iterable[Callable[[], None]]) -> None:
        """Make all calls. Raises what one of them raised, when all have ended."""
        made = [self._threads.submit(call) for call in calls]
        wait(made)
        for call in made:
            call.result()
