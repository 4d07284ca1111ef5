"""Publishing a policy: everywhere or nowhere, whoever is killed when; refused before anything is written."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from connectors.files.ingest import ensure_topics
from connectors.intake import policies
from connectors.intake.clockwork import MINUTE_MS
from connectors.log.base import Log
from dataflows.intake import run_intake
from headrace.policies.publishing import Refused, approve, carry, day_ms, publish, take_back, versions
from schemas.codec import encode_fact
from schemas.records import Clock, Decision, Policy
from schemas.topics import DECISIONS, FACTS, NEXT_CLOCK, POLICIES
from tests.dataflows.intake_runner import SmallSettings
from tests.dataflows.test_intake import FakeMachine, clocks, history, send
from tests.facts import TODAY, facts
from tests.headrace.policies.publisher import killed, open_log, policy, publish_and_carry
from tests.installations import all_decisions, decide

SHARDS = 4
WAYS = ("again", "back", "intake")
# The policy's day begins with the second minute after now.
SOON = TODAY + 2 * MINUTE_MS


def made(kafka: str, prefix: str, directory: Path) -> Log:
    """An installation whose shards stand at one clock."""
    log = open_log(kafka, prefix, directory)
    ensure_topics(log, 4)
    log.ensure_topic(FACTS, SHARDS)
    log.ensure_topic(DECISIONS, SHARDS)
    policies.ensure(log)
    intake(log, directory, 0)
    return log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = made("", "", tmp_path)
    yield opened
    opened.close()


def intake(log: Log, directory: Path, minutes: int) -> None:
    """Live intake, so many minutes after now: a clock for every shard and minute."""
    run_intake(log, SmallSettings(directory), "live", True, machine=FakeMachine(TODAY + minutes * MINUTE_MS))


def in_force(log: Log, directory: Path) -> list[list[tuple[int, int]]]:
    """By shard, the versions that took effect and the shard's time then, once all is decided."""
    decide(log, directory / "state")
    found: list[list[tuple[int, int]]] = [[] for _ in range(SHARDS)]
    for d in all_decisions(log):
        if d.kind == "policy_in_force":
            found[d.shard].append((d.policy_version, d.event_time))
    return found


def carried(log: Log) -> list[list[tuple[int, bool]]]:
    """By shard, the policy facts, each once: version, and whether it is taken back."""
    return [
        list(dict.fromkeys((fact.version, fact.taken_back) for fact in part if isinstance(fact, Policy)))
        for part in facts(log, FACTS)
    ]


def finished(way: str, log: Log, directory: Path) -> None:
    """Somebody finishes what was cut off, or takes it back, or nobody does but intake."""
    if way == "again":
        publish_and_carry(log, directory, 1, SOON)
    elif way == "back" and policies.published(log):
        take_back(log, 1, 2, "test", "", [])


def cut_off(kafka: str, directory: Path, calls: int, way: str) -> bool:
    """One publisher killed at its nth call, and what comes of it; whether it was killed at all."""
    prefix = f"p{uuid.uuid4().hex[:12]}."
    log = made(kafka, prefix, directory)
    dead = killed(kafka, prefix, directory, SOON, calls)
    said = bool(policies.published(log))
    assert in_force(log, directory) == [[]] * SHARDS
    finished(way, log, directory)
    intake(log, directory, 3)
    there = in_force(log, directory)
    if way == "back" or not (said or way == "again"):
        assert there == [[]] * SHARDS
    else:
        assert there == [[(1, SOON)]] * SHARDS
    expected = [(1, False)] * (said or way == "again") + [(1, True)] * (said and way == "back")
    assert carried(log) == [expected] * SHARDS
    assert {tuple(of) for of in clocks(log)} == {(TODAY, *(TODAY + m * MINUTE_MS for m in (1, 2, 3)))}
    log.close()
    return dead


def test_a_publisher_that_is_killed_leaves_it_everywhere_or_nowhere(tmp_path: Path) -> None:
    for calls in count(1):
        if not cut_off("", tmp_path / str(calls), calls, WAYS[calls % len(WAYS)]):
            break
        shutil.rmtree(tmp_path / str(calls))
    # Before and after the append to the topic, to each shard, and of what is done.
    assert calls > 2 * (1 + SHARDS + 1)


@pytest.mark.kafka
def test_a_publisher_that_is_killed_on_kafka(kafka: str, tmp_path: Path) -> None:
    for calls, way in ((2, "again"), (5, "intake"), (8, "back")):
        assert cut_off(kafka, tmp_path / str(calls), calls, way)


@pytest.mark.kafka
def test_on_real_servers_intake_alone_carries(kafka: str, tmp_path: Path) -> None:
    log = made(kafka, f"p{uuid.uuid4().hex[:12]}.", tmp_path)
    publish(log, policy(1), SOON, 1, "kim", "")
    assert not carry(log, tmp_path, embedded=False)
    assert carried(log) == [[]] * SHARDS
    intake(log, tmp_path, 1)
    assert carry(log, tmp_path, embedded=False)
    assert in_force(log, tmp_path) == [[]] * SHARDS
    intake(log, tmp_path, 2)
    assert in_force(log, tmp_path) == [[(1, SOON)]] * SHARDS
    log.close()


