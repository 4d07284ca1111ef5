"""A flow that is to stay waits for a broker that is away when it starts; one that ends when it is idle says so."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60


def started(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    config = tmp_path / "headrace.toml"
    # Nothing listens on the discard port.
    config.write_text(f'dir = "{tmp_path / "d"}"\nkafka = "127.0.0.1:9"\n')
    command = [sys.executable, "-m", "headrace.main", "run", "receivables", "--config", str(config), *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_live_flow_waits_for_the_broker_and_leaves_when_told(tmp_path: Path) -> None:
    flow = started(tmp_path, "--live")
    assert flow.stderr is not None
    line = next(line for line in flow.stderr if line.startswith("{"))
    assert "log is away, waiting" in line
    assert "127.0.0.1:9" in line
    assert flow.poll() is None
    flow.send_signal(signal.SIGTERM)
    assert flow.wait(SECONDS) == 1
    flow.stderr.close()


@pytest.mark.slow
def test_a_flow_that_ends_when_it_is_idle_ends_with_1(tmp_path: Path) -> None:
    flow = started(tmp_path, "--until-idle")
    _, said = flow.communicate(timeout=SECONDS)
    assert flow.returncode == 1
    assert "Nothing that was confirmed is lost; run the same command again when it is back." in said
