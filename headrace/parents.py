"""A process that ends with the one that started it, even where that one is killed and cannot tell it to."""

import ctypes
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LOOK_SECONDS: Final = 0.2


def end_with(parent: int) -> None:
    """SIGTERM to this process once `parent`, which started it, is gone; also where it is gone already.

    On Linux the kernel tells by SIGHUP; elsewhere a thread looks. Main thread only. Raises OSError where the
    kernel refuses.
    """
    if sys.platform == "linux":
        signal.signal(signal.SIGHUP, _on_death)
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "prctl")
        # It may have died before the kernel knew what we want.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGHUP)
    else:
        threading.Thread(target=_look, args=(parent,), name="parent-watch", daemon=True).start()


def _on_death(number: int, frame: FrameType | None) -> None:
    """Once: the kernel tells it again for each thread that the parent had, and a second SIGTERM would cut us short."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGTERM)


def _look(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
