"""A small ledger whose figures were worked out by hand, reported as of several days and as known at several times."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from headrace.formulas import Countback
from headrace.report import as_json, make_report, pace_of
from sinks.clickhouse.reading import Views
from tests.ledger import Ledger, day, instant
from tests.publishing import published

SUSPENSE = "~suspense:US-OPS-1:07"


def written() -> Ledger:
    ledger = Ledger()
    ledger.invoice("A", "INV-0", 1_000_00, "2025-12-01", "2025-12-31")
    ledger.invoice("A", "INV-1", 100_00, "2026-01-10", "2026-02-09")
    ledger.receipt("A", "R0", 1_000_00, "2026-01-15")
    ledger.applied("A", "INV-0", "R0", 1_000_00, "2026-01-15")
    ledger.invoice("A", "INV-2", 200_00, "2026-01-20", "2026-02-19")
    ledger.receipt("A", "R1", 100_00, "2026-02-05")
    ledger.applied("A", "INV-1", "R1", 100_00, "2026-02-05")
    # Booked on 1 March, learned on the 2nd, applied on the 5th by an advice that came then.
    ledger.receipt("A", "R2", 150_00, "2026-03-01", recorded="2026-03-02")
    ledger.applied("A", "INV-2", "R2", 150_00, "2026-03-01", recorded="2026-03-05", rule="cash.2.advice")
    ledger.invoice("A", "INV-5", 100_00, "2026-03-18", "2026-04-17")
    ledger.invoice("B", "INV-3", 300_00, "2026-02-01", "2026-03-03")
    ledger.credit_note("B", "CN-1", 40_00, "2026-02-15")
    ledger.say(
        "credit_allocated", "B", "2026-02-20", document="INV-3", counterparty="CN-1", amount=30_00,
        posting_date=day("2026-02-20"),
    )  # fmt: skip
    ledger.say("dispute_opened", "B", "2026-03-03", document="INV-3", reference_id="D1", amount=120_00, text="price")
    # The cash came five days before its invoice; the application carries the later day.
    ledger.receipt("B", "R3", 90_00, "2026-03-10")
    ledger.invoice("B", "INV-4", 80_00, "2026-03-15", "2026-04-14")
    ledger.applied("B", "INV-4", "R3", 80_00, "2026-03-15")
    ledger.receipt(SUSPENSE, "R9", 77_00, "2026-03-12")
    ledger.invoice("J", "INV-J", 5_000, "2026-03-01", "2026-03-20", currency="JPY")
    back = day("2026-02-20")
    ledger.currency = "EUR"
    ledger.invoice("E", "INV-7", 100_00, "2026-01-10", "2026-02-19")
    ledger.receipt("E", "R7", 120_00, "2026-02-05")
    ledger.applied("E", "INV-7", "R7", 100_00, "2026-02-05")
    ledger.say("receipt_reversed", "E", "2026-02-20", receipt_id="R7", amount=20_00, posting_date=back)
    ledger.say(
        "application_reversed", "E", "2026-02-20", receipt_id="R7", document="INV-7", amount=100_00, posting_date=back
    )
    _credit_given_back(ledger)
    _contested_before_it_was_posted(ledger)
    _of_the_group(ledger)
    return ledger


def _credit_given_back(ledger: Ledger) -> None:
    """A remittance takes a credit note off an invoice; its money goes back, and so does the credit."""
    ledger.currency = "GBP"
    ledger.invoice("G", "INV-8", 100_00, "2026-02-01", "2026-03-03")
    ledger.credit_note("G", "CN-8", 30_00, "2026-02-02")
    ledger.receipt("G", "R8", 70_00, "2026-02-05")
    taken = {"document": "INV-8", "counterparty": "CN-8", "receipt_id": "R8", "amount": 30_00}
    ledger.say("credit_allocated", "G", "2026-02-05", posting_date=day("2026-02-05"), **taken)
    ledger.applied("G", "INV-8", "R8", 70_00, "2026-02-05")
    back = {"posting_date": day("2026-02-09"), "document": "INV-8", "receipt_id": "R8"}
    ledger.say("application_reversed", "G", "2026-02-09", amount=70_00, rule="returned.applied", **back)
    again = {"counterparty": "CN-8", "amount": 30_00, "rule": "returned.credit"}
    ledger.say("application_reversed", "G", "2026-02-09", **again, **back)


def _contested_before_it_was_posted(ledger: Ledger) -> None:
    """A dispute of the 10th, learned before its invoice of the 5th: what it contests is said with the invoice's day."""
    ledger.currency = "CHF"
    said = {"document": "INV-9", "reference_id": "D9", "text": "price"}
    ledger.say("dispute_opened", "C", "2026-02-10", amount=0, rule="disputes.opened_early", **said)
    ledger.invoice("C", "INV-9", 100_00, "2026-02-05", "2026-03-07")
    ledger.say("dispute_opened", "C", "2026-02-05", amount=100_00, rule="disputes.amount_known", **said)


