"""The KPIs: how fast decisions get into ClickHouse, and how long each view takes as they become more.

The decisions are those of a small simulated distributor, as often as is wanted, each time under other accounts and documents and on
later days, up to two years. What is measured is chDB on this machine.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import clickhouse_connect

from benchmarks.kpi_lag import publishing_lag
from benchmarks.measure import environment
from connectors.log.base import account_key
from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from schemas.codec import decision_head, decode_decision, encode_decision
from schemas.records import Decision
from schemas.topics import DECISIONS, FACTS
from sinks.clickhouse.answers import KeptAnswer
from sinks.clickhouse.by_kind import KEPT
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.counting import Counting
from sinks.clickhouse.kpis import ANSWERED, KPIS
from sinks.clickhouse.ranges import Range
from sinks.clickhouse.rolling import Rollups
from sinks.clickhouse.rollups import GROUPS
from sinks.clickhouse.sink import BATCH_ROWS
from sinks.clickhouse.staging import COLUMNS, Staging

Say = Callable[[str], None]
# Over how many days copies begin; at once so many are made.
_SPREAD_DAYS: Final = 670
_COPIES_AT_ONCE: Final = 150
_PER_CENT: Final = (50, 95)
_UNCONFIRMED: Final = 10_000
_FLUSH_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Kpi:
    """How big. source: an installation whose decisions are copied; without one a distributor of `accounts` is simulated.

    rows: decisions at which the views are timed, rising. repeats: of each query. facts: decisions that are inserted and decoded; of
    a few batches, staging the first and writing the last, with nothing at work beside them, is much of the time.
    rate, seconds: decisions a second, and how long, while the lag of publishing is measured.
    """

    source: str = ""
    accounts: int = 60
    months: int = 2
    rows: tuple[int, ...] = (1_000_000, 3_000_000, 10_000_000)
    facts: int = 1_200_000
    repeats: int = 5
    rate: float = 10_000.0
    seconds: float = 20.0


class _Never:
    def __bool__(self) -> bool:
        return False


def run_kpi(options: Kpi, say: Say) -> dict[str, Any]:
    """The measurements, with what is known of machine and code."""
    began = environment()
    with TemporaryDirectory(prefix="headrace-kpi-") as directory:
        source = Path(options.source) if options.source else _simulated(Path(directory), options, say)
        with closing(SqliteLog(source / "log", False)) as log:
            base = list(_decisions(log))
            say(f"{len(base):,} decisions, copied")
            inserted = _inserted(Path(directory), base, options.facts, say)
            lag = publishing_lag(Path(directory), _copies(base, int(options.rate * options.seconds)), int(options.rate))
            say(f"lag at {lag['per_second']:,} decisions/s: {lag['lag']}")
            views = _views(Path(directory), log, len(base), options, say)
    return {"benchmark": "kpi", **began, "options": asdict(options), "insert": inserted, "lag": lag, **views}


def _simulated(directory: Path, options: Kpi, say: Say) -> Path:
    say("simulating a distributor")
    size = ["--accounts", str(options.accounts), "--months", str(options.months)]
    command = [sys.executable, "-m", "headrace.main", "demo", "--dir", str(directory / "demo"), *size]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory / "demo" / "distributor"


def _decisions(log: SqliteLog) -> Iterator[Decision]:
    for shard, end in enumerate(log.end_offsets(DECISIONS)):
        with closing(log.reader(DECISIONS, {shard: 0})) as reader:
            while reader.position(shard) < end:
                yield from (decode_decision(record.value) for record in reader.poll(2_000, 1.0))


def _copies(base: Sequence[Decision], number: int) -> list[Decision]:
    """So many decisions: copy after copy, numbered on in each shard, on later days and of other accounts."""
    following: dict[int, int] = {}
    made: list[Decision] = []
    round_ = 0
    while len(made) < number:
        for one in base[: number - len(made)]:
            d = copy(one)
            d.sequence = following.get(d.shard, 0)
            following[d.shard] = d.sequence + 1
            d.account_id = f"{one.account_id}-{round_}"
            made.append(d)
        round_ += 1
    return made


def _inserted(directory: Path, base: Sequence[Decision], number: int, say: Say) -> dict[str, Any]:
    """Decisions a second: from the log into all tables, what the sums take of it, and prepared batches into the table alone."""
    found: dict[str, Any] = {"decisions": number, "batch_rows": BATCH_ROWS}
    decisions = _copies(base, number)
    place = Place(directory / "decoded")
    with closing(SqliteLog(directory / "log", False)) as log:
        _append(log, decisions)
        with Database(place) as database:
            database.migrate()
        # In a process of its own, which does not have all decisions as objects beside it.
        command = [sys.executable, "-m", "benchmarks.kpi", str(directory), str(number)]
        found |= json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        say(
            f"decoded: {found['decoded_rows_per_second']:,} rows/s, {found['decoded_rows_per_cpu_second']:,} a CPU second, "
            f"then KPIs counted in {found['then_counted_ms']:,} ms"
        )
    with Database(place) as database:
        tables = _prepared(database, number)
    _sums(Place(directory / "sums"), decisions, found, say)
    for name, connections in (("prepared", 1), ("prepared_on_all_cores", os.cpu_count() or 1)):
        with Database(Place(directory / name)) as database:
            database.migrate()
            with _measured(found, name, number, say):
                _insert(database, tables, connections)
    return found


def _prepared(database: Database, number: int) -> list[Any]:
    """Its decisions in batches, as columns, in an order that is not the table's."""
    with database.client() as client:
        return [
            client.query_arrow(
                f"SELECT {COLUMNS} FROM decisions ORDER BY sequence, shard LIMIT {BATCH_ROWS} OFFSET {start}",
                settings={"output_format_arrow_low_cardinality_as_dictionary": 1},
            )
            for start in range(0, number, BATCH_ROWS)
        ]


