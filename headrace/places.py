"""Where the views of an installation are, from its settings."""

from pathlib import Path

from headrace.settings import Settings
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import Views, open_views
from sinks.redis.connect import RedisServer


def clickhouse_place(settings: Settings) -> Place:
    """The ClickHouse of this installation: a server, or chDB in dir/clickhouse."""
    return Place(settings.dir / "clickhouse", settings.clickhouse)


def flows_lock(settings: Settings) -> Path:
    """Which `headrace run all` holds as long as it runs."""
    return settings.dir / "run" / "flows.lock"


def query_socket(settings: Settings) -> Path:
    """Where the publishing process answers questions while it has chDB open."""
    return settings.dir / "run" / "clickhouse.sock"


def redis_socket(settings: Settings) -> Path:
    """Where the embedded Valkey listens while the forwarder runs."""
    return settings.dir / "run" / "redis.sock"


def live_server(settings: Settings, shared: bool = False) -> RedisServer:
    """Redis of the live views: the server, or an embedded Valkey of their own, with `shared` also one that runs already.

    Raises HeldElsewhere, SinkStopped.
    """
    return RedisServer(settings.dir / "live", live_socket(settings), settings.redis, shared)


def live_socket(settings: Settings) -> Path:
    """Where the embedded Valkey of the live views listens while they are kept."""
    return settings.dir / "run" / "live.sock"


def views(settings: Settings) -> Views:
    """Whoever can answer questions about the views. Raises HeldElsewhere, SinkStopped, RetryLater."""
    return open_views(clickhouse_place(settings), query_socket(settings))
