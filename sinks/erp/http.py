"""One HTTP exchange with an ERP: bounded in time and size, redirects not followed, the secret never in a message."""

import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.addresses import host_address
from sinks.base import RetryLater
from sinks.effects.connections import Connections, FinalAnswer
from sinks.effects.sending import wanted_seconds

CONNECT_SECONDS: Final = 5.0
_CONNECTION: Final = re.compile(r"^\w+\(host=[^)]*\): ")
READ_SECONDS: Final = 30.0
# All exchanges of one attempt together.
ATTEMPT_SECONDS: Final = 120.0
# A page of a list, with the lines of its documents.
MOST_ANSWER_BYTES: Final = 16 << 20
_MOST_TEXT: Final = 300
_AWAY: Final = (401, 408, 425, 429)


# Where the connections of the attempt that runs here are kept, and its number; None outside of attempts.
_ATTEMPT: Final[ContextVar[tuple[Connections, int] | None]] = ContextVar("attempt", default=None)


def _keep(connected: socket.socket | None) -> None:
    attempt = _ATTEMPT.get()
    if attempt is not None and connected is not None:
        connections, number = attempt
        connections.keep(number, connected)


class _Plain(HTTPConnection):
    """A connection that the attempt which uses it can be ended by."""

    response_class = FinalAnswer

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _keep(made)
        return made

    def request(self, *args: Any, **kwargs: Any) -> None:
        _keep(self.sock)
        super().request(*args, **kwargs)


class _Tls(_Plain, HTTPSConnection):
    """The same, over TLS."""


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class Answer(NamedTuple):
    """status: HTTP. said: what the body says, numbers exact (int, Decimal), None where it is no JSON. text: its first
    characters, for messages."""

    status: int
    said: Any
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class ErpHttp:
    """A client for one ERP; many threads may use it. Every call may raise RetryLater: the ERP is away, wants another
    login, or to be left alone; what was sent may have arrived all the same."""

    def __init__(self, url: str, headers: Mapping[str, str], secret: str) -> None:
        """`url`: http or https, without a login, a query and a fragment. `headers` go with every call. Raises ValueError."""
        parts = host_address(url)
        if parts is None or parts.username is not None:
            raise ValueError("must be https://HOST or http://HOST, without a user and a password")
        if parts.query or parts.fragment:
            raise ValueError("must end with its path: what stands after ? or # would be in no call")
        self.host = parts.netloc
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._secret = secret
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        # Its own retries would send twice where nobody has looked whether the first one arrived.
        self._pool = urllib3.PoolManager(
            headers={"Accept": "application/json", "User-Agent": "headrace", **headers},
            timeout=timeout, retries=False, maxsize=16,
        )  # fmt: skip
        self._pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        self._connections: Final = Connections()
        self._broken_off: Final[set[int]] = set()

    @contextmanager
    def attempt(self, number: int) -> Iterator[None]:
        """What is called within may be ended by `abandon`, from another thread."""
        # One before, which had just ended when it was to be.
        self._broken_off.discard(number)
        before = _ATTEMPT.set((self._connections, number))
        try:
            yield
        finally:
            _ATTEMPT.reset(before)
            self._connections.drop(number)
            self._broken_off.discard(number)

    def abandon(self, number: int) -> None:
        """End the exchange that an attempt is in: it is RetryLater there. Every exchange has its own end too, but for an answer
        that comes byte by byte."""
        self._broken_off.add(number)
        self._connections.abandon(number)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One exchange. `path` begins with a slash. An answer of the ERP's own trouble (5xx), 401 and 429 is RetryLater."""
        target = f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        own = {**self._pool.headers, **(headers or {})}
        if sent is not None:
            own["Content-Type"] = "application/json"
        try:
            status, after, raw = self._exchange(method, target, sent, own)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._refuse_broken_off()
            # Without the client's own name for its connection.
            why = _CONNECTION.sub("", str(error))
            raise RetryLater(f"{self.host} is away: {self.shown(why)}", 0.0) from None
        # What was cut off within its head looks like a whole answer without a body.
        self._refuse_broken_off()
        text = raw[: 4 * _MOST_TEXT].decode(errors="replace")
        if status >= 500 or status in _AWAY or 300 <= status < 400:
            hint = {401: ": it does not take the secret that is set", 429: ": it wants to be asked less often"}
            redirected = ": redirects are not followed; set the address that it leads to" if status < 400 else ""
            raise RetryLater(f"{self.host} answered {status}{hint.get(status, redirected)}", after)
        try:
            said = json.loads(raw, parse_float=Decimal) if raw else None
        except (ValueError, ArithmeticError, RecursionError):
            # Also where an exponent is larger than any number's.
            said = None
        return Answer(status, said, self.shown(text))

    def _refuse_broken_off(self) -> None:
        attempt = _ATTEMPT.get()
        if attempt is not None and attempt[1] in self._broken_off:
            raise RetryLater(f"{self.host} took too long to answer, and was broken off", 0.0)

    def shown(self, text: str) -> str:
        """A text of the ERP as people may see it: without the secret, on one line, not too long."""
        hidden = text
        for part in (self._secret, *self._secret.split(":")):
            hidden = hidden.replace(part, "***") if len(part) >= 4 else hidden
        return " ".join(hidden.split())[:_MOST_TEXT]

    def close(self) -> None:
        self._pool.clear()

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, float, bytes]:
        give_up = time.monotonic() + READ_SECONDS
        response = self._pool.request(
            method, target, body=body, headers=headers, preload_content=False, redirect=False
        )  # fmt: skip
        try:
            raw = b""
            while chunk := response.read1(1 << 16):
                raw += chunk
                if len(raw) > MOST_ANSWER_BYTES:
                    raise RetryLater(f"{self.host} answered with more than {MOST_ANSWER_BYTES:,} bytes", 0.0)
                if time.monotonic() > give_up:
                    raise RetryLater(f"{self.host} took too long to answer", 0.0)
            response.release_conn()
            return response.status, wanted_seconds(response.headers.get("Retry-After", "")), raw
        finally:
            response.close()
