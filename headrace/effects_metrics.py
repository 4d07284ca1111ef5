"""Metrics of a sink with effects outside."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataflows.effects import EffectsStatus


class EffectsMetrics(Collector):
    """A sink's `EffectsStatus`, read at each scrape."""

    def __init__(self, sink: str, status: EffectsStatus) -> None:
        self._sink = sink
        self._status = status

    @classmethod
    @contextmanager
    def told(cls, sink: str, status: EffectsStatus) -> Iterator[None]:
        """Told as long as this lasts."""
        collector = cls(sink, status)
        REGISTRY.register(collector)
        try:
            yield
        finally:
            REGISTRY.unregister(collector)

    def collect(self) -> Iterable[Metric]:
        status = self._status
        results = CounterMetricFamily(
            "headrace_effects",
            "Attempts by their result, and what expired or was withdrawn.",
            labels=("sink", "target", "result"),
        )
        for (target, result), count in dict(status.ended).items():
            results.add_metric((self._sink, target, result), count)
        yield results
        history = CounterMetricFamily(
            "headrace_effects_history", "Decisions of history, which nobody is told of.", labels=("sink",)
        )
        history.add_metric((self._sink,), status.history)
        yield history
        labels = ("sink", "target", "state")
        waiting = GaugeMetricFamily("headrace_effects_open", "Effects that wait, failed or are unknown.", labels=labels)
        oldest = GaugeMetricFamily("headrace_effects_oldest_seconds", "Age of the oldest of them.", labels=labels)
        now = time.time()
        for (target, state), (count, oldest_ms) in status.waiting.items():
            waiting.add_metric((self._sink, target, state), count)
            oldest.add_metric((self._sink, target, state), max(0.0, now - oldest_ms / 1000))
        yield waiting
        yield oldest
        off = GaugeMetricFamily("headrace_effects_off", "1 for a target that is switched off.", labels=labels[:2])
        for target in status.off:
            off.add_metric((self._sink, target), 1)
        yield off
        paused = GaugeMetricFamily(
            "headrace_effects_paused", "1 for a target that failed in a row and is left alone.", labels=labels[:2]
        )
        for target in status.paused:
            paused.add_metric((self._sink, target), 1)
        yield paused
