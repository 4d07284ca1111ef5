"""Exposures recomputed from scratch, out of facts and decisions: the slow and simple second opinion of tests.

`Ledger.take` takes a fact with its decisions; `parts` walks everything there is each time it is asked. Shares no code with the rules.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from schemas import records as r
from schemas.records import Decision, Fact
from tests.facts import DAY_MS

DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@dataclass(slots=True)
class Item:
    due_date: int
    currency: str
    open: int = 0
    disputed: int = 0


@dataclass(slots=True)
class Ledger:
    """What one account owes, will owe and has paid, as told by facts and decisions."""

    orders: dict[str, r.Order] = field(default_factory=dict)
    shipments: dict[str, r.Shipment] = field(default_factory=dict)
    drafts: dict[str, r.Invoice] = field(default_factory=dict)
    billed: list[r.Invoice] = field(default_factory=list)
    balances: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    today: int = 0

    def take_fact(self, fact: Fact, rejected: bool) -> None:
        if isinstance(fact, r.Clock):
            self.today = max(self.today, fact.now // DAY_MS)
        if rejected:
            return
        if isinstance(fact, r.Order):
            self.orders[fact.order_id] = fact
        elif isinstance(fact, r.Shipment):
            self.shipments.setdefault(fact.shipment_id, fact)
        elif isinstance(fact, r.Invoice) and fact.stage == "draft":
            self.drafts[fact.document] = fact
        elif isinstance(fact, r.Invoice):
            self.billed.append(fact)

    def take(self, d: Decision) -> None:
        if d.currency:
            self.balances[d.currency] = d.open_debit, d.open_credit, d.unapplied, d.on_account
        if d.kind == "invoice_released":
            self.billed.append(self.drafts.pop(d.document))
        elif d.kind == "item_posted":
            self.drafts.pop(d.document, None)
        if d.kind in ("invoice_released", "item_posted", "interest_charged") and d.item_kind != "credit_note":
            self.items[d.document] = Item(d.due_date, d.currency)
        item = self.items.get(d.document)
        if item is not None and (d.item_amount or d.kind in ("dispute_opened", "dispute_closed", "escalated")):
            item.disputed = d.item_disputed
            if d.item_amount:
                item.open = d.item_open

    def parts(self, currency: str) -> dict[str, int]:
        """The parts of the exposure in that currency, those that are not zero."""
        debit, credit, unapplied, on_account = self.balances.get(currency, (0, 0, 0, 0))
        unbilled, ordered = 0, 0
        for order_id, order in self.orders.items():
            if order.currency == currency:
                one = self._order(order_id, order)
                unbilled += one[0]
                ordered += one[1]
        found = {
            "open_items": debit - credit,
            "unbilled": unbilled,
            "drafts": sum(x.amount for x in self.drafts.values() if x.currency == currency),
            "orders": ordered,
            "unapplied": -(unapplied + on_account),
        }
        return {name: amount for name, amount in found.items() if amount}

    def _order(self, order_id: str, order: r.Order) -> tuple[int, int]:
        later: dict[int, int] = defaultdict(int)
        for invoice in [*self.billed, *self.drafts.values()]:
            if invoice.order_id == order_id:
                for line in invoice.lines:
                    later[line.order_line] += line.quantity_milli
        shipped: dict[int, int] = defaultdict(int)
        for shipment in self.shipments.values():
            if shipment.order_id == order_id:
                for sent in shipment.lines:
                    shipped[sent.order_line] += sent.quantity_milli
        unbilled, ordered = 0, 0
        for of in order.lines:
            unbilled += _worth(shipped[of.line] - later[of.line], of.unit_price_micro, order.currency)
            if not order.cancelled:
                reached = max(shipped[of.line], later[of.line])
                ordered += _worth(of.quantity_milli - reached, of.unit_price_micro, order.currency)
        return unbilled, ordered

    def past_due_days(self) -> int:
        """For how long the oldest item is past due of which something is not disputed."""
        due = [x.due_date for x in self.items.values() if x.open > x.disputed]
        return max(0, self.today - min(due)) if due else 0


def _worth(quantity_milli: int, price_micro: int, currency: str) -> int:
    exact = Fraction(max(0, quantity_milli) * price_micro, 10**9) * 10 ** DIGITS[currency]
    return floor(exact + Fraction(1, 2))


def evidence(d: Decision, names: Iterable[str]) -> dict[str, int]:
    """The numbers that a decision says under these names."""
    pairs = (text.partition(":") for text in d.evidence)
    return {name: int(number) for name, _, number in pairs if name in names}
