"""What a log says of a fact: its decisions, whose they are, how they differ; and what the shard itself says of one."""

from typing import Final

from dataflows.rules.account.account import Account
from schemas.codec import decode_decision
from schemas.records import Decision, Fact


class ShardStopped(Exception):
    """This shard cannot go on; the others can. The message says what a person has to do."""


class Diverged(ShardStopped):
    """The rules conclude otherwise than what the log already says of the same fact."""


class Logged:
    """What the log already says of one fact.

    values: Its decisions as bytes; complete: that is all of them; last_offset: of the last one in the log.
    """

    __slots__ = ("complete", "last_offset", "values")

    def __init__(self, values: list[bytes], complete: bool, last_offset: int) -> None:
        self.values: Final = values
        self.complete: Final = complete
        self.last_offset: Final = last_offset


def is_of(d: Decision, account: Account, cause_kind: str, cause_id: str) -> bool:
    return (
        d.cause_id == cause_id
        and d.cause_kind == cause_kind
        and d.account_id == account.account_id
        and d.entity == account.entity
        and d.tenant == account.tenant
    )


def decision_key(d: Decision) -> bytes:
    """The key of a decision in its log: that of its account."""
    return f"{d.tenant}/{d.entity}/{d.account_id}".encode()


def brief(raw: bytes) -> str:
    """A decision for a message: number, kind, account, amount."""
    d = decode_decision(raw)
    return f"[{d.shard}-{d.sequence} {d.kind} {d.rule} {d.account_id} {d.document} {d.amount} {d.currency}]"


def difference(shard: int, offset: int, what: str) -> str:
    """What a person reads where a shard concludes otherwise than its log says."""
    return (
        f"shard {shard}, fact at offset {offset}: {what}. The state or the code is not the one that wrote "
        "the log: put back the version that wrote it, or start from an empty state directory"
    )


def rejected(fact: Fact, rule: str, reason: str, origin: str) -> Decision:
    """The decision that a fact has no other effect."""
    return Decision(
        kind="fact_rejected",
        rule=rule,
        origin=origin,
        tenant=fact.tenant,
        entity=fact.entity,
        account_id=fact.account_id,
        cause_kind=fact.kind,
        cause_id=fact.event_id,
        event_time=fact.event_time,
        recorded_time=fact.recorded_time,
        reasons=[reason],
    )


def unreadable(reason: str, origin: str, now: int) -> Decision:
    """The decision that bytes in the log are no fact. `now`: the shard's time."""
    return Decision(
        kind="fact_rejected",
        rule="shard.unreadable",
        origin=origin,
        recorded_time=now,
        reasons=[reason],
    )
