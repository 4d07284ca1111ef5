"""What every reader of decisions does: last + 1 take, lower drop, higher stop."""

from schemas.codec import decision_head
from schemas.wire import Unreadable
from sinks.base import SinkStopped


def head_at(value: bytes, shard: int, offset: int) -> tuple[int, int, str, bytes]:
    """As `decision_head`. Raises SinkStopped where it is no decision, or one of another shard."""
    try:
        head = decision_head(value)
    except Unreadable as error:
        raise unreadable(shard, offset, error) from error
    if head[0] != shard:
        raise misplaced(shard, offset, head[0])
    return head


def unreadable(shard: int, offset: int, error: Unreadable) -> SinkStopped:
    return SinkStopped(f"decisions shard {shard}, offset {offset}: {error}: the log is damaged; restore it")


def misplaced(shard: int, offset: int, other: int) -> SinkStopped:
    return SinkStopped(
        f"decisions shard {shard}, offset {offset}: a decision of shard {other}: written by something else; restore the log"
    )


class Gap(SinkStopped):
    """A shard's decisions jump: one is missing, so everything computed after it would be wrong."""


class Sequences:
    """The next sequence of each shard. A shard that is not known yet begins at 0."""

    __slots__ = ("_next",)

    def __init__(self, following: dict[int, int] | None = None) -> None:
        self._next = dict(following or {})

    def following(self, shard: int) -> int:
        """The sequence that `take` will accept next for `shard`."""
        return self._next.get(shard, 0)

    def begin(self, shard: int, sequence: int) -> None:
        """Of a shard that is read from within: this is the first sequence of it that is read."""
        self._next[shard] = sequence

    def take(self, shard: int, sequence: int, offset: int) -> bool:
        """True where it is the next one, False where it was taken before. Raises Gap; `offset` is for its message."""
        expected = self._next.get(shard, 0)
        if sequence == expected:
            self._next[shard] = expected + 1
            return True
        if sequence < expected:
            return False
        raise Gap(
            f"decisions shard {shard}, offset {offset}: sequence {sequence} where {expected} was due; "
            f"{sequence - expected} missing. The log was cut or written by hand: restore it, or rebuild the decisions."
        )
