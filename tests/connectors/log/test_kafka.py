"""What the Kafka log promises beyond the contract: unsafe topics refused, brokers that are away or stand still."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from benchmarks.local_kafka import LocalKafka
from connectors.log.base import Full, LogRefused, LogUnavailable, OtherLog, UnsafeTopic
from connectors.log.kafka import KafkaLog
from tests.connectors.log.places import Place, everything, read

pytestmark = pytest.mark.kafka


@pytest.fixture
def kafka_log(kafka: str, tmp_path: Path) -> Iterator[tuple[KafkaLog, AdminClient, str]]:
    """A log on Kafka, an administrator's client, and the prefix of the log's topics."""
    place = Place("kafka", tmp_path, kafka)
    log = place.open()
    assert isinstance(log, KafkaLog)
    yield log, AdminClient({"bootstrap.servers": kafka}), place.prefix
    place.close()


def test_unsafe_topics_are_refused_with_every_finding(kafka_log: tuple[KafkaLog, AdminClient, str]) -> None:
    log, admin, prefix = kafka_log
    config = {"cleanup.policy": "compact", "retention.ms": "1000", "unclean.leader.election.enable": "true"}
    admin.create_topics([NewTopic(prefix + "facts", 3, 1, config=config)])[prefix + "facts"].result(10)
    with pytest.raises(UnsafeTopic) as refused:
        log.ensure_topic("facts", 4)
    findings = str(refused.value).splitlines()
    assert len(findings) == 4
    assert all(f"topic {prefix}facts: " in finding for finding in findings)
    assert "it has 3 partitions, 4 are wanted: set shards = 3" in findings[0]
    for finding, setting, found, safe in zip(
        findings[1:],
        ("cleanup.policy", "retention.ms", "unclean.leader.election.enable"),
        ("compact", "1000", "true"),
        ("delete", "-1", "false"),
        strict=True,
    ):
        assert f"{setting} = {found}, must be {safe}: kafka-configs.sh" in finding
        assert finding.endswith(f"--entity-name {prefix}facts --add-config {setting}={safe}")


def test_a_topic_with_the_broker_s_retention_is_refused_until_it_is_mended(
    kafka_log: tuple[KafkaLog, AdminClient, str],
) -> None:
    log, admin, prefix = kafka_log
    name = prefix + "facts"
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(10)
    with pytest.raises(UnsafeTopic, match=r"retention\.ms = 604800000, must be -1"):
        log.ensure_topic("facts", 1)
    mended = ConfigEntry("retention.ms", "-1", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[mended])
    admin.incremental_alter_configs([resource])[resource].result(10)
    for _ in range(100):
        # The broker applies it in its own time.
        try:
            log.ensure_topic("facts", 1)
        except UnsafeTopic:
            time.sleep(0.05)
        else:
            break
    log.ensure_topic("facts", 1)


def test_deleted_records_are_told(kafka_log: tuple[KafkaLog, AdminClient, str]) -> None:
    log, admin, prefix = kafka_log
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    for number in range(10):
        writer.send(0, b"k", b"%d" % number)
    writer.flush(10)
    late = log.reader("facts", {0: 2})
    late.pause([0])
    admin.delete_records([TopicPartition(prefix + "facts", 0, 5)])[TopicPartition(prefix + "facts", 0, 5)].result(10)
    assert log.begin_offsets("facts") == [5]
    with pytest.raises(OtherLog, match="partition 0 has offsets 5 to 10, not 2"):
        log.reader("facts", {0: 2})
    late.resume([0])
    with pytest.raises(OtherLog, match="the next offset is not there"):
        read(late, 1)
    assert [record.offset for record in read(log.reader("facts", {0: 5}), 5)] == [5, 6, 7, 8, 9]


def test_a_record_larger_than_the_topic_takes_is_refused_at_once(kafka_log: tuple[KafkaLog, AdminClient, str]) -> None:
    log, admin, prefix = kafka_log
    config = {"max.message.bytes": "5000"}
    admin.create_topics([NewTopic(prefix + "facts", 1, 1, config=config)])[prefix + "facts"].result(10)
    log.end_offsets("facts")
    writer = log.writer("facts", "one")
    with pytest.raises(LogRefused, match=r"a record of 5001 bytes.*raise its max\.message\.bytes"):
        writer.send(0, b"k", b"x" * 5000)
    # Many small ones are cut into batches that the topic takes.
    for number in range(100):
        writer.send(0, b"k", b"%d" % number * 500)
    writer.flush(10)
    assert len(everything(log, "facts")[0]) == 100


def test_a_topic_that_goes_away_is_never_confirmed(kafka_place: Place) -> None:
    log = kafka_place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    writer.send(0, b"k", b"kept")
    writer.flush(10)
    kafka_place.delete_topic("facts")
    writer.send(0, b"k", b"lost")
    with pytest.raises((LogRefused, LogUnavailable)):
        writer.flush(3)
    assert writer.unconfirmed == 1


def test_without_transactions_a_second_writer_is_not_kept_out(kafka_log: tuple[KafkaLog, AdminClient, str]) -> None:
    log, _, _ = kafka_log
    log.ensure_topic("decisions", 1)
    first = log.writer("decisions", "shard-0", claim=[0])
    second = log.writer("decisions", "shard-0", claim=[0])
    for number in range(3):
        for writer in (first, second):
            writer.send(0, b"k", b"%d" % number)
            writer.flush(10)
    assert [record.value for record in everything(log, "decisions")[0]] == [b"0", b"0", b"1", b"1", b"2", b"2"]


def test_no_broker_is_told_within_the_timeout(tmp_path: Path) -> None:
    log = KafkaLog("127.0.0.1:1")
    started = time.monotonic()
    assert log.status().startswith("away: kafka 127.0.0.1:1: ")
    assert time.monotonic() - started < 5
    with pytest.raises(LogUnavailable, match=r"kafka 127\.0\.0\.1:1"):
        log.ensure_topic("facts", 1)
    assert time.monotonic() - started < 30


@pytest.fixture(params=["kafka", "transactional"])
def own_place(request: pytest.FixtureRequest, local_kafka: LocalKafka, tmp_path: Path) -> Iterator[Place]:
    """A log on a broker that the test may stop."""
    place = Place(request.param, tmp_path, local_kafka.bootstrap)
    yield place
    place.close()


def away_within(seconds: float, poll: Callable[[float], object]) -> str:
    """Call until it says that the log is away; returns what it says."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        started = time.monotonic()
        try:
            poll(0.1)
        except LogUnavailable as error:
            return str(error)
        finally:
            assert time.monotonic() - started < 1, "poll took longer than its timeout"
    raise AssertionError(f"not told within {seconds} s")


