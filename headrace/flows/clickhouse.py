"""The flow of publish into ClickHouse."""

from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import Stop
from headrace.flows.serving import opened, publishing
from headrace.places import clickhouse_place, query_socket
from headrace.settings import Settings


def start_clickhouse(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Publish decisions into ClickHouse."""
    log = opened(settings, until_idle, stop)
    try:
        with publishing(settings, "clickhouse") as status:
            place, socket = clickhouse_place(settings), query_socket(settings)
            publish_clickhouse(log, place, socket, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0
