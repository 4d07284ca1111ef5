"""What the flows tell of themselves to Prometheus.

A flow updates these once in a while (every second or so), never for each fact: an update of all of
it takes tens of microseconds for each shard. What may stand still in one place only is told for
that place (a shard, a topic); rates are told for the process. An amount given to `progress` is what
happened since the last call.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

# A commit of 2,000 rows takes 5 to 10 ms on a quiet disk (November 2026); seconds mean that the disk is in trouble.
SECONDS_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def shard_label(shard: int) -> str:
    """Zero-padded, so that shards stand in order where labels are sorted as texts."""
    return f"{shard:03d}"


class IntakeMetrics:
    """What came in and where it went."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._facts = Counter("headrace_intake_facts", "Facts placed in shards, by kind.", ("kind",), registry=registry)
        self._dead_letters = Counter(
            "headrace_intake_dead_letters",
            "What could not be read or placed, by reason.",
            ("reason",),
            registry=registry,
        )
        self._lag_messages = Gauge(
            "headrace_intake_lag_messages", "Messages of a topic not read.", ("topic",), registry=registry
        )
        self._unconfirmed = Gauge(
            "headrace_intake_backlog_unconfirmed", "Facts sent and not yet confirmed by the log.", registry=registry
        )

    def progress(self, facts: Mapping[str, int], dead_letters: Mapping[str, int]) -> None:
        """Facts by kind and dead letters by reason."""
        for kind, count in facts.items():
            self._facts.labels(kind).inc(count)
        for reason, count in dead_letters.items():
            self._dead_letters.labels(reason).inc(count)

    def standing(self, lag_messages: Mapping[str, int], unconfirmed: int) -> None:
        """How intake stands now, with the lag by topic."""
        for topic, count in lag_messages.items():
            self._lag_messages.labels(topic).set(count)
        self._unconfirmed.set(unconfirmed)


class ReceivablesMetrics:
    """The shards of one process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(f"headrace_receivables_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"headrace_receivables_{name}", text, ("shard",), registry=registry)

        self._facts = counter("facts", "Facts that state has taken in.")
        self._decisions = counter("decisions", "Decisions appended, by kind.", ("kind",))
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

    def progress(self, facts: int, decisions: Mapping[str, int], cache_hits: int, cache_misses: int) -> None:
        """Over all shards of the process; `decisions` by kind."""
        self._facts.inc(facts)
        for kind, count in decisions.items():
            self._decisions.labels(kind).inc(count)
        self._cache_hits.inc(cache_hits)
        self._cache_misses.inc(cache_misses)

    def commit(self, seconds: float) -> None:
        """One commit of one shard took so long."""
        self._commits.observe(seconds)

    def standing(
        self, shard: int, lag_facts: int, lag_seconds: float, unconfirmed: int, state_rows: int, parked_accounts: int
    ) -> None:
        """How the shard stands now."""
        label = shard_label(shard)
        self._lag_facts.labels(label).set(lag_facts)
        self._lag_seconds.labels(label).set(lag_seconds)
        self._unconfirmed.labels(label).set(unconfirmed)
        self._rows.labels(label).set(state_rows)
        self._parked.labels(label).set(parked_accounts)


class PublishMetrics:
    """One sink: `clickhouse`, `forward`, ..."""

    def __init__(self, sink: str, registry: CollectorRegistry = REGISTRY) -> None:
        decisions = Counter("headrace_publish_decisions", "Decisions the sink has taken.", ("sink",), registry=registry)
        writes = Histogram(
            "headrace_publish_write_seconds",
            "Time of one write to the sink.",
            ("sink",),
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        waits = Gauge(
            "headrace_publish_waiting", "1 while the sink is away and is tried again.", ("sink",), registry=registry
        )
        self._decisions = decisions.labels(sink)
        self._writes = writes.labels(sink)
        self._waits = waits.labels(sink)
        self._sink = sink
        self._lag = Gauge(
            "headrace_publish_lag_decisions",
            "Decisions in the log that the sink does not have.",
            ("sink", "shard"),
            registry=registry,
        )

    def wrote(self, decisions: int, seconds: float) -> None:
        """One write of so many decisions took so long."""
        self._decisions.inc(decisions)
        self._writes.observe(seconds)

    def standing(self, lag_decisions: Mapping[int, int], waiting: bool) -> None:
        """How the sink stands now, with the lag by shard."""
        for shard, count in lag_decisions.items():
            self._lag.labels(self._sink, shard_label(shard)).set(count)
        self._waits.set(1 if waiting else 0)
