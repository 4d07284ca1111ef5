"""Tiny runs of the benchmarks: real processes over a real log give every figure, and the counts fit together.

No test looks at how long something took.
"""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chart import Panel, Span, chart
from benchmarks.ground import Size, places
from benchmarks.measure import latency, spread
from benchmarks.references import run_ceiling, run_rules
from benchmarks.sampling import Samples
from benchmarks.traffic import Phase, Probe, due_times
from benchmarks.waiting import applied_after
from schemas.topics import DECISIONS, FACTS


def bench(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What `headrace bench` prints with --json, which is also what it leaves as a file."""
    command = [sys.executable, "-m", "headrace.main", "bench", *arguments, "--json", "--results", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (left,) = tmp_path.glob("*.json")
    assert left.read_text() == done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_percentiles_are_by_nearest_rank() -> None:
    found = latency([number / 1000 for number in range(100, 0, -1)])
    assert found is not None
    assert (found.count, found.p50_ms, found.p90_ms, found.p99_ms, found.max_ms) == (100, 51.0, 91.0, 100.0, 100.0)
    assert latency([]) is None


def test_a_spread_keeps_the_order_of_its_runs() -> None:
    found = spread([3.0, 1.0, 2.5])
    assert (found.min, found.median, found.max, found.runs) == (1.0, 2.5, 3.0, [3.0, 1.0, 2.5])


def test_messages_are_due_at_the_rate_of_their_phase() -> None:
    assert due_times([Phase(1.0, 2.0), Phase(0.5, 4.0)]) == [0.0, 0.5, 1.0, 1.25]


def test_receipts_that_are_never_applied_are_counted_apart() -> None:
    probes = [Probe("a", 10.0, 10.5), Probe("b", 11.0, 11.5), Probe("c", 12.0, 12.5)]
    found = applied_after(probes, {"a": 10.75, "c": 14.5})
    assert found["not_applied"] == 1
    assert found["from_due"] == latency([0.75, 2.5])
    assert found["from_appended"] == latency([0.25, 2.0])


def test_rates_are_taken_between_the_nearest_samples() -> None:
    samples = Samples()
    for second in range(5):
        samples.add(100.0 + second, {"facts": second * second}, {"intake": second}, {"intake": 1_000_000 * second})
    assert samples.rates(101.1, 103.9) == {"facts_per_second": 5.0}
    assert samples.highest_lags() == {"intake": 4}
    assert samples.memory(102.0) == {"intake": {"at_burst": 2.0, "most": 4.0, "at_end": 4.0}}


def test_a_chart_has_a_line_for_each_series() -> None:
    drawn = chart("A <b>", [0.0, 1.0, 2.0], [Panel("p", "MB", {"x": [1, 2, 3], "y": [0, 0, 0]})], [Span("s", 0.5, 9.0)])
    root = ElementTree.fromstring(drawn)
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3]
    # The shaded span ends with the chart, not outside it.
    spans = [e for e in root.findall("{http://www.w3.org/2000/svg}rect") if e.get("fill-opacity")]
    assert [(float(e.attrib["x"]), float(e.attrib["width"])) for e in spans] == [(237.5, 472.5)]


def test_references_run_over_what_receivables_did() -> None:
    size = Size(accounts=50, backlog=2)
    with places("", shards=2) as place, place.ground(size, "references") as ground:
        warm = ground.warm_up()
        # The backlog, a clock fact and the rules fact of each shard.
        assert warm.facts == sum(ground.log.end_offsets(FACTS)) == 50 * 3 + 2
        facts_from, decisions_from = ground.log.end_offsets(FACTS), ground.log.end_offsets(DECISIONS)
        ground.append(1_500)
        whole = ground.run_until_idle()
        assert whole.facts == 1_500
        assert whole.decisions == sum(ground.log.end_offsets(DECISIONS)) - sum(decisions_from)
        ceiling = run_ceiling(ground.config, facts_from, decisions_from)
        assert (ceiling.facts, ceiling.decisions) == (whole.facts, whole.decisions)
    rules = run_rules(size, 1_500)
    assert rules.facts == 1_500
    # What the shard says of facts that came twice, and the rules without it, are few.
    assert abs(rules.decisions - whole.decisions) < 0.05 * whole.decisions


def test_spine(tmp_path: Path) -> None:
    options = ["--accounts", "100", "--backlog", "3", "--facts", "2000", "--shards", "4", "--repeats", "2"]
    options += ["--rate", "400", "--seconds", "1.5", "--capacity", "900", "--kills", "1"]
    options += ["--scale-accounts", "20,200", "--storm-accounts", "400", "--storm-rate", "50"]
    found = bench(tmp_path, "spine", "--parts", "throughput,latency,restart,scale,storm", *options)
    assert found["benchmark"] == "spine"
    assert found["mode"] in ("compiled", "interpreted")
    assert found["command"].startswith("headrace bench spine --parts")
    assert len(found["throughput"]["facts_per_cpu_second"]["runs"]) == 2
    assert found["throughput"]["facts"] == 2000
    assert found["throughput"]["decisions"] > 2000
    assert found["throughput"]["peak_mb"] > 20
    for at, rate, facts in (("at_rate", 400, 600), ("at_a_third", 300, 450)):
        part = found["latency"][at]
        assert (part["facts_per_second"], part["facts"]) == (rate, facts)
        # About two facts in five are receipts that name what they pay.
        assert 0.25 * facts < part["from_appended"]["count"] + part["not_applied"] < 0.5 * facts
        assert part["not_applied"] <= 0.02 * facts
        assert 0 < part["from_appended"]["p50_ms"] <= part["from_appended"]["p99_ms"] <= part["from_due"]["max_ms"]
    assert len(found["restart"]["seconds_until_decisions_move"]["runs"]) == 1
    assert found["scale"]["20"]["facts"] == found["scale"]["200"]["facts"] == 2000
    assert found["storm"]["calm"]["count"] > 50
    # All wake; some hundred payments on the way cleared the one item of their accounts.
    assert 0.6 * 400 < found["storm"]["reminders"] <= 400


def test_spine_under_another_policy(tmp_path: Path) -> None:
    options = ["--parts", "throughput", "--accounts", "50", "--facts", "1000", "--shards", "2", "--repeats", "1"]
    sending = tmp_path / "sending.toml"
    sending.write_text('version = 1\n[delivery]\nchannels = ["email", "letter"]\n')
    built_in = bench(tmp_path / "a", "spine", *options)["throughput"]
    other = bench(tmp_path / "b", "spine", *options, "--policy", str(sending))["throughput"]
    # Each invoice that is posted is sent out, and of one that is paid it is said that nobody waits for its delivery.
    assert built_in["decisions"] + 400 < other["decisions"] < built_in["decisions"] + 1_100


@pytest.mark.slow
def test_month_end(tmp_path: Path) -> None:
    options = ["--accounts", "100", "--backlog", "2", "--rate", "50", "--seconds", "2", "--shards", "4"]
    found = bench(tmp_path, "month-end", *options)
    assert found["verify_exit"] == 0
    assert found["dead_letters"] == 0
    phases = found["phases"]
    assert phases["burst"]["offered_per_second"] == 20 * phases["calm"]["offered_per_second"]
    for name, facts in (("calm", 500), ("burst", 2000), ("after", 500)):
        payments = phases[name]["payment_to_applied"]
        assert 0.25 * facts < payments["from_appended"]["count"] + payments["not_applied"] < 0.5 * facts
    # ClickHouse took nothing in the burst, and everything in the end.
    assert phases["burst"]["clickhouse_per_second"] == 0
    assert found["highest_lag"]["clickhouse"] > 2000
    samples = found["samples"]
    # The counts of a sample are taken one after the other, ClickHouse's last.
    assert samples["counts"]["clickhouse"][-1] >= samples["counts"]["decisions"][-1] > 3000
    assert all(lags[-1] == 0 for lags in samples["lags"].values())
    assert set(found["memory_mb"]) == {"intake", "receivables", "clickhouse", "forward"}
    assert ElementTree.parse(tmp_path / found["chart"]).getroot().tag.endswith("svg")


@pytest.mark.kafka
def test_spine_over_kafka(tmp_path: Path, kafka: str) -> None:
    options = ["--accounts", "50", "--backlog", "2", "--facts", "1000", "--shards", "4", "--repeats", "1"]
    options += ["--rate", "200", "--seconds", "1.5", "--kafka", kafka]
    found = bench(tmp_path, "spine", *options)
    assert found["log"] == "kafka"
    assert found["throughput"]["facts"] == 1000
    assert found["latency"]["at_rate"]["from_appended"]["count"] > 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("spine", "--parts", "throughput,speed"), "--parts throughput,speed: speed is none of throughput, latency"),
        (("spine", "--scale-accounts", "10"), "--scale-accounts 10: write two numbers"),
        (("month-end", "--facts", "5000"), "month-end has no option --facts"),
    ],
)
def test_a_wrong_option_is_named(arguments: tuple[str, ...], message: str) -> None:
    command = [sys.executable, "-m", "headrace.main", "bench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_large_account_gives_its_figures(tmp_path: Path) -> None:
    found = bench(tmp_path, "large-account", "--items", "400,900", "--lines", "100", "--repeats", "2")
    assert found["options"] == {"items": [400, 900], "lines": 100, "repeats": 2, "cache_bytes": 64 << 20}
    for run, items in zip(found["runs"], (400, 900), strict=True):
        assert run["items"] == items
        assert run["lump"]["decided"]["count"] == run["unnamed"]["committed"]["count"] == 2
        assert 0 < run["lump"]["decided"]["p50_ms"] <= run["lump"]["committed"]["max_ms"]
        # Two of sixty days' items come to their first step; some of them were paid.
        assert 0 < run["reminders"] <= items // 30 + 1
