"""Reading a Kafka topic: one consumer for all partitions, assigned by hand, committed transactions only."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.log.base import LogRefused, Reader, Record
from connectors.log.kafka_client import Health, failure, settings

# Bounds of what the client fetches ahead, for the whole reader.
READ_AHEAD_RECORDS: Final = 20_000
READ_AHEAD_KILOBYTES: Final = 16_384


class KafkaReader(Reader):
    """Reads ahead at most 16 MB and one fetch. One consumer for each partition would cost five times the p99 (FACTS)."""

    def __init__(self, bootstrap: str, admin: AdminClient, topic: str, start: Mapping[int, int]) -> None:
        self._where = f"kafka {bootstrap}, topic {topic}"
        self._topic = topic
        self._next = dict(start)
        self._paused: frozenset[int] = frozenset()
        self._held: list[Record] = []
        self._health = Health(self._where, admin)
        self._consumer = Consumer(
            settings(
                bootstrap,
                group_id="headrace-reader",
                enable_auto_commit=False,
                enable_auto_offset_store=False,
                auto_offset_reset="error",
                isolation_level="read_committed",
                enable_partition_eof=True,
                check_crcs=True,
                fetch_min_bytes=1,
                # Only how soon the end of a partition is told apart from a hole before it.
                fetch_wait_max_ms=100,
                fetch_error_backoff_ms=50,
                fetch_queue_backoff_ms=5,
                queued_min_messages=READ_AHEAD_RECORDS,
                queued_max_messages_kbytes=READ_AHEAD_KILOBYTES,
                error_cb=self._health.on_error,
            )
        )
        self._consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in start.items()])

    def poll(self, most: int, timeout_seconds: float) -> list[Record]:
        give_up = time.monotonic() + timeout_seconds
        records = self._release(most) if self._held else []
        while not records:
            try:
                first = self._consumer.poll(max(give_up - time.monotonic(), 0.0))
                if first is None:
                    self._health.check()
                    return []
                messages = [first]
                if most > 1:
                    # Without a timeout: what is there. With one, consume waits until the batch is full.
                    messages += self._consumer.consume(most - 1, 0)
            except KafkaException as error:
                raise failure(self._where, error.args[0]) from error
            records = self._records(messages)
            self._health.heard()
        return records

    def _records(self, messages: list[Message]) -> list[Record]:
        """The records among the messages; the end of a partition moves its position over the holes before it."""
        records: list[Record] = []
        positions = self._next
        trouble: KafkaError | None = None
        for message in messages:
            error = message.error()
            partition: int = message.partition()  # type: ignore[assignment]  # these have one
            if error is None:
                offset: int = message.offset()  # type: ignore[assignment]
                records.append(Record(partition, offset, message.key(), message.value() or b""))
                positions[partition] = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                positions[partition] = message.offset()  # type: ignore[assignment]
            else:
                trouble = error
        if self._paused and records:
            self._held += [record for record in records if record.partition in self._paused]
            records = [record for record in records if record.partition not in self._paused]
        if trouble is not None and not records:
            raise failure(self._where, trouble)
        return records

    def _release(self, most: int) -> list[Record]:
        """Records that came for a partition while it was paused and may go now."""
        free = [record for record in self._held if record.partition not in self._paused][:most]
        taken = set(free)
        self._held = [record for record in self._held if record not in taken]
        return free

    def pause(self, partitions: Sequence[int]) -> None:
        self._paused |= set(partitions)
        self._consumer.pause([TopicPartition(self._topic, partition) for partition in partitions])

    def resume(self, partitions: Sequence[int]) -> None:
        self._paused -= set(partitions)
        self._consumer.resume([TopicPartition(self._topic, partition) for partition in partitions])

    def position(self, partition: int) -> int:
        if partition not in self._next:
            raise LogRefused(f"{self._where}: partition {partition} is not read here")
        held = [record.offset for record in self._held if record.partition == partition]
        return min(held, default=self._next[partition])

    def close(self) -> None:
        self._consumer.close()