def _of_the_group(ledger: Ledger) -> None:
    """One customer, one affiliate, and one that was an affiliate when it got its first invoice."""
    ledger.currency = "SEK"
    ledger.invoice("S", "INV-10", 90_00, "2026-02-01", "2026-03-03")
    ledger.invoice("S-GROUP", "INV-11", 500_00, "2026-02-01", "2026-03-03", reasons=["affiliate"])
    ledger.receipt("S-GROUP", "R11", 20_00, "2026-02-05")
    ledger.invoice("S-SOLD", "INV-12", 30_00, "2026-02-01", "2026-03-03", reasons=["affiliate"])
    ledger.invoice("S-SOLD", "INV-13", 60_00, "2026-02-02", "2026-02-05")


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    with published(tmp_path_factory.mktemp("report"), written()) as views:
        yield views


def figure(count: int, amount: str) -> dict[str, Any]:
    return {"count": count, "amount": amount}


NONE = figure(0, "0.00")


def test_the_day_before_the_early_cash_meets_its_invoice(views: Views) -> None:
    (report,) = make_report(views, date(2026, 3, 12), currency="USD")
    assert as_json(report) == {
        "as_of": "2026-03-12",
        "currency": "USD",
        "invoiced": figure(4, "1600.00"),
        "open": figure(2, "320.00"),
        "past_due": figure(2, "320.00"),
        "disputed": figure(1, "120.00"),
        "unapplied": figure(1, "90.00"),
        "on_account": NONE,
        "unidentified": figure(1, "77.00"),
        "aging": {"current": NONE, "1-30": figure(2, "320.00"), "31-60": NONE, "61-90": NONE, "91+": NONE},
        # 220.00 receivable / 560.00 sold in 90 days.
        "dso": 35.4,
        "bpdso": 0.0,
        "add": 35.4,
        # (1000.00 + 560.00 / 3 - 220.00) / (1000.00 + 560.00 / 3 - 0.00)
        "cei": 81.5,
        "sales_missing": False,
        "late": figure(3, "1500.00"),
        "mean_days_to_settle": 35.5,
    }
    assert report.open_credits.amount_minor == 10_00
    assert report.pace.receivables_minor == 220_00


def test_after_the_invoice_of_the_early_cash(views: Views) -> None:
    (report,) = make_report(views, date(2026, 3, 20), currency="USD")
    assert as_json(report) == {
        "as_of": "2026-03-20",
        "currency": "USD",
        "invoiced": figure(6, "1780.00"),
        "open": figure(3, "420.00"),
        "past_due": figure(2, "320.00"),
        "disputed": figure(1, "120.00"),
        "unapplied": figure(1, "10.00"),
        "on_account": NONE,
        "unidentified": figure(1, "77.00"),
        "aging": {
            "current": figure(1, "100.00"),
            "1-30": figure(2, "320.00"),
            "31-60": NONE,
            "61-90": NONE,
            "91+": NONE,
        },
        "dso": 48.6,
        "bpdso": 12.2,
        "add": 36.5,
        "cei": 73.8,
        "sales_missing": False,
        "late": figure(3, "1500.00"),
        "mean_days_to_settle": 23.667,
    }
    # 180.00 sold in March's 20 days, 260.00 in February's 28: 400.00 reaches back into February.
    assert report.pace.countback == Countback(20 + Fraction(220 * 28, 260), exhausted=False)


