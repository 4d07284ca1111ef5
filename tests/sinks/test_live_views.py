"""What the live views say of what decisions and facts tell: values, one desk's work at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.log.sqlite import SqliteLog
from schemas.records import AccountOwner, Fact, Message
from schemas.topics import FACTS
from sinks.redis.connect import RedisServer
from sinks.redis.live.cards import bucket
from sinks.redis.live.items import item_of
from sinks.redis.live.keys import parts
from sinks.redis.live.reading import LiveViews
from tests.installations import Facts, but, clock
from tests.ledger import Ledger, day, instant
from tests.live_views import embedded, keep, work
from tests.publishing import append_decisions, customer, open_log

SHARDS = 2
ACCOUNT = "t1/us01/C1"


class Desk:
    """A log, a ledger and the live views of both."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.log: SqliteLog = open_log(directory / "log", SHARDS)
        self.ledger = Ledger(shards=SHARDS)
        self.facts = Facts(self.log)
        self.server = server
        self._written = 0

    def views(self) -> LiveViews:
        """After everything that was said so far."""
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)
        keep(self.log, self.server)
        return LiveViews(self.server)

    def card(self, account: str = "C1") -> dict[str, str]:
        _, (found,) = self.views().cards(self.ledger.shard_of(account), [f"t1/us01/{account}"])
        return found

    def at_the_end_of(self, text: str) -> None:
        self.facts.append([clock(day(text))])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with embedded(tmp_path) as server:
        found = Desk(tmp_path, server)
        yield found
        found.log.close()


def only(card: dict[str, str], *begins: str) -> dict[str, str]:
    return {name: value for name, value in card.items() if name.startswith(begins)}


def test_a_card_has_balances_and_aging_as_of_the_shards_day(desk: Desk) -> None:
    desk.ledger.invoice("C1", "INV-1", 100_00, "2026-01-01", "2026-02-01")
    desk.ledger.invoice("C1", "INV-2", 50_00, "2026-01-10", "2026-02-10")
    desk.ledger.credit_note("C1", "CN-1", 7_00, "2026-01-11")
    desk.ledger.receipt("C1", "R1", 30_00, "2026-01-12")
    desk.ledger.applied("C1", "INV-1", "R1", 20_00, "2026-01-12", item_kind="invoice", due_date=day("2026-02-01"))
    desk.at_the_end_of("2026-02-10")
    assert desk.card() == {
        "sequence": "4",
        "USD:open_debit": "13000",
        "USD:open_credit": "700",
        "USD:unapplied": "1000",
        "USD:on_account": "0",
        "USD:open_items": "2",
        "USD:current": "5000",
        "USD:1-30": "8000",
        "USD:31-60": "0",
        "USD:61-90": "0",
        "USD:91+": "0",
        "USD:past_due": "8000",
        "USD:oldest_due": str(day("2026-02-01")),
    }


@pytest.mark.parametrize(
    ("on", "where"),
    [
        ("2026-02-01", "current"), ("2026-02-02", "1-30"), ("2026-03-03", "1-30"), ("2026-03-04", "31-60"),
        ("2026-04-02", "31-60"), ("2026-04-03", "61-90"), ("2026-05-02", "61-90"), ("2026-05-03", "91+"),
        ("2027-05-03", "91+"),
    ],
)  # fmt: skip
def test_what_is_past_due_changes_with_the_day_alone(desk: Desk, on: str, where: str) -> None:
    desk.ledger.invoice("C1", "INV-1", 100_00, "2026-01-01", "2026-02-01")
    desk.at_the_end_of("2026-01-01")
    assert desk.card()["USD:current"] == "10000"
    desk.at_the_end_of(on)
    card = desk.card()
    assert [name for name in ("current", "1-30", "31-60", "61-90", "91+") if card[f"USD:{name}"] == "10000"] == [where]
    assert card["USD:past_due"] == ("0" if where == "current" else "10000")


