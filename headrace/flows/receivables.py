"""The receivables flow over some shards, with its metrics and health."""

import gc
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import structlog

from dataflows.receivables import run_receivables
from dataflows.rules.transition import RULES_VERSION
from dataflows.shards.owner import Owner
from headrace.flows.serving import has_log, opened, patient, served
from headrace.operations import ReceivablesMetrics, StopFlag
from headrace.settings import Settings

METRICS_SECONDS: Final = 1.0
STOP_SECONDS: Final = 30.0


class _Watch:
    """Metrics, health and progress of the receivables flow, told about once a second; and when it may leave."""

    def __init__(self, owner: Owner, stop: StopFlag, until_idle: bool) -> None:
        self._owner = owner
        self._stop = stop
        self._until_idle = until_idle
        self._metrics = ReceivablesMetrics()
        self._next = 0.0
        self._facts = 0
        self._duplicates = 0
        self._hits = 0
        self._misses = 0
        self._commits = 0

    def leave(self) -> bool:
        if self._owner.at_end:
            self._owner.save_progress()
        now = time.monotonic()
        if now >= self._next:
            self._next = now + METRICS_SECONDS
            self._tell()
        if self._stop or not self._owner.open:
            return True
        return self._until_idle and self._owner.idle()

    def _tell(self) -> None:
        shards = {number: opened.shard for number, opened in self._owner.open.items()}
        facts = sum(shard.facts for shard in shards.values())
        hits = sum(shard.accounts.hits for shard in shards.values())
        misses = sum(shard.accounts.misses for shard in shards.values())
        kinds: Counter[str] = Counter()
        for shard in shards.values():
            kinds.update(shard.kinds)
            shard.kinds.clear()
        self._metrics.rates(
            max(0, facts - self._facts), kinds, max(0, hits - self._hits), max(0, misses - self._misses)
        )
        duplicates = sum(shard.duplicates for shard in shards.values())
        self._metrics.duplicates(max(0, duplicates - self._duplicates))
        self._duplicates = duplicates
        self._facts, self._hits, self._misses = facts, hits, misses
        for seconds in self._owner.take_commit_seconds():
            self._metrics.commit(seconds)
        for number, (lag_facts, lag_seconds) in self._owner.lags().items():
            shard = shards[number]
            self._metrics.shard(
                number, lag_facts, lag_seconds, len(shard.unconfirmed), shard.store.rows(), shard.row.parked_accounts
            )

    def health(self) -> dict[str, object]:
        stopped = dict(self._owner.stopped)
        said = has_log(self._owner.log) | {"ok": not stopped, "stopped": stopped}
        return said | {"ready": said["ready"] and not stopped}


def start_receivables(settings: Settings, shards: Sequence[int], until_idle: bool, stop: StopFlag) -> int:
    """Run receivables over `shards`; 0 when it left in order, 1 where a shard had to be stopped."""
    told = structlog.get_logger()
    log = opened(settings, until_idle, stop)
    name = f"receivables-{min(shards)}-{max(shards)}"
    owner = patient(lambda: Owner(log, shards, settings.dir / "state", settings.cache_bytes, name), until_idle, stop)
    watch = _Watch(owner, stop, until_idle)
    server = served(settings, "receivables", watch.health)
    # Facts, rows and decisions make no reference cycles, and looking for them among a million
    # objects that live long took a seventh of the time (November 2026).
    gc.freeze()
    gc.disable()
    told.info("receivables started", shards=f"{min(shards)}-{max(shards)}", rules=RULES_VERSION)
    try:
        run_receivables(owner, watch.leave)
        owner.stop(STOP_SECONDS)
    finally:
        owner.close()
        log.close()
        if server is not None:
            server.close()
    for number, why in owner.stopped.items():
        told.error("shard stopped", shard=number, why=why)
    told.info("receivables stopped", reason=stop.reason or "idle")
    return 1 if owner.stopped else 0
