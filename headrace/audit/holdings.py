"""What the auditor's books hold: accounts, their items and receipts, kept by the auditor's own code."""

from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account, Item, Receipt, named, pause
from headrace.audit.findings import Check
from headrace.audit.keep import Keep, Scratch
from schemas.records import Decision


def _pack(value: Any) -> Any:
    return tuple(getattr(value, name) for name in value.__slots__)


def _item(values: Any) -> Item:
    return Item(*values)


def _receipt(values: Any) -> Receipt:
    return Receipt(*values)


class Holdings:
    """Accounts, items and receipts of one shard, and how they are raised and lowered."""

    def __init__(self, check: Check, scratch: Scratch) -> None:
        self.checks: Final = check
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

    def billed(self, account: Account, number: str) -> Item | None:
        """The invoice of that number; of one in instalments the first of these."""
        first = f"{number}/P1"
        found = self.item(account, number)
        return self.item(account, first) if found is None and number in account.stands_for.get(first, ()) else found

    def instalments(self, account: Account, item: Item) -> list[Item]:
        """The item, and the other instalments of its invoice."""
        number = item.document.rpartition("/P")[0]
        found: list[Item] = []
        while number in account.stands_for.get(item.document, ()):
            part = self.item(account, f"{number}/P{len(found) + 1}")
            if part is None:
                break
            found.append(part)
        return found or [item]

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

    def wrong(self, d: Decision, code: str, text: str) -> None:
        self.checks.about(d, code, f"{d.kind}: {text}")

    # --- items ---

    def place(self, account: Account, item: Item) -> None:
        """Put the item with the open or with the cleared ones."""
        name = named(account, item.document)
        if item.open:
            if item.document not in account.open:
                account.open[item.document] = item
                self.cleared.drop(name)
        else:
            account.open.pop(item.document, None)
            self.cleared.put(name, item)

    def debit(self, account: Account, d: Decision) -> Item | None:
        """The debit that cash moves on; None, and a finding, where there is none of that currency."""
        item = self.item(account, d.document)
        if item is None or item.kind == CREDIT or item.currency != d.currency:
            self.wrong(d, "no_item", f"{account.key} has no debit {d.document} in {d.currency}")
            return None
        return item

    def lower(self, account: Account, item: Item, d: Decision) -> None:
        if d.amount > item.open:
            self.wrong(d, "over_item", f"{d.amount} on {item.document}, which has {item.open} open")
        item.open = max(0, item.open - d.amount)
        item.disputed = min(item.disputed, item.open)
        self.place(account, item)

    def raise_again(self, account: Account, item: Item, d: Decision) -> None:
        """Open again by that much."""
        item.open += d.amount
        pause(account, item)
        if item.open > item.amount:
            self.wrong(d, "over_amount", f"{item.open} open of {item.document}, which is over {item.amount}")
        self.place(account, item)

    def booked(self, account: Account, d: Decision) -> Receipt | None:
        receipt = self.receipt(account, d.receipt_id)
        # Cash on an item in another currency says the receipt's own apart.
        exchanged = d.other_currency and d.kind in ("cash_applied", "cash_unapplied")
        currency = d.other_currency if exchanged else d.currency
        if receipt is None or not receipt.amount or receipt.currency != currency:
            self.wrong(d, "no_receipt", f"{account.key} has no receipt {d.receipt_id} in {d.currency}")
            return None
        return receipt

    def take(self, account: Account, receipt: Receipt, d: Decision) -> None:
        """Take unapplied cash from a receipt."""
        if d.amount > receipt.unapplied:
            self.wrong(d, "over_receipt", f"{d.amount} of {d.receipt_id}, which has {receipt.unapplied} unapplied")
        receipt.unapplied = max(0, receipt.unapplied - d.amount)
        self.keep_receipt(account, receipt)

    def positive(self, d: Decision) -> None:
        if d.amount <= 0:
            self.wrong(d, "amount", f"it posts {d.amount}")
