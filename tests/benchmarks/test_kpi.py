"""A tiny run of the benchmark of the KPIs: every view is timed at every size. No test looks at how long something took."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sinks.clickhouse.kpis import KPIS
from tests.ledger import Ledger
from tests.publishing import append_decisions, open_log


@pytest.mark.slow
def test_every_view_is_timed_at_every_size(tmp_path: Path) -> None:
    ledger = Ledger(shards=2)
    for at in range(50):
        ledger.invoice(f"C{at % 5}", f"INV-{at}", 1_000 + at, "2026-01-01", "2026-02-01")
    log = open_log(tmp_path / "source" / "log", 2)
    append_decisions(log, ledger)
    log.close()
    sizes = ["--rows", "100,500", "--facts", "1000", "--repeats", "1", "--rate", "200", "--seconds", "1"]
    command = [sys.executable, "-m", "headrace.main", "bench", "kpi", "--source", str(tmp_path / "source"), *sizes]
    done = subprocess.run([*command, "--json", "--results", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["insert"]["decisions"] == 1_000
    assert (found["lag"]["decisions"], found["lag"]["lag"]["count"]) == (200, 200)
    assert set(found["views"]) == {view.name for view in KPIS if view.name.startswith("kpi_")}
    for timed in found["views"].values():
        assert list(timed) == ["100", "500"]
        assert all(set(one) >= {"all_p50_ms", "all_p95_ms", "month_p95_ms", "month_cpu_ms"} for one in timed.values())
