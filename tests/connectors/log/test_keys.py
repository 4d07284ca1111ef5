"""Keys are placed as Kafka's own clients place them, and those that were placed otherwise are found."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from benchmarks.local_kafka import NoLocalKafka, jars, java
from connectors.log.base import Log, Record, account_key, misplaced, murmur2, partition_of
from tests.connectors.log.places import Place, everything

# From UtilsTest of Kafka's own sources, signed 32 bits.
PUBLISHED = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
PARTITIONS = 7


@pytest.mark.parametrize("key", PUBLISHED)
def test_murmur2_on_published_vectors(key: bytes) -> None:
    assert murmur2(key) == PUBLISHED[key] % (1 << 32)


def some_keys() -> list[bytes]:
    """Keys of all short lengths, of any bytes, and of accounts."""
    generator = random.Random(4)
    keys = [generator.randbytes(length) for length in range(1, 60) for _ in range(4)]
    keys += [account_key("acme", "us-01", f"C{number:06d}") for number in range(200)]
    return [*keys, account_key("größe", "日本", "ключ")]


def test_a_misplaced_record_is_found() -> None:
    key = account_key("acme", "us-01", "C000001")
    right = partition_of(key, 16)
    assert misplaced(Record(right, 5, key, b""), 16) is None
    assert misplaced(Record(3, 5, None, b""), 16) is None
    wrong = (right + 1) % 16
    said = misplaced(Record(wrong, 5, key, b""), 16)
    assert said is not None
    assert f"b'acme/us-01/C000001' at offset 5 is in partition {wrong} and belongs to {right} of 16" in said
    assert "murmur2" in said


@pytest.fixture
def log_with_topic(kafka: str, tmp_path: Path) -> Iterator[tuple[Log, str]]:
    place = Place("kafka", tmp_path, kafka)
    log = place.open()
    log.ensure_topic("facts", PARTITIONS)
    yield log, place.prefix + "facts"
    place.close()


def produce(bootstrap: str, topic: str, partitioner: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": partitioner})
    for key in some_keys():
        producer.produce(topic, b"librdkafka", key)
    assert producer.flush(20) == 0


@pytest.mark.kafka
def test_keys_of_librdkafka_stand_where_they_belong(kafka: str, log_with_topic: tuple[Log, str]) -> None:
    log, topic = log_with_topic
    produce(kafka, topic, "murmur2_random")
    stored = everything(log, "facts")
    records = [record for partition in stored.values() for record in partition]
    assert sorted(record.key for record in records if record.key is not None) == sorted(some_keys())
    assert [misplaced(record, PARTITIONS) for record in records] == [None] * len(records)


@pytest.mark.kafka
def test_keys_of_another_partitioner_are_found(kafka: str, log_with_topic: tuple[Log, str]) -> None:
    log, topic = log_with_topic
    produce(kafka, topic, "consistent_random")
    stored = everything(log, "facts")
    records = [record for partition in stored.values() for record in partition]
    found = sum(misplaced(record, PARTITIONS) is not None for record in records)
    # By chance one in seven stands where it belongs.
    assert found > len(some_keys()) * 0.7


@pytest.mark.kafka
def test_keys_of_the_java_client_stand_where_they_belong(kafka: str, log_with_topic: tuple[Log, str]) -> None:
    log, topic = log_with_topic
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler: install a JDK, not only a runtime")
    try:
        command = [java(), "-cp", f"{jars()}/*", str(Path(__file__).with_name("KeyProducer.java")), kafka, topic]
    except NoLocalKafka as missing:
        pytest.skip(f"no Java client: {missing}")
    subprocess.run([*command, *(key.hex() for key in some_keys())], capture_output=True, timeout=120, check=True)
    stored = everything(log, "facts")
    records = [record for partition in stored.values() for record in partition]
    assert sorted(record.key for record in records if record.key is not None) == sorted(some_keys())
    assert [misplaced(record, PARTITIONS) for record in records] == [None] * len(records)