def test_days_that_pass_one_by_one_and_days_that_pass_at_once_end_the_same(desk: Desk, tmp_path: Path) -> None:
    for at, due in enumerate(("2026-02-01", "2026-02-20", "2026-05-01")):
        desk.ledger.invoice(f"C{at}", f"INV-{at}", 100_00, "2026-01-01", due)
    for at in range(day("2026-01-01"), day("2026-04-01"), 7):
        desk.facts.append([clock(at)])
        desk.views()
    stepwise = [desk.card(f"C{at}") for at in range(3)]
    with embedded(tmp_path / "other") as server:
        desk.server = server
        assert [desk.card(f"C{at}") for at in range(3)] == stepwise
    assert [card["USD:past_due"] for card in stepwise] == ["10000", "10000", "0"]


def test_an_item_that_is_cleared_and_reopened_ages_as_before(desk: Desk) -> None:
    item = {"item_kind": "invoice", "due_date": day("2026-02-01"), "level": 2}
    desk.ledger.invoice("C1", "INV-1", 100_00, "2026-01-01", "2026-02-01")
    desk.ledger.receipt("C1", "R1", 100_00, "2026-02-20")
    desk.ledger.say("reminder_due", "C1", "2026-02-12", document="INV-1", channel="email", **item)
    desk.at_the_end_of("2026-03-10")
    assert only(desk.card(), "level", "USD:31") == {"level": "2", "USD:31-60": "10000"}
    desk.ledger.applied("C1", "INV-1", "R1", 100_00, "2026-02-20", **item)
    assert only(desk.card(), "level", "USD:open_items", "USD:31", "USD:past") == {}
    desk.ledger.say(
        "application_reversed", "C1", "2026-02-22", document="INV-1", receipt_id="R1", amount=100_00, **item
    )
    assert only(desk.card(), "level", "USD:open_items", "USD:31", "USD:past") == {
        "level": "2",
        "USD:open_items": "1",
        "USD:31-60": "10000",
        "USD:past_due": "10000",
    }


def test_credit_notes_and_deductions_move_the_other_item_too(desk: Desk) -> None:
    due = {"item_kind": "invoice", "due_date": day("2026-02-01")}
    desk.ledger.invoice("C1", "INV-1", 100_00, "2026-01-01", "2026-02-01")
    desk.ledger.credit_note("C1", "CN-1", 30_00, "2026-01-05")
    desk.ledger.say("credit_allocated", "C1", "2026-01-06", document="INV-1", counterparty="CN-1", amount=30_00, **due)
    shard = desk.ledger.shard_of("C1")

    def opened() -> dict[str, tuple[str, int]]:
        _, (items,) = desk.views().items(shard, [ACCOUNT])
        return {name: (item_of(text)["kind"], item_of(text)["open"]) for name, text in items.items()}

    assert opened() == {"INV-1": ("invoice", 70_00)}
    desk.ledger.say(
        "application_reversed", "C1", "2026-01-07", document="INV-1", counterparty="CN-1", amount=30_00,
        rule="returned.credit", **due,
    )  # fmt: skip
    assert opened() == {"INV-1": ("invoice", 100_00), "CN-1": ("credit_note", 30_00)}
    desk.ledger.say(
        "deduction_opened", "C1", "2026-01-08", document="INV-1/D1", counterparty="INV-1", amount=10_00,
        item_kind="deduction", due_date=day("2026-02-01"),
    )  # fmt: skip
    assert opened()["INV-1"] == ("invoice", 90_00)


def test_of_tasks_with_one_score_those_come_first_that_were_opened_first(desk: Desk) -> None:
    for at in range(8):
        desk.ledger.say(
            "task_opened", f"A-{at}", f"2026-03-{20 - at:02}", reference_id="large_overdue:USD", category="large_overdue",
            text="call", owner="ann", score=90 if at == 5 else 50, amount=500,
        )  # fmt: skip
    views = desk.views()
    for most in (1, 2, 3, 100):
        found = [x.account.rpartition("/")[2] for x in views.worklist("ann", most)]
        assert found == ["A-5", "A-7", "A-6", "A-4", "A-3", "A-2", "A-1", "A-0"][:most]


