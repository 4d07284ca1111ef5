"""Every flow as a process of its own on embedded parts: it is well, tells its metrics, and leaves when it is told to."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from headrace.operations import FLOWS, flow_port
from sinks.local import Lock

ROOT = Path(__file__).parents[2]
# One metric that is there from the start, with its value before anything has happened.
FIRST_SAMPLES = {
    "intake": 'headrace_intake_backlog_records{topic="payments"} 0.0',
    "receivables": 'headrace_receivables_lag_facts{shard="001"} 0.0',
    "publish clickhouse": 'headrace_publish_waiting{sink="clickhouse"} 0.0',
    "publish forward": 'headrace_publish_decisions_total{sink="forward"} 0.0',
    "publish webhooks": 'headrace_effects_history_total{sink="webhooks"} 0.0',
    "publish delivery": 'headrace_effects_history_total{sink="delivery"} 0.0',
    "publish erp": 'headrace_effects_history_total{sink="erp"} 0.0',
    "publish live": 'headrace_publish_decisions_total{sink="live"} 0.0',
}


def free_base() -> int:
    """A metrics_port whose flows' ports are free just now, below those that the system hands out by itself."""
    while True:
        base = random.randrange(20_000, 32_000, len(FLOWS))
        with ExitStack() as probes:
            try:
                for port in range(base, base + len(FLOWS)):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base


def get(port: int, path: str) -> tuple[int, str] | None:
    """Status and text, or None while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (ConnectionError, HTTPException):
        return None
    finally:
        connection.close()


def ready(flow: str, metrics: tuple[int, str] | None, health: tuple[int, str] | None) -> bool:
    """It is well, past its start, and tells what it always tells."""
    if metrics is None or health is None or health[0] != 200 or FIRST_SAMPLES[flow] not in metrics[1]:
        return False
    told = json.loads(health[1])
    return told["ok"] is True and told.get("state", "running") == "running"


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_well_tells_its_metrics_and_leaves_in_order(flow: str, tmp_path: Path) -> None:
    name, *sink = flow.split()
    base = free_base()
    # A relative directory: the embedded servers work in others, and must be found all the same.
    settings = {
        "HEADRACE_METRICS_PORT": str(base),
        "HEADRACE_SHARDS": "4",
        "HEADRACE_LOG_SYNC": "false",
        "PYTHONPATH": str(ROOT),
    }
    command = [
        sys.executable,
        "-m",
        "headrace.main",
        "run",
        name,
        "--dir",
        "here",
        *(f"--sink={s}" for s in sink),
    ]
    with (tmp_path / "stderr").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | settings, stderr=errors, stdout=subprocess.PIPE
        )
        try:
            port = flow_port(base, flow)
            until = time.monotonic() + 60
            metrics = health = None
            while not ready(flow, metrics, health):
                said = (tmp_path / "stderr").read_text()
                assert process.poll() is None, said
                assert time.monotonic() < until, f"{metrics}\n{health}\n{said}"
                time.sleep(0.05)
                metrics, health = get(port, "/metrics"), get(port, "/health")
            assert metrics is not None
            assert "headrace_memory_peak_bytes" in metrics[1]
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
    said = (tmp_path / "stderr").read_text()
    assert process.returncode == 0, said
    assert output == b""
    first, *logged = said.splitlines()
    assert first == "made a new installation at here"
    assert [json.loads(line)["process"] for line in logged] == [flow] * len(logged)


def tree(root: int) -> dict[int, str]:
    """Processes below `root`, each with its command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found: dict[int, str] = {}
    todo = [root]
    while todo:
        above = todo.pop()
        for pid in [pid for pid, parent in parents.items() if parent == above]:
            found[pid] = command_line(pid)
            todo.append(pid)
    return found


def command_line(pid: int) -> str:
    """Empty where there is no such process, or it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("flow", "parts"),
    [
        ("publish", ["--sink clickhouse", "--sink forward", "valkey"]),
        ("all", ["--sink clickhouse", "--sink forward", "valkey", "run receivables", "run intake"]),
    ],
)
def test_children_end_with_a_killed_parent(flow: str, parts: list[str], tmp_path: Path) -> None:
    settings = {"HEADRACE_SHARDS": "2", "HEADRACE_LOG_SYNC": "false", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "headrace.main", "run", flow, "--dir", str(tmp_path / "here")]
    with (tmp_path / "stderr").open("w") as errors:
        for _ in range(2):
            # The second finds nothing held.
            process = subprocess.Popen(command, env=os.environ | settings, stderr=errors)
            children: dict[int, str] = {}
            try:
                until = time.monotonic() + 60
                while not all(any(part in line for line in children.values()) for part in parts):
                    assert process.poll() is None, (tmp_path / "stderr").read_text()
                    assert time.monotonic() < until, children
                    time.sleep(0.05)
                    children = tree(process.pid)
            finally:
                process.kill()
                process.wait()
            until = time.monotonic() + 60
            while left := {pid: line for pid, line in children.items() if command_line(pid) == line}:
                assert time.monotonic() < until, left
                time.sleep(0.05)
    assert "open in process" not in (tmp_path / "stderr").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("part", ["--sink clickhouse", "--sink forward", "run receivables", "run intake"])
def test_a_flow_that_somebody_else_ends_is_told_of_and_ends_the_rest(part: str, tmp_path: Path) -> None:
    """Without it nothing would be decided or published any more, and nobody would know."""
    settings = {"HEADRACE_SHARDS": "2", "HEADRACE_LOG_SYNC": "false", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "headrace.main", "run", "all", "--dir", str(tmp_path / "here")]
    with (tmp_path / "stderr").open("w") as errors:
        process = subprocess.Popen(command, env=os.environ | settings, stderr=errors)
        try:
            until = time.monotonic() + 60
            while not (named := [pid for pid, line in tree(process.pid).items() if part in line]) or (
                "receivables started" not in (tmp_path / "stderr").read_text()
            ):
                assert time.monotonic() < until
                time.sleep(0.05)
            os.kill(named[0], signal.SIGTERM)
            assert process.wait(60) == 1
        finally:
            process.kill()
            process.wait()
    assert "a flow ended; the others are stopped" in (tmp_path / "stderr").read_text()


def test_a_second_run_of_the_flows_is_refused_and_starts_none(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "run" / "flows.lock", "the first")
    command = [sys.executable, "-m", "headrace.main", "run", "all", "--until-idle", "--dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"HEADRACE_SHARDS": "2"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"{tmp_path}: headrace run is open in process {os.getpid()}, and only one may have it: "
        f"stop that process (lock file {tmp_path}/run/flows.lock)"
    )
    assert not (tmp_path / "state").exists()
    lock.close()
