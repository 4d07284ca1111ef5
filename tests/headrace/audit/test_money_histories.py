"""Random histories of money that differs from what was asked leave nothing for the auditor to find, rebuilt or published."""

import shutil
from pathlib import Path

import pytest

from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import open_views
from tests.books import Books
from tests.headrace.audit.money_histories import MoneyHistory
from tests.headrace.audit.test_histories import SHARDS, findings
from tests.installations import Facts, all_decisions, decide, open_log, with_days
from tests.publishing import Never

LENGTH = 300


@pytest.mark.parametrize("seed", range(3))
def test_money_that_differs_leaves_nothing_to_find(seed: int, tmp_path: Path) -> None:
    history = MoneyHistory(seed, LENGTH)
    log = open_log(tmp_path, SHARDS)
    Facts(log).append(with_days(history.facts, history.day + 60))
    decide(log, tmp_path / "state")
    decisions = all_decisions(log)
    assert [d.reasons for d in decisions if d.rule == "shard.parked"] == [], f"seed {seed}"
    for shard in range(SHARDS):
        Books().take_all(d for d in decisions if d.shard == shard).settle()
    assert findings(tmp_path) == [], f"seed {seed}"

    shutil.rmtree(tmp_path / "state")
    decide(log, tmp_path / "state", cache_bytes=1)
    place, socket = Place(tmp_path / "clickhouse"), tmp_path / "query.sock"
    publish_clickhouse(log, place, socket, until_idle=True, stop=Never(), status=PublishStatus())
    views = open_views(place, socket)
    assert findings(tmp_path, views) == [], f"seed {seed}, rebuilt from the logs and published"
    views.close()
    log.close()


def test_the_histories_have_everything_in_them(tmp_path: Path) -> None:
    found: set[tuple[str, bool]] = set()
    kinds: set[str] = set()
    for seed in range(6):
        history = MoneyHistory(seed, 2 * LENGTH)
        log = open_log(tmp_path / str(seed), SHARDS)
        Facts(log).append(with_days(history.facts, history.day))
        decide(log, tmp_path / str(seed) / "state")
        found |= {(d.kind, d.rule.startswith("reversed.")) for d in all_decisions(log)}
        kinds |= {fact.kind for fact in history.facts}
        log.close()
    assert kinds >= {"debit_note", "opening_item", "refund", "fx_rate", "period_close", "erp_posting"}
    for kind in ("discount_granted", "write_off_posted", "deduction_opened", "cash_exchanged", "fx_difference_posted"):
        assert {(kind, False), (kind, True)} <= found
    assert {kind for kind, _ in found} >= {"refund_posted", "cash_on_account", "write_off_proposed"}
