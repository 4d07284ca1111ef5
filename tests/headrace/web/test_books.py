"""Pages over decisions written by hand, where a simulated distributor has too few of the kind."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headrace.settings import Settings
from headrace.web.app import make_app
from headrace.web.asking import Asked, all_rows
from headrace.web.figures import NO_ANSWER
from headrace.web.filters import Filters, Known
from headrace.web.pages.accounts import account
from headrace.web.pages.aging import aging
from headrace.web.pages.cash import cash, cash_application
from headrace.web.pages.claims import disputes
from headrace.web.pages.overview import dso, overview
from headrace.web.pages.work import collections, exceptions
from headrace.web.source import Source
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews
from tests.ledger import Ledger, day
from tests.publishing import publish

LAST = date(2026, 1, 31)


def written() -> Ledger:
    ledger = Ledger(shards=1)
    disputed = {"document": "INV-1", "item_kind": "invoice", "item_amount": 100_00, "due_date": day("2026-02-01")}
    ledger.invoice("A", "INV-1", 100_00, "2026-01-02", "2026-02-01")
    ledger.say("dispute_opened", "A", "2026-01-05", amount=40_00, reference_id="D-1", item_disputed=40_00, **disputed)
    ledger.say("escalated", "A", "2026-01-08", reference_id="D-1", rule="disputes.sla", document="INV-1")
    ledger.say("dispute_opened", "A", "2026-01-06", amount=1_00, reference_id="D-2", document="INV-9")
    ledger.say("escalated", "A", "2026-01-07", reference_id="D-2", rule="disputes.sla", document="INV-9")
    ledger.say("dispute_routed", "A", "2026-01-08", reference_id="D-2", text="waiting_customer", document="INV-9")
    for owing in ("E", "F"):
        ledger.say("task_opened", owing, "2026-01-05", reference_id="large_overdue:USD", evidence=["role:collector"])
    ledger.say("escalated", "F", "2026-01-08", reference_id="large_overdue:USD", rule="collections.step.2",
               evidence=["from:ann"])  # fmt: skip
    # Ten are taken off it as an item of their own, of which the dispute says nothing.
    ledger.say(
        "deduction_opened", "A", "2026-01-09", document="DED-1", counterparty="INV-1", item_kind="deduction",
        amount=10_00, item_amount=10_00, posting_date=day("2026-01-09"), due_date=day("2026-02-01"),
    )  # fmt: skip
    # One receipt is applied by a rule where it came, and one where a person sent it.
    ledger.invoice("B", "INV-2", 70_00, "2026-01-02", "2026-02-01")
    ledger.receipt("B", "R-1", 70_00, "2026-01-12")
    ledger.applied("B", "INV-2", "R-1", 70_00, "2026-01-12", item_kind="invoice")
    ledger.invoice("B", "INV-3", 30_00, "2026-01-02", "2026-02-01")
    ledger.receipt("~suspense:BANK:01", "R-2", 30_00, "2026-01-14")
    sent = ledger.say(
        "cash_transferred", "~suspense:BANK:01", "2026-01-15", receipt_id="R-2", amount=30_00, rule="transfer.out",
        counterparty="B", posting_date=day("2026-01-15"), cause_kind="operator_action", cause_id="by-hand-1",
    )  # fmt: skip
    ledger.receipt("B", "R-2", 30_00, "2026-01-15", cause_id=f"transfer:{sent.shard}-{sent.sequence}")
    ledger.applied("B", "INV-3", "R-2", 30_00, "2026-01-15", item_kind="invoice")
    # And one waits.
    ledger.receipt("B", "R-3", 5_00, "2026-01-20")
    ledger.invoice("a/b?c", "INV-4", 10_00, "2026-01-20", "2026-02-01", currency="EUR")
    # Late: one is open on the log's last day, the 21st, one was paid four days late.
    ledger.invoice("a/b?c", "INV-5", 20_00, "2026-01-02", "2026-01-11", currency="EUR")
    ledger.invoice("a/b?c", "INV-6", 8_00, "2026-01-02", "2026-01-11", currency="EUR")
    ledger.receipt("a/b?c", "R-4", 8_00, "2026-01-15", currency="EUR")
    ledger.applied("a/b?c", "INV-6", "R-4", 8_00, "2026-01-15", item_kind="invoice", currency="EUR")
    # Taken over from an older system: of its sales only the last is known.
    ledger.invoice("G", "OLD-1", 100_00, "2026-01-10", "2026-02-01", rule="posted.opening", currency="GBP")
    ledger.invoice("G", "INV-7", 50_00, "2026-01-15", "2026-01-20", currency="GBP")
    # More people have exceptions than are listed, and nobody has one.
    for number in range(60):
        ledger.say(
            "exception_raised",
            "C",
            "2026-01-21",
            reference_id=f"X-{number}",
            rule="erp.refused",
            owner=f"kim{number:02d}",
        )
    ledger.say("exception_raised", "C", "2026-01-21", reference_id="X-NOBODY", rule="erp.refused")
    return ledger


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    directory: Path = tmp_path_factory.mktemp("books")
    place = Place(directory / "clickhouse")
    publish(place, written())
    source = Source(lambda: DatabaseViews(place))
    known = Known(LAST, "2026-01-31 00:00:00.000", ("USD",), ("us01",))
    yield Asked(source, Filters(LAST, "USD"), known, Settings(dir=directory))
    source.close()


def test_a_deduction_leaves_what_is_disputed_of_its_invoice(asked: Asked) -> None:
    table = account(asked, "t1", "us01", "A").tables()["items"]
    named = [column.name for column in table.columns]
    shown = {row[0].text: row for row in table.rows}
    assert [shown["INV-1"][named.index(name)].value for name in ("Amount", "Open", "Disputed")] == [
        "100.00",
        "90.00",
        "40.00",
    ]


def test_overdue_days_are_told_by_what_they_were_lost_to(asked: Asked) -> None:
    of_euro = replace(asked, filters=replace(asked.filters, currency="EUR"))
    rows = aging(of_euro).tables()["causes"].rows
    assert [[cell.value for cell in row] for row in rows] == [["The customer's", "20.00", "8.00", "14"]]
    assert aging(asked).tables()["causes"].rows == []


def test_what_is_too_high_for_lack_of_sales_is_said_to_be_at_most(asked: Asked) -> None:
    in_pounds = replace(asked, filters=replace(asked.filters, currency="GBP"))
    found = {each.name: each for each in dso(in_pounds).headlines}
    assert [found[name].text for name in ("DSO", "Best possible DSO", "Average days delinquent")] == [
        "\N{LESS-THAN OR EQUAL TO} 270.0",
        "\N{LESS-THAN OR EQUAL TO} 180.0",
        "\N{LESS-THAN OR EQUAL TO} 90.0",
    ]
    assert found["Collection effectiveness"].text == NO_ANSWER
    assert "not known" in found["DSO"].note
    *_, last = dso(in_pounds).tables()["dso"].rows
    assert [(last[0].value, last[1].value), last[-1].text] == [
        ("2026-01-31", "270.0"),
        "not all known",
    ]
    [headline] = [each for each in overview(in_pounds).headlines if each.name == "DSO"]
    assert headline.text == "\N{LESS-THAN OR EQUAL TO} 270.0"
    assert [column.name for column in dso(asked).tables()["dso"].columns][-1] == "By counting back"


def test_what_a_person_sent_to_its_account_did_not_go_straight_through(asked: Asked) -> None:
    page = cash_application(asked)
    [month] = page.tables()["months"].rows
    assert [cell.value for cell in month] == ["2026-01-01", "3", "1", "1", "1", "105.00", "33.3"]
    [waiting] = [each for each in page.headlines if each.name == "Waiting"]
    assert waiting.text == "1"


def test_what_nobody_has_is_counted_however_many_others_have_some(asked: Asked) -> None:
    page = exceptions(asked)
    [nobody] = [each for each in page.headlines if each.name == "Nobody has them"]
    assert nobody.text == "1"
    owners = page.tables()["owners"]
    assert (len(owners.rows), owners.more) == (25, True)
    assert len(exceptions(all_rows(asked, 1_000)).tables()["owners"].rows) == 61


def test_only_receipts_with_something_unapplied_wait(asked: Asked) -> None:
    [row] = cash(asked).tables()["waiting"].rows
    assert [cell.value for cell in row] == ["t1/us01/B", "1", "5.00", "0.00"]


def test_what_is_past_its_last_escalation_is_overdue(asked: Asked) -> None:
    """D-1 and the task of F have no deadline any more; D-2 waits for the customer, and that of E was never escalated."""
    page = disputes(asked)
    [late] = [each for each in page.headlines if each.name == "Overdue"]
    assert late.text == "1"
    assert [(row[0].text, row[-1].text, row[-1].tone) for row in page.tables()["disputes"].rows] == [
        ("D-1", "past the last step", "bad"),
        ("D-2", "", ""),
    ]
    work = {row[0].text: (row[1].text, row[2].text) for row in overview(asked).tables()["work"].rows}
    assert (work["Disputes"], work["Tasks of collectors"]) == (("2", "1"), ("2", "1"))
    [nobody] = collections(asked).tables()["owners"].rows
    assert [cell.value for cell in nobody][1:3] == ["2", "1"]


def test_a_month_before_is_the_same_day_on_every_page(asked: Asked) -> None:
    then = replace(asked, filters=Filters(date(2026, 2, 10), "USD"))
    changes = {
        page.title: {each.name.replace("CEI", "Collection effectiveness"): each.change for each in page.headlines}
        for page in (overview(then), dso(then))
    }
    # 10 January: 200.00 sold and 190.00 owed in 90 days, 85.5 days; 10 February: 85.00, 38.3 days.
    assert changes["Overview"]["DSO"] == changes["DSO"]["DSO"] == "\N{MINUS SIGN}47.3 days"


def test_the_address_of_an_account_stays_as_it_was_asked_for(asked: Asked) -> None:
    client = TestClient(make_app(asked.views, asked.settings, ["testserver"]))
    asked_for = "/account/t1/us01/a%2Fb%3Fc"
    shown = client.get(asked_for)
    assert shown.status_code == 200
    files = re.findall('class="csv" href="([^"]*)"', shown.text)
    assert files
    for address in files:
        assert address.partition("?")[0] == asked_for
        assert client.get(address.replace("&amp;", "&")).headers["content-type"] == "text/csv; charset=utf-8"


def test_what_was_escalated_once_was_not_escalated_several_times(asked: Asked) -> None:
    row = disputes(asked).tables()["disputes"].rows[0]
    assert [cell.note for cell in row if cell.note.startswith("escalated")] == ["escalated once"]


@pytest.mark.parametrize("address", ["/aging?as_of=2026-99-99", "/aging?currency=XXX", "/aging?table=nosuch"])
def test_an_address_that_says_what_cannot_be_is_no_missing_page(asked: Asked, address: str) -> None:
    client = TestClient(make_app(asked.views, asked.settings, ["testserver"]))
    shown = client.get(address)
    assert (shown.status_code, re.findall("<h1>(.*)</h1>", shown.text)) == (400, ["The address cannot mean that"])
    missing = client.get("/nosuch")
    assert (missing.status_code, re.findall("<h1>(.*)</h1>", missing.text)) == (404, ["There is no such page"])


def test_requests_for_approval_have_the_whole_width(asked: Asked) -> None:
    assert [block.wide for block in exceptions(asked).blocks if block.heading == "Approvals that wait"] == [True]
