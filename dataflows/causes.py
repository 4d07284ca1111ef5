"""What brought the money that a transfer moves, found by the decisions: a receipt is in an account only where a
receipt_booked says so, and the fact that brought it is that decision's cause.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from connectors.log.base import Log, Reader, Record
from dataflows.publishing import Patience, decoded
from schemas.codec import decode_fact, heads
from schemas.records import CashTransferred, Decision, Fact, ReceiptReturned
from schemas.topics import DECISIONS, FACTS
from schemas.wire import Unreadable
from sinks.base import SinkStopped
from sinks.redis.transfers import OUT, RETURN, Cause, WrongCause, cause_of, transfer_fact

_AT_ONCE: Final = 2_000
_POLL_SECONDS: Final = 0.02
# Reading on to the next wanted fact of a shard costs less than opening the log at it anew.
_READ_ON_OFFSETS: Final = 20_000


_MONEY_HEADS: Final = heads("receipt", "cash_transferred", "receipt_returned")


def read_fact(record: Record) -> Fact:
    """The fact in a record. Raises SinkStopped where it is none."""
    try:
        return decode_fact(record.value)
    except Unreadable as error:
        raise SinkStopped(
            f"facts shard {record.partition}, offset {record.offset}: {error}: the log is damaged; restore it"
        ) from error


class Causes:
    """Makes the facts for transfers of what the log says, and finds those that decisions came of. Keeps nothing between
    calls.

    Where the directory does not know what booked a receipt, the decisions of its shard are read from the
    beginning, once for all transfers of a call; the facts too where the fact is not at its decision's offset.
    """

    def __init__(self, log: Log, patience: Patience) -> None:
        self._log = log
        self._patience = patience

    def fact(self, d: Decision) -> Fact | None:
        """What a decision came of; None where that is not in the log. Raises SinkStopped, Stopped."""
        cause = cause_of(d)
        return self._read({cause}).get(cause)

    def facts(
        self, transfers: Sequence[tuple[Decision, Cause | None]]
    ) -> list[CashTransferred | ReceiptReturned | str]:
        """For each transfer its fact, or why there can be none. Raises SinkStopped, Stopped."""
        found = self._read({cause_of(d) for d, _ in transfers if d.rule != OUT})
        booked = self._booked([(d, known) for d, known in transfers if _by_booking(d, found)])
        found.update(self._read({cause for cause in booked.values() if cause is not None}))
        return [_made(d, booked, found) for d, _ in transfers]

    def _booked(self, transfers: Sequence[tuple[Decision, Cause | None]]) -> dict[tuple[int, int], Cause | None]:
        """By shard and sequence of each transfer: what its receipt was last booked by before it."""
        found = {(d.shard, d.sequence): known for d, known in transfers}
        unknown: dict[int, dict[tuple[str, ...], list[Decision]]] = {}
        for d, known in transfers:
            if known is None:
                unknown.setdefault(d.shard, defaultdict(list))[_receipt(d)].append(d)
        for shard, wanted in unknown.items():
            last = max(d.sequence for decisions in wanted.values() for d in decisions)
            for said in self._decisions(shard, b"receipt_booked"):
                if said.sequence > last:
                    break
                if said.kind == "receipt_booked":
                    for d in wanted.get(_receipt(said), ()):
                        if said.sequence < d.sequence:
                            found[shard, d.sequence] = cause_of(said)
        return found

    def _read(self, causes: set[Cause]) -> dict[Cause, Fact]:
        """The facts of these causes; one that is not in the log is left out."""
        at = self._read_facts({(cause.shard, cause.offset) for cause in causes})
        found: dict[Cause, Fact] = {}
        elsewhere: dict[int, list[Cause]] = defaultdict(list)
        for cause in sorted(causes):
            fact = at.get((cause.shard, cause.offset))
            if fact is not None and cause.names(fact):
                found[cause] = fact
            else:
                # An account that was parked decides later, on the offset of the fact that let it go on.
                elsewhere[cause.shard].append(cause)
        for shard, wanted in elsewhere.items():
            found.update(self._search(shard, wanted))
        return found

    def _search(self, shard: int, wanted: Sequence[Cause]) -> dict[Cause, Fact]:
        """The first fact of each cause before its offset that was not rejected where it stands."""
        ids = {cause.event_id for cause in wanted}
        rejected = {
            said.fact_offset
            for said in self._decisions(shard, b"fact_rejected")
            if said.kind == "fact_rejected" and said.cause_id in ids
        }
        named = tuple(event_id.encode() for event_id in ids)
        last = max(cause.offset for cause in wanted)
        found: dict[Cause, Fact] = {}
        for record in self._records(FACTS, shard):
            if record.offset > last or len(found) == len(wanted):
                break
            if record.offset in rejected or not record.value.startswith(_MONEY_HEADS):
                continue
            if any(name in record.value for name in named):
                fact = read_fact(record)
                for cause in wanted:
                    if cause not in found and record.offset <= cause.offset and cause.names(fact):
                        found[cause] = fact
        return found

    def _decisions(self, shard: int, kind: bytes) -> Iterator[Decision]:
        """The shard's decisions of this kind, and perhaps others, from the beginning."""
        return (decoded(record) for record in self._records(DECISIONS, shard) if kind in record.value)

    def _records(self, topic: str, shard: int) -> Iterator[Record]:
        """All that the partition has now."""
        begin = self._patience.persist(lambda: self._log.begin_offsets(topic))[shard]
        end = self._patience.persist(lambda: self._log.end_offsets(topic))[shard]
        reader = self._patience.persist(lambda: self._log.reader(topic, {shard: begin}))
        try:
            while reader.position(shard) < end:
                yield from self._poll(reader)
        finally:
            reader.close()

    def _poll(self, reader: Reader) -> list[Record]:
        return self._patience.persist(lambda: reader.poll(_AT_ONCE, _POLL_SECONDS))

    def _read_facts(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], Fact]:
        """The facts at these shards and offsets; one that is not there is left out."""
        found: dict[tuple[int, int], Fact] = {}
        begins = self._patience.persist(lambda: self._log.begin_offsets(FACTS))
        ends = self._patience.persist(lambda: self._log.end_offsets(FACTS))
        there = {(shard, offset) for shard, offset in wanted if begins[shard] <= offset < ends[shard]}
        missing = {shard: sorted(o for s, o in there if s == shard) for shard in {shard for shard, _ in there}}
        while missing:
            starts = {shard: offsets[0] for shard, offsets in missing.items()}
            reader = self._patience.persist(_opening(self._log, starts))
            try:
                running = set(missing)
                while running:
                    for record in self._poll(reader):
                        if (record.partition, record.offset) in there:
                            found[record.partition, record.offset] = read_fact(record)
                    for shard in sorted(running):
                        at = reader.position(shard)
                        missing[shard] = [offset for offset in missing[shard] if offset >= at]
                        if not missing[shard] or missing[shard][0] > at + _READ_ON_OFFSETS:
                            running.discard(shard)
                            reader.pause([shard])
            finally:
                reader.close()
            missing = {shard: offsets for shard, offsets in missing.items() if offsets}
        return found