def test_what_was_recorded_later_is_left_out(views: Views) -> None:
    (report,) = make_report(views, date(2026, 3, 12), instant("2026-03-01"), "USD")
    said = as_json(report)
    assert said["open"] == figure(2, "470.00")
    assert said["unapplied"] == said["unidentified"] == said["disputed"] == NONE
    assert said["late"] == figure(3, "1500.00")
    assert report.pace.receivables_minor == 460_00
    (report,) = make_report(views, date(2026, 3, 12), instant("2026-03-03"), "USD")
    said = as_json(report)
    assert said["open"] == figure(2, "470.00")
    assert said["unapplied"] == figure(1, "150.00")
    assert said["disputed"] == figure(1, "120.00")


def test_due_today_is_current_and_tomorrow_past_due(views: Views) -> None:
    for when, current, past in ((date(2026, 2, 19), 2, 0), (date(2026, 2, 20), 1, 1)):
        (report,) = make_report(views, when, currency="USD")
        assert (report.aging[0].number, report.past_due.number) == (current, past), when


@pytest.mark.parametrize(("days", "bucket"), [(30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)])
def test_aging_buckets_end_where_they_say(views: Views, days: int, bucket: int) -> None:
    due = date(2026, 3, 20)
    (report,) = make_report(views, date.fromordinal(due.toordinal() + days), currency="JPY")
    assert [figure.number for figure in report.aging] == [int(at == bucket) for at in range(5)]


def test_each_currency_has_its_object_and_its_decimals(views: Views) -> None:
    found = make_report(views, date(2026, 3, 20))
    assert [report.currency for report in found] == ["CHF", "EUR", "GBP", "JPY", "SEK", "USD"]
    said = as_json(found[3])
    assert said["invoiced"] == figure(1, "5000")
    assert said["past_due"] == figure(0, "0")


def test_before_anything_happened_there_is_nothing(views: Views) -> None:
    (report,) = make_report(views, date(2025, 11, 30), currency="USD")
    said = as_json(report)
    assert said["invoiced"] == said["open"] == said["late"] == NONE
    assert (said["dso"], said["cei"], said["mean_days_to_settle"]) == (None, None, None)


def test_views_agree_with_the_balances_that_the_decisions_carry(views: Views) -> None:
    last = {(d.account_id, d.currency): d for d in written().decisions}
    for (account, currency), decision in last.items():
        rows = views.ask(
            "SELECT open_debit, open_credit, unapplied, balance FROM daily_balances "
            "WHERE account_id = {a:String} AND currency = {c:String} ORDER BY day DESC LIMIT 1",
            {"a": account, "c": currency},
        ).rows
        balance = decision.open_debit - decision.open_credit - decision.unapplied
        assert rows == [[decision.open_debit, decision.open_credit, decision.unapplied, balance]], account


def test_open_items_receipts_and_applications(views: Views) -> None:
    assert views.ask(
        "SELECT document, item_kind, amount, open, disputed, due_date FROM open_items "
        "WHERE currency = 'USD' ORDER BY document"
    ).rows == [
        ["CN-1", "credit_note", 40_00, 10_00, 0, "2026-02-15"],
        ["INV-2", "invoice", 200_00, 50_00, 0, "2026-02-19"],
        ["INV-3", "invoice", 300_00, 270_00, 0, "2026-03-03"],
        ["INV-5", "invoice", 100_00, 100_00, 0, "2026-04-17"],
    ]
    assert views.ask("SELECT document, cleared_on FROM items WHERE open = 0 ORDER BY document").rows == [
        ["INV-0", "2026-01-15"],
        ["INV-1", "2026-02-05"],
        ["INV-4", "2026-03-15"],
    ]
    assert views.ask(
        "SELECT receipt_id, booked, applied, unapplied FROM receipts WHERE currency = 'USD' ORDER BY receipt_id"
    ).rows == [
        ["R0", 1_000_00, 1_000_00, 0],
        ["R1", 100_00, 100_00, 0],
        ["R2", 150_00, 150_00, 0],
        ["R3", 90_00, 80_00, 10_00],
        ["R9", 77_00, 0, 77_00],
    ]
    assert views.ask(
        "SELECT document, receipt_id, credit_note, amount FROM applications WHERE account_id = 'B' ORDER BY sequence"
    ).rows == [["INV-3", "", "CN-1", 30_00], ["INV-4", "R3", "", 80_00]]


