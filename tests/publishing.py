"""Real logs with hand-made ledgers on them, for the tests of what is published."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.log.base import Log, account_key, partition_of
from connectors.log.sqlite import SqliteLog
from dataflows.effects import EffectsStatus
from dataflows.publish import publish_effects
from dataflows.publishing import PublishStatus
from schemas.codec import decode_fact, encode_decision, encode_fact
from schemas.records import Customer, Decision, Fact, Receipt, RemittanceAdvice, RemittanceLine
from schemas.topics import DECISIONS, FACTS
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.counting import Counting
from sinks.clickhouse.reading import DatabaseViews, Views
from sinks.clickhouse.sink import ClickHouseSink
from sinks.effects.base import EffectSink
from tests.ledger import Ledger, instant


class Never:
    """A stop that never comes."""

    def __bool__(self) -> bool:
        return False


def open_log(directory: Path, shards: int) -> SqliteLog:
    """A SQLite log in `directory` with both topics."""
    log = SqliteLog(directory, sync=False)
    log.ensure_topic(FACTS, shards)
    log.ensure_topic(DECISIONS, shards)
    return log


def append(log: Log, topic: str, records: list[tuple[int, bytes, bytes]]) -> None:
    writer = log.writer(topic, "test", most_unconfirmed=len(records) + 1)
    for partition, key, value in records:
        writer.send(partition, key, value)
    writer.flush(10.0)
    writer.close()


def append_decisions(log: Log, ledger: Ledger, start: int = 0) -> None:
    append(log, DECISIONS, ledger.records()[start:])


def publish(place: Place, ledger: Ledger) -> None:
    """All of the ledger's decisions into the tables at `place`."""
    with Database(place) as database:
        sink = ClickHouseSink(database, "log")
        take(sink, ledger.decisions)
        sink.commit()
        count_answers(database)


@contextmanager
def published(directory: Path, ledger: Ledger) -> Iterator[Views]:
    """The views of a new database in `directory` that has the ledger's decisions."""
    place = Place(directory / "clickhouse")
    publish(place, ledger)
    views = DatabaseViews(place)
    try:
        yield views
    finally:
        views.close()


def count_answers(database: Database) -> None:
    """The KPIs that are kept, of what is in the tables now."""
    counting = Counting(database)
    for answer in counting.outdated():
        counting.count(answer)


def take(sink: ClickHouseSink, decisions: Iterable[Decision]) -> list[bool]:
    """Give it the decisions as a log would have them, whose offsets are their sequences; which of them it took."""
    return [sink.add(encode_decision(d), d.shard, d.sequence) for d in decisions]


def run_effects(log: Log, sink: EffectSink, directory: Path) -> EffectsStatus:
    """Run a sink with effects until nothing is left that may be done now, without a process of its own."""
    told = EffectsStatus()
    publish_effects(
        log, sink, directory / "effects" / f"{sink.name}.sqlite", "say from where", until_idle=True, stop=Never(), status=PublishStatus(),
        effects=told,
    )  # fmt: skip
    return told


def append_fact(log: Log, fact: Fact, value: bytes = b"") -> int:
    """Append to the shard of its account, as `value` where that is not empty; returns the offset."""
    key = account_key(fact.tenant, fact.entity, fact.account_id)
    shard = partition_of(key, log.partitions(FACTS))
    offset = log.end_offsets(FACTS)[shard]
    append(log, FACTS, [(shard, key, value or encode_fact(fact))])
    return offset


def all_facts(log: Log) -> list[Fact]:
    """Every fact, by shard and offset."""
    ends = log.end_offsets(FACTS)
    found: list[Fact] = []
    for shard, end in enumerate(ends):
        reader = log.reader(FACTS, {shard: 0})
        while reader.position(shard) < end:
            found += [decode_fact(record.value) for record in reader.poll(1000, 1.0)]
        reader.close()
    return found


def customer(account: str, banks: list[str], event: str = "") -> Customer:
    return Customer(
        event_id=event or f"customer:{account}", recorded_time=instant("2026-01-01"), correlation="", source="erp",
        tenant="t1", entity="us01", account_id=account, event_time=instant("2026-01-01"), name=account, active=True,
        country="US", language="en", segment="", tier="", currency="USD", terms_days=30, billing_address="1 Main St",
        email="", po_required=False, direct_debit=False, affiliate=False, bank_accounts=banks,
    )  # fmt: skip


def receipt(account: str, receipt_id: str, amount: int, payer: str, references: list[str]) -> Receipt:
    return Receipt(
        event_id=f"bank:{receipt_id}", recorded_time=instant("2026-01-05"), correlation="trace", source="bank-usd-1",
        tenant="t1", entity="us01", account_id=account, event_time=instant("2026-01-05"), receipt_id=receipt_id,
        bank_account="US-OPS-1", bank_reference=f"REF{receipt_id}", currency="USD", amount=amount,
        posting_date=20458, value_date=20459, payer_name="ACME", payer_account=payer, text="for goods",
        lines=[RemittanceLine(reference, None) for reference in references],
    )  # fmt: skip


def advice(
    account: str, advice_id: str, event: str, receipt_id: str = "", bank_reference: str = ""
) -> RemittanceAdvice:
    return RemittanceAdvice(
        event_id=f"advice:{event}", recorded_time=instant("2026-01-05"), correlation="", source="mail", tenant="t1",
        entity="us01", account_id=account, event_time=instant("2026-01-05"), advice_id=advice_id, currency="USD",
        amount=100_00, receipt_id=receipt_id, bank_reference=bank_reference, value_date=0,
        lines=[RemittanceLine("X", 100_00)],
    )  # fmt: skip


def table_digest(place: Place) -> tuple[int, str]:
    """How many rows the table has, and a digest of all of them in order."""
    with Database(place) as database, database.client() as client:
        rows = client.raw_query("SELECT * FROM decisions ORDER BY shard, sequence", fmt="TSV")
    return rows.count(b"\n"), hashlib.sha256(rows).hexdigest()
