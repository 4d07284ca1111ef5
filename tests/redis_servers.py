"""A real Redis for tests: `redis_url` is the address of an empty one; `LocalRedis` one that a test may stop and start,
`LocalCluster` three of them.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

START_SECONDS = 20.0


class NoLocalRedis(Exception):
    """A Redis cannot run here; the message says what is missing."""


def _free_port(most: int) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port <= most:
            return port


class LocalRedis:
    """redis-server on 127.0.0.1 with its data in `directory`, written to disk at each change. Stop it."""

    def __init__(self, directory: Path, *options: str, most_port: int = 65_535) -> None:
        """Raises NoLocalRedis where redis-server is not on PATH or does not come up."""
        program = shutil.which("redis-server")
        if program is None:
            raise NoLocalRedis("redis-server is not on PATH; install redis-server, or set HEADRACE_TEST_REDIS")
        self.port: int = _free_port(most_port)
        directory.mkdir(parents=True, exist_ok=True)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory)]
        self._command += ["--appendonly", "yes", "--appendfsync", "always", "--save", "", *options]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it on its data, where it does not run, and wait until it answers."""
        if self._process is not None:
            return
        with (self._directory / "redis.log").open("ab") as output:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        give_up = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.exceptions.ConnectionError:
                    if self._process.poll() is not None or time.monotonic() > give_up:
                        self.stop()
                        end = (self._directory / "redis.log").read_text(errors="replace")[-1000:]
                        raise NoLocalRedis(f"redis-server does not come up; the end of its log:\n{end}") from None
                    time.sleep(0.02)
                else:
                    return

    def stop(self) -> None:
        """Kill it; its data stay for `start`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis whose database is empty: HEADRACE_TEST_REDIS, which tests may empty, or a redis-server from PATH."""
    given = os.environ.get("HEADRACE_TEST_REDIS", "")
    if given:
        with redis.Redis.from_url(given) as client:
            held = client.dbsize()
        assert held == 0, f"HEADRACE_TEST_REDIS: its database has {held} keys; tests empty it, so name an empty one"
        yield given
        return
    try:
        server = LocalRedis(tmp_path_factory.mktemp("redis"))
    except NoLocalRedis as missing:
        pytest.skip(f"no Redis: {missing}")
    yield server.url
    server.stop()


@pytest.fixture
def local_redis(tmp_path: Path) -> Iterator[LocalRedis]:
    """A Redis of this test's own."""
    try:
        server = LocalRedis(tmp_path / "local-redis")
    except NoLocalRedis as missing:
        pytest.skip(f"no Redis: {missing}")
    yield server
    server.stop()


class LocalCluster:
    """A Redis Cluster of three redis-server on 127.0.0.1, without replicas, written to disk at each change. Stop it."""

    def __init__(self, directory: Path) -> None:
        """Raises NoLocalRedis where redis-server or redis-cli is not on PATH or the cluster does not come up."""
        client = shutil.which("redis-cli")
        if client is None:
            raise NoLocalRedis("redis-cli is not on PATH; install redis-tools")
        self.nodes: list[LocalRedis] = []
        try:
            for number in range(3):
                # The address of a node's bus is its port and 10,000.
                self.nodes.append(LocalRedis(directory / str(number), "--cluster-enabled", "yes", most_port=55_000))
            addresses = [f"127.0.0.1:{node.port}" for node in self.nodes]
            command = [client, "--cluster", "create", *addresses, "--cluster-yes"]
            made = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
            if made.returncode:
                raise NoLocalRedis(f"redis-cli --cluster create: {made.stdout[-500:]}{made.stderr[-500:]}")
            self.wait()
        except BaseException:
            self.stop()
            raise
        self.url = self.nodes[0].url

    def wait(self) -> None:
        """Until every node says that the whole cluster is there."""
        give_up = time.monotonic() + START_SECONDS
        for node in self.nodes:
            with redis.Redis.from_url(node.url) as client:
                while client.cluster("INFO")["cluster_state"] != "ok":
                    assert time.monotonic() < give_up, "the cluster does not come up"
                    time.sleep(0.02)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """One cluster for all tests of a worker."""
    try:
        cluster = LocalCluster(tmp_path_factory.mktemp("cluster"))
    except NoLocalRedis as missing:
        pytest.skip(f"no Redis: {missing}")
    yield cluster
    cluster.stop()


@pytest.fixture
def redis_cluster(shared_cluster: LocalCluster) -> Iterator[LocalCluster]:
    """An empty cluster, whose nodes a test may stop and start."""
    yield shared_cluster
    for node in shared_cluster.nodes:
        node.start()
        with redis.Redis.from_url(node.url) as client:
            client.flushall()
    shared_cluster.wait()