def test_money_that_went_back_reopens(views: Views) -> None:
    before, after = (as_json(make_report(views, date(2026, 2, when), currency="EUR")[0]) for when in (19, 20))
    assert (before["open"], before["unapplied"], before["late"]) == (NONE, figure(1, "20.00"), NONE)
    assert (after["open"], after["unapplied"], after["late"]) == (figure(1, "100.00"), NONE, figure(1, "100.00"))
    assert views.ask("SELECT booked, applied, returned, unapplied FROM receipts WHERE receipt_id = 'R7'").rows == [
        [120_00, 0, 120_00, 0]
    ]


def test_a_credit_that_was_given_back_is_open_again(views: Views) -> None:
    before, after = (make_report(views, date(2026, 2, when), currency="GBP")[0] for when in (5, 9))
    assert (before.open.amount_minor, before.open_credits.amount_minor) == (0, 0)
    assert (after.open.amount_minor, after.open_credits.amount_minor) == (100_00, 30_00)
    assert views.ask("SELECT document, open FROM open_items WHERE currency = 'GBP' ORDER BY document").rows == [
        ["CN-8", 30_00],
        ["INV-8", 100_00],
    ]
    assert views.ask("SELECT booked, applied, returned, unapplied FROM receipts WHERE receipt_id = 'R8'").rows == [
        [70_00, 0, 70_00, 0]
    ]
    assert views.ask(
        "SELECT receipt_id, credit_note, amount FROM applications WHERE currency = 'GBP' ORDER BY sequence"
    ).rows == [["R8", "CN-8", 30_00], ["R8", "", 70_00], ["R8", "", -70_00], ["R8", "CN-8", -30_00]]
    assert views.ask(
        "SELECT day, open_debit, open_credit, unapplied FROM daily_balances WHERE currency = 'GBP' ORDER BY day DESC "
        "LIMIT 1"
    ).rows == [["2026-02-09", 100_00, 30_00, 0]]


def test_a_dispute_counts_once_from_its_own_day(views: Views) -> None:
    for when, disputed in ((9, NONE), (10, figure(1, "100.00"))):
        (report,) = make_report(views, date(2026, 2, when), currency="CHF")
        assert as_json(report)["disputed"] == disputed, when


def test_affiliates_are_in_what_is_open_and_not_in_how_fast_money_comes(views: Views) -> None:
    (report,) = make_report(views, date(2026, 2, 9), currency="SEK")
    said = as_json(report)
    assert said["open"] == figure(4, "680.00")
    assert report.aging[0].amount_minor == 620_00
    assert report.pace.receivables_minor == 180_00
    # All that was sold is open, 120.00 of 180.00 is not due yet.
    assert (said["dso"], said["bpdso"]) == (90.0, 60.0)
    assert report.pace.countback == Countback(Fraction(9), exhausted=False)


@pytest.mark.parametrize(("days", "missing"), [(None, False), (0, True), (89, True), (90, False)])
def test_sales_before_a_take_over_are_missing(days: int | None, missing: bool) -> None:
    as_of = date(2026, 3, 31)
    taken_over = None if days is None else as_of - timedelta(days=days)
    assert pace_of(as_of, 0, None, as_of, taken_over).sales_missing is missing


@pytest.mark.parametrize(
    ("first", "taken_over", "known"),
    [
        (date(2025, 12, 31), None, True),
        (date(2026, 1, 1), None, False),
        (date(2025, 6, 1), date(2025, 12, 31), True),
        (date(2025, 6, 1), date(2026, 1, 1), False),
    ],
)
def test_no_effectiveness_where_not_all_is_known_that_was_owed(
    first: date, taken_over: date | None, known: bool
) -> None:
    sales: tuple[int, int, int, int, tuple[list[int], list[int]]] = (100, 100, 30, 30, ([], []))
    cei = pace_of(date(2026, 3, 31), 50, sales, first, taken_over).cei
    assert cei == (Fraction(100 * (100 + 10 - 100), 100 + 10 - 50) if known else None)
