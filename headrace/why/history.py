"""What the logs say of one account, or of several in one shard: facts, decisions, and what was in force when.

Read from the two logs alone: nothing has to be stopped, and nothing waits. One pass over each of the shard's two
partitions; of other accounts' records only the keys are looked at, so that memory is bounded by what these accounts have.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from connectors.log.base import Log, Record
from connectors.reading import read_to_end
from dataflows.rules.context import complete
from dataflows.rules.differences.rates import Rates
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, Policy, parse, published
from dataflows.shards.logged import decision_key
from headrace.why.names import names_of_decision, names_of_fact
from schemas.codec import decode_decision, decode_fact
from schemas.records import Clock, Decision, Fact, FxRate, Watermark
from schemas.records import Policy as PolicyFact
from schemas.topics import DECISIONS, FACTS
from schemas.wire import Unreadable

_AT_ONCE: Final = 2_000
_SECONDS: Final = 10.0
# Decisions on facts that are for no account, or name none that can be.
_NOBODY: Final = b"//"
WAKE: Final = "wake"
# Accounts that wait for a rate of exchange are tried again when one has come.
RATES: Final = "rates"
POLICY_IN_FORCE: Final = "policy_in_force"


class Taken(NamedTuple):
    """A fact of an account, where it stands in the shard's log."""

    offset: int
    fact: Fact


class InForce(NamedTuple):
    """A policy, and the offset from which it is in force; -1 for the one that is built in."""

    offset: int
    version: int
    text: str
    policy: Policy


class Moment(NamedTuple):
    """The shard at one offset. now: its time, 0 before its first clock; bound: how far the books are complete, which is
    `now` of what time alone brings about; both UTC milliseconds."""

    now: int
    bound: int
    mode: str
    in_force: InForce

    def today(self, of_wake: bool) -> int:
        """Its day, by which provisions of a policy hold."""
        return (self.bound if of_wake else self.now) // DAY_MS


class ToldRates(Rates):
    """The exchange rates that a shard had been told before an offset."""

    def __init__(self) -> None:
        self.before = 1 << 62
        self._told: Final[dict[tuple[str, str, int], list[tuple[int, int]]]] = {}
        self._seen: Final[set[str]] = set()

    def take(self, offset: int, fact: FxRate) -> None:
        """A rate that the shard did not reject; an event id has one effect."""
        if fact.event_id not in self._seen:
            self._seen.add(fact.event_id)
            of_day = (fact.base_currency, fact.quote_currency, fact.rate_date)
            self._told.setdefault(of_day, []).append((offset, fact.rate_nano))

    def rate_nano(self, base: str, quote: str, day: int) -> int:
        told = self._told.get((base, quote, day), [])
        at = bisect_left(told, (self.before, 0))
        return told[at - 1][1] if at else 0


class ShardTimes:
    """Clocks, policies and exchange rates of a shard, as it took them."""

    def __init__(self) -> None:
        self.rates: Final = ToldRates()
        self.policies: Final = [InForce(-1, 0, DEFAULT_TEXT, parse(DEFAULT_TEXT))]
        self._texts: Final[dict[int, str]] = {}
        self._offsets: Final = array("q")
        self._nows: Final = array("q")
        self._bounds: Final = array("q")
        self._live: Final = array("b")
        self._watermarks: list[Watermark] = []

    def take(self, offset: int, fact: Fact) -> None:
        """A fact for the whole shard that the shard did not reject."""
        if isinstance(fact, PolicyFact):
            self._texts.setdefault(fact.version, fact.text)
        elif isinstance(fact, FxRate):
            self.rates.take(offset, fact)
        elif isinstance(fact, Clock) and not (self._nows and fact.now <= self._nows[-1]):
            self._watermarks = fact.watermarks
            self._tick(offset, fact.now, fact.mode == "live")

    def in_force(self, d: Decision) -> None:
        """A version of the policy takes effect, as the shard decided."""
        version = int(d.reference_id.removeprefix("policy:"))
        # Where its time is the next day's beginning, the last wakes of this day had the one before.
        offset = d.fact_offset + (_from_time(d) > d.event_time)
        text = self._texts[version]
        self.policies.append(InForce(offset, version, text, published(text)))
        if self._nows:
            self._tick(offset, self._nows[-1], bool(self._live[-1]))

    def _tick(self, offset: int, now: int, live: bool) -> None:
        self._offsets.append(offset)
        self._nows.append(now)
        self._bounds.append(complete(now, self.policies[-1].policy.cash_sources, self._watermarks))
        self._live.append(live)

    def at(self, offset: int) -> Moment:
        """What was in force when the fact at that offset was decided on; that fact itself included."""
        policy = self.policies[bisect_right(self.policies, offset, key=_from) - 1]
        at = bisect_right(self._offsets, offset) - 1
        if at < 0:
            return Moment(0, 0, "", policy)
        return Moment(self._nows[at], self._bounds[at], "live" if self._live[at] else "replay", policy)

    def complete_at(self, time_ms: int) -> int | None:
        """The offset at which the books had got to that time; None where they have not yet."""
        at = bisect_left(self._bounds, time_ms)
        return self._offsets[at] if at < len(self._bounds) else None

    def last(self) -> Moment:
        return self.at(1 << 62)


