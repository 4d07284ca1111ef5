"""A receiver of webhooks as they are outside, and installations whose sink tells it."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from headrace.logs import open_installation
from headrace.settings import load
from sinks.effects.store import EffectStore
from sinks.webhooks.sink import WebhookSink
from tests.commands import ROOT
from tests.publishing import run_effects

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def account(self) -> str:
        return str(self.said["data"]["account_id"])

    @property
    def sequence(self) -> int:
        return int(self.id.rsplit("-", 1)[1])


class HookServer:
    """Keeps every request and, by path, the first one of each id that it answered well: what had an effect.

    `answer` is asked in the request's thread, before it is answered: a status, or one with headers.
    """

    def __init__(self, answer: Callable[[Received], int | tuple[int, dict[str, str]]] = lambda _: 200) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.effective: dict[str, dict[str, Received]] = {}
        self._lock = threading.Lock()
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(length := int(self.headers["content-length"]))
                if len(body) < length:
                    # Its sender died between the two: a request that was never made.
                    return
                hooks._take(self, Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _take(self, handler: BaseHTTPRequestHandler, request: Received) -> None:
        with self._lock:
            self.received.append(request)
        found = self.answer(request)
        status, headers = (found, {}) if isinstance(found, int) else found
        if 200 <= status < 300:
            with self._lock:
                self.effective.setdefault(request.path, {}).setdefault(request.id, request)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def taken(self, path: str = "/hook") -> list[Received]:
        """What had an effect there, in its order."""
        return list(self.effective.get(path, {}).values())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def endpoint(server: HookServer, name: str = "crm", **changes: Any) -> dict[str, Any]:
    """An endpoint's settings."""
    path = changes.pop("path", "/hook")
    return {"name": name, "url": server.url(path), "secrets": [SECRET], "private": True} | changes


def write_settings(directory: Path, *endpoints: Mapping[str, Any], shards: int = 4) -> None:
    """The installation's own headrace.toml."""
    lines = [f"shards = {shards}", "log_sync = false"]
    for one in endpoints:
        lines.append("[[webhooks]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in one.items()]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "headrace.toml").write_text("\n".join(lines) + "\n")


def made(directory: Path, *endpoints: Mapping[str, Any], shards: int = 4) -> SqliteLog:
    """A new installation with these endpoints, whose sink stands at the beginning of its log."""
    write_settings(directory, *endpoints, shards=shards)
    log = open_installation(load(directory, None))
    assert isinstance(log, SqliteLog)
    tell(directory, log)
    return log


def tell(directory: Path, log: Log) -> None:
    """Run the sink, as it is set now, until nothing is left that may be told now; without a process of its own."""
    webhooks = load(directory, None).webhooks
    run_effects(log, WebhookSink([webhook.endpoint() for webhook in webhooks]), directory)


def started(directory: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """The sink as a process that runs until it is told to stop, or with `--until-idle`."""
    command = [sys.executable, "-m", "headrace.main", "run", "publish", "--sink", "webhooks", "--dir", str(directory)]
    return subprocess.Popen([*command, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)


def effects(directory: Path, sink: str = "webhooks") -> EffectStore:
    return EffectStore(directory / "effects" / f"{sink}.sqlite")


def states(directory: Path, *wanted: str) -> list[tuple[str, str, str]]:
    """(target, document, state) of every effect, or of those in these states, in order."""
    store = effects(directory)
    try:
        rows = store.rows(wanted)
        return [(row.target, store.members(row.number)[0][0].document, row.state) for row in reversed(rows)]
    finally:
        store.close()


def by_account(received: Sequence[Received]) -> dict[str, list[int]]:
    """For each account the sequences that it was told of, in the order in which they came."""
    found: dict[str, list[int]] = {}
    for one in received:
        found.setdefault(one.account, []).append(one.sequence)
    return found
