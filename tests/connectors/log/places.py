"""Where a test's log lives: one class for each kind of log, so that one suite runs on all of them."""

import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import AdminClient

from connectors.log.base import Log, Reader, Record
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog

ROOT = Path(__file__).parents[3]
APPENDER = Path(__file__).with_name("appender.py")


@dataclass
class Place:
    """One log's place; `open` opens it again and again, each time as another process would."""

    kind: str  # sqlite, kafka or transactional
    directory: Path
    bootstrap: str = ""
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}.")
    opened: list[Log] = field(default_factory=list)

    def open(self) -> Log:
        log: Log
        if self.kind == "sqlite":
            log = SqliteLog(self.directory)
        else:
            log = KafkaLog(self.bootstrap, self.prefix, transactional=self.kind == "transactional")
        self.opened.append(log)
        return log

    def command(self, topic: str, *arguments: str) -> list[str]:
        """The command line of an appender process on this place."""
        where = str(self.directory) if self.kind == "sqlite" else self.bootstrap
        return [sys.executable, str(APPENDER), self.kind, where, self.prefix, topic, *arguments]

    def delete_topic(self, topic: str) -> None:
        if self.kind == "sqlite":
            for path in self.directory.glob(f"{topic}.sqlite*"):
                path.unlink()
        else:
            admin = AdminClient({"bootstrap.servers": self.bootstrap})
            admin.delete_topics([self.prefix + topic])[self.prefix + topic].result(10)

    def close(self) -> None:
        for log in self.opened:
            log.close()
        if self.kind != "sqlite":
            admin = AdminClient({"bootstrap.servers": self.bootstrap})
            mine = [name for name in admin.list_topics(timeout=10).topics if name.startswith(self.prefix)]
            if mine:
                for future in admin.delete_topics(mine).values():
                    future.result(10)


def read(reader: Reader, count: int, seconds: float = 10.0) -> list[Record]:
    """Exactly `count` records, or fewer where they do not come; polls at least once more than needed when too few."""
    give_up = time.monotonic() + seconds
    records: list[Record] = []
    while len(records) < count and time.monotonic() < give_up:
        records += reader.poll(count - len(records), 0.2)
    return records


def by_partition(records: list[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record.partition, []).append(record)
    return found


def everything(log: Log, topic: str) -> dict[int, list[Record]]:
    """All records of the topic, by partition, read until each position is at the end."""
    ends = log.end_offsets(topic)
    reader = log.reader(topic, dict(enumerate(log.begin_offsets(topic))))
    found: dict[int, list[Record]] = {partition: [] for partition in range(len(ends))}
    try:
        for _ in range(10_000):
            if all(reader.position(partition) >= end for partition, end in enumerate(ends)):
                return found
            for record in reader.poll(10_000, 0.5):
                found[record.partition].append(record)
    finally:
        reader.close()
    raise AssertionError("the end never came")