def _sums(place: Place, decisions: Sequence[Decision], found: dict[str, Any], say: Say) -> None:
    batches = []
    for start in range(0, len(decisions), BATCH_ROWS):
        batch = decisions[start : start + BATCH_ROWS]
        ranges: dict[int, Range] = {}
        for shard in {d.shard for d in batch}:
            numbers = [d.sequence for d in batch if d.shard == shard]
            ranges[shard] = Range(shard, min(numbers), max(numbers), 0, 0)
        batches.append(([decision_head(encode_decision(d))[3] for d in batch], ranges))
    with Database(place) as database:
        database.migrate()
        rollups, staging = Rollups(database), Staging(database, "bench")
        with _measured(found, "sums", len(decisions), say):
            for number, (bodies, ranges) in enumerate(batches, 1):
                staging.put(bodies, ranges)
                rollups.add(staging.table, number, f"bench-{number}", uncertain=False)


def _insert(database: Database, tables: Sequence[Any], connections: int) -> None:
    """Each on the next connection, all connections at once."""

    def insert(first: int) -> None:
        path = str(database.place.directory)
        with closing(clickhouse_connect.get_client(interface="chdb", path=path, database=database.name)) as client:
            for table in tables[first::connections]:
                client.insert_arrow("decisions", table, settings={"async_insert": 0})

    with ThreadPoolExecutor(connections) as threads:
        list(threads.map(insert, range(connections)))


def _append(log: SqliteLog, decisions: Sequence[Decision]) -> None:
    shards = 1 + max(d.shard for d in decisions)
    for topic in (FACTS, DECISIONS):
        log.ensure_topic(topic, shards)
    with closing(log.writer(DECISIONS, "bench", most_unconfirmed=_UNCONFIRMED)) as writer:
        for number, d in enumerate(decisions, 1):
            writer.send(d.shard, account_key(d.tenant, d.entity, d.account_id), encode_decision(d))
            if number % _UNCONFIRMED == 0:
                writer.flush(_FLUSH_SECONDS)
        writer.flush(_FLUSH_SECONDS)


def _publish(log: SqliteLog, place: Place, socket_path: Path, status: PublishStatus) -> None:
    publish_clickhouse(log, place, socket_path, until_idle=True, stop=_Never(), status=status)


@contextmanager
def _measured(found: dict[str, Any], name: str, number: int, say: Say) -> Iterator[None]:
    """So many rows a second, and a second of CPU, of what is done within; where others are at work only the latter says much."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    found[f"{name}_rows_per_second"] = round(number / (time.perf_counter() - wall))
    found[f"{name}_rows_per_cpu_second"] = round(number / (time.process_time() - cpu))
    say(f"{name}: {found[f'{name}_rows_per_second']:,} rows/s, {found[f'{name}_rows_per_cpu_second']:,} a CPU second")


def _decoded(directory: Path, number: int) -> dict[str, Any]:
    """From the log into all tables, and then the KPIs that are kept."""
    status = PublishStatus()
    with closing(SqliteLog(directory / "log", False)) as log, ThreadPoolExecutor(1) as threads:
        wall, cpu = time.perf_counter(), time.process_time()
        published = threads.submit(_when_published, status, number)
        _publish(log, Place(directory / "decoded"), directory / "d.sock", status)
        ended = time.perf_counter()
    wall_then, cpu_then = published.result()
    return {
        "decoded_rows_per_second": round(number / (wall_then - wall)),
        "decoded_rows_per_cpu_second": round(number / (cpu_then - cpu)),
        "then_counted_ms": round(1000 * (ended - wall_then)),
    }


def _when_published(status: PublishStatus, number: int) -> tuple[float, float]:
    """When all of them are in the tables, on the wall and of CPU."""
    while status.published < number:
        time.sleep(0.005)
    return time.perf_counter(), time.process_time()


def _views(directory: Path, log: SqliteLog, each: int, options: Kpi, say: Say) -> dict[str, Any]:
    place = Place(directory / "views")
    _publish(log, place, directory / "c.sock", PublishStatus())
    found: dict[str, Any] = {"counting": {}, "views": {}}
    with Database(place) as database:
        there = 1
        _keep_base(database)
        for rows in options.rows:
            copies = max(there, -(-rows // each))
            _grow(database, there, copies)
            there = copies
            counted = database.rows("SELECT count() FROM decisions")[0][0]
            say(f"views at {counted:,} decisions")
            for answer in ANSWERED:
                taken = _counted(database, answer, options.repeats)
                found["counting"].setdefault(answer.kpi, {})[str(counted)] = taken
            for view in KPIS:
                if view.name.startswith("kpi_"):
                    timed = _timed(database, view.name, options.repeats)
                    found["views"].setdefault(view.name, {})[str(counted)] = timed
    return found


def _counted(database: Database, answer: KeptAnswer, repeats: int) -> dict[str, float]:
    """Milliseconds to count and to keep what that KPI gives."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        Counting(database).count(answer)
        taken.append(1000 * (time.perf_counter() - began))
    return {
        "min_ms": round(min(taken), 1),
        "median_ms": round(median(taken), 1),
        "max_ms": round(max(taken), 1),
    }


