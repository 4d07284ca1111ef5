"""What is sent by email: text and HTML of the same words, with the documents attached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, select_autoescape

from sinks.delivery.documents.figures import AnyLetter, NoDocument, Party
from sinks.delivery.documents.letters import Table, written
from sinks.delivery.documents.templates import LAYOUTS
from sinks.delivery.documents.wording import Wording

_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document beside the words. subtype: of application/."""

    name: str
    subtype: str
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


def address_of(text: str, whose: str) -> Address:
    """The one address that a text is. Raises NoDocument where it is none, or several."""
    name, _, domain = text.strip().rpartition("@")
    try:
        if not text.isascii():
            raise ValueError("is not ASCII: a domain is written as xn--..., and a name before the @ cannot be sent to")
        if not name or "." not in domain.strip(".") or any(c.isspace() or c in ',;<>()[]\\"' for c in text.strip()):
            raise ValueError("is not NAME@DOMAIN")
        return Address(username=name, domain=domain)
    except ValueError as error:
        raise NoDocument(f"the email address of {whose} {error}") from None


def message(
    words: Words,
    attachments: Sequence[Attachment],
    sender: Party,
    receiver: Party,
    message_id: str,
    date: datetime,
    receipts_to: str = "",
) -> EmailMessage:
    """The message. message_id: what stands between < and >, the same for the same effect; date: when it is sent; receipts_to:
    where a notice that it was read may go, or empty. Raises NoDocument where an address is none."""
    mail = EmailMessage(policy=SMTP)
    source = address_of(sender.email, "the sender ([[senders]] of delivery.toml)")
    target = address_of(receiver.email, "the customer")
    mail["From"] = Address(_header(sender.name), source.username, source.domain)
    mail["To"] = Address(_header(receiver.name), target.username, target.domain)
    mail["Subject"] = _header(words.subject)
    mail["Date"] = date
    mail["Message-ID"] = f"<{message_id}>"
    # No answering machine answers it, and it is no newsletter.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = words.language
    if receipts_to:
        mail["Disposition-Notification-To"] = receipts_to
    mail.set_content(plain_text(words, sender))
    mail.add_alternative(html_text(words, sender), subtype="html")
    for one in attachments:
        mail.add_attachment(one.content, maintype="application", subtype=one.subtype, filename=one.name)
    return mail


def _header(text: str) -> str:
    """A header is one line."""
    return " ".join(text.split())
