"""What people are told that they can do, and who may approve."""

from typing import Any

import pytest

from headrace.commands.people import _why
from headrace.resolutions import what_can_be_done, who_may


def proposal(**changes: Any) -> dict[str, Any]:
    return {
        "what": "proposal", "rule": "cash.proposed", "tenant": "t", "entity": "e", "account_id": "K1", "receipt_id": "R-1",
        "exception_id": "proposal:R-1", "document": "", "currency": "USD", "amount": 2100_00, "candidates": ["I-1", "I-2"],
    } | changes  # fmt: skip


def test_no_more_is_applied_to_an_item_than_is_open_of_it() -> None:
    here = {("t", "e", "K1", "I-1", "USD"): 2000_00, ("t", "e", "K1", "I-2", "EUR"): 5}
    first, second, refund = what_can_be_done(proposal(), "--dir d", here)
    assert "--document I-1 --amount 2000.00 --currency USD" in first
    # What is open of it is in another currency.
    assert "--document I-2 --amount 2100.00 --currency USD" in second
    assert "propose-refund" in refund


def test_a_return_of_what_never_came_may_be_closed() -> None:
    row = proposal(what="exception", rule="returned.early", exception_id="return:R-1")
    said, command = what_can_be_done(row, "--dir d", {})
    assert said.startswith("closed when the receipt comes")
    assert command == "headrace close --dir d return:R-1 --by YOU --reason WHY"


@pytest.mark.parametrize(
    ("asked", "delegate", "reasons", "said"),
    [
        ("", "", ["above:5"], "anybody else"),
        ("lead", "", ["above:5"], "lead"),
        ("lead", "kim", ["above:5"], "kim"),
        ("", "", ["no_rate:USD/EUR", "nobody_may_approve"], "nobody, by the policy"),
    ],
)
def test_who_may_approve(asked: str, delegate: str, reasons: list[str], said: str) -> None:
    assert who_may({"asked": asked, "delegate": delegate, "reasons": reasons}) == said


def test_the_queue_says_what_came_with_money_and_what_it_could_be_for() -> None:
    row = {
        "rule": "cash.unidentified",
        "reason": "unidentified",
        "text": "DE1 · for RE-7 " + 100 * "x",
        "candidates": list("abcd"),
        "last_note": "asked",
    }
    assert (
        _why(row) == f"cash.unidentified: unidentified, 'DE1 · for RE-7 {65 * 'x'}...', could be a, b, c; note: asked"
    )
    assert _why(row | {"rule": "release.sla", "last_note": ""}) == "release.sla: unidentified"