def test_the_work_of_a_desk_stands_in_its_lists(desk: Desk) -> None:
    work(desk.ledger, "C1")
    views = desk.views()
    tasks = [(x.about, x.score, x.row["owner"], x.row["step"], x.row["deadline"]) for x in views.worklist("", 10)]
    assert tasks == [
        ("large_overdue:USD", 90, "cy", 2, instant("2026-03-09")),
        ("dispute_overdue:D1", 70, "ann", 0, 0),
    ]
    assert [x.about for x in views.worklist("cy", 10)] == ["large_overdue:USD"]
    assert [x.about for x in views.worklist("bob", 10)] == []
    assert views.worklist("", 1)[0].about == "large_overdue:USD"
    queue = [(x.kind, x.about, x.rule, x.row["owner"], x.score) for x in views.queue("", 10)]
    assert queue == [
        ("exception", "hold:I1", "release.sla", "lead", instant("2026-03-03")),
        ("proposal", "R-C1", "", "cash-desk", instant("2026-03-03")),
        ("approval", "A1", "", "deputy", instant("2026-03-04")),
    ]
    assert [x.row["notes"] for x in views.queue("lead", 10)] == [1]
    clocks = [(x.kind, x.about, x.score) for x in views.clocks(10)]
    assert clocks == [
        ("proposal", "R-C1", instant("2026-03-06")),
        ("exception", "hold:I1", instant("2026-03-08")),
        ("task", "large_overdue:USD", instant("2026-03-09")),
        ("dispute", "D1", instant("2026-03-10")),
        ("approval", "A1", instant("2026-03-11")),
    ]


def test_a_card_counts_what_is_open_and_says_what_is_next(desk: Desk) -> None:
    work(desk.ledger, "C1")
    card = desk.card()
    names = (
        "tasks",
        "exceptions",
        "approvals",
        "disputes",
        "promises",
        "drafts",
        "credit",
        "next",
        "owner",
        "USD:prom",
    )
    assert only(card, *names) == {
        "tasks": "2",
        "exceptions": "2",
        "approvals": "1",
        "disputes": "1",
        "promises": "1",
        "drafts": "1",
        "USD:promised": "400",
        "credit_held": "1",
        "credit_held_for": '["over_limit"]',
        "credit_held_since": str(instant("2026-03-04")),
        "credit_currency": "USD",
        "credit_exposure": "9000",
        "credit_limit": "8000",
        "credit_stated_time": str(instant("2026-03-04")),
        "next_task": "large_overdue:USD",
        "next_action": "call",
        "next_action_until": str(instant("2026-03-09")),
        "owner": "cy",
    }


def test_what_is_over_leaves_nothing_behind(desk: Desk) -> None:
    work(desk.ledger, "C1")
    say = desk.ledger.say
    for task in ("large_overdue:USD", "dispute_overdue:D1"):
        say("task_closed", "C1", "2026-03-20", reference_id=task)
    say("exception_closed", "C1", "2026-03-20", reference_id="hold:I1", rule="release.sla")
    say("cash_on_account", "C1", "2026-03-20", receipt_id="R-C1", amount=20_00)
    desk.ledger.decisions[-1].receipt_unapplied = 0
    say("approval_expired", "C1", "2026-03-20", reference_id="A1")
    say("dispute_closed", "C1", "2026-03-20", reference_id="D1", document="I2")
    say("promise_kept", "C1", "2026-03-20", reference_id="P1", amount=4_00)
    say("credit_hold_released", "C1", "2026-03-20", amount=70_00, evidence=["limit:8000"])
    say("invoice_withdrawn", "C1", "2026-03-20", document="DR1", amount=8_00)
    views = desk.views()
    assert (views.worklist("", 10), views.queue("", 10), views.clocks(10)) == ([], [], [])
    assert sorted(only(desk.card(), "task", "exc", "app", "disp", "prom", "draft", "credit", "next", "owner")) == [
        "credit_currency",
        "credit_exposure",
        "credit_limit",
        "credit_stated_time",
    ]
    left = {name.split(":")[4] for name in desk.server.scan("headrace:v2:{*") if not name.endswith("current")}
    assert left == {"position", "card", "references"}


def test_a_draft_goes_when_its_instalments_are_posted(desk: Desk) -> None:
    desk.ledger.say("invoice_held", "C1", "2026-03-04", document="DR1", amount=8_00, reasons=["po_missing"])
    assert desk.card()["drafts"] == "1"
    for at in (1, 2):
        desk.ledger.say(
            "invoice_released", "C1", "2026-03-05", document=f"DR1/P{at}", item_kind="invoice", amount=4_00,
            evidence=[f"part:{at}:2:DR1"], due_date=day("2026-04-05"),
        )  # fmt: skip
    assert "drafts" not in desk.card()


