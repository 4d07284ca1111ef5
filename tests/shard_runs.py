"""Histories taken through a shard, and what it concluded and kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.intake.clockwork import day_end_message
from dataflows.shards.logged import Logged
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas import records as r
from schemas.codec import decode_decision, encode_fact
from schemas.records import Decision, Fact
from tests.histories import DAYS, FIRST_DAY, History, fact_day
from tests.policies import policy_fact


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a shard decided, as bytes and decoded, and every row of its state but the shard's own."""

    values: tuple[bytes, ...]
    rows: tuple[tuple[bytes, bytes], ...]

    @property
    def decisions(self) -> list[Decision]:
        return [decode_decision(value) for value in self.values]


def messages(facts: Iterable[Fact], days: int = DAYS + 16, policy: str = "") -> list[bytes]:
    """Facts by their days, each day with its end, and some empty days after them; under the default policy, changed."""
    by_day: dict[int, list[bytes]] = {}
    for fact in facts:
        by_day.setdefault(fact_day(fact), []).append(encode_fact(fact))
    found = [day_end_message(FIRST_DAY - 1)]
    if policy:
        found.append(encode_fact(policy_fact(policy)))
    for day in range(FIRST_DAY, FIRST_DAY + days):
        found += by_day.get(day, [])
        found.append(day_end_message(day))
    return found


def run(
    values: Sequence[bytes],
    cache_bytes: int = 64 << 20,
    commit_each: bool = False,
    logged: Sequence[Logged] | None = None,
) -> Outcome:
    """Take the messages in, one by one, in a new shard; with what a log says of each, where that is given."""
    with TemporaryDirectory() as directory:
        shard = Shard(0, 1, Store(Path(directory)), r.ShardRow("facts", "decisions"), cache_bytes)
        try:
            for offset, value in enumerate(values):
                shard.process(offset, value, logged[offset] if logged else None)
                if commit_each:
                    shard.commit()
            said = tuple(raw for _, _, raw in shard.outbox)
            shard.commit()
            # U: decisions to confirm; M: where the shard stands.
            rows = tuple(x for x in shard.store.range(b"A", b"\x7f", 1 << 30) if x[0][:1] not in (b"U", b"M"))
            return Outcome(said, rows)
        finally:
            shard.close()


def at_one_day(facts: Iterable[Fact]) -> list[bytes]:
    """All facts on one day in the order given, then the days after it."""
    return [
        day_end_message(FIRST_DAY + DAYS),
        *map(encode_fact, facts),
        *(day_end_message(FIRST_DAY + DAYS + n) for n in range(1, 17)),
    ]


def again(history: History, picks: Iterable[int]) -> History:
    """The same history with some of its facts delivered once more, on the same day."""
    facts = list(history.facts)
    for pick in picks:
        if history.facts:
            facts.append(history.facts[pick % len(history.facts)])
    return History(history.currency, tuple(sorted(facts, key=fact_day)))


def same_however_kept(values: list[bytes]) -> None:
    """The same bytes where every account is evicted and committed after each fact, and where a shard adopts what the
    log has of it; and no account is parked."""
    made = run(values)
    assert [d.reasons for d in made.decisions if d.rule == "shard.parked"] == []
    evicted = run(values, cache_bytes=1, commit_each=True)
    logged: dict[int, list[bytes]] = defaultdict(list)
    for value in made.values:
        logged[decode_decision(value).fact_offset].append(value)
    adopted = run(values, logged=[Logged(logged[at], True, 0) for at in range(len(values))])
    assert evicted.values == made.values == adopted.values
    assert evicted.rows == made.rows == adopted.rows
