"""A storm: every account's reminder falls due in the same minute, while payments arrive."""

import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.ground import START_SECONDS, Ground
from benchmarks.measure import latency
from benchmarks.traffic import Phase, Traffic
from benchmarks.waiting import DecisionsWatch
from benchmarks.workload.stream import START
from connectors.intake.clockwork import HOUR_MS, MINUTE_MS
from dataflows.rules.policy.policy import DEFAULT_TEXT

# The stream's first items are due ten days after they are posted: their first step is on the same day.
# Contacts leave within one minute.
POLICY: Final = (
    DEFAULT_TEXT.replace("version = 1", "version = 2", 1)
    .replace("[-7, 1, 10, 20, 30]", "[-10, 1, 10, 20, 30]", 1)
    .replace("window_minutes = 480 ", "window_minutes = 1 ", 1)
)
NINE: Final = START + 9 * HOUR_MS
CALM_SECONDS: Final = 5.0
# No reminder for so long: all that were due have been said.
QUIET_SECONDS: Final = 3.0
# A storm that takes longer is cut off.
MOST_SECONDS: Final = 900.0
# Live time moves at most five minutes at once.
STEP_MINUTES: Final = 5


def storm(ground: Ground, rate: float, scratch: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Payments at `rate` facts/s before and while all accounts of `ground` wake.

    reminders: said in the storm, the last of them `seconds` after the clock fact that woke them was durable.
    calm, storm: milliseconds from a receipt being durable in its log to its cash_applied being readable.
    """
    accounts = ground.size.accounts
    say(f"storm: building {accounts:,} accounts that wake in the same minute")
    ground.put_in_force(POLICY)
    ground.warm_up()
    for minute in range(0, 9 * 60, STEP_MINUTES):
        ground.send(ground.ticks(START + minute * MINUTE_MS))
    ground.send(ground.ticks(NINE - MINUTE_MS))
    ground.run_until_idle()
    phase = Phase(CALM_SECONDS + accounts / 2_000, rate)
    with (
        Traffic(ground.config, ground.following(phase.messages), [phase], scratch / "traffic") as traffic,
        ground.receivables("--live") as process,
    ):
        process.said("receivables started", START_SECONDS)
        watch = DecisionsWatch(ground.log, traffic.probes)
        try:
            traffic.start()
            calm_until = time.monotonic() + CALM_SECONDS
            watch.poll_until(lambda: time.monotonic() > calm_until, 2 * CALM_SECONDS)
            say("storm: it is nine o'clock")
            ground.send(ground.ticks(NINE))
            ground.send(ground.ticks(NINE + MINUTE_MS))
            began = time.monotonic()
            watch.poll_until(lambda: _over(watch, began), MOST_SECONDS)
            ended = watch.last_at.get("reminder_due", began)
            traffic.stop()
            outcome = traffic.outcome()
            settled = time.monotonic() + QUIET_SECONDS
            watch.poll_until(lambda: time.monotonic() > settled, 2 * QUIET_SECONDS)
        finally:
            watch.close()
        process.signal(signal.SIGTERM)
        process.wait()
    seen = watch.seen
    found = [probe for probe in outcome.probes if probe.event_id in seen]
    calm = latency([seen[p.event_id] - p.appended for p in found if p.due < began - 1.0])
    stormy = latency([seen[p.event_id] - p.appended for p in found if began <= p.due <= ended])
    return {
        "accounts": accounts,
        "payments_facts_per_second": rate,
        "reminders": watch.kinds.get("reminder_due", 0),
        "seconds": round(ended - began, 2),
        "calm": asdict(calm) if calm else None,
        "storm": asdict(stormy) if stormy else None,
        "peak_mb": round(process.peak_bytes / 1e6),
    }


def _over(watch: DecisionsWatch, began: float) -> bool:
    return time.monotonic() - max(began, watch.last_at.get("reminder_due", began)) > QUIET_SECONDS
