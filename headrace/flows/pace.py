"""When the flows behind the facts log have done all that is there."""

import time
from collections.abc import Callable
from typing import Final

from connectors.log.base import Log
from dataflows.publishing import FORWARD
from dataflows.shards.owner import GROUP as RECEIVABLES
from schemas.topics import DECISIONS, FACTS

PACE_SECONDS: Final = 0.01


class Pace:
    """Waits until the flows behind the facts log have done all that is there: nothing moves any more."""

    def __init__(self, log: Log, stop: Callable[[], object]) -> None:
        self._log = log
        self._stop = stop

    def quiet(self) -> bool:
        """Every fact is decided, every decision forwarded, and nothing came of it since."""
        facts = self._log.end_offsets(FACTS)
        decided = self._log.positions(RECEIVABLES, FACTS)
        if any(decided.get(shard, 0) < end for shard, end in enumerate(facts)):
            return False
        decisions = self._log.end_offsets(DECISIONS)
        forwarded = self._log.positions(FORWARD, DECISIONS)
        if any(forwarded.get(shard, 0) < end for shard, end in enumerate(decisions)):
            return False
        # A customer fact leads to no decision, and may name the payer of a receipt that waits.
        read = self._log.positions(FORWARD, FACTS)
        if any(read.get(shard, 0) < end for shard, end in enumerate(facts)):
            return False
        return self._log.end_offsets(FACTS) == facts

    def wait(self) -> None:
        """Return when all is quiet, or when told to stop."""
        while not self._stop() and not self.quiet():
            time.sleep(PACE_SECONDS)
