"""Statements of account leave once, as letters do, and what became of them comes back."""

from pathlib import Path
from typing import Any

from headrace.notices import ingest_notices
from tests.connectors.test_notices import report
from tests.delivering import Delivering, office_at, outboxes
from tests.live import ago
from tests.sinks.delivery.mail_server import Mailbox, mail_server, open_mailbox
from tests.sinks.delivery.papers import text_of

DAY = 20_500
EVIDENCE = [
    "since_day:20469",
    "opening:5000",
    "debits:13878",
    "credits:-1500",
    "cash:-7000",
    "other:0",
    "closing:10378",
]
ITEMS = [
    f"open_item:{DAY - 40}:{DAY - 10}:13878:13878:2000:invoice:RE-1",
    f"open_item:{DAY - 5}:{DAY - 5}:1500:1500:0:credit_note:GS:1",
]


def booked(delivering: Delivering) -> None:
    """138.78 owed, of it 20.00 contested; 15.00 credited, and 20.00 paid that are applied to nothing."""
    delivering.ledger.say(
        "item_posted", "A-1", ago(), document="RE-1", item_kind="invoice", amount=13_878, currency="EUR"
    )
    delivering.ledger.say(
        "item_posted", "A-1", ago(), document="GS:1", item_kind="credit_note", amount=1_500, currency="EUR"
    )
    delivering.ledger.say("receipt_booked", "A-1", ago(), receipt_id="R-1", amount=2_000, currency="EUR")


def state(delivering: Delivering, on: str = "", **fields: Any) -> None:
    said = {
        "amount": 10_378, "item_amount": 5_000, "currency": "EUR", "posting_date": DAY, "channel": "email",
        "language": "de-DE", "reference_id": f"statement:EUR:{DAY}", "rule": "statements.scheduled",
        "evidence": EVIDENCE + ITEMS,
    }  # fmt: skip
    delivering.ledger.say("statement", "A-1", on or ago(), **(said | fields))


def sent(delivering: Delivering, **changes: Any) -> Mailbox:
    """The mailbox after the sink was run twice."""
    with mail_server(open_mailbox()) as mailbox:
        for _ in range(2):
            delivering.run(office_at(mailbox.address, **changes))
    return mailbox


def test_a_statement_leaves_once_with_its_movements_and_what_is_open(delivering: Delivering) -> None:
    booked(delivering)
    state(delivering)
    # It says what was so: who has paid since is sent it all the same.
    delivering.ledger.say("cash_applied", "A-1", ago(), document="RE-1", receipt_id="R-1", amount=2_000, currency="EUR")
    (got,) = sent(delivering).got
    assert got.receivers == ["ap@buyer.example"]
    assert got.mail["Subject"] == "Kontoauszug zum 16. Februar 2026, Kundennummer A-1"
    (part,) = got.mail.iter_attachments()
    assert part.get_filename() == "Kontoauszug-A-1.pdf"
    body = got.mail.get_body(("plain",))
    assert body is not None
    for text in (" ".join(body.get_content().split()), text_of(part.get_content())):
        assert "Ihr Konto weist einen offenen Saldo von 103,78 € aus." in text
        assert "Von den Posten sind 118,78 € überfällig." in text
        assert (
            "Anfangssaldo (16.01.2026) 50,00 Rechnungen und Belastungen 138,78 Gutschriften -15,00 Zahlungen -70,00"
            in text
        )
        assert "Sonstiges" not in text
        assert "RE-1 07.01.2026 06.02.2026 10 138,78 138,78 (davon strittig 20,00)" in text
        assert "GS:1 (Gutschrift) 11.02.2026" in text
        assert "-15,00 -15,00" in text
        sums = "Posten 123,78 € Noch nicht zugeordnete Zahlungen -20,00 € Saldo (EUR) 103,78 €"
        assert sums in text
    assert delivering.statuses() == [(f"statement:EUR:{DAY}", "sent", "")]
    (told,) = delivering.told()
    assert (told.document, told.channel, told.template) == ("", "email", "")
    assert got.mail["Message-ID"] == f"<{told.message_id}@mail.example>"


def test_of_history_and_without_a_channel_nobody_is_sent_one(delivering: Delivering) -> None:
    booked(delivering)
    state(delivering, origin="history")
    # What was decided before statements were sent says no channel.
    state(delivering, channel="", evidence=EVIDENCE)
    assert sent(delivering).got == []
    assert delivering.effects() == []


def test_from_words_that_nobody_approved_or_too_late_none_leaves(delivering: Delivering) -> None:
    booked(delivering)
    state(delivering, ago(hours=73))
    state(delivering)
    assert sent(delivering, approved=False).got == []
    assert delivering.effects() == [
        ("", "expired", "not done in time, 0 attempts"),
        ("", "failed", "template de/statement is not approved: headrace templates approve"),
    ]
    assert sorted(status for _, status, _ in delivering.statuses()) == ["bounced", "expired"]


def test_what_does_not_add_up_does_not_leave(delivering: Delivering) -> None:
    booked(delivering)
    state(delivering, amount=10_379)
    state(delivering, item_amount=5_001)
    assert sent(delivering).got == []
    (first, second) = [detail for _, _, detail in delivering.effects()]
    assert first == f"statement:EUR:{DAY}: it closes with 103.79, which is not what it adds up to"
    assert second == f"statement:EUR:{DAY}: it closes with 103.78, which is not what it adds up to"


def test_what_is_open_beyond_the_list_is_a_sum(delivering: Delivering, tmp_path: Path) -> None:
    booked(delivering)
    state(delivering, evidence=EVIDENCE + ITEMS[1:], channel="letter", language="fr-FR")
    delivering.run(office_at(("127.0.0.1", 1), **outboxes(tmp_path)))
    (printed,) = (tmp_path / "letter").iterdir()
    text = text_of(printed.read_bytes())
    assert (
        "Pièces -15,00 € Autres pièces ouvertes 138,78 € Paiements non encore affectés -20,00 € Solde (EUR) 103,78 €"
        in text
    )
    assert "Toutes les pièces ouvertes ne figurent pas ici." in text
    assert delivering.statuses() == [(f"statement:EUR:{DAY}", "delivered", "")]


def test_that_it_bounced_comes_back(delivering: Delivering, tmp_path: Path) -> None:
    booked(delivering)
    state(delivering)
    (got,) = sent(delivering).got
    failed = "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 mailbox full\n"
    mail = tmp_path / "bounce.eml"
    mail.write_bytes(report("message/delivery-status", failed, f"Message-ID: {got.mail['Message-ID']}\n"))
    found = ingest_notices(delivering.log, mail, 1_900_000_000_000, lambda text: None, lambda: True)
    assert dict(found.facts) == {"bounced": 1}
    back = [(m.delivery_id, m.status, m.document) for m in delivering.told() if m.source == "mail"]
    assert back == [(f"statement:EUR:{DAY}", "bounced", "")]
