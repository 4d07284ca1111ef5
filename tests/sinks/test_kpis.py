"""Each KPI of a small history that was counted by hand, by region and collector; docs/kpis.md is what it must be."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.records import AccountOwner
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.dimensions import DIMENSIONS
from sinks.clickhouse.facts import FactTables
from sinks.clickhouse.kpis import KPIS
from sinks.clickhouse.reading import DatabaseViews, Views
from sinks.clickhouse.sink import ClickHouseSink
from tests.installations import but
from tests.ledger import Ledger, day, instant
from tests.publishing import count_answers, customer, take

PAGE = Path(__file__).parents[2] / "docs" / "kpis.md"
BY_KIM = {"cause_kind": "operator_action", "cause_id": "op:1"}


def written() -> Ledger:
    ledger = Ledger()
    _invoiced(ledger)
    _claimed(ledger)
    _paid(ledger)
    _waited(ledger)
    return ledger


def _invoiced(ledger: Ledger) -> None:
    held = {"document": "INV-1", "amount": 100_00, "reasons": ["po_missing"], "owner": "billing"}
    ledger.say("invoice_held", "A", "2026-01-05", **held)
    ledger.say("invoice_held", "A", "2026-01-06", **{**held, "reasons": ["po_missing", "tax"]})
    terms = {"item_kind": "invoice", "posting_date": day("2026-01-07"), "document_date": day("2026-01-07")}
    terms["due_date"] = day("2026-02-06")
    ledger.say(
        "invoice_released", "A", "2026-01-07", document="INV-1", amount=100_00, rule="release.manual", **terms, **BY_KIM
    )
    ledger.say("invoice_released", "A", "2026-01-07", document="INV-2", amount=50_00, rule="release.on_order", **terms)
    sent = {"document": "INV-1", "channel": "edi", "amount": 100_00}
    ledger.say("delivery_requested", "A", "2026-01-07", rule="delivery.first", reference_id="delivery:INV-1:1", **sent)
    ledger.say("delivery_status", "A", "2026-01-07", text="sent", rule="delivery.status", **sent)
    ledger.say(
        "delivery_status", "A", "2026-01-08", text="delivered", rule="delivery.status",
        **sent, recorded="2026-01-09",
    )  # fmt: skip


def _paid(ledger: Ledger) -> None:
    due = {"due_date": day("2026-02-06"), "item_kind": "invoice"}
    ledger.receipt("A", "R1", 100_00, "2026-02-16", rule="receipt")
    ledger.applied("A", "INV-1", "R1", 100_00, "2026-02-16", **due)
    ledger.receipt("A", "R2", 49_00, "2026-02-17", rule="receipt")
    ledger.applied("A", "INV-2", "R2", 49_00, "2026-02-17", rule="cash.operator", **due, **BY_KIM)
    given_up = ledger.say(
        "write_off_posted", "A", "2026-02-17", document="INV-2", amount=1_00, tax=16, rule="cash.7.tolerance",
        category="tolerance", posting_date=day("2026-02-17"), **due,
    )  # fmt: skip
    given_up.item_open = 0
    ledger.receipt("B", "R3", 70_00, "2026-02-01", rule="receipt")


def _claimed(ledger: Ledger) -> None:
    item = {"document": "INV-2", "reference_id": "D1"}
    ledger.say("dispute_opened", "A", "2026-01-20", amount=10_00, category="pricing", **item)
    ledger.say(
        "dispute_routed", "A", "2026-01-20", owner="sales", category="pricing", text="in_review",
        rule="disputes.routed_by_policy", **item,
    )  # fmt: skip
    ledger.say("escalated", "A", "2026-01-22", owner="lead", rule="disputes.sla", category="pricing", **item)
    ends = ["rejected:1000", "business_minutes:960", "days_own:4", "root_cause:own_process"]
    ledger.say(
        "dispute_closed", "A", "2026-01-26", amount=10_00, owner="sales", category="pricing", evidence=ends, **item
    )
    reminder = {"level": 1, "channel": "email", "rule": "reminders.step.1", "reference_id": "L1"}
    ledger.say("reminder_due", "A", "2026-02-09", document="INV-1", amount=100_00, **reminder)
    ledger.say("reminder_due", "A", "2026-02-09", document="INV-2", amount=50_00, **reminder)
    ledger.say(
        "reminder_suppressed", "A", "2026-02-20", document="INV-3", level=2, reasons=["blocked"], channel="email"
    )
    for name, made, judged in (("P1", 30_00, 30_00), ("P2", 50_00, 20_00)):
        promised = {"reference_id": name, "amount": made, "due_date": day("2026-02-25")}
        ledger.say("promise_opened", "A", "2026-02-21", candidates=["INV-9"], **promised)
        kind = "promise_kept" if judged == made else "promise_partially_kept"
        ledger.say(kind, "A", "2026-02-26", item_amount=judged, **promised)


def _waited(ledger: Ledger) -> None:
    raised = {"reference_id": "release:INV-7", "rule": "release.sla", "document": "INV-7"}
    ledger.say(
        "exception_raised", "A", "2026-02-01", amount=7_00, owner="billing", deadline=instant("2026-02-03"), **raised
    )
    ledger.say("exception_closed", "A", "2026-02-04", **raised)
    ledger.say(
        "exception_raised", "A", "2026-02-26", amount=8_00, owner="lead", deadline=instant("2026-03-03"), **raised
    )
    asked = {"reference_id": "write_off:INV-2", "category": "write_off", "amount": 5_00, "owner": "lead"}
    ledger.say("approval_requested", "A", "2026-02-10", deadline=instant("2026-02-12"), evidence=["maker:kim"], **asked)
    ledger.say("approval_given", "A", "2026-02-11", cause_kind="approval", cause_id="ok:1", **asked)
    ledger.say("fact_rejected", "B", "2026-02-27", rule="receipts", cause_kind="receipt", currency="")


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    place = Place(tmp_path_factory.mktemp("kpis") / "clickhouse")
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        take(sink, written().decisions)
        sink.commit()
        facts = FactTables(database, "facts", sink.rollups)
        for at, (account, region) in enumerate((("A", "west"), ("B", "east"))):
            fact = but(customer(account, []), region=region, segment="retail")
            facts.add(fact, sink_shard(account), at)
        facts.add(_owner("A", "kim"), sink_shard("A"), 7)
        facts.passed(3, {0: 8, 1: 8, 2: 8, 3: 8})
        facts.commit(last=True)
        count_answers(database)
    views = DatabaseViews(place)
    yield views
    views.close()


def sink_shard(account: str) -> int:
    return Ledger().shard_of(account)


def _owner(account: str, name: str) -> AccountOwner:
    return AccountOwner(
        event_id=f"owner:{account}:{name}", recorded_time=instant("2026-01-01"), correlation="", source="crm", tenant="t1",
        entity="us01", account_id=account, event_time=instant("2026-01-01"), role="collector", owner=name, valid_from_date=0,
    )  # fmt: skip


CASES: list[tuple[str, str, list[list[Any]]]] = [
    (
        "kpi_throughput",
        "day, region, owner, generated, generated_minor, requested, sent, delivered, cleared, decisions",
        [
            ["2026-01-07", "west", "kim", 2, 150_00, 1, 1, 0, 0, 4],
            ["2026-01-08", "west", "kim", 0, 0, 0, 0, 1, 0, 1],
            ["2026-02-16", "west", "kim", 0, 0, 0, 0, 0, 1, 2],
            ["2026-02-17", "west", "kim", 0, 0, 0, 0, 0, 1, 3],
        ],
    ),
    (
        "kpi_release",
        "day, held, held_minor, holds, released, released_at_once, released_by_person, hold_minutes, hold_ended, at_once_bp",
        [
            ["2026-01-05", 1, 100_00, 1, 0, 0, 0, 0, 0, None],
            ["2026-01-06", 0, 0, 1, 0, 0, 0, 0, 0, None],
            ["2026-01-07", 0, 0, 0, 2, 1, 1, 2880, 1, 50_00],
        ],
    ),
    (
        "kpi_delivery",
        "day, channel, requests, sent, delivered, delivered_minutes, delivered_requested",
        [["2026-01-07", "edi", 1, 1, 0, 0, 0], ["2026-01-08", "edi", 0, 0, 1, 1440, 1]],
    ),
    (
        "kpi_cycle_time",
        "day, invoices, invoiced_minor, settle_days, late_days, late, touches, untouched, mean_settle_days, touches_per_100",
        [
            ["2026-02-16", 1, 100_00, 40, 10, 1, 1, 0, 40, 100],
            ["2026-02-17", 1, 50_00, 41, 11, 1, 1, 0, 41, 100],
        ],
    ),
    (
        # INV-1 was delivered a day after it was dated; the dispute of INV-2 was over before it was due.
        "kpi_overdue_causes",
        "day, status, owner, items, overdue_minor, overdue_days, upstream_days, own_days, customer_days, customer_minor",
        [
            ["2026-02-16", "cleared", "kim", 1, 100_00, 10, 0, 1, 9, 100_00],
            ["2026-02-17", "cleared", "kim", 1, 50_00, 11, 0, 0, 11, 50_00],
        ],
    ),
    (
        "kpi_cash_application",
        "day, region, receipts, received_minor, cleared, straight_through, applied_pairs, on_same_day, straight_through_bp",
        [
            ["2026-02-01", "east", 1, 70_00, 0, 0, 0, 0, 0],
            ["2026-02-16", "west", 1, 100_00, 1, 1, 1, 1, 100_00],
            ["2026-02-17", "west", 1, 49_00, 1, 0, 1, 1, 0],
        ],
    ),
    (
        "kpi_write_offs",
        "day, category, rule, posted, written_off_minor, tax_minor",
        [["2026-02-17", "tolerance", "cash.7.tolerance", 1, 1_00, 16]],
    ),
    ("kpi_deductions", "day", []),
    (
        "kpi_unapplied",
        "day, region, owner, unapplied_minor, age_0_30_minor, age_31_60_minor",
        [
            ["2026-02-01", "east", "", 70_00, 70_00, 0],
            ["2026-02-27", "east", "", 70_00, 70_00, 0],
        ],
    ),
    (
        "kpi_disputes",
        "day, owner, category, root_cause, opened, closed, rejected_minor, own_days, resolution_p90_minutes, escalated, invoiced",
        [
            ["2026-01-07", "", "", "", 0, 0, 0, 0, None, 0, 2],
            ["2026-01-20", "sales", "pricing", "", 1, 0, 0, 0, None, 0, 0],
            ["2026-01-22", "sales", "pricing", "", 0, 0, 0, 0, None, 1, 0],
            ["2026-01-26", "sales", "pricing", "own_process", 0, 1, 10_00, 4, 960, 0, 0],
        ],
    ),
    (
        "kpi_reminders",
        "day, level, channel, reminders, letters, responded, suppressed, response_bp",
        [["2026-02-09", 1, "email", 2, 1, 2, 0, 100_00], ["2026-02-20", 2, "email", 0, 0, 0, 1, None]],
    ),
    (
        "kpi_promises",
        "day, made, made_minor, judged, promised_minor, kept_minor, in_full, in_part, conversion_bp",
        [["2026-02-21", 2, 80_00, 0, 0, 0, 0, 0, None], ["2026-02-26", 0, 0, 2, 80_00, 50_00, 1, 1, 62_50]],
    ),
    (
        "kpi_collectors",
        "day, owner, letters, promises, promised_minor, cash_minor, is_working_day",
        [
            ["2026-02-01", "", 0, 0, 0, 70_00, 0],
            ["2026-02-09", "kim", 1, 0, 0, 0, 1],
            ["2026-02-16", "kim", 0, 0, 0, 100_00, 1],
            ["2026-02-17", "kim", 0, 0, 0, 49_00, 1],
            ["2026-02-21", "kim", 0, 2, 80_00, 0, 0],
        ],
    ),
    (
        "kpi_queues",
        "day, queue, owner, open, open_minor, age_0_1, age_2_5",
        [
            ["2026-01-05", "draft", "billing", 1, 100_00, 1, 0],
            ["2026-01-21", "dispute", "sales", 1, 10_00, 1, 0],
            ["2026-01-25", "dispute", "sales", 1, 10_00, 0, 1],
            ["2026-02-03", "exception", "lead", 1, 7_00, 0, 1],
            ["2026-02-10", "approval", "lead", 1, 5_00, 1, 0],
            ["2026-02-27", "exception", "lead", 1, 8_00, 1, 0],
        ],
    ),
    (
        "kpi_exceptions",
        "day, rule, raised, closed, closed_minutes, in_time, in_time_bp",
        [
            ["2026-02-01", "release.sla", 1, 0, 0, 0, None],
            ["2026-02-04", "release.sla", 0, 1, 4320, 0, 0],
            ["2026-02-26", "release.sla", 1, 0, 0, 0, None],
        ],
    ),
    (
        "kpi_approvals",
        "day, owner, category, requested, requested_minor, given, answer_minutes, in_time, in_time_bp",
        [
            ["2026-02-10", "lead", "write_off", 1, 5_00, 0, 0, 0, None],
            ["2026-02-11", "lead", "write_off", 0, 0, 1, 1440, 1, 100_00],
        ],
    ),
    (
        "kpi_overrides",
        "day, kind, overrides, decided, override_bp",
        [
            ["2026-01-07", "delivery_requested", 0, 1, 0],
            ["2026-01-07", "invoice_released", 1, 2, 50_00],
            ["2026-02-16", "cash_applied", 0, 1, 0],
            ["2026-02-17", "cash_applied", 1, 1, 100_00],
        ],
    ),
    (
        "kpi_policy_adherence",
        "day, subject, checked, adhered, adherence_bp",
        [
            ["2026-01-07", "release", 2, 1, 50_00],
            ["2026-01-26", "disputes", 1, 0, 0],
            ["2026-02-04", "exceptions", 1, 0, 0],
            ["2026-02-11", "approvals", 1, 1, 100_00],
            ["2026-02-16", "cash", 1, 1, 100_00],
            ["2026-02-17", "cash", 1, 0, 0],
            ["2026-02-17", "write_off", 1, 1, 100_00],
        ],
    ),
    (
        "kpi_integration",
        "day, cause_kind, facts, rejected, success_bp",
        [["2026-02-27", "receipt", 1, 1, 0]],
    ),
    ("kpi_lag", "day, facts, lag_ms, lag_max_ms", [["2026-01-08", 1, 86_400_000, 86_400_000]]),
    (
        "kpi_audit",
        "day, origin, decisions, complete, by_person, named, complete_bp",
        [["2026-01-07", "history", 4, 4, 1, 0, 100_00], ["2026-02-11", "history", 1, 0, 1, 1, 0]],
    ),
]
# Views with more rows than are worked out: those of these days, or with these columns.
WHERE = {
    "kpi_throughput": "day IN ('2026-01-07', '2026-01-08', '2026-02-16', '2026-02-17')",
    "kpi_unapplied": "day IN ('2026-02-01', '2026-02-27') AND unapplied_minor != 0",
    "kpi_queues": "open != 0 AND day IN ('2026-01-05', '2026-01-21', '2026-01-25', '2026-02-03', '2026-02-10', '2026-02-27')",
    "kpi_integration": "cause_kind = 'receipt'",
    "kpi_lag": "lag_ms != 0",
    "kpi_audit": "day IN ('2026-01-07', '2026-02-11')",
}


@pytest.mark.parametrize(("name", "columns", "rows"), CASES, ids=[case[0] for case in CASES])
def test_what_is_counted(views: Views, name: str, columns: str, rows: list[list[Any]]) -> None:
    found = views.ask(f"SELECT {columns} FROM {name} WHERE {WHERE.get(name, '1')} ORDER BY ALL").rows
    assert found == rows


def test_every_kpi_is_tried(views: Views) -> None:
    money = {"kpi_aging", "kpi_dso", "kpi_cei", "kpi_recovery", "kpi_forecast"}
    assert {view.name for view in KPIS if view.name.startswith("kpi_")} == money | {case[0] for case in CASES}


def test_every_column_has_its_comment_and_is_in_the_contract(views: Views) -> None:
    text = PAGE.read_text()
    for view in (*DIMENSIONS, *KPIS):
        described = views.ask(f"DESCRIBE {view.name}").rows
        assert [row[0] for row in described] == list(view.columns), view.name
        assert [row[4] for row in described] == list(view.columns.values()), view.name
        if view.name.startswith("kpi_"):
            assert f"**{view.name}**" in text
            for column in view.columns:
                assert re.search(rf"`{column}`|\b{column}\b", text), f"{view.name}.{column}"


def test_dimensions(views: Views) -> None:
    sql = "SELECT account_id, region, segment, country, collector, affiliate FROM accounts ORDER BY account_id"
    assert views.ask(sql).rows == [
        ["A", "west", "retail", "US", "kim", False],
        ["B", "east", "retail", "US", "", False],
    ]
    assert views.ask("SELECT owner, role, accounts FROM owners").rows == [["kim", "collector", 1]]
    sql = "SELECT week, month, quarter, weekday, is_working_day, is_month_end FROM calendar WHERE day = '2026-02-28'"
    assert views.ask(sql).rows == [["2026-02-23", "2026-02-01", "2026-01-01", 6, 0, 1]]
