"""Event logs: one interface (base), SQLite files and Kafka behind it, one contract test suite on both."""

from pathlib import Path

from connectors.log.base import Log


def open_log(kafka: str, directory: Path, prefix: str, transactional: bool, sync: bool) -> Log:
    """The installation's log: Kafka at the bootstrap servers `kafka`, or where that is empty SQLite files in `directory`.

    Raises LogRefused or LogUnavailable where a directory cannot be used; Kafka is first asked on first use.
    """
    if kafka:
        from connectors.log.kafka import KafkaLog

        return KafkaLog(kafka, prefix, transactional)
    from connectors.log.sqlite import SqliteLog

    return SqliteLog(directory, sync)
