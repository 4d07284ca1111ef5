"""Decisions in words: amounts as people write them, and whose a receipt may be."""

import re
from pathlib import Path
from typing import Any

import pytest

from headrace import words
from headrace.commands.timeline import _SQL, _because, _line
from headrace.words import because, in_words


def row(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "exception_raised",
        "reference_id": "unidentified:R-1",
        "reasons": ["unidentified"],
        "candidates": [],
        "text": "",
        "currency": "USD",
        "amount": 100_00,
    } | changes


@pytest.mark.parametrize(
    ("reason", "currency", "said"),
    [
        ("advice_sum:51469_of_50455", "USD", "advice sum: 514.69 of 504.55 USD"),
        ("more_than_there_is:9990", "USD", "more than there is: 99.90 USD"),
        ("more_than_there_is:9990", "JPY", "more than there is: 9,990 JPY"),
        ("more_than_there_is:9990", "", "more than there is: 9990 minor units"),
        ("amount_not_above_zero:-5", "USD", "amount not above zero: -0.05 USD"),
        ("cleared:1001_of_2", "USD", "cleared:1001 of 2"),
        ("po_missing", "USD", "po missing"),
    ],
)
def test_reasons_tell_amounts_with_the_currency(reason: str, currency: str, said: str) -> None:
    assert because(row(reasons=[reason], currency=currency)) == said


@pytest.mark.parametrize(
    ("text", "candidates", "said"),
    [
        ("BANK-1 · INV 7", ["7"], " of 100.00 USD: BANK-1 · INV 7; names 7"),
        (" · ACME · thank you", [], " of 100.00 USD: ACME · thank you"),
        ("", [], " of 100.00 USD"),
    ],
)
def test_an_unidentified_receipt_says_who_may_have_paid(text: str, candidates: list[str], said: str) -> None:
    assert in_words(row(text=text, candidates=candidates)) == f"For a person: unidentified:R-1 (unidentified){said}"


def test_a_timeline_asks_for_all_that_is_put_in_words() -> None:
    used = set(re.findall(r"""(?:row|r)\[["'](\w+)["']\]""", Path(words.__file__).read_text()))
    assert {"kind", "channel", "amount"} <= used
    assert used <= set(re.findall(r"\w+", _SQL))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"kind": "exception_closed", "rule": "cash.unidentified", "reasons": []},
            "Settled: unidentified:R-1, because none of the money is left there",
        ),
        (
            {"kind": "exception_closed", "rule": "delivery.unreachable", "reasons": [], "reference_id": "delivery:L-1"},
            "Settled: delivery:L-1, because what it was about is resolved",
        ),
        (
            {
                "kind": "delivery_requested",
                "rule": "delivery.resend",
                "document": "L-1",
                "channel": "email",
                "reasons": [],
            },
            "L-1 is to be sent by email again, because it has to be sent again",
        ),
        (
            {
                "kind": "fact_rejected",
                "cause_kind": "approval",
                "cause_id": "A-1",
                "rule": "approvals",
                "reasons": ["a_new_one"],
            },
            "approval A-1 rejected: a new one",
        ),
    ],
)
def test_a_line_of_a_timeline_says_why_once(changes: dict[str, Any], said: str) -> None:
    told = row(**changes)
    assert _line(in_words(told), _because(told)) == said
