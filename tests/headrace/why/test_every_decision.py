"""Every decision can be explained: of all scenarios, of a simulated distributor, of real history, of random histories."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks.workload import Config, ar_history_shape, simulate
from connectors.files.ingest import ensure_topics
from connectors.log.sqlite import SqliteLog
from dataflows.shards.store import Store
from headrace.commands.why import lines_of
from headrace.why.explain import Explanation, explain
from headrace.why.history import History, decision_at
from headrace.why.replay import Replay
from headrace.why.rules import rule_of
from schemas.records import Decision, Fact
from tests.connectors.files.test_ingest import SAMPLE, all_facts, ingest
from tests.headrace.audit.histories import History as RandomHistory
from tests.headrace.why.told import Recorded, all_histories, installation, is_the_same
from tests.scenario_language import parse
from tests.test_scenarios import FILES

# What an open item may be made by; a deduction and an instalment rest on their invoice.
ITEMS = {"invoice", "opening_item", "debit_note"}
# A decision of these kinds rests on one fact at least of these, before it or as its cause.
RESTS_ON = {
    "cash_applied": ({"receipt", "cash_transferred"}, ITEMS),
    "cash_unapplied": ({"receipt", "cash_transferred"}, ITEMS),
    "application_reversed": ({"receipt", "cash_transferred"}, {"receipt_returned"}, ITEMS),
    "cash_proposed": ({"receipt", "cash_transferred"},),
    "invoice_held": ({"invoice"},),
    "invoice_released": ({"invoice"}, {"order"}),
    "promise_opened": ({"promise"},),
    "promise_kept": ({"promise"},),
    "promise_partially_kept": ({"promise"},),
    "promise_broken": ({"promise"},),
    "promise_cancelled": ({"promise"},),
    "dispute_opened": ({"dispute", "message", "invoice", "opening_item"},),
    "dispute_closed": ({"dispute", "message"},),
    "reminder_due": (ITEMS,),
    "reminder_suppressed": (ITEMS,),
    "credit_allocated": ({"credit_note"}, ITEMS),
}
# Interest has no fact: what is said of it rests on the invoice that it is for.
CHARGED = ("/interest", "/compensation", "/fee")


def explained(histories: Iterable[History]) -> Counter[str]:
    """Explain all of it; how many decisions of which kind. What cannot be told raises."""
    seen: Counter[str] = Counter()
    for history in histories:
        for d in history.decisions:
            x = explain(history, d)
            _is_whole(history, d, x)
            seen[d.kind] += 1
    return seen


def _is_whole(history: History, d: Decision, x: Explanation) -> None:
    where = f"{x.id} {x.words}"
    assert x.cause.title, where
    assert x.says.endswith("."), where
    assert x.source, where
    section = rule_of(d.rule).section
    assert x.policy.section == section, where
    assert x.policy.version == d.policy_version, where
    assert bool(section) == (len(x.policy.lines) > 1), where
    assert bool(section) == bool(x.policy.variants), where
    assert x.policy.line == d.policy_line or not d.policy_line, where
    assert len(x.evidence) >= len(d.evidence), where
    assert len(x.excluded) >= len(d.excluded), where
    text = "\n".join(lines_of(x))
    assert "minor units" not in text, text
    kinds = _kinds(history, d, x)
    for wanted in _wanted(d):
        assert kinds & wanted or d.document.endswith(CHARGED), f"{where} rests on {sorted(kinds)}, and not on {wanted}"


def _wanted(d: Decision) -> tuple[set[str], ...]:
    if d.kind == "dispute_closed" and d.reference_id.startswith(("deduction:", "short:", "opening:")):
        return ({"receipt", "cash_transferred", "opening_item"},)
    return RESTS_ON.get(d.kind, ())


def _kinds(history: History, d: Decision, x: Explanation) -> set[str]:
    offsets = {int(offset) for offset, _ in x.before} | {x.cause.offset}
    return {taken.fact.kind for taken in history.facts if taken.offset in offsets}


def _made_again(histories: Iterable[History], state: Path) -> None:
    """Each account, made again from the logs, is as its shard of two has it."""
    for history in histories:
        if history.key.rpartition("/")[2]:
            replay = Replay(history, 2)
            store = Store(state / f"shard-{history.shard:03d}")
            is_the_same(replay, store)
            store.close()
            replay.close()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_decision_of_a_scenario_is_explained_and_its_accounts_are_made_again(path: Path, tmp_path: Path) -> None:
    run = Recorded(parse(path), tmp_path / "theirs")
    try:
        run.all()
        histories = run.histories()
        assert sum(explained(histories.values()).values()) == len(run.decided)
        run.shard.commit()
        for key, history in histories.items():
            if key.rpartition("/")[2]:
                replay = Replay(history, 1)
                is_the_same(replay, run.shard.store)
                replay.close()
    finally:
        run.close()


def test_every_decision_of_a_simulated_distributor_is_explained(tmp_path: Path) -> None:
    facts = list(simulate(Config(accounts=15, months=3, seed=5, difficulty=2)))
    last = max(fact.recorded_time for fact in facts) // 86_400_000
    log = installation(facts, tmp_path, last + 40)
    histories = all_histories(log)
    seen = explained(histories)
    assert set(seen) >= {
        *("invoice_held", "invoice_released", "item_posted", "receipt_booked", "cash_applied", "cash_proposed"),
        *("cash_transferred", "exception_raised", "reminder_due", "reminder_suppressed", "dispute_opened"),
    }
    _made_again(histories, tmp_path / "state")
    for history in histories:
        for d in history.decisions[::20]:
            found = decision_at(log, d.shard, d.sequence)
            assert found is not None
            assert (found.shard, found.sequence, found.kind) == (d.shard, d.sequence, d.kind)
    assert decision_at(log, 0, 10_000_000) is None
    log.close()


def test_every_decision_of_real_history_is_explained(tmp_path: Path) -> None:
    source = SAMPLE
    if not source.exists():
        source = tmp_path / "shape.csv"
        ar_history_shape(source)
    sample = tmp_path / "sample.csv"
    lines = source.read_text().splitlines()
    sample.write_text("\n".join([lines[0], *lines[1::40]]) + "\n")
    topics = SqliteLog(tmp_path / "topics", sync=False)
    ensure_topics(topics, 1)
    ingest(topics, sample)
    facts: list[Fact] = sorted(all_facts(topics), key=lambda fact: fact.recorded_time)
    topics.close()
    last = max(fact.recorded_time for fact in facts) // 86_400_000
    log = installation(facts, tmp_path, last + 1)
    seen = explained(all_histories(log))
    assert seen["item_posted"] == len(lines[1::40])
    assert seen["dispute_opened"] > 0
    log.close()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_decision_of_a_contradictory_history_is_explained(seed: int, tmp_path: Path) -> None:
    made = RandomHistory(seed, 250)
    log = installation(made.facts, tmp_path, made.last_day + 90)
    histories = all_histories(log)
    seen = explained(histories)
    assert seen["fact_rejected"] > 0
    _made_again(histories, tmp_path / "state")
    log.close()
