"""The loop of a sink with effects outside: reads decisions into intents, tries what may be tried, tells what came of it.

Guarantees: an intent is durable before anything leaves, an attempt before it is made. Nothing leaves before the
decisions of its shard were read to where they ended when that was asked, at most half a second before, and the facts
that the sink learns from as far as these decisions have come. bytewax may not be here (publish.py).
"""

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, NamedTuple

import structlog

from connectors.files.ingest import Producer
from connectors.log.base import Log, LogUnavailable, Record
from dataflows.effects_clock import Clock
from dataflows.effects_failures import contained
from dataflows.effects_known import HEEDED, KnownInFile, Learning, heed_before
from dataflows.effects_position import Hold
from dataflows.publishing import Patience, PublishStatus, Stop, decoded
from schemas.records import Decision, Fact
from schemas.topics import DECISIONS
from sinks.effects.base import (
    DAY_SECONDS,
    LIVE,
    Effect,
    EffectSink,
    Outcome,
    Result,
    Target,
    effect_key,
)
from sinks.effects.breaker import after
from sinks.effects.store import EffectStore, Ended, Position, TargetRow
from sinks.effects.withdrawals import account_of
from sinks.sequences import Sequences

_DECISIONS_AT_ONCE: Final = 2_000
# How long a round waits for decisions where nothing is to be done, and while attempts are under way.
_POLL_SECONDS: Final = 0.1
_BUSY_POLL_SECONDS: Final = 0.01
# Where a log grows all the time its reader is always a little behind: what ended so long ago is near enough.
_FRESH_SECONDS: Final = 0.5
# A round prepares no more after so long, so that what it began with is still fresh.
_PREPARE_SECONDS: Final = 0.1
# What is prepared, and could not be begun at once, is made anew after so long.
_KEPT_SECONDS: Final = 5.0
_TELL_AT_ONCE: Final = 200
_EXPIRE_AT_ONCE: Final = 1_000
_FORGET_AT_ONCE: Final = 1_000
_DROP_AT_ONCE: Final = 1_000
_LOOK_SECONDS: Final = 5.0
_SWEEP_SECONDS: Final = 3_600.0
# What ended is kept this long for people to look at.
KEPT_DAYS: Final = 90
# On a stop, attempts under way get this long to end.
LEAVE_SECONDS: Final = 30.0


@dataclass(slots=True)
class EffectsStatus:
    """How a sink with effects stands; written by its loop, read by metrics and health in other threads.

    ended: by target and result of the attempt, or state, since the start. waiting: by target and state (waiting,
    failed, unknown): how many, and since when the oldest (UTC milliseconds); off: why a target is switched off;
    paused: targets that are not tried just now. Mappings are replaced, never changed.
    """

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    history: int = 0
    waiting: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    paused: tuple[str, ...] = ()


class EffectsChunk(NamedTuple):
    """Records of both topics, how far their readers had come, and where the topics ended."""

    decisions: Sequence[Record]
    facts: Sequence[Record]
    decision_positions: Mapping[int, int]
    fact_positions: Mapping[int, int]
    fact_ends: Sequence[int]
    ends: "_Ends"


class _Ends(NamedTuple):
    """Where the decisions ended, by shard, and when that was asked (monotonic seconds)."""

    decisions: Sequence[int]
    asked: float


class _Prepared(NamedTuple):
    """What `prepare` made of an effect as it was. at: monotonic seconds."""

    effect: Effect
    made: Any
    at: float

    def is_of(self, effect: Effect) -> bool:
        """Whether nothing of it was withdrawn or tried since."""
        return _standing(self.effect) == _standing(effect)


def _standing(effect: Effect) -> tuple[object, ...]:
    return effect.attempt, effect.rounds, effect.parts, [d.sequence for d in effect.decisions]


class _Flight(NamedTuple):
    """An attempt under way. until: monotonic seconds, when it is told to end."""

    effect: Effect
    until: float


