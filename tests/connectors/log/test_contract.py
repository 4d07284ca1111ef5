"""What every event log promises (connectors/log/base.py), on SQLite, on Kafka, and on Kafka with transactions."""

import os
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from connectors.log.base import Confirmed, Fenced, Full, LogRefused, OtherLog, Record, UnsafeTopic
from tests.connectors.log.places import ROOT, Place, by_partition, everything, read


def test_confirmed_records_are_there_after_reopening(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 3)
    writer = log.writer("facts", "one")
    writer.send(0, b"a", b"first", 1)
    writer.send(0, None, b"second", 2)
    writer.send(2, "schlüssel".encode(), b"", 7)
    assert writer.unconfirmed == 3
    confirmed = writer.flush(10)
    assert {(each.partition, each.token) for each in confirmed} == {(0, 2), (2, 7)}
    assert writer.unconfirmed == 0
    offsets = {each.partition: each.offset for each in confirmed}
    writer.close()
    log.close()
    found = everything(place.open(), "facts")
    assert found[0] == [Record(0, offsets[0] - 1, b"a", b"first"), Record(0, offsets[0], None, b"second")]
    assert found[1] == []
    assert found[2] == [Record(2, offsets[2], "schlüssel".encode(), b"")]


def test_a_poll_confirms_what_was_sent_up_to_each_token(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    writer = log.writer("facts", "one")
    seen: list[Confirmed] = []
    for token in range(1, 6):
        for partition in (0, 1):
            for _ in range(token):
                writer.send(partition, b"k", b"v%d" % token, token)
        seen += writer.flush(10)
    stored = everything(log, "facts")
    for each in seen:
        assert stored[each.partition][[r.offset for r in stored[each.partition]].index(each.offset)].value == (
            b"v%d" % each.token
        )
    for partition in (0, 1):
        assert [each.token for each in seen if each.partition == partition] == [1, 2, 3, 4, 5]
        values = [record.value for record in stored[partition]]
        assert values == [b"v%d" % token for token in range(1, 6) for _ in range(token)]


def test_reads_from_any_offset(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    for size in (5, 1, 7):
        for _ in range(size):
            writer.send(0, b"k", b"%d" % writer.unconfirmed)
        writer.flush(10)
    stored = everything(log, "facts")[0]
    assert len(stored) == 13
    for start in range(len(stored)):
        reader = log.reader("facts", {0: stored[start].offset})
        assert reader.position(0) == stored[start].offset
        assert read(reader, 13 - start) == stored[start:]
        reader.close()


def test_follows_the_tail(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    writer = log.writer("facts", "one")
    writer.send(0, b"k", b"old")
    writer.flush(10)
    reader = log.reader("facts", dict(enumerate(log.end_offsets("facts"))))
    assert reader.poll(10, 0.2) == []
    for number in range(20):
        writer.send(number % 2, b"k", b"new %d" % number)
        writer.flush(10)
        assert [record.value for record in read(reader, 1)] == [b"new %d" % number]
    assert reader.poll(10, 0.0) == []


def test_follows_another_process(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    reader = log.reader("facts", {0: 0, 1: 0})
    process = subprocess.Popen(place.command("facts", "other-1", "2", "50", "6"), stdout=subprocess.PIPE, text=True)
    records = read(reader, 600, 30)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    found = by_partition(records)
    for partition in (0, 1):
        assert [record.value.split(b":")[1] for record in found[partition]] == [b"%d" % n for n in range(300)]
        offset_of = {int(record.value.split(b":")[1]): record.offset for record in found[partition]}
        said = [line.split() for line in output.splitlines() if line.startswith(f"{partition} ")]
        assert said
        assert all(offset_of[int(token)] == int(offset) for _, offset, token in said)


def test_paused_partitions_give_nothing_and_lose_nothing(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 3)
    writer = log.writer("facts", "one")

    def append(first: int) -> None:
        for number in range(first, first + 100):
            writer.send(number % 3, b"k", b"%d" % number)
        writer.flush(10)

    append(0)
    reader = log.reader("facts", {0: 0, 1: 0, 2: 0})
    records = read(reader, 30)
    reader.pause([1, 2])
    append(100)
    after = read(reader, 67 - sum(record.partition == 0 for record in records))
    assert {record.partition for record in after} == {0}
    assert reader.poll(100, 0.3) == []
    position = reader.position(1)
    reader.resume([2])
    after += read(reader, 66 - sum(record.partition == 2 for record in records))
    assert {record.partition for record in after} == {0, 2}
    assert reader.position(1) == position
    reader.resume([1])
    after += read(reader, 200 - len(records) - len(after))
    found = by_partition(records + after)
    for partition in range(3):
        assert [int(record.value) for record in found[partition]] == list(range(partition, 200, 3))


def test_a_few_records_do_not_wait_behind_many(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    writer = log.writer("facts", "one", most_unconfirmed=40_000)
    for number in range(30_000):
        writer.send(0, b"k", b"%d" % number + b"x" * 200)
    writer.flush(20)
    for number in range(10):
        writer.send(1, b"k", b"%d" % number)
    writer.flush(20)
    reader = log.reader("facts", {0: 0, 1: 0})
    records = read(reader, 15_000)
    assert sum(record.partition == 1 for record in records) == 10


def test_the_position_reaches_the_end(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    writer = log.writer("facts", "one")
    for number in range(10):
        writer.send(0, b"k", b"%d" % number)
    writer.flush(10)
    reader = log.reader("facts", {0: 0, 1: 0})
    assert len(read(reader, 10)) == 10
    # Only now: a transaction's marker may come a moment after its confirmation.
    ends = log.end_offsets("facts")
    reader.poll(1, 1.0)
    assert [reader.position(0), reader.position(1)] == ends
    again = log.reader("facts", dict(enumerate(ends)))
    assert again.poll(10, 0.3) == []


def test_a_writer_that_is_full_says_so_and_goes_on(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one", most_unconfirmed=10)
    for number in range(10):
        writer.send(0, b"k", b"%d" % number)
    with pytest.raises(Full, match="10 records"):
        writer.send(0, b"k", b"too many")
    writer.flush(10)
    writer.send(0, b"k", b"10")
    writer.flush(10)
    assert [record.value for record in everything(log, "facts")[0]] == [b"%d" % number for number in range(11)]


def test_a_writer_holds_a_bounded_number_of_bytes(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    for _ in range(60):
        writer.send(0, b"k", b"x" * 1_000_000)
    for _ in range(10):
        with suppress(Full):
            writer.send(0, b"k", b"x" * 1_000_000)
    with pytest.raises(Full, match="bytes not confirmed"):
        writer.send(0, b"k", b"x")
    assert 60 < writer.unconfirmed < 70


READ_AHEAD = """
import resource, sys, time
from pathlib import Path
from connectors.log import open_log
kind, where, prefix = sys.argv[1:]
log = open_log("" if kind == "sqlite" else where, Path(where), prefix, False, True)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reader = log.reader("facts", {p: 0 for p in range(8)})
assert len(reader.poll(1, 10)) == 1
reader.pause([0, 1])
time.sleep(1.5)
assert len(reader.poll(1, 10)) == 1
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_read_ahead_is_bounded(place: Place) -> None:
    """200 MB are there to read; a reader that takes two records holds a bounded part of them."""
    log = place.open()
    log.ensure_topic("facts", 8)
    writer = log.writer("facts", "one")
    for _ in range(5):
        for number in range(2_000):
            writer.send(number % 8, b"k", os.urandom(20_000))
        writer.flush(60)
    where = str(place.directory) if place.kind == "sqlite" else place.bootstrap
    command = [sys.executable, "-c", READ_AHEAD, place.kind, where, place.prefix]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    assert int(done.stdout) < (16 if place.kind == "sqlite" else 80)


def test_identity_tells_a_recreated_topic_from_the_one_it_was(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 2)
    log.ensure_topic("decisions", 2)
    first = log.identity("facts")
    assert first == place.open().identity("facts")
    assert first != log.identity("decisions")
    place.delete_topic("facts")
    again = place.open()
    for _ in range(100):
        # Kafka deletes in its own time.
        if "facts" not in again.topics():
            break
        time.sleep(0.05)
    again.ensure_topic("facts", 2)
    assert again.identity("facts") != first
    assert log.identity("facts") == again.identity("facts")


def test_topics_and_partitions(place: Place) -> None:
    log = place.open()
    assert log.topics() == []
    log.ensure_topic("facts", 4)
    log.ensure_topic("dead_letters", 1)
    assert log.topics() == ["dead_letters", "facts"]
    assert log.partitions("facts") == 4
    assert log.begin_offsets("facts") == log.end_offsets("facts") == [0, 0, 0, 0]
    assert log.status().startswith("ready: ")


def test_a_topic_with_other_partitions_is_refused(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 4)
    log.ensure_topic("facts", 4)
    with pytest.raises(UnsafeTopic, match=r"4 partitions, 8 are wanted.*shards = 4"):
        log.ensure_topic("facts", 8)
    assert log.partitions("facts") == 4


def test_what_is_not_there_is_refused(place: Place) -> None:
    log = place.open()
    for ask in (log.partitions, log.identity, log.end_offsets):
        with pytest.raises(LogRefused, match=r"no such topic|there is no topic"):
            ask("facts")
    with pytest.raises(LogRefused, match="cannot be a topic"):
        log.ensure_topic("a/b", 1)
    log.ensure_topic("facts", 2)
    with pytest.raises(LogRefused, match="no partition 2, there are 2"):
        log.reader("facts", {2: 0})
    with pytest.raises(LogRefused, match="no partition 5, there are 2"):
        log.writer("facts", "one", claim=[0, 5])
    writer = log.writer("facts", "one")
    with pytest.raises(LogRefused, match="no partition 2, there are 2"):
        writer.send(2, b"k", b"v")


def test_an_offset_beyond_the_end_is_another_log(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    writer.send(0, b"k", b"v")
    writer.flush(10)
    # Kafka ends a transaction by a marker in the partition, which may come a moment after its confirmation;
    # a record that can be read has its marker behind it.
    assert len(read(log.reader("facts", {0: 0}), 1)) == 1
    end = log.end_offsets("facts")[0]
    log.reader("facts", {0: end}).close()
    with pytest.raises(OtherLog, match=rf"partition 0 has offsets 0 to {end}, not {end + 1}"):
        log.reader("facts", {0: end + 1})
    with pytest.raises(OtherLog, match="not -1"):
        log.reader("facts", {0: -1})


def test_positions_are_kept_for_each_group_and_topic(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 4)
    log.ensure_topic("decisions", 4)
    assert log.positions("publish", "facts") == {}
    log.save_positions("publish", "facts", {0: 5, 3: 9})
    log.save_positions("publish", "facts", {0: 6})
    log.save_positions("publish", "decisions", {1: 2})
    log.save_positions("other", "facts", {0: 1})
    log.save_positions("other", "facts", {})
    again = place.open()
    assert again.positions("publish", "facts") == {0: 6, 3: 9}
    assert again.positions("publish", "decisions") == {1: 2}
    assert again.positions("other", "facts") == {0: 1}


def test_a_second_claim_fences_the_first(fencing_place: Place) -> None:
    log = fencing_place.open()
    log.ensure_topic("decisions", 4)
    first = log.writer("decisions", "shards-0-3", claim=[0, 1, 2, 3])
    first.send(0, b"k", b"first")
    first.flush(10)
    second = fencing_place.open().writer("decisions", "shards-0-3", claim=[0, 1, 2, 3])
    second.send(0, b"k", b"second")
    second.flush(10)
    first.send(0, b"k", b"zombie")
    with pytest.raises(Fenced, match=r"taken over.*stop this process"):
        first.flush(10)
    with pytest.raises(Fenced):
        first.poll(0.1)
    second.send(0, b"k", b"third")
    second.flush(10)
    assert [record.value for record in everything(log, "decisions")[0]] == [b"first", b"second", b"third"]


def test_closing_gives_up_what_was_not_confirmed(place: Place) -> None:
    log = place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    writer.send(0, b"k", b"kept")
    writer.flush(10)
    writer.send(0, b"k", b"given up")
    writer.close()
    assert [record.value for record in everything(log, "facts")[0]] == [b"kept"]
