"""The books, recomputed from the decisions alone by the posting rules of docs/ledger.md.

`Books.post` takes decisions in order, compares each with the balances it says, and goes on from what
it says where they differ, so that one wrong decision is one finding and not thousands.
"""

from collections.abc import Iterable
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account, Dispute, Item, Receipt, due_by, keep_part, named, pause
from headrace.audit.findings import Check
from headrace.audit.keep import Keep, Scratch
from schemas.records import Decision

AMOUNT_KNOWN: Final = "disputes.amount_known"
# Decisions that move no balance; any other kind that posts is in Books._POST.
SILENT: Final = frozenset(
    (
        "invoice_held",
        "cash_proposed",
        "dispute_routed",
        "fact_rejected",
        "alias_learned",
    )
)
# Decisions that state the item they are about as it is after them.
ABOUT_AN_ITEM: Final = frozenset(
    (
        "invoice_released",
        "item_posted",
        "cash_applied",
        "cash_unapplied",
        "application_reversed",
        "credit_allocated",
        "reminder_due",
        "reminder_suppressed",
    )
)
ABOUT_A_RECEIPT: Final = frozenset(
    (
        "receipt_booked",
        "cash_applied",
        "cash_unapplied",
        "application_reversed",
        "receipt_reversed",
        "cash_proposed",
        "credit_allocated",
    )
)


def _pack(value: Any) -> Any:
    return tuple(getattr(value, name) for name in value.__slots__)


def _item(values: Any) -> Item:
    return Item(*values)


def _receipt(values: Any) -> Receipt:
    return Receipt(*values)


