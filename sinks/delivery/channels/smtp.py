"""One message to a mail server by SMTP (RFC 5321), with a notification asked for where the server can (RFC 3461).

The server has the message from the moment that it has the last line of it, said so or not: an attempt that breaks off
after that is unknown, one before is tried again.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from threading import Lock
from typing import Final

from sinks.delivery.setup import Email, first_line
from sinks.effects.base import Outcome, Result

ATTEMPT_SECONDS: Final = 60.0
_POLICY: Final = SMTP.clone(cte_type="7bit")


class Mailer:
    """Sends from many threads; `abandon` ends one of them."""

    def __init__(self, email: Email) -> None:
        self._email: Final = email
        self._open: Final[dict[int, smtplib.SMTP]] = {}
        self._lock: Final = Lock()

    def send(self, number: int, key: str, mail: EmailMessage, receiver: str) -> Outcome:
        """One attempt. number: names it for `abandon`; key: the envelope's id. Never raises for what the server does. What
        the server says is told without the receiver's address."""
        outcome = self._tried(number, key, mail, receiver)
        hidden = re.sub(re.escape(receiver), "the customer's address", outcome.detail, flags=re.IGNORECASE)
        return replace(outcome, detail=hidden)

    def _tried(self, number: int, key: str, mail: EmailMessage, receiver: str) -> Outcome:
        handed = [False]
        try:
            server = self._connected()
            with self._lock:
                self._open[number] = server
            try:
                self._logged_in(server)
                return self._handed_over(server, key, mail, receiver, handed)
            finally:
                # Whatever it answers to that, it has the message or it has it not.
                with suppress(OSError, smtplib.SMTPException):
                    server.docmd("QUIT")
                server.close()
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
                return _judged(error.smtp_code, _said(error))
            return Outcome(Result.later, said)
        finally:
            with self._lock:
                self._open.pop(number, None)

    def abandon(self, number: int) -> None:
        """End an attempt that takes too long."""
        with self._lock:
            server = self._open.get(number)
        if server is not None and server.sock is not None:
            server.close()

    @property
    def _tls(self) -> ssl.SSLContext:
        ca_file = self._email.ca_file
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))

    def _connected(self) -> smtplib.SMTP:
        email = self._email
        if email.security == "tls":
            return smtplib.SMTP_SSL(email.host, email.port, timeout=email.timeout_seconds, context=self._tls)
        return smtplib.SMTP(email.host, email.port, timeout=email.timeout_seconds)

    def _logged_in(self, server: smtplib.SMTP) -> None:
        email = self._email
        server.ehlo()
        if email.security == "starttls":
            server.starttls(context=self._tls)
            server.ehlo()
        if email.user:
            server.login(email.user, first_line(email.password_file))

    def _handed_over(
        self, server: smtplib.SMTP, key: str, mail: EmailMessage, receiver: str, handed: list[bool]
    ) -> Outcome:
        asks = server.has_extn("dsn")
        code, said = server.mail(self._email.bounces_to, ["RET=HDRS", f"ENVID={key}"] if asks else [])
        if code != 250:
            return _judged(code, _text(said))
        code, said = server.rcpt(
            receiver, ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(receiver)}"] if asks else []
        )
        if code not in (250, 251):
            return _judged(code, _text(said))
        code, said = server.docmd("DATA")
        if code != 354:
            return _judged(code, _text(said))
        body = smtplib._quote_periods(mail.as_bytes(policy=_POLICY))  # type: ignore[attr-defined]
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        handed[0] = True
        server.send(b".\r\n")
        code, said = server.getreply()
        if code != 250:
            return _judged(code, _text(said))
        return Outcome(Result.done, f"{code} {_text(said)}", reference=mail["Message-ID"])


def _xtext(text: str) -> str:
    """A value as options of a command have it (RFC 3461, 4): what is no printable ASCII, and + and =, as +HH."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return f"{error.smtp_code} {_text(text) if isinstance(text, bytes) else text}"


def _judged(code: int, said: str) -> Outcome:
    """5yz is for good, all else is for now (RFC 5321, 4.2.1)."""
    text = said if said.startswith(str(code)) else f"{code} {said}"
    return Outcome(Result.refused if 500 <= code < 600 else Result.later, text)
