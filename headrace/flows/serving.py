"""What the flows share: opening the log, metrics, health, and the status of one that publishes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from prometheus_client import REGISTRY

from connectors.log.base import Log
from connectors.steady import patiently
from dataflows.publishing import PublishStatus, Stop
from headrace.lag import LagWatch
from headrace.logs import open_installation, open_log_of
from headrace.operations import MetricsServer, PublishMetrics, flow_port, memory_gauge, serve_metrics
from headrace.settings import Settings

T = TypeVar("T")


def opened(settings: Settings, until_idle: Stop, stop: Stop) -> Log:
    return patient(lambda: open_installation(settings), until_idle, stop)


def patient(call: Callable[[], T], until_idle: Stop, stop: Stop) -> T:
    """What `call` returns. A flow that is to stay waits for a log that is away; one that ends when it is idle says so."""
    return patiently(call, lambda: bool(until_idle or stop))


def publish_health(status: PublishStatus) -> dict[str, object]:
    """What /health and /ready say of a publishing flow."""
    is_well = status.state != "stopped" and not status.stuck
    said: dict[str, object] = {"ok": is_well, "ready": is_well and status.state == "running", "state": status.state}
    if status.stuck:
        said["reason"] = f"{status.stuck} transfers are stuck: headrace verify names them"
    return said


@contextmanager
def publishing(settings: Settings, sink: str) -> Iterator[PublishStatus]:
    """The status of a publishing flow, told as metrics and health. One that waits for what is away is well."""
    status = PublishStatus()
    server = served(settings, f"publish {sink}", lambda: publish_health(status))
    if server is None:
        yield status
        return
    watch = LagWatch(open_log_of(settings), lambda: status.positions)
    REGISTRY.register(PublishMetrics(sink, status, watch.last))
    try:
        yield status
    finally:
        watch.close()
        server.close()


def has_log(log: Log) -> dict[str, object]:
    """What /health and /ready say of a flow that needs nothing but the log."""
    status = log.status()
    return {"ready": status.startswith("ready"), "log": status}


def served(settings: Settings, flow: str, health: Callable[[], dict[str, object]]) -> MetricsServer | None:
    """Metrics and health of a flow, where a port is set."""
    memory_gauge()
    port = flow_port(settings.metrics_port, flow)
    return serve_metrics(port, health, settings.metrics_host) if port else None
