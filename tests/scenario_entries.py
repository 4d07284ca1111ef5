"""Lines of entries in scenarios: debit notes, items taken over, refunds, rates, closed periods, what the ERP says."""

import re
from collections.abc import Callable
from decimal import Decimal

from schemas import records as r
from schemas.records import Fact
from tests.scenario_lines import Line, pattern


def _debit_note(x: Line) -> Fact:
    return r.DebitNote(
        *x.common(),
        x.text("document"),
        x.day,
        x.day,
        x.date("due", x.day + 30),
        x.currency,
        x.money(),
        0,
        x.text("invoice"),
        x.text("reason"),
    )


def _opening(x: Line) -> Fact:
    return r.OpeningItem(
        *x.common(),
        x.text("document"),
        (x.found["kind"] or "").replace(" ", "_"),
        x.day - 30,
        x.day,
        x.date("due", x.day),
        x.currency,
        x.money("whole") or x.money(),
        x.money(),
        int(x.found.get("level") or 0),
        x.money("disputed"),
        "",
        "",
    )


def _refund(x: Line) -> Fact:
    return r.Refund(
        *x.common(), x.text("refund"), x.currency, x.money(), x.day, x.day, x.text("receipt"), x.text("document")
    )


def _rate(x: Line) -> Fact:
    x.account = ""
    nano = int(Decimal(x.found["rate"] or "").scaleb(9))
    return r.FxRate(*x.common(), x.found["base"] or "", x.found["quote"] or "", nano, x.date("on", x.day))


def _period(x: Line) -> Fact:
    x.account = ""
    return r.PeriodClose(*x.common(), x.date("on", x.day))


def _erp(x: Line) -> Fact:
    status = {"confirms": "confirmed", "refuses": "refused", "clears": "cleared"}[x.found["says"] or ""]
    return r.ErpPosting(
        *x.common(),
        x.text("posting"),
        status,
        "",
        x.text("document"),
        x.text("receipt"),
        x.currency,
        x.money(),
        x.text("reason"),
    )


ENTRIES: list[tuple[re.Pattern[str], Callable[[Line], Fact]]] = [
    (
        pattern(
            "debit note document=ID amount=AMOUNTCURRENCY(?: for invoice=ID)?(?: due due=DATE)?(?: because reason=ID)?"
        ),
        _debit_note,
    ),
    (
        pattern(
            "opening (?P<kind>invoice|debit note|credit note) document=ID amount=AMOUNTCURRENCY(?: of whole=AMOUNT)?"
            r"(?: due due=DATE)?(?: at level (?P<level>\d+))?(?: disputing disputed=AMOUNT)?"
        ),
        _opening,
    ),
    (pattern("refund refund=ID amount=AMOUNTCURRENCY of credit note document=ID"), _refund),
    (pattern("refund refund=ID amount=AMOUNTCURRENCY(?: of receipt=ID)?"), _refund),
    (pattern(r"rate (?P<base>[A-Z]{3})/(?P<quote>[A-Z]{3}) (?P<rate>[\d.]+)(?: on on=DATE)?"), _rate),
    (pattern("books open from on=DATE"), _period),
    (
        pattern(
            "erp (?P<says>confirms|refuses|clears) posting=ID(?: amount=AMOUNTCURRENCY)?(?: of document=ID)?"
            "(?: with receipt=ID)?(?: because reason=ID)?"
        ),
        _erp,
    ),
]