class _Landed(NamedTuple):
    effect: Effect
    outcome: Outcome | BaseException


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class EffectsLoop:
    """`read`, then `take` what was read, over and over; `idle` when nothing is left that may be done now. Close it."""

    def __init__(
        self,
        log: Log,
        sink: EffectSink,
        hold: Hold,
        patience: Patience,
        status: PublishStatus,
        effects: EffectsStatus,
        stop: Stop,
    ) -> None:
        self._log = log
        self._sink = sink
        self._hold = hold
        self._store: Final[EffectStore] = hold.store
        self._patience = patience
        self._status = status
        self._effects = effects
        self._stop = stop
        self._logger = structlog.get_logger().bind(flow=f"publish {sink.name}")
        known = KnownInFile(hold.store, log, patience)
        self._known = known
        heed_before(log, sink, hold.store, known, patience, stop)
        self._decided = hold.store.positions(DECISIONS)
        self._sequences = Sequences({s: p.sequence for s, p in self._decided.items() if p.sequence >= 0})
        starts = {shard: position.next for shard, position in self._decided.items()}
        self._decisions = patience.persist(lambda: log.reader(DECISIONS, starts))
        self._learning = Learning(log, sink, hold.store, known, patience)
        self._targets: dict[str, Target] = {target.name: target for target in sink.targets()}
        self._prepared: dict[int, _Prepared] = {}
        self._flying: dict[int, _Flight] = {}
        self._landed: SimpleQueue[_Landed] = SimpleQueue()
        self._producer = Producer(log, f"headrace-{sink.name}", lambda: bool(stop))
        # Of each shard, the decisions so far of a fact of which not all were read.
        self._begun: dict[int, list[tuple[Record, Decision]]] = {}
        self._asked: deque[_Ends] = deque()
        self._looked = 0.0
        self._swept = 0.0
        self.idle = False
        now_ms = wall_ms()
        self._clock = Clock(now_ms)
        self._store.put_back(now_ms)
        self._cut_off()
        self._drop_unset()

    def _cut_off(self) -> None:
        """What was being tried when the process ended: again where the outside honours keys, else for a person."""
        for effect in self._store.cut_off():
            target = self._targets.get(effect.target)
            if self._sink.keyed if target is None else target.keyed:
                outcome = Outcome(Result.later, "the process ended while it was being sent; sent again", in_doubt=True)
            else:
                outcome = Outcome(Result.unknown, "the process ended while it was being sent, and it may have arrived")
            self._store.ended([Ended(effect.number, outcome, 0.0)], wall_ms())
            self._logger.warning("was cut off", effect=effect.name, target=effect.target, now=outcome.result.value)

    def _drop_unset(self) -> None:
        """What waits for targets that are not set any more, where the sink does not want it kept for them."""
        for target in sorted({target for target, _ in self._store.counts()}):
            number = 0
            while target not in self._targets and (numbers := self._store.waiting(target, number, _DROP_AT_ONCE)):
                self._drop(numbers, wall_ms())
                number = numbers[-1]

    # --- reading ---

    def read(self) -> EffectsChunk:
        """What came next; empty where nothing did in a moment. Raises Stopped."""
        asked = time.monotonic()
        ends = self._patience.persist(lambda: self._log.end_offsets(DECISIONS))
        wait = _POLL_SECONDS
        if self._learning.busy or not self._landed.empty():
            wait = 0.0
        elif self._flying:
            wait = _BUSY_POLL_SECONDS
        decisions = self._patience.persist(lambda: self._decisions.poll(_DECISIONS_AT_ONCE, wait))
        # After the decisions: what these came of was in the log before them.
        facts, fact_positions, fact_ends = self._learning.read()
        decision_positions = {shard: self._decisions.position(shard) for shard in self._decided}
        return EffectsChunk(decisions, facts, decision_positions, fact_positions, fact_ends, _Ends(ends, asked))

    def take(self, chunk: EffectsChunk) -> None:
        """Keep what the chunk asks for, and do what may be done. Raises Gap, SinkStopped, Stopped, what a sink raised."""
        self._keep(chunk)
        self._asked.append(chunk.ends)
        self._land()
        # Before anything that may take long: what was read is as it was when it was asked for where it ends.
        started = 0 if self._stop else self._start()
        expired = self._sweep()
        self._tell()
        if not self._stop:
            at_end = self._read_to(chunk.ends)
            left = started or expired or self._flying or self._store.untold(1)
            self.idle = len(at_end) == len(self._decided) and not left
        self._look()

    def _keep(self, chunk: EffectsChunk) -> None:
        facts = self._whole(chunk.decisions)
        read = dict(chunk.decision_positions) | {shard: part[0][0].offset for shard, part in self._begun.items()}
        moved = {s: n for s, n in read.items() if n != self._decided[s].next}
        if not (moved or self._learning.moves(chunk.facts, chunk.fact_positions)):
            return
        now_ms = wall_ms()
        with self._store.transaction():
            for decisions in facts:
                last = {(account_of(decision), decision.currency): record.offset for record, decision in decisions}
                for record, decision in decisions:
                    ends = record.offset == last[account_of(decision), decision.currency]
                    self._decision(record, decision, ends, now_ms)
                    self._learning.come_past(decision, chunk.fact_ends)
            for shard, following in moved.items():
                part = self._begun.get(shard)
                sequence = part[0][1].sequence if part else self._sequences.following(shard)
                # Nothing was read yet of a shard that began at the end of a log.
                self._decided[shard] = Position(following, sequence or self._decided[shard].sequence)
            for topic in (DECISIONS, HEEDED):
                self._store.move(topic, {shard: self._decided[shard] for shard in moved})
            self._learning.learn(chunk.facts, chunk.fact_positions)
        self._status.published += len(chunk.decisions)
        self._status.positions = dict(read)

    def _whole(self, records: Sequence[Record]) -> list[list[tuple[Record, Decision]]]:
        """The decisions of each fact of which all were read, each once. Those of one that was read in part wait for the rest,
        in memory: who starts again begins with its first."""
        found: list[list[tuple[Record, Decision]]] = []
        for record in records:
            decision = decoded(record)
            if self._decided[record.partition].sequence < 0 and not self._sequences.following(record.partition):
                # Began at the end of a log: which number comes first there is not known.
                self._sequences.begin(record.partition, decision.sequence)
            if not self._sequences.take(record.partition, decision.sequence, record.offset):
                continue
            part = self._begun.setdefault(record.partition, [])
            part.append((record, decision))
            if decision.index == decision.count - 1:
                found.append(self._begun.pop(record.partition))
        return found

    def _decision(self, record: Record, decision: Decision, last: bool, now_ms: int) -> None:
        """Keep what it asks for and withdraw what it makes needless. last: of its fact, for its account and currency."""
        shard = record.partition
        if decision.kind in self._sink.heeds:
            self._sink.heed(decision, self._known)
        withdrawn = self._store.withdraw(decision, last, now_ms)
        if withdrawn:
            self._effects.ended["", "withdrawn"] += withdrawn
        intents = self._sink.intents(decision) if decision.origin == LIVE else ()
        self._effects.history += decision.origin != LIVE
        key = effect_key(self._store.facts, shard, decision.sequence) if intents else ""
        for intent in intents:
            self._store.add(key, decision, record.value, intent, now_ms)

    def _fresh(self) -> set[int]:
        """Shards that were read to where they ended at some moment of the last half second."""
        oldest = time.monotonic() - _FRESH_SECONDS
        while self._asked and self._asked[0].asked < oldest:
            self._asked.popleft()
        return self._read_to(self._asked[0]) if self._asked else set()

    def _read_to(self, ends: _Ends) -> set[int]:
        """Shards whose decisions were read to there, and the facts that are learned from as far as these have come."""
        return {
            shard
            for shard, at in self._decided.items()
            if at.next >= ends.decisions[shard] and not self._learning.is_behind(shard)
        }

    # --- trying ---

    def _start(self) -> int:
        """Start what is due, and end what is due and not wanted any more; how many are due."""
        chosen, dropped = self._due(sorted(self._fresh()))
        self._begin(self._prepare(chosen))
        return len(chosen) + dropped

    def _due(self, shards: Sequence[int]) -> tuple[list[Effect], int]:
        """What is due of these shards and may be tried, and how many were ended instead."""
        now_ms = wall_ms()
        rows = self._store.targets()
        chosen: list[Effect] = []
        dropped = 0
        looks = self._sink.look_seconds > 0
        flying = Counter(flight.effect.target for flight in self._flying.values())
        for target in self._targets.values():
            row = rows.get(target.name, TargetRow(target.name))
            if row.off_ms or row.paused_until_ms > now_ms:
                continue
            # After failures one attempt shows whether it is back.
            free = (1 if row.failures else target.at_once) - flying[target.name]
            if free > 0:
                effects = [
                    self._store.effect(number) for number in self._store.ready(target.name, shards, now_ms, free, looks)
                ]
                wanted = [effect for effect in effects if not self._sink.unwanted(effect)]
                if len(wanted) < len(effects):
                    # What waits for its turn behind these comes in the next round.
                    dropped += self._drop(self._store.ready(target.name, shards, now_ms, _DROP_AT_ONCE), now_ms)
                chosen += wanted
        return chosen, dropped

    def _prepare(self, chosen: Sequence[Effect]) -> list[Effect]:
        """Those of these that are prepared: as many as a moment allows, and one at least. What could not be begun because
        the preparing itself took long is begun in the next round, if that comes soon."""
        now = time.monotonic()
        self._prepared = {number: kept for number, kept in self._prepared.items() if now - kept.at < _KEPT_SECONDS}
        found: list[Effect] = []
        for effect in chosen:
            kept = self._prepared.get(effect.number)
            if kept is None or not kept.is_of(effect):
                if time.monotonic() - now > _PREPARE_SECONDS:
                    continue
                prepare = partial(self._sink.prepare, effect, self._known)
                made = contained(self._sink.name, effect, prepare)
                self._prepared[effect.number] = _Prepared(effect, made, time.monotonic())
            found.append(effect)
        return found

    def _begin(self, effects: Sequence[Effect]) -> None:
        """Write down that these are tried now, and try them; where what was read has become old meanwhile, or the log
        is away, none of them is tried, and all is read first."""
        fresh = self._fresh()
        numbers = [effect.number for effect in effects if effect.decisions[0].shard in fresh]
        if not numbers:
            return
        try:
            started = self._hold.begin(numbers, wall_ms())
        except LogUnavailable as error:
            self._logger.warning("the log is away, nothing was tried", reason=str(error))
            time.sleep(_POLL_SECONDS)
            return
        fresh = self._fresh()
        late = [effect.number for effect in started if effect.decisions[0].shard not in fresh]
        if late:
            self._store.not_tried(late)
        for effect in started:
            if effect.number not in late:
                self._fly(effect, self._prepared.pop(effect.number).made)

    def _drop(self, numbers: Sequence[int], now_ms: int) -> int:
        """End those that the sink does not want any more; how many."""
        reasons = {number: self._sink.unwanted(self._store.effect(number)) for number in numbers}
        unwanted = {number: why for number, why in reasons.items() if why}
        self._store.drop(unwanted, now_ms)
        self._effects.ended["", "withdrawn"] += len(unwanted)
        return len(unwanted)

    def _fly(self, effect: Effect, prepared: Any) -> None:
        self._flying[effect.number] = _Flight(effect, time.monotonic() + self._sink.seconds)
        if isinstance(prepared, Outcome):
            self._landed.put(_Landed(effect, prepared))
            return
        Thread(target=self._try, args=(effect, prepared), name=f"{self._sink.name} {effect.name}", daemon=True).start()

    def _try(self, effect: Effect, prepared: Any) -> None:
        try:
            outcome = contained(self._sink.name, effect, partial(self._sink.attempt, effect, prepared))
            self._landed.put(_Landed(effect, outcome))
        except BaseException as error:
            # The machinery's thread stops by it.
            self._landed.put(_Landed(effect, error))
            raise

    def _land(self) -> None:
        """Keep what came of attempts that have ended, and end those that take too long."""
        for flight in self._flying.values():
            if time.monotonic() > flight.until:
                self._sink.abandon(flight.effect)
        landed: list[tuple[Effect, Outcome]] = []
        for _ in range(self._landed.qsize()):
            effect, outcome = self._landed.get()
            del self._flying[effect.number]
            if isinstance(outcome, BaseException):
                raise outcome
            landed.append((effect, outcome))
        if landed:
            self._keep_landed(landed)

    def _keep_landed(self, landed: Sequence[tuple[Effect, Outcome]]) -> None:
        now_ms = wall_ms()
        ended = [Ended(effect.number, outcome, self._wait(effect, outcome)) for effect, outcome in landed]
        self._store.ended(ended, now_ms)
        before = self._store.targets()
        rows = dict(before)
        for (effect, outcome), (_, _, wait) in zip(landed, ended, strict=True):
            row = rows.get(effect.target, TargetRow(effect.target))
            rows[effect.target] = after(row, outcome, now_ms, self._targets[effect.target].asks_for_all)
            self._effects.ended[effect.target, outcome.result.value] += 1
            if outcome.result is Result.off and not row.off_ms:
                again = f"headrace effects enable {self._sink.name} {effect.target}"
                self._logger.error("switched off", target=effect.target, reason=outcome.detail, again=again)
            elif outcome.result is not Result.done and wait is None:
                self._logger.error("given up", target=effect.target, effect=effect.name, reason=outcome.detail)
        for name, row in rows.items():
            if row != before.get(name, TargetRow(name)):
                self._store.set_target(row)

    def _wait(self, effect: Effect, outcome: Outcome) -> float | None:
        """When it is tried again; None: never."""
        if outcome.result in (Result.more, Result.off):
            # Of a target that is off: as soon as a person has enabled it.
            return 0.0
        wait = self._sink.retry_seconds(effect) if outcome.result is Result.later else None
        return None if wait is None else max(wait, outcome.after_seconds)

    # --- what came of it ---

    def _tell(self) -> None:
        """Bring endings back as facts, durably, and only then count them as told; the rest in the next rounds."""
        endings = self._store.untold(_TELL_AT_ONCE)
        facts: list[Fact] = [fact for ending in endings for fact in self._sink.facts(ending)]
        if facts:
            self._patience.persist(partial(self._bring, facts))
            self._status.forwarded += len(facts)
        if endings:
            self._store.told(endings)

    def _bring(self, facts: Sequence[Fact]) -> None:
        """Append them to intake's topics, durably; those that come twice have one effect."""
        for fact in facts:
            self._producer.send(fact)
        self._producer.flush()

    def _sweep(self) -> int:
        """Expire what has waited too long, how many; and forget what ended long ago. Nothing of it in a round in which the
        clock was put forward or back: it may be put right in the next."""
        now_ms = wall_ms()
        if self._clock.was_put(now_ms):
            self._store.put_back(now_ms)
            return 0
        expired = self._store.expire(now_ms, _EXPIRE_AT_ONCE, self._sink.look_seconds * 1000)
        if expired:
            self._effects.ended["", "expired"] += expired
        over = time.monotonic() - self._swept > _SWEEP_SECONDS
        if over and not self._store.forget(now_ms - KEPT_DAYS * DAY_SECONDS * 1000, _FORGET_AT_ONCE):
            self._swept = time.monotonic()
        return expired

    def _look(self) -> None:
        """Tell, every few seconds, how the targets stand."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        rows = self._store.targets()
        self._effects.waiting = self._store.counts()
        self._effects.off = {name: row.off_why for name, row in rows.items() if row.off_ms}
        self._effects.paused = tuple(name for name, row in rows.items() if row.paused_until_ms > wall_ms())
        self._patience.persist(self._hold.save)

    def leave(self) -> None:
        """Let attempts under way end, for a while, and keep what came of them."""
        until = time.monotonic() + LEAVE_SECONDS
        while self._flying and time.monotonic() < until:
            self._land()
            time.sleep(_BUSY_POLL_SECONDS)

    def close(self) -> None:
        self._decisions.close()
        self._learning.close()
        self._producer.close()
