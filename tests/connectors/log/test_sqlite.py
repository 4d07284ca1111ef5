"""What the SQLite log promises beyond the contract: fences by partition, full disks, torn and damaged files."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.log.base import Fenced, LogRefused, LogUnavailable, OtherLog, Record
from connectors.log.sqlite import SqliteLog
from connectors.log.sqlite_writer import SqliteWriter
from tests.connectors.log.places import Place, everything, read


def test_a_claim_fences_those_who_claimed_that_partition(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("decisions", 4)
    left = log.writer("decisions", "left", claim=[0, 1])
    right = log.writer("decisions", "right", claim=[2, 3])
    free = log.writer("decisions", "free")
    taker = log.writer("decisions", "taker", claim=[1])
    right.send(2, b"k", b"right")
    right.flush(5)
    free.send(0, b"k", b"free")
    free.flush(5)
    left.send(0, b"k", b"zombie")
    with pytest.raises(Fenced, match="partition 1 was taken over by taker"):
        left.poll(1)
    taker.send(1, b"k", b"taker")
    taker.flush(5)
    stored = everything(log, "decisions")
    assert [[record.value for record in stored[partition]] for partition in range(4)] == [
        [b"free"],
        [b"taker"],
        [b"right"],
        [],
    ]


def test_a_fenced_writer_learns_it_without_sending(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("decisions", 1)
    first = log.writer("decisions", "first", claim=[0])
    assert first.poll(0) == []
    log.writer("decisions", "second", claim=[0])
    with pytest.raises(Fenced, match="taken over by second"):
        first.poll(0)


def test_a_replaced_file_is_not_written(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    reader = log.reader("facts", {0: 0})
    sqlite_place.delete_topic("facts")
    log.ensure_topic("facts", 1)
    writer.send(0, b"k", b"v")
    with pytest.raises(OtherLog, match="deleted or replaced while in use"):
        writer.poll(1)
    with pytest.raises(OtherLog, match="deleted or replaced while in use"):
        reader.poll(1, 1)
    assert log.end_offsets("facts") == [0]


def test_a_locked_file_is_waited_for(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    other = sqlite3.connect(sqlite_place.directory / "facts.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer.send(0, b"k", b"v")
    assert writer.poll(0.05) == []
    assert writer.unconfirmed == 1
    with pytest.raises(LogUnavailable, match="another process keeps it locked"):
        writer.flush(0.1)
    other.execute("ROLLBACK")
    assert [each.offset for each in writer.flush(5)] == [0]
    other.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail(f"a small file system cannot be mounted: {done.stderr.strip()}")
        pytest.skip(f"A FULL DISK IS NOT TESTED HERE, mounting a small file system needs root: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def round_of(writer: SqliteWriter, first: int) -> None:
    """Queue a hundred numbered records on two partitions."""
    for number in range(first, first + 100):
        writer.send(number % 2, b"k", b"%d:" % number + b"x" * 300)


def fill(log: SqliteLog) -> int:
    """Append numbered records until the log cannot take more; returns how many are confirmed in all."""
    writer = log.writer("facts", "filler")
    for confirmed in range(0, 1_000_000, 100):
        round_of(writer, confirmed)
        try:
            offsets = {each.partition: each.offset for each in writer.poll(1)}
        except LogUnavailable:
            break
        assert offsets == {0: confirmed // 2 + 49, 1: confirmed // 2 + 49}
    with pytest.raises(LogUnavailable, match="disk"):
        writer.flush(0.2)
    assert writer.unconfirmed == 100
    writer.close()
    return confirmed


def test_a_full_disk_loses_nothing_and_goes_on_with_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (1 << 20))
    log = SqliteLog(small_disk / "log")
    log.ensure_topic("facts", 2)
    waiting = log.writer("facts", "waiting")
    confirmed = fill(log)
    assert confirmed > 1000
    round_of(waiting, confirmed)
    with pytest.raises(LogUnavailable, match=r"facts\.sqlite: the disk"):
        waiting.poll(1)
    assert numbers(log) == list(range(confirmed))
    ballast.unlink()
    assert {each.offset for each in waiting.flush(10)} == {confirmed // 2 + 49}
    assert numbers(log) == list(range(confirmed + 100))
    log.close()


def numbers(log: SqliteLog) -> list[int]:
    """The numbers of `fill`'s records that are stored, in order of partition and offset, put in sequence."""
    stored = everything(log, "facts")
    found = [[int(record.value.split(b":")[0]) for record in stored[partition]] for partition in (0, 1)]
    assert all(each == sorted(each) for each in found)
    return sorted(found[0] + found[1])


