"""Cash that a decision sent to another account, as the fact that books it there."""

from typing import Final

from schemas.records import CashTransferred, Decision, Fact, Receipt, ReceiptReturned, RemittanceLine

SOURCE: Final = "headrace.forwarder"
OUT: Final = "transfer.out"
REFUSED: Final = "transfer.refused"
RETURN: Final = "transfer.return"


class WrongCause(ValueError):
    """The fact at a decision's cause is not about the receipt that the decision moves."""


def brings(rule: str) -> tuple[type[Receipt | CashTransferred | ReceiptReturned], ...]:
    """Kinds of facts that a decision of this rule may go back to."""
    if rule == RETURN:
        return (ReceiptReturned,)
    return (CashTransferred,) if rule == REFUSED else (Receipt, CashTransferred)


class Bringing:
    """Tells which facts bring the receipt of a decision to its account. Give it that account's shard in order.

    Where two banks gave one number, the first of them has it in its account, and the other the bank account after it.
    """

    def __init__(self, decision: Decision) -> None:
        self._account: Final = (decision.tenant, decision.entity, decision.account_id)
        self._name: Final = decision.receipt_id
        self._kinds: Final = brings(decision.rule)
        self._first_bank = ""

    def take(self, fact: Receipt | CashTransferred | ReceiptReturned) -> bool:
        """Whether it is such a fact."""
        if (fact.tenant, fact.entity, fact.account_id) != self._account:
            return False
        if fact.receipt_id == self._name:
            self._first_bank = self._first_bank or fact.bank_account
            found = fact.bank_account in ("", self._first_bank)
        else:
            found = f"{fact.receipt_id}@{fact.bank_account}" == self._name
        return found and isinstance(fact, self._kinds)


def transfer_fact(decision: Decision, cause: Fact) -> CashTransferred | ReceiptReturned:
    """The fact for decision.counterparty: of money that comes (`transfer.out`), that comes back because it was
    refused (`transfer.refused`), or that the bank took back after it had been sent on (`transfer.return`).

    `cause` is the fact by which the receipt, or its return, came to the decision's account. The same
    decision gives the same event_id and contents each time, so its shard takes it once. Raises WrongCause.
    """
    if not isinstance(cause, brings(decision.rule)):
        raise WrongCause(f"a {cause.kind} cannot be what {decision.rule} goes back to")
    assert isinstance(cause, Receipt | CashTransferred | ReceiptReturned)
    # Where two banks gave one number, the account has the bank account after it.
    names = (cause.receipt_id, f"{cause.receipt_id}@{cause.bank_account}")
    if cause.account_id != decision.account_id or decision.receipt_id not in names:
        raise WrongCause(
            f"receipt {cause.receipt_id!r} of {cause.account_id!r} where {decision.receipt_id!r} "
            f"of {decision.account_id!r} was due"
        )
    if isinstance(cause, ReceiptReturned):
        return _sent_back(decision, cause)
    return _sent(decision, cause)


# What accounts call one of another company: this, the company, a slash and the account. dataflows/rules/relations.py.
_ENTITY: Final = "~entity:"


def _where(decision: Decision) -> tuple[str, str, str]:
    """The company and account that the decision's counterparty names, and what that one calls the decision's account."""
    if not decision.counterparty.startswith(_ENTITY):
        return decision.entity, decision.counterparty, decision.account_id
    entity, _, account = decision.counterparty.removeprefix(_ENTITY).partition("/")
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


def _sent_back(decision: Decision, cause: ReceiptReturned) -> ReceiptReturned:
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
        receipt_id=cause.receipt_id,
        bank_account=cause.bank_account,
        currency=cause.currency,
        amount=decision.amount,
        posting_date=cause.posting_date,
        value_date=cause.value_date,
        reason=cause.reason,
        bank_reference=cause.bank_reference,
        # The money went there from this account, whoever sent it on to this one.
        from_account=sender,
    )
