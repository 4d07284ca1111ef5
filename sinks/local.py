"""What processes on one machine share through files: locks, and sockets with long paths."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from sinks.base import SinkStopped

# sun_path of Linux holds 108 bytes.
_MOST_PATH_BYTES: Final = 100


class HeldElsewhere(SinkStopped):
    """Another process has it open."""


class Lock:
    """An exclusive lock on a file, held until `close` or the process's end. Holds its process id for messages."""

    def __init__(self, path: Path, what: str) -> None:
        """Raises HeldElsewhere at once where another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise HeldElsewhere(
                f"{what} is open in process {owner}, and only one may have it: stop that process (lock file {path})"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def close(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._file, 0)
        os.close(self._file)


def holder(path: Path) -> int:
    """The process that says in a lock's file that it has it, 0 where none does or that one is gone. It takes no lock, so
    that it keeps nobody from having it: for messages only."""
    try:
        owner = int(path.read_text() or 0)
        os.kill(owner, 0)
    except (OSError, ValueError):
        return 0
    return owner


class SocketPath:
    """A Unix socket's path in a form that the kernel takes however long it is, also from a child. Close it after use."""

    def __init__(self, path: Path) -> None:
        self._directory: int | None = None
        # The child that binds it works in another directory.
        self.address = os.path.abspath(path)
        if len(os.fsencode(self.address)) > _MOST_PATH_BYTES:
            self._directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self.address = f"/proc/{os.getpid()}/fd/{self._directory}/{path.name}"

    def close(self) -> None:
        if self._directory is not None:
            os.close(self._directory)
            self._directory = None
