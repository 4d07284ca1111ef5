"""Cash that a decision sent to another account, as the fact that books it there."""

from schemas.records import CashTransferred, Decision, Fact, Receipt

SOURCE = "headrace.forwarder"


class WrongCause(ValueError):
    """The fact at a decision's cause is not the receipt that the decision moves."""


def transfer_fact(decision: Decision, cause: Fact) -> CashTransferred:
    """The fact for the account that the money goes to: decision.counterparty.

    `cause` is the fact by which the receipt came to the decision's account: a receipt, or a transfer.
    The same decision gives the same event_id and contents each time, so its shard takes it once.
    Raises WrongCause.
    """
    if not isinstance(cause, Receipt | CashTransferred):
        raise WrongCause(f"a {cause.kind} where a receipt or a transfer was due")
    if cause.account_id != decision.account_id or cause.receipt_id != decision.receipt_id:
        raise WrongCause(
            f"receipt {cause.receipt_id!r} of {cause.account_id!r} where {decision.receipt_id!r} "
            f"of {decision.account_id!r} was due"
        )
    number = f"{decision.shard}-{decision.sequence}"
    refused = decision.rule == "transfer.refused"
    if refused and not isinstance(cause, CashTransferred):
        raise WrongCause("a refusal of what was not transferred")
    return CashTransferred(
        event_id=f"transfer:{number}",
        recorded_time=decision.recorded_time,
        correlation=cause.correlation,
        source=SOURCE,
        tenant=decision.tenant,
        entity=decision.entity,
        account_id=decision.counterparty,
        event_time=decision.event_time,
        # Money on its way back is still the transfer that the first decision sent.
        transfer_id=cause.transfer_id if refused and isinstance(cause, CashTransferred) else number,
        from_account=decision.account_id,
        returned=refused,
        receipt_id=cause.receipt_id,
        bank_account=cause.bank_account,
        bank_reference=cause.bank_reference,
        currency=cause.currency,
        amount=decision.amount,
        posting_date=cause.posting_date,
        value_date=cause.value_date,
        payer_name=cause.payer_name,
        payer_account=cause.payer_account,
        text=cause.text,
        lines=cause.lines,
    )
