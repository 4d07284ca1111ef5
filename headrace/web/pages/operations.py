"""For who runs it: how far each flow is behind, dead letters, rejected facts, processes."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import urllib3

from connectors import dead_letters
from connectors.dead_letters import DeadLetter
from connectors.intake.clockwork import utc_text
from connectors.intake.positions import Positions
from connectors.log.base import Log
from dataflows.effects_position import effects_file
from dataflows.publishing import FORWARD
from dataflows.shards.owner import GROUP as RECEIVABLES
from headrace.logs import open_log_of
from headrace.operations import FLOWS, flow_port
from headrace.policies.in_force import current, in_force
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import Cell, Chart, Column, Headline, Table, minute, number, on, text
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkStopped
from sinks.effects.base import SINKS
from sinks.effects.store import EffectStore, TargetRow

HEALTH_SECONDS: Final = 0.5
_OPEN_EFFECTS: Final = ("waiting", "failed", "unknown")
_DETAIL_CHARACTERS: Final = 160

_PUBLISHED: Final = """
SELECT shard, argMax(if(phase = 'after', next_offset, first_offset), version) AS next_offset FROM publish_state GROUP BY shard
"""
_DECIDED: Final = """
SELECT toDate32(recorded_time) AS day, count() AS decisions, countIf(`index` = 0) AS facts, countIf(kind = 'fact_rejected') AS rejected
FROM decisions WHERE toDate32(recorded_time) > {since:Date32} AND toDate32(recorded_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY day ORDER BY day
"""
_REJECTED: Final = """
SELECT replaceAll(splitByChar(':', if(empty(reasons), 'not said', reasons[1]))[1], '_', ' ') AS why, cause_kind, count() AS facts,
       max(recorded_time) AS last_time
FROM decisions WHERE kind = 'fact_rejected' AND {WITHIN}
GROUP BY why, cause_kind ORDER BY facts DESC, why, cause_kind LIMIT {limit:UInt32}
"""


def operations(asked: Asked) -> Page:
    log = open_log_of(asked.settings)
    try:
        shards = _shards(asked, log)
        topics = _topics(asked, log)
        letters = _letters(log)
        state = log.status()
    finally:
        log.close()
    behind = [sum(int(row[at].value) for row in shards.rows) for at in (3, 6, 7)]
    unread = sum(int(row[2].value) for row in topics.rows)
    reasons = Counter(letter.reason for _, letter in letters)
    policies = current(in_force(asked.views), asked.settings.shards)
    versions = ", ".join(str(version) if version else "built-in" for version in sorted(set(policies.values())))
    headlines = [
        Headline("Not read", f"{unread:,}", "messages", note="in the input topics"),
        Headline("Not decided", f"{behind[0]:,}", "facts", note="placed in shards, not yet taken in"),
        Headline("Not published", f"{behind[1]:,}", "decisions", note="not yet in these views"),
        Headline("Not forwarded", f"{behind[2]:,}", "decisions", note="not yet looked at for what comes back"),
        Headline("Dead letters", f"{len(letters):,}", "open", note="could not be read or placed"),
        Headline(
            "Policy",
            versions,
            note="version in force" if len(set(policies.values())) == 1 else "versions in force, by shard",
        ),
    ]
    blocks = [
        Block("Decided by day", _decided(asked), explains="By the log's own time, in the period."),
        Block("Shards", shards, explains=f"Log: {state}. Numbers of records."),
        Block("Input topics", topics, False),
        Block("Processes", _processes(asked), False, explains="As each answers at its metrics port."),
        Block("Effects", _effects(asked), False, explains="What is to be done outside, of the sinks of this machine."),
        Block("Dead letters by reason", _by_reason(reasons), False),
        Block(
            "Rejected facts", _rejected(asked), False, explains="Read and placed, and without effect; since the start."
        ),
        Block(
            "Dead letters",
            _letter_table(asked, letters),
            explains="Open ones, the last first; headrace dead-letters shows and replays them.",
        ),
    ]
    return Page("Operations", "How far each flow has come, in this moment.", headlines, blocks)


def _shards(asked: Asked, log: Log) -> Table:
    names = ("Facts", "Taken in", "Not decided", "Decisions", "Published", "Not published", "Not forwarded")
    table = Table("shards", "Logs and flows by shard", [Column("Shard"), *(Column(name, "number") for name in names)])
    facts, decisions = log.end_offsets(FACTS), log.end_offsets(DECISIONS)
    taken, forwarded = log.positions(RECEIVABLES, FACTS), log.positions(FORWARD, DECISIONS)
    published = {row["shard"]: row["next_offset"] for row in asked.ask(_PUBLISHED)}
    for shard, end in enumerate(facts):
        of = decisions[shard]
        left = [
            max(0, end - taken.get(shard, 0)),
            max(0, of - published.get(shard, 0)),
            max(0, of - forwarded.get(shard, 0)),
        ]
        table.add(
            text(f"{shard:02d}"),
            number(end),
            number(taken.get(shard, 0)),
            number(left[0], tone="warn"),
            number(of),
            number(published.get(shard, 0)),
            number(left[1], tone="warn"),
            number(left[2], tone="warn"),
        )
    return table


def _topics(asked: Asked, log: Log) -> Table:
    table = Table(
        "topics",
        "Input topics",
        [Column("Topic"), Column("Messages", "number"), Column("Not read", "number")],
        empty="Nothing was sent.",
    )
    read: Mapping[str, Mapping[int, int]] = Positions(log, asked.settings.dir / "intake" / "positions.json").load()
    for topic, by_partition in sorted(read.items()):
        ends = log.end_offsets(topic)
        if sum(ends):
            table.add(
                text(topic),
                number(sum(ends)),
                number(sum(max(0, end - by_partition.get(at, 0)) for at, end in enumerate(ends)), tone="warn"),
            )
    return table


def _letters(log: Log) -> list[tuple[int, DeadLetter]]:
    """Open ones, the last first."""
    done = dead_letters.settled(log)
    found = [(at, entry) for at, entry in dead_letters.letters(log) if isinstance(entry, DeadLetter) and at not in done]
    return found[::-1]


def _by_reason(reasons: Counter[str]) -> Chart:
    table = Table(
        "reasons",
        "Open dead letters by reason",
        [Column("Reason"), Column("Letters", "number")],
        empty="There is no dead letter.",
    )
    for reason, count in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])):
        table.add(text(reason.replace("_", " ")), number(count))
    return Chart(table, "bars", "letters", "Open dead letters by reason", ("Letters",), across=True)


def _letter_table(asked: Asked, letters: list[tuple[int, DeadLetter]]) -> Table:
    columns = [
        Column("Number"),
        Column("Time", "time"),
        Column("Reason"),
        Column("Where it came from"),
        Column("Bytes", "number"),
        Column("What is wrong"),
    ]
    table = Table("letters", "Open dead letters", columns, empty="There is no dead letter.")
    begin = (asked.filters.page - 1) * asked.rows
    for at, letter in letters[begin : begin + asked.rows + 1]:
        time = datetime.fromtimestamp(letter.time_ms / 1000, UTC).isoformat(" ", "minutes")
        detail = letter.detail if len(letter.detail) <= _DETAIL_CHARACTERS else letter.detail[:_DETAIL_CHARACTERS] + "…"
        table.add(
            text(at),
            minute(time),
            text(letter.reason.replace("_", " ")),
            text(letter.origin),
            number(letter.size),
            text(detail),
        )
    return asked.cut(table)


def _decided(asked: Asked) -> Chart:
    table = Table(
        "decided",
        "Decisions by day",
        [
            Column("Day", "day"),
            *(Column(name, "number") for name in ("Decisions", "Facts that led to one", "Facts rejected")),
        ],
        empty="Nothing was decided.",
    )
    for row in asked.ask(_DECIDED):
        table.add(
            on(date.fromisoformat(row["day"])), number(row["decisions"]), number(row["facts"]), number(row["rejected"])
        )
    return Chart(table, "bars", "decisions", "Decisions by day", ("Decisions",))


def _rejected(asked: Asked) -> Table:
    columns = [Column("Reason"), Column("Fact"), Column("Facts", "number"), Column("Last", "time")]
    table = Table("rejected", "Rejected facts by reason", columns, empty="No fact was rejected.")
    for row in asked.ask(_REJECTED):
        table.add(
            text(row["why"]), text(row["cause_kind"].replace("_", " ")), number(row["facts"]), minute(row["last_time"])
        )
    return asked.cut(table, paged=False)


def _processes(asked: Asked) -> Table:
    """Those of this machine, where a metrics port is set."""
    table = Table(
        "processes",
        "Processes",
        [Column("Flow"), Column("Port", "number"), Column("Says")],
        empty="No metrics_port is set: processes are not asked.",
    )
    if not asked.settings.metrics_port:
        return table
    host = "127.0.0.1" if asked.settings.metrics_host == "0.0.0.0" else asked.settings.metrics_host
    pool = urllib3.PoolManager(retries=False, timeout=HEALTH_SECONDS)
    for flow in FLOWS:
        sink = flow.removeprefix("publish ")
        if sink in SINKS and not effects_file(asked.settings.dir, sink).exists():
            # It has nothing to do, or has never begun.
            continue
        port = flow_port(asked.settings.metrics_port, flow)
        table.add(text(flow), Cell(str(port), str(port)), _health(pool, f"http://{host}:{port}/health"))
    return table


def _effects(asked: Asked) -> Table:
    """What waits, or is for a person, by target."""
    table = Table(
        "effects",
        "Effects",
        [
            Column("Sink"),
            Column("Target"),
            *(Column(name.capitalize(), "number") for name in _OPEN_EFFECTS),
            Column("Stands"),
        ],
        empty="Nothing waits, and nothing failed.",
    )
    for sink in SINKS:
        path = effects_file(asked.settings.dir, sink)
        if not path.exists():
            continue
        try:
            store = EffectStore(path)
        except SinkStopped as error:
            table.add(text(sink), text(""), *[number(0)] * len(_OPEN_EFFECTS), text(str(error), tone="bad"))
            continue
        try:
            counts, targets = store.counts(), store.targets()
        finally:
            store.close()
        for target in sorted({name for name, _ in counts} | {name for name, row in targets.items() if row.off_ms}):
            row = targets.get(target, TargetRow(target))
            found = [counts.get((target, state), (0, 0))[0] for state in _OPEN_EFFECTS]
            stands = (
                text(f"is off since {utc_text(row.off_ms)}: {row.off_why}", tone="bad") if row.off_ms else text("is on")
            )
            table.add(text(sink), text(target), *(number(count, tone="warn") for count in found), stands)
    return table


def _health(pool: urllib3.PoolManager, url: str) -> Cell:
    try:
        said: dict[str, Any] = json.loads(pool.request("GET", url).data)
    except (urllib3.exceptions.HTTPError, ValueError):
        return text("does not answer", tone="warn")
    if said.get("ok") is True:
        return text(said.get("state", "is well"), tone="good")
    return text(said.get("reason") or json.dumps(said.get("stopped", {})), tone="bad")
