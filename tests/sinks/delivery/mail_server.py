"""A real SMTP server that keeps what it gets, and can be told to be slow, to refuse, or to break off."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(slots=True)
class Got:
    """One message, with its envelope as the client said it."""

    sender: str
    receivers: list[str]
    options: list[str]
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        made = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made


class _Server(SMTP):
    """With notifications (RFC 3461), which the library does not know."""

    def _getparams(self, params: Any) -> Any:
        found = super()._getparams(params)
        if found is not None:
            for name in ("RET", "ENVID", "NOTIFY", "ORCPT"):
                if name in found:
                    self.session.asked[name] = found.pop(name)
        return found


@dataclass(slots=True)
class Mailbox:
    """Handler of the server. stall: a message that was taken is not answered for before it is set; drop: the connection is cut after a message was
    taken, before that is said; silent: it takes connections and does not say whether it would take a message; rcpt, data, quit: what is answered
    instead of 250 and 221."""

    got: list[Got] = field(default_factory=list)
    rcpt: str = ""
    data: str = ""
    quit: str = ""
    dsn: bool = True
    drop: bool = False
    silent: bool = False
    stall: Event = field(default_factory=Event)
    asked: Event = field(default_factory=Event)
    address: tuple[str, int] = ("127.0.0.1", 0)
    tls: Any = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        session.asked = {}  # type: ignore[attr-defined]
        return [*responses[:-1], "250-DSN", responses[-1]] if self.dsn else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        while self.silent:
            await asyncio.sleep(0.01)
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if not self.data:
            asked = [f"{name}={value}" for name, value in session.asked.items()]  # type: ignore[attr-defined]
            self.got.append(Got(str(envelope.mail_from), list(envelope.rcpt_tos), asked, envelope.content))
        self.asked.set()
        while not self.stall.is_set():
            await asyncio.sleep(0.01)
        if self.drop:
            server.transport.abort()
        return self.data or "250 taken"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self.quit or "221 Bye"


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(mailbox: Mailbox, **options: Any) -> Iterator[Mailbox]:
    """The server on a free port of this machine; options are aiosmtpd's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailbox.address = free.getsockname()
    controller = _Controller(mailbox, hostname=mailbox.address[0], port=mailbox.address[1], **options)
    controller.start()
    try:
        yield mailbox
    finally:
        mailbox.stall.set()
        mailbox.silent = False
        controller.stop()


def open_mailbox(**changes: Any) -> Mailbox:
    """One that answers at once."""
    mailbox = Mailbox(**changes)
    mailbox.stall.set()
    return mailbox
