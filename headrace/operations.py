"""What operators see of a process: logs, metrics, health, and how it is told to stop.

Intake's metrics are in connectors/intake/metrics.py. Nothing here decides anything about receivables,
and the flows work the same without it.
"""

import json
import logging
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from threading import Thread
from types import FrameType
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataflows.publishing import PublishStatus
from headrace.settings import WrongSettings

# The flows of an installation; each takes the port this far above `metrics_port`.
FLOWS: Final = (
    "intake",
    "receivables",
    "publish clickhouse",
    "publish forward",
    "publish webhooks",
    "publish delivery",
    "publish live",
    "publish erp",
)

# A commit of 2,000 rows takes 5 to 10 ms on a quiet disk (November 2026); seconds mean that the disk is in trouble.
SECONDS_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def flow_port(metrics_port: int, flow: str) -> int:
    """The port of /metrics, /health and /ready of `flow`, one of FLOWS; 0 (off) where `metrics_port` is 0."""
    return metrics_port + FLOWS.index(flow) if metrics_port else 0


def configure_logging(process: str) -> None:
    """Sends all logs to stderr: one JSON object a line, or readable lines where stderr is a terminal.

    Logs of the project come through `structlog.get_logger()`, from INFO up; those of libraries through
    logging, from WARNING up. Every line carries `process`, `level`, `event` and `timestamp` (UTC, ISO 8601).
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor]
    if sys.stderr.isatty():
        last = [structlog.dev.ConsoleRenderer()]
    else:
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    name = structlog.stdlib.add_logger_name
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[remove_meta, *last], foreign_pre_chain=[*shared, name])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


class StopFlag:
    """Whether the process has been told to stop, by SIGTERM or SIGINT; flows ask it between rounds.

    A flow that sees it set commits, closes what it holds and leaves with exit code 0. The second
    signal ends the process at once, which is as safe as a kill: the next start recovers. Waiting
    flows must wait in short rounds: a signal does not wake them.
    """

    def __init__(self) -> None:
        # A plain attribute: an Event's lock could be held by the very code that the handler interrupts.
        self._signal = 0

    def install(self) -> None:
        """Take over SIGTERM and SIGINT. Main thread only."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def set(self) -> None:
        """Stop for a reason of our own."""
        self._signal = -1

    def __bool__(self) -> bool:
        return self._signal != 0

    @property
    def reason(self) -> str:
        """For the log: `told to stop`, with Ctrl-C where it was that, or empty while not set."""
        if not self._signal:
            return ""
        return "told to stop by Ctrl-C" if self._signal == signal.SIGINT else "told to stop"


# Exit code of a flow that was told to stop, for the process that started it.
TOLD_TO_STOP: Final = 3
# What a process is told on its standard input.
LEAVE_WHEN_IDLE: Final = "leave when idle\n"


class IdleFlag:
    """Whether the process is to leave when all that is there is done; a parent may say so later, on standard input."""

    def __init__(self, told: bool) -> None:
        self._told = told

    def listen(self) -> None:
        """Hear what the parent says."""
        Thread(target=self._hear, name="parent-says", daemon=True).start()

    def _hear(self) -> None:
        if sys.stdin.readline() == LEAVE_WHEN_IDLE:
            self._told = True

    def __bool__(self) -> bool:
        return self._told


# Is a person needed; and has it begun, and all that it needs.
_ASKED: Final = {"/health": "ok", "/ready": "ready"}


class _QuietHandler(WSGIRequestHandler):
    """No line on stderr for each scrape."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


class MetricsServer:
    """/metrics, /health and /ready over HTTP, in a thread of its own, until `close`. `port` is the one it got."""

    def __init__(self, server: ThreadingWSGIServer) -> None:
        self._server = server
        self.port: int = server.server_port
        self._thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_metrics(
    port: int,
    health: Callable[[], Mapping[str, object]],
    host: str = "127.0.0.1",
    registry: CollectorRegistry = REGISTRY,
) -> MetricsServer:
    """Serve /metrics (Prometheus), /health and /ready (JSON of what `health` returns: 200 where its "ok", or "ready", is True,
    else 503).

    `health` is called from the server's threads: it may only read. Port 0 takes a free one. Raises
    WrongSettings where the address cannot be had.
    """
    try:
        server = make_server(host, port, _application(health, registry), ThreadingWSGIServer, _QuietHandler)
    except OSError as error:
        raise WrongSettings(
            f"metrics_port = {port}: cannot listen on {host}:{port} ({error.strerror}); choose another or 0 for none"
        ) from error
    return MetricsServer(server)


def _application(health: Callable[[], Mapping[str, object]], registry: CollectorRegistry) -> WSGIApplication:
    metrics = make_wsgi_app(registry)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        if path in _ASKED:
            found = health()
            status = "200 OK" if found[_ASKED[path]] is True else "503 Service Unavailable"
            start_response(status, [("Content-Type", "application/json")])
            return [json.dumps(found).encode() + b"\n"]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics, /health and /ready are here\n"]

    return application


def peak_memory_bytes() -> int:
    """The most resident memory this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def memory_gauge(registry: CollectorRegistry = REGISTRY) -> Gauge:
    """`headrace_memory_peak_bytes`, read at each scrape. Prometheus' own gauges of the process tell the memory of now."""
    gauge = Gauge("headrace_memory_peak_bytes", "Most resident memory this process has had.", registry=registry)
    gauge.set_function(peak_memory_bytes)
    return gauge


