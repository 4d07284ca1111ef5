"""The trace of a document, receipt or order: from the facts that speak of it, by what was decided, to what was done outside.

Made of what is kept anyway: the two logs of the account's shard, and the files of the sinks with effects. So there is one for
everything that ever happened, and nothing is sampled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from headrace.why.explain import id_of, row_of
from headrace.why.facts import title
from headrace.why.history import History, Taken
from headrace.why.names import OF_FACTS, names_of_fact
from headrace.words import in_words
from schemas.records import Decision
from sinks.effects.store import Row, Tried

# What comes before a bill, and is found by the numbers that the bill names: no other bill of the same order.
_SOURCES: Final = frozenset({"order", "shipment", "proof_of_delivery", "price_agreement"})
_SOURCE_NAMES: Final = ("order:", "shipment:")


@dataclass(frozen=True, slots=True)
class Step:
    """One step, below its `parent` (empty for a fact, and for what time alone led to).

    kind: fact, decision, effect or attempt. id: unique in the trace. begun and ended: UTC milliseconds; of a fact when it
    happened and when the log learned it, of an effect when it was asked for; ended is 0 while it is under way. state: of an
    effect, or of what came of an attempt. said: what else is known, by name.
    """

    id: str
    kind: str
    parent: str
    begun_ms: int
    ended_ms: int
    words: str
    state: str = ""
    said: dict[str, str] = field(default_factory=dict)


class Asked(NamedTuple):
    """An effect of a sink: its row, the sequences of the decisions that asked for it, and its attempts."""

    sink: str
    row: Row
    sequences: Sequence[int]
    attempts: Sequence[Tried]


def trace_of(history: History, number: str, effects: Iterable[Asked]) -> list[Step]:
    """The steps of what has that number in the account, each after its parent, in the order in which they became known."""
    names = {f"{kind}:{number}" for kind in OF_FACTS.values()}
    decisions = {d.sequence: d for name in names for d in history.decisions_naming(name)}
    facts = {taken.offset: taken for taken in _facts(history, names)}
    followed: dict[int, list[Decision]] = {}
    by_time: list[tuple[int, Decision]] = []
    for d in sorted(decisions.values(), key=_sequence):
        cause = history.cause(d)
        if cause is None:
            by_time.append((d.fact_offset, d))
        else:
            facts.setdefault(cause.offset, cause)
            followed.setdefault(cause.offset, []).append(d)
    asked: dict[int, list[Asked]] = {}
    for effect in effects:
        first = next((sequence for sequence in effect.sequences if sequence in decisions), None)
        if first is not None:
            asked.setdefault(first, []).append(effect)
    found: list[Step] = []
    roots: list[tuple[int, Taken | Decision]] = [*facts.items(), *by_time]
    for offset, root in sorted(roots, key=_offset):
        if isinstance(root, Decision):
            found += _decided(root, "", asked)
            continue
        found.append(_of_fact(history, root))
        for d in followed.get(offset, ()):
            found += _decided(d, _fact_id(history, offset), asked)
    return found


def _offset(root: tuple[int, Taken | Decision]) -> int:
    return root[0]


def _sequence(d: Decision) -> int:
    return d.sequence


def _facts(history: History, names: set[str]) -> list[Taken]:
    """Those that name it, and the order, shipments and deliveries behind it."""
    found = [taken for taken in history.facts if names & set(names_of_fact(taken.fact))]
    sources = {name for taken in found for name in names_of_fact(taken.fact) if name.startswith(_SOURCE_NAMES)}
    of_sources = [taken for taken in history.facts if taken.fact.kind in _SOURCES]
    return found + [taken for taken in of_sources if sources & set(names_of_fact(taken.fact))]


def _fact_id(history: History, offset: int) -> str:
    """Of a fact: where it stands in the log."""
    return f"fact {id_of(history.shard, offset)}"


def _of_fact(history: History, taken: Taken) -> Step:
    fact = taken.fact
    said = {"source": fact.source, "event_id": fact.event_id, "correlation": fact.correlation}
    rejected = "rejected" if history.was_rejected(taken) else ""
    said = {name: value for name, value in said.items() if value}
    return Step(
        _fact_id(history, taken.offset), "fact", "", fact.event_time, fact.recorded_time, title(fact), rejected, said
    )


def _decided(d: Decision, parent: str, asked: dict[int, list[Asked]]) -> list[Step]:
    name = id_of(d.shard, d.sequence)
    found = [
        Step(name, "decision", parent, d.recorded_time, d.recorded_time, in_words(row_of(d)), "", {"rule": d.rule})
    ]
    for effect in asked.get(d.sequence, ()):
        row = effect.row
        of_effect = f"{effect.sink} {row.number}"
        said = {"key": row.key, "target": row.target, "reference": row.reference, "detail": row.detail}
        said = {name: value for name, value in said.items() if value}
        words = f"{row.kind} to {row.target} by {effect.sink}"
        found.append(Step(of_effect, "effect", name, row.made_ms, row.ended_ms, words, row.state, said))
        for at, tried in enumerate(effect.attempts, 1):
            said = {"detail": tried.detail} if tried.detail else {}
            result = tried.result or "not ended"
            found.append(
                Step(
                    f"{of_effect}.{at}",
                    "attempt",
                    of_effect,
                    tried.at_ms,
                    tried.ended_ms,
                    f"attempt {at}",
                    result,
                    said,
                )
            )
    return found