def _from_time(d: Decision) -> int:
    """From when a version is to be in force, UTC milliseconds, as its decision says."""
    return int(d.evidence[0].removeprefix("from:"))


def _from(in_force: InForce) -> int:
    return in_force.offset


class History:
    """One account in its shard's logs. decisions: in order. facts: all that name it, rejected ones too.

    key: tenant/entity/account; empty parts where facts or decisions name none.
    """

    def __init__(self, key: str, shard: int, times: ShardTimes) -> None:
        self.key: Final = key
        self.shard: Final = shard
        self.times: Final = times
        self.facts: Final[list[Taken]] = []
        self.decisions: Final[list[Decision]] = []
        # Whatever fact stands where a decision of this account was made.
        self.beside: Final[dict[int, Fact]] = {}
        self._by_cause: dict[tuple[str, str], list[Taken]] = {}
        self._facts_by_name: dict[str, list[Taken]] = {}
        self._decisions_by_name: dict[str, list[Decision]] = {}
        self._rejected: set[tuple[int, str]] = set()

    def index(self) -> None:
        """To be called once all is here."""
        for d in self.decisions:
            if d.kind == "fact_rejected":
                self._rejected.add((d.fact_offset, d.cause_id))
            for name in names_of_decision(d):
                self._decisions_by_name.setdefault(name, []).append(d)
        for taken in self.facts:
            fact = taken.fact
            self._by_cause.setdefault((fact.kind, fact.event_id), []).append(taken)
            if (taken.offset, fact.event_id) not in self._rejected:
                for name in names_of_fact(fact):
                    self._facts_by_name.setdefault(name, []).append(taken)

    def decision(self, sequence: int) -> Decision | None:
        at = bisect_right(self.decisions, sequence, key=_sequence) - 1
        return self.decisions[at] if at >= 0 and self.decisions[at].sequence == sequence else None

    def cause(self, d: Decision) -> Taken | None:
        """The fact that a decision was made on: at its offset, or before it where its account was parked. None where
        time alone led to it, or bytes that are no fact."""
        found = [x for x in self._by_cause.get((d.cause_kind, d.cause_id), []) if x.offset <= d.fact_offset]
        for taken in found:
            if taken.offset == d.fact_offset:
                return taken
        if d.fact_offset in self.beside and self.beside[d.fact_offset].event_id == d.cause_id:
            return Taken(d.fact_offset, self.beside[d.fact_offset])
        for taken in reversed(found):
            if (taken.offset, d.cause_id) not in self._rejected:
                return taken
        return None

    def was_rejected(self, taken: Taken) -> bool:
        """Whether it had no effect where it stands."""
        return (taken.offset, taken.fact.event_id) in self._rejected

    def facts_naming(self, name: str, before: int) -> list[Taken]:
        """Facts that had an effect and are about that document, receipt, dispute ...; those before an offset."""
        return [taken for taken in self._facts_by_name.get(name, []) if taken.offset < before]

    def facts_of(self, kind: str, before: int) -> list[Taken]:
        """Facts of a kind before an offset."""
        return [taken for taken in self.facts if taken.offset < before and taken.fact.kind == kind]

    def decisions_naming(self, name: str) -> list[Decision]:
        """Decisions about that document, receipt, dispute ..., in order."""
        return self._decisions_by_name.get(name, [])


