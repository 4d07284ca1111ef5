"""Kills receivables processes over and over, and holds what they decided against an unbroken run.

`python -m tests.faults.kills --facts 300000 --kills 50 --processes 2 --log sqlite|kafka` prints what it did and
exits 1 on any difference. The tests beside it run small sizes of the same.
"""

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.local_kafka import LocalKafka
from benchmarks.workload import Config, simulate
from connectors.intake.clockwork import day_end_message
from connectors.intake.reception import Received
from connectors.log.base import Full, Log
from connectors.placing import Placement, place
from dataflows.shards.owner import Owner
from schemas.codec import decode_decision, encode_fact
from schemas.records import Fact
from schemas.topics import DECISIONS, FACTS
from tests.faults.dying import CACHE_BYTES, POINTS, open_log

DAY_MS = 86_400_000
SHARDS = 8
# A process that is to be killed at a random moment lives this long after it is ready.
LIVES_SECONDS = (0.0, 0.1)
RUN_SECONDS = 300
# About what one round of a process takes in.
ROUND_FACTS = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of kills came to. `digests` are of each shard's decisions, repeats dropped."""

    facts: int
    kills: dict[str, int]
    starts: int
    decisions: int
    digests: list[str]


def facts_with_clocks(facts: Iterator[Fact], shards: int) -> Iterator[tuple[int, bytes | None, bytes]]:
    """Placed facts as (shard, key, value), and after each day a clock fact for every shard."""
    day = -1
    for fact in facts:
        placed = place(fact, shards)
        assert isinstance(placed, Placement), placed
        today = fact.recorded_time // DAY_MS
        for closed in range(day, today) if day >= 0 else ():
            for shard in range(shards):
                yield shard, None, day_end_message(closed)
        day = max(day, today)
        received = Received(placed.shard, placed.key, placed.account_id, fact, encode_fact(fact))
        yield placed.shard, placed.key, received.message(fact.recorded_time)
    for shard in range(shards):
        yield shard, None, day_end_message(day)


def fill(log: Log, records: Iterator[tuple[int, bytes | None, bytes]], most: int) -> int:
    """Make the two logs of SHARDS partitions and append up to `most` facts; how many."""
    log.ensure_topic(FACTS, SHARDS)
    log.ensure_topic(DECISIONS, SHARDS)
    writer = log.writer(FACTS, "fill")
    count = 0
    for shard, key, value in records:
        while True:
            try:
                writer.send(shard, key, value)
                break
            except Full:
                writer.poll(1.0)
        count += 1
        if count == most:
            break
    writer.flush(60.0)
    writer.close()
    return count


def copied_facts(log: Log) -> Iterator[tuple[int, bytes | None, bytes]]:
    """Every record of a facts log, in the order of each partition."""
    ends = log.end_offsets(FACTS)
    reader = log.reader(FACTS, dict.fromkeys(range(SHARDS), 0))
    while any(reader.position(shard) < ends[shard] for shard in range(SHARDS)):
        for record in reader.poll(5_000, 1.0):
            if record.offset < ends[record.partition]:
                yield record.partition, record.key, record.value
    reader.close()


def run_unbroken(log: Log, state: Path, cache_bytes: int = CACHE_BYTES) -> None:
    """Decide everything in this process, in one go."""
    owner = Owner(log, range(SHARDS), state, cache_bytes, "unbroken")
    while True:
        found = owner.poll(0.01)
        for number, records in found.items():
            owner.send(number, owner.take(number, records))
        for number in list(owner.open):
            owner.tend(number)
        assert not owner.stopped, owner.stopped
        if not found and owner.idle():
            break
    owner.stop(30.0)
    owner.close()


def digests(log: Log) -> tuple[list[str], int]:
    """A digest of each shard's decisions as every reader takes them (last + 1 take, lower drop), and how many."""
    found = []
    total = 0
    ends = log.end_offsets(DECISIONS)
    for shard in range(SHARDS):
        reader = log.reader(DECISIONS, {shard: 0})
        digest = hashlib.sha256()
        expected = 0
        while reader.position(shard) < ends[shard]:
            for record in reader.poll(5_000, 1.0):
                sequence = decode_decision(record.value).sequence
                assert sequence <= expected, f"shard {shard}: {expected} is missing before {sequence}"
                if sequence == expected:
                    digest.update(record.value)
                    expected += 1
        reader.close()
        found.append(digest.hexdigest())
        total += expected
    return found, total


