"""Kafka brokers for tests: `kafka` is the address of a real one, `local_kafka` one that a test may stop and start."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.local_kafka import LocalKafka, NoLocalKafka
from connectors.log.kafka import KafkaLog

COMPOSE = ["docker", "compose", "--project-name", "headrace-test"]
ROOT = Path(__file__).parent.parent


def _docker_answers() -> bool:
    """Whether there is a docker engine, not only its command."""
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _compose(*command: str) -> str:
    done = subprocess.run([*COMPOSE, *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _composed(stack: ExitStack) -> str:
    """The address of docker-compose.yml's broker, started for this run; "" where it does not answer."""
    stack.callback(_compose, "down", "--volumes")
    _compose("up", "--detach", "--wait", "kafka")
    address = _compose("port", "kafka", "9092").replace("0.0.0.0", "127.0.0.1")
    if not address:
        return ""
    log = KafkaLog(address)
    give_up = time.monotonic() + 30
    while not log.status().startswith("ready"):
        if time.monotonic() > give_up:
            return ""
    return address


@pytest.fixture(scope="session")
def local_kafka() -> Iterator[LocalKafka]:
    """A broker of this run's own. A test that stops it starts it again."""
    with ExitStack() as stack:
        try:
            broker = stack.enter_context(LocalKafka())
        except NoLocalKafka as missing:
            pytest.skip(f"no Kafka broker: {missing}")
        yield broker


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """Bootstrap servers: HEADRACE_TEST_KAFKA, or docker compose's where an engine answers, or a local broker's."""
    with ExitStack() as stack:
        address = os.environ.get("HEADRACE_TEST_KAFKA", "")
        if not address and (ROOT / "docker-compose.yml").exists() and _docker_answers():
            address = _composed(stack)
        if not address:
            address = request.getfixturevalue("local_kafka").bootstrap
        yield address
