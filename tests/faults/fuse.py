"""How a process under test kills itself (-9) at a chosen point, when that was passed often enough."""

import os
import signal


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse:
    """`point`: where it burns down; `left`: how often that is passed before."""

    def __init__(self, point: str = "never", left: int = 0) -> None:
        self._point = point
        self._left = left

    def is_due(self, point: str) -> bool:
        """Count a passing of the point; whether this is the one."""
        if point != self._point:
            return False
        self._left -= 1
        return self._left < 0

    def passing(self, point: str) -> None:
        """Die where this is the passing."""
        if self.is_due(point):
            die()