def kill_over_and_over(
    directory: Path,
    log_name: str,
    processes: int,
    kills: int,
    chance: random.Random,
    portion: int,
    feed: Callable[[], int],
) -> dict[str, int]:
    """Start the processes in ever another order and kill one of them each time.

    `feed` appends the next `portion` of the facts before each start, so that there is always work to be killed at.
    """
    share = SHARDS // processes
    ranges = [f"{n * share}-{(n + 1) * share - 1}" for n in range(processes)]
    running: dict[str, subprocess.Popen[str]] = {}
    done: dict[str, int] = dict.fromkeys((*POINTS[1:], "random"), 0)
    give_up = time.monotonic() + RUN_SECONDS + 5 * kills
    try:
        for _ in range(kills * 2):
            if sum(done.values()) == kills:
                break
            assert time.monotonic() < give_up, f"no end in sight: {done}"
            feed()
            chance.shuffle(ranges)
            point = chance.choice((*POINTS[1:], "random"))
            victim = chance.choice(ranges)
            _stop(running, victim)
            for shards in ranges:
                if shards not in running or running[shards].poll() is not None:
                    at = point if shards == victim and point != "random" else "never"
                    running[shards] = _start(directory, shards, log_name, at, _passes(point, portion, chance))
            if point == "random":
                time.sleep(chance.uniform(*LIVES_SECONDS))
                running[victim].kill()
            try:
                code = running[victim].wait(timeout=20)
            except subprocess.TimeoutExpired:
                running[victim].kill()
                code = running[victim].wait()
            if code == 0:
                # It came to the end before its point.
                continue
            assert code == -9, f"shards {victim} ended with {code} at {point}"
            done[point] += 1
    finally:
        for shards in list(running):
            _stop(running, shards)
    return done


def _passes(point: str, portion: int, chance: random.Random) -> int:
    """How often a process passes its point before it dies there: so often that it does while it takes in a portion."""
    rounds = max(1, portion // ROUND_FACTS)
    most = {"before_send": 4 * rounds, "after_append": rounds, "after_confirmation": rounds, "after_commit": 3}
    return chance.randrange(most.get(point, 1))


def finish(directory: Path, log_name: str, processes: int) -> None:
    """Let the processes come to the end."""
    share = SHARDS // processes
    running = [_start(directory, f"{n * share}-{(n + 1) * share - 1}", log_name, "never", 0) for n in range(processes)]
    for child in running:
        assert child.wait(timeout=RUN_SECONDS) == 0


def _stop(running: dict[str, subprocess.Popen[str]], shards: str) -> None:
    child = running.pop(shards, None)
    if child is not None:
        child.kill()
        child.wait()


def _start(directory: Path, shards: str, log_name: str, point: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.dying", str(directory), shards, log_name, point, str(count)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def run(directory: Path, log_name: str, facts: int, kills: int, processes: int, seed: int) -> tuple[Outcome, Outcome]:
    """The broken run, and the unbroken one over a copy of the facts log as the broken one finished it."""
    chance = random.Random(seed)
    whole, broken = directory / "whole", directory / "broken"
    records = facts_with_clocks(simulate(Config(accounts=max(50, facts // 100), months=24, seed=seed)), SHARDS)
    all_of_them = islice(records, facts)
    log = open_log(broken, log_name)
    portion = facts // (kills + 1)
    fill(log, all_of_them, portion)
    done = kill_over_and_over(
        broken, log_name, processes, kills, chance, portion, lambda: fill(log, all_of_them, portion)
    )
    fill(log, all_of_them, facts)
    finish(broken, log_name, processes)
    got, total = digests(log)
    whole_log = open_log(whole, "sqlite")
    count = fill(whole_log, copied_facts(log), 1 << 62)
    run_unbroken(whole_log, whole / "state")
    expected, decided = digests(whole_log)
    whole_log.close()
    log.close()
    starts = sum(done.values()) + processes
    return Outcome(count, {}, 1, decided, expected), Outcome(count, done, starts, total, got)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, default=300_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--processes", type=int, choices=(1, 2, 4), default=1)
    parser.add_argument("--log", choices=("sqlite", "kafka"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="headrace-kills-"))
        stack.callback(shutil.rmtree, directory)
        log_name = "sqlite"
        if given.log == "kafka":
            log_name = f"{stack.enter_context(LocalKafka()).bootstrap},kills-"
        whole, broken = run(directory, log_name, given.facts, given.kills, given.processes, given.seed)
    print(
        f"{given.log}, {given.processes} processes, seed {given.seed}: {whole.facts:,} facts, {whole.decisions:,} decisions"
    )
    print(
        "kills: " + ", ".join(f"{count} {point}" for point, count in broken.kills.items()) + f"; {broken.starts} starts"
    )
    for shard, (expected, got) in enumerate(zip(whole.digests, broken.digests, strict=True)):
        print(f"shard {shard}: {expected[:16]} {'equal' if expected == got else 'DIFFERS: ' + got[:16]}")
    return 0 if whole.digests == broken.digests else 1


if __name__ == "__main__":
    sys.exit(main())
