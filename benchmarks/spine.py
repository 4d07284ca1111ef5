"""How fast, how soon and how big: the receivables flow on a log that holds its facts already, and on one that fills.

Every part runs real `headrace run receivables` processes over a real log, durability as the settings have it.
What is measured is said beside each part; docs/benchmarks.md says how to read it.
"""

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.ground import START_SECONDS, Ground, Places, Size, Whole, places, used
from benchmarks.measure import environment, spread
from benchmarks.references import Reference, run_ceiling, run_rules
from benchmarks.storm import storm
from benchmarks.traffic import Phase, Traffic
from benchmarks.waiting import DecisionsWatch, applied_after
from headrace.policies.compiling import compile_file
from schemas.topics import DECISIONS, FACTS

PARTS: Final = ("throughput", "latency", "restart", "scale", "storm")
DEFAULT_PARTS: Final = ("throughput", "latency")
# After the last fact was sent; far more than any healthy run needs.
CATCH_UP_SECONDS: Final = 300.0
SETTLE_SECONDS: Final = 3.0
# Asking a broker how far the shards are takes a few milliseconds, in which nothing is read.
LOOK_SECONDS: Final = 0.25
# A fresh process has no account in memory yet: payments of the first seconds are not counted.
LEAD_SECONDS: Final = 5.0
KILLED_AFTER_SECONDS: Final = (1.0, 3.0)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Spine:
    """What to run, and how big. `rate`: facts a second; `kafka`: `local`, an address, or empty for the SQLite log.

    scale_accounts: few and many accounts at the same number of facts, with `scale_backlog` items each.
    capacity: facts a second of the wall that the third is taken of; 0 takes what throughput measured.
    policy: a policy's file, in force from the first clock on; empty for the built-in one. The storm has its own.
    """

    parts: Sequence[str] = DEFAULT_PARTS
    accounts: int = 100_000
    facts: int = 1_000_000
    backlog: int = 10
    seed: int = 1
    shards: int = 16
    repeats: int = 3
    rate: float = 5_000.0
    seconds: float = 20.0
    capacity: float = 0.0
    kills: int = 5
    scale_accounts: tuple[int, int] = (10_000, 1_000_000)
    scale_backlog: int = 2
    storm_accounts: int = 1_000_000
    storm_rate: float = 1_000.0
    cache_bytes: int = 256 << 20
    kafka: str = ""
    policy: str = ""

    @property
    def size(self) -> Size:
        return Size(self.accounts, self.backlog, self.seed)


def run_spine(options: Spine, say: Say) -> dict[str, Any]:
    """Run the parts; the result as it is written to a file. `say` is told what is being done."""
    result: dict[str, Any] = {"benchmark": "spine"} | environment() | {"options": asdict(options)}
    with places(options.kafka, shards=options.shards, cache_bytes=options.cache_bytes) as place:
        scratch = place.scratch
        result["log"] = "kafka" if place.kafka else "sqlite"
        if set(options.parts) & {"throughput", "latency", "restart"}:
            with place.ground(options.size, "main") as ground:
                say(f"building {options.accounts:,} accounts with {options.backlog} open items each")
                if options.policy:
                    ground.put_in_force(compile_file(Path(options.policy)).text)
                result["warm_up"] = _whole(ground.warm_up())
                capacity = options.capacity
                if "throughput" in options.parts:
                    result["throughput"] = throughput(ground, options, say)
                    capacity = capacity or result["throughput"]["facts_per_second"]["median"]
                if "latency" in options.parts:
                    result["latency"] = _latencies(ground, options, capacity, scratch, say)
                if "restart" in options.parts:
                    result["restart"] = restart(ground, options, scratch, say)
        if "scale" in options.parts:
            result["scale"] = scale(place, options, say)
        if "storm" in options.parts:
            with place.ground(Size(options.storm_accounts, 1, options.seed), "storm") as ground:
                result["storm"] = storm(ground, options.storm_rate, scratch, say)
    return result


def _whole(whole: Whole) -> dict[str, float]:
    return {
        "facts": whole.facts,
        "decisions": whole.decisions,
        "facts_per_second": round(whole.facts / whole.wall_seconds),
        "facts_per_cpu_second": round(whole.facts / whole.cpu_seconds),
        "peak_mb": round(whole.peak_bytes / 1e6),
    }


def throughput(ground: Ground, options: Spine, say: Say) -> dict[str, Any]:
    """`repeats` times: facts appended, then taken in by a fresh process; beside two references on the last of them."""
    runs: list[Whole] = []
    facts_from: Sequence[int] = ()
    decisions_from: Sequence[int] = ()
    for number in range(options.repeats):
        facts_from, decisions_from = ground.log.end_offsets(FACTS), ground.log.end_offsets(DECISIONS)
        ground.append(options.facts)
        runs.append(ground.run_until_idle())
        done = _whole(runs[-1])
        say(
            f"run {number + 1} of {options.repeats}: {done['facts_per_second']:,} facts/s, "
            f"{done['facts_per_cpu_second']:,} facts per CPU second"
        )
    say("references: the ceiling, and the rules alone")
    ceiling = run_ceiling(ground.config, facts_from, decisions_from)
    rules = run_rules(options.size, options.facts, options.policy)
    return _compared(runs, ceiling, rules)


