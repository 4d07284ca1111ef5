"""Kills receivables processes and a publisher over and over, and holds what they did against an unbroken run.

`python -m tests.faults.kills --facts 300000 --kills 50 --processes 2 --log sqlite|kafka` prints what it did, for every
shard whether its decisions are the same bytes, and for every table of ClickHouse whether it holds the same rows. It
exits 1 on any difference. The tests beside it run small sizes of the same.
"""

import argparse
import hashlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.local_kafka import LocalKafka
from benchmarks.workload import Config, simulate
from connectors.intake.clockwork import day_end_message
from connectors.intake.reception import Received
from connectors.log.base import Full, Log
from connectors.placing import EVERY_SHARD, Placement, place
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from schemas.codec import decode_decision, encode_fact
from schemas.records import Fact
from schemas.topics import DECISIONS, FACTS
from sinks.clickhouse.connect import Place
from tests.faults.children import Processes, Tally
from tests.faults.dying import CACHE_BYTES, open_log
from tests.faults.tables import Table, differing, read_tables
from tests.installations import decide
from tests.publishing import Never

DAY_MS = 86_400_000
SHARDS = 8


@dataclass(frozen=True, slots=True)
class Books:
    """What a run came to: `digests` are of each shard's decisions, repeats dropped, `decisions` how many there are."""

    decisions: int
    digests: list[str]
    tables: dict[str, Table]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both runs over the same facts, and what was done to the processes of the broken one."""

    facts: int
    tally: Tally
    whole: Books
    broken: Books


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
        for shard in range(shards) if placed.shard == EVERY_SHARD else (placed.shard,):
            yield shard, placed.key, received.message(fact.recorded_time)
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


def publish_rest(log: Log, directory: Path) -> Place:
    """Publish what is not yet published, in this process; the place."""
    place = Place(directory / "clickhouse")
    socket = directory / "run" / "clickhouse.sock"
    publish_clickhouse(log, place, socket, until_idle=True, stop=Never(), status=PublishStatus())
    return place


def books(log: Log, directory: Path) -> Books:
    """What the decisions log and the tables hold when everything is published."""
    found, total = digests(log)
    return Books(total, found, read_tables(publish_rest(log, directory), directory / "tables"))


def run(directory: Path, log_name: str, facts: int, kills: int, processes: int, seed: int) -> Outcome:
    """The broken run, and the unbroken one over a copy of the facts log as the broken one finished it."""
    chance = random.Random(seed)
    whole, broken = directory / "whole", directory / "broken"
    records = facts_with_clocks(simulate(Config(accounts=max(50, facts // 100), months=24, seed=seed)), SHARDS)
    all_of_them = islice(records, facts)
    log = open_log(broken, log_name)
    # A round in which nobody died has taken in its portion too.
    portion = facts // (kills + kills // 4 + 1)
    fill(log, all_of_them, portion)
    children = Processes(broken, log_name, SHARDS, processes, portion, chance)
    children.kill_over_and_over(kills, lambda: fill(log, all_of_them, portion))
    fill(log, all_of_them, facts)
    children.finish()
    got = books(log, broken)
    whole_log = open_log(whole, "sqlite")
    count = fill(whole_log, copied_facts(log), 1 << 62)
    decide(whole_log, whole / "state", cache_bytes=CACHE_BYTES)
    expected = books(whole_log, whole)
    whole_log.close()
    log.close()
    return Outcome(count, children.tally, expected, got)


def report(outcome: Outcome) -> tuple[list[str], bool]:
    """What was done, and for every shard and table whether both runs are equal; False where anything is not."""
    tally, whole, broken = outcome.tally, outcome.whole, outcome.broken
    lines = [
        f"{outcome.facts:,} facts, {whole.decisions:,} decisions",
        f"kills of receivables: {_counted(tally.receivables)}",
        f"kills of the publisher: {_counted(tally.publisher)}",
        f"killed with all the others at once: {tally.at_once}",
        f"{tally.starts} starts in {len(tally.orders)} orders, never the same one twice running",
        f"batches found cut short: {tally.cut_before} not inserted, {tally.cut_after} inserted",
    ]
    equal = True
    for shard, (expected, got) in enumerate(zip(whole.digests, broken.digests, strict=True)):
        equal = equal and expected == got
        lines.append(f"shard {shard}: {expected[:16]} {'equal' if expected == got else f'DIFFERS: {got[:16]}'}")
    found = differing(whole.tables, broken.tables)
    for name in sorted(whole.tables.keys() | broken.tables.keys()):
        rows = broken.tables[name].rows if name in broken.tables else 0
        lines.append(f"table {name}: {rows:,} rows {f'DIFFERS: {found[name]}' if name in found else 'equal'}")
    for books_of, name in ((whole, "unbroken"), (broken, "broken")):
        if books_of.tables["decisions"].rows != books_of.decisions:
            equal = False
            lines.append(f"the {name} run's table decisions DIFFERS from its log of {books_of.decisions:,} decisions")
    return lines, equal and not found


def _counted(kills: Counter[str]) -> str:
    return f"{kills.total()}: " + ", ".join(f"{count} {point}" for point, count in sorted(kills.items()))


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
        # Also where a run breaks off: its logs, state and tables stay there.
        print(f"running in {directory}", file=sys.stderr)
        log_name = "sqlite"
        if given.log == "kafka":
            log_name = f"{stack.enter_context(LocalKafka()).bootstrap},kills-"
        outcome = run(directory, log_name, given.facts, given.kills, given.processes, given.seed)
    lines, equal = report(outcome)
    print(f"{given.log}, {given.processes} processes, seed {given.seed}:", *lines, sep="\n")
    if not equal:
        print(f"what was compared is kept in {directory / 'whole'} and {directory / 'broken'}")
        return 1
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
