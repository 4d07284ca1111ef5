"""A file becomes facts in the producers' topics; rows that are refused become dead letters.

Guarantees: memory does not grow with the file. When `ingest_file` returns, every fact and every dead
letter is durable. A run that was broken off may simply be run again: event ids come from the mapping's
name and id columns, so what was appended already has no second effect.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors import dead_letters
from connectors.checking import day_text
from connectors.dead_letters import DeadLetter, FileOrigin
from connectors.files.build import Builder, Refused, needed_columns
from connectors.files.mapping import Mapping
from connectors.files.rows import Row, read_rows
from connectors.log.base import Log
from connectors.placing import partition_of_account, producer_key
from connectors.steady import SteadyWriter
from schemas.codec import encode_fact
from schemas.records import Fact, Invoice
from schemas.topics import DEAD_LETTERS, INPUT_TOPICS, TOPIC_OF_KIND

# What `report` is told of one file; the dead letters have all of it.
MOST_REPORTED: Final = 20
BAD_ROW: Final = "bad_row"


@dataclass(slots=True)
class Counts:
    """What became of a file's rows."""

    rows: int = 0
    refused: int = 0
    # Taken, but hardly meant: due before they are dated.
    due_early: int = 0
    skipped: int = 0
    # The first of these.
    skipped_lines: list[int] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)


class Producer:
    """Sends facts to the topics producers send to, each with its account's key, in its account's partition."""

    def __init__(self, log: Log, owner: str, give_up: Callable[[], bool]) -> None:
        self._log = log
        self._owner = owner
        self._give_up = give_up
        self._writers: dict[str, SteadyWriter] = {}
        self._partitions: dict[str, int] = {}

    def send(self, fact: Fact) -> None:
        topic = TOPIC_OF_KIND[fact.kind]
        self.send_bytes(topic, producer_key(fact), encode_fact(fact))

    def send_bytes(self, topic: str, key: bytes, value: bytes) -> None:
        writer = self._writers.get(topic)
        if writer is None:
            writer = self._writers[topic] = SteadyWriter(self._log, topic, self._owner, self._give_up)
            self._partitions[topic] = self._log.partitions(topic)
        writer.send(partition_of_account(key, self._partitions[topic]), key, value)

    def flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def ensure_topics(log: Log, input_partitions: int) -> None:
    """Make the topics producers send to, and the dead letters', where they are missing. Raises UnsafeTopic."""
    for topic in INPUT_TOPICS:
        log.ensure_topic(topic, input_partitions)
    dead_letters.ensure(log)


def ingest_file(
    log: Log,
    mapping: Mapping,
    mapping_path: Path,
    path: Path,
    wall_ms: int,
    report: Callable[[str], None],
    give_up: Callable[[], bool],
) -> Counts:
    """Ingest one file. `report` gets a line for each of the first refused rows.

    Raises BadFile where the file is not what the mapping says, OSError where it cannot be read,
    LogUnavailable where the log is away and `give_up` says so, LogRefused.
    """
    counts = Counts()
    builder = Builder(mapping)
    needed = needed_columns(mapping)
    producer = Producer(log, "ingest", give_up)
    letters = SteadyWriter(log, DEAD_LETTERS, "ingest", give_up)
    try:
        with path.open("rb") as stream:
            header, rows = read_rows(stream, mapping, str(path), needed)
            for row in rows:
                counts.rows += 1
                made = builder.facts(row, wall_ms) if isinstance(row, Row) else Refused(row.column, row.detail)
                if isinstance(made, Refused):
                    counts.refused += 1
                    origin = FileOrigin(str(path), row.line, made.column, str(mapping_path), header)
                    letters.send(
                        0, None, dead_letters.encode(DeadLetter(BAD_ROW, made.detail, origin, row.raw, wall_ms))
                    )
                    if counts.refused <= MOST_REPORTED:
                        report(refusal_text(origin, header, made.detail))
                else:
                    for said in filter(None, map(_due_early, made)):
                        counts.due_early += 1
                        if counts.due_early <= MOST_REPORTED:
                            report(f"{path}:{row.line}: taken, but {said}: are its dates read as they are meant?")
                    _send(producer, made, row.line, counts)
        producer.flush()
        letters.flush()
    finally:
        producer.close()
        letters.close()
    return counts


def _due_early(fact: Fact) -> str:
    """What is odd about an invoice that is due before it is dated; empty for all others."""
    if not isinstance(fact, Invoice) or not 0 < fact.due_date < fact.document_date:
        return ""
    due, dated = day_text(fact.due_date), day_text(fact.document_date)
    return f"invoice {fact.document} is due on {due}, before its date, {dated}"


def _send(producer: Producer, facts: Iterable[Fact], line: int, counts: Counts) -> None:
    any_made = False
    for fact in facts:
        producer.send(fact)
        counts.facts[fact.kind] += 1
        any_made = True
    if not any_made:
        counts.skipped += 1
        if len(counts.skipped_lines) < MOST_REPORTED:
            counts.skipped_lines.append(line)


def refusal_text(origin: FileOrigin, header: tuple[str, ...], detail: str) -> str:
    """FILE:LINE: column NUMBER NAME: what is wrong."""
    if not origin.column:
        return f"{origin.file}:{origin.line}: {detail}"
    number = f"{header.index(origin.column) + 1} " if origin.column in header else ""
    return f"{origin.file}:{origin.line}: column {number}{origin.column}: {detail}"
