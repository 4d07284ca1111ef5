"""Dead letters: what is written is read back; replay goes through the checks, once, to where it came from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import dead_letters
from connectors.dead_letters import (
    RAW_MAX_BYTES,
    DeadLetter,
    Dismissed,
    Entry,
    FileOrigin,
    Replayed,
    TopicOrigin,
    decode,
    encode,
)
from connectors.files.ingest import ensure_topics, ingest_file
from connectors.files.mapping import load
from connectors.intake.reception import dead_letter, receive
from connectors.intake.resubmit import Outcome, Resubmission, chosen
from connectors.log.base import Log, Record, partition_of
from connectors.log.sqlite import SqliteLog
from connectors.placing import Rejected, producer_key
from schemas.codec import encode_fact
from schemas.topics import DEAD_LETTERS
from tests.connectors.files.test_mapping import GOOD
from tests.facts import DAY_MS, TODAY, facts, invoice, records


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = SqliteLog(tmp_path / "log", sync=False)
    ensure_topics(opened, 4)
    yield opened
    opened.close()


def append(log: Log, *letters: DeadLetter) -> None:
    writer = log.writer(DEAD_LETTERS, "test")
    for letter in letters:
        writer.send(0, None, encode(letter))
    writer.flush(5)
    writer.close()


def replay(log: Log, *numbers: int, wall_ms: int = TODAY, mapping: Path | None = None) -> list[Outcome]:
    work = Resubmission(log, 16, wall_ms, mapping, lambda: False)
    found = [work.submit(number, letter) for number, letter in chosen(log, numbers)]
    work.close()
    return found


@pytest.mark.parametrize(
    "entry",
    [
        DeadLetter("unreadable", "why", TopicOrigin("invoices", 1, 7, b"\xff\0"), bytes(range(256)), TODAY),
        DeadLetter("invalid", "", TopicOrigin("invoices", 1, 7, None), b"", TODAY),
        DeadLetter("bad_row", "ä", FileOrigin("f.csv", 3, "Betrag", "m.toml", ("a", "b")), b"1,2\n", TODAY),
        Replayed(4, TODAY),
        Dismissed(4, TODAY, "clerk", "a test file"),
    ],
)
def test_what_is_encoded_is_decoded(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


def test_a_large_message_is_cut_and_says_so() -> None:
    letter = DeadLetter("unreadable", "", TopicOrigin("invoices", 0, 0, None), b"x" * 10_000_000, TODAY)
    raw = encode(letter)
    found = decode(raw)
    assert isinstance(found, DeadLetter)
    assert (len(found.raw), found.size, found.cut) == (RAW_MAX_BYTES, 10_000_000, True)
    assert len(raw) < 1 << 20


def test_a_record_that_is_good_now_goes_back_to_its_topic_once(log: Log) -> None:
    """An event that was a day and more ahead is refused today, and taken when its time has come."""
    fact = invoice(event_time=TODAY + 2 * DAY_MS)
    key = producer_key(fact)
    record = Record(partition_of(key, 4), 3, key, encode_fact(fact))
    rejected = receive("invoices", 4, record, TODAY, 16)
    assert isinstance(rejected, Rejected)
    append(log, dead_letter("invoices", record, rejected, TODAY))
    (early,) = replay(log)
    assert (early.done, early.detail.startswith("still refused: invalid: event_time: 2026-03-12")) == (False, True)
    assert facts(log, "invoices") == [[], [], [], []]
    (later,) = replay(log, wall_ms=TODAY + DAY_MS)
    assert later == Outcome(0, True, f"submitted again: invoices/{record.partition}/3")
    assert [[r.value for r in partition] for partition in records(log, "invoices")][record.partition] == [record.value]
    assert list(dead_letters.settled(log)) == [0]


def test_a_misplaced_record_goes_to_its_own_partition(log: Log) -> None:
    fact = invoice()
    own = partition_of(producer_key(fact), 4)
    wrong = Record((own + 1) % 4, 0, None, encode_fact(fact))
    rejected = receive("invoices", 4, wrong, TODAY, 16)
    assert isinstance(rejected, Rejected)
    append(log, dead_letter("invoices", wrong, rejected, TODAY))
    assert [outcome.done for outcome in replay(log)] == [True]
    assert [len(partition) for partition in records(log, "invoices")] == [int(p == own) for p in range(4)]


def test_random_bytes_stay_refused(log: Log) -> None:
    append(log, DeadLetter("unreadable", "", TopicOrigin("invoices", 0, 0, None), b"\0\0\0\0\x65junk", TODAY))
    (outcome,) = replay(log)
    assert not outcome.done
    assert outcome.detail.startswith("still refused: unreadable: ")
    assert dead_letters.settled(log) == {}


def test_a_letter_that_was_cut_is_fetched_from_its_topic(log: Log) -> None:
    fact = invoice(lines=[], tax=0, replaces="x")
    writer = log.writer("invoices", "test")
    writer.send(2, None, encode_fact(fact))
    writer.flush(5)
    writer.close()
    append(log, DeadLetter("wrong_partition", "", TopicOrigin("invoices", 2, 0, None), b"\0\0", TODAY, size=70))
    append(log, DeadLetter("wrong_partition", "", TopicOrigin("invoices", 2, 9, None), b"\0\0", TODAY, size=70))
    found = replay(log)
    assert [outcome.done for outcome in found] == [True, False]
    assert found[1].detail == "still refused: its 70 bytes are cut here and no longer at invoices/2/9"


def test_rows_of_a_file_by_a_corrected_mapping(log: Log, tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.toml", tmp_path / "right.toml"
    wrong.write_text(GOOD)
    right.write_text(GOOD + '\n[defaults]\ndecimal = ","\n')
    (tmp_path / "bank.csv").write_text("Ref;Date;Amount\n".replace(";", "\t") + "R1\t2026-03-01\t12,50\n")
    for path in (wrong, right):
        path.write_text(path.read_text() + '\n[csv]\ndelimiter = "\\t"\n')
    counts = ingest_file(log, load(wrong), wrong, tmp_path / "bank.csv", TODAY, lambda _: None, lambda: False)
    assert counts.refused == 1
    (outcome,) = replay(log)
    assert outcome.detail.startswith("still refused: '12,50' is not a number")
    (outcome,) = replay(log, mapping=right)
    assert outcome == Outcome(0, True, f"submitted again: {tmp_path / 'bank.csv'}:2:Amount")
    assert [fact.event_id for partition in facts(log, "payments") for fact in partition] == ["bank:receipt:R1"]


def test_a_row_that_may_be_cut_is_not_taken_by_a_replay(log: Log, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(GOOD)
    (tmp_path / "bank.csv").write_text("Ref,Date,Amount\nR1,2026-03-01,12.5")
    ingest_file(log, load(mapping), mapping, tmp_path / "bank.csv", TODAY, lambda _: None, lambda: False)
    (outcome,) = replay(log)
    assert not outcome.done
    assert outcome.detail.startswith("still refused: the file ends without a line end")
