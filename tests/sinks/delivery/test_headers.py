"""Whatever stands in a customer's name or in a subject: a mail has the fields that we write, and one receiver."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sinks.delivery.documents.figures import NoDocument
from sinks.delivery.documents.headers import found_wrong
from sinks.delivery.documents.mail import Attachment, letter_words, message
from tests.sinks.delivery.papers import letter, wording

SENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
FIGURES = letter()
WORDS = letter_words(FIGURES, wording("reminder", "en"))
FIELDS = [
    "From", "To", "Disposition-Notification-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language",
    "MIME-Version", "Content-Type",
]  # fmt: skip
ENCODED = "=?utf-8?q?A=0d=0aBcc:_thief@evil.example=0d=0aReply-To:_thief@evil.example=0d=0a=0d=0aPay_to_XX00?="
FOLDED = "Long Name " * 9 + ", <thief@evil.example>, x"
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from([
            ENCODED, FOLDED, "\r\n", "\n", "\r", "\u2028", "\x00", " ", "\t", "=?", "?=", "=?utf-8?b?DQpCY2M6IHhAeS56?=",
            "Bcc: x@y.example", ", <thief@evil.example>", '"', "\\", "(", ")", "<", ">", ":;", "@", "=0d=0a", "\u00fc" * 70,
            "x" * 1_100, "\U0001f4a3" * 20,
        ]),
    ),
    max_size=6,
).map("".join)  # fmt: skip


def made(name: str, subject: str, seller: str = "Seller Ltd") -> bytes:
    words = replace(WORDS, subject=subject)
    sender, receiver = replace(FIGURES.seller, name=seller), replace(FIGURES.buyer, name=name)
    attachment = Attachment("letter.pdf", "pdf", b"%PDF-1.7 any")
    return message(words, [attachment], sender, receiver, "k-0-1@mail.example", SENT, "read@seller.example").content


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
@example(ENCODED, ENCODED, ENCODED)
@example(FOLDED, FOLDED, FOLDED)
@example("", "", "")
def test_no_name_and_no_subject_writes_into_a_mail(name: str, subject: str, seller: str) -> None:
    content = made(name, subject, seller)
    read = message_from_bytes(content, policy=policy.compat32)
    assert Counter(read.keys()) == Counter(FIELDS)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    for field, said, address in (("To", name, "ap@buyer.example"), ("From", seller, "billing@seller.example")):
        line = re.sub(r"\r\n(?=[ \t])", "", str(read[field]))
        ((shown, found),) = getaddresses([line])
        assert found == address
        assert str(make_header(decode_header(shown))) == " ".join(said.split())
        assert [one.addr_spec for one in message_from_bytes(content, policy=policy.default)[field].addresses] == [
            address
        ]
    assert str(make_header(decode_header(read["Subject"]))) == " ".join(subject.split())
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf",
    ]  # fmt: skip


def test_what_is_no_unicode_is_refused() -> None:
    with pytest.raises(NoDocument, match="a mail of it cannot be written"):
        made("A \ud800", "any")


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?A=0d=0aBcc?=@buyer.example", "a:b@buyer.example", "a\x00b@buyer.example", "ap@buyer.example@thief.example",
        "ap@", "ap@buyer", "ap@buyer..example", "ap@buyer.example>", "ap@-\u00fc.example",
    ],
)  # fmt: skip
def test_an_address_is_one_or_is_refused(address: str) -> None:
    buyer = replace(FIGURES.buyer, email=address)
    with pytest.raises(NoDocument, match="the email address of the customer is not"):
        message(WORDS, [], FIGURES.seller, buyer, "k-0-1@mail.example", SENT)


GOOD = b'To: "A" <a@b.example>\r\nSubject: x\r\n\r\nBcc: body'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD, ""),
        (GOOD.replace(b"Subject", b"Bcc"), "has the fields To, Bcc"),
        (GOOD.replace(b"x\r\n", b"x\r\nTo: c@d.example\r\n"), "has the fields To, Subject, To"),
        (GOOD.replace(b">", b">,\r\n <c@d.example>"), "has other addresses than one in To"),
        (GOOD.replace(b"a@b", b"c@d"), "has other addresses than one in To"),
        (GOOD.replace(b"x\r\n", b"x\nBcc: c@d.example\r\n"), "has a line that is too long, empty, or does not print"),
        (GOOD.replace(b"x\r\n", b"x" * 1_000 + b"\r\n"), "has a line that is too long, empty, or does not print"),
        (GOOD.replace(b"x\r\n", "\u00fc\r\n".encode()), "is not ASCII"),
    ],
)  # fmt: skip
def test_a_header_that_was_written_is_read_before_it_leaves(content: bytes, said: str) -> None:
    assert found_wrong(content, ["To", "Subject"], {"To": "a@b.example"}) == said
