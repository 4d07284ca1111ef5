"""What the logs say was written back to an ERP, held against what it has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from connectors.log.base import Log, Record
from connectors.reading import read_to_end
from dataflows.causes import read_fact
from dataflows.publishing import decoded
from schemas.codec import heads
from schemas.records import Decision, ErpPosting
from schemas.topics import DECISIONS, FACTS
from sinks.effects.base import LIVE, effect_key
from sinks.erp.adapter import POSTED, Refused, Seen
from sinks.erp.compare import Cleared, Difference, Kind, Posted, differences
from sinks.erp.ledger import bundle_of
from sinks.erp.parts import POSTINGS, invoice_of, invoices_of, place_of
from sinks.erp.posting import made
from sinks.erp.sink import BY_HAND, SOURCE, Erp

_HEADS: Final = heads("erp_posting")


@dataclass(frozen=True, slots=True)
class Late:
    """A decision about money that was learned of too late to be posted: a person books it there."""

    decision: str
    kind: str
    account: str
    about: str
    currency: str
    amount_minor: int


@dataclass(slots=True)
class Reconciled:
    """compared: postings that were confirmed, and looked for. by_hand: settled by a person, and not looked for. open: asked for
    and not ended yet, those from before the sink began among them. cleared: what the differences `cleared_there` are about. unreadable: documents
    there without a key that were left out as they cannot be read, each with why. late: decisions of history that came once the log
    was live, which nobody posts: each with its account, what it is about, and its amount in minor units."""

    erp: str
    compared: int = 0
    by_hand: int = 0
    open: int = 0
    differences: list[Difference] = field(default_factory=list)
    cleared: list[Cleared] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)


def reconcile(log: Log, erp: Erp) -> Reconciled:
    """Read both logs to their ends, then the ERP. Raises RetryLater, Refused, LogUnavailable, LogRefused, SinkStopped."""
    said = _said(log, SOURCE + erp.name)
    identity = log.identity(FACTS)
    result = Reconciled(erp.name)
    posted: dict[str, Posted] = {}
    known: set[str] = set()
    refused: list[Difference] = []
    open_items: dict[tuple[str, str, str], tuple[str, str]] = {}
    whose: dict[str, tuple[str, str]] = {}
    invoices: dict[str, str] = {}
    for decisions in _bundles(log, erp, open_items, invoices, result.late):
        keys = {_name(d): effect_key(identity, d.shard, d.sequence) for d in decisions}
        # Which of them was the first that was asked for, and gave the key, is as the ERP was set then.
        told = [at for at, d in enumerate(decisions) if _name(d) in said]
        if told or erp.keeps_books_of(decisions[0]):
            known |= set(keys.values())
        result.open += not told and any(erp.takes(d) for d in decisions)
        for at in told:
            first = decisions[at]
            name = _name(first)
            fact = said[name]
            if fact.status == "refused":
                refused.append(_refused(name, first, fact))
            elif fact.posting_id.startswith(BY_HAND):
                result.by_hand += 1
            else:
                whose[name] = first.account_id, _about(first)
                posted[keys[name]] = _posted(erp, keys[name], fact.posting_id, decisions[at:], invoices)
    result.compared = len(posted)
    prefix = effect_key(identity, 0, 0).partition("-")[0] + "-"
    found = differences(posted, known, _read(erp.adapter.all_of(prefix), result.unreadable), open_items, refused)
    # Mappings may leave out where the ERP says whose it is, so what it has is compared without; people need it.
    result.differences = [
        replace(one, account=one.account or account, about=one.about or about)
        for one in found[0]
        for account, about in [whose.get(one.decision, ("", ""))]
    ]
    result.cleared = found[1]
    return result


def _read(found: Iterable[Seen], unreadable: list[str]) -> Iterator[Seen]:
    """Without what others made there and cannot be read: these are told apart."""
    for seen in found:
        if seen.unreadable and not seen.key:
            unreadable.append(f"{seen.number}: {seen.unreadable}")
        else:
            yield seen


def cleared_facts(result: Reconciled) -> list[ErpPosting]:
    """What somebody cleared there, for the rules; the same facts each time."""
    return [
        ErpPosting(
            event_id=f"erp:{result.erp}:{one.number}:{one.document}", recorded_time=0, correlation="",
            source=SOURCE + result.erp, tenant=one.tenant, entity=one.entity, account_id=one.account,
            event_time=round(datetime.fromisoformat(one.date).replace(tzinfo=UTC).timestamp() * 1000),
            posting_id=one.number, status="cleared", decision_id="", document=one.document, receipt_id=one.receipt,
            currency=one.currency, amount=one.amount, reason="",
        )
        for one in result.cleared
    ]  # fmt: skip


def _posted(erp: Erp, key: str, number: str, decisions: list[Decision], invoices: Mapping[str, str]) -> Posted:
    """decisions: all that may have been asked for. Raises Refused."""
    parts = invoices_of(decisions, lambda place: invoices.get(place, ""))
    taken = [d for d in decisions if erp.takes(d)]
    name, now, before = _name(decisions[0]), None, None
    if taken:
        now = erp.adapter.expected(made(key, taken, erp.suspense, invoices=parts))
    if taken != decisions:
        try:
            before = erp.adapter.expected(made(key, decisions, erp.suspense, invoices=parts))
        except Refused:
            # It cannot be said any more as the mapping is now, so all that is asked is that it is there.
            before = Seen(key, "", POSTED, "", "", "", None)
    seen = now or before
    assert seen is not None
    return Posted(name, number, seen, before)


def _name(d: Decision) -> str:
    return f"{d.shard}-{d.sequence}"


def _refused(name: str, first: Decision, fact: ErpPosting) -> Difference:
    return Difference(Kind.refused, name, "", first.account_id, _about(first), first.kind, fact.reason)


def _about(d: Decision) -> str:
    return d.receipt_id or d.document or d.reference_id


def _said(log: Log, source: str) -> dict[str, ErpPosting]:
    """The last word about each decision."""
    found: dict[str, ErpPosting] = {}
    for record in _records(log, FACTS):
        if record.value.startswith(_HEADS):
            fact = read_fact(record)
            if isinstance(fact, ErpPosting) and fact.source == source:
                found[fact.decision_id] = fact
    return found


def _bundles(
    log: Log,
    erp: Erp,
    open_items: dict[tuple[str, str, str], tuple[str, str]],
    invoices: dict[str, str],
    late: list[Late],
) -> Iterator[list[Decision]]:
    """The decisions of each posting that any setting may have asked for. Those of a fact stand together in the log. Keeps in
    `open_items` what is open, in `invoices` which those of instalments are, by place, and in `late` what came too late."""
    live: set[int] = set()
    widest = erp.taking_all()
    place: tuple[int, int] = (-1, -1)
    open_bundles: dict[str, list[Decision]] = {}
    seen: dict[int, int] = {}
    for record in _records(log, DECISIONS):
        d = decoded(record)
        if d.sequence <= seen.get(d.shard, -1):
            # Written again by an owner that started anew; the first one counts.
            continue
        seen[d.shard] = d.sequence
        _keep_open(d, open_items)
        if d.kind in POSTINGS and invoice_of(d):
            invoices[place_of(d, d.document)] = invoice_of(d)
        if (d.shard, d.fact_offset) != place:
            yield from open_bundles.values()
            place, open_bundles = (d.shard, d.fact_offset), {}
        if d.origin == LIVE:
            live.add(d.shard)
            if widest.takes(d):
                open_bundles.setdefault(bundle_of(d), []).append(d)
        elif d.shard in live and erp.takes(d):
            account = "/".join((d.tenant, d.entity, d.account_id))
            late.append(Late(_name(d), d.kind, account, _about(d), d.currency, d.amount))
    yield from open_bundles.values()


def _keep_open(d: Decision, open_items: dict[tuple[str, str, str], tuple[str, str]]) -> None:
    if d.document and d.item_amount and d.currency:
        place = d.entity, d.account_id, d.document
        if d.item_open:
            open_items[place] = d.tenant, d.currency
        else:
            open_items.pop(place, None)


def _records(log: Log, topic: str) -> Iterator[Record]:
    """All that is there, one partition after the other."""
    begins = log.begin_offsets(topic)
    for partition, end in enumerate(log.end_offsets(topic)):
        reader = log.reader(topic, {partition: begins[partition]})
        try:
            for records in read_to_end(reader, {partition: end}):
                yield from records
        finally:
            reader.close()
