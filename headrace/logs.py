"""Opens an installation's log, and the schema registry its producers use, from its settings."""

from connectors.log import open_log
from connectors.log.base import Log
from connectors.registry.client import SchemaRegistry
from connectors.registry.writers import WriterSchemas
from headrace.settings import Settings, WrongSettings
from schemas.topics import DEAD_LETTERS, DECISIONS, FACTS, INPUT_TOPICS


def open_log_of(settings: Settings) -> Log:
    """The log that the settings name, as it is."""
    return open_log(
        settings.kafka, settings.dir / "log", settings.topic_prefix, settings.kafka_transactional, settings.log_sync
    )


def schema_registry(settings: Settings) -> SchemaRegistry:
    """A client of the registry that is set. Raises WrongSettings."""
    try:
        return SchemaRegistry(settings.schema_registry)
    except ValueError as error:
        # The value may hold a password, and is not told.
        raise WrongSettings(f"schema_registry: {error}") from None


def writer_schemas(settings: Settings) -> WriterSchemas | None:
    """What reads messages by producers' own schemas, where a registry is set. Raises WrongSettings."""
    return WriterSchemas(schema_registry(settings)) if settings.schema_registry else None


def open_installation(settings: Settings) -> Log:
    """The installation's log with all its topics, made where they are missing, checked where they are there."""
    log = open_log_of(settings)
    for topic in INPUT_TOPICS:
        log.ensure_topic(topic, settings.input_partitions)
    log.ensure_topic(DEAD_LETTERS, 1)
    log.ensure_topic(FACTS, settings.shards)
    log.ensure_topic(DECISIONS, settings.shards)
    return log
