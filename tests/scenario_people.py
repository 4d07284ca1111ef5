"""Lines of what people say in scenarios: approvals, the queue, proposals. tests/scenarios/README.md has them all."""

import re
from collections.abc import Callable
from typing import Any

from schemas import records as r
from schemas.records import Fact
from tests.scenario_lines import DAY_MS, Line, pattern


def _said(x: Line, action: str) -> Fact:
    common: list[Any] = list(x.common())
    if x.found.get("event"):
        common[-1] = DAY_MS * x.date("event", x.day)
    return r.OperatorAction(
        *common,
        action,
        x.text("actor"),
        x.text("receipt"),
        x.text("document"),
        "",
        x.currency if x.found.get("amount") else "",
        x.money(),
        0,
        x.text("words"),
        reference_id=x.text("reference"),
        owner=x.text("owner"),
    )


def _approval(x: Line) -> Fact:
    decision = {"approves": "approved", "rejects": "rejected", "delegates": "delegated"}[x.found["verdict"] or ""]
    fields = (x.text("reference"), decision, x.text("actor"), "", x.text("owner"), x.text("words"))
    return r.Approval(*x.common(), *fields)


# The name of a request, exception, task or dispute; it may have colons.
_ABOUT = r'(?P<reference>"[^"]*"|[^\s,"]+?)'
_WHY = "(?: saying words=ID)?"
# Of another day than the line's: what the sender says, and nobody believes.
_DATED = "(?: dated event=DATE)?"
PEOPLE: list[tuple[re.Pattern[str], Callable[[Line], Fact]]] = [
    (pattern(f"actor=ID approves {_ABOUT}{_WHY}{_DATED}"), lambda x: _said(x, "approve")),
    (pattern(f"actor=ID rejects {_ABOUT}{_WHY}"), lambda x: _said(x, "reject")),
    (pattern(f"actor=ID withdraws {_ABOUT}{_WHY}"), lambda x: _said(x, "withdraw")),
    (pattern(f"actor=ID delegates {_ABOUT} to owner=ID{_WHY}"), lambda x: _said(x, "delegate")),
    (
        pattern(f"approval fact: actor=ID (?P<verdict>approves|rejects|delegates) {_ABOUT}(?: to owner=ID)?{_WHY}"),
        _approval,
    ),
    (pattern(f"actor=ID assigns {_ABOUT} to owner=ID{_WHY}"), lambda x: _said(x, "assign")),
    (pattern(f"actor=ID notes on {_ABOUT}: words=ID"), lambda x: _said(x, "note")),
    (pattern(f"actor=ID closes exception {_ABOUT}{_WHY}"), lambda x: _said(x, "close_exception")),
    (
        pattern(f"actor=ID proposes to write off document=ID(?: amount=AMOUNTCURRENCY)?{_WHY}"),
        lambda x: _said(x, "propose_write_off"),
    ),
    (
        pattern(f"actor=ID proposes to refund credit note document=ID(?: amount=AMOUNTCURRENCY)?{_WHY}"),
        lambda x: _said(x, "propose_refund"),
    ),
    (
        pattern(f"actor=ID proposes to refund receipt=ID(?: amount=AMOUNTCURRENCY)?{_WHY}"),
        lambda x: _said(x, "propose_refund"),
    ),
]
