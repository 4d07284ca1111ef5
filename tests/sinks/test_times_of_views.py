"""What is learned later may have happened before: views go by the order of the log, as the rules, Redis and the audit do."""

from collections.abc import Iterator

import pytest

from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.contacts import promises
from headrace.audit.kpi.reading import Reading
from headrace.audit.kpi.receivables import aging
from headrace.audit.kpi.tables import Rows
from sinks.clickhouse.reading import Views
from tests.ledger import Ledger, day
from tests.publishing import published


def written() -> Ledger:
    """Of each pair the second one happened before the first."""
    ledger = Ledger(shards=1)
    early = {"reference_id": "D-1", "document": "INV-1", "category": "pricing"}
    ledger.say("dispute_opened", "A", "2026-01-10", rule="disputes.opened_early", **early)
    ledger.say(
        "dispute_opened", "A", "2026-01-05", recorded="2026-01-11", amount=40_00, rule="disputes.amount_known", **early
    )
    ledger.say("dispute_closed", "A", "2026-01-08", recorded="2026-01-12", amount=40_00, **early)
    ledger.say("promise_opened", "A", "2026-01-10", reference_id="P-1", amount=50_00, due_date=day("2026-01-18"))
    ledger.say("promise_broken", "A", "2026-01-20", reference_id="P-1", amount=50_00, cause_kind="wake")
    ledger.say(
        "promise_kept", "A", "2026-01-19", recorded="2026-01-21", reference_id="P-1", amount=50_00, item_amount=50_00
    )
    ledger.receipt("A", "R-1", 30_00, "2026-01-12")
    ledger.say("cash_proposed", "A", "2026-01-12", receipt_id="R-1", amount=30_00, reasons=["ambiguous"])
    ledger.say(
        "cash_proposed", "A", "2026-01-03", recorded="2026-01-13", receipt_id="R-1", amount=30_00, reasons=["ambiguous"]
    )
    ledger.say("exception_raised", "A", "2026-01-12", reference_id="X-1", rule="erp.refused", amount=1_00)
    ledger.say(
        "exception_raised",
        "A",
        "2026-01-02",
        recorded="2026-01-13",
        reference_id="X-1",
        rule="erp.refused",
        amount=1_00,
    )
    ledger.say("task_opened", "A", "2026-01-15", reference_id="T-1", owner="kim")
    ledger.say("task_opened", "A", "2026-01-14", recorded="2026-01-16", reference_id="T-1", owner="lee")
    ledger.say("approval_requested", "A", "2026-01-15", reference_id="W-1", category="write_off")
    ledger.say("approval_given", "A", "2026-01-14", recorded="2026-01-16", reference_id="W-1", owner="pat")
    ledger.say("credit_hold_set", "A", "2026-01-15", reasons=["over_limit"])
    ledger.say("credit_hold_released", "A", "2026-01-17")
    ledger.say("credit_hold_set", "A", "2026-01-16", recorded="2026-01-18", reasons=["over_limit"])
    ledger.say("invoice_held", "A", "2026-01-15", document="INV-9", amount=9_00, reasons=["po_missing"])
    ledger.say("invoice_withdrawn", "A", "2026-01-14", recorded="2026-01-16", document="INV-9", amount=9_00)
    return ledger


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    with published(tmp_path_factory.mktemp("times"), written()) as views:
        yield views


@pytest.mark.parametrize(
    ("view", "times"),
    [
        ("disputes", {"opened_time": "10", "closed_time": "08"}),
        ("promises", {"made_time": "10", "judged_time": "20"}),
        ("open_exceptions WHERE what = 'proposal'", {"raised_time": "12"}),
        ("open_exceptions WHERE what = 'exception'", {"raised_time": "12"}),
        ("open_tasks", {"opened_time": "14", "stated_time": "14"}),
        ("approvals", {"requested_time": "15", "answered_time": "14"}),
        ("credit", {"held_since": "16", "stated_time": "16"}),
        ("drafts", {"first_time": "15", "ended_time": "14"}),
    ],
)
def test_the_first_and_the_last_are_so_in_the_log(views: Views, view: str, times: dict[str, str]) -> None:
    [row] = views.ask(f"SELECT {', '.join(times)} FROM {view}").rows
    assert row == [f"2026-01-{at} 00:00:00.000" for at in times.values()]


def rows_of(views: Views, view: str, *columns: str) -> list[list[object]]:
    some = " OR ".join(f"{name} != 0" for name in columns)
    return [
        list(row) for row in views.ask(f"SELECT day, {', '.join(columns)} FROM {view} WHERE {some} ORDER BY day").rows
    ]


def made_again(rows: Rows, *columns: str) -> list[list[object]]:
    found: list[list[object]] = [[key[0], *(row[name] for name in columns)] for key, row in rows.items()]
    return sorted((row for row in found if any(row[1:])), key=str)


def test_the_audit_counts_them_on_the_same_days(views: Views) -> None:
    basis = Basis(Reading(decisions=written().decisions))
    columns = ("made", "judged", "in_full", "broken")
    assert rows_of(views, "kpi_promises", *columns) == [["2026-01-10", 1, 0, 0, 0], ["2026-01-20", 0, 1, 1, 0]]
    assert made_again(promises(basis), *columns) == rows_of(views, "kpi_promises", *columns)
    # It was closed when it was opened: on no day is anything contested, nor less than nothing.
    assert rows_of(views, "kpi_aging", "disputed_minor") == []
    assert made_again(aging(basis), "disputed_minor") == []
