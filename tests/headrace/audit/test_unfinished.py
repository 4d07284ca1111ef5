"""What a kill, an upgrade or a run that is not over leaves behind is no fault: it is told, and the rest is audited."""

import shutil
from pathlib import Path

import pytest

from connectors.log.kafka import KafkaLog
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.codec import decode_decision, encode_decision
from schemas.records import ShardRow
from schemas.topics import DECISIONS, FACTS
from tests.headrace.audit.story import SHARDS, Story, run_story, tell
from tests.headrace.audit.tampering import Rows, rewrite
from tests.installations import Facts, all_decisions, clock, decide, open_log, records_of, with_days


def audited(directory: Path, state: str = "state") -> Checks:
    log = open_log(directory, SHARDS)
    checks = Checks()
    run_audit(Sources(log, directory / state, None, None, 1 << 24), checks)
    log.close()
    return checks


def codes(checks: Checks) -> list[str]:
    return [finding.code for check in checks.all() for finding in check.findings]


def test_decisions_that_only_the_checkpoint_has_are_audited_as_if_they_stood_in_the_log(tmp_path: Path) -> None:
    """A process that died between its commit and its appends."""
    log = open_log(tmp_path, SHARDS)
    Facts(log).append(with_days(tell()))
    ids = log.identity(FACTS), log.identity(DECISIONS)
    made = 0
    for number in range(SHARDS):
        shard = Shard(
            number, log.partitions(FACTS), Store(tmp_path / "state" / f"shard-{number:03d}"), ShardRow(*ids), 1 << 24
        )
        for at, offset, _, raw in records_of(log, FACTS):
            if at == number:
                shard.process(offset, raw, None)
        shard.commit()
        made += shard.row.next_sequence
        shard.close()
    log.close()
    checks = audited(tmp_path)
    assert codes(checks) == []
    assert checks.books.checked == made
    assert [note.split(": ")[1] for note in checks.sequence.notes] == [
        f"{len(said)} decisions are in the checkpoint and not yet in the log" for said in decided(tmp_path)
    ]


def decided(directory: Path) -> list[list[object]]:
    """The decisions of each shard, once a restart has appended them."""
    log = open_log(directory, SHARDS)
    decide(log, directory / "state")
    found = [[d for d in all_decisions(log) if d.shard == number] for number in range(SHARDS)]
    log.close()
    return found  # type: ignore[return-value]


def test_facts_that_were_not_decided_yet_are_told(tmp_path: Path) -> None:
    log = run_story(tmp_path)
    story = Story()
    story.day += 44
    story.receipt("A", "R-90", 5_000)
    story.receipt("A", "R-91", 5_000)
    Facts(log).append(story.facts)
    log.close()
    checks = audited(tmp_path)
    assert codes(checks) == []
    assert checks.sequence.notes == ["shard 1: 2 facts at the end are not decided yet"]


def test_a_fact_whose_decisions_were_not_all_appended_is_told(tmp_path: Path) -> None:
    log = run_story(tmp_path)
    story = Story()
    story.day += 44
    story.receipt("A", "R-90", 5_000)
    shutil.copytree(tmp_path / "state", tmp_path / "before")
    Facts(log).append(story.facts)
    decide(log, tmp_path / "state")
    assert all_decisions(log)[-1].count == 2
    log.close()
    rewrite(tmp_path, DECISIONS, 1, lambda rows: rows[:-1])
    rewind_positions(tmp_path)
    checks = audited(tmp_path, "before")
    assert codes(checks) == []
    assert checks.sequence.notes == ["shard 1: 1 facts at the end are not decided yet"]


def rewind_positions(directory: Path) -> None:
    log = open_log(directory, SHARDS)
    log.save_positions("receivables", FACTS, dict.fromkeys(range(SHARDS), 0))
    log.close()


def test_decisions_of_other_rules_are_adopted_and_told(tmp_path: Path) -> None:
    run_story(tmp_path).close()

    def older(rows: Rows) -> Rows:
        edited: Rows = []
        for key, raw in rows:
            decision = decode_decision(raw)
            decision.rules_version = "0"
            edited.append((key, encode_decision(decision)))
        return edited

    for shard in range(SHARDS):
        rewrite(tmp_path, DECISIONS, shard, older)
    shutil.rmtree(tmp_path / "state")
    log = open_log(tmp_path, SHARDS)
    decide(log, tmp_path / "state")
    log.close()
    checks = audited(tmp_path)
    assert codes(checks) == []
    assert checks.rerun.notes == ["decisions of rules version 0 are adopted, not made again"]


@pytest.mark.kafka
def test_a_log_on_kafka_is_audited_too(kafka: str, tmp_path: Path) -> None:
    log = KafkaLog(kafka, f"audit-{tmp_path.name}.", False)
    for topic in (FACTS, DECISIONS):
        log.ensure_topic(topic, SHARDS)
    Facts(log).append(with_days(tell()))
    decide(log, tmp_path / "state")
    checks = Checks()
    run_audit(Sources(log, tmp_path / "state", None, None, 1 << 24), checks)
    log.close()
    assert codes(checks) == []
    assert checks.books.checked > 50


def test_no_time_at_all_is_no_fault(tmp_path: Path) -> None:
    """Facts before the first clock, and an empty shard."""
    log = open_log(tmp_path, SHARDS)
    story = Story()
    story.receipt("A", "R-1", 5_000)
    Facts(log).append([*story.facts, *story.facts, clock(story.day), *story.facts])
    decide(log, tmp_path / "state")
    log.close()
    checks = audited(tmp_path)
    assert codes(checks) == []
    assert checks.duplicates.checked == 3
