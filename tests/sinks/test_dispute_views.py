"""The views of disputes and promises: one row each with how it ended, and what they add up to."""

from pathlib import Path

import pytest

from sinks.clickhouse.connect import Database, Place
from tests.ledger import Ledger, day, instant
from tests.publishing import publish


def ledger() -> Ledger:
    made = Ledger()
    made.invoice("C1", "INV-1", 100_00, "2026-01-10", "2026-02-09")
    about = {"document": "INV-1", "reference_id": "D1"}
    made.say(
        "dispute_opened",
        "C1",
        "2026-02-02",
        amount=40_00,
        text="pricing",
        category="pricing",
        channel="portal",
        **about,
    )
    made.say(
        "dispute_routed", "C1", "2026-02-02", text="in_review", owner="kim", category="damage",
        deadline=instant("2026-02-04"), rule="disputes.routed_by_policy", **about,
    )  # fmt: skip
    made.say("escalated", "C1", "2026-02-04", owner="lead", level=1, category="damage", rule="disputes.sla", **about)
    ends = ["credited:3000", "rejected:1000", "days_customer:1", "days_own:6", "business_minutes:2400", "carrier:north"]
    made.say(
        "dispute_closed", "C1", "2026-02-09", amount=40_00, text="credited 3000, rejected 1000", category="damage",
        owner="kim", evidence=[*ends, "region:west", "root_cause:own_process"], rule="disputes.closed", **about,
    )  # fmt: skip
    about = {"document": "INV-1", "reference_id": "D2"}
    early = {"rule": "disputes.opened_early", "channel": "email"}
    made.say("dispute_opened", "C1", "2026-02-10", amount=0, category="tax", **early, **about)
    made.say("dispute_opened", "C1", "2026-02-10", amount=9_00, category="tax", rule="disputes.amount_known", **about)
    for name, amount, counted in (("P1/1", 50_00, 50_00), ("P1/2", 50_00, 20_00), ("P2", 10_00, 0)):
        part = {"evidence": ["part_of:P1"]} if "/" in name else {}
        made.say(
            "promise_opened", "C1", "2026-02-10", amount=amount, reference_id=name, due_date=day("2026-02-12"), **part
        )
        kind = {amount: "promise_kept", 0: "promise_broken"}.get(counted, "promise_partially_kept")
        made.say(kind, "C1", "2026-02-16", amount=amount, reference_id=name, item_amount=counted)
    made.say("promise_kept", "C1", "2026-03-03", amount=10_00, reference_id="P2", item_amount=10_00)
    made.say("promise_opened", "C1", "2026-03-03", amount=7_00, reference_id="P3", due_date=day("2026-03-12"))
    made.say("promise_cancelled", "C1", "2026-03-04", amount=7_00, reference_id="P3")
    # A credit left 30 of it to keep; 32 came.
    made.say("promise_opened", "C1", "2026-03-03", amount=40_00, reference_id="P4", due_date=day("2026-03-12"))
    lowered = {"amount": 40_00, "reference_id": "P4", "evidence": ["lowered_to:3000"]}
    made.say("promise_broken", "C1", "2026-03-16", item_amount=0, **lowered)
    made.say("promise_kept", "C1", "2026-03-18", item_amount=32_00, **lowered)
    # And nothing of this one.
    made.say("promise_opened", "C1", "2026-03-03", amount=5_00, reference_id="P5", due_date=day("2026-04-12"))
    made.say("promise_kept", "C1", "2026-04-16", amount=5_00, reference_id="P5", evidence=["lowered_to:0"])
    return made


CASES = [
    (
        "SELECT dispute_id, amount, category, owner, channel, status, escalations, toUnixTimestamp64Milli(deadline) > 0,"
        " credited, rejected, days_own, carrier, root_cause FROM disputes ORDER BY dispute_id",
        [
            ("D1", 4000, "damage", "kim", "portal", "closed", 1, 0, 3000, 1000, 6, "north", "own_process"),
            ("D2", 900, "tax", "", "email", "open", 0, 0, 0, 0, 0, "", ""),
        ],
    ),
    (
        "SELECT toString(month), category, region, disputes, contested, credited, days_customer, median_business_minutes"
        " FROM dispute_causes",
        [("2026-02-01", "damage", "west", 1, 4000, 3000, 1, 2400)],
    ),
    (
        "SELECT promise_id, part_of, amount, to_keep, status, kept FROM promises ORDER BY promise_id",
        [
            ("P1/1", "P1", 5000, 5000, "kept", 5000),
            ("P1/2", "P1", 5000, 5000, "partially_kept", 2000),
            ("P2", "", 1000, 1000, "kept", 1000),
            ("P3", "", 700, 700, "cancelled", 0),
            ("P4", "", 4000, 3000, "kept", 3000),
            ("P5", "", 500, 0, "kept", 0),
        ],
    ),
    (
        "SELECT toString(month), promises, in_full, promised, kept_amount, round(conversion, 4) FROM promise_conversion"
        " ORDER BY month",
        [
            ("2026-02-01", 3, 2, 11000, 8000, 0.7273),
            ("2026-03-01", 1, 1, 3000, 3000, 1.0),
            ("2026-04-01", 1, 1, 0, 0, None),
        ],
    ),
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("views")
    publish(Place(found / "clickhouse"), ledger())
    return found


@pytest.mark.parametrize(("sql", "rows"), CASES, ids=["disputes", "dispute_causes", "promises", "promise_conversion"])
def test_views_say_how_disputes_and_promises_ended(database: Path, sql: str, rows: list[tuple[object, ...]]) -> None:
    with Database(Place(database / "clickhouse")) as opened:
        assert opened.rows(sql) == rows


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_they_say_the_same_whichever_decision_is_read_first(order: str, tmp_path: Path) -> None:
    made = ledger()
    publish(Place(tmp_path / "clickhouse"), made)
    with Database(Place(tmp_path / "clickhouse")) as opened:
        with opened.client() as client:
            client.command("CREATE TABLE kept AS decisions_by_kind")
            client.command("INSERT INTO kept SELECT * FROM decisions_by_kind")
            client.command("TRUNCATE TABLE decisions_by_kind")
            client.command("SYSTEM STOP MERGES")
            for (sequence,) in opened.rows(f"SELECT sequence FROM kept ORDER BY sequence {order}"):
                # Each is a part of its own, and parts are read in the order in which they were made.
                client.command(f"INSERT INTO decisions_by_kind SELECT * FROM kept WHERE sequence = {sequence}")
        for sql, rows in CASES:
            assert opened.rows(f"{sql} SETTINGS max_threads = 1") == rows
