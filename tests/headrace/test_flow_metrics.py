"""The flows' metrics: names that dashboards and alerts are built on, and what they add up to."""

import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from connectors.log import open_log
from dataflows.publishing import PublishStatus
from headrace.lag import LagWatch
from headrace.operations import PublishMetrics, ReceivablesMetrics
from schemas.topics import DECISIONS


def samples(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """Name and label values to value, less what prometheus adds."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_receivables_add_up_what_happened_and_tell_how_shards_stand_last() -> None:
    registry = CollectorRegistry()
    metrics = ReceivablesMetrics(registry)
    metrics.rates(100, {"cash_applied": 40, "item_posted": 7}, cache_hits=90, cache_misses=10)
    metrics.rates(23, {"cash_applied": 2}, cache_hits=5, cache_misses=0)
    metrics.duplicates(3)
    metrics.duplicates(1)
    metrics.commit(0.004)
    metrics.commit(0.3)
    metrics.shard(3, lag_facts=900, lag_seconds=12.5, unconfirmed=64, state_rows=1000, parked_accounts=1)
    metrics.shard(3, lag_facts=0, lag_seconds=0.0, unconfirmed=0, state_rows=1001, parked_accounts=1)
    metrics.shard(12, lag_facts=5, lag_seconds=0.25, unconfirmed=2, state_rows=7, parked_accounts=0)

    found = samples(registry)
    commit = "headrace_receivables_commit_seconds"
    assert found[commit + "_bucket", "0.002"] == 0
    assert found[commit + "_bucket", "0.005"] == 1
    assert found[commit + "_bucket", "0.25"] == 1
    assert found[commit + "_bucket", "0.5"] == 2
    assert found[commit + "_sum",] == 0.304
    assert {key: value for key, value in found.items() if not key[0].startswith(commit)} == {
        ("headrace_receivables_facts_total",): 123,
        ("headrace_receivables_decisions_total", "cash_applied"): 42,
        ("headrace_receivables_decisions_total", "item_posted"): 7,
        ("headrace_receivables_duplicates_total",): 4,
        ("headrace_receivables_cache_hits_total",): 95,
        ("headrace_receivables_cache_misses_total",): 10,
        ("headrace_receivables_lag_facts", "003"): 0,
        ("headrace_receivables_lag_facts", "012"): 5,
        ("headrace_receivables_lag_seconds", "003"): 0,
        ("headrace_receivables_lag_seconds", "012"): 0.25,
        ("headrace_receivables_backlog_unconfirmed", "003"): 0,
        ("headrace_receivables_backlog_unconfirmed", "012"): 2,
        ("headrace_receivables_state_rows", "003"): 1001,
        ("headrace_receivables_state_rows", "012"): 7,
        ("headrace_receivables_parked_accounts", "003"): 1,
        ("headrace_receivables_parked_accounts", "012"): 0,
    }


def test_a_sink_that_waits_is_seen_and_so_is_its_lag() -> None:
    registry = CollectorRegistry()
    status = PublishStatus(state="away: ClickHouse at clickhouse:8123", published=40)
    lag = {0: 20_000, 15: 3}
    registry.register(PublishMetrics("clickhouse", status, lambda: lag))
    assert samples(registry) == {
        ("headrace_publish_decisions_total", "clickhouse"): 40,
        ("headrace_publish_facts_total", "clickhouse"): 0,
        ("headrace_publish_waiting", "clickhouse"): 1,
        ("headrace_publish_stuck", "clickhouse"): 0,
        ("headrace_publish_lag_decisions", "clickhouse", "000"): 20_000,
        ("headrace_publish_lag_decisions", "clickhouse", "015"): 3,
    }
    status.state = "running"
    status.published += 20_003
    status.forwarded = 2
    status.stuck = 3
    lag = {0: 0}
    assert samples(registry) == {
        ("headrace_publish_decisions_total", "clickhouse"): 20_043,
        ("headrace_publish_facts_total", "clickhouse"): 2,
        ("headrace_publish_waiting", "clickhouse"): 0,
        ("headrace_publish_stuck", "clickhouse"): 3,
        ("headrace_publish_lag_decisions", "clickhouse", "000"): 0,
    }


def test_lag_is_measured_against_the_decisions_log_and_again(tmp_path: Path) -> None:
    log = open_log("", tmp_path, "", False, False)
    log.ensure_topic(DECISIONS, 3)
    writer = log.writer(DECISIONS, "test")
    for number in range(10):
        writer.send(1, None, b"decision", token=number)
    writer.flush(10)
    positions = {1: 4, 2: 0}
    watch = LagWatch(open_log("", tmp_path, "", False, False), lambda: positions, every_seconds=0.01)
    try:
        eventually(lambda: watch.last() == {1: 6, 2: 0})
        positions[1] = 10
        eventually(lambda: watch.last() == {1: 0, 2: 0})
        writer.send(2, None, b"decision", token=1)
        writer.flush(10)
        eventually(lambda: watch.last() == {1: 0, 2: 1})
    finally:
        watch.close()
        writer.close()
        log.close()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "did not come true within 20 seconds"
        time.sleep(0.01)
