"""Random histories leave nothing for the auditor to find: the rules and the shard engine, rebuilt from the logs, the views."""

import shutil
from pathlib import Path
from random import Random

import pytest

from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import Views, open_views
from tests.headrace.audit.histories import ACCOUNTS, History
from tests.installations import Facts, all_decisions, decide, forward, identify, open_log, with_days
from tests.policies import COLLECTING, CREDIT, EACH_ITEM, policy_fact
from tests.publishing import Never

SHARDS = 2
LENGTH = 250
# Reminders of all steps of what is last invoiced.
DAYS_AFTER = 60


# Seeds go round these; the first is the default one.
POLICIES = ("", COLLECTING, EACH_ITEM, CREDIT, CREDIT)


@pytest.mark.parametrize("seed", range(len(POLICIES)))
def test_a_random_history_leaves_nothing_to_find(seed: int, tmp_path: Path) -> None:
    changes = POLICIES[seed % len(POLICIES)]
    history = History(seed, LENGTH, credit=changes == CREDIT)
    log = open_log(tmp_path, SHARDS)
    if changes:
        Facts(log).append([policy_fact(changes)])
    Facts(log).append(with_days(history.facts, history.last_day + DAYS_AFTER))
    decide(log, tmp_path / "state")
    chance = Random(seed)
    done: set[tuple[int, int]] = set()
    judged: set[tuple[int, int]] = set()
    for _ in range(4):
        facts = forward(log, done)
        for d in all_decisions(log):
            if "unidentified" in d.reasons and (d.shard, d.sequence) not in judged:
                judged.add((d.shard, d.sequence))
                facts.append(identify(d, chance.choice([*ACCOUNTS, "NOBODY"])))
        Facts(log).append(facts)
        decide(log, tmp_path / "state")
    concluded = findings(tmp_path)
    assert concluded == [], f"seed {seed}"
    assert len(all_decisions(log)) > LENGTH

    shutil.rmtree(tmp_path / "state")
    decide(log, tmp_path / "state", cache_bytes=1)
    place, socket = Place(tmp_path / "clickhouse"), tmp_path / "query.sock"
    publish_clickhouse(log, place, socket, until_idle=True, stop=Never(), status=PublishStatus())
    views = open_views(place, socket)
    assert findings(tmp_path, views) == [], f"seed {seed}, rebuilt from the logs and published"
    views.close()
    log.close()


def findings(directory: Path, views: Views | None = None) -> list[str]:
    checks = Checks()
    opened = open_log(directory, SHARDS)
    run_audit(Sources(opened, directory / "state", views, None, 1 << 24), checks)
    opened.close()
    assert checks.books.checked
    assert checks.state.checked
    return [f"{finding.code} {finding.account} {finding.text}" for check in checks.all() for finding in check.findings]
