"""A sink of live views that is killed (-9) at a chosen commit: `python -m tests.dataflows.dying_live DIR URL COMMIT MOMENT`.

MOMENT is before or after: of COMMIT, counted from 1, nothing is in Redis, or all of it. URL is empty for the embedded
Valkey in DIR. Reads a few decisions at a time, so that there are many commits. Exits 0 where it was done before.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from dataflows import live, publish
from sinks.redis.connect import RedisServer
from sinks.redis.live.store import Store
from tests.headrace.audit.story import SHARDS
from tests.installations import open_log
from tests.live_views import keep


class DyingStore(Store):
    """The store, which dies at its nth commit."""

    left = 0
    moment = "before"

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> str:
        DyingStore.left -= 1
        if DyingStore.left == 0 and self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        said = super()._run(script, keys, arguments)
        if DyingStore.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return said


def main(directory: str, url: str, commit: str, moment: str) -> None:
    DyingStore.left, DyingStore.moment = int(commit), moment
    publish.LiveStore = DyingStore
    live._DECISIONS_AT_ONCE = 7
    live._FACTS_AT_ONCE = 5
    live._TURNED_AT_ONCE = 1
    log = open_log(Path(directory), SHARDS)
    with RedisServer(Path(directory) / "live", Path(directory) / "run" / "live.sock", url) as server:
        keep(log, server)
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
