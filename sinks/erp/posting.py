"""A posting: what one effect writes into an ERP, in words that every adapter understands. Pure.

Guarantee: the debits of a posting equal its credits in each of its currencies, or it is not made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from schemas.records import Decision
from sinks.erp.ledger import GROUPS, RECEIVABLE, UNAPPLIED, Group, Line, lines

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY_MS: Final = 86_400_000


class Unbalanced(AssertionError):
    """Debits are not credits: a bug of ledger.py, never of the data."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be in the ERP.

    key: the idempotency key, kept there in a field of its own. name: SHARD-SEQUENCE of the first decision. document:
    what a money posting, promise or release is about: the receipt of money, the item that a charge or deduction makes,
    the promise, the draft. posting_date, value_date: days since 1970-01-01, value_date 0 where there is none.
    bank_account: ours, where the receipt says it. lines: none of a promise and a release. invoices: of the instalments that it
    is about, by document.
    """

    key: str
    name: str
    group: Group
    tenant: str
    entity: str
    account_id: str
    document: str
    currency: str
    posting_date: int
    value_date: int
    bank_account: str
    lines: tuple[Line, ...]
    decisions: tuple[Decision, ...]
    invoices: Mapping[str, str] = field(default_factory=dict)

    @property
    def currencies(self) -> list[str]:
        return list(dict.fromkeys(line.currency for line in self.lines))

    @property
    def total(self) -> int:
        """What it debits in its own currency, minor units: 0 of a promise or release. What reconciliation compares."""
        return sum(line.debit for line in self.lines if line.currency == self.currency)

    @property
    def suspense(self) -> bool:
        """The account is none of a customer: its money has no payer yet."""
        return self.account_id.startswith("~")

    def net(self, role: str) -> int:
        """Debits less credits of a role, in the posting's currency."""
        return sum(line.debit - line.credit for line in self.lines if line.role == role)

    def invoice_of(self, document: str) -> str:
        """The number of the invoice that a document is, or is an instalment of."""
        return self.invoices.get(document, document)

    def cleared(self) -> list[tuple[str, str, int]]:
        """(document, its kind, credits less debits) of every item that it touches, in their order."""
        found: dict[str, tuple[str, int]] = {}
        for line in self.lines:
            if line.role == RECEIVABLE:
                kind, before = found.get(line.document, (line.item_kind, 0))
                found[line.document] = kind, before + line.credit - line.debit
        return [(document, kind, amount) for document, (kind, amount) in found.items() if amount]


def made(
    key: str,
    decisions: Sequence[Decision],
    suspense: bool = False,
    bank_account: str = "",
    invoices: Mapping[str, str] | None = None,
) -> Posting:
    """The posting of decisions of one bundle; `suspense` as of ledger.lines. Raises Unbalanced."""
    first = decisions[0]
    group = GROUPS[first.kind]
    posted = tuple(line for d in decisions for line in lines(d, suspense))
    _check(key, posted)
    return Posting(
        key=key,
        name=f"{first.shard}-{first.sequence}",
        group=group,
        tenant=first.tenant,
        entity=first.entity,
        account_id=first.account_id,
        document=_document(group, first),
        currency=first.currency,
        posting_date=max([d.posting_date for d in decisions]) or first.event_time // _DAY_MS,
        value_date=max([d.value_date for d in decisions]),
        bank_account=bank_account,
        lines=posted,
        decisions=tuple(decisions),
        invoices=invoices or {},
    )


def _document(group: Group, first: Decision) -> str:
    if group is Group.money:
        return first.receipt_id
    if group is Group.promise:
        return first.reference_id
    return first.document or first.receipt_id


def _check(key: str, posted: Sequence[Line]) -> None:
    balance: dict[str, int] = {}
    for line in posted:
        if line.debit < 0 or line.credit < 0 or bool(line.debit) == bool(line.credit):
            raise Unbalanced(f"{key}: a line is a debit or a credit above zero: {line}")
        balance[line.currency] = balance.get(line.currency, 0) + line.debit - line.credit
    if any(balance.values()):
        raise Unbalanced(f"{key}: debits are not credits: {balance}")


def iso(day: int) -> str:
    """Days since 1970-01-01 as 2026-01-31; empty for 0."""
    return date.fromordinal(day + _EPOCH).isoformat() if day else ""


__all__ = ["RECEIVABLE", "UNAPPLIED", "Group", "Line", "Posting", "Unbalanced", "iso", "made"]
