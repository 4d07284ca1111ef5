"""The names of all metrics that the code tells."""

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

import connectors.intake.metrics
from dataflows.effects import EffectsStatus
from dataflows.publishing import PublishStatus
from headrace.effects_metrics import EffectsMetrics
from headrace.operations import PublishMetrics, ReceivablesMetrics, memory_gauge

# Prometheus makes `up` itself; prometheus_client's process collector the others.
OTHERS_METRICS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}


def told_metrics() -> set[str]:
    """As Prometheus has them, with the endings of their kinds."""
    registry = CollectorRegistry()
    ReceivablesMetrics(registry)
    memory_gauge(registry)
    registry.register(PublishMetrics("clickhouse", PublishStatus(), dict))
    registry.register(EffectsMetrics("webhooks", EffectsStatus()))
    intake = [metric for metric in vars(connectors.intake.metrics).values() if isinstance(metric, MetricWrapperBase)]
    assert intake
    told = set()
    for family in [*registry.collect(), *(family for metric in intake for family in metric.collect())]:
        suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[family.type]
        told |= {family.name + suffix for suffix in suffixes}
    return told