def _compared(runs: Sequence[Whole], ceiling: Reference, rules: Reference) -> dict[str, Any]:
    per_cpu = spread([run.facts / run.cpu_seconds for run in runs])
    codec = ceiling.decode_seconds + ceiling.encode_seconds
    whole_us = 1e6 / per_cpu.median
    decode_us = 1e6 * ceiling.decode_seconds / ceiling.facts
    encode_us = 1e6 * ceiling.encode_seconds / ceiling.facts
    rules_us = 1e6 * rules.rules_seconds / rules.facts
    return {
        "facts": runs[-1].facts,
        "decisions": runs[-1].decisions,
        "facts_per_second": asdict(spread([run.facts / run.wall_seconds for run in runs])),
        "facts_per_cpu_second": asdict(per_cpu),
        "ceiling_facts_per_cpu_second": round(ceiling.facts / codec),
        "rules_facts_per_cpu_second": round(rules.facts / rules.rules_seconds),
        "share_of_ceiling": round(per_cpu.median * codec / ceiling.facts, 3),
        "cpu_microseconds_per_fact": {
            "whole": round(whole_us, 2),
            "decode": round(decode_us, 2),
            "encode": round(encode_us, 2),
            "rules": round(rules_us, 2),
            "log_state_and_flow": round(whole_us - decode_us - encode_us - rules_us, 2),
        },
        "peak_mb": round(max(run.peak_bytes for run in runs) / 1e6),
    }


def _latencies(ground: Ground, options: Spine, capacity: float, scratch: Path, say: Say) -> dict[str, Any]:
    found = {"at_rate": latency_at(ground, Phase(options.seconds, options.rate), scratch, say)}
    if capacity:
        found["at_a_third"] = latency_at(ground, Phase(options.seconds, round(capacity / 3)), scratch, say)
    return found


def latency_at(ground: Ground, phase: Phase, scratch: Path, say: Say) -> dict[str, Any]:
    """A running process, a producer beside it and a reader here: how long from a receipt to its cash_applied.

    The phase comes after LEAD_SECONDS at the same rate.
    """
    say(f"latency at {phase.rate:,.0f} facts/s for {phase.seconds:.0f} s")
    whole = phase._replace(seconds=LEAD_SECONDS + phase.seconds)
    with (
        Traffic(ground.config, ground.following(whole.messages), [whole], scratch / "traffic") as traffic,
        ground.receivables("--live") as process,
    ):
        process.said("receivables started", START_SECONDS)
        time.sleep(SETTLE_SECONDS)
        watch = DecisionsWatch(ground.log, traffic.probes)
        try:
            before = process.usage()
            traffic.start()
            watch.poll_until(traffic.done, whole.seconds + CATCH_UP_SECONDS)
            after = process.usage()
            outcome = traffic.outcome()
            ends = ground.log.end_offsets(FACTS)
            watch.poll_until(lambda: ground.taken_in(ends), CATCH_UP_SECONDS, LOOK_SECONDS)
            watch.poll_until(lambda: watch.poll() == 0, CATCH_UP_SECONDS)
        finally:
            watch.close()
        process.signal(signal.SIGTERM)
        process.wait()
    counted = [probe for probe in outcome.probes if probe.due >= outcome.started + LEAD_SECONDS]
    return {
        "facts_per_second": phase.rate,
        "facts": phase.messages,
        **_plain(applied_after(counted, watch.seen)),
        "producer_late_p99_ms": _p99(outcome.late),
        "cores_used": used(before, after),
        "peak_mb": round(process.peak_bytes / 1e6),
    }


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if value is None or isinstance(value, int) else asdict(value) for name, value in found.items()}


def _p99(seconds: Sequence[float]) -> float:
    return round(1000 * sorted(seconds)[int(0.99 * len(seconds))], 2)


def restart(ground: Ground, options: Spine, scratch: Path, say: Say) -> dict[str, Any]:
    """kill -9 under traffic, and at once the next process: seconds from its start to the first decision that is new."""
    chance = random.Random(options.seed)
    # Traffic goes on all the while, so that there is always something to decide.
    phase = Phase(options.kills * (KILLED_AFTER_SECONDS[1] + 10.0), options.rate / 5)
    seconds: list[float] = []
    with Traffic(ground.config, ground.following(phase.messages), [phase], scratch / "traffic") as traffic:
        traffic.start()
        process = ground.receivables("--live")
        try:
            process.said("receivables started", START_SECONDS)
            for number in range(options.kills):
                time.sleep(chance.uniform(*KILLED_AFTER_SECONDS))
                process.kill()
                watch = DecisionsWatch(ground.log, ())
                process = ground.receivables("--live")
                seconds.append(_first_decision(watch) - process.started)
                say(f"restart {number + 1} of {options.kills}: {seconds[-1]:.2f} s")
        finally:
            process.kill()
        traffic.stop()
        traffic.outcome()
    return {
        "open_items": options.accounts * options.backlog,
        "kills": options.kills,
        "seconds_until_decisions_move": asdict(spread(seconds)),
    }


def _first_decision(watch: DecisionsWatch) -> float:
    """When the next decision was readable."""
    try:
        watch.poll_until(lambda: bool(watch.decisions), START_SECONDS)
        return max(watch.last_at.values())
    finally:
        watch.close()


def scale(place: Places, options: Spine, say: Say) -> dict[str, Any]:
    """Few accounts and many, at the same number of facts."""
    found: dict[str, Any] = {}
    for accounts in options.scale_accounts:
        say(f"{accounts:,} accounts with {options.scale_backlog} open items each")
        size = replace(options.size, accounts=accounts, backlog=options.scale_backlog)
        with place.ground(size, f"scale-{accounts}") as ground:
            ground.warm_up()
            ground.append(options.facts)
            found[f"{accounts}"] = _whole(ground.run_until_idle())
    few, many = (found[f"{accounts}"] for accounts in options.scale_accounts)
    found["many_to_few"] = {
        name: round(many[name] / few[name], 3) for name in ("facts_per_second", "facts_per_cpu_second")
    }
    return found
