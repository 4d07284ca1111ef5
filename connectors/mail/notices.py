"""Delivery status notifications (RFC 3464) and disposition notifications (RFC 8098), read out of the mails they come in.

Pure. A mail that is neither is None; one that says nothing final (delayed, deleted unread) has no notices; one that the email
package cannot read is `UnreadableMail`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

DELIVERED: Final = "delivered"
VIEWED: Final = "viewed"
BOUNCED: Final = "bounced"
_STATUS: Final = "message/delivery-status"
_DISPOSITION: Final = "message/disposition-notification"
_ORIGINALS: Final = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
# Relayed and expanded: it left the world that could say more.
_ACTIONS: Final = {"failed": BOUNCED, "delivered": DELIVERED, "relayed": DELIVERED, "expanded": DELIVERED}
_DISPLAYED: Final = "displayed"
_MESSAGE: Final = "Original-Message-ID"
_ENVELOPE: Final = "Original-Envelope-Id"
_MOST_REASON: Final = 300


class UnreadableMail(ValueError):
    """Anyone may send one: parts in parts a thousand deep, or what else nobody thought of."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said of one message. message_id: that of the message, without < and >, or of its envelope (ENVID of RFC 3461);
    status: DELIVERED, VIEWED or BOUNCED; reason: of a bounce; at_ms: the Date of the notice, UTC milliseconds, 0 where it
    has none; mail_id: the Message-ID of the mail that it came in, or empty."""

    message_id: str
    status: str
    reason: str
    at_ms: int
    mail_id: str = ""


def read_notices(raw: bytes) -> list[Notice] | None:
    """The notices in a mail; None where it is no report at all, or does not say of which message. Raises UnreadableMail."""
    try:
        return _read(raw)
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableMail(f"cannot be read as a mail: {type(error).__name__}") from error


def _read(raw: bytes) -> list[Notice] | None:
    # Anyone may send one: the newer policy's parsers of headers raise IndexError and worse on some that are wrong.
    mail = message_from_bytes(raw, policy=policy.compat32)
    parts = list(mail.walk())
    about = [part for part in parts if part.get_content_type() in (_STATUS, _DISPOSITION)]
    if not about:
        return None
    at_ms, mail_id = _time_ms(str(mail.get("Date", ""))), _field(mail, "Message-ID")
    found: dict[Notice, None] = {}
    named = False
    for part in about:
        blocks = list(_blocks(part))
        message_id = _named(blocks, _MESSAGE) or _original(parts) or _named(blocks, _ENVELOPE)
        if not message_id:
            continue
        named = True
        for status, reason in _said(part.get_content_type(), blocks):
            found[Notice(message_id, status, reason, at_ms, mail_id)] = None
    return list(found) if named else None


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a report's machine-readable part."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))
    else:
        raw = part.get_payload(decode=True)
        text = raw if isinstance(raw, bytes) else str(payload).encode()
        for block in text.replace(b"\r\n", b"\n").split(b"\n\n"):
            if block.strip():
                yield message_from_bytes(block.strip() + b"\n\n", policy=policy.compat32)


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _named(blocks: list[Message], by: str) -> str:
    """The message that the report itself names."""
    for block in blocks:
        found = _field(block, by)
        if found:
            return found.strip("<>")
    return ""


def _original(parts: Sequence[Message]) -> str:
    """The message whose text, or headers, came back with the report."""
    for part in parts:
        if part.get_content_type() not in _ORIGINALS:
            continue
        for block in _blocks(part):
            found = _field(block, "Message-ID")
            if found:
                return found.strip("<>")
    return ""


def _said(kind: str, blocks: list[Message]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if kind == _DISPOSITION:
            types = _field(block, "Disposition").rpartition(";")[2].strip().lower()
            if types.partition("/")[0] == _DISPLAYED:
                yield VIEWED, ""
            continue
        status = _ACTIONS.get(_field(block, "Action").lower(), "")
        if status:
            said = f"{_field(block, 'Status')} {_field(block, 'Diagnostic-Code')}".strip()
            yield status, said[:_MOST_REASON] if status == BOUNCED else ""


def _time_ms(text: str) -> int:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
