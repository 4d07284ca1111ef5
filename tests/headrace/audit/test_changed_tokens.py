"""One token of one decision missing, or changed by hand: the auditor ends with findings or without, and never with an error."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemas.codec import decode_decision, encode_decision
from schemas.records import Decision
from tests.auditing import audited
from tests.headrace.audit.test_scenarios_audited import FILES, FOLDER, recorded

# In place of what a token says: no number, too few parts, too many.
VALUES = ("x", "", "-7", "1:2", "A:B:C:D:E")
AMOUNTS = ("amount", "tax", "item_amount", "item_open", "other_amount")
NAMES = ("document", "receipt_id", "reference_id", "currency", "counterparty", "category", "rule", "item_kind")
# What stopped it once, and a part of all others.
ONCE = (
    "consolidated-credited-and-disputed",
    "credit-group-member-comes-and-leaves",
    "credit-limit-for-a-season",
    "deduction-coded-short-payment",
    "deduction-of-an-invoice-in-instalments",
    "delivery-of-a-released-draft",
    "advice-later-in-parts",
)
CHOSEN = [FOLDER / f"{name}.txt" for name in ONCE] + FILES[::16]


def changes(d: Decision) -> Iterator[Callable[[Decision], None]]:
    """Each of its tokens dropped and changed, and its amounts and names."""

    def evidence(at: int, said: list[str]) -> Callable[[Decision], None]:
        def change(copy: Decision) -> None:
            copy.evidence = [*copy.evidence[:at], *said, *copy.evidence[at + 1 :]]

        return change

    def field(name: str, value: object) -> Callable[[Decision], None]:
        return lambda copy: setattr(copy, name, value)

    for at, text in enumerate(d.evidence):
        yield evidence(at, [])
        for value in VALUES:
            yield evidence(at, [f"{text.partition(':')[0]}:{value}"])
    for name in AMOUNTS:
        if getattr(d, name):
            yield field(name, 0)
            yield field(name, -getattr(d, name))
    for name in NAMES:
        if getattr(d, name):
            yield field(name, "")
    for name in ("evidence", "reasons", "candidates"):
        if getattr(d, name):
            yield field(name, [])


@pytest.mark.parametrize("path", CHOSEN, ids=[path.stem for path in CHOSEN])
def test_no_token_stops_the_auditor(path: Path, tmp_path: Path) -> None:
    run = recorded(path, tmp_path)
    decided = [encode_decision(d) for d in run.decided]
    tried = found = 0
    for at, raw in enumerate(decided):
        for change in changes(decode_decision(raw)):
            copy = decode_decision(raw)
            change(copy)
            tried += 1
            found += audited(run.values, [*decided[:at], encode_decision(copy), *decided[at + 1 :]]) != []
        tried += 1
        found += audited(run.values, [*decided[:at], *decided[at + 1 :]]) != []
    # Amounts and numbers are recomputed; what only tells a person how it came about is for `rerun` to compare.
    assert found or not tried