def _keep_base(database: Database) -> None:
    with database.client() as client:
        client.command("CREATE TABLE base_decisions ENGINE = MergeTree ORDER BY shard AS SELECT * FROM decisions")
        client.command(
            "CREATE TABLE base_groups ENGINE = MergeTree ORDER BY account_id AS SELECT * FROM account_groups FINAL"
        )


def _grow(database: Database, there: int, copies: int) -> None:
    """Copies number `there` to `copies` of all decisions, and of what their accounts are; the sums are made anew."""
    columns = [name for (name,) in database.rows("SELECT name FROM system.columns WHERE database = currentDatabase() "
               "AND table = 'decisions' AND default_kind = '' ORDER BY position")]  # fmt: skip
    ((step,),) = database.rows("SELECT max(sequence) + 1 FROM base_decisions")
    text = {
        name: f"if({name} = '', '', concat({name}, '-', toString(n)))"
        for name in ("document", "receipt_id", "counterparty")
    }
    text["account_id"] = "concat(account_id, '-', toString(n))"
    text["sequence"] = f"sequence + n * {step}"
    late = f"n % {_SPREAD_DAYS}"
    for name in ("event_time", "recorded_time"):
        text[name] = f"addDays({name}, {late})"
    for name in ("posting_date", "due_date"):
        text[name] = f"if({name} > toDate32('1970-01-01'), addDays({name}, {late}), {name})"
    select = ", ".join(f"{text[name]} AS copy_of_{name}" if name in text else f"`{name}`" for name in columns)
    into = ", ".join(f"`{name}`" for name in columns)
    with database.client() as client:
        for first in range(there, copies, _COPIES_AT_ONCE):
            numbers = f"(SELECT number AS n FROM numbers({first}, {min(_COPIES_AT_ONCE, copies - first)})) AS copies"
            client.command(f"INSERT INTO decisions ({into}) SELECT {select} FROM base_decisions CROSS JOIN {numbers}")
        client.command(
            "INSERT INTO account_groups SELECT tenant, entity, concat(account_id, '-', toString(n)), region, segment, collector, "
            f"affiliate, change FROM base_groups CROSS JOIN (SELECT number AS n FROM numbers({there}, {copies - there})) AS copies"
        )
        for rollup in KEPT:
            client.command(f"TRUNCATE TABLE {rollup.name}")
            kept = rollup.select("decisions", "1", GROUPS)
            client.command(f"INSERT INTO {rollup.name} ({', '.join(rollup.columns)}) {kept}")
            client.command(f"OPTIMIZE TABLE {rollup.name} FINAL")


def _timed(database: Database, name: str, repeats: int) -> dict[str, float]:
    """Milliseconds, on the wall and of CPU, of two questions, with all the view's measures: each day of all time, and a month of one currency by region."""
    described = database.rows(
        f"SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '{name}'"
    )
    sums = ", ".join(f"sum({column})" for column, kind in described if kind == "Int64")
    ((last,),) = database.rows("SELECT max(day) FROM shard_days")
    questions = {
        "all": f"SELECT day, {sums} FROM {name} GROUP BY day",
        "month": f"SELECT day, region, {sums} FROM {name} WHERE day > toDate32('{last}') - 31 AND currency = 'USD' GROUP BY day, region",
    }
    found: dict[str, float] = {}
    for question, sql in questions.items():
        seconds, busy = [], []
        for _ in range(repeats + 1):
            began, cpu = time.perf_counter(), time.process_time()
            database.rows(sql)
            seconds.append(time.perf_counter() - began)
            busy.append(time.process_time() - cpu)
        # The first one reads what the others find in memory.
        ordered = sorted(seconds[1:])
        for place in _PER_CENT:
            at = min(len(ordered) - 1, int(place / 100 * len(ordered)))
            found[f"{question}_p{place}_ms"] = round(1000 * ordered[at], 1)
        found[f"{question}_cpu_ms"] = round(1000 * median(busy[1:]), 1)
    return found


if __name__ == "__main__":
    print(json.dumps(_decoded(Path(sys.argv[1]), int(sys.argv[2]))), flush=True)
    # chDB takes its time to end, or does not.
    os._exit(0)
