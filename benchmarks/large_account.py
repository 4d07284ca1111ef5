"""One account with very many open items: what a lump payment over some of them costs, and how much memory it all takes.

Each size runs in a process of its own, on the shard itself with its rows in RocksDB: no log and no other process.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.measure import environment, latency
from connectors.intake.clockwork import day_end_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import Customer, Fact, Invoice, Receipt, RemittanceLine, ShardRow

DAY_MS: Final = 86_400_000
START: Final = 20_000
DUE_DAYS: Final = 60
CURRENCY: Final = "USD"
# Days that go by afterwards, with what falls due on them.
DAYS: Final = 5
COMMIT_FACTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class LargeAccount:
    """items: open items, of each run; lines: items that a lump payment names; repeats: lump payments, and as many for
    which no item is named; cache_bytes: memory for loaded accounts and rows."""

    items: tuple[int, ...] = (100_000, 1_000_000)
    lines: int = 500
    repeats: int = 20
    cache_bytes: int = 64 << 20


def run_large_account(options: LargeAccount, say: Callable[[str], None]) -> dict[str, Any]:
    """The result, for its file."""
    runs = []
    for items in options.items:
        say(f"an account with {items:,} open items")
        job = asdict(options) | {"items": items}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.large_account", json.dumps(job)], stdout=subprocess.PIPE, check=True
        )
        runs.append(json.loads(done.stdout))
    return {"benchmark": "large-account", **environment(), "options": asdict(options), "runs": runs}


def measured(items: int, lines: int, repeats: int, cache_bytes: int) -> dict[str, Any]:
    """One size. lump, unnamed: milliseconds from a receipt to its decisions, and until they are in the state; a day's
    reminders are of as many items as fall due that day. peak_mb: of the process, after all of it."""
    chance = Random(1)
    with TemporaryDirectory(prefix="headrace-bench-") as directory:
        run = _Run(Shard(0, 1, Store(Path(directory)), ShardRow("facts", "decisions"), cache_bytes))
        opening = run.cpu_seconds(_opening(items))
        numbers = chance.sample(range(items), repeats * lines)
        lump = [run.timed(_lump(i, numbers[i * lines : (i + 1) * lines])) for i in range(repeats)]
        assert run.said["cash_applied"] == repeats * lines, run.said
        days = run.cpu_seconds(day_end_message(day) for day in range(START, START + DAYS))
        unnamed = [run.timed(_receipt(f"U-{i}", chance.randint(10**6, 10**8), [])) for i in range(repeats)]
        run.shard.close()
    return {
        "items": items,
        "opening_facts_per_cpu_second": round(items / opening),
        "lump_of": lines,
        "lump": _both(lump),
        "unnamed": _both(unnamed),
        "days": DAYS,
        "reminders": run.said["reminder_due"],
        "days_cpu_seconds": round(days, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6),
    }


def _both(seconds: list[tuple[float, float]]) -> dict[str, Any]:
    decided, committed = latency([x for x, _ in seconds]), latency([y for _, y in seconds])
    assert decided is not None
    assert committed is not None
    return {"decided": asdict(decided), "committed": asdict(committed)}


class _Run:
    """A shard that takes facts in, and how often each kind of decision was said."""

    def __init__(self, shard: Shard) -> None:
        self.shard: Final = shard
        self.said: Final[Counter[str]] = Counter()
        self._offset = 0

    def _take(self, value: bytes) -> None:
        self.shard.process(self._offset, value, None)
        self._offset += 1

    def _confirm(self) -> None:
        """As the log does, at offsets that are their numbers."""
        outbox, self.shard.outbox = self.shard.outbox, []
        for sequence, _, raw in outbox:
            self.said[decode_decision(raw).kind] += 1
            self.shard.confirm(sequence, sequence)

    def cpu_seconds(self, values: Iterable[bytes]) -> float:
        """Take them in, with a commit now and then."""
        spent = 0.0
        for value in values:
            began = time.process_time()
            self._take(value)
            if not self._offset % COMMIT_FACTS or len(self.shard.outbox) > COMMIT_FACTS:
                self.shard.commit()
            spent += time.process_time() - began
            self._confirm()
        return spent

    def timed(self, fact: Fact) -> tuple[float, float]:
        """Seconds until the fact is decided on, and until that is committed, on the wall."""
        value = encode_fact(fact)
        self.shard.commit()
        began = time.perf_counter()
        self._take(value)
        decided = time.perf_counter()
        self.shard.commit()
        committed = time.perf_counter()
        self._confirm()
        return decided - began, committed - began


def _opening(items: int) -> Iterator[bytes]:
    """The account, and its invoices: due on so many days, of amounts that seldom come twice."""
    header = _header("customer")
    yield encode_fact(
        Customer(*header, "Many items", True, "US", "en", "", "", CURRENCY, 30, "", "", False, False, False, [])
    )
    yield day_end_message(START - 1)
    for number in range(items):
        due = START + 10 + number * 7 % DUE_DAYS
        name, amount = _document(number), _amount(number)
        header = _header(name)
        yield encode_fact(Invoice(*header, name, "posted", START, START, due, CURRENCY, amount, 0, "", "", "", []))


def _lump(number: int, items: list[int]) -> Receipt:
    """A payment whose remittance names these items."""
    lines = [RemittanceLine(_document(item), _amount(item)) for item in items]
    return _receipt(f"L-{number}", sum(_amount(item) for item in items), lines)


def _receipt(receipt_id: str, amount: int, lines: list[RemittanceLine]) -> Receipt:
    header = _header(receipt_id)
    return Receipt(*header, receipt_id, "BANK-1", "", CURRENCY, amount, START, START, "", "", "", lines)


def _header(event_id: str) -> tuple[str, int, str, str, str, str, str, int]:
    time_ms = START * DAY_MS
    return event_id, time_ms, "", "bench", "t1", "us01", "C-1", time_ms


def _document(number: int) -> str:
    return f"INV-{number:07d}"


def _amount(number: int) -> int:
    """Minor units: from 10.00 to 10,010.00."""
    return 1_000 + number * 7_919 % 1_000_000


if __name__ == "__main__":
    print(json.dumps(measured(**json.loads(sys.argv[1]))))
