"""The views of drafts and deliveries: one row each, as they were last spoken of."""

from pathlib import Path

import pytest

from sinks.clickhouse.connect import Database, Place
from tests.ledger import Ledger
from tests.publishing import publish


def ledger() -> Ledger:
    made = Ledger()
    about = {"document": "INV-1", "item_kind": "invoice", "reference_id": "O-1", "rule": "release.held", "amount": 9_00}
    made.say("invoice_held", "C1", "2026-01-05", reasons=["shipment_missing"], owner="billing", **about)
    made.say("invoice_held", "C1", "2026-01-06", reasons=["not_shipped:1"], owner="billing", **about)
    about = {**about, "document": "INV-2"}
    made.say("invoice_held", "C1", "2026-01-05", reasons=["order_missing"], **about)
    made.say("invoice_withdrawn", "C1", "2026-01-07", **{**about, "rule": "release.withdrawn"})
    made.invoice("C1", "INV-3", 100_00, "2026-01-10", "2026-02-09")
    sent = {"document": "INV-3", "amount": 100_00}
    made.say("delivery_requested", "C1", "2026-01-10", rule="delivery.first", channel="edi", **sent)
    made.say("delivery_status", "C1", "2026-01-11", rule="delivery.status", channel="edi", text="failed", **sent)
    made.say("delivery_requested", "C1", "2026-01-11", rule="delivery.fallback", channel="portal", **sent)
    made.say("delivery_status", "C1", "2026-01-12", rule="delivery.status", channel="portal", text="delivered", **sent)
    made.say("delivery_status", "C1", "2026-01-13", rule="delivery.status", channel="portal", text="viewed", **sent)
    made.say("exception_raised", "C1", "2026-01-10", rule="delivery.unreachable", document="INV-4", amount=1_00)
    return made


CASES = [
    (
        "SELECT document, status, reasons, owner, holds, ended_time IS NULL FROM drafts ORDER BY document",
        [("INV-1", "held", ["not_shipped:1"], "billing", 2, 1), ("INV-2", "withdrawn", [], "", 1, 0)],
    ),
    (
        "SELECT document, status, channel, requests, fallbacks, toString(toDate(requested_time)),"
        " toString(toDate(delivered_time)), toString(toDate(viewed_time)), acknowledged_time IS NULL, for_a_person"
        " FROM deliveries ORDER BY document",
        [
            ("INV-3", "viewed", "portal", 2, 1, "2026-01-10", "2026-01-12", "2026-01-13", 1, 0),
            ("INV-4", "unreachable", "", 0, 0, None, None, None, 1, 1),
        ],
    ),
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("release")
    publish(Place(found / "clickhouse"), ledger())
    return found


@pytest.mark.parametrize(("sql", "rows"), CASES, ids=["drafts", "deliveries"])
def test_views_say_where_drafts_and_deliveries_stand(database: Path, sql: str, rows: list[tuple[object, ...]]) -> None:
    with Database(Place(database / "clickhouse")) as opened:
        assert opened.rows(sql) == rows