def _opening(log: Log, starts: dict[int, int]) -> Callable[[], Reader]:
    return lambda: log.reader(FACTS, starts)


def _receipt(d: Decision) -> tuple[str, ...]:
    return d.tenant, d.entity, d.account_id, d.receipt_id


def _by_booking(d: Decision, found: dict[Cause, Fact]) -> bool:
    """Whether its fact is made of what booked the receipt: of money that goes out, and of a return that does not say
    which bank's receipt it is about, or does not call it by the bare number.
    """
    if d.rule != RETURN:
        return d.rule == OUT
    cause = found.get(cause_of(d))
    return isinstance(cause, ReceiptReturned) and (not cause.bank_account or "@" in d.receipt_id)


def _made(
    d: Decision, booked: dict[tuple[int, int], Cause | None], found: dict[Cause, Fact]
) -> CashTransferred | ReceiptReturned | str:
    number = (d.shard, d.sequence)
    money: Fact | None = None
    if number in booked:
        booking = booked[number]
        if booking is None:
            return f"moves receipt {d.receipt_id!r}, and no decision before it booked that"
        money = found.get(booking)
        if money is None:
            return f"the {booking.kind} {booking.event_id!r} that brought receipt {d.receipt_id!r} is not in the log"
    cause = money if d.rule == OUT else found.get(cause_of(d))
    if cause is None:
        return f"the {d.cause_kind} {d.cause_id!r} that led to it is not in the log"
    try:
        return transfer_fact(d, cause, money)
    except WrongCause as error:
        return str(error)
