"""headrace's own processes under measurement: started as a person would, watched from outside through /proc.

Linux only. Times are of time.monotonic(), which all processes of a machine share.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS: Final = 0.01
_END_SECONDS: Final = 5.0


class ProcessFailed(Exception):
    """A process under measurement ended or did not do what it should; the message has the end of what it said."""


class Usage(NamedTuple):
    """A moment of a process: when, and how much CPU all its threads had used by then."""

    at: float
    cpu_seconds: float


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads, to 10 ms; of a process that ended too, until it is waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory now; 0 of a process that is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Process:
    """One `headrace ...` process. Leaving the `with` kills it where it still runs."""

    def __init__(self, *arguments: str) -> None:
        self.started: Final = time.monotonic()
        self.peak_bytes = 0
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "headrace.main", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.pid: Final = self._popen.pid
        self._said: deque[str] = deque(maxlen=20)
        self._events: dict[str, Usage] = {}
        self._thread = threading.Thread(target=self._listen, name="stderr", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _listen(self) -> None:
        """Note when it says what; nothing here takes long, so that times are right to a millisecond or so."""
        assert self._popen.stderr is not None
        for line in self._popen.stderr:
            usage = self.usage()
            text = line.decode(errors="replace").rstrip()
            self._said.append(text)
            if text.startswith("{"):
                self._events.setdefault(json.loads(text)["event"], usage)

    def usage(self) -> Usage:
        return Usage(time.monotonic(), cpu_seconds(self.pid))

    def said(self, event: str, seconds: float) -> Usage:
        """The moment it logged `event`. Raises ProcessFailed where it does not within `seconds`, or ends before."""
        give_up = time.monotonic() + seconds
        while event not in self._events:
            if not self._thread.is_alive() or time.monotonic() > give_up:
                self._thread.join(1.0)
                if event in self._events:
                    break
                raise ProcessFailed(f"it did not say {event!r}; the end of what it said:\n" + "\n".join(self._said))
            time.sleep(_LOOK_SECONDS)
        return self._events[event]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def running(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        """Wait for its end in order, and learn its peak memory. Raises ProcessFailed where it ends otherwise."""
        code = self._reap()
        if code:
            raise ProcessFailed(f"it ended with {code}; the end of what it said:\n" + "\n".join(self._said))

    def kill(self) -> None:
        """SIGKILL and wait, where it still runs."""
        if self._popen.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> int:
        _, status, used = os.wait4(self.pid, 0)
        # A database server that it started may outlive it for a moment and hold its stderr.
        self._thread.join(_END_SECONDS)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        # Linux counts kibibytes.
        self.peak_bytes = used.ru_maxrss * 1024
        return self._popen.returncode


def run_flow(config: Path, flow: str, *options: str) -> Sequence[str]:
    """Arguments of `headrace run` for an installation that `config` describes."""
    return ("run", flow, "--config", str(config), *options)