def test_a_version_waits_for_its_day_in_a_replay(log: Log, tmp_path: Path) -> None:
    directory = tmp_path / "replay"
    other = open_log("", "", directory)
    ensure_topics(other, 4)
    other.ensure_topic(FACTS, SHARDS)
    other.ensure_topic(DECISIONS, SHARDS)
    policies.ensure(other)
    send(other, history(6))
    middle = TODAY // 86_400_000 * 86_400_000 - 3 * 86_400_000
    publish(other, policy(1), NEXT_CLOCK, 1, "", "")
    publish(other, policy(2), middle, 1, "", "")
    run_intake(other, SmallSettings(directory), "replay", True, machine=FakeMachine())
    assert in_force(other, directory) == [[(1, NEXT_CLOCK), (2, middle - 1)]] * SHARDS
    decided: dict[int, set[int]] = {1: set(), 2: set()}
    for d in all_decisions(other):
        if d.kind == "item_posted":
            decided[d.policy_version].add(d.event_time // 86_400_000)
    assert max(decided[1]) < middle // 86_400_000 <= min(decided[2])
    other.close()


def test_what_may_not_be_is_refused_before_anything_is_written(log: Log, tmp_path: Path) -> None:
    later = day_ms(date(2030, 1, 1))
    assert publish(log, policy(2), later, 1, "kim", "why")
    assert not publish(log, policy(2), later, 2, "lee", "")
    end = log.end_offsets(POLICIES)
    for wanted, from_time, why in [
        (policy(0), NEXT_CLOCK, "version: 0 is that of the policy that is built in"),
        (policy(2, 600), later, "version 2 is published with another text"),
        (policy(2), later + 1, "version 2 is published from 2030-01-01 on: to change the day"),
        (policy(1), later, "version: 1 is below version 2, which is published: write 3"),
        (policy(3), later - 1, r"version 2 is to be in force from 2030-01-01 on.*--take-back 2`"),
    ]:
        with pytest.raises(Refused, match=why):
            publish(log, wanted, from_time, 3, "", "")
    with pytest.raises(Refused, match="version 7 is not published"):
        take_back(log, 7, 3, "", "", [])
    assert log.end_offsets(POLICIES) == end
    assert take_back(log, 2, 4, "lee", "wrong", [])
    assert not take_back(log, 2, 5, "lee", "wrong", [])
    with pytest.raises(Refused, match="version 2 was taken back"):
        publish(log, policy(2), later, 6, "", "")
    assert publish(log, policy(3), later - 1, 7, "", "")
    (two, three) = versions(policies.published(log))
    assert (two.fact.actor, two.fact.note, two.taken_back and two.taken_back.actor) == ("kim", "why", "lee")
    assert three.taken_back is None


def test_what_is_proposed_goes_to_no_shard_until_another_approves_it(log: Log, tmp_path: Path) -> None:
    assert publish(log, policy(1), SOON, 1, "kim", "", proposed=True)
    assert publish(log, policy(2), SOON, 1, "kim", "", proposed=True)
    assert not publish(log, policy(1), SOON, 1, "kim", "", proposed=True)
    assert take_back(log, 2, 2, "lee", "", [])
    with pytest.raises(Refused, match="version 1 is kim's own: another has to approve it"):
        approve(log, 1, 3, "kim")
    with pytest.raises(Refused, match="version 2 was taken back"):
        approve(log, 2, 3, "lee")
    with pytest.raises(Refused, match="version 3 is not proposed"):
        approve(log, 3, 3, "lee")
    intake(log, tmp_path, 1)
    assert carried(log) == [[]] * SHARDS
    assert approve(log, 1, 4, "lee")
    assert not approve(log, 1, 5, "ann")
    intake(log, tmp_path, 3)
    assert carried(log) == [[(1, False)]] * SHARDS
    assert in_force(log, tmp_path) == [[(1, SOON)]] * SHARDS
    one = versions(policies.published(log))[0]
    assert (one.fact.actor, one.fact.approved_by, one.fact.proposed) == ("kim", "lee", False)


def test_of_two_texts_of_one_version_the_first_counts_in_every_shard(log: Log, tmp_path: Path) -> None:
    for text in (policy(1).text, policy(1, 600).text):
        policies.append(log, policies.policy_fact(1, text, SOON, 1))
    intake(log, tmp_path, 3)
    assert in_force(log, tmp_path) == [[(1, SOON)]] * SHARDS
    refused: list[Decision] = [d for d in all_decisions(log) if d.kind == "fact_rejected"]
    assert sorted((d.shard, *d.reasons) for d in refused) == [(n, "version_with_other_text:1") for n in range(SHARDS)]


def test_nobody_carries_while_the_clocks_are_uneven(log: Log, tmp_path: Path) -> None:
    """A publisher comes while intake was killed between two shards' clocks: the policy waits until they are even."""
    writer = log.writer(FACTS, "test")
    tick = Clock("clock:x", SOON, "", "headrace", "", "", "", SOON, SOON, "live", [])
    writer.send(1, None, encode_fact(tick))
    writer.flush(10.0)
    writer.close()
    publish_and_carry(log, tmp_path, 1, NEXT_CLOCK)
    assert carried(log) == [[]] * SHARDS
    for minutes in (3, 4):
        intake(log, tmp_path, minutes)
    assert in_force(log, tmp_path) == [[(1, TODAY + 4 * MINUTE_MS)]] * SHARDS


def test_what_is_no_policy_in_the_topic_is_passed_over(log: Log, tmp_path: Path) -> None:
    writer = log.writer(POLICIES, "test")
    for value in (b"nonsense", encode_fact(Clock("c", 1, "", "x", "", "", "", 1, 1, "live", []))):
        writer.send(0, None, value)
    writer.flush(10.0)
    writer.close()
    publish_and_carry(log, tmp_path, 1, SOON)
    assert carried(log) == [[(1, False)]] * SHARDS
    assert [entry.fact.version for entry in policies.published(log)] == [1]
