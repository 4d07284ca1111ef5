"""A forwarder with the embedded Valkey, and with a real Redis server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.redis.connect import RedisServer
from tests.dataflows.forwarding import World


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
