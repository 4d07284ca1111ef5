"""Decisions after any number of kill -9 are those of an unbroken run, byte for byte, on both logs."""

from pathlib import Path

import pytest

from tests.faults.kills import run

FACTS = 5_000


@pytest.mark.parametrize(("processes", "seed"), [(1, 1), (2, 2)])
def test_kills_on_sqlite(tmp_path: Path, processes: int, seed: int) -> None:
    whole, broken = run(tmp_path, "sqlite", FACTS, 6, processes, seed)
    assert sum(broken.kills.values()) >= 3, broken.kills
    assert broken.decisions == whole.decisions
    assert broken.digests == whole.digests


@pytest.mark.kafka
def test_kills_on_kafka(tmp_path: Path, kafka: str) -> None:
    whole, broken = run(tmp_path, f"{kafka},kills-{tmp_path.name}-", FACTS, 6, 2, 3)
    assert sum(broken.kills.values()) >= 3, broken.kills
    assert broken.decisions == whole.decisions
    assert broken.digests == whole.digests
