"""Installations whose KPIs are compared: what the views say, and what is made again of their logs."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.log.base import Log, account_key
from connectors.log.sqlite import SqliteLog
from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from headrace.audit.credit_news import CreditNews
from headrace.audit.findings import Check, Checks
from headrace.audit.keep import Scratch
from headrace.audit.kpi.check import check_kpis
from headrace.audit.kpi.reading import Reading
from headrace.audit.shard import ShardAudit
from headrace.audit.streams import Group, Said, ShardLogs
from headrace.audit.transit import Transit
from headrace.audit.versions import Everywhere
from schemas.codec import decode_fact, encode_decision, encode_fact
from schemas.records import Decision
from schemas.topics import DECISIONS, FACTS
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews
from sinks.clickhouse.sink import BATCH_ROWS
from tests.headrace.audit.test_scenarios_audited import recorded
from tests.headrace.why.told import Recorded
from tests.installations import but
from tests.publishing import Never

STORY = """; One account over two months.

2026-01-15 customer: region west, segment retail
2026-01-15 owner of collector is kim
2026-01-15 invoice INV-1 1000.00 due 2026-02-14
2026-02-10 invoice INV-2 600.00 due 2026-03-12
2026-02-20 credit note CRN-1 100.00
2026-03-02 receipt R-1 400.00 for INV-1
2026-03-03 dispute D-1 on INV-1 200.00
2026-03-05 receipt R-2 50.00 text "thank you"
2026-03-06 operator lee applies R-2 to INV-2 30.00
2026-03-06 promise P-1 300.00 by 2026-03-20 for INV-1
2026-03-10 end of day
"""
_OF_FIRST_SHARD = "transfer:0-"


def of_scenarios(directory: Path, files: Sequence[Path]) -> SqliteLog:
    """Each scenario in a shard and a tenant of its own, as its rules decided it."""
    log = SqliteLog(directory / "log", sync=False)
    for topic in (FACTS, DECISIONS):
        log.ensure_topic(topic, len(files))
    facts, decisions = log.writer(FACTS, "test"), log.writer(DECISIONS, "test")
    for shard, path in enumerate(files):
        with TemporaryDirectory() as place:
            run = recorded(path, Path(place))
        tenant = f"t{shard}"
        for value in run.values:
            fact = decode_fact(value)
            if fact.tenant:
                fact = but(fact, tenant=tenant, event_id=_moved(fact.event_id, shard))
            key = account_key(fact.tenant, fact.entity, fact.account_id) if fact.account_id else None
            facts.send(shard, key, encode_fact(fact))
        for d in run.decided:
            d.shard, d.cause_id = shard, _moved(d.cause_id, shard)
            d.tenant = tenant if d.tenant else ""
            decisions.send(shard, account_key(d.tenant, d.entity, d.account_id), encode_decision(d))
        facts.flush(30.0)
        decisions.flush(30.0)
    facts.close()
    decisions.close()
    return log


def _moved(event_id: str, shard: int) -> str:
    """The forwarder's id names the shard that sent."""
    if not event_id.startswith(_OF_FIRST_SHARD):
        return event_id
    return f"transfer:{shard}-{event_id.removeprefix(_OF_FIRST_SHARD)}"


def publish(log: Log, directory: Path, batch_rows: int = BATCH_ROWS) -> None:
    """Everything that was decided into the views."""
    publish_clickhouse(
        log,
        Place(directory / "clickhouse"),
        directory / "clickhouse.sock",
        until_idle=True,
        stop=Never(),
        status=PublishStatus(),
        batch_rows=batch_rows,
    )


def read(log: Log) -> Reading:
    """What the audit would read of both logs, without its findings."""
    checks, reading = Checks(), Reading()
    with TemporaryDirectory() as place:
        scratch = Scratch(Path(place))
        transit, news, everywhere = (
            Transit(checks.transit, scratch),
            CreditNews(checks.credit, scratch),
            Everywhere(checks.facts),
        )
        for shard in range(log.partitions(FACTS)):
            audit = ShardAudit(shard, checks, transit, news, scratch, 0, everywhere, reading)
            for group in ShardLogs(log, shard, checks.sequence, log.end_offsets(FACTS)[shard], {}):
                audit.take(group)
        scratch.close()
    return reading


def read_run(run: Recorded) -> Reading:
    """The same of a scenario that was run."""
    said: dict[int, list[Said]] = defaultdict(list)
    for at, d in enumerate(run.decided):
        said[d.fact_offset].append(Said(at, d, b""))
    checks, reading = Checks(), Reading()
    with TemporaryDirectory() as place:
        scratch = Scratch(Path(place))
        transit, news = Transit(checks.transit, scratch), CreditNews(checks.credit, scratch)
        audit = ShardAudit(0, checks, transit, news, scratch, 0, Everywhere(checks.facts), reading)
        for offset, value in enumerate(run.values):
            audit.take(Group(offset, None, value, decode_fact(value), said[offset]))
        scratch.close()
    return reading


def compared(reading: Reading, directory: Path) -> Check:
    """The check of the views in `directory` against what was read."""
    check = Check("kpi", "")
    views = DatabaseViews(Place(directory / "clickhouse"))
    try:
        check_kpis(check, views, reading, lambda: False)
    finally:
        views.close()
    return check


def lines(check: Check, most: int = 20) -> list[str]:
    """The first findings, as they are shown."""
    return [f"{finding.code} {finding.text}" for finding in check.findings[:most]]


def of_kind(reading: Reading, kind: str) -> list[Decision]:
    return [d for d in reading.decisions if d.kind == kind]
