"""A policy tried on history: the shard engine itself, on the same facts, in a scratch place, under the other policy.

Up to the first day what the log says was decided is adopted, so that the books are as they were; from that day on the rules
decide anew. The facts log and the decisions log are read and nothing else is touched. The same facts give the same answer.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import tomli_w

from connectors.intake.policies import policy_fact
from connectors.log.base import Log
from dataflows.shards.logged import Logged
from dataflows.shards.owner import GROUP as RECEIVABLES
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from headrace.audit.findings import Check
from headrace.audit.streams import Group, ShardLogs
from headrace.audit.transit import BROUGHT
from headrace.logs import open_log_of
from headrace.policies.compiling import Compiled
from headrace.policies.outcomes import DAY_MS, DIRECTORY, POSTING, Differing, Outcome, account_of
from headrace.policies.publishing import EPOCH
from headrace.settings import Settings
from schemas.codec import decode_decision, encode_fact
from schemas.records import Clock, Decision, Drain, OperatorAction, Policy, ShardRow
from schemas.topics import FACTS, NEXT_CLOCK

# Higher than any that is published: it goes before all of them.
TRIED_VERSION: Final = 10**9
COMMIT_FACTS: Final = 20_000
CACHE_BYTES: Final = 64 << 20
DRAIN_WAKES: Final = 1_000
# Decisions that are held against each other at once.
SHED_FACTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Span:
    """Days since 1970-01-01, both included."""

    first: int
    last: int

    @property
    def start_ms(self) -> int:
        return self.first * DAY_MS

    @property
    def end_ms(self) -> int:
        """Its last moment."""
        return (self.last + 1) * DAY_MS - 1


def span_of(first: date, last: date) -> Span:
    return Span((first - EPOCH).days, (last - EPOCH).days)


def tried_text(compiled: Compiled) -> str:
    """The policy's text under the number that it is tried as."""
    return tomli_w.dumps({**compiled.document, "version": TRIED_VERSION})


