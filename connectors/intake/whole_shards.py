"""Facts for whole shards that an operator causes: what he allows. Each goes to every shard; policies: policies.py."""

import uuid

from connectors.intake.clockwork import SOURCE
from connectors.log.base import Log
from schemas.codec import encode_fact
from schemas.records import OperatorAction
from schemas.topics import FACTS

FLUSH_SECONDS = 30.0


def publish_allowance(
    log: Log, shards: int, action: str, until_ms: int, actor: str, note: str, recorded_ms: int
) -> str:
    """Append allow_clock or allow_future to every shard, durable on return; its event id. Raises LogUnavailable, LogRefused."""
    fact = OperatorAction(
        event_id=f"{action}:{uuid.uuid4()}",
        recorded_time=recorded_ms,
        correlation="",
        source=SOURCE,
        tenant="",
        entity="",
        account_id="",
        event_time=recorded_ms,
        action=action,
        actor=actor,
        receipt_id="",
        document="",
        target_account="",
        currency="",
        amount=0,
        until=until_ms,
        note=note,
    )
    append_to_all(log, shards, encode_fact(fact))
    return fact.event_id


def append_to_all(log: Log, shards: int, value: bytes) -> None:
    log.ensure_topic(FACTS, shards)
    writer = log.writer(FACTS, "operator")
    try:
        for shard in range(shards):
            writer.send(shard, None, value)
        writer.flush(FLUSH_SECONDS)
    finally:
        writer.close()
