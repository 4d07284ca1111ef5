"""The demo runs through, shows each desk its table within 80 columns, and leaves an installation that agrees with itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TITLES = (
    *("All currencies at the end of 2026-02-04", "Drafts: released and held, USD", "Reminders by step"),
    *("Cash application, USD", "Receipts, USD", "Disputes by category, USD", "Deductions by category, USD"),
    *("Promises, USD", "How invoices went out, as their channels say", "Customers on credit hold, USD"),
    *("Approvals, USD", "Approvals that wait, USD", "What waits for whom", "Expected cash, USD"),
)


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "headrace.main", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_demo_ends_in_its_tables_and_all_agrees(tmp_path: Path) -> None:
    shown = run("demo", "--dir", str(tmp_path / "demo"), "--accounts", "20", "--months", "1", "--seed", "3")
    tables, _, further = shown.partition("\nDone in ")
    lines = tables.splitlines()
    starts = [[at for at, line in enumerate(lines) if line.startswith(title)] for title in TITLES]
    assert all(len(found) == 1 for found in starts)
    assert starts == sorted(starts)
    assert max(len(line) for line in lines[starts[0][0] :]) <= 80
    assert "version 1 is published from 2026-01-05 on" in tables
    distributor = tmp_path / "demo" / "distributor"
    assert f"verify --dir {distributor}" in further
    _has_receipts_as_the_kpi(lines[starts[TITLES.index("Receipts, USD")][0] :], distributor)
    assert run("verify", "--kpi", "--dir", str(distributor)).rstrip().endswith("all agrees")


def _has_receipts_as_the_kpi(lines: list[str], distributor: Path) -> None:
    """What it says of the receipts, by state, is what kpi_cash_application counts."""
    sums = "sum(receipts), sum(cleared), sum(straight_through)"
    asked = f"SELECT {sums} FROM kpi_cash_application WHERE currency = 'USD'"
    counted = run("query", "--dir", str(distributor), "--format", "csv", asked).splitlines()[-1]
    receipts, cleared, straight = (int(text) for text in counted.split(","))
    block = "\n".join(lines[: next(at for at, line in enumerate(lines) if line.startswith("Disputes"))])
    shown = [int(number) for number in re.findall(r"(\d+)\W+\d+(?:\.\d)? %", block)]
    assert shown == [number for number in (straight, cleared - straight, receipts - cleared) if number]
    assert sum(shown) == receipts > 0
