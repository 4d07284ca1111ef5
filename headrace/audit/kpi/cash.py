"""kpi_cash_application, kpi_write_offs, kpi_deductions: what became of receipts, and what is given up or kept back."""

from collections import defaultdict
from dataclasses import dataclass, field

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import DEDUCTION, UNDONE, Basis, by_person, customers
from headrace.audit.kpi.tables import Rows, Table, per
from headrace.audit.transit import BROUGHT
from schemas.records import Decision


@dataclass(slots=True)
class _Receipt:
    """One receipt of a customer's account: its first booking, and what came of it."""

    booked: Decision
    amount: int = 0
    sent_on: int = 0
    applied: int = 0
    touched: bool = False
    last_applied: Decision | None = None
    pairs: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)


def cash_application(basis: Basis) -> Rows:
    """kpi_cash_application."""
    table = Table("receipts", "received_minor", "cleared", "cleared_minor", "straight_through", "applied_pairs", "wrong_pairs", "on_same_day")  # fmt: skip
    sent = {f"{BROUGHT}{d.shard}-{d.sequence}": d for d in basis.of("cash_transferred")}
    for receipt in _receipts(basis, sent).values():
        booked, last = receipt.booked, receipt.last_applied
        received = receipt.amount - receipt.sent_on
        if receipt.sent_on and not received:
            # It counts where it came.
            continue
        cleared = receipt.applied == received
        same_day = last is not None and basis.on_event(last)[0] == basis.on_event(booked)[0]
        table.add(
            basis.on_posted(booked),
            receipts=1,
            received_minor=received,
            cleared=int(cleared),
            cleared_minor=received if cleared else 0,
            straight_through=int(cleared and not receipt.touched),
            applied_pairs=len(receipt.pairs),
            wrong_pairs=len(receipt.wrong),
            on_same_day=int(cleared and same_day),
        )
    return table.flow(
        lambda row: {
            "straight_through_bp": per(row["straight_through"], row["receipts"]),
            "accuracy_bp": per(row["applied_pairs"] - row["wrong_pairs"], row["applied_pairs"]),
        }
    )


def _receipts(basis: Basis, sent: dict[str, Decision]) -> dict[tuple[str, str], _Receipt]:
    found: dict[tuple[str, str], _Receipt] = {}
    touched: dict[tuple[str, str], bool] = defaultdict(bool)
    for d in basis.decisions:
        if not d.receipt_id or not customers(d):
            continue
        name = account_of(d), d.receipt_id
        by_hand = by_person(d) or d.rule in ("cash.operator", "cash.erp")
        if d.kind == "receipt_booked":
            receipt = found.setdefault(name, _Receipt(d))
            receipt.amount += d.amount
            came = sent.get(d.cause_id)
            by_hand = by_hand or (came is not None and by_person(came))
        touched[name] = touched[name] or by_hand
        if name in found:
            _applied(found[name], d)
    for name, receipt in found.items():
        receipt.touched = touched[name]
    return found


def _applied(receipt: _Receipt, d: Decision) -> None:
    amount = d.other_amount if d.other_currency else d.amount
    if d.kind == "cash_transferred" and d.rule == "transfer.out":
        receipt.sent_on += d.amount
    elif d.kind == "cash_applied":
        receipt.applied += amount
        receipt.last_applied = d
        receipt.pairs.add(d.document)
    elif d.kind == "cash_unapplied" or (d.kind == "application_reversed" and not d.counterparty):
        receipt.applied -= amount
        if d.kind == "cash_unapplied" and d.document in receipt.pairs:
            receipt.wrong.add(d.document)


def write_offs(basis: Basis) -> Rows:
    """kpi_write_offs."""
    table = Table("posted", "reversed", "written_off_minor", "tax_minor", "proposed", "proposed_minor")
    for d in basis.of("write_off_posted"):
        key = basis.on_posted(d, d.category, d.rule.removeprefix(UNDONE))
        sign = undone(d)
        table.add(key, posted=int(sign > 0), reversed=int(sign < 0), written_off_minor=sign * d.amount)
        table.add(key, tax_minor=sign * d.tax)
    for d in basis.of("write_off_proposed"):
        table.add(basis.on_event(d, d.category, d.rule), proposed=1, proposed_minor=d.amount)
    return table.flow()


def undone(d: Decision) -> int:
    """-1 where it takes back what was posted, else 1."""
    return -1 if d.rule.startswith(UNDONE) else 1


def deductions(basis: Basis) -> Rows:
    """kpi_deductions."""
    table = Table("opened", "opened_minor", "undone_minor", "recovered_minor", "credited_minor", "written_off_minor", "net_minor")  # fmt: skip
    for item in basis.items.values():
        if item.kind != DEDUCTION:
            continue
        for _, change, d in item.moves:
            key = basis.on_posted(d, item.raised.category)
            measure = _of_deduction(d)
            if measure == "opened_minor":
                table.add(key, opened=1, opened_minor=change)
            else:
                table.add(key, **{measure: -change})
            table.add(key, net_minor=change)
    return table.flow()


def _of_deduction(d: Decision) -> str:
    """The measure that a movement of a deduction counts in."""
    if d.kind == "deduction_opened":
        return "opened_minor" if undone(d) > 0 else "undone_minor"
    if d.kind in ("discount_granted", "write_off_posted"):
        return "written_off_minor"
    return "credited_minor" if d.kind == "credit_allocated" or d.counterparty else "recovered_minor"
