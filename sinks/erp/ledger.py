"""Which lines of a double-entry ledger each decision is: one table, made to docs/ledger.md. Pure.

A line names a role, never an account of the ERP: a mapping says which account plays which role. Rules that begin with
`reversed.` post the opposite.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.records import Decision

BANK: Final = "bank"
RECEIVABLE: Final = "receivable"
# Cash that is the customer's and clears nothing yet; of a suspense account `unidentified`.
UNAPPLIED: Final = "unapplied"
UNIDENTIFIED: Final = "unidentified"
# Cash on its way from one account to another.
TRANSIT: Final = "transit"
DISCOUNT: Final = "discount"
DISCOUNT_TAX: Final = "discount_tax"
WRITE_OFF: Final = "write_off"
WRITE_OFF_TAX: Final = "write_off_tax"
BANK_CHARGES: Final = "bank_charges"
SMALL_CREDITS: Final = "small_credits"
FX_CLEARING: Final = "fx_clearing"
FX_GAIN: Final = "fx_gain"
FX_LOSS: Final = "fx_loss"
INTEREST: Final = "interest"
COMPENSATION: Final = "compensation"
FEES: Final = "fees"
REFUNDS: Final = "refunds_payable"
ROLES: Final = (
    *(BANK, RECEIVABLE, UNAPPLIED, UNIDENTIFIED, TRANSIT, DISCOUNT, DISCOUNT_TAX, WRITE_OFF, WRITE_OFF_TAX, BANK_CHARGES),
    *(SMALL_CREDITS, FX_CLEARING, FX_GAIN, FX_LOSS, INTEREST, COMPENSATION, FEES, REFUNDS),
)  # fmt: skip
# The account of another role serves where a mapping has none for these.
ELSE: Final[Mapping[str, str]] = {
    UNAPPLIED: RECEIVABLE,
    DISCOUNT_TAX: DISCOUNT,
    WRITE_OFF_TAX: WRITE_OFF,
    COMPENSATION: INTEREST,
    FEES: INTEREST,
    FX_LOSS: FX_GAIN,
}
_REVERSED: Final = "reversed."


class Group(StrEnum):
    """Decisions of one fact that are one posting, and what kind of posting that is."""

    money = "money"
    deduction = "deduction"
    charge = "charge"
    refund = "refund"
    promise = "promise"
    release = "release"


# By kind: all that can be written back, in the order of docs/erp.md.
GROUPS: Final[Mapping[str, Group]] = {
    "receipt_booked": Group.money,
    "cash_applied": Group.money,
    "cash_unapplied": Group.money,
    "application_reversed": Group.money,
    "receipt_reversed": Group.money,
    "cash_transferred": Group.money,
    "cash_exchanged": Group.money,
    "credit_allocated": Group.money,
    "discount_granted": Group.money,
    "write_off_posted": Group.money,
    "fx_difference_posted": Group.money,
    "deduction_opened": Group.deduction,
    "interest_charged": Group.charge,
    "refund_posted": Group.refund,
    "refund_confirmed": Group.refund,
    "promise_opened": Group.promise,
    "promise_kept": Group.promise,
    "promise_partially_kept": Group.promise,
    "promise_broken": Group.promise,
    "promise_cancelled": Group.promise,
    "invoice_released": Group.release,
}


class Line(NamedTuple):
    """One line of a posting. debit, credit: minor units of `currency`, one of them 0. document: the item of a receivable, or
    empty; item_kind: its kind; raises: the line makes the item; receipt_id: of money that is unapplied, or empty."""

    role: str
    currency: str
    debit: int
    credit: int
    document: str = ""
    item_kind: str = ""
    raises: bool = False
    receipt_id: str = ""


class Side(NamedTuple):
    """What is debited or credited, without the amount."""

    role: str
    document: str = ""
    item_kind: str = ""
    raises: bool = False
    receipt_id: str = ""


# Debit and credit of a decision that is not undone.
Sides = tuple[Side, Side]


def bundle_of(d: Decision) -> str:
    """The decisions of one fact with the same bundle are one posting: all that happens to one receipt, or one item."""
    group = GROUPS[d.kind]
    if group is Group.money:
        return f"{group}:{d.receipt_id}"
    return f"{group}:{d.reference_id or d.document or d.receipt_id}"


def lines(d: Decision, suspense: bool = False) -> list[Line]:
    """The lines of a decision; none where it moves nothing. suspense: money without a payer is in the ledger too, so what
    comes from there is in transit; without it, it comes from the bank when its payer is known."""
    amount, undone = d.amount, d.rule.startswith(_REVERSED)
    if d.kind == "fx_difference_posted":
        # A loss is below zero, and so is a gain that is undone.
        gain = (d.amount > 0) != undone
        sides: Sides = (Side(FX_CLEARING), Side(FX_GAIN)) if gain else (Side(FX_LOSS), Side(FX_CLEARING))
        return _two(d.currency, abs(amount), sides, undone) if amount else []
    found = _SIDES[d.kind](d) if d.kind in _SIDES else None
    if d.kind == "receipt_booked" and d.counterparty.startswith("~") and not suspense:
        found = Side(BANK), _cash(d)
    if found is None or not amount:
        return []
    sides = found
    split = {DISCOUNT: DISCOUNT_TAX, WRITE_OFF: WRITE_OFF_TAX}.get(sides[0].role)
    if split is None or not d.tax:
        return _two(d.currency, amount, sides, undone)
    tax = _two(d.currency, d.tax, (Side(split), sides[1]), undone)
    net = _two(d.currency, amount - d.tax, sides, undone) if amount > d.tax else []
    return [*net, *tax]


def _two(currency: str, amount: int, sides: Sides, undone: bool) -> list[Line]:
    debit, credit = reversed([side._replace(raises=False) for side in sides]) if undone else sides
    return [Line(debit.role, currency, amount, 0, *debit[1:]), Line(credit.role, currency, 0, amount, *credit[1:])]


def _item(d: Decision) -> Side:
    return Side(RECEIVABLE, d.document, d.item_kind)


def _cash(d: Decision) -> Side:
    """The money of a receipt that is not applied."""
    return Side(UNIDENTIFIED if d.account_id.startswith("~") else UNAPPLIED, receipt_id=d.receipt_id)


def _booked(d: Decision) -> Sides:
    return (Side(TRANSIT) if d.rule.startswith("transfer.") else Side(BANK)), _cash(d)


def _applied(d: Decision) -> Sides:
    return (Side(FX_CLEARING) if d.other_currency else _cash(d)), _item(d)


def _unapplied(d: Decision) -> Sides:
    cash, item = _applied(d)
    return item, cash


def _gone(d: Decision) -> Sides:
    """With a counterparty it is a credit note that is open again, and no money moves."""
    if d.counterparty:
        return _item(d), Side(RECEIVABLE, d.counterparty, "credit_note")
    return _item(d), Side(FX_CLEARING) if d.other_currency else Side(BANK)


def _sent(d: Decision) -> Sides | None:
    return (_cash(d), Side(TRANSIT)) if d.rule == "transfer.out" else None


def _written_off(d: Decision) -> Sides:
    if not d.document:
        return _cash(d), Side(SMALL_CREDITS)
    return Side(BANK_CHARGES if d.rule.endswith("charges") else WRITE_OFF), _item(d)


def _deducted(d: Decision) -> Sides:
    return Side(RECEIVABLE, d.document, "deduction", True), Side(RECEIVABLE, d.counterparty, "invoice")


def _charged(d: Decision) -> Sides:
    income = {"interest.late": INTEREST, "interest.compensation": COMPENSATION}.get(d.rule, FEES)
    return Side(RECEIVABLE, d.document, "interest", True), Side(income)


def _paid_back(d: Decision) -> Sides:
    taken = _cash(d) if d.receipt_id else Side(RECEIVABLE, d.document, "credit_note")
    return taken, Side(BANK if d.rule == "refund" else REFUNDS)


_SIDES: Final[Mapping[str, Callable[[Decision], Sides | None]]] = {
    "receipt_booked": _booked,
    "cash_applied": _applied,
    "cash_unapplied": _unapplied,
    "application_reversed": _gone,
    "receipt_reversed": lambda d: (_cash(d), Side(BANK)),
    "cash_transferred": _sent,
    "cash_exchanged": lambda d: (_cash(d), Side(FX_CLEARING)),
    "credit_allocated": lambda d: (Side(RECEIVABLE, d.counterparty, "credit_note"), _item(d)),
    "discount_granted": lambda d: (Side(DISCOUNT), _item(d)),
    "write_off_posted": _written_off,
    "deduction_opened": _deducted,
    "interest_charged": _charged,
    "refund_posted": _paid_back,
    "refund_confirmed": lambda d: (Side(REFUNDS), Side(BANK)),
}
