"""The auditor on one shard's messages and decisions, without logs or other shards."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.audit.credit_news import CreditNews
from headrace.audit.findings import Checks
from headrace.audit.keep import Scratch
from headrace.audit.shard import ShardAudit
from headrace.audit.streams import Group, Said
from headrace.audit.transit import Transit
from headrace.audit.versions import Everywhere
from schemas.codec import decode_decision, decode_fact
from schemas.records import Fact
from schemas.wire import Unreadable


def audited(values: Sequence[bytes], decided: Iterable[bytes]) -> list[str]:
    """What it finds in the decisions on these messages, as `check.code text`."""
    said: dict[int, list[Said]] = defaultdict(list)
    for at, raw in enumerate(decided):
        d = decode_decision(raw)
        said[d.fact_offset].append(Said(at, d, raw))
    checks = Checks()
    with TemporaryDirectory() as directory:
        scratch = Scratch(Path(directory))
        transit, news = Transit(checks.transit, scratch), CreditNews(checks.credit, scratch)
        audit = ShardAudit(0, checks, transit, news, scratch, 0, Everywhere(checks.facts))
        for offset, value in enumerate(values):
            audit.take(Group(offset, None, value, _fact(value), said[offset]))
        audit.finish()
        scratch.close()
    return [f"{x.code} {x.text}" for check in checks.all() for x in check.findings]


def _fact(value: bytes) -> Fact | None:
    try:
        return decode_fact(value)
    except Unreadable:
        return None
