"""A publisher that is killed (-9) at a chosen point: `python -m tests.faults.dying_publisher DIR LOG POINT COUNT BATCH_ROWS`.

POINT is one of POINTS, COUNT how often it is passed before, in recovery too. LOG is as in dying.py. Prints `ready`
before it opens chDB, and `recovers THERE OF ALL` where it finds a batch that was cut short and THERE of its ALL rows
in the table. Runs until it is told to stop (SIGTERM), and exits 0 then.
"""

import random
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataflows import clickhouse
from dataflows.publishing import PublishStatus
from headrace.operations import StopFlag, configure_logging
from sinks.clickhouse import sink
from sinks.clickhouse.by_kind import Copy
from sinks.clickhouse.connect import Place
from sinks.clickhouse.ranges import Phase, Range
from sinks.clickhouse.rolling import Rollups
from sinks.clickhouse.rollups import Rollup
from sinks.clickhouse.sink import ClickHouseSink
from sinks.clickhouse.staging import Staging
from tests.faults.dying import open_log
from tests.faults.fuse import Fuse, die

# Nothing of the batch said; said and not inserted; on the way in; inserted, and none, or some of its sums; all of it and not
# said; said. A change of accounts is written down before any of its sums is moved.
POINTS = (
    *("never", "before_batch", "before_insert", "during_insert", "before_sums", "after_sums", "after_insert"),
    *("after_batch", "before_change", "after_change"),
)
# An insert of 2,000 rows takes about 15 ms, and chDB lets other threads run in it (November 2026).
INSERT_SECONDS = (0.0, 0.025)


class DyingRollups(Rollups):
    """The sums that are kept, of which only a part is done when their point was passed often enough."""

    fuse = Fuse()

    def _insert(self, rollup: Rollup | Copy, select: str, token: str) -> None:
        self.fuse.passing("before_sums")
        super()._insert(rollup, select, token)
        self.fuse.passing("after_sums")

    def _apply(self, change: int, uncertain: bool) -> None:
        self.fuse.passing("before_change")
        super()._apply(change, uncertain)
        self.fuse.passing("after_change")


class DyingSink(ClickHouseSink):
    """The sink, which dies when its point was passed often enough."""

    fuse = Fuse()

    def recover(self, values: Sequence[bytes]) -> None:
        if self.pending:
            print(f"recovers {self._there(self.pending)} of {len(values)}", flush=True)
        super().recover(values)

    def _save(self, batch: int, phase: Phase, ranges: Mapping[int, Range]) -> None:
        self.fuse.passing("before_batch" if phase is Phase.BEFORE else "after_insert")
        super()._save(batch, phase, ranges)
        self.fuse.passing("before_insert" if phase is Phase.BEFORE else "after_batch")

    def _insert(self, staging: Staging, condition: str, name: str) -> None:
        if self.fuse.is_due("during_insert"):
            threading.Timer(random.uniform(*INSERT_SECONDS), die).start()
        super()._insert(staging, condition, name)


def use_fuse(fuse: Fuse) -> None:
    """From here on this process's publisher dies by it."""
    DyingSink.fuse = DyingRollups.fuse = fuse
    clickhouse.ClickHouseSink = DyingSink
    sink.Rollups = DyingRollups


def main(directory: str, log_name: str, point: str, count: str, batch_rows: str) -> int:
    configure_logging("publisher")
    use_fuse(Fuse(point, int(count)))
    stop = StopFlag()
    stop.install()
    log = open_log(Path(directory), log_name)
    print("ready", flush=True)
    clickhouse.publish_clickhouse(
        log,
        Place(Path(directory) / "clickhouse"),
        Path(directory) / "run" / "clickhouse.sock",
        until_idle=False,
        stop=stop,
        status=PublishStatus(),
        batch_rows=int(batch_rows),
    )
    log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
