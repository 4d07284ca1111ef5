"""Exceptions: what a person has to look at, raised once and closed when it is resolved, under one id."""

from schemas.records import Decision


def closed(rule: str, reference_id: str, currency: str, document: str = "", receipt_id: str = "") -> Decision:
    """What the exception was about is resolved. `rule` and `reference_id` are those it was raised with."""
    return Decision(
        kind="exception_closed",
        rule=rule,
        currency=currency,
        document=document,
        receipt_id=receipt_id,
        reference_id=reference_id,
    )
