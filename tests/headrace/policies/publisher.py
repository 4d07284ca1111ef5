"""Publishes a policy in a process of its own, to be killed at its nth call of the log."""

import multiprocessing
from pathlib import Path

from connectors.log.base import Log
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog
from headrace.policies.compiling import Compiled, compile_text
from headrace.policies.publishing import carry, publish
from tests.dataflows.killing import KillingLog


def policy(version: int, minimum_minor: int = 500) -> Compiled:
    """The built-in policy under another number, with another minimum of reminders."""
    text = f"version = {version}\n[reminders]\nminimum_minor = {minimum_minor}\n"
    return compile_text(text, f"policy {version}")


def open_log(kafka: str, prefix: str, directory: Path) -> Log:
    return KafkaLog(kafka, prefix) if kafka else SqliteLog(directory / "log", sync=False)


def publish_and_carry(log: Log, directory: Path, version: int, from_time: int) -> bool:
    """Publish it, and bring it to every shard; whether it was new."""
    new = publish(log, policy(version), from_time, 1, "test", "")
    carry(log, directory, embedded=True)
    return new


def _run(kafka: str, prefix: str, directory: Path, from_time: int, calls: int) -> None:
    log = KillingLog(open_log(kafka, prefix, directory), calls)
    publish_and_carry(log, directory, 1, from_time)
    log.close()


def killed(kafka: str, prefix: str, directory: Path, from_time: int, calls: int) -> bool:
    """Publish version 1; whether that process was killed before it was done."""
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(kafka, prefix, directory, from_time, calls)
    )
    process.start()
    process.join(60)
    assert process.exitcode in (0, -9)
    return process.exitcode != 0
