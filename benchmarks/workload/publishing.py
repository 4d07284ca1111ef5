"""Facts to the topics of their producers, and facts in other orders across topics."""

from collections.abc import Callable, Iterable
from random import Random

from connectors.log.base import Full, Log, Writer, partition_of
from connectors.placing import producer_key
from schemas.codec import encode_fact
from schemas.records import Fact
from schemas.topics import INPUT_TOPICS, TOPIC_OF_KIND

PROGRESS_EVERY = 2_000
FLUSH_SECONDS = 60.0


def publish(facts: Iterable[Fact], log: Log, partitions: int = 4, progress: Callable[[int], None] | None = None) -> int:
    """Append `facts` to the producers' topics of `log`, made with `partitions` where they are not there; how many.

    Each goes to the partition of its producer's key. When it returns all of them are durable. At most the writers' bound is under way; `progress` is
    called with the number sent so far, about every 2,000 facts. Raises what the log raises:
    LogUnavailable where it is away for longer than a minute, LogRefused.
    """
    writers: dict[str, tuple[Writer, int]] = {}
    for topic in INPUT_TOPICS:
        log.ensure_topic(topic, partitions)
        writers[topic] = (log.writer(topic, "workload"), log.partitions(topic))
    sent = 0
    try:
        for fact in facts:
            writer, count = writers[TOPIC_OF_KIND[fact.kind]]
            key = producer_key(fact)
            sent += 1
            _send(writer, partition_of(key, count), key, encode_fact(fact), sent)
            if sent % PROGRESS_EVERY == 0:
                for each, _ in writers.values():
                    each.poll(0.0)
                if progress is not None:
                    progress(sent)
        for each, _ in writers.values():
            each.flush(FLUSH_SECONDS)
    finally:
        for each, _ in writers.values():
            each.close()
    if progress is not None:
        progress(sent)
    return sent


def _send(writer: Writer, partition: int, key: bytes, value: bytes, token: int) -> None:
    while True:
        try:
            writer.send(partition, key, value, token)
            return
        except Full:
            writer.poll(1.0)


def interleavings(facts: Iterable[Fact], seed: int) -> list[Fact]:
    """One random order of `facts` across topics that keeps the order within each topic.

    Topics get random speeds and come in runs of random length, so that one may be far ahead of
    another: payments before their invoices, proofs of delivery before their orders.
    """
    chance = Random(seed)
    queues: dict[str, list[Fact]] = {topic: [] for topic in INPUT_TOPICS}
    for fact in facts:
        queues[TOPIC_OF_KIND[fact.kind]].append(fact)
    speeds = {topic: chance.random() ** 3 + 0.02 for topic in INPUT_TOPICS}
    taken = dict.fromkeys(INPUT_TOPICS, 0)
    mixed: list[Fact] = []
    left = [topic for topic in INPUT_TOPICS if queues[topic]]
    while left:
        topic = chance.choices(left, [speeds[name] for name in left])[0]
        start = taken[topic]
        stop = min(len(queues[topic]), start + 1 + int(chance.random() ** 4 * 400))
        mixed.extend(queues[topic][start:stop])
        taken[topic] = stop
        if stop == len(queues[topic]):
            left.remove(topic)
    return mixed
