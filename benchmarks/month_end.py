"""The last day of a month: all flows under a burst of twenty times the calm rate, while ClickHouse stands still.

Producers send to their topics; intake, receivables and both publishers are processes of their own. The
publisher into ClickHouse, and with it the embedded ClickHouse, is stopped (SIGSTOP) before the burst and
let go on after it. At the end all must be caught up, and `headrace verify` must find nothing.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.chart import Panel, Span, chart
from benchmarks.ground import ENDLESS, START_SECONDS, Places, Sent, places, probe_of
from benchmarks.measure import environment, result_path
from benchmarks.processes import Process, run_flow
from benchmarks.sampling import Sampler, Samples
from benchmarks.traffic import Outcome, Phase, Traffic
from benchmarks.waiting import DecisionsWatch, applied_after
from benchmarks.workload import bench_stream, publish, warm_up_facts
from connectors.log.base import Log, partition_of
from connectors.placing import producer_key
from headrace.logs import open_installation
from headrace.settings import Settings, load
from schemas.codec import encode_fact
from schemas.records import Fact
from schemas.topics import DEAD_LETTERS, TOPIC_OF_KIND

FLOWS: Final = {
    "clickhouse": ("publish", "--sink", "clickhouse"),
    "forward": ("publish", "--sink", "forward"),
    "receivables": ("receivables",),
    "intake": ("intake", "--live"),
}
CATCH_UP_SECONDS: Final = 600.0
# How often it is asked whether all is caught up.
ASK_SECONDS: Final = 0.25

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """How big. `rate`: facts a second when calm; the burst is `times` as much for `seconds`.

    Calm lasts `calm_seconds` before and after the burst; ClickHouse stands still from the middle of the first to
    the middle of the second. kafka: as in the spine benchmark.
    """

    accounts: int = 20_000
    backlog: int = 5
    seed: int = 1
    rate: float = 1_000.0
    times: int = 20
    seconds: float = 10.0
    calm_seconds: float = 10.0
    shards: int = 16
    cache_bytes: int = 256 << 20
    kafka: str = ""

    @property
    def phases(self) -> tuple[Phase, Phase, Phase]:
        calm = Phase(self.calm_seconds, self.rate)
        return calm, Phase(self.seconds, self.times * self.rate), calm


@dataclass(frozen=True, slots=True)
class _Run:
    """What was seen; times are seconds of the monotonic clock."""

    outcome: Outcome
    samples: Samples
    seen: dict[str, float]
    stalled: tuple[float, float]
    caught_up: float


def run_month_end(options: MonthEnd, results: Path, say: Say) -> dict[str, Any]:
    """Run it; the result as it is written to a file. The chart goes into `results` here."""
    result: dict[str, Any] = {"benchmark": "month-end"} | environment() | {"options": asdict(options)}
    with places(options.kafka, shards=options.shards, cache_bytes=options.cache_bytes) as place:
        result["log"] = "kafka" if place.kafka else "sqlite"
        config = place.config("month-end")
        settings = load(None, config)
        log = open_installation(settings)
        try:
            facts = _facts(options, sum(phase.messages for phase in options.phases))
            run = _flows(place, config, settings, log, facts, options, say)
            dead_letters = sum(log.end_offsets(DEAD_LETTERS))
        finally:
            log.close()
        say("verify")
        verified = _verify(config)
    result |= _figures(options, run) | {"dead_letters": dead_letters, "verify_exit": verified}
    drawn = result_path(results, "month-end", result["date"], "svg")
    drawn.write_text(_chart(options, run))
    result["chart"] = drawn.name
    result["samples"] = run.samples.as_columns()
    return result


def _facts(options: MonthEnd, count: int) -> Iterator[Fact]:
    """A stream whose recorded times end about now, so that nothing falls due on the way."""
    whole = warm_up_facts(options.accounts, options.backlog) + count
    start = time.time_ns() // 1_000_000 - whole
    return bench_stream(options.accounts, ENDLESS, options.seed, options.backlog, start)


def _from_producers(facts: Iterable[Fact], partitions: int) -> Iterator[Sent]:
    for fact in facts:
        key = producer_key(fact)
        yield Sent(TOPIC_OF_KIND[fact.kind], partition_of(key, partitions), key, encode_fact(fact), probe_of(fact))


def _flows(
    place: Places, config: Path, settings: Settings, log: Log, facts: Iterator[Fact], options: MonthEnd, say: Say
) -> _Run:
    """Start every flow, build the backlog, and run the day."""
    with ExitStack() as stack:
        flows = {name: stack.enter_context(Process(*run_flow(config, *words))) for name, words in FLOWS.items()}
        flows["receivables"].said("receivables started", START_SECONDS)
        sampler = stack.enter_context(Sampler(settings, {name: flow.pid for name, flow in flows.items()}))
        say(f"building {options.accounts:,} accounts with {options.backlog} open items each")
        publish(islice(facts, warm_up_facts(options.accounts, options.backlog)), log, settings.input_partitions)
        _wait(sampler.all_caught_up, flows)
        messages = _from_producers(facts, settings.input_partitions)
        traffic = stack.enter_context(Traffic(config, messages, options.phases, place.scratch / "traffic"))
        run = _day(log, flows, sampler, traffic, options, say)
        for flow in flows.values():
            flow.signal(signal.SIGTERM)
        for flow in flows.values():
            flow.wait()
    return run


def _day(log: Log, flows: dict[str, Process], sampler: Sampler, traffic: Traffic, options: MonthEnd, say: Say) -> _Run:
    watch = DecisionsWatch(log, traffic.probes)
    sampler.begin(watch.decided)
    try:
        began = time.monotonic()
        traffic.start()
        watch.poll_until(lambda: time.monotonic() - began > options.calm_seconds / 2, CATCH_UP_SECONDS)
        say("ClickHouse stands still; the burst begins in a moment")
        sampler.stall(True)
        flows["clickhouse"].signal(signal.SIGSTOP)
        stalled = time.monotonic()
        until = 1.5 * options.calm_seconds + options.seconds
        watch.poll_until(lambda: time.monotonic() - began > until, CATCH_UP_SECONDS)
        say("ClickHouse goes on")
        flows["clickhouse"].signal(signal.SIGCONT)
        sampler.stall(False)
        resumed = time.monotonic()
        watch.poll_until(traffic.done, CATCH_UP_SECONDS, ASK_SECONDS)
        outcome = traffic.outcome()
        watch.poll_until(sampler.all_caught_up, CATCH_UP_SECONDS, ASK_SECONDS)
        caught_up = time.monotonic()
        watch.poll_until(lambda: watch.poll() == 0, CATCH_UP_SECONDS)
        sampler.end()
    finally:
        watch.close()
    return _Run(outcome, sampler.samples, watch.seen, (stalled, resumed), caught_up)


def _wait(done: Callable[[], bool], flows: dict[str, Process]) -> None:
    """Until all is caught up. Raises ProcessFailed where a flow ends, TimeoutError."""
    give_up = time.monotonic() + CATCH_UP_SECONDS
    while not done():
        for flow in flows.values():
            if not flow.running():
                flow.wait()
        if time.monotonic() > give_up:
            raise TimeoutError(f"the flows did not catch up within {CATCH_UP_SECONDS:.0f} s")
        time.sleep(ASK_SECONDS)


def _verify(config: Path) -> int:
    """The exit code of `headrace verify`; what it found goes to stderr."""
    command = [sys.executable, "-m", "headrace.main", "verify", "--config", str(config)]
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode


def _figures(options: MonthEnd, run: _Run) -> dict[str, Any]:
    """Each phase by when its payments were due and what the flows did meanwhile."""
    found: dict[str, Any] = {"phases": {}}
    begin = run.outcome.started
    for name, phase in zip(("calm", "burst", "after"), options.phases, strict=True):
        end = begin + phase.seconds
        probes = [probe for probe in run.outcome.probes if begin <= probe.due < end]
        payments = {
            key: value if value is None or isinstance(value, int) else asdict(value)
            for key, value in applied_after(probes, run.seen).items()
        }
        rates = run.samples.rates(begin, end)
        found["phases"][name] = {"offered_per_second": phase.rate, **rates, "payment_to_applied": payments}
        begin = end
    burst = run.outcome.started + options.calm_seconds
    burst_end = burst + options.seconds
    last = max(run.seen[p.event_id] for p in run.outcome.probes if p.event_id in run.seen and p.due < burst_end)
    found["producer_late_max_ms"] = round(1000 * max(run.outcome.late), 1)
    found["highest_lag"] = run.samples.highest_lags()
    found["last_payment_of_burst_applied_seconds_after_it"] = round(last - burst_end, 2)
    found["clickhouse_caught_up_seconds_after_stall"] = round(run.caught_up - run.stalled[1], 2)
    found["memory_mb"] = run.samples.memory(burst)
    return found


def _chart(options: MonthEnd, run: _Run) -> str:
    zero = run.samples.times[0]
    burst = run.outcome.started + options.calm_seconds - zero
    spans = [
        Span(f"burst: {options.times} times the calm rate", burst, burst + options.seconds),
        Span("ClickHouse stands still", run.stalled[0] - zero, run.stalled[1] - zero),
    ]
    panels = [
        Panel("rate", "records/s", run.samples.rate_lines()),
        Panel("lag", "records", run.samples.lag_lines()),
        Panel("memory", "MB", run.samples.memory_lines()),
    ]
    return chart("Month-end", [at - zero for at in run.samples.times], panels, spans)
