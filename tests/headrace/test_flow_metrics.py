"""The flows' metrics: names that dashboards and alerts are built on, and what they add up to."""

from prometheus_client import CollectorRegistry

from headrace.operations import IntakeMetrics, PublishMetrics, ReceivablesMetrics


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


def test_intake_counts_by_kind_and_reason() -> None:
    registry = CollectorRegistry()
    metrics = IntakeMetrics(registry)
    metrics.rates({"invoice": 3, "receipt": 1}, {"unreadable": 2})
    metrics.rates({"invoice": 4}, {})
    metrics.standing({"payments": 10, "invoices": 0}, unconfirmed=5)
    metrics.standing({"payments": 0, "invoices": 1}, unconfirmed=0)
    assert samples(registry) == {
        ("headrace_intake_facts_total", "invoice"): 7,
        ("headrace_intake_facts_total", "receipt"): 1,
        ("headrace_intake_dead_letters_total", "unreadable"): 2,
        ("headrace_intake_lag_messages", "payments"): 0,
        ("headrace_intake_lag_messages", "invoices"): 1,
        ("headrace_intake_backlog_unconfirmed",): 0,
    }


def test_a_sink_that_waits_is_seen_and_so_is_its_lag() -> None:
    registry = CollectorRegistry()
    metrics = PublishMetrics("clickhouse", registry)
    metrics.standing({0: 20_000, 15: 3}, waiting=True)
    found = samples(registry)
    assert found["headrace_publish_waiting", "clickhouse"] == 1
    assert found["headrace_publish_lag_decisions", "clickhouse", "000"] == 20_000
    metrics.wrote(20_003, seconds=0.04)
    metrics.standing({0: 0, 15: 0}, waiting=False)
    found = samples(registry)
    assert found["headrace_publish_waiting", "clickhouse"] == 0
    assert found["headrace_publish_lag_decisions", "clickhouse", "000"] == 0
    assert found["headrace_publish_lag_decisions", "clickhouse", "015"] == 0
    assert found["headrace_publish_decisions_total", "clickhouse"] == 20_003
    assert found["headrace_publish_write_seconds_bucket", "clickhouse", "0.05"] == 1
    assert found["headrace_publish_write_seconds_bucket", "clickhouse", "0.02"] == 0
