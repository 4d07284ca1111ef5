"""The flows of publish that are kept in Redis: live views, and the directory by which transfers are brought back."""

from dataflows.publish import publish_forward, publish_live
from dataflows.publishing import Stop
from headrace.flows.serving import opened, publishing
from headrace.places import live_server, redis_socket
from headrace.settings import Settings
from sinks.redis.connect import RedisServer


def start_forward(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Keep the directory and bring back as facts what must come back."""
    log = opened(settings, until_idle, stop)
    try:
        with (
            publishing(settings, "forward") as status,
            RedisServer(settings.dir / "redis", redis_socket(settings), settings.redis) as redis,
        ):
            publish_forward(log, redis, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0


def start_live(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Keep the live views in Redis."""
    log = opened(settings, until_idle, stop)
    try:
        with publishing(settings, "live") as status, live_server(settings) as redis:
            publish_live(log, redis, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0
