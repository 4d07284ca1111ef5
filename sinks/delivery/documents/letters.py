"""What letters say: their words, and for each currency their tables and sums. A page and a mail are made of the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinks.delivery.documents.figures import (
    INVOICE,
    AnyLetter,
    LetterFigures,
    LetterItem,
    StatedItem,
    StatementFigures,
    Sum,
)
from sinks.delivery.documents.wording import Wording

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One currency. tables: each with `head` and `lines` of texts; sums: name, amount, and whether it stands out."""

    tables: Sequence[Table]
    sums: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in words. asks: whether something is to be paid."""

    subject: str
    opening: Sequence[str]
    parts: Sequence[Part]
    closing: Sequence[str]
    asks: bool


def written(figures: AnyLetter, wording: Wording) -> Letter:
    """A letter in the words of a template. Raises NoTemplate."""
    if isinstance(figures, StatementFigures):
        values, parts, asks = _statement_values(figures, wording), [_stated(figures, wording)], figures.closing > 0
    else:
        values, parts, asks = _reminder_values(figures, wording), _reminded(figures, wording), True
    return Letter(
        wording.line("subject", values),
        wording.text("opening", values),
        parts,
        wording.text("closing", values),
        asks,
    )


# --- reminders ---


def _reminder_values(figures: LetterFigures, wording: Wording) -> dict[str, Any]:
    """What a template of a letter may say."""
    return {
        "account": figures.account,
        "seller": figures.seller.name,
        "customer": figures.buyer.name,
        "day": wording.day(figures.day),
        "level": figures.level,
        "oldest_days": max([figures.days_past_due(item) for item in figures.items], default=0),
        # Some are past due, and some are not.
        "mixed": len({figures.days_past_due(item) > 0 for item in figures.items}) > 1,
        "number_of_items": len(figures.items),
        "contested": any(item.disputed for item in figures.items),
        "totals": [wording.money(one.total, one.currency) for one in figures.sums],
        "broken": [
            {
                "day": wording.day(one.promised),
                "amount": wording.money(one.amount, one.currency),
                "kept": wording.money(one.kept, one.currency) if one.kept else "",
            }
            for one in figures.broken
        ],
    }


_ITEM_COLUMNS: Final = ("document", "issued", "due", "days", "level", "open", "reminded")


def _item_cells(figures: LetterFigures, item: LetterItem, wording: Wording) -> list[str]:
    """One item as the columns of _ITEM_COLUMNS."""
    days = figures.days_past_due(item)
    return [
        _named(item, wording),
        wording.short_day(item.issued),
        wording.short_day(item.due),
        str(days) if days > 0 else wording.label("not_due"),
        str(item.level),
        _open(item, item.currency, wording),
        wording.amount(item.reminded, item.currency),
    ]


def _sum_lines(one: Sum, wording: Wording) -> list[tuple[str, str, bool]]:
    """What a letter asks for in one currency: name, amount, whether it stands out."""
    total = (f"{wording.label('total_open')} ({one.currency})", wording.money(one.total, one.currency), True)
    if not one.charges:
        return [total]
    return [
        (wording.label("items_sum"), wording.money(one.items, one.currency), False),
        (wording.label("charges_sum"), wording.money(one.charges, one.currency), False),
        total,
    ]


def _reminded(figures: LetterFigures, wording: Wording) -> list[Part]:
    label = wording.label
    parts = []
    for one in figures.sums:
        items = [_item_cells(figures, item, wording) for item in figures.items if item.currency == one.currency]
        charges = [
            [label(c.kind), c.about or c.document, wording.short_day(c.due), wording.amount(c.amount, c.currency)]
            for c in figures.charges
            if c.currency == one.currency
        ]
        tables = [_table(_ITEM_COLUMNS, items, wording)]
        if charges:
            tables.append(_table(("charge", "about", "due", "amount"), charges, wording))
        parts.append(Part(tables, _sum_lines(one, wording)))
    return parts


# --- statements of account ---


def _statement_values(figures: StatementFigures, wording: Wording) -> dict[str, Any]:
    """What a template of a statement may say."""
    late = figures.past_due
    return {
        "account": figures.account,
        "seller": figures.seller.name,
        "customer": figures.buyer.name,
        "day": wording.day(figures.day),
        "since": wording.day(figures.since) if figures.since else "",
        "currency": figures.currency,
        # Without a sign: `owed` and `in_credit` say which it is.
        "balance": wording.money(abs(figures.closing), figures.currency),
        "owed": figures.closing > 0,
        "in_credit": figures.closing < 0,
        # Empty where credits and money cover all that is owed, too.
        "past_due": wording.money(late, figures.currency) if late > 0 and figures.closing > 0 else "",
        "number_of_items": len(figures.items),
        "further": bool(figures.further),
        "contested": any(item.disputed for item in figures.items),
    }


def _stated(figures: StatementFigures, wording: Wording) -> Part:
    label, currency = wording.label, figures.currency
    opening = label("opening") + (f" ({wording.short_day(figures.since)})" if figures.since else "")
    moved = [(opening, figures.opening), *[(label(name), amount) for name, amount in figures.moved]]
    lines = [[name, wording.amount(amount, currency)] for name, amount in moved]
    tables = [_table(("movements", "amount"), lines, wording)]
    if figures.items:
        lines = [_stated_cells(figures, item, wording) for item in figures.items]
        tables.append(_table(("document", "issued", "due", "days", "amount", "open"), lines, wording))
    rests = [("further_items", figures.further), ("unallocated", figures.unallocated)]
    sums = [(label(name), wording.money(amount, currency), False) for name, amount in rests if amount]
    if sums and figures.items:
        listed = sum(item.open for item in figures.items)
        sums.insert(0, (label("items_sum"), wording.money(listed, currency), False))
    return Part(tables, [*sums, (f"{label('balance')} ({currency})", wording.money(figures.closing, currency), True)])


def _stated_cells(figures: StatementFigures, item: StatedItem, wording: Wording) -> list[str]:
    days = figures.day - item.due
    late = str(days) if days > 0 else wording.label("not_due")
    return [
        _named(item, wording),
        wording.short_day(item.issued),
        wording.short_day(item.due) if item.due else "",
        late if item.due else "",
        wording.amount(item.amount, figures.currency),
        _open(item, figures.currency, wording),
    ]


# --- what both have ---


def _table(columns: Sequence[str], lines: list[list[str]], wording: Wording) -> Table:
    return {"head": [wording.label(name) for name in columns], "lines": lines}


def _named(item: LetterItem | StatedItem, wording: Wording) -> str:
    """Its number, and what it is where it is no invoice. What rules post as interest may be a fee, or the fixed sum: its number
    says so, as ITEM/fee or ITEM/fee:2."""
    if item.kind == INVOICE:
        return item.document
    name = item.document.rpartition("/")[2].partition(":")[0]
    kind = name if item.kind == "interest" and name in ("fee", "compensation") else item.kind
    return f"{item.document} ({wording.label(kind)})"


def _open(item: LetterItem | StatedItem, currency: str, wording: Wording) -> str:
    text = wording.amount(item.open, currency)
    if item.disputed:
        text += f" ({wording.label('disputed')} {wording.amount(item.disputed, currency)})"
    return text
