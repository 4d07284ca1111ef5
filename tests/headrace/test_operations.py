"""Metrics and health as served, logs as written, signals as taken."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from dataflows.publishing import PublishStatus
from headrace.flows.serving import has_log, publish_health
from headrace.operations import (
    FLOWS,
    MetricsServer,
    ReceivablesMetrics,
    StopFlag,
    flow_port,
    memory_gauge,
    peak_memory_bytes,
    serve_metrics,
)
from headrace.settings import WrongSettings
from tests.publishing import open_log

ROOT = Path(__file__).parents[2]


class Process:
    """A stand-in for a flow: a registry, and a health that the test sets."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.health: dict[str, object] = {"ok": True, "ready": True, "shards": {"3": "running"}}
        self.server: MetricsServer = serve_metrics(0, lambda: self.health, registry=self.registry)

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def samples(self) -> dict[tuple[str, tuple[str, ...]], float]:
        status, text = self.get("/metrics")
        assert status == 200
        return {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def process() -> Iterator[Process]:
    running = Process()
    yield running
    running.server.close()


def test_metrics_are_served_as_they_are_at_that_moment(process: Process) -> None:
    metrics = ReceivablesMetrics(process.registry)
    metrics.rates(100, {"cash_applied": 40}, cache_hits=90, cache_misses=10)
    assert process.samples()["headrace_receivables_facts_total", ()] == 100
    metrics.rates(23, {"cash_applied": 2}, cache_hits=5, cache_misses=0)
    assert process.samples()["headrace_receivables_facts_total", ()] == 123
    assert process.samples()["headrace_receivables_decisions_total", ("cash_applied",)] == 42


def test_memory_gauge_tells_bytes_and_never_falls(process: Process) -> None:
    memory_gauge(process.registry)
    before = peak_memory_bytes()
    block = b"x" * (200 << 20)
    told = process.samples()["headrace_memory_peak_bytes", ()]
    assert told >= before
    assert told >= len(block)
    assert told < 1 << 40


def test_health_is_200_only_while_ok_is_true(process: Process) -> None:
    assert process.get("/health") == (200, '{"ok": true, "ready": true, "shards": {"3": "running"}}\n')
    process.health = {"ok": False, "ready": True, "shards": {"3": "stopped: decisions end below sequence 41"}}
    status, text = process.get("/health")
    assert status == 503
    assert json.loads(text) == process.health
    assert process.get("/ready")[0] == 200
    assert process.get("/other")[0] == 404


@pytest.mark.parametrize(
    ("state", "stuck", "ok", "ready"),
    [
        ("starting", 0, True, False),
        ("running", 0, True, True),
        ("away: clickhouse: refused", 0, True, False),
        ("running", 1, False, False),
        ("stopped", 0, False, False),
    ],
)
def test_a_sink_is_ready_while_it_has_what_it_needs(
    process: Process, state: str, stuck: int, ok: bool, ready: bool
) -> None:
    process.health = publish_health(PublishStatus(state=state, stuck=stuck))
    assert [process.get(path)[0] == 200 for path in ("/health", "/ready")] == [ok, ready]


def test_a_flow_is_ready_while_the_log_is_there(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", 1)
    assert has_log(log)["ready"] is True
    shutil.rmtree(tmp_path / "log")
    found = has_log(log)
    log.close()
    assert found["ready"] is False
    assert str(found["log"]).startswith("away: ")


def test_a_container_asks_for_its_health(process: Process) -> None:
    def ask() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "deploy/ask_health.py", str(process.server.port)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (ask().returncode, ask().stdout) == (0, '{"ok": true, "ready": true, "shards": {"3": "running"}}\n')
    process.health = {"ok": False}
    assert (ask().returncode, ask().stderr) == (1, "HTTP Error 503: Service Unavailable\n")
    process.server.close()
    assert ask().returncode == 1
    process.server = serve_metrics(0, dict, registry=process.registry)


def test_a_taken_port_is_a_wrong_setting(process: Process) -> None:
    with pytest.raises(WrongSettings, match=f"metrics_port = {process.server.port}: cannot listen on 127.0.0.1"):
        serve_metrics(process.server.port, dict)


def test_a_closed_server_frees_its_port(process: Process) -> None:
    first = serve_metrics(0, lambda: {"ok": True}, registry=process.registry)
    first.close()
    second = serve_metrics(first.port, lambda: {"ok": True}, registry=process.registry)
    assert second.port == first.port
    second.close()


def test_each_flow_has_a_port_of_its_own() -> None:
    assert [flow_port(9464, flow) for flow in FLOWS] == [*range(9464, 9472)]
    assert {flow_port(0, flow) for flow in FLOWS} == {0}


WAITS = """
import time
from headrace.operations import ReceivablesMetrics
from headrace.operations import StopFlag
stop = StopFlag()
stop.install()
print("ready", flush=True)
while not stop:
    time.sleep(0.01)
print("committed after", stop.reason, flush=True)
"""

IGNORES = WAITS.replace("while not stop", "while True")


def started(code: str) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGTERM, "told to stop"), (signal.SIGINT, "told to stop by Ctrl-C")]
)
def test_a_signal_sets_the_flag_and_the_process_leaves_by_itself(number: signal.Signals, said: str) -> None:
    child = started(WAITS)
    child.send_signal(number)
    output, _ = child.communicate(timeout=20)
    assert output == f"committed after {said}\n"
    assert child.returncode == 0


def test_the_second_signal_ends_a_process_that_does_not_leave() -> None:
    child = started(IGNORES)
    child.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(timeout=0.5)
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=20) == -signal.SIGTERM


def test_a_flag_may_be_set_without_a_signal() -> None:
    stop = StopFlag()
    assert not stop
    assert stop.reason == ""
    stop.set()
    assert stop
    assert stop.reason == "told to stop"


LOGS = """
import logging, structlog
from headrace.operations import ReceivablesMetrics
from headrace.operations import configure_logging
configure_logging("receivables")
log = structlog.get_logger()
log.debug("not said")
log.info("shard open", shard=3, offset=17)
logging.getLogger("library").info("not said")
logging.getLogger("library").warning("slow %s", "answer")
try:
    1 // 0
except ZeroDivisionError:
    log.exception("failed")
print("a result")
"""


def test_logs_are_json_lines_on_stderr_where_it_is_no_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "a result\n"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["event"], line["process"]) for line in lines] == [
        ("info", "shard open", "receivables"),
        ("warning", "slow answer", "receivables"),
        ("error", "failed", "receivables"),
    ]
    assert (lines[0]["shard"], lines[0]["offset"]) == (3, 17)
    assert lines[1]["logger"] == "library"
    assert lines[2]["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert all(line["timestamp"].endswith("Z") for line in lines)
