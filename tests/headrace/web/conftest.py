"""A simulated distributor, small and decided once, and the pages over it, served by the command itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.workload import Config, Truth, publish, simulate
from headrace.commands.demo import POLICY
from headrace.logs import open_installation
from headrace.settings import load

ROOT = Path(__file__).parents[3]
CONFIG = Config(accounts=14, months=2, seed=5)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "headrace.main", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def headrace(*arguments: str) -> str:
    """What a command of ours prints; it must leave with 0."""
    done = subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address of the pages, while they are served."""
    process = subprocess.Popen(
        command("serve", "--dir", str(directory), "--port", "0"),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield address.rstrip("/")
    finally:
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of a distributor under the demo's policy, published."""
    directory = tmp_path_factory.mktemp("shop")
    headrace("policy", "publish", str(POLICY), "--from", CONFIG.start.isoformat(), "--dir", str(directory))
    settings = load(directory, None)
    log = open_installation(settings)
    try:
        with Truth(directory / "truth.jsonl") as truth:
            publish(simulate(CONFIG, truth), log, settings.input_partitions, lambda count: None)
    finally:
        log.close()
    headrace("run", "all", "--replay", "--until-idle", "--dir", str(directory))
    return directory


@pytest.fixture(scope="session")
def site(shop: Path) -> Iterator[str]:
    with served(shop) as address:
        yield address


@pytest.fixture(scope="session")
def pages(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, timeout=60) as client:
        yield client