@pytest.mark.parametrize("how", ["killed", "standing still"])
def test_a_broker_that_is_away_is_told_and_nothing_is_lost(local_kafka: LocalKafka, own_place: Place, how: str) -> None:
    log = own_place.open()
    log.ensure_topic("facts", 2)
    writer = log.writer("facts", "one", most_unconfirmed=500)
    reader = log.reader("facts", {0: 0, 1: 0})
    number = 0

    def send(count: int) -> None:
        nonlocal number
        for _ in range(count):
            writer.send(number % 2, b"k", b"%d" % number, number)
            number += 1

    send(100)
    writer.flush(10)
    records = read(reader, 50)
    if how == "killed":
        local_kafka.stop()
    else:
        local_kafka.freeze()
    try:
        send(100)
        said = away_within(15, writer.poll)
        assert f"kafka {local_kafka.bootstrap}, topic {own_place.prefix}facts" in said
        away_within(15, lambda seconds: records.extend(reader.poll(10, seconds)))
        assert log.status().startswith("away: ")
        send(400)
        with pytest.raises(Full):
            send(1)
        with pytest.raises(LogUnavailable):
            writer.flush(1)
        assert writer.unconfirmed == 500
    finally:
        if how == "killed":
            local_kafka.start()
        else:
            local_kafka.thaw()
    confirmed = writer.flush(30)
    assert {each.token for each in confirmed} == {number - 1, number - 2}
    give_up = time.monotonic() + 20
    while len(records) < number and time.monotonic() < give_up:
        try:
            records += reader.poll(1000, 0.2)
        except LogUnavailable:
            continue
    for partition in (0, 1):
        assert [int(record.value) for record in records if record.partition == partition] == list(
            range(partition, number, 2)
        )
    give_up = time.monotonic() + 60
    while log.status().startswith("away: ") and time.monotonic() < give_up:
        # A question that was asked while it was away may only now be given up.
        time.sleep(0.1)
    assert log.status().startswith("ready: ")
    log.save_positions("after", "facts", {0: 1})
    assert log.positions("after", "facts") == {0: 1}
    stored = everything(log, "facts")
    assert [len(stored[partition]) for partition in (0, 1)] == [number // 2, number // 2]
    again = log.writer("facts", "one")
    again.send(0, b"k", b"after")
    assert [each.partition for each in again.flush(10)] == [0]
