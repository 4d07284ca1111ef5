"""Small real installations for tests: facts on a SQLite log, shards that decide on them, transfers brought back."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from connectors.log.base import Log, account_key, partition_of
from connectors.log.sqlite import SqliteLog
from connectors.placing import Placement, place, unnamed_account
from dataflows.shards.owner import Owner
from schemas.codec import decode_decision, decode_fact, encode_fact
from schemas.records import Clock, Decision, Fact, OperatorAction, Watermark
from schemas.topics import DECISIONS, FACTS
from sinks.redis.credit import credit_facts
from sinks.redis.transfers import transfer_fact

DAY_MS = 86_400_000


def open_log(directory: Path, shards: int) -> SqliteLog:
    log = SqliteLog(directory / "log", sync=False)
    log.ensure_topic(FACTS, shards)
    log.ensure_topic(DECISIONS, shards)
    return log


def clock(day: int, behind_days: int = 0) -> Clock:
    """The end of a day; all payments up to `behind_days` before it are known."""
    now = day * DAY_MS + DAY_MS - 1
    mark = Watermark("payments", now - behind_days * DAY_MS)
    return Clock(f"clock:{now}", now, "", "headrace", "", "", "", now, now, "replay", [mark])


class Facts:
    """Appends facts where intake would place them; those for whole shards to every shard."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._shards = log.partitions(FACTS)

    def append(self, facts: Iterable[Fact]) -> None:
        writer = self._log.writer(FACTS, "test")
        for fact in facts:
            if not fact.account_id and not unnamed_account(fact):
                for shard in range(self._shards):
                    writer.send(shard, None, encode_fact(fact))
                continue
            shard, key, account_id = self._placed(fact)
            raw = encode_fact(fact)
            if account_id != fact.account_id:
                raw = encode_fact(but(fact, account_id=account_id))
            writer.send(shard, key, raw)
            if writer.unconfirmed > 10_000:
                writer.poll(1.0)
        writer.flush(30.0)
        writer.close()

    def _placed(self, fact: Fact) -> Placement:
        placed = place(fact, self._shards)
        if isinstance(placed, Placement):
            return placed
        key = account_key(fact.tenant, fact.entity, fact.account_id)
        return Placement(partition_of(key, self._shards), key, fact.account_id)


def but(fact: Fact, **changes: Any) -> Fact:
    """The fact with other values in some fields."""
    names = [*(name for name in Fact.FIELDS if name != "kind"), *type(fact).FIELDS]
    kind: Any = type(fact)
    changed: Fact = kind(*[changes.get(name, getattr(fact, name)) for name in names])
    return changed


def with_days(facts: Iterable[Fact], until: int = 0) -> Iterator[Fact]:
    """The facts with a clock at each day's end, by recorded time, and on to the day `until`."""
    day = 0
    for fact in facts:
        recorded = fact.recorded_time // DAY_MS
        if day and recorded > day:
            for ended in range(day, recorded):
                yield clock(ended)
        day = max(day, recorded)
        yield fact
    for ended in range(day, max(day, until) + 1):
        yield clock(ended)


def decide(log: Log, state: Path, shards: Iterable[int] | None = None, cache_bytes: int = 1 << 28) -> None:
    """Run receivables over what the log has, until idle."""
    owner = Owner(log, list(shards if shards is not None else range(log.partitions(FACTS))), state, cache_bytes, "test")
    while True:
        found = owner.poll(0.01)
        for number, records in found.items():
            owner.send(number, owner.take(number, records))
        owner.tend()
        if owner.stopped:
            raise AssertionError(owner.stopped)
        if not found and owner.idle():
            break
    owner.stop(30.0)
    owner.close()


def all_facts(log: Log) -> list[tuple[int, int, Fact]]:
    """(shard, offset, fact) of every one."""
    return [(s, o, decode_fact(raw)) for s, o, _, raw in records_of(log, FACTS)]


def all_decisions(log: Log) -> list[Decision]:
    return [decode_decision(raw) for _, _, _, raw in records_of(log, DECISIONS)]


def records_of(log: Log, topic: str) -> list[tuple[int, int, bytes | None, bytes]]:
    found = []
    for shard, end in enumerate(log.end_offsets(topic)):
        reader = log.reader(topic, {shard: 0})
        while reader.position(shard) < end:
            found += [tuple(record) for record in reader.poll(2_000, 1.0)]
        reader.close()
    return found


def identify(decision: Decision, target: str) -> OperatorAction:
    """What the directory says of a receipt whose payer it knows."""
    d = decision
    return OperatorAction(
        f"identify:{d.shard}-{d.sequence}:{target}", d.recorded_time, "", "headrace.directory", d.tenant, d.entity,
        d.account_id, d.event_time, "identify_payer", "headrace.directory", d.receipt_id, "", target, "", 0, 0, "",
    )  # fmt: skip


def forward(log: Log, done: set[tuple[int, int]]) -> list[Fact]:
    """The facts for transfers that were decided and are not in `done` yet, made as the forwarder makes them."""
    facts: list[Fact] = []
    brought = {(shard, fact.kind, fact.event_id): fact for shard, _, fact in reversed(all_facts(log))}
    booked: dict[tuple[str, str], Fact] = {}
    for d in all_decisions(log):
        fact = brought.get((d.shard, d.cause_kind, d.cause_id))
        if d.kind == "receipt_booked":
            assert fact is not None
            booked[d.account_id, d.receipt_id] = fact
        elif d.kind in ("credit_exposure_stated", "credit_group_told") and (d.shard, d.sequence) not in done:
            done.add((d.shard, d.sequence))
            facts += credit_facts(d)
        elif d.kind == "cash_transferred" and (d.shard, d.sequence) not in done:
            done.add((d.shard, d.sequence))
            money = booked.get((d.account_id, d.receipt_id))
            cause = money if d.rule == "transfer.out" else fact
            assert cause is not None
            facts.append(transfer_fact(d, cause, money if d.rule == "transfer.return" else None))
    return facts