class Trial:
    """One shard's run. `take` its groups in order, as long as it says so."""

    def __init__(self, number: int, shards: int, span: Span, text: str, directory: Path) -> None:
        self.outcome: Final = Outcome()
        self._shard: Final = Shard(number, shards, Store(directory), ShardRow(), CACHE_BYTES)
        self._span: Final = span
        self._text: Final = text
        self._differing: Final = Differing()
        self._trying = False
        self._over = False
        self._offset = -1
        self._facts = 0

    def take(self, group: Group) -> bool:
        """Take in one fact with what was decided on it; False where the span is over: after a replay's clock at the end
        of its last day, which stands behind all of that day, or at the first later one. What comes in between is the next
        day's."""
        fact = group.fact
        if self._over or (isinstance(fact, Clock) and fact.now > self._span.end_ms):
            return False
        self._over = isinstance(fact, Clock) and fact.now == self._span.end_ms
        if not self._trying and self._begins(group):
            self._trying = True
            from_time = self._span.start_ms if self._shard.row.now else NEXT_CLOCK
            self._process(encode_fact(policy_fact(TRIED_VERSION, self._text, max(from_time, NEXT_CLOCK), 0)), None)
        if self._trying:
            self._try(group)
        else:
            self._offset = group.offset - 1
            self._process(group.value, Logged([said.raw for said in group.said], True, -1))
            self._before(group)
        return True

    def _begins(self, group: Group) -> bool:
        """Whether the policy has to be there before this fact: time has not begun, or comes to the first day with it."""
        if isinstance(group.fact, Clock):
            return group.fact.now + 1 >= self._span.start_ms
        fact = group.fact
        if self._shard.row.now or fact is None or not fact.account_id:
            return False
        return fact.recorded_time >= self._span.start_ms

    def _process(self, value: bytes, logged: Logged | None) -> list[Decision]:
        """What the engine decides on it; nothing of it goes anywhere."""
        self._offset += 1
        shard = self._shard
        shard.process(self._offset, value, logged)
        decided = [decode_decision(raw) for _, _, raw in shard.outbox] if logged is None else []
        shard.outbox.clear()
        shard.confirm(shard.row.next_sequence - 1, -1)
        self._facts += 1
        if self._facts % COMMIT_FACTS == 0:
            shard.commit()
        return decided

    def _before(self, group: Group) -> None:
        """What stands already on the first day."""
        for said in group.said:
            d = said.decision
            if d.kind in POSTING:
                self.outcome.dated[account_of(d), d.document] = d.document_date
            if d.currency and d.account_id:
                self.outcome.was.balances[account_of(d), d.currency] = (d.open_debit, d.unapplied)
                self.outcome.would.balances[account_of(d), d.currency] = (d.open_debit, d.unapplied)

    def _try(self, group: Group) -> None:
        fact, outcome = group.fact, self.outcome
        was = [said.decision for said in group.said]
        would: list[Decision] = []
        if isinstance(fact, Clock):
            # What the log's own drains did not suffice for is done by the next clock.
            would += self._drained()
        if not isinstance(fact, Policy):
            would += self._process(group.value, None)
        if isinstance(fact, Clock) and fact.now < self._span.start_ms:
            # The end of the day before.
            return
        if fact is not None:
            outcome.facts[fact.kind] += 1
        by_person = False
        if isinstance(fact, OperatorAction) and fact.actor != DIRECTORY:
            by_person = True
            outcome.orders.add(fact.event_id)
            if any(d.kind == "fact_rejected" for d in would):
                outcome.orders_refused.add(fact.event_id)
            if any(d.kind == "fact_rejected" for d in was):
                outcome.orders_refused_then.add(fact.event_id)
            # The log's own on both sides: what they brought to other accounts is the log's.
            outcome.sent |= {f"{BROUGHT}{d.shard}-{d.sequence}" for d in was if d.kind == "cash_transferred"}
        outcome.decisions += len(was)
        outcome.parked += sum(d.rule == "shard.parked" for d in would)
        outcome.rules_versions |= {d.rules_version for d in was}
        outcome.replaced |= {d.policy_version for d in was}
        for side, decisions in ((outcome.was, was), (outcome.would, would)):
            for d in decisions:
                side.take(d, by_person and d.cause_kind == "operator_action")
                if d.kind in POSTING:
                    outcome.dated[account_of(d), d.document] = d.document_date
        self._differing.was(was)
        self._differing.would(would)
        if self._facts % SHED_FACTS == 0:
            self._differing.shed()

    def _drained(self) -> list[Decision]:
        """What time brings about that the log's own drains may not suffice for."""
        found: list[Decision] = []
        while self._shard.wakes_left():
            now = self._shard.row.now
            found += self._process(
                encode_fact(Drain("drain:try", now, "", "headrace", "", "", "", now, DRAIN_WAKES)), None
            )
        return found

    def finish(self) -> Outcome:
        """The outcome, and the end of the scratch state."""
        self.outcome.transfers_differ = self._differing.close(self.outcome.different)
        self._shard.close()
        return self.outcome


def try_shard(log: Log, number: int, span: Span, text: str, scratch: Path) -> Outcome:
    """One shard of the history under the policy. Raises LogUnavailable."""
    check = Check("try", "")
    taken_in = log.positions(RECEIVABLES, FACTS).get(number, 0)
    trial = Trial(number, log.partitions(FACTS), span, text, scratch / f"shard-{number:03d}")
    try:
        for group in ShardLogs(log, number, check, taken_in, {}):
            if not trial.take(group):
                break
    finally:
        outcome = trial.finish()
    return outcome


def _in_process(settings: Settings, number: int, span: Span, text: str, scratch: Path) -> tuple[int, Outcome]:
    log = open_log_of(settings)
    try:
        return number, try_shard(log, number, span, text, scratch)
    finally:
        log.close()


def try_policy(
    settings: Settings, shards: Sequence[int], span: Span, compiled: Compiled, jobs: int, told: Callable[[], None]
) -> Outcome:
    """All shards, `jobs` processes at a time; `told` is called after each. Raises LogUnavailable."""
    text = tried_text(compiled)
    found: dict[int, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="headrace-try-") as scratch:
        for number, outcome in _outcomes(settings, shards, span, text, Path(scratch), jobs):
            found[number] = outcome
            told()
    whole = Outcome()
    for number in sorted(found):
        whole.add(found[number])
    return whole


def _outcomes(
    settings: Settings, shards: Sequence[int], span: Span, text: str, scratch: Path, jobs: int
) -> Iterator[tuple[int, Outcome]]:
    if jobs < 2:
        for number in shards:
            yield _in_process(settings, number, span, text, scratch)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_in_process, settings, number, span, text, scratch) for number in shards]
        for done in as_completed(running):
            yield done.result()


def most_jobs(shards: int) -> int:
    return max(1, min(shards, os.cpu_count() or 1))
