"""Places for tables in tests: `clickhouse_places` makes them on chDB, and on the server at HEADRACE_TEST_CLICKHOUSE too
where that is set. Each is empty; on a server it is a database of its own, which is dropped when the test is over."""

import os
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest

from sinks.clickhouse.connect import Place

SERVER = os.environ.get("HEADRACE_TEST_CLICKHOUSE", "").rstrip("/")


class Places:
    """One test's places, by name: the same name is the same tables."""

    def __init__(self, directory: Path, server: str) -> None:
        """`server` is http://user:password@host:8123, or empty for chDB."""
        self._directory = directory
        self._server = server
        self._databases: set[str] = set()

    def named(self, name: str) -> Place:
        directory = self._directory / name
        if not self._server:
            return Place(directory)
        database = f"headrace_test_{os.getpid()}_{name}"
        self._databases.add(database)
        return Place(directory, f"{self._server}/{database}")

    def drop(self) -> None:
        if self._databases:
            client = clickhouse_connect.get_client(dsn=f"{self._server}/default")
            for database in sorted(self._databases):
                client.command(f"DROP DATABASE IF EXISTS {database}")
            client.close()


@pytest.fixture(params=["chdb", "server"] if SERVER else ["chdb"])
def clickhouse_places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    places = Places(tmp_path / "clickhouse", SERVER if request.param == "server" else "")
    yield places
    places.drop()
