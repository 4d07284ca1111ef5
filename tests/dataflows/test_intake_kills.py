"""Intake that is killed, at any call of the log or at random, and started again."""

import multiprocessing
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.files.ingest import ensure_topics
from connectors.intake.clockwork import shard_clocks
from connectors.intake.positions import GROUP
from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from dataflows.intake import Mode, run_intake
from schemas.codec import decode_fact
from schemas.topics import FACTS, TOPIC_OF_KIND
from tests.dataflows.intake_runner import SmallSettings
from tests.dataflows.killing import KillingLog
from tests.dataflows.sending import SHARDS, clocks, history, send
from tests.facts import records

ROOT = Path(__file__).parents[2]


def runner(directory: Path, mode: Mode, calls: int = 0) -> subprocess.Popen[bytes]:
    """Intake in its own process, past its imports."""
    command = [sys.executable, "-m", "tests.dataflows.intake_runner", str(directory), mode, str(calls)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    return process


def copy_inputs(source: Path, target: Path) -> Log:
    """A copy of an installation: the same input, nothing done yet."""
    shutil.copytree(source / "log", target / "log")
    return SqliteLog(target / "log", sync=False)


def values(log: Log) -> list[list[bytes]]:
    return [[record.value for record in partition] for partition in records(log, FACTS)]


def die_at(directory: Path, calls: int) -> bool:
    """Replay in a forked process that dies at that call; whether it did."""

    def child() -> None:
        inner = KillingLog(SqliteLog(directory / "log", sync=False), calls)
        run_intake(inner, SmallSettings(directory), "replay", True)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[bytes]]]:
    """An installation with 75 days of 40 accounts in its input topics, and what a replay that is not broken makes of it."""
    base = tmp_path_factory.mktemp("unbroken")
    log = SqliteLog(base / "log", sync=False)
    ensure_topics(log, 4)
    log.ensure_topic(FACTS, SHARDS)
    send(log, history(75, 40))
    log.close()
    whole = copy_inputs(base, base / "whole")
    run_intake(whole, SmallSettings(base / "whole"), "replay", True)
    expected = values(whole)
    whole.close()
    assert sum(decode_fact(value).kind != "clock" for partition in expected for value in partition) == 40 + 75 * 40 * 2
    return base, expected


@pytest.mark.slow
def test_a_replay_that_dies_at_any_call_of_the_log_writes_the_same_log(
    unbroken: tuple[Path, list[list[bytes]]], tmp_path: Path
) -> None:
    """Each window between append, confirmation and cursor, then a second death on the way back."""
    base, expected = unbroken
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    calls = 0
    died = True
    while died:
        calls += 1
        directory = tmp_path / str(calls)
        log = copy_inputs(base, directory)
        died = die_at(directory, calls)
        if died:
            die_at(directory, dice.randint(1, 25))
        run_intake(log, SmallSettings(directory), "replay", True)
        assert values(log) == expected, f"died at call {calls}, seed {seed}"
        assert not (directory / "intake" / "replay.db").exists()
        log.close()
        shutil.rmtree(directory)
    # At least three appends of 2,000 records with the look at the end behind each, and positions of eight topics.
    assert calls > 25


def test_a_replay_that_is_killed_at_random_moments_writes_the_same_log(
    unbroken: tuple[Path, list[list[bytes]]], tmp_path: Path
) -> None:
    base, expected = unbroken
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    log = copy_inputs(base, tmp_path / "broken")
    kills = 0
    for attempt in range(12):
        process = runner(tmp_path / "broken", "replay")
        with suppress(subprocess.TimeoutExpired):
            process.wait(dice.uniform(0.0, 0.1 + 0.1 * attempt))
        if process.poll() is None:
            process.kill()
            kills += 1
        if process.wait() == 0:
            break
    else:
        run_intake(log, SmallSettings(tmp_path / "broken"), "replay", True)
    assert kills > 0, f"seed {seed}: nothing was killed"
    assert values(log) == expected, f"seed {seed}"
    log.close()


def test_live_that_is_killed_loses_nothing(log: Log, tmp_path: Path) -> None:
    sent = history(60, 60)
    for third in range(3):
        send(log, sent[third::3])
        process = runner(tmp_path, "live")
        give_up = time.monotonic() + 60
        before = sum(log.end_offsets(FACTS))
        while sum(log.end_offsets(FACTS)) == before and time.monotonic() < give_up:
            time.sleep(0.005)
        process.kill()
        process.wait()
    run_intake(log, SmallSettings(tmp_path), "live", True)
    found = Counter(record.value for partition in records(log, FACTS) for record in partition)
    ids = Counter(decode_fact(value).event_id for value in found)
    assert {fact.event_id for fact in sent} <= ids.keys()
    assert all(len(clock) == len(set(clock)) for clock in clocks(log))


def test_sigterm_leaves_with_everything_saved(log: Log, tmp_path: Path) -> None:
    sent = history(20, 20)
    send(log, sent)
    process = runner(tmp_path, "live")
    give_up = time.monotonic() + 60
    while sum(map(len, records(log, FACTS))) < len(sent) + SHARDS and time.monotonic() < give_up:
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 0
    for topic in {TOPIC_OF_KIND[fact.kind] for fact in sent}:
        assert log.positions(GROUP, topic) == dict(enumerate(log.end_offsets(topic)))
    assert [clock.mode for clock in shard_clocks(log)] == ["live"] * SHARDS
