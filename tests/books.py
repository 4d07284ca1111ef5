"""A second set of books: recomputed from decisions alone, as docs/ledger.md says what each of them posts.

Shares no code with the rules. `Books.take` raises Unsound at the first decision whose balances, items,
receipts or conservation laws do not hold.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.records import Decision


class Unsound(AssertionError):
    """A decision that the books do not bear. The message names it and what is wrong."""


@dataclass(slots=True)
class Sums:
    """What one account has in one currency, minor units."""

    open_debit: int = 0
    open_credit: int = 0
    unapplied: int = 0
    debits_raised: int = 0
    credits_raised: int = 0
    cash_applied: int = 0
    credits_allocated: int = 0
    booked: int = 0
    transferred_in: int = 0
    transferred_out: int = 0
    returned: int = 0

    @property
    def balance(self) -> int:
        return self.open_debit - self.open_credit - self.unapplied


@dataclass(slots=True)
class OpenItem:
    kind: str
    currency: str
    amount: int
    open: int


@dataclass(slots=True)
class Money:
    """One receipt at one account: what is unapplied, and what is applied to which document."""

    currency: str
    unapplied: int = 0
    applied: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class Books:
    sums: dict[tuple[str, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    items: dict[tuple[str, str], OpenItem] = field(default_factory=dict)
    receipts: dict[tuple[str, str], Money] = field(default_factory=dict)
    in_transit: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take_all(self, decisions: Iterable[Decision]) -> "Books":
        for d in decisions:
            self.take(d)
        return self

    def take(self, d: Decision) -> None:
        """Post one decision and hold its own balances against the books. Raises Unsound."""
        post = _POSTINGS.get(d.kind)
        if post is not None:
            _require(d.amount > 0, d, "moves nothing")
            post(self, d)
        if d.kind == "dispute_closed":
            parts = [int(text.partition(":")[2]) for text in d.evidence if text.partition(":")[0] in _OUTCOMES]
            _require(sum(parts) == d.amount and min(parts, default=0) >= 0, d, f"closes with {parts} of {d.amount}")
        if d.currency:
            self._check(d)

    def open_items(self, account: str) -> dict[str, int]:
        """What is open of each document that has something open; credits too."""
        return {doc: item.open for (owner, doc), item in sorted(self.items.items()) if owner == account and item.open}

    def _item(self, d: Decision, document: str) -> OpenItem:
        item = self.items.get((d.account_id, document))
        _require(item is not None, d, f"is about {document!r}, which was never posted")
        assert item is not None
        _require(item.currency == d.currency, d, f"is in {d.currency}, {document} in {item.currency}")
        return item

    def _money(self, d: Decision) -> Money:
        money = self.receipts.get((d.account_id, d.receipt_id))
        _require(money is not None, d, f"is about receipt {d.receipt_id!r}, which was never booked")
        assert money is not None
        _require(money.currency == d.currency, d, f"is in {d.currency}, its receipt in {money.currency}")
        return money

    def _raise(self, d: Decision) -> None:
        _require((d.account_id, d.document) not in self.items, d, "posts a document a second time")
        self.items[d.account_id, d.document] = OpenItem(d.item_kind, d.currency, d.amount, d.amount)
        sums = self.sums[d.account_id, d.currency]
        if d.item_kind == "credit_note":
            sums.credits_raised += d.amount
            sums.open_credit += d.amount
        else:
            sums.debits_raised += d.amount
            sums.open_debit += d.amount

    def _book(self, d: Decision) -> None:
        money = self.receipts.setdefault((d.account_id, d.receipt_id), Money(d.currency))
        _require(money.currency == d.currency, d, "books a receipt in two currencies")
        money.unapplied += d.amount
        sums = self.sums[d.account_id, d.currency]
        sums.unapplied += d.amount
        if d.rule in ("transfer.in", "transfer.returned"):
            sums.transferred_in += d.amount
            self.in_transit[d.currency] -= d.amount
            _require(self.in_transit[d.currency] >= 0, d, "takes in what nobody sent")
        else:
            sums.booked += d.amount

    def _apply(self, d: Decision) -> None:
        self._move(d, d.amount)

    def _unapply(self, d: Decision) -> None:
        self._move(d, -d.amount)

    def _move(self, d: Decision, amount: int) -> None:
        item, money, sums = self._item(d, d.document), self._money(d), self.sums[d.account_id, d.currency]
        _require(item.kind != "credit_note", d, "applies cash to a credit note")
        item.open -= amount
        money.unapplied -= amount
        money.applied[d.document] += amount
        _require(money.applied[d.document] >= 0, d, "takes back more than was applied")
        sums.open_debit -= amount
        sums.unapplied -= amount
        sums.cash_applied += amount

    def _reverse(self, d: Decision) -> None:
        if d.counterparty:
            self._allocated(d, -d.amount)
            return
        self._move(d, -d.amount)
        self._give_back(d)

    def _give_back(self, d: Decision) -> None:
        self._money(d).unapplied -= d.amount
        sums = self.sums[d.account_id, d.currency]
        sums.unapplied -= d.amount
        sums.returned += d.amount

    def _allocate(self, d: Decision) -> None:
        self._allocated(d, d.amount)

    def _allocated(self, d: Decision, amount: int) -> None:
        invoice, credit = self._item(d, d.document), self._item(d, d.counterparty)
        _require(invoice.kind != "credit_note" and credit.kind == "credit_note", d, "allocates no credit to a debit")
        invoice.open -= amount
        credit.open -= amount
        _require(0 <= credit.open <= credit.amount, d, f"leaves {credit.open} of {d.counterparty} open")
        sums = self.sums[d.account_id, d.currency]
        sums.open_debit -= amount
        sums.open_credit -= amount
        sums.credits_allocated += amount

    def _transfer(self, d: Decision) -> None:
        if d.rule == "transfer.out":
            self._money(d).unapplied -= d.amount
            sums = self.sums[d.account_id, d.currency]
            sums.unapplied -= d.amount
            sums.transferred_out += d.amount
            self.in_transit[d.currency] += d.amount

    def _check(self, d: Decision) -> None:
        sums = self.sums[d.account_id, d.currency]
        for name, ours in (
            ("open_debit", sums.open_debit),
            ("open_credit", sums.open_credit),
            ("unapplied", sums.unapplied),
        ):
            _require(getattr(d, name) == ours, d, f"says {name} {getattr(d, name)}, the books say {ours}")
        _require(d.on_account == 0, d, "leaves money on account, which nothing does yet")
        laws = (
            ("debits", sums.debits_raised - d.open_debit, sums.cash_applied + sums.credits_allocated),
            ("credits", sums.credits_raised - d.open_credit, sums.credits_allocated),
            (
                "receipts",
                sums.booked + sums.transferred_in - sums.returned - sums.transferred_out,
                sums.cash_applied + d.unapplied + d.on_account,
            ),
        )
        for law, left, right in laws:
            _require(left == right, d, f"breaks the conservation of {law}: {left} is not {right}")
        if d.document and (d.account_id, d.document) in self.items and d.kind in _POSTINGS:
            item = self.items[d.account_id, d.document]
            _require(0 <= item.open <= item.amount, d, f"leaves {item.open} of {item.amount} open")
            _require(d.item_open == item.open, d, f"says {d.item_open} is open, the books say {item.open}")
            _require(d.item_amount == item.amount, d, f"says the item was {d.item_amount}, it was {item.amount}")
            _require(0 <= d.item_disputed <= d.item_open, d, f"disputes {d.item_disputed} of {d.item_open}")
        if d.receipt_id and d.kind in _POSTINGS and d.rule != "transfer.refused" and d.rule != "transfer.return":
            money = self.receipts[d.account_id, d.receipt_id]
            _require(money.unapplied >= 0, d, "spends more than the receipt has")
            said = d.receipt_unapplied
            _require(said == money.unapplied, d, f"says {said} is unapplied, the books say {money.unapplied}")

    def settle(self) -> None:
        """What must hold between decisions: the sums are those of the items and receipts. Raises Unsound."""
        for (account, currency), sums in self.sums.items():
            items = [i for (a, _), i in self.items.items() if a == account and i.currency == currency]
            debit = sum(i.open for i in items if i.kind != "credit_note")
            credit = sum(i.open for i in items if i.kind == "credit_note")
            cash = sum(m.unapplied for (a, _), m in self.receipts.items() if a == account and m.currency == currency)
            if (debit, credit, cash) != (sums.open_debit, sums.open_credit, sums.unapplied):
                raise Unsound(
                    f"{account} {currency}: items and receipts have {debit, credit, cash}, its sums are {sums}"
                )


def _require(holds: bool, d: Decision, what: str) -> None:
    if not holds:
        raise Unsound(
            f"decision {d.shard}-{d.sequence} ({d.kind} {d.rule} {d.account_id} {d.document} {d.receipt_id} "
            f"{d.amount} {d.currency}) {what}"
        )


# What a dispute may end in.
_OUTCOMES = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
_POSTINGS = {
    "invoice_released": Books._raise,
    "item_posted": Books._raise,
    "interest_charged": Books._raise,
    "receipt_booked": Books._book,
    "cash_applied": Books._apply,
    "cash_unapplied": Books._unapply,
    "application_reversed": Books._reverse,
    "receipt_reversed": Books._give_back,
    "credit_allocated": Books._allocate,
    "cash_transferred": Books._transfer,
}