def test_a_file_that_may_not_grow_is_a_full_disk(sqlite_place: Place) -> None:
    """The same without root: the process may write no file beyond 1 MB."""
    log = SqliteLog(sqlite_place.directory)
    log.ensure_topic("facts", 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        confirmed = fill(log)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert confirmed > 1000
    assert numbers(log) == list(range(confirmed))
    writer = log.writer("facts", "after")
    writer.send(0, b"k", b"after")
    assert [each.offset for each in writer.flush(5)] == [confirmed // 2]
    log.close()


def crashed_log(directory: Path, appends: int) -> list[Record]:
    """A log as a killed process leaves it, its last appends in the WAL only; returns the records of its one partition."""
    live = directory.with_name("live")
    log = SqliteLog(live)
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    for append in range(appends):
        for number in range(20):
            writer.send(0, b"k%d" % number, b"%d/%d:" % (append, number) + b"x" * 50)
        writer.flush(5)
    records = everything(log, "facts")[0]
    directory.mkdir()
    for path in live.iterdir():
        if not path.name.endswith("-shm"):
            # A copy by another process: closing a file here would drop this process's locks on it.
            subprocess.run(["cp", str(path), str(directory)], check=True)
    log.close()
    writer.close()
    return records


def what_is_read(directory: Path) -> list[Record]:
    """The records up to where the log ends or is refused."""
    log = SqliteLog(directory)
    found: list[Record] = []
    with suppress(LogRefused, LogUnavailable):
        reader = log.reader("facts", {0: 0})
        while records := reader.poll(7, 0.0):
            found += records
        writer = log.writer("facts", "after")
        writer.send(0, b"k", b"after")
        writer.flush(1)
    log.close()
    return found


def test_a_torn_wal_gives_no_wrong_record(sqlite_place: Place) -> None:
    """What was appended last is torn at any byte: the log ends before it, and takes new records there."""
    origin = sqlite_place.directory / "crashed"
    records = crashed_log(origin, 12)
    assert len(records) == 240
    size = (origin / "facts.sqlite-wal").stat().st_size
    generator = random.Random(1)
    lengths = set()
    for trial in range(60):
        directory = sqlite_place.directory / f"torn{trial}"
        shutil.copytree(origin, directory)
        with (directory / "facts.sqlite-wal").open("r+b") as wal:
            wal.truncate(generator.randrange(size))
        found = what_is_read(directory)
        assert found == records[: len(found)]
        assert len(found) % 20 == 0
        after = SqliteLog(directory)
        assert after.end_offsets("facts") == [len(found) + 1]
        assert everything(after, "facts")[0] == [*found, Record(0, len(found), b"k", b"after")]
        after.close()
        lengths.add(len(found))
    assert len(lengths) > 5


def test_a_state_ahead_of_a_torn_log_is_told(sqlite_place: Place) -> None:
    origin = sqlite_place.directory / "crashed"
    records = crashed_log(origin, 4)
    with (origin / "facts.sqlite-wal").open("r+b") as wal:
        wal.truncate((origin / "facts.sqlite-wal").stat().st_size - 100)
    log = SqliteLog(origin)
    with pytest.raises(OtherLog, match=rf"partition 0 has offsets 0 to 60, not {len(records)}"):
        log.reader("facts", {0: len(records)})
    log.close()


def test_changed_bytes_give_no_wrong_record(sqlite_place: Place) -> None:
    """Bytes of the file or its WAL are changed anywhere: each record read is right, or the log is refused."""
    origin = sqlite_place.directory / "crashed"
    records = crashed_log(origin, 30)
    log = SqliteLog(origin)
    log.close()
    generator = random.Random(2)
    refused = 0
    for trial in range(300):
        directory = sqlite_place.directory / "changed"
        shutil.copytree(origin, directory)
        path = directory / ("facts.sqlite" if trial % 3 else "facts.sqlite-wal")
        content = bytearray(path.read_bytes())
        at = generator.randrange(len(content))
        content[at : at + generator.choice((1, 4, 64))] = generator.randbytes(generator.choice((1, 4, 64)))
        path.write_bytes(content)
        found = what_is_read(directory)
        assert found == records[: len(found)], f"trial {trial}"
        refused += len(found) < len(records)
        shutil.rmtree(directory)
    assert refused > 50


def test_a_damaged_record_names_its_place_and_what_to_do(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("facts", 3)
    writer = log.writer("facts", "one")
    for number in range(30):
        writer.send(2, b"k", b"payment %d" % number)
        if number % 10 == 9:
            writer.flush(5)
    writer.close()
    path = sqlite_place.directory / "facts.sqlite"
    with sqlite3.connect(path) as other:
        (body,) = other.execute("SELECT body FROM entries_002 WHERE first = 10").fetchone()
        changed = body.replace(b"payment 15", b"payment 95")
        other.execute("UPDATE entries_002 SET body = ? WHERE first = 10", (changed,))
    other.close()
    reader = sqlite_place.open().reader("facts", {2: 0})
    expected = rf"{path}: damaged: partition 2, offsets 10 to 19: its checksum differs; stop .* put back a copy"
    with pytest.raises(LogRefused, match=expected):
        read(reader, 30)
    later = sqlite_place.open().reader("facts", {2: 25})
    assert [record.value for record in read(later, 5)] == [b"payment %d" % number for number in range(25, 30)]


def test_missing_records_are_told(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("facts", 1)
    writer = log.writer("facts", "one")
    for _ in range(3):
        writer.send(0, b"k", b"v")
        writer.flush(5)
    writer.close()
    with sqlite3.connect(sqlite_place.directory / "facts.sqlite") as other:
        other.execute("DELETE FROM entries_000 WHERE first = 1")
    other.close()
    reader = log.reader("facts", {0: 0})
    assert [record.offset for record in reader.poll(1, 1)] == [0]
    with pytest.raises(OtherLog, match="partition 0, offset 1 is no longer there"):
        read(reader, 1)
    with sqlite3.connect(sqlite_place.directory / "facts.sqlite") as other:
        other.execute("DELETE FROM entries_000 WHERE first = 2")
    other.close()
    with pytest.raises(LogRefused, match="partition 0 ends at offset 1, should end at 3"):
        log.writer("facts", "one")


def test_a_file_of_another_kind_is_refused(sqlite_place: Place) -> None:
    (sqlite_place.directory / "facts.sqlite").write_bytes(b"not a database, long enough to be looked at" * 100)
    with pytest.raises(LogRefused, match=r"facts\.sqlite: not a readable log"):
        sqlite_place.open().partitions("facts")
    (sqlite_place.directory / "facts.sqlite").write_bytes(b"")
    with pytest.raises(LogRefused, match=r"facts\.sqlite: not a readable log"):
        sqlite_place.open().partitions("facts")
    (sqlite_place.directory / "file").write_bytes(b"")
    with pytest.raises(LogRefused, match="is a file"):
        SqliteLog(sqlite_place.directory / "file")


def test_the_wal_stays_small_beside_a_reader(sqlite_place: Place) -> None:
    log = sqlite_place.open()
    log.ensure_topic("facts", 4)
    writer = log.writer("facts", "one")
    reader = log.reader("facts", dict.fromkeys(range(4), 0))
    count = 0
    for number in range(400):
        for partition in range(4):
            for _ in range(50):
                writer.send(partition, b"k", b"x" * 500)
        writer.poll(1)
        if number % 2:
            count += len(reader.poll(150, 0))
    assert count > 10_000
    # 40 MB were appended; a checkpoint every 8 MB, and the last reader may hold it up for a while.
    assert (sqlite_place.directory / "facts.sqlite-wal").stat().st_size < 24 << 20
