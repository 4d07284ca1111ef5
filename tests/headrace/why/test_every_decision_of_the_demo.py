"""The demo's policy over a small distributor that says every kind of fact: all is explained, and the auditor agrees."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks.workload import Config, simulate
from connectors.log.base import Log
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from headrace.commands.demo import POLICY
from headrace.policies.compiling import compile_file
from schemas.records import Fact, Policy
from schemas.topics import TOPIC_OF_KIND
from tests.headrace.why.test_every_decision import explained
from tests.headrace.why.told import all_histories, installation

SEED = 2
# What the built-in policy and a distributor without an office never come to.
OF_THE_OFFICE = {
    *("credit_limit_set", "credit_change_proposed", "credit_hold_set", "credit_hold_released", "credit_near_limit"),
    *("credit_exposure_stated", "delivery_status", "approval_requested", "approval_given", "approval_rejected"),
    *(
        "approval_expired",
        "write_off_proposed",
        "write_off_posted",
        "refund_proposed",
        "refund_posted",
        "refund_confirmed",
    ),
    *(
        "task_opened",
        "task_closed",
        "escalated",
        "statement",
        "interest_charged",
        "invoice_withdrawn",
        "dispute_routed",
    ),
    *("promise_cancelled", "policy_in_force", "fact_rejected"),
}


def policy() -> Policy:
    """The demo's policy, in force from the first fact on."""
    text = compile_file(POLICY).text
    return Policy("policy-1", 0, "", "headrace", "", "", "", 0, 1, text, sha256(text.encode()).hexdigest())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def log(directory: Path) -> Iterator[Log]:
    facts: list[Fact] = list(simulate(Config(accounts=30, months=3, seed=SEED, difficulty=3)))
    assert {fact.kind for fact in facts} == set(TOPIC_OF_KIND)
    last = max(fact.recorded_time for fact in facts) // 86_400_000
    made = installation([policy(), *facts], directory, last + 20)
    yield made
    made.close()


def test_every_decision_is_explained(log: Log) -> None:
    histories = all_histories(log)
    seen = explained(histories)
    assert set(seen) >= OF_THE_OFFICE, OF_THE_OFFICE - set(seen)
    assert sum(seen.values()) == sum(len(history.decisions) for history in histories)


def test_the_auditor_agrees(log: Log, directory: Path) -> None:
    checks = Checks()
    run_audit(Sources(log, directory / "state", None, None, 1 << 26), checks)
    assert checks.approvals.checked
    assert [f"{x.code} {x.text}" for check in checks.all() for x in check.findings] == []
