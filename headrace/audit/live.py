"""Live balances in Redis, opened to be read only: the server at its URL, or the embedded one, running or not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import redis

from sinks.base import RetryLater, SinkStopped
from sinks.local import HeldElsewhere, SocketPath
from sinks.redis.connect import RedisServer
from sinks.redis.store import PREFIX

_ANSWER_SECONDS: Final = 30


class RedisBalances:
    """Reads balances. Close it. Raises RetryLater, SinkStopped."""

    def __init__(self, directory: Path, socket_path: Path, url: str) -> None:
        """At `url`; else the running embedded server at `socket_path`, or one started here on `directory`."""
        self._server: RedisServer | None = None
        self._path: SocketPath | None = None
        self._client: Any
        try:
            self._server = RedisServer(directory, socket_path, url)
            self._client = self._server.client
        except HeldElsewhere:
            self._path = SocketPath(socket_path)
            self._client = redis.Redis(
                unix_socket_path=self._path.address, socket_timeout=_ANSWER_SECONDS, decode_responses=True
            )

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except redis.exceptions.AuthenticationError as error:
            raise SinkStopped(str(error)) from error
        except (redis.exceptions.RedisError, OSError) as error:
            raise RetryLater(str(error)) from error

    def until(self, shard: int) -> int:
        return int(self._ask(lambda: self._client.hget(f"{PREFIX}position", f"s{shard}")) or 0)

    def of(self, accounts: Sequence[str]) -> list[Mapping[str, str]]:
        pipe = self._client.pipeline(transaction=False)
        for account in accounts:
            pipe.hgetall(f"{PREFIX}balance:{account}")
        found: list[Mapping[str, str]] = self._ask(pipe.execute)
        return found

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        else:
            self._client.close()
        if self._path is not None:
            self._path.close()
