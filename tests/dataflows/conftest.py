"""A log for intake; an installation that delivers; a forwarder with the embedded Valkey, and with a real Redis server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.files.ingest import ensure_topics
from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from schemas.topics import FACTS
from sinks.redis.connect import RedisServer
from tests.dataflows.forwarding import World
from tests.dataflows.sending import SHARDS
from tests.delivering import Delivering


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """Empty, and as it was set up before when the test is over."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock", url) as found:
        before = found.client.config_get("maxmemory*")
        yield found
        if url:
            found.client.flushdb()
            for name in ("maxmemory", "maxmemory-policy"):
                found.client.config_set(name, before[name])


@pytest.fixture
def world(tmp_path: Path, server: RedisServer) -> World:
    return World(tmp_path, server)


@pytest.fixture
def delivering(tmp_path: Path) -> Iterator[Delivering]:
    """With one customer."""
    found = Delivering(tmp_path / "d")
    found.customer()
    yield found
    found.log.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = SqliteLog(tmp_path / "log", sync=False)
    ensure_topics(opened, 4)
    opened.ensure_topic(FACTS, SHARDS)
    yield opened
    opened.close()
