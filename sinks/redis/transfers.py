"""Cash that a decision sent to another account, as the fact that books it there."""

from typing import Final, NamedTuple

from schemas.records import CashTransferred, Decision, Fact, Receipt, ReceiptReturned, RemittanceLine

SOURCE: Final = "headrace.forwarder"
OUT: Final = "transfer.out"
REFUSED: Final = "transfer.refused"
RETURN: Final = "transfer.return"


class WrongCause(ValueError):
    """The fact at a decision's cause is none that can have led to it, or no account is where the money is to go."""


def brings(rule: str) -> tuple[type[Receipt | CashTransferred | ReceiptReturned], ...]:
    """Kinds of facts that a decision of this rule may go back to."""
    if rule == RETURN:
        return (ReceiptReturned,)
    return (CashTransferred,) if rule == REFUSED else (Receipt, CashTransferred)


class Cause(NamedTuple):
    """The fact that a decision was made on. A parked account decides on it later: then it is before `offset`."""

    shard: int
    offset: int
    kind: str
    event_id: str
    tenant: str
    entity: str
    account_id: str

    def names(self, fact: Fact) -> bool:
        """Whether it is that fact, or one that was rejected for having its event id."""
        return (fact.kind, fact.event_id, fact.tenant, fact.entity, fact.account_id) == self[2:]


def cause_of(decision: Decision) -> Cause:
    """The fact that it was made on."""
    d = decision
    return Cause(d.shard, d.fact_offset, d.cause_kind, d.cause_id, d.tenant, d.entity, d.account_id)


def transfer_fact(decision: Decision, cause: Fact, booked: Fact | None = None) -> CashTransferred | ReceiptReturned:
    """The fact for decision.counterparty: of money that comes (`transfer.out`), that comes back because it was
    refused (`transfer.refused`), or that the bank took back after it had been sent on (`transfer.return`).

    `cause` is the fact by which the receipt, or its return, came to the decision's account; `booked` the one that
    brought the money, where a return does not say for certain what number of which bank that has. The same
    decision gives the same event_id and contents each time, so its shard takes it once. Raises WrongCause.
    """
    if not isinstance(cause, brings(decision.rule)):
        raise WrongCause(f"a {cause.kind} cannot be what {decision.rule} goes back to")
    if cause.account_id != decision.account_id:
        raise WrongCause(f"{cause.kind} of {cause.account_id!r} where one of {decision.account_id!r} was due")
    if isinstance(cause, ReceiptReturned):
        if booked is not None and not isinstance(booked, Receipt | CashTransferred):
            raise WrongCause(f"a {booked.kind} cannot have brought receipt {decision.receipt_id!r}")
        return _sent_back(decision, cause, cause if booked is None else booked)
    assert isinstance(cause, Receipt | CashTransferred)
    return _sent(decision, cause)


# What accounts call one of another company: this, the company, a slash and the account. dataflows/rules/cash/relations.py.
_ENTITY: Final = "~entity:"


def _where(decision: Decision) -> tuple[str, str, str]:
    """The company and account that the decision's counterparty names, and what that one calls the decision's account.
    Raises WrongCause where there can be none: its shard would reject the fact, and the money would never arrive."""
    if not decision.counterparty or "\0" in decision.counterparty:
        raise WrongCause(f"{decision.counterparty!r} is no account's name")
    if not decision.counterparty.startswith(_ENTITY):
        return decision.entity, decision.counterparty, decision.account_id
    entity, _, account = decision.counterparty.removeprefix(_ENTITY).partition("/")
    if not entity or not account:
        raise WrongCause(f"{decision.counterparty!r} names no account")
    return entity, account, f"{_ENTITY}{decision.entity}/{decision.account_id}"


def _number(decision: Decision) -> str:
    return f"{decision.shard}-{decision.sequence}"


def _sent(decision: Decision, cause: Receipt | CashTransferred) -> CashTransferred:
    refused = decision.rule == REFUSED
    entity, account, sender = _where(decision)
    # Money for some references of a payment goes with these alone.
    asks = bool(decision.candidates) and not refused
    lines = _lines(decision) if asks else cause.lines
    return CashTransferred(
        event_id=f"transfer:{_number(decision)}",
        recorded_time=decision.recorded_time,
        correlation=cause.correlation,
        source=SOURCE,
        tenant=decision.tenant,
        entity=entity,
        account_id=account,
        event_time=decision.event_time,
        # Money on its way back is still the transfer that the first decision sent.
        transfer_id=cause.transfer_id if refused and isinstance(cause, CashTransferred) else _number(decision),
        from_account=sender,
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
        lines=lines,
        # What was taken off all of a payment is nothing of a part of it.
        adjustments=[] if asks else cause.adjustments,
        charges=0 if asks else cause.charges,
        method=cause.method,
        cheque=cause.cheque,
        order_id=cause.order_id,
        asks=asks,
        here=decision.candidates if refused else [],
    )


def _lines(decision: Decision) -> list[RemittanceLine]:
    """References that money was sent for, with their amounts."""
    amounts = [int(text.removeprefix("amount:")) for text in decision.evidence[: len(decision.candidates)]]
    return [RemittanceLine(reference, amount) for reference, amount in zip(decision.candidates, amounts, strict=True)]


def _sent_back(
    decision: Decision, cause: ReceiptReturned, money: Receipt | CashTransferred | ReceiptReturned
) -> ReceiptReturned:
    entity, account, sender = _where(decision)
    return ReceiptReturned(
        event_id=f"transfer:{_number(decision)}",
        recorded_time=decision.recorded_time,
        correlation=cause.correlation,
        source=SOURCE,
        tenant=decision.tenant,
        entity=entity,
        account_id=account,
        event_time=decision.event_time,
        receipt_id=money.receipt_id,
        bank_account=money.bank_account,
        currency=cause.currency,
        amount=decision.amount,
        posting_date=cause.posting_date,
        value_date=cause.value_date,
        reason=cause.reason,
        bank_reference=cause.bank_reference,
        # The money went there from this account, whoever sent it on to this one.
        from_account=sender,
    )
