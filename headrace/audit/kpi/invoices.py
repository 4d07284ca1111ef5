"""kpi_throughput, kpi_release, kpi_delivery, kpi_cycle_time: invoices from draft to cleared."""

from collections import Counter
from fractions import Fraction
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import INVOICE, OPENING, Basis, by_person, minutes, said, shown
from headrace.audit.kpi.tables import Rows, Table, per, tenths
from schemas.records import Decision

STATUSES: Final = ("sent", "delivered", "viewed", "acknowledged", "rejected", "failed")
_CLEARS: Final = frozenset(("cash_applied", "credit_allocated", "discount_granted", "write_off_posted"))


def throughput(basis: Basis) -> Rows:
    """kpi_throughput."""
    table = Table("generated", "generated_minor", "requested", *STATUSES, "cleared", "decisions")
    for d in basis.decisions:
        key = basis.on_event(d)
        table.add(key, decisions=1)
        if _generates(d):
            table.add(key, generated=1, generated_minor=d.amount)
        elif d.kind == "delivery_requested":
            table.add(key, requested=1)
        elif d.kind == "delivery_status" and d.text in STATUSES:
            table.add(key, **{d.text: 1})
        item = basis.cleared.get((d.shard, d.sequence))
        if item is not None and item.kind == INVOICE and d.kind in _CLEARS:
            table.add(key, cleared=1)
    return table.flow()


def _generates(d: Decision) -> bool:
    """It brings an invoice, and not by being taken over."""
    return d.kind == "invoice_released" or (d.kind == "item_posted" and d.item_kind == INVOICE and d.rule != OPENING)


def release(basis: Basis) -> Rows:
    """kpi_release."""
    measures = ("held", "held_minor", "holds", "released", "released_minor", "released_at_once", "released_by_person")
    table = Table(*measures, "withdrawn", "hold_minutes", "hold_ended")
    first: dict[tuple[str, str], Decision] = {}
    for d in basis.decisions:
        if d.kind not in ("invoice_held", "invoice_released", "invoice_withdrawn"):
            continue
        key, name = basis.on_event(d), (account_of(d), draft_of(d))
        held = first.get(name)
        if d.kind == "invoice_held":
            table.add(key, holds=1)
            if held is None:
                first[name] = d
                table.add(key, held=1, held_minor=d.amount)
            continue
        if d.kind == "invoice_released":
            table.add(key, released=1, released_minor=d.amount, released_at_once=int(held is None))
            table.add(key, released_by_person=int(d.rule == "release.manual"))
        else:
            table.add(key, withdrawn=1)
        if held is not None:
            table.add(key, hold_minutes=minutes(held, d), hold_ended=1)
    return table.flow(lambda row: {"at_once_bp": per(row["released_at_once"], row["released"])})


def draft_of(d: Decision) -> str:
    """The draft's number: of an instalment the one that it has of all of them."""
    part = said(d, "part").split(":", 2)
    return part[2] if len(part) == 3 else d.document


def delivery(basis: Basis) -> Rows:
    """kpi_delivery."""
    table = Table("requests", "fallbacks", "resends", *STATUSES, "delivered_minutes", "delivered_requested")
    requested: dict[tuple[str, str], Decision] = {}
    delivered: set[tuple[str, str]] = set()
    for d in basis.decisions:
        key, name = basis.on_event(d, d.channel), (account_of(d), d.document)
        if d.kind == "delivery_requested":
            requested.setdefault(name, d)
            again = {"delivery.fallback": "fallbacks", "delivery.resend": "resends"}.get(d.rule)
            table.add(key, requests=1, **({again: 1} if again else {}))
        elif d.kind == "delivery_status" and d.text in STATUSES:
            table.add(key, **{d.text: 1})
            if d.text == "delivered" and name not in delivered and name in requested:
                delivered.add(name)
                table.add(key, delivered_minutes=minutes(requested[name], d), delivered_requested=1)
    return table.flow(lambda row: {"delivered_bp": per(row["delivered"], row["sent"])})


def cycle_time(basis: Basis) -> Rows:
    """kpi_cycle_time."""
    table = Table("invoices", "invoiced_minor", "settle_days", "late_days", "late", "touches", "untouched")
    touched = Counter((account_of(d), d.document) for d in basis.decisions if d.document and by_person(d))
    for name, item in basis.items.items():
        if not _generates(item.raised) or item.open:
            continue
        cleared = max([item.day, *(day for day, change, _ in item.moves if change < 0)])
        late = max(0, cleared - item.raised.due_date)
        table.add(
            (shown(cleared), *basis.group(item.raised)),
            invoices=1,
            invoiced_minor=item.raised.amount,
            settle_days=cleared - item.day,
            late_days=late,
            late=int(late > 0),
            touches=touched[name],
            untouched=int(not touched[name]),
        )
    return table.flow(
        lambda row: {
            "mean_settle_days": tenths(Fraction(row["settle_days"], row["invoices"])) if row["invoices"] else None,
            "touches_per_100": per(row["touches"], row["invoices"], 100),
        }
    )