class Books:
    """The books of one shard."""

    def __init__(self, check: Check, scratch: Scratch) -> None:
        self._check: Final = check
        self.accounts: Final[dict[str, Account]] = {}
        self.cleared: Final[Keep[Item]] = Keep(scratch, _pack, _item)
        self.receipts: Final[Keep[Receipt]] = Keep(scratch, _pack, _receipt)

    def account(self, key: str) -> Account:
        found = self.accounts.get(key)
        if found is None:
            found = self.accounts[key] = Account(key)
        return found

    def item(self, account: Account, document: str) -> Item | None:
        """The document, open or cleared."""
        return account.open.get(document) or self.cleared.get(named(account, document))

    def receipt(self, account: Account, receipt_id: str) -> Receipt | None:
        return self.receipts.get(named(account, receipt_id))

    def receipt_name(self, account: Account, receipt_id: str, bank_account: str) -> str:
        """The number of a receipt in this account, with the bank account behind it if another bank gave that number too."""
        name = receipt_id
        while (known := self.receipt(account, name)) is not None:
            if not known.bank_account or not bank_account or known.bank_account == bank_account:
                break
            name = f"{name}@{bank_account}"
        return name

    def keep_receipt(self, account: Account, receipt: Receipt) -> None:
        self.receipts.put(named(account, receipt.receipt_id), receipt)

    # --- posting ---

    def post(self, account: Account, d: Decision) -> None:
        """Post it, and compare what it says with what follows."""
        self._check.checked += 1
        kind = d.kind
        if kind in _POST:
            account.covered.clear()
            _POST[kind](self, account, d)
        elif kind not in SILENT:
            self._wrong(d, "unknown_kind", f"no decision is called {kind!r}")
        if d.currency:
            self._compare_balances(account, d)
        if kind in ABOUT_AN_ITEM:
            self._compare_item(account, d)
        if kind in ABOUT_A_RECEIPT or (kind == "cash_transferred" and d.rule == "transfer.out"):
            self._compare_receipt(account, d)

    def _wrong(self, d: Decision, code: str, text: str) -> None:
        self._check.about(d, code, f"{d.kind}: {text}")

    def _compare_balances(self, account: Account, d: Decision) -> None:
        sums = account.sums_of(d.currency)
        here = sums.balances()
        said = (d.open_debit, d.open_credit, d.unapplied, d.on_account)
        account.last_sequence, account.stated[d.currency] = d.sequence, said
        if here != said:
            for name, right, stated in zip(
                ("open_debit", "open_credit", "unapplied", "on_account"), here, said, strict=True
            ):
                if right != stated:
                    self._wrong(d, name, f"{name} is {right} {d.currency} after it, it says {stated}")
            # Go on from what it says.
            sums.debits_raised += d.open_debit - sums.open_debit
            sums.credits_raised += d.open_credit - sums.open_credit
            sums.received += d.unapplied - sums.unapplied
        if min(said) < 0:
            self._wrong(d, "negative", f"a balance below zero in {d.currency}: {said}")

    def _compare_item(self, account: Account, d: Decision) -> None:
        item = self.item(account, d.document)
        if item is None:
            return
        for name, right, said in (
            ("item_amount", item.amount, d.item_amount),
            ("item_open", item.open, d.item_open),
            ("item_disputed", item.disputed, d.item_disputed),
        ):
            if right != said:
                self._wrong(d, name, f"{name} of {d.document} is {right} after it, it says {said}")
        if d.kind not in ("reminder_due", "reminder_suppressed") and d.level != item.level:
            self._wrong(d, "level", f"{d.document} is at level {item.level}, it says {d.level}")
            item.level = d.level
        item.disputed = d.item_disputed
        if item.open != d.item_open:
            item.open = d.item_open
            self._place(account, item)

    def _compare_receipt(self, account: Account, d: Decision) -> None:
        receipt = self.receipt(account, d.receipt_id)
        if receipt is not None and receipt.unapplied != d.receipt_unapplied:
            self._wrong(
                d,
                "receipt_unapplied",
                f"receipt_unapplied of {d.receipt_id} is {receipt.unapplied} after it, it says {d.receipt_unapplied}",
            )
            receipt.unapplied = d.receipt_unapplied
            self.keep_receipt(account, receipt)

    # --- items ---

    def _place(self, account: Account, item: Item) -> None:
        """Put the item with the open or with the cleared ones."""
        name = named(account, item.document)
        if item.open:
            if item.document not in account.open:
                account.open[item.document] = item
                self.cleared.drop(name)
        else:
            account.open.pop(item.document, None)
            self.cleared.put(name, item)

    def _debit(self, account: Account, d: Decision) -> Item | None:
        """The debit that cash moves on; None, and a finding, where there is none of that currency."""
        item = self.item(account, d.document)
        if item is None or item.kind == CREDIT or item.currency != d.currency:
            self._wrong(d, "no_item", f"{account.key} has no debit {d.document} in {d.currency}")
            return None
        return item

    def _lower(self, account: Account, item: Item, d: Decision) -> None:
        if d.amount > item.open:
            self._wrong(d, "over_item", f"{d.amount} on {item.document}, which has {item.open} open")
        item.open = max(0, item.open - d.amount)
        item.disputed = min(item.disputed, item.open)
        self._place(account, item)

    def _raise(self, account: Account, item: Item, d: Decision) -> None:
        """Open again by that much."""
        item.open += d.amount
        pause(account, item)
        if item.open > item.amount:
            self._wrong(d, "over_amount", f"{item.open} open of {item.document}, which is over {item.amount}")
        self._place(account, item)

    def _booked(self, account: Account, d: Decision) -> Receipt | None:
        receipt = self.receipt(account, d.receipt_id)
        if receipt is None or not receipt.amount or receipt.currency != d.currency:
            self._wrong(d, "no_receipt", f"{account.key} has no receipt {d.receipt_id} in {d.currency}")
            return None
        return receipt

    def _take(self, account: Account, receipt: Receipt, d: Decision) -> None:
        """Take unapplied cash from a receipt."""
        if d.amount > receipt.unapplied:
            self._wrong(d, "over_receipt", f"{d.amount} of {d.receipt_id}, which has {receipt.unapplied} unapplied")
        receipt.unapplied = max(0, receipt.unapplied - d.amount)
        self.keep_receipt(account, receipt)

    def _positive(self, d: Decision) -> None:
        if d.amount <= 0:
            self._wrong(d, "amount", f"it posts {d.amount}")

    def _post_item(self, account: Account, d: Decision) -> None:
        self._positive(d)
        sums = account.sums_of(d.currency)
        if d.item_kind == CREDIT:
            sums.credits_raised += d.amount
        else:
            sums.debits_raised += d.amount
        if self.item(account, d.document) is not None:
            self._wrong(d, "item_twice", f"{d.document} was opened before")
            return
        item = Item(
            d.document,
            d.item_kind,
            d.currency,
            d.amount,
            d.amount,
            0,
            0,
            d.due_date,
            d.document_date,
            d.posting_date,
            d.counterparty if d.item_kind == CREDIT else "",
        )
        pause(account, item)
        self._place(account, item)

    def _post_booked(self, account: Account, d: Decision) -> None:
        self._positive(d)
        sums = account.sums_of(d.currency)
        receipt = self.receipt(account, d.receipt_id)
        if receipt is None:
            receipt = Receipt(d.receipt_id, d.currency)
        if d.rule == "transfer.returned":
            sums.transferred_in += d.amount
            left = receipt.sent.get(d.counterparty, 0) - d.amount
            if left < 0:
                self._wrong(d, "over_transferred", f"{d.amount} came back of {left + d.amount} sent")
            keep_part(receipt.sent, d.counterparty, left)
        else:
            if receipt.amount:
                self._wrong(d, "receipt_twice", f"{d.receipt_id} was booked before")
            receipt.amount += d.amount
            receipt.currency = d.currency
            if d.rule == "transfer.in":
                sums.transferred_in += d.amount
                receipt.came_from = d.counterparty
            else:
                sums.received += d.amount
        receipt.unapplied += d.amount
        self.keep_receipt(account, receipt)

    def _post_applied(self, account: Account, d: Decision) -> None:
        self._positive(d)
        account.sums_of(d.currency).cash_applied += d.amount
        item, receipt = self._debit(account, d), self._booked(account, d)
        if item is not None:
            self._lower(account, item, d)
        if receipt is not None:
            receipt.allocations[d.document] = receipt.allocations.get(d.document, 0) + d.amount
            self._take(account, receipt, d)

    def _post_undone(self, account: Account, d: Decision) -> None:
        """cash_unapplied, application_reversed; one that names a credit note gives that back, and no cash."""
        if d.kind == "application_reversed" and d.counterparty:
            self._post_credit(account, d)
            return
        self._positive(d)
        sums = account.sums_of(d.currency)
        sums.cash_applied -= d.amount
        item, receipt = self._debit(account, d), self._booked(account, d)
        if item is not None:
            self._raise(account, item, d)
        if d.kind == "application_reversed":
            sums.returned += d.amount
            sums.reversed += d.amount
        if receipt is None:
            return
        left = receipt.allocations.get(d.document, 0) - d.amount
        if left < 0:
            self._wrong(d, "over_applied", f"{d.amount} taken back of {left + d.amount} applied to {d.document}")
        if left > 0:
            receipt.allocations[d.document] = left
        else:
            receipt.allocations.pop(d.document, None)
        if d.kind == "application_reversed":
            receipt.returned += d.amount
        else:
            receipt.unapplied += d.amount
            if d.rule == "cash.operator":
                receipt.declined[d.document] = 1
        self.keep_receipt(account, receipt)

    def _post_returned(self, account: Account, d: Decision) -> None:
        self._positive(d)
        account.sums_of(d.currency).returned += d.amount
        receipt = self._booked(account, d)
        if receipt is not None:
            receipt.returned += d.amount
            if d.counterparty:
                self._gone_meanwhile(receipt, d)
            self._take(account, receipt, d)

    def _gone_meanwhile(self, receipt: Receipt, d: Decision) -> None:
        """Refused money that the bank took back before it was here again."""
        gone = receipt.gone_meanwhile(d.counterparty)
        if d.amount != gone:
            self._wrong(d, "refused_return", f"{gone} of what {d.counterparty} refused went back, it takes {d.amount}")
        keep_part(receipt.sent_back, d.counterparty, receipt.sent_back.get(d.counterparty, 0) - d.amount)

    def _post_passed_on(self, account: Account, d: Decision) -> None:
        """The bank took back what another account has."""
        self._positive(d)
        receipt = self._booked(account, d)
        if receipt is None:
            return
        back = receipt.sent_back.get(d.counterparty, 0) + d.amount
        if back > receipt.sent.get(d.counterparty, 0):
            sent = receipt.sent.get(d.counterparty, 0)
            self._wrong(d, "over_transferred", f"{back} is to come back from {d.counterparty}, which has {sent}")
        receipt.sent_back[d.counterparty] = back
        self.keep_receipt(account, receipt)

    def _post_transferred(self, account: Account, d: Decision) -> None:
        if d.rule == "transfer.return":
            self._post_passed_on(account, d)
            return
        if d.rule != "transfer.out":
            if d.rule != "transfer.refused":
                self._wrong(d, "unknown_rule", f"no transfer is called {d.rule!r}")
            return
        self._positive(d)
        account.sums_of(d.currency).transferred_out += d.amount
        receipt = self._booked(account, d)
        if receipt is not None:
            if d.counterparty in receipt.sent:
                self._wrong(d, "sent_twice", f"{d.counterparty} has some of {d.receipt_id}, or is to get it")
            receipt.sent[d.counterparty] = receipt.sent.get(d.counterparty, 0) + d.amount
            self._take(account, receipt, d)

    def _post_credit(self, account: Account, d: Decision) -> None:
        """credit_allocated, and application_reversed that gives a credit back."""
        self._positive(d)
        undone = d.kind == "application_reversed"
        move = self._raise if undone else self._lower
        account.sums_of(d.currency).credits_allocated += -d.amount if undone else d.amount
        item = self._debit(account, d)
        if item is not None:
            move(account, item, d)
        credit = self.item(account, d.counterparty)
        if credit is None or credit.kind != CREDIT or credit.currency != d.currency:
            self._wrong(d, "no_credit", f"{account.key} has no credit note {d.counterparty} in {d.currency}")
        else:
            move(account, credit, d)
        receipt = self._booked(account, d) if d.receipt_id else None
        if receipt is None:
            return
        pair = f"{d.document}\n{d.counterparty}"
        left = receipt.credits.get(pair, 0) + (-d.amount if undone else d.amount)
        if left < 0:
            self._wrong(d, "over_applied", f"{d.amount} given back of {left + d.amount} of {d.counterparty}")
        receipt.credits[pair] = max(0, left)
        if not receipt.credits[pair]:
            del receipt.credits[pair]
        self.keep_receipt(account, receipt)

    # --- disputes, promises, reminders: no balance moves, the item's own figures do ---

    def _post_dispute(self, account: Account, d: Decision) -> None:
        """dispute_opened, dispute_closed. One opened before its item, without an amount, is said again with it."""
        dispute = account.disputes.get(d.reference_id)
        if d.kind == "dispute_closed":
            account.disputes.pop(d.reference_id, None)
        elif d.rule == AMOUNT_KNOWN:
            contested = self.item(account, d.document)
            if dispute is None or contested is None or (dispute.amount, contested.amount) != (d.amount, d.amount):
                self._wrong(d, "contested", f"{d.reference_id} does not contest {d.amount} of {d.document} by now")
        elif d.reference_id in account.disputes:
            self._wrong(d, "dispute_twice", f"dispute {d.reference_id} is open already")
        else:
            account.disputes[d.reference_id] = Dispute(d.document, d.currency, d.amount)
        item = self.item(account, d.document)
        if item is None or item.kind == CREDIT:
            return
        pause(account, item)
        if d.item_disputed != item.disputed:
            self._wrong(d, "item_disputed", f"{item.disputed} of {d.document} is disputed, it says {d.item_disputed}")
            item.disputed = d.item_disputed
        self._place(account, item)

    def _post_promise(self, account: Account, d: Decision) -> None:
        if d.kind == "promise_opened":
            account.promises[d.reference_id] = d.currency, tuple(d.candidates)
            return
        account.promises.pop(d.reference_id, None)
        if d.kind == "promise_broken":
            account.raised.update(d.candidates or due_by(account, d.currency, d.due_date))

    def _post_reminder(self, account: Account, d: Decision) -> None:
        item = account.open.get(d.document)
        if item is None:
            self._wrong(d, "no_item", f"{account.key} has no open item {d.document}")
        elif d.kind == "reminder_due":
            item.level = d.level
            account.raised.discard(d.document)

    # --- exceptions ---

    def _post_exception(self, account: Account, d: Decision) -> None:
        said = (d.rule, d.reference_id)
        if d.kind == "exception_raised":
            account.exceptions.add(said)
        elif said not in account.exceptions:
            self._wrong(d, "no_exception", f"{d.reference_id} of {d.rule} was not raised, or was closed before")
        else:
            account.exceptions.remove(said)

    def _resolved(self, account: Account, rule: str, reference: str) -> bool:
        """What the exception was about is no more: the draft is held no longer, the money is all gone, or came."""
        about = reference.partition(":")[2]
        if rule == "release.sla":
            return about not in account.held
        receipt = self.receipt(account, about)
        if rule == "cash.unidentified":
            return receipt is None or not receipt.unapplied
        if rule == "returned.early":
            return receipt is not None and receipt.amount > 0 and not receipt.foreign_return
        return rule == "shard.parked" and not account.parked

    def finish(self, shard: int) -> None:
        """At the end of the log: the items add up to the balances, and what is resolved was closed."""
        for account in self.accounts.values():
            for rule, reference in sorted(account.exceptions):
                if self._resolved(account, rule, reference):
                    text = f"exception {reference} of {rule} is resolved, and was not closed"
                    self._check.find("exception_left", text, shard=shard, account=account.key)
            debits: dict[str, int] = {}
            credits: dict[str, int] = {}
            for item in account.open.values():
                side = credits if item.kind == CREDIT else debits
                side[item.currency] = side.get(item.currency, 0) + item.open
            for currency, sums in account.sums.items():
                for name, balance, found in (
                    ("open_debit", sums.open_debit, debits.get(currency, 0)),
                    ("open_credit", sums.open_credit, credits.get(currency, 0)),
                ):
                    if balance != found:
                        self._check.find(
                            "sum_of_items",
                            f"{name} is {balance} {currency}, its items add up to {found}",
                            shard=shard,
                            account=account.key,
                        )


def all_of(kinds: Iterable[str], post: Any) -> dict[str, Any]:
    return dict.fromkeys(kinds, post)


_POST: Final[dict[str, Any]] = {
    **all_of(("invoice_released", "item_posted"), Books._post_item),
    "receipt_booked": Books._post_booked,
    "cash_applied": Books._post_applied,
    **all_of(("cash_unapplied", "application_reversed"), Books._post_undone),
    "receipt_reversed": Books._post_returned,
    "cash_transferred": Books._post_transferred,
    "credit_allocated": Books._post_credit,
    **all_of(("dispute_opened", "dispute_closed"), Books._post_dispute),
    **all_of(
        ("promise_opened", "promise_kept", "promise_partially_kept", "promise_broken", "promise_cancelled"),
        Books._post_promise,
    ),
    **all_of(("reminder_due", "reminder_suppressed"), Books._post_reminder),
    **all_of(("exception_raised", "exception_closed"), Books._post_exception),
}
