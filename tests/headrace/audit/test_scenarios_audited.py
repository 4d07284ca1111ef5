"""The auditor, which shares no code with the rules, agrees with what every scenario shows, and with nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.codec import encode_decision
from schemas.records import Decision
from tests.auditing import audited
from tests.headrace.why.told import Recorded
from tests.scenario_language import parse

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.txt"))


def recorded(path: Path, directory: Path) -> Recorded:
    run = Recorded(parse(path), directory)
    try:
        run.all()
    finally:
        run.close()
    return run


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_auditor_finds_nothing_in_a_scenario(path: Path, tmp_path: Path) -> None:
    run = recorded(path, tmp_path)
    assert audited(run.values, [encode_decision(d) for d in run.decided]) == []


def _amount(d: Decision) -> None:
    d.amount += 100


def _no_reasons(d: Decision) -> None:
    d.reasons = ["shipment_missing"]


def _by_the_maker(d: Decision) -> None:
    maker = next(text[6:] for text in d.evidence if text.startswith("maker:"))
    d.evidence = [f"by:{maker}" if text.startswith("by:") else text for text in d.evidence]


def _other_limit(d: Decision) -> None:
    d.reference_id += "x"


# Scenario, kind and rule of the decision that is changed (the first one of these), the change, what is found.
CHANGED: list[tuple[str, str, str, Callable[[Decision], None], str]] = [
    ("credit-note-netted-by-policy", "credit_allocated", "cash.net", _amount, "books."),
    ("reminder-fee-of-a-letter", "interest_charged", "reminders.fee", _amount, "reminders.fee"),
    ("release-more-than-ordered-by-policy", "invoice_held", "release.held", _no_reasons, "facts.reasons"),
    ("approval-of-a-release-by-hand", "approval_given", "approvals.release", _by_the_maker, "approvals.maker_approves"),
    ("approval-of-a-release-by-hand", "approval_given", "approvals.release", _amount, "approvals.other_request"),
    (
        *("credit-limit-raised-by-more-waits-for-approval", "approval_given", "approvals.credit"),
        *(_by_the_maker, "approvals.maker_approves"),
    ),
    (
        *("credit-limit-raised-by-more-waits-for-approval", "credit_limit_set", "credit.approved"),
        *(_other_limit, "credit.not_proposed"),
    ),
]


@pytest.mark.parametrize(
    ("scenario", "kind", "rule", "change", "code"), CHANGED, ids=[f"{case[0]}-{case[4]}" for case in CHANGED]
)
def test_what_was_changed_is_found(
    scenario: str, kind: str, rule: str, change: Callable[[Decision], None], code: str, tmp_path: Path
) -> None:
    run = recorded(FOLDER / f"{scenario}.txt", tmp_path)
    change(next(d for d in run.decided if (d.kind, d.rule) == (kind, rule)))
    found = audited(run.values, [encode_decision(d) for d in run.decided])
    assert any(finding.startswith(code) for finding in found), found


def test_a_limit_that_rises_by_too_much_at_once_is_found(tmp_path: Path) -> None:
    run = recorded(FOLDER / "credit-limit-change-rejected-or-replaced.txt", tmp_path)
    last = [d for d in run.decided if d.rule == "credit.limit"][-1]
    # From 3,000.00, by just what goes without an approval.
    assert last.amount == 13_000_00
    last.amount += 1
    found = audited(run.values, [encode_decision(d) for d in run.decided])
    assert any(finding.startswith("credit.no_approval") for finding in found), found
