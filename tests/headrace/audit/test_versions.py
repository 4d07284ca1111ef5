"""The auditor holds the shards' policies against each other: in force at their time, and from the same clock on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.intake.policies import policy_fact, withdrawal
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.codec import encode_fact
from schemas.records import Decision, Fact
from schemas.topics import FACTS
from tests.headrace.audit.story import FIRST, SHARDS
from tests.headrace.audit.tampering import change_decision
from tests.installations import DAY_MS, clock, decide, open_log
from tests.policies import policy_text

TEXT = policy_text("[reminders]\nsteps_days = [2]\n", 1)
STAGED = policy_fact(1, TEXT, (FIRST + 3) * DAY_MS, 0)


def installation(directory: Path, of_shard: Callable[[int], list[Fact]]) -> Path:
    """Shards that have these facts, decided."""
    log = open_log(directory, SHARDS)
    writer = log.writer(FACTS, "test")
    for shard in range(SHARDS):
        for fact in of_shard(shard):
            writer.send(shard, None, encode_fact(fact))
    writer.flush(10.0)
    writer.close()
    decide(log, directory / "state")
    log.close()
    return directory


def days(first: int, last: int) -> list[Fact]:
    return [clock(day) for day in range(FIRST + first, FIRST + last + 1)]


def found(directory: Path) -> list[str]:
    checks = Checks()
    log = open_log(directory, SHARDS)
    run_audit(Sources(log, directory / "state", None, None, 1 << 24), checks)
    log.close()
    return list(dict.fromkeys(finding.code for check in checks.all() for finding in check.findings))


def test_policies_that_wait_are_taken_back_and_come_into_force_are_sound(tmp_path: Path) -> None:
    two, three = (policy_fact(n, policy_text("", n), (FIRST + n) * DAY_MS, 0) for n in (2, 3))
    again = [STAGED, two, withdrawal(2, 0), STAGED, withdrawal(2, 0), withdrawal(7, 0)]
    directory = installation(
        tmp_path, lambda _: [*days(0, 0), *again, *days(1, 2), three, *days(3, 6), withdrawal(3, 0)]
    )
    assert found(directory) == []


@pytest.mark.parametrize(
    ("of_shard", "code"),
    [
        (lambda n: [*days(0, 1), *([STAGED] if n else []), *days(2, 6)], "facts.policy_missing"),
        (
            lambda n: [*days(0, 2), *([STAGED] if n else []), *days(3, 3), *([] if n else [STAGED]), *days(4, 6)],
            "facts.policy_differs",
        ),
    ],
)
def test_shards_that_do_not_have_the_same_are_found(
    of_shard: Callable[[int], list[Fact]], code: str, tmp_path: Path
) -> None:
    assert found(installation(tmp_path, of_shard)) == [code]


def test_a_policy_that_a_shard_says_is_in_force_and_is_not_due_is_found(tmp_path: Path) -> None:
    directory = installation(tmp_path, lambda _: [*days(0, 1), STAGED, *days(2, 6)])

    def another(d: Decision) -> None:
        d.reference_id = "policy:9"

    changed = change_decision(directory, SHARDS, lambda d: d.kind == "policy_in_force", another)
    assert changed.rule == "policy.from_time"
    codes = found(directory)
    assert {"facts.policy_not_due", "facts.policy_late", "facts.policy_missing", "rerun.differs"} <= set(codes)
