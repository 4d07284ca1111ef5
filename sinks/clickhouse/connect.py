"""Opens ClickHouse: a server by URL, or chDB in a directory, which one process at a time may have.

A handle of chDB that returned an error gives the rest of the failed answer to the next query
(chdb 4.4.0, seen November 2026), so a handle is given up after any error.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.base import RetryLater, SinkStopped
from sinks.clickhouse.kpis import ANSWERED
from sinks.clickhouse.schema import MIGRATIONS, REMADE, VERSIONS_TABLE, VIEWS
from sinks.clickhouse.switching import beside, finish, mark_ready
from sinks.local import Lock

# What waiting does not heal: syntax, unknown names, types, passwords, rights.
_PERSON_MUST_ACT: Final = frozenset(
    {16, 27, 36, 43, 46, 47, 50, 53, 60, 62, 81, 115, 164, 192, 193, 194, 291, 497, 516}
)
# A server's socket that says nothing for this long is taken for away.
_ANSWER_SECONDS: Final = 20
_CONNECT_SECONDS: Final = 5
ONE_PART: Final = {"max_insert_threads": 1, "min_insert_block_size_rows": 1 << 40, "min_insert_block_size_bytes": 0}
"""Settings of a statement, with which all rows of an INSERT ... SELECT are one block, however many they are."""
_DEFAULT: Final = "default"
_FILLS: Final = ("INSERT INTO", "TRUNCATE TABLE", "DROP TABLE")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the views are: `url` of a server (http://user:password@host:8123/database), or chDB in `directory`."""

    directory: Path
    url: str = ""

    @property
    def name(self) -> str:
        """For messages, without a password."""
        if not self.url:
            return f"chDB in {self.directory}"
        parts = urlsplit(self.url)
        return f"ClickHouse at {parts.hostname}:{parts.port or 8123}{parts.path}"


def _name_of(place: Place) -> str:
    """The database that the URL names. Raises SinkStopped where it is no plain name."""
    name = urlsplit(place.url).path.strip("/") or _DEFAULT
    if not name.replace("_", "").isalnum():
        raise SinkStopped(f"{place.name}: database name {name!r}: letters, digits and _ only")
    return name


@contextmanager
def outside(place: str) -> Iterator[None]:
    """Turns the client's errors into RetryLater (away, overloaded, full) or SinkStopped (a person must act)."""
    try:
        yield
    except ClickHouseError as error:
        said = str(error).splitlines()[0][:400] if str(error) else type(error).__name__
        if getattr(error, "code", None) in _PERSON_MUST_ACT:
            raise SinkStopped(f"{place}: {said}") from error
        raise RetryLater(f"{place}: {said}") from error
    except OSError as error:
        raise RetryLater(f"{place}: {error}") from error


