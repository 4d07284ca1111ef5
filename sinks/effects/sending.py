"""One HTTP POST to an endpoint: to an address that was judged, without following redirects, within a time."""

import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Final
from urllib.parse import urlsplit

from sinks.effects.addresses import AddressRefused, reachable
from sinks.effects.base import Outcome, Result
from sinks.effects.connections import Connections, FinalAnswer

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
# Whatever a receiver does, an attempt ends by then.
ATTEMPT_SECONDS: Final = 30.0
_MOST_ADDRESSES: Final = 3
_MOST_ANSWER_BYTES: Final = 65_536
_LONGEST_WAIT_SECONDS: Final = 86_400.0
_GONE: Final = 410
USER_AGENT: Final = "headrace"


class Sender:
    """Sends from many threads; `abandon` ends one of them."""

    def __init__(self) -> None:
        self._tls = ssl.create_default_context()
        self._connections = Connections()

    def post(self, number: int, url: str, private: bool, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One attempt. `number` names it for `abandon`. Never raises for what the outside does."""
        return self.request("POST", number, url, private, headers, body, _outcome)

    def request(
        self,
        method: str,
        number: int,
        url: str,
        private: bool,
        headers: Mapping[str, str],
        body: bytes,
        judge: Callable[[HTTPResponse], Outcome],
    ) -> Outcome:
        """As `post`, by another method, and with another judgement of the answer."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        try:
            addresses = reachable(host, port, private)
        except AddressRefused as error:
            return Outcome(Result.later, f"refused: {error}")
        except (OSError, UnicodeError) as error:
            return Outcome(Result.later, f"{host} cannot be resolved: {error}")
        connection = HTTPConnection(host, port)
        connection.response_class = _Answer
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = False
        try:
            plain = _connected(addresses[:_MOST_ADDRESSES], port)
            self._connections.keep(number, plain)
            connection.sock = self._tls.wrap_socket(plain, server_hostname=host) if secure else plain
            asked = True
            connection.request(method, path, body, {"user-agent": USER_AGENT, **headers})
            # What it says beyond its head is not read: it decides nothing.
            return judge(connection.getresponse())
        except (OSError, HTTPException, ValueError) as error:
            return Outcome(Result.later, f"{host}: {type(error).__name__}: {error}", in_doubt=asked)
        finally:
            self._connections.drop(number)
            connection.close()

    def abandon(self, number: int) -> None:
        """End an attempt that takes too long."""
        self._connections.abandon(number)


class _Answer(FinalAnswer):
    """An answer of which no more than a little is ever in memory, whatever the other side sends and calls it."""

    def __init__(self, sock: socket.socket, *rest: Any, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        self.fp = io.BufferedReader(_Bounded(self.fp))


class _Bounded(io.RawIOBase):
    """What is read of `inner`, up to a bound."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self._inner = inner
        self._left = _MOST_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises OSError beyond the bound."""
        if not self._left:
            raise OSError(f"the answer's head has more than {_MOST_ANSWER_BYTES} bytes")
        read: int = self._inner.readinto1(memoryview(buffer)[: self._left])
        self._left -= read
        return read

    def close(self) -> None:
        self._inner.close()
        super().close()


def _connected(addresses: list[str], port: int) -> socket.socket:
    """Connected to the first of these that answers. Raises OSError."""
    for number, address in enumerate(addresses, start=1):
        try:
            found = socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError:
            if number == len(addresses):
                raise
        else:
            found.settimeout(READ_SECONDS)
            return found
    raise OSError("it has no address")


def _outcome(answer: HTTPResponse) -> Outcome:
    said = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Outcome(Result.done, said)
    if answer.status == _GONE:
        return Outcome(Result.off, f"{said}: the endpoint wants no more events")
    if 300 <= answer.status < 400:
        return Outcome(Result.later, f"{said}: redirects are not followed; set the address that it leads to")
    return Outcome(Result.later, said, after_seconds=wanted_seconds(answer.headers.get("retry-after", "")))


def wanted_seconds(text: str) -> float:
    """For how long whoever answered wants to be left alone, by its Retry-After: seconds, or a date; 0 where it says nothing
    that can be read."""
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, at.timestamp() - time.time()), _LONGEST_WAIT_SECONDS)
