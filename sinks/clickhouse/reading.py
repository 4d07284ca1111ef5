"""Questions to the views: to the server, to the process that has chDB open, or to chDB itself.

Guarantee: what is asked here can only read (statements.py). The protocol over the Unix socket is lines of JSON:
asked {"sql": ..., "parameters": {...}}; answered names, types, one array for each row, and then
{"rows": n}, or {"error": ...} at any point.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from sinks.base import SinkError, SinkStopped
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.statements import reading_statement
from sinks.local import HeldElsewhere, SocketPath

# An answer is whole in memory on its way; a bigger one is refused with ClickHouse's own error.
_MOST_ANSWER_BYTES: Final = 256 << 20
_LIMITS: Final[dict[str, str | int]] = {
    "max_result_bytes": _MOST_ANSWER_BYTES,
    # A column that is the same in all rows counts once in bytes.
    "max_result_rows": 1_000_000,
    "max_execution_time": 300,
    "max_bytes_before_external_group_by": 1 << 30,
    "max_bytes_before_external_sort": 1 << 30,
    "output_format_json_quote_64bit_integers": 0,
}
_FORMAT: Final = "JSONCompactEachRowWithNamesAndTypes"
_MOST_QUESTION_BYTES: Final = 1 << 20
_MOST_AT_ONCE: Final = 4
_WAIT_SECONDS: Final = 330.0
# Between taking chDB's lock and answering, a starting process needs about a second.
_STARTING_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as JSON has them: dates and times are texts, integers are integers."""

    names: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Views(Protocol):
    """Something that answers questions about the views. Close it."""

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """Run one reading statement; {name:Type} in it is bound from `parameters`. Raises RetryLater, SinkStopped."""
        ...

    def close(self) -> None: ...


def _ask_raw(database: Database, sql: str, parameters: Mapping[str, Any]) -> bytes:
    with database.read_client(_LIMITS) as client:
        statement = reading_statement(client, sql, parameters)
        answer: bytes = client.raw_query(statement, parameters=dict(parameters), fmt=_FORMAT)
        return answer


def _parse(lines: Sequence[bytes]) -> Answer:
    if len(lines) < 2:
        return Answer((), (), ())
    # Each line is a list; as one list they are read in half the time.
    names, types, *rows = json.loads(b"[%s]" % b",".join(lines))
    return Answer(names, types, rows)


class DatabaseViews:
    """Asks a database of its own: a server, or chDB where no other process has it open."""

    def __init__(self, place: Place, as_it_is: bool = False) -> None:
        """Raises HeldElsewhere where another process has chDB open. `as_it_is`: an older version is not brought forward."""
        self._database = Database(place)
        if not place.url and not as_it_is:
            try:
                self._database.migrate()
            except BaseException:
                self._database.close()
                raise

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        return _parse(_ask_raw(self._database, sql, parameters or {}).splitlines())

    def close(self) -> None:
        self._database.close()


class SocketViews:
    """Asks the process that has chDB open."""

    def __init__(self, path: Path) -> None:
        """Raises ConnectionRefusedError or FileNotFoundError where no process answers at `path`."""
        self._path = path
        self._connect().close()

    def _connect(self) -> socket.socket:
        place = SocketPath(self._path)
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(_WAIT_SECONDS)
        try:
            link.connect(place.address)
        except BaseException:
            link.close()
            raise
        finally:
            place.close()
        return link

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        question = json.dumps({"sql": sql, "parameters": dict(parameters or {})}).encode() + b"\n"
        try:
            with self._connect() as link, link.makefile("rb") as answer:
                link.sendall(question)
                lines = answer.read().splitlines()
        except OSError as error:
            raise SinkStopped(f"{self._path}: the publishing process does not answer: {error}") from error
        end = json.loads(lines[-1]) if lines else None
        if not isinstance(end, dict):
            raise SinkStopped(f"{self._path}: the publishing process ended in the middle of its answer; ask again")
        if "error" in end:
            raise SinkStopped(end["error"])
        return _parse(lines[:-1])

    def close(self) -> None:
        return


def open_views(place: Place, socket_path: Path, as_it_is: bool = False) -> Views:
    """Whoever can answer: the server; else the process at `socket_path`; else chDB opened here, brought to this version
    unless it is to be seen `as_it_is`.

    Raises HeldElsewhere where a process has chDB open and does not answer within ten seconds.
    """
    if place.url:
        return DatabaseViews(place)
    deadline = time.monotonic() + _STARTING_SECONDS
    while True:
        with suppress(ConnectionRefusedError, FileNotFoundError):
            return SocketViews(socket_path)
        try:
            return DatabaseViews(place, as_it_is)
        except HeldElsewhere:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


class QueryServer:
    """Answers at a Unix socket from threads of its own, at most four questions at once, until `close`."""

    def __init__(self, path: Path, database: Database) -> None:
        """`database` holds chDB's lock, so a socket file that is there belongs to a dead process."""
        self._database = database
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._place = SocketPath(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self._place.address)
        os.chmod(path, 0o600)
        self._listener.listen(16)
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._thread = threading.Thread(target=self._accept, name="query-server", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            self._slots.acquire()
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), name="query", daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        try:
            link.settimeout(_WAIT_SECONDS)
            with link, link.makefile("rb") as asked, suppress(OSError):
                line = asked.readline(_MOST_QUESTION_BYTES)
                if line:
                    link.sendall(self._answer(line))
        finally:
            self._slots.release()

    def _answer(self, line: bytes) -> bytes:
        try:
            question = json.loads(line)
            sql, parameters = question["sql"], question["parameters"]
        except (ValueError, KeyError, TypeError) as error:
            return _line({"error": f"not a question: {error!r}; send one line of JSON with sql and parameters"})
        try:
            said = _ask_raw(self._database, sql, parameters)
        except SinkError as error:
            return _line({"error": str(error)})
        return said + _line({"rows": max(said.count(b"\n") - 2, 0)})

    def close(self) -> None:
        """Stop answering. Questions under way are cut off when the process ends."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._place.close()


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
