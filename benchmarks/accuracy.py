"""How right cash is applied: a simulated distributor's money through all flows, held against what really was so.

By level of difficulty and seed the facts of benchmarks/workload go through intake, receivables and publish of an
installation of their own. Then each pair of receipt and item that was applied with no person is compared with the truth
file that the simulator wrote beside the facts.

A pair that a later advice took back was applied all the same, and is judged as it was applied: right or wrong.
A pair is right where the payer meant that item of that account with that amount; a payment made twice is right on what
either of the two was for. Money that went back later was not applied wrongly. Precision is right pairs of applied pairs.
Recall is the pairs that payers meant and that stand
applied so at the end, of those whose item was in the books; a pair that was proposed, for a
person, is not applied. Recall of told is the same over the payments that said enough (`said_enough`): nobody, person or
program, can know what a payment is for that does not say it. Every wrong pair is listed with what was decided, why, and what was so.
"""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.measure import environment
from benchmarks.processes import ProcessFailed
from benchmarks.workload import Config, Truth, publish, simulate
from connectors.log.base import Log
from connectors.reading import read_to_end
from headrace.logs import open_installation
from headrace.settings import load
from schemas.codec import decode_decision
from schemas.records import Decision
from schemas.topics import DECISIONS

LEVELS: Final = (1, 2, 3)
# What the rules conclude themselves; a person's application is no automatic one.
BY_PERSON: Final = "cash.operator"
# Troubles of the truth file with which a payment does not say what it is for: no document at all, the payer's own number
# instead, another document's number, only some of its documents, or a text that the bank cut off.
SAYS_TOO_LITTLE: Final = frozenset(("no_reference", "own_number", "typo:wrong", "partial_reference", "truncated"))
# An advice says all of it; unless it is a wrong one, then two things are said.
ADVISED: Final = frozenset(("advice_before", "advice_after"))
ADVISED_WRONG: Final = "advice_wrong"
# Wrong pairs that are listed of one run; there should be none.
MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What is run: every level with every seed."""

    accounts: int = 200
    months: int = 3
    levels: tuple[int, ...] = LEVELS
    seeds: tuple[int, ...] = (1, 2, 3)


@dataclass(slots=True)
class Score:
    """Counts of pairs and receipts. `meant` counts only pairs whose item was posted, `found` those that stand applied;
    `told_meant` and `told_found` those of payments that said enough."""

    receipts: int = 0
    straight: int = 0
    meant: int = 0
    applied: int = 0
    right: int = 0
    found: int = 0
    told_meant: int = 0
    told_found: int = 0

    def add(self, other: "Score") -> None:
        self.receipts += other.receipts
        self.straight += other.straight
        self.meant += other.meant
        self.applied += other.applied
        self.right += other.right
        self.found += other.found
        self.told_meant += other.told_meant
        self.told_found += other.told_found

    def told(self) -> dict[str, Any]:
        """With the shares, of 1, to four digits; None of nothing."""
        return asdict(self) | {
            "precision": _share(self.right, self.applied),
            "recall": _share(self.found, self.meant),
            "recall_of_told": _share(self.told_found, self.told_meant),
            "straight_through": _share(self.straight, self.receipts),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


Pair = tuple[str, str]


@dataclass(slots=True)
class Applied:
    """What became of one receipt: amounts by (account, document), a credit note's below zero; how it was decided."""

    pairs: dict[Pair, int] = field(default_factory=lambda: defaultdict(int))
    last: dict[Pair, Decision] = field(default_factory=dict)
    # What was applied and taken back by no person: amount and the decision that had applied it.
    undone: list[tuple[Pair, int, Decision]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """The scores of one level and seed."""

    level: int
    seed: int
    all: Score = field(default_factory=Score)
    by_trouble: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    by_rule: Counter[str] = field(default_factory=Counter)
    wrong_by_rule: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)


