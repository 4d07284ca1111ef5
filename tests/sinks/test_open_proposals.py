"""Cash that was proposed and sent on waits for nobody until it is proposed again: in every place that lists or counts it."""

from pathlib import Path

from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.queues import proposals
from headrace.audit.kpi.reading import Reading
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews
from sinks.redis.live.reading import LiveViews
from tests.ledger import Ledger
from tests.live_views import embedded, keep
from tests.publishing import append_decisions, open_log, publish

ACCOUNT = "C1"


def sent_on(ledger: Ledger, receipt: str, back: bool, again: bool) -> None:
    """Proposed, and sent to another account; `back`: refused there; `again`: and proposed once more."""

    def say(kind: str, on: str, left: int, **fields: str) -> None:
        ledger.say(kind, ACCOUNT, on, receipt_id=receipt, amount=90_00, receipt_unapplied=left, **fields)

    say("receipt_booked", "2026-03-02", 90_00, rule="receipt")
    say("cash_proposed", "2026-03-02", 90_00, rule="cash.proposed")
    say("cash_transferred", "2026-03-05", 0, rule="transfer.out", counterparty="C2")
    if back:
        say("receipt_booked", "2026-03-06", 90_00, rule="transfer.returned", counterparty="C2")
    if again:
        say("cash_proposed", "2026-03-06", 90_00, rule="cash.proposed")


def test_money_that_was_sent_on_waits_for_nobody_until_it_is_back_and_proposed_again(tmp_path: Path) -> None:
    ledger = Ledger(shards=1)
    sent_on(ledger, "GONE", back=False, again=False)
    sent_on(ledger, "BACK", back=True, again=False)
    sent_on(ledger, "AGAIN", back=True, again=True)
    waiting = [("AGAIN", "2026-03-06 00:00:00.000")]

    place = Place(tmp_path / "clickhouse")
    publish(place, ledger)
    views = DatabaseViews(place)
    asked = {
        "open_exceptions": "SELECT receipt_id, raised_time FROM open_exceptions WHERE what = 'proposal'",
        "queue_entries": """SELECT replaceOne(entry, 'proposal:', ''), began_time FROM queue_entries
                            WHERE queue = 'proposal' AND NOT is_ended""",
    }
    for view, sql in asked.items():
        assert [tuple(row) for row in views.ask(sql).rows] == waiting, view
    # What came twice and went once is here once.
    assert views.ask("SELECT receipt_id, booked, transferred, received FROM receipts ORDER BY 1").rows == [
        ["AGAIN", 180_00, 90_00, 90_00],
        ["BACK", 180_00, 90_00, 90_00],
        ["GONE", 90_00, 90_00, 0],
    ]
    assert views.ask("SELECT day, open FROM kpi_queues WHERE queue = 'proposal' ORDER BY day DESC LIMIT 1").rows == [
        ["2026-03-06", 1]
    ]
    views.close()

    entries = proposals(Basis(Reading(decisions=ledger.decisions)))
    assert [entry.begin.receipt_id for entry in entries if entry.end is None] == ["AGAIN"]
    assert len(entries) == 4

    log = open_log(tmp_path / "log", 1)
    with embedded(tmp_path) as server:
        append_decisions(log, ledger)
        keep(log, server)
        assert [row.about for row in LiveViews(server).queue("", 10)] == ["AGAIN"]
    log.close()
