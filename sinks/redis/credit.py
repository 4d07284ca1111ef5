"""What accounts that share a credit limit say to each other, as the facts that bring it there."""

from typing import Final

from schemas.records import CreditExposure, CreditGroupTold, Decision
from sinks.redis.transfers import SOURCE

STATED: Final = "credit_exposure_stated"
TOLD: Final = "credit_group_told"
LEFT: Final = "credit.left"
HELD: Final = "credit.group_held"


def credit_facts(decision: Decision) -> list[CreditExposure | CreditGroupTold]:
    """The facts of a decision: what a member states, for its group's account; what a group tells, for each member named.

    They are made of the decision alone, so it gives the same event ids and contents each time, and shards take them once.
    """
    d = decision
    number = f"{d.shard}-{d.sequence}"
    if d.kind == STATED:
        return [
            CreditExposure(
                f"credit:{number}",
                d.recorded_time,
                "",
                SOURCE,
                d.tenant,
                d.entity,
                d.counterparty,
                d.event_time,
                from_account=d.account_id,
                currency=d.currency,
                amount=d.amount,
                number=d.sequence,
                left=d.rule == LEFT,
            )
        ]
    if d.kind == TOLD:
        return [
            CreditGroupTold(
                f"credit:{number}:{member}",
                d.recorded_time,
                "",
                SOURCE,
                d.tenant,
                d.entity,
                member,
                d.event_time,
                group=d.reference_id,
                held=d.rule == HELD,
                number=d.sequence,
            )
            for member in d.candidates
        ]
    return []