def run_accuracy(options: Accuracy, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure. Raises ProcessFailed where a flow ends otherwise than in order."""
    runs: list[Run] = []
    for level in options.levels:
        for seed in options.seeds:
            say(f"level {level}, seed {seed}")
            runs.append(_measured(options, level, seed))
    result: dict[str, Any] = {"benchmark": "accuracy"} | environment() | {"options": asdict(options)}
    result["levels"] = {str(level): _told([run for run in runs if run.level == level]) for level in options.levels}
    result["wrong"] = [wrong for run in runs for wrong in run.wrong]
    return result


def _told(runs: list[Run]) -> dict[str, Any]:
    total = Score()
    by_trouble: dict[str, Score] = defaultdict(Score)
    by_rule: Counter[str] = Counter()
    wrong_by_rule: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for run in runs:
        total.add(run.all)
        by_rule.update(run.by_rule)
        wrong_by_rule.update(run.wrong_by_rule)
        missed.update(run.missed)
        for trouble, score in run.by_trouble.items():
            by_trouble[trouble].add(score)
    return total.told() | {
        "by_seed": {str(run.seed): run.all.told() for run in runs},
        "by_trouble": {trouble: by_trouble[trouble].told() for trouble in sorted(by_trouble)},
        "applied_by_rule": dict(sorted(by_rule.items())),
        "wrong_by_rule": dict(sorted(wrong_by_rule.items())),
        "missed_because": dict(missed.most_common(20)),
    }


def _measured(options: Accuracy, level: int, seed: int) -> Run:
    config = Config(accounts=options.accounts, months=options.months, seed=seed, difficulty=level)
    with TemporaryDirectory(prefix="headrace-accuracy-") as place:
        directory = Path(place)
        settings = load(directory, None)
        log = open_installation(settings)
        try:
            with Truth(directory / "truth.jsonl") as truth:
                publish(simulate(config, truth), log, settings.input_partitions)
        finally:
            log.close()
        command = [sys.executable, "-m", "headrace.main", "run", "all", "--replay", "--until-idle", "--dir", place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProcessFailed(f"headrace run ended with {done.returncode}: {done.stderr[-2000:]}")
        log = open_installation(settings)
        try:
            return judge(level, seed, _receipts(directory / "truth.jsonl"), decisions(log))
        finally:
            log.close()


def _receipts(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as lines:
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            if told["type"] == "receipt":
                yield told


def decisions(log: Log) -> Iterator[Decision]:
    """All decisions of the log, each shard's in its order."""
    ends = dict(enumerate(log.end_offsets(DECISIONS)))
    reader = log.reader(DECISIONS, dict(enumerate(log.begin_offsets(DECISIONS))))
    try:
        for batch in read_to_end(reader, ends):
            for record in batch:
                yield decode_decision(record.value)
    finally:
        reader.close()


def judge(level: int, seed: int, truth: Iterable[dict[str, Any]], decided: Iterable[Decision]) -> Run:
    """Hold what was decided against the truth: `receipt` lines of a truth file."""
    posted, money = _books(decided)
    run = Run(level, seed)
    for line in truth:
        _judge(run, line, money.get((line["entity"], line["receipt_id"]), Applied()), posted)
    return run


def _books(decided: Iterable[Decision]) -> tuple[set[tuple[str, str, str]], dict[tuple[str, str], Applied]]:
    """Items that were posted, and what was applied of each receipt; receipts' numbers are unique in an entity here."""
    posted: set[tuple[str, str, str]] = set()
    money: dict[tuple[str, str], Applied] = defaultdict(Applied)
    for d in decided:
        if d.kind in ("item_posted", "invoice_released"):
            posted.add((d.entity, d.account_id, d.document))
        elif d.kind in ("cash_applied", "cash_unapplied", "credit_allocated") and d.receipt_id:
            found = money[d.entity, d.receipt_id]
            pair = (d.account_id, d.document)
            if d.kind == "cash_unapplied" and d.rule != BY_PERSON:
                found.undone.append((pair, d.amount, found.last[pair]))
            found.pairs[pair] += -d.amount if d.kind == "cash_unapplied" else d.amount
            found.last[pair] = d
            if d.kind == "credit_allocated":
                credit = (d.account_id, d.counterparty)
                found.pairs[credit] -= d.amount
                found.last[credit] = d
        elif d.kind == "cash_proposed":
            money[d.entity, d.receipt_id].reasons = d.reasons
        elif d.kind == "exception_raised" and d.receipt_id:
            # Shards are read one after the other: its account may have said more already.
            found = money[d.entity, d.receipt_id]
            found.reasons = found.reasons or d.reasons
    return posted, money


def said_enough(troubles: Iterable[str]) -> bool:
    """Whether a payment with these troubles, or a right advice of it, says what it is for."""
    found = frozenset(troubles)
    if ADVISED_WRONG in found:
        return False
    return bool(found & ADVISED) or not found & SAYS_TOO_LITTLE


def _judge(run: Run, line: dict[str, Any], found: Applied, posted: set[tuple[str, str, str]]) -> None:
    meant = {(account, document): amount for account, document, amount in line["pairs"]}
    again = {(account, document): amount for account, document, amount in line["again"]}
    right = {**again, **meant}
    score = Score(receipts=1)
    for pair, amount in meant.items():
        score.meant += (line["entity"], *pair) in posted
        if (line["entity"], *pair) in posted and found.pairs.get(pair) != amount:
            run.missed[(found.reasons or ["nothing_said"])[0].partition(":")[0]] += 1
    standing = [(pair, amount, found.last[pair]) for pair, amount in sorted(found.pairs.items()) if amount]
    for pair, amount, decision in [*standing, *found.undone]:
        if decision.rule == BY_PERSON:
            continue
        score.applied += 1
        run.by_rule[decision.rule] += 1
        if right.get(pair) == amount:
            score.right += 1
            continue
        run.wrong_by_rule[decision.rule] += 1
        if len(run.wrong) < MOST_LISTED:
            run.wrong.append(_explained(run, line, pair, amount, decision, right))
    score.found = sum(found.pairs.get(pair) == amount for pair, amount in meant.items())
    if said_enough(line["troubles"]):
        score.told_meant, score.told_found = score.meant, score.found
    # A double of another payment has nothing that it could clear in full.
    whole = bool(meant) and all(found.pairs.get(pair) == amount for pair, amount in meant.items())
    score.straight += whole
    if not meant and not again:
        score.receipts = 0
    run.all.add(score)
    for trouble in line["troubles"] or ["none"]:
        run.by_trouble[trouble].add(score)


def _explained(
    run: Run, line: dict[str, Any], pair: Pair, amount: int, decision: Decision, right: dict[Pair, int]
) -> dict[str, Any]:
    """A wrong pair in words: what was decided and why, and what was so."""
    if pair in right:
        why = f"of this item the payer meant {right[pair]}"
    elif any(document == pair[1] for _, document in right):
        why = "the item is of another account"
    else:
        why = "the payer did not mean this item"
    return {
        "level": run.level,
        "seed": run.seed,
        "decision": f"{decision.shard}-{decision.sequence}",
        "receipt": line["receipt_id"],
        "rule": decision.rule,
        "applied": [*pair, amount],
        "why": why,
        "evidence": decision.evidence,
        "meant": [[*other, part] for other, part in sorted(right.items())][:10],
        "rest": [line["rest"], line["rest_why"]],
        "troubles": line["troubles"],
    }
