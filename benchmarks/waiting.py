"""A reader of decisions that notes when what is waited for became readable."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from benchmarks.measure import Latency, latency
from benchmarks.traffic import Probe
from connectors.log.base import Log
from schemas.codec import decode_decision
from schemas.topics import DECISIONS

CHUNK: Final = 2_000
POLL_SECONDS: Final = 0.01


class DecisionsWatch:
    """Follows all decisions from the present end on; close it.

    seen: when the first cash_applied of a fact was readable, by event id; decisions: read so far;
    decided: for each shard the offset of the last fact that a decision was read of; kinds, last_at: decisions by kind, and when one was read last.
    """

    def __init__(self, log: Log, wanted: Collection[str]) -> None:
        start = dict(enumerate(log.end_offsets(DECISIONS)))
        self._reader = log.reader(DECISIONS, start)
        self._wanted = wanted
        self.seen: Final[dict[str, float]] = {}
        self.decided: Final[dict[int, int]] = {}
        self.kinds: Final[dict[str, int]] = {}
        self.last_at: Final[dict[str, float]] = {}
        self.decisions = 0

    def poll(self) -> int:
        """Read what is there; how many decisions that were."""
        records = self._reader.poll(CHUNK, POLL_SECONDS)
        now = time.monotonic()
        for record in records:
            decision = decode_decision(record.value)
            self.kinds[decision.kind] = self.kinds.get(decision.kind, 0) + 1
            self.last_at[decision.kind] = now
            self.decided[decision.shard] = decision.fact_offset
            if decision.kind == "cash_applied" and decision.cause_id in self._wanted:
                self.seen.setdefault(decision.cause_id, now)
        self.decisions += len(records)
        return len(records)

    def poll_until(self, done: Callable[[], bool], seconds: float, ask_seconds: float = 0.0) -> None:
        """Read on until `done`, asked after a round but not more often than `ask_seconds`; TimeoutError after `seconds`."""
        give_up = time.monotonic() + seconds
        ask_at = 0.0
        while True:
            self.poll()
            if time.monotonic() >= ask_at:
                if done():
                    return
                ask_at = time.monotonic() + ask_seconds
            if time.monotonic() > give_up:
                raise TimeoutError(f"not done after {seconds:.0f} s; {self.decisions} decisions read")

    def close(self) -> None:
        self._reader.close()


def applied_after(probes: Sequence[Probe], seen: dict[str, float]) -> dict[str, Latency | int | None]:
    """From when a receipt was due to be sent, and from when it was durable in its log, to its cash_applied being readable.

    not_applied: receipts without a cash_applied, such as those whose item was cleared otherwise.
    """
    found = [probe for probe in probes if probe.event_id in seen]
    return {
        "from_appended": latency([max(0.0, seen[probe.event_id] - probe.appended) for probe in found]),
        "from_due": latency([seen[probe.event_id] - probe.due for probe in found]),
        "not_applied": len(probes) - len(found),
    }
