"""Two references for the rate of receivables, each in a process of its own with the collector off.

ceiling: each fact decoded and its decisions, as a run of receivables appended them, encoded again.
rules: `transition` of each decoded fact over accounts that are all in memory, with no rows behind them: no
log, no state, no event ids, no numbers. Only these calls are timed, in CPU of the process.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.ground import ENDLESS, Size
from benchmarks.memory_rows import NoRows
from benchmarks.workload import bench_stream, warm_up_facts
from connectors.log.base import Log, Reader
from dataflows.rules.account.account import Account, load
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DEFAULT_TEXT, Policy, published
from dataflows.rules.transition import transition
from headrace.logs import open_installation
from headrace.policies.compiling import compile_file
from headrace.settings import load as load_settings
from schemas.codec import decode_decision, decode_fact, encode_decision, encode_fact
from schemas.records import Decision, Fact
from schemas.topics import DECISIONS, FACTS

CHUNK: Final = 1_000
READ_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reference:
    """CPU seconds for so many facts, and the decisions that came of them or with them."""

    facts: int
    decisions: int
    decode_seconds: float = 0.0
    encode_seconds: float = 0.0
    rules_seconds: float = 0.0


def ceiling(log: Log, facts_from: Sequence[int], decisions_from: Sequence[int]) -> Reference:
    """Decode the facts of the log from these offsets on, encode the decisions that are there from theirs on."""
    facts = decisions = 0
    decode_seconds = encode_seconds = 0.0
    for values in _values(log, FACTS, facts_from):
        start = time.process_time()
        for value in values:
            decode_fact(value)
        decode_seconds += time.process_time() - start
        facts += len(values)
    for values in _values(log, DECISIONS, decisions_from):
        ready = [decode_decision(value) for value in values]
        start = time.process_time()
        for decision in ready:
            encode_decision(decision)
        encode_seconds += time.process_time() - start
        decisions += len(values)
    return Reference(facts, decisions, decode_seconds=decode_seconds, encode_seconds=encode_seconds)


def _values(log: Log, topic: str, start: Sequence[int]) -> Iterator[list[bytes]]:
    """All records of the topic from these offsets to its present ends, in chunks."""
    ends = log.end_offsets(topic)
    reader: Reader = log.reader(topic, dict(enumerate(start)))
    try:
        while any(reader.position(partition) < end for partition, end in enumerate(ends)):
            records = reader.poll(CHUNK, READ_SECONDS)
            if not records:
                return
            yield [record.value for record in records]
    finally:
        reader.close()


def rules(size: Size, count: int, policy: str) -> Reference:
    """The `count` facts that follow the backlog of `size`, by the policy of that file, or the built-in one."""
    source = bench_stream(size.accounts, ENDLESS, size.seed, size.backlog)
    books = _Books(compile_file(Path(policy)).text if policy else DEFAULT_TEXT)
    left = warm_up_facts(size.accounts, size.backlog)
    while left:
        chunk = list(islice(source, min(left, CHUNK)))
        books.take(chunk)
        left -= len(chunk)
    books.decisions = 0
    seconds = 0.0
    done = 0
    while done < count:
        # As the log gives them: objects of their own.
        chunk = [decode_fact(encode_fact(fact)) for fact in islice(source, min(count - done, CHUNK))]
        start = time.process_time()
        books.take(chunk)
        seconds += time.process_time() - start
        done += len(chunk)
    return Reference(done, books.decisions, rules_seconds=seconds)


class _Books:
    def __init__(self, policy: str) -> None:
        self._rows = NoRows()
        self._policy: Policy = published(policy)
        self._accounts: dict[str, Account] = {}
        self.decisions = 0

    def take(self, facts: Sequence[Fact]) -> None:
        accounts, rows, policy = self._accounts, self._rows, self._policy
        for fact in facts:
            key = f"{fact.tenant}/{fact.entity}/{fact.account_id}"
            account = accounts.get(key)
            if account is None:
                account = accounts[key] = load(key, rows, b"")
            ctx = Context(
                fact.recorded_time, "live", policy, fact.kind, fact.event_id, fact.event_time, fact.recorded_time
            )
            decisions: list[Decision] = transition(account, fact, ctx)
            self.decisions += len(decisions)
            account.dirty.clear()


def run_ceiling(config: Path, facts_from: Sequence[int], decisions_from: Sequence[int]) -> Reference:
    """`ceiling` in a process of its own."""
    return _run("ceiling", str(config), json.dumps(list(facts_from)), json.dumps(list(decisions_from)))


def run_rules(size: Size, count: int, policy: str = "") -> Reference:
    """`rules` in a process of its own."""
    return _run("rules", json.dumps([size.accounts, size.backlog, size.seed]), str(count), policy)


def _run(*arguments: str) -> Reference:
    command = [sys.executable, "-m", "benchmarks.references", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Reference(*json.loads(done.stdout))


def main(name: str, *arguments: str) -> Reference:
    gc.disable()
    if name == "rules":
        accounts, backlog, seed = json.loads(arguments[0])
        return rules(Size(accounts, backlog, seed), int(arguments[1]), arguments[2])
    log = open_installation(load_settings(None, Path(arguments[0])))
    try:
        return ceiling(log, json.loads(arguments[1]), json.loads(arguments[2]))
    finally:
        log.close()


if __name__ == "__main__":
    found = main(*sys.argv[1:])
    json.dump(
        [found.facts, found.decisions, found.decode_seconds, found.encode_seconds, found.rules_seconds], sys.stdout
    )
