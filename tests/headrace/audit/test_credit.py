"""The check of credit finds what was changed by hand: exposures, holds, approvals, what groups are told."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.records import Decision
from tests.headrace.audit.story import SHARDS, Story
from tests.headrace.audit.tampering import change_decision
from tests.installations import Facts, decide, forward, open_log, with_days


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account above its limit, that pays; a change that is approved; a group that is held."""
    directory = tmp_path_factory.mktemp("credit")
    story = Story()
    for account, group in (("A0", ""), ("A1", "north"), ("A2", "north")):
        story.customer(account, group=group)
    story.credit_limit("A0", "L-1", 1000, "mara")
    story.credit_limit("~credit:north", "L-2", 1000, "mara")
    story.order("A0", "O-1", 1)
    story.invoice("A0", "INV-1", 900)
    event = story.credit_limit("A0", "L-1", 2_000_000, "mara")
    story.invoice("A1", "INV-2", 700)
    story.invoice("A2", "INV-3", 700)
    story.day += 1
    story.receipt("A0", "R-1", 900, ("INV-1", 900))
    story.approval("A0", "approve", "omar", f"credit:{event}")
    log = open_log(directory, SHARDS)
    Facts(log).append(with_days(story.facts, story.day + 3))
    done: set[tuple[int, int]] = set()
    for _ in range(4):
        decide(log, directory / "state")
        Facts(log).append(forward(log, done))
    decide(log, directory / "state")
    log.close()
    return directory


def found(directory: Path) -> set[str]:
    checks = Checks()
    log = open_log(directory, SHARDS)
    run_audit(Sources(log, directory / "state", None, None, 1 << 24), checks)
    log.close()
    return {finding.code for finding in checks.credit.findings}


def test_a_sound_log_has_nothing_to_find(told: Path) -> None:
    assert found(told) == set()


def _amount(d: Decision) -> None:
    d.amount += 1


def _reasons(d: Decision) -> None:
    d.reasons = ["past_due:5"]


def _approver(d: Decision) -> None:
    d.evidence = [x.replace("by:omar", "by:mara") for x in d.evidence]


def _target(d: Decision) -> None:
    d.candidates = ["A0"]


CHANGES: list[tuple[str, Callable[[Decision], None], str]] = [
    ("credit_hold_set", _amount, "credit.exposure"),
    ("credit_hold_set", _reasons, "credit.hold"),
    ("credit_hold_released", _amount, "credit.exposure"),
    ("credit_limit_set", _approver, "credit.own_approval"),
    ("credit_exposure_stated", _amount, "credit.news_differ"),
    ("credit_group_told", _target, "credit.told"),
]


@pytest.mark.parametrize(("kind", "change", "code"), CHANGES, ids=[f"{kind}-{code}" for kind, _, code in CHANGES])
def test_what_was_changed_is_found(
    told: Path, tmp_path: Path, kind: str, change: Callable[[Decision], None], code: str
) -> None:
    copy = Path(shutil.copytree(told, tmp_path / "d", symlinks=True))
    approved = kind == "credit_limit_set"
    change_decision(copy, SHARDS, lambda d: d.kind == kind and (not approved or d.rule == "credit.approved"), change)
    assert code in found(copy)
