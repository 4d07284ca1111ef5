"""Wires the publishing flows and the questions to their views from the settings."""

from pathlib import Path

from connectors.log import open_log
from connectors.log.base import Log
from dataflows.publish import publish_clickhouse, publish_forward
from dataflows.publishing import PublishStatus, Stop
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import Views, open_views
from sinks.redis.connect import RedisServer


def clickhouse_place(settings: Settings) -> Place:
    """The ClickHouse of this installation: a server, or chDB in dir/clickhouse."""
    return Place(settings.dir / "clickhouse", settings.clickhouse)


def query_socket(settings: Settings) -> Path:
    """Where the publishing process answers questions while it has chDB open."""
    return settings.dir / "run" / "clickhouse.sock"


def redis_socket(settings: Settings) -> Path:
    """Where the embedded Valkey listens while the forwarder runs."""
    return settings.dir / "run" / "redis.sock"


def views(settings: Settings) -> Views:
    """Whoever can answer questions about the views. Raises HeldElsewhere, SinkStopped, RetryLater."""
    return open_views(clickhouse_place(settings), query_socket(settings))


def _open(settings: Settings) -> Log:
    log = open_log(
        settings.kafka, settings.dir / "log", settings.topic_prefix, settings.kafka_transactional, settings.log_sync
    )
    log.ensure_topic(FACTS, settings.shards)
    log.ensure_topic(DECISIONS, settings.shards)
    return log


def run_publish_clickhouse(settings: Settings, until_idle: bool, stop: Stop, status: PublishStatus) -> None:
    """Publish decisions into ClickHouse until `stop`, or until all there are is published."""
    log = _open(settings)
    try:
        publish_clickhouse(
            log, clickhouse_place(settings), query_socket(settings), until_idle=until_idle, stop=stop, status=status
        )
    finally:
        log.close()


def run_publish_forward(settings: Settings, until_idle: bool, stop: Stop, status: PublishStatus) -> None:
    """Keep the directory and bring transfers back as facts until `stop`, or until nothing is left to forward."""
    log = _open(settings)
    try:
        with RedisServer(settings.dir / "redis", redis_socket(settings), settings.redis) as server:
            publish_forward(log, server, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
