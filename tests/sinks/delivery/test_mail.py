"""Messages as they are written, and handed to a real mail server."""

import socket
import ssl
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from sinks.delivery.channels.smtp import Mailer
from sinks.delivery.documents.figures import NoDocument
from sinks.delivery.documents.mail import Attachment, Mail, address_of, html_text, letter_words, message, plain_text
from sinks.delivery.setup import Email
from sinks.effects.base import Outcome, Result
from tests.raw_server import raw_server
from tests.sinks.delivery.mail_server import Mailbox, mail_server, open_mailbox
from tests.sinks.delivery.papers import letter, wording

KEY = "0123456789abcdef-3-42"
SENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def made(language: str = "de-DE", **parties: Any) -> Mail:
    figures = letter()
    words = letter_words(figures, wording("reminder", language))
    attachment = Attachment("Mahnung.pdf", "pdf", b"%PDF-1.7 any")
    seller, buyer = parties.get("sender", figures.seller), parties.get("receiver", figures.buyer)
    return message(words, [attachment], seller, buyer, f"{KEY}@mail.example", SENT, "read@seller.example")


def read(mail: Mail) -> EmailMessage:
    """As a mail program reads it."""
    found = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def setting(mailbox: Mailbox, **changes: Any) -> Email:
    fields = {"host": mailbox.address[0], "port": mailbox.address[1], "security": "none", "domain": "mail.example"}
    return Email(**(fields | {"bounces_to": "bounces@seller.example"} | changes))


def sent(mailbox: Mailbox, receiver: str = "ap@buyer.example", **changes: Any) -> Outcome:
    return Mailer(setting(mailbox, **changes)).send(1, KEY, made(), receiver)


def test_text_and_html_say_the_same_and_nothing_of_it_is_markup() -> None:
    figures = letter()
    words = letter_words(figures, wording("reminder", "de-DE"))
    text, html = plain_text(words, figures.seller), html_text(words, figures.seller)
    assert "RE-1" in text
    assert "100,00 (davon strittig 20,00)" in text
    assert "Zu zahlen (EUR)" in text
    assert "135,00" in text
    assert "<td" in html
    assert "100,00 (davon strittig 20,00)" in html
    bad = replace(figures, buyer=replace(figures.buyer, name="<script>"), account="<img src=x>")
    evil = letter_words(bad, wording("reminder", "de-DE"))
    assert "<img" not in html_text(evil, figures.seller)
    assert "&lt;img src=x&gt;" in html_text(evil, figures.seller)


def test_a_message_names_its_effect_and_nobody_answers_it() -> None:
    mail = read(made())
    assert mail["Message-ID"] == f"<{KEY}@mail.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"].addresses[0].addr_spec == "ap@buyer.example"
    assert mail["From"].addresses[0].display_name == "Küchen & Söhne GmbH"
    assert mail["Disposition-Notification-To"] == "read@seller.example"
    assert mail["Date"].datetime == SENT
    assert mail["Subject"] == "Dringende Mahnung, Kundennummer A-1"


def test_names_cannot_add_headers() -> None:
    figures = letter()
    mail = read(made(receiver=replace(figures.buyer, name="A\r\nBcc: x@y.example")))
    assert "Bcc" not in mail
    for wrong in (
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: x@y.example",
        "a b@c.example",
        "@x.example",
        "jörg@x.example",
        "ap@müller.example",
    ):
        with pytest.raises(NoDocument, match="the email address of the customer"):
            address_of(wrong, "the customer")


def test_a_server_gets_it_whole_and_is_asked_for_a_notification() -> None:
    with mail_server(open_mailbox()) as mailbox:
        outcome = sent(mailbox, receiver="ap+x@buyer.example")
        (got,) = mailbox.got
    assert outcome.result is Result.done
    assert (got.sender, got.receivers) == ("bounces@seller.example", ["ap+x@buyer.example"])
    # The library writes them in capitals.
    asked = [f"ENVID={KEY}", "NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;ap+2Bx@buyer.example", "RET=HDRS"]
    assert sorted(got.options) == sorted(one.upper() for one in asked)
    assert got.content.isascii(), "a server without 8BITMIME takes it too"
    body = got.mail.get_body(("plain",))
    assert body is not None
    assert "Sehr geehrte Damen und Herren" in body.get_content()
    (attached,) = got.mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Mahnung.pdf", b"%PDF-1.7 any")


def test_a_server_that_cannot_notify_is_not_asked() -> None:
    with mail_server(open_mailbox(dsn=False)) as mailbox:
        assert sent(mailbox).result is Result.done
        assert mailbox.got[0].options == []


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"rcpt": "550 5.1.1 no such user"}, Result.refused),
        ({"rcpt": "451 4.7.1 come later"}, Result.later),
        ({"data": "554 5.7.1 looks like spam"}, Result.refused),
        ({"data": "452 4.3.1 disk full"}, Result.later),
        ({"rcpt": "421 4.3.2 closing"}, Result.later),
    ],
)
def test_what_a_server_says_is_for_good_or_for_now(changes: dict[str, str], result: Result) -> None:
    with mail_server(open_mailbox(**changes)) as mailbox:
        outcome = sent(mailbox)
        assert mailbox.got == []
    assert (outcome.result, outcome.detail) == (result, next(iter(changes.values())))


