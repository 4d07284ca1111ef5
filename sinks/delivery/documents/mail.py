"""What is sent by email: text and HTML of the same words, with the documents attached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, select_autoescape

from sinks.delivery.documents.figures import AnyLetter, NoDocument, Party
from sinks.delivery.documents.headers import ADDRESS, address_field, found_wrong, text_field
from sinks.delivery.documents.letters import Table, written
from sinks.delivery.documents.templates import LAYOUTS
from sinks.delivery.documents.wording import Wording

_GAP: Final = "  "
# A server without 8BITMIME takes it too.
_POLICY: Final = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document beside the words. subtype: of application/."""

    name: str
    subtype: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it is sent. message_id: what stands between < and >."""

    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says. tables: each with `head` and `lines` of texts; the first column is to the left."""

    language: str
    subject: str
    opening: Sequence[str]
    tables: Sequence[Table]
    closing: Sequence[str]


def invoice_words(values: dict[str, Any], wording: Wording) -> Words:
    """The message that an invoice goes with."""
    opening, closing = wording.text("opening", values), wording.text("closing", values)
    return Words(wording.language, wording.line("subject", values), opening, (), closing)


def letter_words(figures: AnyLetter, wording: Wording) -> Words:
    """The letter as a message: its items are in the message itself."""
    letter = written(figures, wording)
    tables: list[Table] = []
    for part in letter.parts:
        tables += part.tables
        tables.append({"head": ["", ""], "lines": [[name, text] for name, text, _ in part.sums]})
    return Words(wording.language, letter.subject, letter.opening, tables, letter.closing)


def plain_text(words: Words, sender: Party) -> str:
    """The message for who reads no HTML: tables as columns."""
    parts = [*words.opening, *[_columns(table) for table in words.tables], *words.closing]
    return "\n\n".join([*parts, "-- \n" + "\n".join(_signature(sender))]) + "\n"


def _columns(table: Table) -> str:
    rows = [row for row in (table["head"], *table["lines"]) if any(row)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        _GAP.join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


@cache
def _page() -> Any:
    environment = Environment(autoescape=select_autoescape(default=True), undefined=StrictUndefined)
    return environment.from_string((LAYOUTS / "mail.html").read_text())


def html_text(words: Words, sender: Party) -> str:
    """The message as HTML; whatever is in it is written out, never read as markup."""
    made: str = _page().render(
        lang=words.language,
        subject=words.subject,
        opening=words.opening,
        tables=words.tables,
        closing=words.closing,
        sender=_signature(sender),
    )
    return made


def _signature(sender: Party) -> list[str]:
    return [text for text in (sender.name, *sender.address, sender.phone, sender.email) if text]


def address_of(text: str, whose: str) -> str:
    """The one address that a text is. Raises NoDocument where it is none, or several."""
    address = text.strip()
    if not address.isascii():
        said = "is not ASCII: a domain is written as xn--..., and a name before the @ cannot be sent to"
    elif not ADDRESS.fullmatch(address):
        said = "is not NAME@DOMAIN"
    else:
        return address
    raise NoDocument(f"the email address of {whose} {said}")


def message(
    words: Words,
    attachments: Sequence[Attachment],
    sender: Party,
    receiver: Party,
    message_id: str,
    date: datetime,
    receipts_to: str = "",
) -> Mail:
    """The message. message_id: what stands between < and >, the same for the same effect; date: when it is sent; receipts_to:
    where a notice that it was read may go, or empty. Raises NoDocument where an address is none, or its header is not
    what was to be written."""
    addresses = {
        "From": address_of(sender.email, "the sender ([[senders]] of delivery.toml)"),
        "To": address_of(receiver.email, "the customer"),
    }
    if receipts_to:
        addresses["Disposition-Notification-To"] = address_of(receipts_to, "receipts_to ([email] of delivery.toml)")
    whose = {"From": sender.name, "To": receiver.name}
    fields = {
        "Date": format_datetime(date),
        "Message-ID": f"<{message_id}>",
        # No answering machine answers it, and it is no newsletter.
        "Auto-Submitted": "auto-generated",
        "Content-Language": words.language,
    }
    try:
        head = [address_field(name, whose.get(name, ""), address) for name, address in addresses.items()]
        head.append(text_field("Subject", words.subject))
        head += [f"{name}: {value}\r\n" for name, value in fields.items()]
        content = "".join(head).encode("ascii") + _body(words, attachments, sender)
    except (MessageError, ValueError) as error:
        raise NoDocument(f"a mail of it cannot be written: {error}") from error
    wrong = found_wrong(content, [*addresses, "Subject", *fields, "MIME-Version", "Content-Type"], addresses)
    if wrong:
        raise NoDocument(f"a mail of it cannot be written: its header {wrong}")
    return Mail(message_id, content)


def _body(words: Words, attachments: Sequence[Attachment], sender: Party) -> bytes:
    """Its parts, after the fields that say how they are written; ASCII, with a line end at the end."""
    parts = EmailMessage(policy=_POLICY)
    parts.set_content(plain_text(words, sender))
    parts.add_alternative(html_text(words, sender), subtype="html")
    for one in attachments:
        parts.add_attachment(one.content, maintype="application", subtype=one.subtype, filename=one.name)
    return parts.as_bytes()
