"""A real HTTP server that takes documents and keeps them by key; it answers what it is told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(slots=True)
class Inbox:
    """requests: (method, path, headers, body) of each; taken: by key, once. status, retry_after: what is answered; refusal: instead,
    where `refuses` says so by what came before."""

    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    status: int = 201
    refusal: int = 503
    refuses: Callable[[], bool] = bool
    retry_after: str = ""
    url: str = ""


@contextmanager
def http_inbox() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            inbox.requests.append((self.command, self.path, headers, body))
            status = inbox.refusal if inbox.refuses() else inbox.status
            if status < 300:
                inbox.taken.setdefault(headers["idempotency-key"], body)
            self.send_response(status)
            self.send_header("content-length", "0")
            if inbox.retry_after:
                self.send_header("retry-after", inbox.retry_after)
            self.end_headers()

        do_POST = do_PUT = _take

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.url = f"http://127.0.0.1:{server.server_address[1]}/documents"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