@pytest.mark.parametrize(
    ("said", "result", "told"),
    [
        ({"220": "554 5.3.2 No SMTP service here"}, Result.later, "554 5.3.2 No SMTP service here"),
        ({"220": "421 busy"}, Result.later, "421 busy"),
        ({"EHLO": "550 go away", "HELO": "550 go away"}, Result.later, "550 go away"),
        ({"EHLO": "502 what?", "HELO": "250 x", "RCPT": "550 no such user"}, Result.refused, "550 no such user"),
        ({"MAIL": "503 5.5.1 say EHLO first"}, Result.later, "503 5.5.1 say EHLO first"),
        ({"MAIL": "553 5.1.8 no such sender"}, Result.later, "553 5.1.8 no such sender"),
        ({"MAIL": "550 5.7.1 not from this host"}, Result.off, "550 5.7.1 not from this host"),
        ({"MAIL": "530 5.7.0 Authentication required"}, Result.off, "530 5.7.0 Authentication required"),
        ({"MAIL": "534 5.7.9 too weak"}, Result.off, "534 5.7.9 too weak"),
        ({"MAIL": "538 5.7.11 encrypt"}, Result.off, "538 5.7.11 encrypt"),
        ({"RCPT": "530 5.7.0 Authentication required"}, Result.off, "530 5.7.0 Authentication required"),
        ({"RCPT": "550 5.1.1 no such user"}, Result.refused, "550 5.1.1 no such user"),
        ({"DATA": "554 5.7.1 no"}, Result.refused, "554 5.7.1 no"),
    ],
)
def test_only_what_is_said_of_the_receiver_and_the_message_is_no_word_about_us(
    said: dict[str, str], result: Result, told: str
) -> None:
    words = {"220": "220 x", "EHLO": "250 x", "HELO": "250 x", "MAIL": "250 ok", "RCPT": "250 ok"} | said

    def talk(connection: socket.socket) -> None:
        connection.sendall(f"{words['220']}\r\n".encode())
        for line in connection.makefile("rb"):
            connection.sendall(words.get(line[:4].decode().upper(), "451 no").encode() + b"\r\n")

    with raw_server(talk) as address:
        outcome = sent(Mailbox(address=address))
    about_us = "the mail server does not take mail from us: " if result is Result.off else ""
    assert (outcome.result, outcome.detail) == (result, about_us + told)


