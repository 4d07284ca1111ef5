"""Dead letters go back to where they came from, through the checks they failed at; marked, so that it happens once.

Guarantee: a letter is marked only after its facts are durable, so a run that is broken off may submit a
letter twice, never lose one; event ids give it one effect.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from connectors import dead_letters
from connectors.dead_letters import DeadLetter, FileOrigin, Replayed, TopicOrigin
from connectors.files.build import Builder, Refused, needed_columns
from connectors.files.ingest import Producer
from connectors.files.mapping import load
from connectors.files.rows import Row, read_row
from connectors.intake.reception import receive
from connectors.log.base import Log, OtherLog, Record, partition_of
from connectors.placing import Rejected, producer_key
from connectors.registry.writers import WriterSchemas
from connectors.steady import SteadyWriter
from schemas.codec import decode_fact
from schemas.topics import DEAD_LETTERS
from schemas.wire import Unreadable


class Outcome(NamedTuple):
    """What became of one letter: submitted again, or why not."""

    number: int
    done: bool
    detail: str


class Resubmission:
    """Opened for one `headrace dead-letters replay`; close it. Raises what the log raises."""

    def __init__(
        self,
        log: Log,
        shards: int,
        wall_ms: int,
        mapping: Path | None,
        give_up: Callable[[], bool],
        schemas: WriterSchemas | None = None,
    ) -> None:
        """`mapping` takes the place of the mapping that a row was refused by; `schemas` read producers' own."""
        self._log = log
        self._shards = shards
        self._wall_ms = wall_ms
        self._mapping = mapping
        self._schemas = schemas
        self._producer = Producer(log, "dead-letters", give_up)
        self._marks = SteadyWriter(log, DEAD_LETTERS, "dead-letters", give_up)
        self._builders: dict[Path, Builder] = {}

    def submit(self, number: int, letter: DeadLetter) -> Outcome:
        """Submit one letter again. Raises WrongMapping, RegistryAway, RegistryRefused."""
        origin = letter.origin
        refused = self._row(letter, origin) if isinstance(origin, FileOrigin) else self._record(letter, origin)
        if refused:
            return Outcome(number, False, f"still refused: {refused}")
        self._producer.flush()
        self._marks.send(0, None, dead_letters.encode(Replayed(number, time.time_ns() // 1_000_000)))
        self._marks.flush()
        return Outcome(number, True, f"submitted again: {origin}")

    def _record(self, letter: DeadLetter, origin: TopicOrigin) -> str:
        """Why the record is still refused, or empty. One with a wrong key goes to its account's partition."""
        value = self._whole(letter, origin)
        if value is None:
            return f"its {letter.size:,} bytes are cut here and no longer at {origin}"
        partitions = self._log.partitions(origin.topic)
        ours = value if self._schemas is None else self._schemas.to_ours(value)
        if isinstance(ours, Rejected):
            return f"{ours.reason}: {ours.detail}"
        try:
            key = producer_key(decode_fact(ours))
        except Unreadable as error:
            return f"unreadable: {error}"
        record = Record(partition_of(key, partitions), origin.offset, key, ours)
        received = receive(origin.topic, partitions, record, self._wall_ms, self._shards)
        if isinstance(received, Rejected):
            return f"{received.reason}: {received.detail}"
        self._producer.send_bytes(origin.topic, key, value)
        return ""

    def _whole(self, letter: DeadLetter, origin: TopicOrigin) -> bytes | None:
        if not letter.cut:
            return letter.raw
        try:
            reader = self._log.reader(origin.topic, {origin.partition: origin.offset})
        except OtherLog:
            return None
        try:
            found = reader.poll(1, 5.0)
        finally:
            reader.close()
        return found[0].value if found and found[0].offset == origin.offset else None

    def _row(self, letter: DeadLetter, origin: FileOrigin) -> str:
        if letter.cut:
            return f"its {letter.size:,} bytes are cut here; correct the file and ingest it again"
        path = self._mapping or Path(origin.mapping)
        mapping = load(path)
        if path not in self._builders:
            self._builders[path] = Builder(mapping)
        row = read_row(letter.raw, mapping, origin.header, origin.line, needed_columns(mapping))
        made = (
            self._builders[path].facts(row, self._wall_ms) if isinstance(row, Row) else Refused(row.column, row.detail)
        )
        if isinstance(made, Refused):
            return made.detail
        for fact in made:
            self._producer.send(fact)
        return ""

    def close(self) -> None:
        self._producer.close()
        self._marks.close()


def chosen(log: Log, numbers: Iterable[int]) -> Iterable[tuple[int, DeadLetter]]:
    """The letters of these numbers, or all, in the order of the topic, as a stream."""
    wanted = set(numbers)
    for number, entry in dead_letters.letters(log):
        if isinstance(entry, DeadLetter) and (not wanted or number in wanted):
            yield number, entry
