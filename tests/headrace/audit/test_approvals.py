"""The auditor on approvals: it finds nothing in scenarios that are right, and what was changed by hand in the logs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from librt.strings import BytesWriter

from schemas.records import Decision, Fact, put_account_row, read_account_row
from schemas.wire import ANY_ITEMS, Reader
from tests.headrace.audit.tampering import change_decision, change_row, rows_of
from tests.headrace.audit.test_histories import SHARDS, findings
from tests.installations import Facts, all_decisions, decide, open_log, with_days
from tests.policies import policy_fact
from tests.scenario_language import Again, PolicyChange, parse

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted([*SCENARIOS.glob("approval-*.txt"), *SCENARIOS.glob("queue-*.txt")])


def installed(directory: Path, name: str) -> list[Decision]:
    """An installation in which a scenario happened; its decisions."""
    log = open_log(directory, SHARDS)
    facts: list[Fact] = []
    policies = 0
    last = 0
    for step in parse(SCENARIOS / f"{name}.txt").steps:
        last = step.day
        if isinstance(step.action, PolicyChange):
            policies += 1
            Facts(log).append([policy_fact(tomli_w.dumps(step.action.part), policies)])
        elif isinstance(step.action, Again):
            facts.append(facts[-1])
        elif isinstance(step.action, Fact):
            facts.append(step.action)
    Facts(log).append(with_days(facts, last + 1))
    decide(log, directory / "state")
    decisions = all_decisions(log)
    log.close()
    return decisions


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_a_right_history_leaves_nothing_to_find(name: str, tmp_path: Path) -> None:
    assert installed(tmp_path, name)
    assert findings(tmp_path) == []


GIVEN = "approval-write-off-given-by-another-person"
ROLES = "approval-by-role-and-amount"
SCOPE = "approval-within-a-persons-scope"
WITHIN = "approval-within-the-limit-goes-at-once"
CASH = "approval-of-cash-applied-by-a-person"
HAND = "approval-of-a-release-by-hand"
EXPIRED = "approval-expires-when-its-time-is-over"
LETTER = "approval-of-a-letter-from-a-level-on"
ITEMS = "approval-of-a-letter-for-each-item"
PAID = "approval-of-a-letter-that-is-paid-or-disputed-meanwhile"
UNANSWERED = "approval-of-a-letter-that-nobody-answers"


def _evidence(d: Decision, name: str, value: str) -> None:
    d.evidence = [f"{name}:{value}" if text.startswith(f"{name}:") else text for text in d.evidence]


def _without(name: str) -> Callable[[Decision], None]:
    def change(d: Decision) -> None:
        d.evidence = [text for text in d.evidence if not text.startswith(f"{name}:")]

    return change


def _set(**fields: Any) -> Callable[[Decision], None]:
    def change(d: Decision) -> None:
        for name, value in fields.items():
            setattr(d, name, value)

    return change


@pytest.mark.parametrize(
    ("name", "kind", "change", "code"),
    [
        (GIVEN, "approval_given", lambda d: _evidence(d, "by", "kim"), "approvals.maker_approves"),
        (GIVEN, "approval_given", lambda d: _evidence(d, "by", "sam"), "approvals.not_said"),
        (GIVEN, "approval_given", _set(reference_id="write_off:INV-9"), "approvals.not_asked"),
        (GIVEN, "approval_given", _set(amount=3000), "approvals.other_request"),
        (GIVEN, "write_off_posted", _without("approval"), "approvals.no_approval"),
        (GIVEN, "write_off_posted", _set(amount=5000), "approvals.over_approved"),
        (GIVEN, "write_off_posted", _set(rule="write_off.somehow", evidence=[]), "approvals.no_approval"),
        (GIVEN, "approval_requested", _without("maker"), "approvals.no_maker"),
        (GIVEN, "approval_requested", _set(kind="noted"), "approvals.no_request"),
        (ROLES, "approval_given", lambda d: _evidence(d, "by", "sam"), "approvals.may_not"),
        (SCOPE, "approval_given", lambda d: _evidence(d, "by", "ede"), "approvals.may_not"),
        (WITHIN, "write_off_posted", lambda d: _evidence(d, "within", "refund:0"), "approvals.no_approval"),
        (CASH, "approval_requested", _set(amount=4000), "approvals.not_needed"),
        (LETTER, "approval_requested", _set(candidates=[]), "approvals.no_items"),
        (LETTER, "approval_requested", _set(candidates=["INV-9"]), "approvals.nothing_owed"),
        (LETTER, "approval_requested", _set(amount=20000), "approvals.nothing_owed"),
        (LETTER, "approval_requested", lambda d: _evidence(d, "levels", "2"), "approvals.not_needed"),
        (LETTER, "approval_given", lambda d: _evidence(d, "by", "policy"), "approvals.maker_approves"),
        (LETTER, "approval_given", _set(kind="noted"), "approvals.no_approval"),
        (LETTER, "approval_given", _set(kind="approval_rejected"), "approvals.no_approval"),
        (UNANSWERED, "exception_raised", _set(kind="noted"), "approvals.not_told"),
        (PAID, "approval_withdrawn", _set(kind="noted"), "approvals.still_asked"),
        (EXPIRED, "approval_requested", _set(deadline=4_000_000_000_000), "approvals.expired_early"),
    ],
)
def test_what_was_changed_is_found(
    name: str, kind: str, change: Callable[[Decision], None], code: str, tmp_path: Path
) -> None:
    installed(tmp_path, name)
    change_decision(tmp_path, SHARDS, lambda d: d.kind == kind, change)
    assert code in {text.split(" ", 1)[0] for text in findings(tmp_path)}


def test_a_person_alone_above_the_limit_is_found(tmp_path: Path) -> None:
    installed(tmp_path, CASH)
    change_decision(
        tmp_path, SHARDS, lambda d: d.kind == "cash_applied" and d.amount == 4000, lambda d: setattr(d, "amount", 6000)
    )
    assert any("approvals.no_approval" in text for text in findings(tmp_path))


def test_a_release_that_one_person_made_above_the_limit_is_found(tmp_path: Path) -> None:
    installed(tmp_path, HAND)
    change_decision(
        tmp_path,
        SHARDS,
        lambda d: d.kind == "invoice_released" and "within:release:10000" in d.evidence,
        lambda d: setattr(d, "amount", 20000),
    )
    assert any("approvals.no_approval" in text for text in findings(tmp_path))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_without("approval"), "approvals.no_approval"),
        (lambda d: _evidence(d, "approval", "reminder:USD:2026-05-01"), "approvals.no_approval"),
        (lambda d: _evidence(d, "by", "sam"), "approvals.other_request"),
        (_set(level=5), "approvals.over_approved"),
    ],
)
def test_a_letter_that_was_not_approved_so_before_is_found(
    change: Callable[[Decision], None], code: str, tmp_path: Path
) -> None:
    installed(tmp_path, LETTER)
    change_decision(tmp_path, SHARDS, lambda d: d.kind == "reminder_due" and d.level == 4, change)
    assert code in {text.split(" ", 1)[0] for text in findings(tmp_path)}


def test_a_letter_of_another_item_than_was_approved_is_found(tmp_path: Path) -> None:
    installed(tmp_path, ITEMS)
    change_decision(
        tmp_path,
        SHARDS,
        lambda d: d.kind == "reminder_due" and d.level == 2,
        lambda d: setattr(d, "document", "INV-1001"),
    )
    assert any("approvals.no_approval" in text for text in findings(tmp_path))


def test_a_letter_that_went_twice_by_one_approval_is_found(tmp_path: Path) -> None:
    """The second one came of an approval of its own, which it does not name."""
    installed(tmp_path, LETTER)
    change_decision(
        tmp_path,
        SHARDS,
        lambda d: d.kind == "reminder_due" and d.level == 5,
        lambda d: _evidence(d, "approval", "reminder:USD:2026-04-21"),
    )
    assert any("approvals.no_approval" in text for text in findings(tmp_path))


def test_a_checkpoint_that_says_that_a_letter_was_approved_is_found(tmp_path: Path) -> None:
    """It waits still; the shard would send it at the next moment."""
    installed(tmp_path, ITEMS)

    def approve(raw: bytes) -> bytes:
        row = read_account_row(Reader(raw, 0, ANY_ITEMS))
        (letter,) = row.letters
        assert (letter.document, letter.status) == ("INV-1003", "asked")
        letter.status, letter.by = "approved", "sam"
        out = BytesWriter()
        put_account_row(out, row)
        return out.getvalue()

    (where,) = [
        (shard, key)
        for shard in range(SHARDS)
        for key, raw in rows_of(tmp_path, shard, b"A")
        if read_account_row(Reader(raw, 0, ANY_ITEMS)).letters
    ]
    change_row(tmp_path, *where, approve)
    found = findings(tmp_path)
    assert any("letters that wait for an approval or were approved" in text for text in found)
