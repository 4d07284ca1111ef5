"""Runs intake in a process of its own, to be killed: DIRECTORY MODE CALLS.

It says `started` on stdout, and dies at its CALLS-th call of the log (0: never).
"""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from connectors.log.sqlite import SqliteLog
from dataflows.intake import Mode, run_intake
from tests.dataflows.killing import KillingLog


@dataclass(frozen=True)
class SmallSettings:
    """An installation of four shards."""

    dir: Path
    shards: int = 4
    input_partitions: int = 4
    catch_up_hours: int = 24


def main(directory: Path, mode: Mode, calls: int) -> None:
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    log = KillingLog(SqliteLog(directory / "log", sync=False), calls)
    print("started", flush=True)
    run_intake(log, SmallSettings(directory), mode, mode == "replay", lambda: bool(told))
    log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), "live" if sys.argv[2] == "live" else "replay", int(sys.argv[3]))