def told(name: str, event: str) -> Fact:
    return but(customer("C1", [], event), name=name)


def owned(role: str, owner: str, since: str, event: str) -> AccountOwner:
    time = instant("2026-01-01")
    return AccountOwner(event, time, "", "crm", "t1", "us01", "C1", time, role, owner, day(since))


def message(direction: str, on: str, status: str, document: str = "") -> Message:
    time = instant(on)
    return Message(
        f"m:{on}:{status}", time, "", "mail", "t1", "us01", "C1", time, f"M-{on}", direction, "email", status, document,
        "", "", "", "",
    )  # fmt: skip


def test_master_data_and_owners_are_as_last_said_and_as_of_the_day(desk: Desk) -> None:
    desk.facts.append([told("Old Ltd", "c:1"), told("New Ltd", "c:2"), told("Old Ltd", "c:1")])
    desk.facts.append([owned("collector", "ann", "2026-01-01", "o:1"), owned("collector", "bob", "2026-03-01", "o:2")])
    desk.at_the_end_of("2026-02-10")
    assert only(desk.card(), "name", "country", "owner") == {"name": "New Ltd", "country": "US", "owner": "ann"}
    desk.at_the_end_of("2026-03-01")
    assert desk.card()["owner"] == "bob"


def test_the_last_contact_is_the_latest_that_went_or_came(desk: Desk) -> None:
    desk.facts.append([message("in", "2026-01-05", "received", "INV-1"), message("out", "2026-01-03", "sent")])
    desk.facts.append([message("out", "2026-01-09", "queued")])
    contact = {"contact_time": str(instant("2026-01-05")), "contact_direction": "in", "contact_channel": "email"}
    assert only(desk.card(), "contact") == contact | {"contact_about": "INV-1"}
    desk.ledger.invoice("C1", "INV-1", 5_00, "2026-01-01", "2026-01-02")
    desk.ledger.say(
        "reminder_due", "C1", "2026-01-07", document="INV-1", item_kind="invoice", channel="letter", level=1,
        due_date=day("2026-01-02"),
    )  # fmt: skip
    assert only(desk.card(), "contact") == {
        "contact_time": str(instant("2026-01-07")),
        "contact_direction": "out",
        "contact_channel": "letter",
        "contact_about": "reminder 1",
    }


def test_references_are_found_in_any_spelling(desk: Desk) -> None:
    desk.ledger.invoice("C1", "INV-0012/A", 5_00, "2026-01-01", "2026-02-01")
    desk.ledger.invoice("C2", "inv0012a", 5_00, "2026-01-01", "2026-02-01")
    desk.ledger.receipt("C2", "0000", 5_00, "2026-01-01")
    views = desk.views()

    def found(reference: str) -> list[tuple[Any, ...]]:
        return [one[1:] for one in views.find(reference)]

    written = [("document", "t1/us01/C1", "INV-0012/A"), ("document", "t1/us01/C2", "inv0012a")]
    assert found("INV 0012 A") == written
    assert found("inv0012a") == written[::-1]
    assert found("c2") == [("account", "t1/us01/C2", "C2")]
    assert found("0000") == [("receipt", "t1/us01/C2", "0000")]
    assert found("INV-13") == []


def test_buckets_begin_and_end_where_reports_have_them() -> None:
    assert [bucket(days) for days in (-400, 0, 1, 30, 31, 60, 61, 90, 91, 9_000)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_a_members_id_may_have_anything_but_an_end_of_line() -> None:
    assert parts("t1/us01/C:1\nexception\nhold:I\nrelease.sla") == ("t1/us01/C:1", "exception", "hold:I\nrelease.sla")


def test_a_read_through_of_facts_alone_makes_cards_too(desk: Desk) -> None:
    desk.facts.append([told("New Ltd", "c:1")])
    assert desk.card()["name"] == "New Ltd"
    assert [one[1:] for one in desk.views().find("C1")] == [("account", ACCOUNT, "C1")]
    assert desk.log.end_offsets(FACTS) != [0, 0]
