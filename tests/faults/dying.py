"""A receivables process that kills itself (-9) at a chosen point: `python -m tests.faults.dying DIR SHARDS LOG POINT COUNT`.

POINT is one of POINTS, COUNT how often it is passed before. LOG is `sqlite` or `BOOTSTRAP,PREFIX`.
Prints `ready` once its shards are open. Exits 0 when it is idle: all facts are decided, confirmed and committed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from connectors.log.base import Confirmed, Log
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog
from dataflows.receivables import run_receivables
from dataflows.shards.owner import Outgoing, Owner
from tests.faults.fuse import Fuse, die

# Decided only; between commit and append; between append and confirmation; between confirmation and commit; after it.
POINTS = ("never", "before_send", "before_append", "after_append", "after_confirmation", "after_commit")
CACHE_BYTES = 64 << 20


class DyingOwner(Owner):
    """An owner that dies when its point was passed often enough."""

    fuse = Fuse()

    def send(self, number: int, decided: Sequence[Outgoing]) -> None:
        if decided:
            self.fuse.passing("before_send")
            if self.fuse.is_due("before_append"):
                # On a quiet log all is appended before a commit is due; here the log is behind.
                super().commit(number)
                die()
        super().send(number, decided)

    def _confirmed(self, confirmed: Sequence[Confirmed]) -> None:
        if confirmed:
            self.fuse.passing("after_append")
        super()._confirmed(confirmed)
        if confirmed:
            self.fuse.passing("after_confirmation")

    def commit(self, number: int) -> None:
        super().commit(number)
        self.fuse.passing("after_commit")


def open_log(directory: Path, log: str) -> Log:
    """The log that LOG names."""
    if log == "sqlite":
        return SqliteLog(directory / "log")
    bootstrap, prefix = log.split(",")
    return KafkaLog(bootstrap, prefix)


def main(directory: str, shards: str, log_name: str, point: str, count: str) -> int:
    first, last = shards.split("-")
    numbers = range(int(first), int(last) + 1)
    DyingOwner.fuse = Fuse(point, int(count))
    log = open_log(Path(directory), log_name)
    owner = DyingOwner(log, numbers, Path(directory) / "state", CACHE_BYTES, f"receivables-{shards}")
    print("ready", flush=True)
    run_receivables(owner, lambda: not owner.open or (owner.at_end and owner.idle()))
    owner.stop(30.0)
    owner.close()
    log.close()
    return 1 if owner.stopped else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