def shard_label(shard: int) -> str:
    """Zero-padded, so that shards stand in order where labels are sorted as texts."""
    return f"{shard:03d}"


class ReceivablesMetrics:
    """The shards of one process, told about once a second.

    Never for each fact: an update of all of it takes tens of microseconds for each shard. What may
    stand still in one shard only is told by shard; rates are told for the process.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(f"headrace_receivables_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"headrace_receivables_{name}", text, ("shard",), registry=registry)

        self._facts = counter("facts", "Facts that state has taken in.")
        self._decisions = counter("decisions", "Decisions appended, by kind.", ("kind",))
        self._duplicates = counter("duplicates", "Facts that came before with the same contents, and had no effect.")
        self._cache_hits = counter("cache_hits", "Rows found in memory.")
        self._cache_misses = counter("cache_misses", "Rows read from the state store.")
        self._commits = Histogram(
            "headrace_receivables_commit_seconds",
            "Time of one commit of a shard's state.",
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self._lag_facts = gauge("lag_facts", "Facts in the log that the shard has not taken in.")
        self._lag_seconds = gauge("lag_seconds", "Age of the oldest fact not taken in; 0 at the end of the log.")
        self._unconfirmed = gauge("backlog_unconfirmed", "Decisions sent and not yet confirmed by the log.")
        self._rows = gauge("state_rows", "Rows in the shard's state store, estimated.")
        self._parked = gauge("parked_accounts", "Accounts whose transition failed; their facts wait.")

    def rates(self, facts: int, decisions: Mapping[str, int], cache_hits: int, cache_misses: int) -> None:
        """Add what happened since the last call, over all shards of the process; `decisions` by kind."""
        self._facts.inc(facts)
        for kind, count in decisions.items():
            self._decisions.labels(kind).inc(count)
        self._cache_hits.inc(cache_hits)
        self._cache_misses.inc(cache_misses)

    def duplicates(self, count: int) -> None:
        """So many more facts had no effect because they came before."""
        self._duplicates.inc(count)

    def commit(self, seconds: float) -> None:
        """One commit of one shard took so long."""
        self._commits.observe(seconds)

    def shard(
        self, shard: int, lag_facts: int, lag_seconds: float, unconfirmed: int, state_rows: int, parked_accounts: int
    ) -> None:
        """How the shard stands now."""
        label = shard_label(shard)
        self._lag_facts.labels(label).set(lag_facts)
        self._lag_seconds.labels(label).set(lag_seconds)
        self._unconfirmed.labels(label).set(unconfirmed)
        self._rows.labels(label).set(state_rows)
        self._parked.labels(label).set(parked_accounts)


class PublishMetrics(Collector):
    """A sink's `PublishStatus` and its lag by shard, read at each scrape."""

    def __init__(self, sink: str, status: PublishStatus, lag: Callable[[], Mapping[int, int]]) -> None:
        self._sink = sink
        self._status = status
        self._lag = lag

    def collect(self) -> Iterable[Metric]:
        status, labels = self._status, ("sink",)
        taken = CounterMetricFamily("headrace_publish_decisions", "Decisions the sink has taken.", labels=labels)
        taken.add_metric((self._sink,), status.published)
        brought = CounterMetricFamily("headrace_publish_facts", "Facts brought back to the log.", labels=labels)
        brought.add_metric((self._sink,), status.forwarded)
        waiting = GaugeMetricFamily("headrace_publish_waiting", "1 while the sink or the log is away.", labels=labels)
        waiting.add_metric((self._sink,), 1 if status.state.startswith("away") else 0)
        stuck = GaugeMetricFamily("headrace_publish_stuck", "Transfers that cannot be brought.", labels=labels)
        stuck.add_metric((self._sink,), status.stuck)
        lag = GaugeMetricFamily(
            "headrace_publish_lag_decisions",
            "Decisions in the log that the sink has not read.",
            labels=("sink", "shard"),
        )
        for shard, count in self._lag().items():
            lag.add_metric((self._sink, shard_label(shard)), count)
        yield from (taken, brought, waiting, stuck, lag)