class Database:
    """ClickHouse, opened. On chDB it holds the lock of the directory until `close`.

    Any thread: each has a client of its own. Raises HeldElsewhere, RetryLater, SinkStopped.
    """

    def __init__(self, place: Place, within: "Database | None" = None) -> None:
        """`within`: the tables that are built anew beside those of this one, which has the lock."""
        self.place = place
        self._lock: Lock | None = None
        self._clients: dict[int, Client] = {}
        # By settings: those that nobody has at the moment.
        self._readers: dict[tuple[tuple[str, str | int], ...], list[Client]] = {}
        self.name: str = _name_of(place) if within is None else beside(within.name)
        if not place.url and within is None:
            self._lock = Lock(place.directory.with_name(place.directory.name + ".lock"), place.name)

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """The thread's client for writing; given up on any error."""
        thread = threading.get_ident()
        with outside(self.place.name):
            if thread not in self._clients:
                self._clients[thread] = self._open()
            try:
                yield self._clients[thread]
            except (ClickHouseError, OSError):
                self._drop_client(thread)
                raise

    @contextmanager
    def read_client(self, limits: Mapping[str, str | int]) -> Iterator[Client]:
        """A client that can only read, with settings `limits`, and that nobody else has meanwhile. Any thread.

        It is kept for the next who asks; to make one takes 20 ms.
        """
        kept = self._readers.setdefault(tuple(sorted(limits.items())), [])
        with outside(self.place.name):
            try:
                client = kept.pop()
            except IndexError:
                client = self._open_reader(limits)
            try:
                yield client
            except BaseException:
                client.close()
                raise
            kept.append(client)

    def _open_reader(self, limits: Mapping[str, str | int]) -> Client:
        if self.place.url:
            return self._open({**limits, "readonly": 1})
        client = self._open()
        for name, value in limits.items():
            client.command(f"SET {name} = {value!r}")
        client.command("SET readonly = 1")
        return client

    def _open(self, limits: Mapping[str, str | int] | None = None) -> Client:
        if not self.place.url:
            self.place.directory.mkdir(parents=True, exist_ok=True)
            return clickhouse_connect.get_client(interface="chdb", path=str(self.place.directory), database=self.name)
        return clickhouse_connect.get_client(
            dsn=urlunsplit(urlsplit(self.place.url)._replace(path=f"/{self.name}")),
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=_ANSWER_SECONDS,
            autogenerate_session_id=False,
            settings=dict(limits or {}),
        )

    def _drop_client(self, thread: int) -> None:
        client = self._clients.pop(thread, None)
        if client is not None:
            with suppress(ClickHouseError, OSError):
                client.close()

    def version(self) -> int:
        """Version of the tables that are there; 0 where there are none."""
        if not self.rows("SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'schema_versions'"):
            return 0
        return int(self.rows("SELECT max(version) FROM schema_versions")[0][0])

    def migrate(self) -> None:
        """Bring tables and views to this version, forward only. Raises SinkStopped where they are of a later one.

        What was cut short is made again from its beginning, and a switch to rebuilt tables is finished; nobody
        may publish meanwhile.
        """
        self._create_database()
        with self.client() as client:
            finish(client, self.name)
            client.command(VERSIONS_TABLE)
        found = self.version()
        if found > len(MIGRATIONS):
            raise SinkStopped(
                f"{self.place.name}: tables of version {found}, this headrace knows {len(MIGRATIONS)}: "
                "use the version that made them"
            )
        if found == len(MIGRATIONS):
            return
        missing = range(found + 1, len(MIGRATIONS) + 1)
        with self.client() as client:
            for statement in (statement for version in missing for statement in MIGRATIONS[version - 1]):
                # Of an empty table nothing is to be made.
                if found or not statement.startswith(_FILLS):
                    client.command(statement)
            for name, statement in REMADE.items():
                if found:
                    client.command(f"DROP TABLE IF EXISTS {name} SYNC")
                client.command(statement)
            for view in VIEWS:
                client.command(view.statement)
            # Counted again when something is published, and not without figures until then.
            for answer in ANSWERED if found else ():
                client.command(answer.count(1), settings=ONE_PART)
            said = ", ".join(f"({version})" for version in missing)
            client.command(f"INSERT INTO schema_versions (version) VALUES {said}")

    def _create_database(self) -> None:
        """The database of its tables, where it is not there yet."""
        if self.name == _DEFAULT:
            return
        with self._admin() as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {self.name}")

    @contextmanager
    def _admin(self) -> Iterator[Client]:
        """A client of the default database, which is always there."""
        with outside(self.place.name):
            if self.place.url:
                url = urlunsplit(urlsplit(self.place.url)._replace(path=f"/{_DEFAULT}"))
                client = clickhouse_connect.get_client(dsn=url, connect_timeout=_CONNECT_SECONDS)
            else:
                self.place.directory.mkdir(parents=True, exist_ok=True)
                client = clickhouse_connect.get_client(interface="chdb", path=str(self.place.directory))
            try:
                yield client
            finally:
                client.close()

    def drop_beside(self) -> None:
        """Drop what was being built beside these tables."""
        with self._admin() as client:
            client.command(f"DROP DATABASE IF EXISTS {beside(self.name)} SYNC")

    def mark_ready(self) -> None:
        """The tables that were built beside these are whole: from here on `migrate`, by whomever, finishes the switch to them."""
        with self.client() as client:
            mark_ready(client, self.name)

    def switch(self) -> None:
        """The tables that were built beside these take their places, and these are dropped."""
        self.mark_ready()
        with self.client() as client:
            finish(client, self.name)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query, for the sink's own small questions."""
        with self.client() as client:
            return [tuple(row) for row in client.query(sql, parameters=dict(parameters or {})).result_rows]

    def insert_select(self, sql: str, token: str) -> None:
        """An INSERT ... SELECT that makes one part, or none, and only once under its token."""
        with self.client() as client:
            client.command(sql, settings={**ONE_PART, "insert_deduplication_token": token})

    def close(self) -> None:
        for thread in list(self._clients):
            self._drop_client(thread)
        for client in (client for kept in self._readers.values() for client in kept):
            with suppress(ClickHouseError, OSError):
                client.close()
        self._readers.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
