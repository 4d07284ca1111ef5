"""Notices as mail servers and mail programs write them (the examples of RFC 3464 and RFC 8098, and shapes seen in the wild)."""

import pytest

from connectors.mail.notices import Notice, UnreadableMail, read_notices

ID = "0123456789abcdef-3-42@mail.example"
AT = 1_773_135_000_000


def report(
    kind: str, machine: str, original: str = f"Message-ID: <{ID}>\nSubject: Rechnung\n", date: bool = True
) -> bytes:
    head = "Date: Tue, 10 Mar 2026 09:30:00 +0000\n" if date else ""
    of = "delivery-status" if kind == "message/delivery-status" else "disposition-notification"
    text = f"""From: MAILER-DAEMON@relay.example
To: bounces@seller.example
Subject: Returned mail
MIME-Version: 1.0
{head}Content-Type: multipart/report; report-type={of}; boundary="B"

--B

The original message was received ...

--B
Content-Type: {kind}

{machine}
--B
Content-Type: text/rfc822-headers

{original}
--B--
"""
    return text.replace("\n", "\r\n").encode()


FAILED = """Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ap@buyer.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
 no such user
"""


def test_a_bounce_says_why() -> None:
    notices = read_notices(report("message/delivery-status", FAILED))
    assert notices == [Notice(ID, "bounced", "5.1.1 smtp; 550 5.1.1 no such user", AT)]


@pytest.mark.parametrize(
    ("action", "status"),
    [("delivered", "delivered"), ("Relayed", "delivered"), ("expanded", "delivered"), ("failed", "bounced")],
)
def test_what_became_of_it(action: str, status: str) -> None:
    machine = f"Reporting-MTA: dns; relay.example\n\nAction: {action}\nStatus: 2.0.0\n"
    (notice,) = read_notices(report("message/delivery-status", machine)) or []
    assert notice.status == status


def test_what_is_delayed_is_on_its_way() -> None:
    machine = "Reporting-MTA: dns; relay.example\n\nAction: delayed\nStatus: 4.4.1\n"
    assert read_notices(report("message/delivery-status", machine)) == []


@pytest.mark.parametrize(
    ("disposition", "statuses"),
    [
        ("manual-action/MDN-sent-manually; displayed", ["viewed"]),
        ("automatic-action/MDN-sent-automatically; displayed/error", ["viewed"]),
        ("manual-action/MDN-sent-manually; deleted", []),
        ("automatic-action/MDN-sent-automatically; dispatched", []),
    ],
)
def test_that_it_was_displayed(disposition: str, statuses: list[str]) -> None:
    machine = f"Final-Recipient: rfc822;ap@buyer.example\nOriginal-Message-ID: <{ID}>\nDisposition: {disposition}\n"
    notices = read_notices(report("message/disposition-notification", machine, original="Subject: x\n"))
    assert notices is not None
    assert [(notice.message_id, notice.status) for notice in notices] == [(ID, status) for status in statuses]


def test_the_whole_message_may_come_back() -> None:
    raw = report("message/delivery-status", FAILED).replace(b"text/rfc822-headers", b"message/rfc822")
    (notice,) = read_notices(raw) or []
    assert notice.message_id == ID


def test_the_envelope_that_it_came_in_names_a_message_of_which_nothing_came_back() -> None:
    key = ID.partition("@")[0]
    machine = FAILED.replace("relay.example\n", f"relay.example\nOriginal-Envelope-Id: {key}\n", 1)
    raw = report("message/delivery-status", machine, original="Subject: of nothing\n")
    assert read_notices(raw) == [Notice(key, "bounced", "5.1.1 smtp; 550 5.1.1 no such user", AT)]
    # What came back goes before: who forwards a mail may give it an envelope of its own.
    (notice,) = read_notices(report("message/delivery-status", machine)) or []
    assert notice.message_id == ID


def test_a_notice_has_the_id_of_its_mail() -> None:
    raw = b"Message-ID: <7@relay.example>\r\n" + report("message/delivery-status", FAILED)
    assert read_notices(raw) == [Notice(ID, "bounced", "5.1.1 smtp; 550 5.1.1 no such user", AT, "<7@relay.example>")]


def test_a_time_that_is_not_said_is_none() -> None:
    (notice,) = read_notices(report("message/delivery-status", FAILED, date=False)) or []
    assert notice.at_ms == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: a@b.example\r\nSubject: I am on holiday\r\n\r\nback on Monday\r\n",
        b"\xff\xfe\x00garbage",
        report("message/delivery-status", FAILED, original="Subject: of nothing\n"),
        b"Content-Type: message/delivery-status\r\n\r\n",
    ],
)
def test_anything_else_is_no_notice(raw: bytes) -> None:
    assert read_notices(raw) is None


@pytest.mark.parametrize(
    "header",
    [
        """Content-Type: text/plain; charset*0*="x''"; name=y""",
        "Content-Type: text/plain; =?",
        "Date: Thu, 01 Jan 99999 00:00:00 +9999",
    ],
)
def test_a_mail_that_is_wrong_is_read_as_far_as_it_goes(header: str) -> None:
    raw = report("message/delivery-status", FAILED, date=False)
    notices = read_notices(raw.replace(b"--B\r\n\r\nThe original", f"--B\r\n{header}\r\n\r\nThe original".encode(), 1))
    assert notices == [Notice(ID, "bounced", "5.1.1 smtp; 550 5.1.1 no such user", 0)]


NESTED = b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + b"Subject: x\r\n\r\nx"


def test_a_mail_that_cannot_be_read_is_told() -> None:
    with pytest.raises(UnreadableMail, match="cannot be read as a mail: RecursionError"):
        read_notices(NESTED)


def test_a_time_that_is_none_is_left_out() -> None:
    raw = report("message/delivery-status", FAILED).replace(b"09:30:00 +0000", b"09:30:00 +99999999999999999999")
    assert read_notices(raw) == [Notice(ID, "bounced", "5.1.1 smtp; 550 5.1.1 no such user", 0)]
