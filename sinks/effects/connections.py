"""The connections of attempts that are under way, so that one that takes too long can be ended from outside; and the answer
that counts on them.

Guarantee: `abandon` never waits for the attempt's thread, and ends whatever that reads or writes just then: also while
the other side drips, before its first word, and while the two agree on keys.
"""

import os
import socket
from contextlib import suppress
from http.client import SWITCHING_PROTOCOLS, HTTPResponse
from threading import Lock
from typing import Final


class Connections:
    """Each attempt has one at a time, under its number. For many threads."""

    def __init__(self) -> None:
        self._open: Final[dict[int, socket.socket]] = {}
        self._lock: Final = Lock()

    def keep(self, number: int, connected: socket.socket) -> None:
        """As soon as it is connected, or taken up again, before anything is read. Raises OSError."""
        # Of its own, and plain where this one is TLS: what wraps the other one for TLS takes it away, and who reads from it may hold its lock.
        mine = socket.socket(fileno=os.dup(connected.fileno()))
        with self._lock:
            before = self._open.pop(number, None)
            self._open[number] = mine
        if before is not None:
            before.close()

    def drop(self, number: int) -> None:
        """The attempt has ended."""
        with self._lock:
            mine = self._open.pop(number, None)
        if mine is not None:
            mine.close()

    def abandon(self, number: int) -> None:
        """End an attempt that takes too long; one that has not connected is ended by being asked again."""
        with self._lock:
            mine = self._open.get(number)
            # With the lock: nobody else may get its number from the system meanwhile. It may have ended by itself.
            if mine is not None:
                with suppress(OSError):
                    mine.shutdown(socket.SHUT_RDWR)


class FinalAnswer(HTTPResponse):
    """What comes before an answer (102, 103) is none: HTTPResponse passes over 100 alone."""

    def begin(self) -> None:
        super().begin()
        # Nobody asked for another protocol: who says 101 has answered.
        while self.status < 200 and self.status != SWITCHING_PROTOCOLS:
            # Only without headers it begins.
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
