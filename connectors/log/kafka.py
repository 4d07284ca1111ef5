"""The event log on Kafka: topics with unlimited retention, placed by hand, read committed."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ClusterMetadata, ConfigResource, NewTopic, OffsetSpec, TopicDescription  # type: ignore[attr-defined]

from connectors.log.base import Log, LogRefused, LogUnavailable, OtherLog, UnsafeTopic
from connectors.log.kafka_client import CALL_SECONDS, answer_of, failure, patiently, settings
from connectors.log.kafka_group import Group
from connectors.log.kafka_reader import KafkaReader
from connectors.log.kafka_writer import KafkaTransactionalWriter, KafkaWriter, Target
from connectors.log.names import check_topic

# What a topic must be, or state that was computed from it cannot be computed again.
SAFE: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
}
# Of a topic that is made here: a dead letter may hold a message of 10 MB.
MOST_MESSAGE_BYTES: Final = 16 << 20
STATUS_SECONDS: Final = 4.0


@cache
def _admin_of(bootstrap: str) -> AdminClient:
    """One for all logs of these brokers, as long as the process lives: where an answer comes while a client is destroyed, it
    aborts the process (librdkafka 2.16, seen November 2026: rko_result in rd_kafka_admin_response_parse)."""
    return AdminClient(settings(bootstrap))


class KafkaLog(Log):
    """All topics whose names begin with `prefix`, which is put on and taken off here.

    With `transactional` a writer's round is one transaction, and a later writer of the same `owner`
    fences an earlier one; without, a second writer is not kept out (readers drop its doubles by number).
    Give writers that claim the same partitions the same owner. Connections are made on first use.
    """

    def __init__(self, bootstrap: str, prefix: str = "", transactional: bool = False) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._transactional = transactional
        self._where = f"kafka {bootstrap}"
        self._cluster = ""
        self._groups: dict[str, Group] = {}
        try:
            self._admin = _admin_of(bootstrap)
        except KafkaException as error:
            raise failure(self._where, error.args[0]) from error

    def _name(self, topic: str) -> str:
        check_topic(self._prefix + topic)
        return self._prefix + topic

    def _describe(self, topic: str) -> TopicDescription | None:
        """What the cluster says of the topic, None where it is not there."""
        name = self._name(topic)
        futures = self._admin.describe_topics(TopicCollection([name]), request_timeout=CALL_SECONDS)
        try:
            found: TopicDescription = futures[name].result(CALL_SECONDS + 1)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise failure(f"{self._where}, topic {name}", error.args[0]) from error
        return found

    def _there(self, topic: str) -> TopicDescription:
        found = self._describe(topic)
        if found is None:
            raise LogRefused(f"{self._where}: there is no topic {self._name(topic)}; create it first")
        return found

    def _settings_of(self, topic: str) -> dict[str, str]:
        """The topic's settings in force, its own or the broker's."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, self._name(topic))
        futures = self._admin.describe_configs([resource], request_timeout=CALL_SECONDS)
        entries = answer_of(f"{self._where}, topic {self._name(topic)}", futures[resource])
        return {name: str(entry.value) for name, entry in entries.items()}

    def ensure_topic(self, topic: str, partitions: int) -> None:
        found = self._describe(topic)
        if found is None:
            self._create(topic, partitions)
            found = self._there(topic)
        findings = []
        name = self._name(topic)
        if len(found.partitions) != partitions:
            findings.append(
                f"it has {len(found.partitions)} partitions, {partitions} are wanted: set shards = "
                f"{len(found.partitions)}, or use another topic_prefix (keys would move if partitions were added)"
            )
        present = self._settings_of(topic)
        for setting, safe in SAFE.items():
            if present.get(setting) != safe:
                findings.append(
                    f"{setting} = {present.get(setting)}, must be {safe}: kafka-configs.sh --bootstrap-server "
                    f"{self._bootstrap} --alter --entity-type topics --entity-name {name} --add-config {setting}={safe}"
                )
        if findings:
            raise UnsafeTopic("\n".join(f"{self._where}, topic {name}: {finding}" for finding in findings))

    def _create(self, topic: str, partitions: int) -> None:
        """Create it, as often replicated as the broker's default says, and wait until each partition's leader answers."""
        name = self._name(topic)
        config = dict(SAFE) | {"max.message.bytes": str(MOST_MESSAGE_BYTES)}
        futures = self._admin.create_topics(
            [NewTopic(name, partitions, replication_factor=-1, config=config)], request_timeout=CALL_SECONDS
        )
        try:
            futures[name].result(CALL_SECONDS + 1)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise failure(f"{self._where}, topic {name}", error.args[0]) from error
        give_up = time.monotonic() + CALL_SECONDS
        while self._describe(topic) is None:
            if time.monotonic() > give_up:
                raise LogUnavailable(f"{self._where}: topic {name} was created and is not known yet")
            time.sleep(0.02)
        # Metadata names leaders a moment before they take anything: what counts is that they answer.
        self.end_offsets(topic)

    def _metadata(self, topic: str | None = None) -> ClusterMetadata:
        try:
            return self._admin.list_topics(topic, timeout=CALL_SECONDS)
        except KafkaException as error:
            raise failure(self._where, error.args[0]) from error

    def topics(self) -> list[str]:
        names = self._metadata().topics
        return sorted(
            name.removeprefix(self._prefix)
            for name in names
            if name.startswith(self._prefix) and not name.startswith("__")
        )

    def partitions(self, topic: str) -> int:
        return len(self._there(topic).partitions)

    def identity(self, topic: str) -> str:
        if not self._cluster:
            future = self._admin.describe_cluster(request_timeout=CALL_SECONDS)
            self._cluster = answer_of(self._where, future).cluster_id
        return f"kafka:{self._cluster}:{self._there(topic).topic_id}"

    def begin_offsets(self, topic: str) -> list[int]:
        return self._offsets(topic, OffsetSpec.earliest)

    def end_offsets(self, topic: str) -> list[int]:
        return self._offsets(topic, OffsetSpec.latest)

    def _offsets(self, topic: str, spec: Callable[[], OffsetSpec]) -> list[int]:
        name = self._name(topic)
        asked = {TopicPartition(name, p): spec() for p in range(self.partitions(topic))}
        where = f"{self._where}, topic {name}"

        def ask() -> dict[int, int]:
            # Without fresh metadata the client asks with the leader epochs it knows, and after a
            # broker's restart it is refused for ever (librdkafka 2.16, seen November 2026).
            self._metadata(name)
            futures = self._admin.list_offsets(asked, request_timeout=CALL_SECONDS)
            return {at.partition: answer_of(where, future, CALL_SECONDS + 1).offset for at, future in futures.items()}

        by_partition = patiently(ask)
        return [by_partition[partition] for partition in range(len(asked))]

    def reader(self, topic: str, start: Mapping[int, int]) -> KafkaReader:
        begins, ends = self.begin_offsets(topic), self.end_offsets(topic)
        where = f"{self._where}, topic {self._name(topic)}"
        for partition, offset in start.items():
            if not 0 <= partition < len(ends):
                raise LogRefused(f"{where}: no partition {partition}, there are {len(ends)}")
            if not begins[partition] <= offset <= ends[partition]:
                raise OtherLog(
                    f"{where}: partition {partition} has offsets {begins[partition]} to {ends[partition]}, not {offset}: "
                    "this is not the log the position came from, or its end was lost; "
                    "put the right log back, or start from an empty state"
                )
        return KafkaReader(self._bootstrap, self._admin, self._name(topic), start)

    def writer(self, topic: str, owner: str, claim: Sequence[int] = (), most_unconfirmed: int = 20_000) -> KafkaWriter:
        most_bytes = int(self._settings_of(topic)["max.message.bytes"])
        target = Target(self._bootstrap, self._name(topic), self.partitions(topic), most_bytes)
        if self._transactional:
            # Always the same for the same owner: with a new one each time, what a killed writer left
            # open would hide a partition's new records from readers for a minute.
            transactional_id = f"{self._name(topic)}/{owner}"
            return KafkaTransactionalWriter(target, self._admin, claim, most_unconfirmed, transactional_id)
        return KafkaWriter(target, self._admin, claim, most_unconfirmed)

    def positions(self, group: str, topic: str) -> dict[int, int]:
        """What Kafka keeps for the consumer group. It forgets a group that saves nothing for offsets.retention.minutes
        (a week by default)."""
        name = self._name(topic)
        asked = [TopicPartition(name, partition) for partition in range(self.partitions(topic))]
        return patiently(lambda: self._group(group).positions(asked))

    def save_positions(self, group: str, topic: str, positions: Mapping[int, int]) -> None:
        name = self._name(topic)
        offsets = [TopicPartition(name, partition, offset) for partition, offset in positions.items()]
        if offsets:
            patiently(lambda: self._group(group).save(offsets))

    def _group(self, group: str) -> Group:
        if group not in self._groups:
            self._groups[group] = Group(self._bootstrap, self._prefix + group)
        return self._groups[group]

    def status(self) -> str:
        try:
            brokers = self._admin.list_topics(timeout=STATUS_SECONDS).brokers
        except KafkaException as error:
            return f"away: {self._where}: {error.args[0].str()} ({error.args[0].name()})"
        return f"ready: {self._where}: {len(brokers)} brokers answer"

    def close(self) -> None:
        self._groups.clear()
