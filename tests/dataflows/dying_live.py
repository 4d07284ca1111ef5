"""Sinks of live views that are killed (-9) at chosen commits: `python -m tests.dataflows.dying_live DIR URL MOMENT COMMIT...`.

One after the other, each a process of its own; what each ended with is said on stdout, a line each. MOMENT is before or
after: of a COMMIT, counted from 1, nothing is in Redis, or all of it; a sink of COMMIT 0 is not killed. URL is empty for the
embedded Valkey in DIR. They read a few decisions at a time, so that there are many commits.
"""

import multiprocessing
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


def keep_until(directory: str, url: str, moment: str, commit: int) -> None:
    DyingStore.left, DyingStore.moment = commit, moment
    publish.LiveStore = DyingStore
    live._DECISIONS_AT_ONCE = 7
    live._FACTS_AT_ONCE = 5
    live._TURNED_AT_ONCE = 1
    log = open_log(Path(directory), SHARDS)
    with RedisServer(Path(directory) / "live", Path(directory) / "run" / "live.sock", url) as server:
        keep(log, server)
    log.close()


def main(directory: str, url: str, moment: str, *commits: str) -> None:
    # Forked, all that they import is imported once.
    context = multiprocessing.get_context("fork")
    for commit in commits:
        sink = context.Process(target=keep_until, args=(directory, url, moment, int(commit)))
        sink.start()
        sink.join()
        print(sink.exitcode)


if __name__ == "__main__":
    main(*sys.argv[1:])
