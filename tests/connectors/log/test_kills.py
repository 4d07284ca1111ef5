"""Writers killed with SIGKILL in mid-append, again and again: what was confirmed is there, where it was confirmed."""

import random
import subprocess
import threading
from collections.abc import Iterator

import pytest

from tests.connectors.log.places import Place, everything

PARTITIONS = 3


class Run:
    """One appender process; collects what it says until it is killed."""

    def __init__(self, place: Place, name: str, size: int) -> None:
        self.name = name
        self.confirmed: list[tuple[int, int, int]] = []
        self.said = threading.Event()
        command = place.command("facts", name, str(PARTITIONS), str(size), "0")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            parts = line.split()
            # The last line may be cut by the kill.
            if len(parts) == 3 and line.endswith("\n"):
                self.confirmed.append((int(parts[0]), int(parts[1]), int(parts[2])))
                self.said.set()

    def wait(self) -> None:
        """Until it has said that something is confirmed."""
        if not self.said.wait(30):
            self.kill()
            raise AssertionError(f"{self.name}: nothing was confirmed")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reading.join()
        assert self.process.stderr is not None
        errors = self.process.stderr.read()
        self.process.stderr.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert "Traceback" not in errors, errors


def check(place: Place, runs: list[Run]) -> None:
    """Each run's records stand in order without holes, as far as they go, and each confirmed one at its offset."""
    log = place.open()
    stored = everything(log, "facts")
    numbers: dict[tuple[str, int], list[int]] = {}
    for partition, records in stored.items():
        for record in records:
            name, number, padding = record.value.split(b":")
            assert record.key == name
            assert len(record.value) == max(len(name) + len(number) + 2, 40 + int(number) % 300)
            assert not padding.strip(b"x")
            numbers.setdefault((name.decode(), partition), []).append(int(number))
        if place.kind == "sqlite":
            assert [record.offset for record in records] == list(range(len(records)))
    for (name, partition), found in numbers.items():
        assert found == list(range(len(found))), f"{name} in partition {partition}"
    confirmed = 0
    for run in runs:
        for partition, offset, number in run.confirmed:
            at = {record.offset: record.value for record in stored[partition]}[offset]
            assert at.startswith(f"{run.name}:{number}:".encode())
            assert len(numbers[run.name, partition]) > number
            confirmed += 1
    assert confirmed > len(runs)


def kills(place: Place, count: int, seed: int) -> Iterator[Run]:
    """Two writers at once, killed in turn `count` times at random moments."""
    generator = random.Random(seed)
    running = [Run(place, f"w{each}-0", 1 + 40 * each) for each in range(2)]
    for kill in range(1, count + 1):
        victim = running[kill % 2]
        victim.wait()
        # Not a timing that is judged: only where in its work the process is hit.
        threading.Event().wait(generator.random() * 0.05)
        victim.kill()
        yield victim
        running[kill % 2] = Run(place, f"w{kill % 2}-{kill}", generator.choice((1, 7, 100, 1000)))
    for each in running:
        each.wait()
        each.kill()
        yield each


@pytest.mark.slow
def test_killed_writers_lose_and_double_nothing(place: Place) -> None:
    place.open().ensure_topic("facts", PARTITIONS)
    runs = list(kills(place, 24 if place.kind == "sqlite" else 8, seed=3))
    assert all(run.confirmed for run in runs)
    check(place, runs)
