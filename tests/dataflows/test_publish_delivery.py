"""Documents and letters leave once, by the channel that was decided, and what became of them comes back."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from dataflows.effects import wall_ms
from dataflows.effects_known import KnownInFile
from dataflows.effects_position import go_on_from
from dataflows.publishing import Patience, PublishStatus
from headrace.notices import ingest_notices
from schemas.records import CreditNote, InvoiceLine
from schemas.topics import DECISIONS, FACTS
from sinks.delivery import knowing
from sinks.delivery.approvals import approve
from sinks.delivery.office import APPROVED_FILE
from sinks.delivery.sink import DeliverySink, control_number
from sinks.effects.store import EffectStore, Position
from tests.connectors.test_notices import report
from tests.delivering import Delivering, office_at, outboxes
from tests.facts import DAY, header, invoice
from tests.live import ago
from tests.publishing import Never, append_fact, run_effects
from tests.raw_server import raw_server
from tests.sinks.delivery.http_server import http_inbox
from tests.sinks.delivery.mail_server import Mailbox, mail_server, open_mailbox
from tests.sinks.delivery.papers import LINES, buyer, text_of
from tests.sinks.delivery.test_x12 import read, sets

ROOT = Path(__file__).parents[2]
RE_1 = {"event_id": "RE-1", "document": "RE-1", "currency": "EUR", "amount": 13_878, "tax": 2_115, "lines": LINES}


def attached(mailbox: Mailbox, number: int = -1) -> list[tuple[str, bytes]]:
    mail = mailbox.got[number].mail
    return [(str(part.get_filename()), part.get_content()) for part in mail.iter_attachments()]


def test_an_invoice_leaves_once_with_what_was_posted(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1")
    with mail_server(open_mailbox()) as mailbox:
        for _ in range(2):
            delivering.run(office_at(mailbox.address))
        (got,) = mailbox.got
        ((name, pdf),) = attached(mailbox)
    assert got.receivers == ["ap@buyer.example"]
    assert got.mail["Subject"] == "Rechnung RE-1"
    assert name == "RE-1.pdf"
    assert "Rechnungsbetrag 138,78 €" in text_of(pdf)
    (told,) = delivering.told()
    assert (told.delivery_id, told.status, told.document) == ("delivery:RE-1:1", "sent", "RE-1")
    assert got.mail["Message-ID"] == f"<{told.message_id}@mail.example>"


def test_one_letter_has_all_its_items_what_it_costs_and_the_promise_that_was_broken(delivering: Delivering) -> None:
    promised = {"currency": "EUR", "amount": 8_000, "due_date": 20_495}
    delivering.ledger.say("promise_broken", "A-1", ago(days=3), reference_id="P-1", **promised)
    delivering.ledger.say(
        "promise_partially_kept", "A-1", ago(days=40), reference_id="P-2", item_amount=7_000, **promised
    )
    delivering.ledger.say("promise_broken", "A-1", ago(days=2), reference_id="P-3", **promised)
    delivering.ledger.say("promise_kept", "A-1", ago(days=1), reference_id="P-3", **promised)
    delivering.remind("RE-1", fact_offset=5, index=0, count=3)
    delivering.remind("RE-2", 5_000, level=3, fact_offset=5, index=1, count=3)
    delivering.ledger.say(
        "interest_charged", "A-1", ago(), document="RE-1/fee", counterparty="RE-1", amount=500, currency="EUR",
        rule="reminders.fee", item_kind="interest", due_date=20_514, evidence=["letter:A-1:20500", "level:3"],
        fact_offset=5, index=2, count=3,
    )  # fmt: skip
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        (got,) = mailbox.got
        ((_, pdf),) = attached(mailbox)
    body = got.mail.get_body(("plain",))
    assert body is not None
    for text in (" ".join(body.get_content().split()), text_of(pdf)):
        assert "RE-1" in text
        assert "138,78" in text
        assert "Mahngebühr RE-1/fee" in text
        assert "Gebühren und Zinsen 5,00 €" in text
        assert "Zu zahlen (EUR) 193,78 €" in text
        assert text.count("Sie hatten zugesagt") == 1
        assert "Sie hatten zugesagt, bis zum 11. Februar 2026 80,00 € zu zahlen; einen Zahlungseingang" in text
    assert delivering.statuses() == [("A-1:20500", "sent", "")]


@pytest.mark.parametrize("stalled", [{"silent": True}, {"rcpt": "451 4.3.2 system not accepting messages"}])
def test_with_the_server_stalled_and_the_customer_paying_meanwhile_nothing_leaves(
    stalled: dict[str, Any], delivering: Delivering
) -> None:
    """An hour or a day: the server takes connections and says nothing, or that it takes no message; then it is back."""
    euros = {"currency": "EUR", "amount": 13_878}
    delivering.ledger.say("item_posted", "A-1", ago(), document="RE-1", item_kind="invoice", **euros)
    delivering.ledger.say("receipt_booked", "A-1", ago(), receipt_id="R-1", **euros)
    delivering.remind("RE-1")
    with mail_server(open_mailbox(**stalled)) as mailbox:
        delivering.run(office_at(mailbox.address, timeout_seconds=0.5))
        assert delivering.effects()[0][:2] == ("RE-1", "waiting")
        delivering.ledger.say("cash_applied", "A-1", ago(), document="RE-1", receipt_id="R-1", **euros)
        mailbox.silent, mailbox.rcpt = False, ""
        delivering.no_pause()
        delivering.run(office_at(mailbox.address))
        assert mailbox.got == []
    assert delivering.effects() == [("RE-1", "withdrawn", "paid")]
    assert delivering.statuses() == [("A-1:20500", "expired", "withdrawn:paid")]


MAY_BE_THERE = "cash_or_credit_covers; an attempt had no answer, and may have arrived"


def test_a_letter_that_was_cut_off_and_is_paid_meanwhile_is_not_told_as_one_that_did_not_leave(
    delivering: Delivering, tmp_path: Path
) -> None:
    delivering.ledger.invoice("A-1", "RE-1", 13_878, ago(), "2026-02-01", currency="EUR")
    delivering.remind("RE-1", channel="letter")
    delivering.run(office_at(("127.0.0.1", 1)))
    with closing(EffectStore(delivering.directory / "effects" / "delivery.sqlite")) as store:
        # What a process leaves that dies after the file was put into the folder.
        store.start([1], wall_ms())
    delivering.ledger.receipt("A-1", "R-1", 5_000, ago(), currency="EUR")
    delivering.run(office_at(("127.0.0.1", 1), **outboxes(tmp_path)))
    assert list((tmp_path / "letter").iterdir()) == []
    assert delivering.effects() == [("RE-1", "withdrawn", MAY_BE_THERE)]
    assert delivering.statuses() == [("A-1:20500", "unknown", f"withdrawn:{MAY_BE_THERE}")]


def test_a_letter_whose_answer_was_lost_is_not_told_as_one_that_did_not_leave(delivering: Delivering) -> None:
    delivering.ledger.invoice("A-1", "RE-1", 13_878, ago(), "2026-02-01", currency="EUR")
    delivering.remind("RE-1", channel="portal")
    with raw_server(lambda connection: connection.recv(1) and None) as (host, port):
        office = office_at(("127.0.0.1", 1), portal={"url": f"http://{host}:{port}/"})
        delivering.run(office)
        delivering.ledger.receipt("A-1", "R-1", 5_000, ago(), currency="EUR")
        delivering.run(office)
    assert delivering.effects() == [("RE-1", "withdrawn", MAY_BE_THERE)]
    assert delivering.statuses() == [("A-1:20500", "unknown", f"withdrawn:{MAY_BE_THERE}")]


def test_what_could_not_leave_in_time_never_does(delivering: Delivering) -> None:
    delivering.ledger.say(
        "reminder_due", "A-1", ago(hours=25), document="RE-1", amount=1, currency="EUR", channel="email",
        reference_id="A-1:20500", level=1, item_kind="invoice", language="de",
    )  # fmt: skip
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert mailbox.got == []
    assert delivering.statuses() == [("A-1:20500", "expired", "not done in time, 0 attempts")]


def rejected_customer(delivering: Delivering, event_id: str = "customer:A-1") -> None:
    """Somebody else's address under the customer's number, which the rules reject."""
    offset = append_fact(
        delivering.log, buyer(event_id=event_id, account_id="A-1", name="Somebody else", email="else@x.example")
    )
    delivering.ledger.say(
        "fact_rejected", "A-1", ago(days=30), fact_offset=offset, cause_kind="customer", cause_id=event_id
    )


@pytest.mark.parametrize("earlier", [False, True], ids=["file-lost", "file-of-an-earlier-version"])
def test_what_was_rejected_before_the_sink_began_goes_nowhere(earlier: bool, delivering: Delivering) -> None:
    """Its file was lost, or is one that heeded nothing of before it began and learned what was not decided yet."""
    path = delivering.directory / "effects" / "delivery.sqlite"
    rejected_customer(delivering)
    delivering.fact(invoice(**RE_1))
    promised = {"currency": "EUR", "amount": 8_000, "due_date": 20_495}
    delivering.ledger.say("promise_broken", "A-1", ago(days=3), reference_id="P-1", **promised)
    delivering.write()
    go_on_from(delivering.log, "delivery", path, dict(enumerate(delivering.log.end_offsets(DECISIONS))), 1)
    if earlier:
        with closing(EffectStore(path)) as store, store.transaction():
            known = KnownInFile(store, delivering.log, Patience("", Never(), PublishStatus()))
            shard = delivering.ledger.shard_of("A-1")
            for offset in range(delivering.log.end_offsets(FACTS)[shard]):
                knowing.learn(shard, offset, known.fact(shard, offset), known)
            store.move(FACTS, {s: Position(n) for s, n in enumerate(delivering.log.end_offsets(FACTS))})
    delivering.remind("RE-1")
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert [got.receivers for got in mailbox.got] == [["ap@buyer.example"]]
        ((_, pdf),) = attached(mailbox)
    assert "Sie hatten zugesagt, bis zum 11. Februar 2026 80,00 € zu zahlen" in text_of(pdf)
    # What it heeded of before it began it did not do.
    assert delivering.effects() == [("RE-1", "done", "250 taken")]


def test_what_the_rules_have_not_come_to_and_what_they_rejected_ten_times_goes_nowhere(delivering: Delivering) -> None:
    for number in range(11):
        rejected_customer(delivering, f"customer:A-1:{number}")
    delivering.fact(invoice(**RE_1))
    decided = delivering.log.end_offsets(FACTS)[delivering.ledger.shard_of("A-1")] - 1
    append_fact(delivering.log, buyer(event_id="customer:late", account_id="A-1", name="Else", email="else@x.example"))
    delivering.request("RE-1", fact_offset=decided)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert [got.receivers for got in mailbox.got] == [["ap@buyer.example"]]


def test_history_mails_nobody(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    for year in range(10):
        delivering.request("RE-1", number=year + 1, origin="history")
        delivering.remind("RE-1", origin="history", reference_id=f"A-1:{year}")
    with mail_server(open_mailbox()) as mailbox:
        status = delivering.run(office_at(mailbox.address))
        assert mailbox.got == []
    assert status.history == 20
    assert delivering.effects() == []


def test_killed_between_the_last_line_and_the_record_it_is_unknown_and_not_repeated(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1")
    delivering.write()
    with mail_server(Mailbox()) as mailbox:
        command = [sys.executable, "-m", "tests.delivering", str(delivering.directory), *map(str, mailbox.address)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        # The server has all of the message, and has not said so.
        assert mailbox.asked.wait(60)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        mailbox.stall.set()
        for _ in range(2):
            delivering.run(office_at(mailbox.address))
        assert len(mailbox.got) == 1
    ((document, state, detail),) = delivering.effects()
    assert (document, state) == ("RE-1", "unknown")
    assert detail == "the process ended while it was being sent, and it may have arrived"
    assert delivering.statuses() == [("delivery:RE-1:1", "unknown", detail)]


def test_what_is_not_approved_does_not_leave(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1")
    delivering.remind("RE-2", template="final_notice", fact_offset=77)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address, approved=False))
        assert mailbox.got == []
    assert delivering.effects() == [
        ("RE-1", "failed", "template de/invoice is not approved: headrace templates approve"),
        ("RE-2", "failed", "there is no template final_notice in de-DE, en"),
    ]
    assert [status for _, status, _ in delivering.statuses()] == ["bounced", "bounced"]


def test_a_language_that_is_none_is_written_to_in_the_fallback(delivering: Delivering) -> None:
    delivering.customer("A-2")
    delivering.remind("RE-1", language="\u00fc" * 128)
    delivering.remind("RE-2", account="A-2")
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        subjects = sorted(got.mail["Subject"] for got in mailbox.got)
    assert [state for _, state, _ in delivering.effects()] == ["done", "done"]
    assert subjects == ["Mahnung, Kundennummer A-2", "Second payment reminder, account A-1"]


def test_a_server_that_takes_nothing_from_us_bounces_nobody(delivering: Delivering) -> None:
    for account in ("A-2", "A-3"):
        delivering.customer(account)
        delivering.remind(f"RE-{account}", account=account)

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        for line in connection.makefile("rb"):
            wants = line[:4].upper() == b"MAIL"
            connection.sendall(b"530 5.7.0 Authentication required\r\n" if wants else b"250 ok\r\n")

    with raw_server(talk) as address:
        delivering.run(office_at(address))
        assert [state for _, state, _ in delivering.effects()] == ["waiting", "waiting"]
        assert delivering.statuses() == []
        with closing(EffectStore(delivering.directory / "effects" / "delivery.sqlite")) as store:
            (row,) = store.targets().values()
            assert row.off_why == "the mail server does not take mail from us: 530 5.7.0 Authentication required"
            store.set_target(row._replace(off_ms=0, off_why=""))
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert len(mailbox.got) == 2
    assert [status for _, status, _ in delivering.statuses()] == ["sent", "sent"]


def test_what_is_approved_while_the_sink_runs_leaves_when_it_is_tried_again(
    delivering: Delivering, tmp_path: Path
) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1")
    with mail_server(open_mailbox()) as mailbox:
        office = replace(office_at(mailbox.address, approved=False), folder=tmp_path)
        delivering.run(office)
        ((_, state, _),) = delivering.effects()
        digest = office.any_template("invoice", "de").digest
        approve(tmp_path / APPROVED_FILE, {"de/invoice": digest}, "kim", "2026-03-02T00:00:00+00:00")
        with closing(EffectStore(delivering.directory / "effects" / "delivery.sqlite")) as store:
            assert (state, store.again(1, wall_ms())) == ("failed", "")
            delivering.run(office)
            assert [(row.state, row.attempts) for row in store.rows()] == [("done", 2)]
        assert len(mailbox.got) == 1


@pytest.mark.parametrize(
    ("changes", "amount", "said"),
    [
        ({}, 13_877, "RE-1: it was posted with 138.77, and what has come for it has 138.78"),
        ({"document": "RE-9"}, 13_878, "RE-1: no invoice or credit note of that number has come for account A-1"),
    ],
)
def test_what_is_not_what_was_posted_does_not_leave(
    changes: dict[str, Any], amount: int, said: str, delivering: Delivering
) -> None:
    delivering.fact(invoice(**(RE_1 | changes)))
    delivering.request("RE-1", amount)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert mailbox.got == []
    assert delivering.effects() == [("RE-1", "failed", said)]


def test_of_two_facts_of_one_number_the_one_that_was_posted_leaves(delivering: Delivering) -> None:
    delivering.fact(
        invoice(**RE_1), invoice(**(RE_1 | {"event_id": "again", "amount": 991, "tax": 158, "lines": LINES[:1]}))
    )
    delivering.request("RE-1")
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        assert "138,78 €" in text_of(attached(mailbox)[0][1])


def test_what_the_rules_rejected_is_in_no_document(delivering: Delivering) -> None:
    """The same ids once more, with another address, and with other lines of the same amount."""
    other = InvoiceLine(1, 1, "P-9", 2_500, 3_333_333, 833, 158, "S19")
    delivering.fact(invoice(**RE_1))
    again = [
        buyer(event_id="customer:A-1", account_id="A-1", name="Somebody else", email="else@x.example"),
        invoice(**(RE_1 | {"lines": [other, *LINES[1:]]})),
    ]
    for fact in again:
        offset = append_fact(delivering.log, fact)
        delivering.ledger.say(
            "fact_rejected", "A-1", ago(), fact_offset=offset, cause_kind=fact.kind, cause_id=fact.event_id
        )
    delivering.request("RE-1")
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        (got,) = mailbox.got
        text = text_of(attached(mailbox)[0][1])
    assert got.receivers == ["ap@buyer.example"]
    assert "P-1" in text
    assert "P-9" not in text
    assert "Somebody else" not in text


def test_a_draft_that_was_billed_in_parts_leaves_part_by_part(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    # Of 2.5, 3 and 1 pieces: 2 of the first and all of the second; then the rest, of which one half again.
    billed = [
        "rest:RE-1/2",
        "billed_line:1:2:667:127",
        "billed_line:2:3:9930:1887",
        "rest_line:1:0.5:166:31",
        "rest_line:3:1:1000:70",
    ]
    delivering.ledger.say(
        "invoice_released", "A-1", ago(), document="RE-1", amount=12_611, currency="EUR", evidence=billed
    )
    again = ["rest:RE-1/3", "billed_line:1:0.5:166:31", "rest_line:3:1:1000:70"]
    delivering.ledger.say(
        "invoice_released", "A-1", ago(), document="RE-1/2", amount=197, currency="EUR", evidence=again
    )
    for document, amount in (("RE-1", 12_611), ("RE-1/2", 197), ("RE-1/3", 1_070)):
        delivering.request(document, amount)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        texts = [text_of(attached(mailbox, number)[0][1]) for number in range(len(mailbox.got))]
    assert [detail for _, state, detail in delivering.effects() if state != "done"] == []
    for number, total in (("RE-1 ", "126,11 €"), ("RE-1/2", "1,97 €"), ("RE-1/3", "10,70 €")):
        (text,) = [one for one in texts if f"Rechnung {number}" in one]
        assert f"Rechnungsbetrag {total}" in text


def test_documents_of_one_consolidated_number_leave_together(delivering: Delivering, tmp_path: Path) -> None:
    second = RE_1 | {"event_id": "RE-2", "document": "RE-2", "amount": 991, "tax": 158, "lines": LINES[:1]}
    delivering.fact(invoice(**RE_1), invoice(**second))
    delivering.request("SR-1", 14_869, candidates=["RE-1", "RE-2"])
    delivering.request("SR-2", 14_868, candidates=["RE-1", "RE-2"])
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        (got,) = mailbox.got
        assert [name for name, _ in attached(mailbox)] == ["RE-1.pdf", "RE-2.pdf"]
    body = got.mail.get_body(("plain",))
    assert body is not None
    assert "unsere Rechnungen SR-1 über 148,69 €" in " ".join(body.get_content().split())
    assert ("SR-2", "failed", "SR-2: 148.68 were posted, its documents have 148.69") in delivering.effects()


def test_by_edi_each_interchange_has_a_number_of_its_own(delivering: Delivering, tmp_path: Path) -> None:
    delivering.fact(*[invoice(**(RE_1 | {"event_id": f"RE-{n}", "document": f"RE-{n}"})) for n in range(3)])
    for number in range(3):
        delivering.request(f"RE-{number}", channel="edi")
    office = office_at(("127.0.0.1", 1), **outboxes(tmp_path))
    for _ in range(2):
        delivering.run(office)
    files = sorted((tmp_path / "edi").iterdir())
    assert len(files) == 3
    segments = [read(path.read_bytes()) for path in files]
    numbers = [int(one[0][13]) for one in segments]
    assert numbers == [control_number(path.stem, 256) for path in files]
    assert len(set(numbers)) == 3
    assert sorted(sets(one)[0][1][2] for one in segments) == ["RE-0", "RE-1", "RE-2"]
    assert [(status, reason) for _, status, reason in delivering.statuses()] == [("sent", "")] * 3


@pytest.mark.parametrize("start", ["end", "begin"])
def test_an_interchange_keeps_its_number_when_the_sinks_file_was_lost(
    start: str, delivering: Delivering, tmp_path: Path
) -> None:
    delivering.fact(*[invoice(**(RE_1 | {"event_id": f"RE-{n}", "document": f"RE-{n}"})) for n in range(3)])
    office = office_at(("127.0.0.1", 1), **outboxes(tmp_path))
    folder = tmp_path / "edi"

    def left() -> dict[str, str]:
        found = {path.name: read(path.read_bytes()) for path in folder.iterdir()}
        return {sets(one)[0][1][2]: one[0][13] for one in found.values()}

    delivering.request("RE-0", channel="edi")
    delivering.request("RE-1", channel="edi")
    delivering.run(office)
    before = left()
    delivering.request("RE-2", channel="edi")
    ends = dict(enumerate(delivering.log.end_offsets("decisions")))
    delivering.write()
    for path in (delivering.directory / "effects").iterdir():
        path.unlink()
    offsets = ends if start == "end" else dict.fromkeys(ends, 0)
    go_on_from(delivering.log, "delivery", delivering.directory / "effects" / "delivery.sqlite", offsets, 1)
    for path in folder.iterdir():
        path.rename(tmp_path / path.name)
    delivering.run(office)
    after = left()
    assert after.keys() == ({"RE-2"} if start == "end" else {"RE-0", "RE-1", "RE-2"})
    assert after["RE-2"] not in before.values()
    assert {name: after.get(name, number) for name, number in before.items()} == before


def test_control_numbers_fit_and_do_not_repeat_in_a_log() -> None:
    log = "e794713e5f65ab07"
    first = control_number(f"{log}-0-0", 16)
    assert first == 1 + 0xE794713E5F65AB07 % 999_999_999
    numbers = {control_number(f"{log}-{shard}-{sequence}", 16) for shard in range(16) for sequence in range(1_000)}
    assert len(numbers) == 16_000
    assert control_number(f"{log}-15-62499998", 16) not in numbers
    # After the greatest it goes on from 1, up to the one before the first.
    assert control_number(f"{log}-0-{999_999_999 - first + 1}", 1) == 1
    assert control_number(f"{log}-0-999999998", 1) == first - 1
    assert control_number(f"{log}-0-999999999", 1) == first
    assert control_number("0000000000000000-0-0", 16) == 1
    assert control_number("000000003b9ac9fe-0-0", 16) == 999_999_999


def test_letters_for_the_printer(delivering: Delivering, tmp_path: Path) -> None:
    delivering.remind("RE-1", channel="letter")
    delivering.remind("RE-2", channel="edi", reference_id="A-1:20501", fact_offset=9)
    delivering.remind("RE-3", channel="phone", reference_id="A-1:20502", fact_offset=10)
    delivering.run(office_at(("127.0.0.1", 1), **outboxes(tmp_path)))
    (printed,) = (tmp_path / "letter").iterdir()
    assert "Zu zahlen (EUR) 138,78 €" in text_of(printed.read_bytes())
    assert sorted(delivering.statuses()) == [
        ("A-1:20500", "delivered", ""),
        ("A-1:20501", "bounced", "a reminder does not leave by EDI"),
    ]


def test_an_api_gets_it_again_under_the_same_key_until_it_has_it(delivering: Delivering) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1", channel="api")
    with http_inbox() as inbox:
        office = office_at(("127.0.0.1", 1), api={"url": inbox.url, "form": "ubl"})
        inbox.status = 503
        delivering.run(office)
        inbox.status = 201
        delivering.no_pause()
        delivering.run(office)
        keys = [headers["idempotency-key"] for _, _, headers, _ in inbox.requests]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert b"<cbc:ID>RE-1</cbc:ID>" in inbox.taken[keys[0]]
    assert delivering.statuses() == [("delivery:RE-1:1", "delivered", "")]


def test_a_credit_note_leaves_as_one(delivering: Delivering) -> None:
    fields = header("GS-1") | {"document": "GS-1", "document_date": DAY, "posting_date": DAY, "reason": "PRC"}
    note = CreditNote(**fields, currency="EUR", amount=1_190, tax=190, invoice="RE-1", replaces="")
    delivering.fact(invoice(**(RE_1 | {"lines": LINES})), note)
    delivering.request("GS-1", 1_190)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        text = text_of(attached(mailbox)[0][1])
    assert "Gutschrift GS-1" in text
    assert "Zu Rechnung RE-1" in text
    assert "Bitte zahlen Sie diesen Betrag nicht." in text


def test_bounces_and_notices_of_reading_come_back(delivering: Delivering, tmp_path: Path) -> None:
    delivering.fact(invoice(**RE_1))
    delivering.request("RE-1")
    delivering.remind("RE-2", fact_offset=50)
    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        ids = [got.mail["Message-ID"].strip("<>") for got in mailbox.got if "Rechnung" in got.mail["Subject"]]
        letters = [got.mail["Message-ID"].strip("<>") for got in mailbox.got if "Rechnung" not in got.mail["Subject"]]
    box = tmp_path / "maildir"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    failed = "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 mailbox full\n"
    read_it = f"Original-Message-ID: <{letters[0]}>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    mails = {
        "1": report("message/delivery-status", failed, f"Message-ID: <{ids[0]}>\n"),
        "2": report("message/disposition-notification", read_it, "Subject: x\n"),
        "3": b"Subject: I am on holiday\r\n\r\n",
        "4": report("message/delivery-status", failed, "Message-ID: <0123456789abcdef-0-0@mail.example>\n"),
    }
    for name, raw in mails.items():
        (box / "new" / name).write_bytes(raw)
    said: list[str] = []
    wall_ms = 1_800_000_000_000
    found = ingest_notices(delivering.log, box, wall_ms, said.append, lambda: True)
    assert (found.read, found.refused, dict(found.facts)) == (4, 2, {"bounced": 1, "viewed": 1})
    assert [text.rpartition("new/")[2] for text in said] == [
        "3: is no delivery status or disposition notification",
        "4: is about <0123456789abcdef-0-0@mail.example>, which is no message of this installation",
    ]
    assert list((box / "new").iterdir()) == []
    assert sorted(path.name for path in (box / "cur").iterdir()) == ["1:2,S", "2:2,S", "3:2,FS", "4:2,FS"]
    # The notices say a day of March: nothing comes back before it left.
    assert {m.event_time for m in delivering.told() if m.source == "mail"} == {
        d.recorded_time for d in delivering.ledger.decisions if d.kind in ("delivery_requested", "reminder_due")
    }
    back = {(m.delivery_id, m.status, m.reason, m.document) for m in delivering.told() if m.source == "mail"}
    assert back == {
        ("delivery:RE-1:1", "bounced", "5.2.2 smtp; 552 mailbox full", "RE-1"),
        ("A-1:20500", "viewed", "", ""),
    }
    # The same mail again says the same under the same id.
    again = tmp_path / "again.eml"
    again.write_bytes(mails["1"])
    ingest_notices(delivering.log, again, wall_ms + 5, said.append, lambda: True)
    bounced = [m for m in delivering.told() if m.status == "bounced"]
    assert len({(m.event_id, m.event_time) for m in bounced}) == 1
    assert len(bounced) == 2


@pytest.mark.parametrize("greets", [False, True])
def test_a_mail_server_that_drips_holds_up_no_other_channel(
    greets: bool, delivering: Delivering, tmp_path: Path
) -> None:
    over = Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n" if greets else b"2")
        while not over.wait(0.1):
            connection.sendall(b"2")

    class Hasty(DeliverySink):
        @property
        def seconds(self) -> float:
            return 1.0

    delivering.customer("A-2")
    delivering.remind("RE-1")
    delivering.remind("RE-2", channel="letter", account="A-2")
    delivering.write()
    # What froze until the server let go would be seen, and not wait for ever.
    let_go = Timer(20, over.set)
    let_go.start()
    began = time.monotonic()
    with raw_server(talk) as address:
        sink = Hasty(office_at(address, **outboxes(tmp_path)))
        run_effects(delivering.log, sink, delivering.directory)
        took = time.monotonic() - began
        over.set()
    let_go.cancel()
    assert took < 15
    (mail, letter) = delivering.effects()
    assert mail[:2] == ("RE-1", "waiting")
    assert "SMTPServerDisconnected" in mail[2]
    assert "it broke off within an answer" in mail[2]
    assert letter[:2] == ("RE-2", "done")
    assert len(list((tmp_path / "letter").iterdir())) == 1
