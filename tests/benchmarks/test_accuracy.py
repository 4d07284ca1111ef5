"""How applied cash is judged: decisions and truth lines made by hand."""

from typing import Any

import pytest

from benchmarks.accuracy import judge, said_enough
from schemas.records import Decision


def line(receipt: str, pairs: list[list[Any]], troubles: list[str] | None = None, **more: Any) -> dict[str, Any]:
    found = {
        "type": "receipt",
        "entity": "E",
        "receipt_id": receipt,
        "pairs": pairs,
        "again": [],
        "rest": 0,
        "rest_why": "",
        "troubles": troubles or [],
    }
    return found | more


def posted(document: str) -> Decision:
    return Decision(kind="item_posted", entity="E", account_id="A", document=document)


def applied(
    receipt: str, document: str, amount: int, kind: str = "cash_applied", rule: str = "cash.4.amount"
) -> Decision:
    return Decision(
        kind=kind, rule=rule, entity="E", account_id="A", receipt_id=receipt, document=document, amount=amount
    )


def test_pairs_are_right_wrong_or_missed() -> None:
    decided = [
        *[posted(f"I-{number}") for number in range(1, 6)],
        applied("R1", "I-1", 100),
        applied("R2", "I-3", 50),
        applied("R4", "I-5", 70),
        applied("R4", "I-5", 70, "cash_unapplied", "cash.2.advice"),
        applied("R4", "I-4", 70, rule="cash.2.advice"),
        Decision(kind="cash_proposed", entity="E", account_id="A", receipt_id="R3", reasons=["answers:2"]),
    ]
    truth = [
        line("R1", [["A", "I-1", 100]], ["late"]),
        line("R2", [["A", "I-2", 50]], ["late"]),
        line("R3", [["A", "I-2", 30], ["A", "NEVER-POSTED", 5]]),
        line("R4", [["A", "I-4", 70]]),
    ]
    run = judge(3, 1, truth, decided)
    assert run.all.told() == {
        "receipts": 4, "straight": 2, "meant": 4, "applied": 4, "right": 2, "found": 2,
        "told_meant": 4, "told_found": 2, "recall_of_told": 0.5, "precision": 0.5, "recall": 0.5, "straight_through": 0.5,
    }  # fmt: skip
    assert run.by_trouble["late"].told()["precision"] == 0.5
    # What an advice took back later was applied wrongly all the same.
    assert run.wrong_by_rule == {"cash.4.amount": 2}
    assert run.missed == {"nothing_said": 1, "answers": 1}
    wrong, undone = run.wrong
    assert (undone["receipt"], undone["applied"]) == ("R4", ["A", "I-5", 70])
    assert (wrong["receipt"], wrong["applied"], wrong["why"]) == (
        "R2", ["A", "I-3", 50], "the payer did not mean this item",
    )  # fmt: skip


def test_a_payment_made_twice_may_clear_what_either_was_for() -> None:
    decided = [posted("I-1"), applied("R2", "I-1", 100)]
    double = line("R2", [], ["double"], again=[["A", "I-1", 100]])
    run = judge(1, 1, [line("R1", [["A", "I-1", 100]]), double], decided)
    assert (run.all.applied, run.all.right, run.wrong) == (1, 1, [])


def test_a_credit_that_was_taken_off_is_a_pair() -> None:
    credit = applied("R1", "I-1", 20, "credit_allocated")
    credit.counterparty = "C-1"
    decided = [posted("I-1"), posted("C-1"), credit, applied("R1", "I-1", 80)]
    run = judge(1, 1, [line("R1", [["A", "I-1", 100], ["A", "C-1", -20]])], decided)
    assert (run.all.straight, run.all.right, run.all.applied) == (1, 2, 2)


def test_an_amount_that_differs_is_wrong() -> None:
    run = judge(1, 1, [line("R1", [["A", "I-1", 100]])], [posted("I-1"), applied("R1", "I-1", 90)])
    assert [wrong["why"] for wrong in run.wrong] == ["of this item the payer meant 100"]


@pytest.mark.parametrize(
    ("troubles", "enough"),
    [
        ([], True),
        (["typo:zeros", "text_only", "lump_sum", "short"], True),
        (["no_reference"], False),
        (["no_reference", "advice_after"], True),
        (["truncated", "advice_before", "advice_wrong"], False),
        (["typo:wrong"], False),
    ],
)
def test_a_payment_that_does_not_say_what_it_is_for(troubles: list[str], enough: bool) -> None:
    assert said_enough(troubles) == enough
    run = judge(1, 1, [line("R1", [["A", "I-1", 100]], troubles)], [posted("I-1"), applied("R1", "I-1", 100)])
    assert (run.all.found, run.all.told_found, run.all.told_meant) == (1, enough, enough)
