"""Positions as a Kafka consumer group keeps them, saved and read without joining the group."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.log.base import LogUnavailable
from connectors.log.kafka_client import CALL_SECONDS, failure, settings


class Group:
    """A client that speaks for one group. Let go of it, there is no close: the client's own waits for a save without end.

    The administrator's call for the same (alter_consumer_group_offsets) aborts the process in
    librdkafka 2.16 when it times out and the broker comes back: an assertion in its request queue
    (seen November 2026).
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._where = f"kafka {bootstrap}, group {group}"
        # Saves are answered in order; one that was given up is answered later.
        self._asked = self._answered = 0
        self._answer: tuple[KafkaError | None, list[TopicPartition]] = (None, [])
        self._consumer = Consumer(
            settings(bootstrap, group_id=group, enable_auto_commit=False) | {"on_commit": self._on_commit}
        )

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._answered += 1
        self._answer = error, partitions

    def positions(self, asked: list[TopicPartition]) -> dict[int, int]:
        """The next offsets saved for these partitions. Raises LogUnavailable."""
        try:
            found = self._consumer.committed(asked, timeout=CALL_SECONDS)
        except KafkaException as error:
            raise failure(self._where, error.args[0]) from error
        self._check(found)
        return {each.partition: each.offset for each in found if each.offset >= 0}

    def save(self, offsets: list[TopicPartition]) -> None:
        """Save, durably. Raises LogUnavailable; what was sent may then still be saved."""
        try:
            # The synchronous form has no timeout.
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            raise failure(self._where, error.args[0]) from error
        self._asked += 1
        give_up = time.monotonic() + CALL_SECONDS
        while self._answered < self._asked:
            self._consumer.poll(0.05)
            if time.monotonic() > give_up:
                raise LogUnavailable(f"{self._where}: no answer for {CALL_SECONDS:g} s")
        refused, partitions = self._answer
        if refused is not None:
            raise failure(self._where, refused)
        self._check(partitions)

    def _check(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            if each.error is not None:
                raise failure(self._where, each.error)
