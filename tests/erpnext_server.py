"""An ERPNext site at the edge, as its public documentation and source (version 15) say it behaves: Frappe's REST resource
API, its exceptions and their statuses, and of ERPNext what Payment Entry, Journal Entry, Sales Invoice and Comment check.
"""

import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.erpnext_documents import Documents, FrappeError

KEY, SECRET = "15ab3c9f0d2e417", "9d8c7b6a5f4e321"
DEFAULT_PAGE = 20


class Request:
    """One request, as a test's `before` and `after` see it."""

    def __init__(self, method: str, doctype: str, name: str, body: Mapping[str, Any]) -> None:
        self.method = method
        self.doctype = doctype
        self.name = name
        self.body = body

    @property
    def makes(self) -> str:
        """The doctype of which it makes a document; empty where it makes none."""
        return self.doctype if self.method == "POST" else ""


class Dropped(Exception):
    """The connection ends without an answer."""


class ErpNextServer:
    """One site. `before` is asked before a request is looked at, `after` when it has had its effect and before the answer;
    both may raise FrappeError or Dropped. limit: requests that are still answered; then 429 (None: no limit)."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.before: Callable[[Request], None] = lambda _: None
        self.after: Callable[[Request], None] = lambda _: None
        self.limit: int | None = None
        self.retry_after: int | str = 1
        self.secret = f"{KEY}:{SECRET}"
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                site._answer(self)

            do_GET = do_POST = do_PUT = _do

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """Who asks may be killed."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def made(self, doctype: str) -> list[dict[str, Any]]:
        """The documents of a type, in the order in which they were made."""
        with self._lock:
            return [dict(x) for x in self.documents.table(doctype).values()]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        raw = handler.rfile.read(length)
        if len(raw) < length:
            # Who asked was killed in the middle of it.
            handler.close_connection = True
            return
        parts = urlsplit(handler.path)
        words = [unquote(word) for word in parts.path.strip("/").split("/")]
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers: dict[str, str] = {}
        try:
            try:
                self._allowed(handler.headers.get("authorization", ""))
                if words[:2] != ["api", "resource"] or not 3 <= len(words) <= 4:
                    raise FrappeError(404, "DoesNotExistError", "Not Found")
                body = json.loads(raw, parse_float=Decimal) if raw else {}
                request = Request(handler.command, words[2], words[3] if len(words) == 4 else "", body)
                status, said = self._served(request, query)
            except FrappeError as error:
                status, said = error.status, error.body()
                if status == 429:
                    headers["Retry-After"] = str(self.retry_after)
        except Dropped:
            handler.close_connection = True
            return
        data = json.dumps(said, default=float).encode()
        handler.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _allowed(self, authorization: str) -> None:
        if authorization != f"token {self.secret}":
            raise FrappeError(401, "AuthenticationError", "Invalid API key or secret")
        with self._lock:
            if self.limit is not None:
                self.limit -= 1
                if self.limit < 0:
                    raise FrappeError(429, "TooManyRequestsError", "Too Many Requests")

    def _served(self, request: Request, query: Mapping[str, str]) -> tuple[int, Any]:
        with self._lock:
            self.requests.append(request)
        self.before(request)
        with self._lock:
            found = self._done(request, query)
        self.after(request)
        return 200, {"data": found}

    def _done(self, request: Request, query: Mapping[str, str]) -> Any:
        documents = self.documents
        if request.method == "POST":
            return documents.insert(request.doctype, dict(request.body))
        if request.method == "PUT":
            return documents.update(request.doctype, request.name, dict(request.body))
        if request.name:
            return documents.get(request.doctype, request.name)
        return documents.list(
            request.doctype,
            json.loads(query.get("filters", "[]")),
            json.loads(query.get("fields", '["name"]')),
            int(query.get("limit_start", 0)),
            int(query.get("limit_page_length", DEFAULT_PAGE)),
        )
