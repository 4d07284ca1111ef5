"""Dead letters: what could not be read or placed, with the reason, where it came from, and its bytes.

They are records of the topic `dead_letters` (one partition; the offset is the letter's number), as
JSON with the bytes in base64. That one was submitted again, or dismissed, is said by a further record
of the same topic, so that nobody repeats it unknowingly, on any machine. The letter itself stays.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from connectors.log.base import Log
from connectors.reading import read_to_end
from schemas.topics import DEAD_LETTERS

# Base64 of this stays under the largest message that a Kafka broker takes unless told otherwise (1 MiB).
RAW_MAX_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class TopicOrigin:
    """A record of an input topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """A row of a file. `line` counts from 1; `column` is the column's name or path, or empty; `header` has
    the names of a CSV file's columns."""

    file: str
    line: int
    column: str
    mapping: str
    header: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message or row that was refused. `raw` may be cut; `size` is how long it was, in bytes."""

    reason: str
    detail: str
    origin: TopicOrigin | FileOrigin
    raw: bytes
    time_ms: int
    size: int = field(default=-1)

    def __post_init__(self) -> None:
        if self.size < 0:
            object.__setattr__(self, "size", len(self.raw))

    @property
    def cut(self) -> bool:
        return len(self.raw) < self.size


class Replayed(NamedTuple):
    """Says that the letter of that number was submitted again."""

    number: int
    time_ms: int


class Dismissed(NamedTuple):
    """Says that somebody looked at the letter of that number, and that nothing shall come of it."""

    number: int
    time_ms: int
    actor: str
    reason: str


Entry = DeadLetter | Replayed | Dismissed


def encode(entry: Entry) -> bytes:
    if isinstance(entry, Replayed):
        return json.dumps({"replayed": entry.number, "time": entry.time_ms}).encode()
    if isinstance(entry, Dismissed):
        said = {"dismissed": entry.number, "time": entry.time_ms, "actor": entry.actor, "reason": entry.reason}
        return json.dumps(said).encode()
    origin = entry.origin
    if isinstance(origin, TopicOrigin):
        key = None if origin.key is None else base64.b64encode(origin.key[:1024]).decode()
        place: dict[str, Any] = {
            "topic": origin.topic,
            "partition": origin.partition,
            "offset": origin.offset,
            "key": key,
        }
    else:
        place = {
            "file": origin.file,
            "line": origin.line,
            "column": origin.column,
            "mapping": origin.mapping,
            "header": list(origin.header),
        }
    letter = {
        "reason": entry.reason,
        "detail": entry.detail[:10_000],
        "origin": place,
        "time": entry.time_ms,
        "size": entry.size,
        "value": base64.b64encode(entry.raw[:RAW_MAX_BYTES]).decode(),
    }
    return json.dumps(letter).encode()


def decode(value: bytes) -> Entry:
    """What `encode` wrote. Raises ValueError or KeyError on anything else."""
    found = json.loads(value)
    if "replayed" in found:
        return Replayed(found["replayed"], found["time"])
    if "dismissed" in found:
        return Dismissed(found["dismissed"], found["time"], found["actor"], found["reason"])
    place = found["origin"]
    origin: TopicOrigin | FileOrigin
    if "topic" in place:
        key = None if place["key"] is None else base64.b64decode(place["key"])
        origin = TopicOrigin(place["topic"], place["partition"], place["offset"], key)
    else:
        origin = FileOrigin(place["file"], place["line"], place["column"], place["mapping"], tuple(place["header"]))
    raw = base64.b64decode(found["value"])
    return DeadLetter(found["reason"], found["detail"], origin, raw, found["time"], found["size"])


def ensure(log: Log) -> None:
    """Make the topic where it is missing."""
    log.ensure_topic(DEAD_LETTERS, 1)


def letters(log: Log) -> Iterator[tuple[int, Entry]]:
    """All that the topic holds at this moment, with offsets, as a stream."""
    begin, end = log.begin_offsets(DEAD_LETTERS)[0], log.end_offsets(DEAD_LETTERS)[0]
    reader = log.reader(DEAD_LETTERS, {0: begin})
    try:
        for records in read_to_end(reader, {0: end}):
            for record in records:
                yield record.offset, decode(record.value)
    finally:
        reader.close()


def settled(log: Log) -> dict[int, Replayed | Dismissed]:
    """What was said last of each letter that is open no more, by number."""
    return {entry.number: entry for _, entry in letters(log) if not isinstance(entry, DeadLetter)}
