"""One message to a mail server by SMTP (RFC 5321), with a notification asked for where the server can (RFC 3461).

The server has the message from the moment that it has the last line of it, said so or not: an attempt that breaks off
after that is unknown, one before is tried again. What it says before it is told the receiver is about us, and no word of the
receiver's: that is tried again, or switches the channel off.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from sinks.delivery.documents.mail import Mail
from sinks.delivery.setup import Email, first_line
from sinks.effects.base import Outcome, Result
from sinks.effects.connections import Connections

ATTEMPT_SECONDS: Final = 60.0
_MOST_ANSWER_BYTES: Final = 1 << 20
# Whatever it answers to QUIT: it has the message or it has it not, and who waits for that has not kept what came of it.
_LEAVING_SECONDS: Final = 1.0
# Authentication is wanted, refused, too weak, or wants encryption (RFC 4954): whoever the receiver is.
_LOGIN_CODES: Final = frozenset((530, 534, 535, 538))


class Mailer:
    """Sends from many threads; `abandon` ends one of them."""

    def __init__(self, email: Email) -> None:
        self._email: Final = email
        self._connections: Final = Connections()

    def send(self, number: int, key: str, mail: Mail, receiver: str) -> Outcome:
        """One attempt. number: names it for `abandon`; key: the envelope's id. Never raises for what the server does. What
        the server says is told without the receiver's address."""
        outcome = self._tried(number, key, mail, receiver)
        hidden = re.sub(re.escape(receiver), "the customer's address", outcome.detail, flags=re.IGNORECASE)
        return replace(outcome, detail=hidden)

    def _tried(self, number: int, key: str, mail: Mail, receiver: str) -> Outcome:
        handed = [False]
        try:
            server = _Client(self._email, self._tls, lambda connected: self._connections.keep(number, connected))
            try:
                self._logged_in(server)
                return self._handed_over(server, key, mail, receiver, handed)
            finally:
                _leave(server)
        except UnicodeError:
            return Outcome(Result.off, "user, password and bounces_to of [email] must be ASCII")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            said = f"{self._email.host}: {type(error).__name__}: {error}"
            if handed[0]:
                return Outcome(Result.unknown, f"the whole message was sent, and the answer did not come: {said}")
            if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
                return Outcome(Result.off, f"the mail server refuses the login: {_said(error)}")
            # A line that is too long has a code that no server said.
            if isinstance(error, smtplib.SMTPResponseException) and isinstance(error.smtp_error, bytes):
                return _about_us(error.smtp_code, _said(error))
            return Outcome(Result.later, said)
        finally:
            self._connections.drop(number)

    def abandon(self, number: int) -> None:
        """End an attempt that takes too long."""
        self._connections.abandon(number)

    @property
    def _tls(self) -> ssl.SSLContext:
        ca_file = self._email.ca_file
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))

    def _logged_in(self, server: smtplib.SMTP) -> None:
        email = self._email
        server.ehlo_or_helo_if_needed()
        if email.security == "starttls":
            server.starttls(context=self._tls)
            server.ehlo_or_helo_if_needed()
        if email.user:
            server.login(email.user, first_line(email.password_file))

    def _handed_over(self, server: smtplib.SMTP, key: str, mail: Mail, receiver: str, handed: list[bool]) -> Outcome:
        asks = server.has_extn("dsn")
        code, said = server.mail(self._email.bounces_to, ["RET=HDRS", f"ENVID={key}"] if asks else [])
        if code != 250:
            return _about_us(code, _text(said), for_good=_LOGIN_CODES | {550})
        code, said = server.rcpt(
            receiver, ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(receiver)}"] if asks else []
        )
        if code not in (250, 251):
            return _judged(code, _text(said))
        code, said = server.docmd("DATA")
        if code != 354:
            return _judged(code, _text(said))
        body = smtplib._quote_periods(mail.content)  # type: ignore[attr-defined]
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        handed[0] = True
        server.send(b".\r\n")
        code, said = server.getreply()
        if 200 <= code < 300:
            return Outcome(Result.done, f"{code} {_text(said)}", reference=f"<{mail.message_id}>")
        if not 400 <= code < 600:
            return Outcome(
                Result.unknown, f"the whole message was sent, and the answer is none of SMTP's: {_text(said)}"
            )
        return _judged(code, _text(said))


class _Client(smtplib.SMTP):
    """Connected, and greeted. Raises OSError, SMTPException."""

    def __init__(self, email: Email, tls: ssl.SSLContext, connected: Callable[[socket.socket], None]) -> None:
        """connected: is told the connection before anything is read from it."""
        self._told = connected
        self._at_once = tls if email.security == "tls" else None
        super().__init__(email.host, email.port, timeout=email.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            self._told(plain)
            return plain if self._at_once is None else self._at_once.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock)
        if self.file is not None:
            self.file.left = _MOST_ANSWER_BYTES
        return super().getreply()


class _Answers:
    """What a server says, line by line, no more than `left` bytes of it."""

    def __init__(self, connected: socket.socket) -> None:
        self._file: Final = connected.makefile("rb")
        self.left = _MOST_ANSWER_BYTES

    def readline(self, most: int) -> bytes:
        line = self._file.readline(most)
        self.left -= len(line)
        if self.left < 0:
            raise OSError(f"it answers with more than {_MOST_ANSWER_BYTES:,} bytes")
        if line and len(line) < most and not line.endswith(b"\n"):
            # Half a code is another code.
            raise OSError("it broke off within an answer")
        return line

    def close(self) -> None:
        self._file.close()


def _xtext(text: str) -> str:
    """A value as options of a command have it (RFC 3461, 4): what is no printable ASCII, and + and =, as +HH."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return f"{error.smtp_code} {_text(text) if isinstance(text, bytes) else text}"


def _judged(code: int, said: str) -> Outcome:
    """Of the receiver, or the message: 5yz is for good, all else is for now (RFC 5321, 4.2.1)."""
    if code in _LOGIN_CODES or not 500 <= code < 600:
        return _about_us(code, said)
    return Outcome(Result.refused, _with_code(code, said))


def _about_us(code: int, said: str, for_good: frozenset[int] = _LOGIN_CODES) -> Outcome:
    """Of the sender, or the server: no word of the receiver's."""
    if code in for_good:
        return Outcome(Result.off, f"the mail server does not take mail from us: {_with_code(code, said)}")
    return Outcome(Result.later, _with_code(code, said))


def _with_code(code: int, said: str) -> str:
    return said if said.startswith(str(code)) else f"{code} {said}"


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; not for long, and whatever it answers."""
    with suppress(OSError, smtplib.SMTPException):
        if server.sock is not None:
            server.sock.settimeout(_LEAVING_SECONDS)
            server.putcmd("QUIT")
            server.sock.recv(1)
    server.close()