def test_who_is_not_answered_to_quit_does_not_wait_for_it() -> None:
    over = Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        whole = False
        for line in connection.makefile("rb"):
            if line == b"QUIT\r\n":
                over.wait(20)
                return
            if not whole or line == b".\r\n":
                connection.sendall(b"354 go\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
            whole = (whole or line == b"DATA\r\n") and line != b".\r\n"

    with raw_server(talk) as address:
        began = time.monotonic()
        outcome = sent(Mailbox(address=address))
        took = time.monotonic() - began
        over.set()
    assert outcome.result is Result.done
    assert took < 5


def test_a_connection_that_breaks_after_the_last_line_leaves_it_unknown() -> None:
    with mail_server(open_mailbox(drop=True)) as mailbox:
        outcome = sent(mailbox)
        assert len(mailbox.got) == 1
    assert outcome.result is Result.unknown


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (b"252 queued\r\n", Result.done), (b"OK queued\r\n", Result.unknown), (b"2", Result.unknown), (b"45", Result.unknown),
        (b"354 go on\r\n", Result.unknown), (b"452 full\r\n", Result.later), (b"554 no\r\n", Result.refused),
    ],
)  # fmt: skip
def test_a_message_that_was_sent_whole_is_sent_again_only_where_the_server_says_that_it_has_it_not(
    said: bytes, result: Result
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        whole = False
        for line in connection.makefile("rb"):
            if line == b".\r\n":
                connection.sendall(said)
                return
            whole = whole or line == b"DATA\r\n"
            if line == b"DATA\r\n":
                connection.sendall(b"354 go\r\n")
            elif not whole:
                connection.sendall(b"250 ok\r\n")

    with raw_server(talk) as address:
        assert sent(Mailbox(address=address)).result is result


@pytest.mark.parametrize("said", ["421 4.3.2 shutting down", "500 what?", "554 no"])
def test_a_message_that_was_taken_is_sent_whatever_the_server_says_at_the_end(said: str) -> None:
    with mail_server(open_mailbox(quit=said)) as mailbox:
        assert sent(mailbox).result is Result.done
        assert len(mailbox.got) == 1


def test_what_a_server_says_is_told_without_the_address() -> None:
    with mail_server(open_mailbox(rcpt="550 5.1.1 <AP@buyer.example>: user unknown")) as mailbox:
        assert sent(mailbox).detail == "550 5.1.1 <the customer's address>: user unknown"


@pytest.mark.parametrize(
    "said",
    [
        {"AUTH": "334 !!!not base64!!!a"}, {"AUTH": "334 " + "A" * 4_001}, {"EHLO": "250 " + "x" * 9_000}, {"EHLO": "hello"},
        {"EHLO": "250-x\r\n250 AUTH \u00e9\xff"}, {"AUTH": "\xff\xfe\x00"}, {"MAIL": "99999999999999999999 x"},
    ],
)  # fmt: skip
def test_whatever_a_server_says_that_is_no_smtp_is_for_later(said: dict[str, str], tmp_path: Path) -> None:
    """It stops no sink, and is no word of the receiver's."""
    (tmp_path / "password").write_text("correct horse\n")
    words = {"EHLO": "250-x\r\n250 AUTH CRAM-MD5", "AUTH": "235 ok"} | said

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        for line in connection.makefile("rb"):
            connection.sendall(words.get(line[:4].decode().upper(), "451 no").encode("latin-1") + b"\r\n")

    with raw_server(talk) as address:
        login = {"user": "us", "password_file": tmp_path / "password"}
        outcome = Mailer(setting(Mailbox(address=address), **login)).send(1, KEY, made(), "ap@buyer.example")
    assert outcome.result is Result.later
    assert "horse" not in outcome.detail


def test_a_server_that_is_away_is_tried_later() -> None:
    with mail_server(open_mailbox()) as mailbox:
        pass
    assert sent(mailbox).result is Result.later


def test_an_attempt_that_hangs_is_ended_from_outside_and_is_unknown() -> None:
    with mail_server(Mailbox()) as mailbox:
        mailer = Mailer(setting(mailbox))
        found: list[Outcome] = []
        thread = Thread(target=lambda: found.append(mailer.send(7, KEY, made(), "ap@buyer.example")))
        thread.start()
        assert mailbox.asked.wait(10)
        mailer.abandon(7)
        thread.join(10)
    assert [outcome.result for outcome in found] == [Result.unknown]


@pytest.mark.parametrize("drips", ["greeting", "answer", "keys"])
def test_a_server_that_drips_is_ended_from_outside_at_once(drips: str) -> None:
    """Who ends it waits for nothing: it is the loop of the whole sink."""
    asked, over = Event(), Event()

    def talk(connection: socket.socket) -> None:
        if drips != "greeting":
            connection.sendall(b"220 x\r\n")
            connection.recv(100)
        if drips == "keys":
            connection.sendall(b"250-x\r\n250 STARTTLS\r\n")
            connection.recv(100)
            connection.sendall(b"220 go\r\n\x16\x03\x03\x7f\xff")
        asked.set()
        while not over.wait(0.05):
            connection.sendall(b"2")

    with raw_server(talk) as address:
        mailer = Mailer(setting(Mailbox(address=address), security="starttls"))
        found: list[Outcome] = []
        thread = Thread(target=lambda: found.append(mailer.send(7, KEY, made(), "ap@buyer.example")), daemon=True)
        thread.start()
        assert asked.wait(10)
        # By then it waits for more.
        time.sleep(0.3)
        began = time.monotonic()
        mailer.abandon(7)
        assert time.monotonic() - began < 1
        thread.join(5)
        over.set()
    assert [outcome.result for outcome in found] == [Result.later]


def test_a_server_that_never_comes_to_the_end_of_its_answer_is_tried_later() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        connection.recv(100)
        while True:
            connection.sendall(b"250-" + b"x" * 996 + b"\r\n")

    with raw_server(talk) as address:
        outcome = sent(Mailbox(address=address))
    assert outcome.result is Result.later
    assert "it answers with more than 1,048,576 bytes" in outcome.detail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(folder / "key.pem"),
        "-out",
        str(folder / "cert.pem"),
    ]
    subprocess.run([*command, *names], check=True, capture_output=True)
    return folder


def test_by_starttls_with_a_login(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    secret = certificate / "password"
    secret.write_text("correct horse\n")

    later: list[AuthResult] = []

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if later:
            return later[0]
        return AuthResult(success=(data.login, data.password) == (b"us", b"correct horse"), handled=False)

    options = {"tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": True}
    secure = {"security": "starttls", "ca_file": certificate / "cert.pem", "user": "us", "password_file": secret}
    with mail_server(open_mailbox(), **options) as mailbox:
        assert sent(mailbox, **secure).result is Result.done
        assert len(mailbox.got) == 1
        later.append(AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure"))
        assert sent(mailbox, **secure).result is Result.later
        later.clear()
        secret.write_text("wrong\n")
        refused = sent(mailbox, **secure)
        assert refused.result is Result.off
        assert "wrong" not in refused.detail
        secret.write_text("caf\u00e9\n")
        assert sent(mailbox, **secure).result is Result.off
        # Without a certificate that is trusted nothing is sent, nor without encryption.
        assert sent(mailbox, **(secure | {"ca_file": None})).result is Result.later
        assert sent(mailbox).result is not Result.done
        assert len(mailbox.got) == 1