def _sequence(d: Decision) -> int:
    return d.sequence


def records(log: Log, topic: str, shard: int) -> Iterator[Record]:
    """All that the partition has now, in order. Raises LogUnavailable, LogRefused."""
    end = log.end_offsets(topic)[shard]
    reader = log.reader(topic, {shard: log.begin_offsets(topic)[shard]})
    try:
        for found in read_to_end(reader, {shard: end}):
            yield from found
    finally:
        reader.close()


def decision_at(log: Log, shard: int, sequence: int) -> Decision | None:
    """The decision of that number. A few reads: numbers rise with offsets, but for what a restart said again."""
    low, high = log.begin_offsets(DECISIONS)[shard], log.end_offsets(DECISIONS)[shard]
    while low < high:
        middle = (low + high) // 2
        found = _next(log, shard, middle, 1)
        if found and decode_decision(found[0].value).sequence < sequence:
            low = found[0].offset + 1
        else:
            high = middle
    for record in _next(log, shard, low, _AT_ONCE):
        d = decode_decision(record.value)
        if d.sequence == sequence:
            return d
    return None


def _next(log: Log, shard: int, offset: int, most: int) -> list[Record]:
    if offset >= log.end_offsets(DECISIONS)[shard]:
        return []
    reader = log.reader(DECISIONS, {shard: offset})
    try:
        return reader.poll(most, _SECONDS)
    finally:
        reader.close()


def of_accounts(log: Log, shard: int, keys: set[bytes] | None) -> dict[str, History]:
    """The histories of these accounts of a shard, by key; of all of them where none are named."""
    wanted = None if keys is None else keys | {_NOBODY}
    decisions: list[Decision] = []
    last = -1
    for record in records(log, DECISIONS, shard):
        if wanted is None or record.key is None or record.key in wanted:
            d = decode_decision(record.value)
            # What a restart sent again counts once.
            if d.sequence > last:
                last = d.sequence
                decisions.append(d)
    offsets = {d.fact_offset for d in decisions}

    def facts() -> Iterator[tuple[int, Fact | None]]:
        for record in records(log, FACTS, shard):
            if wanted is None or record.key is None or record.key in wanted or record.offset in offsets:
                try:
                    yield record.offset, decode_fact(record.value)
                except Unreadable:
                    yield record.offset, None

    return made(shard, facts(), decisions, keys)


def made(
    shard: int, facts: Iterable[tuple[int, Fact | None]], decisions: Iterable[Decision], keys: set[bytes] | None = None
) -> dict[str, History]:
    """Histories out of a shard's facts by offset (None: no fact) and its decisions, both in order."""
    times = ShardTimes()
    histories: dict[str, History] = {}
    refused: set[int] = set()
    at: dict[int, set[str]] = {}
    in_force: dict[int, list[Decision]] = {}
    for d in decisions:
        if d.kind == POLICY_IN_FORCE:
            in_force.setdefault(d.fact_offset, []).append(d)
        key = decision_key(d).decode()
        if not d.account_id and d.kind == "fact_rejected":
            refused.add(d.fact_offset)
        if keys is not None and key.encode() not in keys:
            continue
        history = histories.setdefault(key, History(key, shard, times))
        history.decisions.append(d)
        at.setdefault(d.fact_offset, set()).add(key)
    for offset, fact in facts:
        if fact is None:
            continue
        if not fact.account_id and offset not in refused:
            times.take(offset, fact)
        for d in in_force.get(offset, ()):
            times.in_force(d)
        key = f"{fact.tenant}/{fact.entity}/{fact.account_id}"
        if fact.account_id and (keys is None or key.encode() in keys):
            histories.setdefault(key, History(key, shard, times)).facts.append(Taken(offset, fact))
        for other in at.get(offset, ()):
            histories[other].beside[offset] = fact
    for history in histories.values():
        history.index()
    return histories
