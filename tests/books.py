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
    on_account: int = 0
    discounts: int = 0
    written_off: int = 0
    charges: int = 0
    small_credits: int = 0
    exchanged_in: int = 0
    exchanged_out: int = 0
    refunded: int = 0
    credits_refunded: int = 0
    gain: int = 0

    @property
    def balance(self) -> int:
        return self.open_debit - self.open_credit - self.unapplied - self.on_account


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
    # By account, receipt and item: what left a receipt for an item in another currency, in the item's.
    exchanged: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def take_all(self, decisions: Iterable[Decision]) -> "Books":
        for d in decisions:
            self.take(d)
        return self

    def take(self, d: Decision) -> None:
        """Post one decision and hold its own balances against the books. Raises Unsound."""
        post = _POSTINGS.get(d.kind)
        if post is not None:
            _require(d.amount > 0 or (d.amount < 0 and d.kind == "fx_difference_posted"), d, "moves nothing")
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
        own = d.other_currency if d.kind in ("cash_applied", "cash_unapplied") and d.other_currency else d.currency
        _require(money.currency == own, d, f"is in {own}, its receipt in {money.currency}")
        return money

    def _raise(self, d: Decision) -> None:
        _require((d.account_id, d.document) not in self.items, d, "posts a document a second time")
        whole = d.item_amount if d.rule == "posted.opening" else d.amount
        _require(whole >= d.amount, d, "leaves more than there was")
        self.items[d.account_id, d.document] = OpenItem(d.item_kind, d.currency, whole, d.amount)
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
        money.applied[d.document] += amount
        _require(money.applied[d.document] >= 0, d, "takes back more than was applied")
        sums.open_debit -= amount
        sums.cash_applied += amount
        if d.other_currency:
            # cash_exchanged takes it from the receipt, or brings it back there.
            self.exchanged[d.account_id, d.receipt_id, d.document] -= amount
            sums.exchanged_in += amount
        else:
            money.unapplied -= amount
            sums.unapplied -= amount

    def _exchange(self, d: Decision) -> None:
        sign = _sign(d)
        self._money(d).unapplied -= sign * d.amount
        sums = self.sums[d.account_id, d.currency]
        sums.unapplied -= sign * d.amount
        sums.exchanged_out += sign * d.amount
        self.exchanged[d.account_id, d.receipt_id, d.document] += sign * d.other_amount

    def _lower(self, d: Decision) -> None:
        """discount_granted and write_off_posted, or what undoes them."""
        sums, amount = self.sums[d.account_id, d.currency], _sign(d) * d.amount
        if not d.document:
            self._money(d).unapplied -= amount
            sums.unapplied -= amount
            sums.small_credits += amount
            return
        item = self._item(d, d.document)
        _require(item.kind != "credit_note", d, "lowers a credit note")
        _require(0 <= d.tax <= d.amount, d, f"has {d.tax} of tax in {d.amount}")
        item.open -= amount
        sums.open_debit -= amount
        if d.kind == "discount_granted":
            sums.discounts += amount
        elif d.rule in ("cash.7.charges", "reversed.charges"):
            sums.charges += amount
        else:
            sums.written_off += amount

    def _deduct(self, d: Decision) -> None:
        """From one item to another: the account's sums stay."""
        invoice, amount = self._item(d, d.counterparty), _sign(d) * d.amount
        invoice.open -= amount
        _require(0 <= invoice.open <= invoice.amount, d, f"leaves {invoice.open} of {d.counterparty} open")
        if amount > 0:
            _require((d.account_id, d.document) not in self.items, d, "opens a deduction a second time")
            self.items[d.account_id, d.document] = OpenItem("deduction", d.currency, 0, 0)
            self.items[d.account_id, d.document].amount = amount
        self._item(d, d.document).open += amount

    def _gain(self, d: Decision) -> None:
        self.sums[d.account_id, d.currency].gain += d.amount

    def _refund(self, d: Decision) -> None:
        sums = self.sums[d.account_id, d.currency]
        if d.document:
            self._item(d, d.document).open -= d.amount
            sums.open_credit -= d.amount
            sums.credits_refunded += d.amount
        else:
            self._money(d).unapplied -= d.amount
            sums.unapplied -= d.amount
            sums.refunded += d.amount

    def _keep(self, d: Decision) -> None:
        amount = _sign(d) * d.amount
        self._money(d).unapplied -= amount
        sums = self.sums[d.account_id, d.currency]
        sums.unapplied -= amount
        sums.on_account += amount

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
            ("on_account", sums.on_account),
        ):
            _require(getattr(d, name) == ours, d, f"says {name} {getattr(d, name)}, the books say {ours}")
        laws = (
            (
                "debits",
                sums.debits_raised - d.open_debit,
                sums.cash_applied + sums.credits_allocated + sums.discounts + sums.charges + sums.written_off,
            ),
            ("credits", sums.credits_raised - d.open_credit, sums.credits_allocated + sums.credits_refunded),
            (
                "receipts",
                sums.booked
                + sums.transferred_in
                + sums.exchanged_in
                - sums.returned
                - sums.transferred_out
                - sums.exchanged_out,
                sums.cash_applied + d.unapplied + d.on_account + sums.refunded + sums.small_credits,
            ),
        )
        for law, left, right in laws:
            _require(left == right, d, f"breaks the conservation of {law}: {left} is not {right}")
        if (
            d.document
            and (d.account_id, d.document) in self.items
            and d.kind in _POSTINGS
            and d.kind not in NOT_OF_ITEMS
        ):
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
        if any(self.exchanged.values()):
            raise Unsound(f"cash that was exchanged is on no item: {dict(self.exchanged)}")
        for (account, currency), sums in self.sums.items():
            items = [i for (a, _), i in self.items.items() if a == account and i.currency == currency]
            debit = sum(i.open for i in items if i.kind != "credit_note")
            credit = sum(i.open for i in items if i.kind == "credit_note")
            cash = sum(m.unapplied for (a, _), m in self.receipts.items() if a == account and m.currency == currency)
            if (debit, credit, cash) != (sums.open_debit, sums.open_credit, sums.unapplied):
                raise Unsound(
                    f"{account} {currency}: items and receipts have {debit, credit, cash}, its sums are {sums}"
                )


def _sign(d: Decision) -> int:
    return -1 if d.rule.startswith("reversed.") else 1


def _require(holds: bool, d: Decision, what: str) -> None:
    if not holds:
        raise Unsound(
            f"decision {d.shard}-{d.sequence} ({d.kind} {d.rule} {d.account_id} {d.document} {d.receipt_id} "
            f"{d.amount} {d.currency}) {what}"
        )


# What a dispute may end in.
_OUTCOMES = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
# They name the item that they are for, and say nothing of it.
NOT_OF_ITEMS = ("cash_exchanged", "fx_difference_posted")
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
    "cash_exchanged": Books._exchange,
    "discount_granted": Books._lower,
    "write_off_posted": Books._lower,
    "deduction_opened": Books._deduct,
    "fx_difference_posted": Books._gain,
    "refund_posted": Books._refund,
    "cash_on_account": Books._keep,
}
