"""One account's state as the rules see it: the header, and its documents, each read when it is needed.

Rows come from a `Rows` (RocksDB in a shard, a dict in tests). What is loaded again equals what
was never evicted: everything a rule may read is in a row, and nothing else is kept.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from dataflows.rules.account.account_rows import ACCOUNT, ITEMS, Rows
from dataflows.rules.account.account_times import AccountTimes
from dataflows.rules.account.open_debits import (
    MOST_PACKED_BYTES,
    DebitRows,
    entries,
    first_action,
    first_due,
    pack,
    plan,
    unpack,
)
from dataflows.rules.account.unapplied import MOST_LISTED, MOST_WAITING_LISTED, UnappliedRows
from dataflows.rules.cash.references import fold
from schemas.records import (
    AccountRow,
    DeliveryRow,
    DocumentGroup,
    Item,
    ItemGroup,
    ReceiptRow,
    WaitingReference,
    read_account_row,
)
from schemas.wire import ANY_ITEMS, Reader

# No step of a reminder is planned for a day as late as this.
NEVER_DAY: Final = 9_000_000
# What a person has to decide of a receipt is the exception of this name and the receipt.
PROPOSAL: Final = "proposal:"


class Account(AccountTimes):
    """One account. Rules read it; only evolve and keep change it, and name what they changed by `put` and `touch`.

    said_wake, said_waits: what the shard was last told; its business alone.
    """

    def __init__(self, key: str, row: AccountRow, rows: Rows) -> None:
        super().__init__(key, row, rows)
        self.said_wake = row.wake
        self.said_waits = bool(row.rate_receipts)
        self._index: DebitRows | None = DebitRows(self._index_names()) if row.indexed else None
        self._cash: UnappliedRows | None = UnappliedRows(self._index_names()) if row.cash_indexed else None
        self._last_item: Item | None = None

    # --- items ---

    def item(self, document: str) -> Item | None:
        """The open item of that number, as written."""
        item = self.known_item(document)
        return item if item is not None and item.open else None

    def cleared_item(self, document: str) -> Item | None:
        """The cleared item of that number, as written."""
        item = self.known_item(document)
        return item if item is not None and not item.open else None

    def posted_item(self, document: str) -> Item:
        """The item of that number, as written, open or cleared; there is one."""
        item = self.known_item(document)
        assert item is not None, f"no item {document}"
        return item

    def known_item(self, document: str) -> Item | None:
        """The item of that number, as written, open or cleared."""
        # A transition asks for the same item several times in a row.
        last = self._last_item
        if last is not None and last.document == document:
            return last
        group = self._group(fold(document))
        if group is not None:
            for item in group.items:
                if item.document == document:
                    self._last_item = item
                    return item
        return None

    def alike(self, folded: str) -> list[Item]:
        """Every document, open ones first, whose number folds to `folded`."""
        group = self._group(folded)
        if group is None:
            return []
        return [item for item in group.items if item.open] + [item for item in group.items if not item.open]

    def _group(self, folded: str) -> ItemGroup | None:
        row = self._get(ITEMS + folded)
        assert row is None or isinstance(row, ItemGroup)
        return row

    def joined(self, number: str) -> DocumentGroup | None:
        """What a number stands for, as written, that stands for several documents."""
        for group in self.joined_alike(fold(number)):
            if group.document == number:
                return group
        return None

    def joined_alike(self, folded: str) -> list[DocumentGroup]:
        """All numbers for several documents that fold to `folded`."""
        row = self._group(folded)
        return [] if row is None else row.groups

    def join(self, number: str, document: str) -> None:
        """From now on the number stands for that document too."""
        name = ITEMS + fold(number)
        self.dirty[name] = True
        row = self._get(name)
        if row is None:
            row = self._loaded[name] = ItemGroup()
        assert isinstance(row, ItemGroup)
        for group in row.groups:
            if group.document == number:
                group.documents.append(document)
                return
        row.groups.append(DocumentGroup(number, [document]))

    def delivery(self, document: str) -> DeliveryRow | None:
        """What is kept of how the document, or a consolidated invoice, was sent out; None where it was not."""
        group = self._group(fold(document))
        if group is not None:
            for row in group.deliveries:
                if row.document == document:
                    return row
        return None

    def put_delivery(self, row: DeliveryRow) -> None:
        name = ITEMS + fold(row.document)
        self.dirty[name] = True
        group = self._get(name)
        if group is None:
            group = self._loaded[name] = ItemGroup()
        assert isinstance(group, ItemGroup)
        known = group.deliveries
        for at in range(len(known)):
            if known[at].document == row.document:
                known[at] = row
                return
        known.append(row)

    def debits_by_due(self, currency: str) -> Iterator[Item]:
        """Open debits, oldest due first, then by number."""
        if self._index is None:
            for entry in entries(self.row.index):
                if entry.currency == currency:
                    yield self._open(entry.document)
        else:
            for document in self._index.due(currency):
                yield self._open(document)

    def first_debit(self, currency: str) -> Item | None:
        """The first of `debits_by_due`, without sorting the others."""
        if self._index is None:
            document = first_due(self.row.index, currency)
            return None if document is None else self._open(document)
        for document in self._index.due(currency):
            return self._open(document)
        return None

    def debits_to_act_on(self, day: int) -> list[Item]:
        """Open debits whose next reminder step is due by `day`, oldest due first, then by number."""
        if self._index is None:
            return [self._open(entry.document) for entry in entries(self.row.index) if 0 < entry.action_date <= day]
        found = [self._open(document) for _, document in self._index.actions(day)]
        found.sort(key=_by_due)
        return found

    def first_action(self) -> int:
        """The day of the first reminder step of all open debits; 0 where there is none."""
        if self._index is None:
            return first_action(self.row.index)
        for day, _ in self._index.actions(NEVER_DAY):
            return day
        return 0

    def _open(self, document: str) -> Item:
        item = self.item(document)
        assert item is not None, f"{document} is in the index and not open"
        return item

    def add_item(self, item: Item) -> None:
        """Keep a new open item, or one that is open again."""
        name = ITEMS + fold(item.document)
        row = self._get(name)
        if row is None:
            self._loaded[name] = ItemGroup([item])
        else:
            assert isinstance(row, ItemGroup)
            row.items.append(item)
        self._last_item = item
        self._opened(item)

    def _opened(self, item: Item) -> None:
        self.row.open_items += 1
        self.touch_item(item)
        self.dirty[ACCOUNT] = True
        if item.kind == "credit_note":
            return
        index = self._index
        if index is None:
            packed = pack(self.row.index, item.currency, item.document, item.due_date, item.action_date)
            if len(packed) <= MOST_PACKED_BYTES:
                self.row.index = packed
            else:
                self._spread(packed)
        else:
            index.add(item.currency, item.document, item.due_date, item.action_date, item.open)

    def _spread(self, packed: bytes) -> None:
        """Move the index into rows, for good."""
        index = self._index = DebitRows(self._index_names())
        for entry in entries(packed):
            index.add(
                entry.currency, entry.document, entry.due_date, entry.action_date, self._open(entry.document).open
            )
        self.row.indexed = True
        self.row.index = b""

    def touch_item(self, item: Item) -> None:
        """Say that an item changed, other than by the amounts that are open and the day of its next step."""
        self.dirty[ITEMS + fold(item.document)] = True

    def plan_item(self, item: Item, action_date: int) -> None:
        """Set the day of an open debit's next reminder step; 0 for none."""
        self.touch_item(item)
        if action_date == item.action_date:
            return
        index = self._index
        if index is None:
            self.row.index = plan(self.row.index, item.currency, item.document, action_date)
        else:
            index.plan(item.document, item.action_date, action_date)
        item.action_date = action_date
        self.dirty[ACCOUNT] = True

    def lower_item(self, item: Item, amount: int) -> None:
        """Take an amount off what is open of an item; one that is wholly cleared leaves the index."""
        item.open -= amount
        item.disputed = min(item.disputed, item.open)
        self.touch_item(item)
        self.dirty[ACCOUNT] = True
        if item.open:
            self._revalued(item, item.open + amount)
            return
        self.row.open_items -= 1
        if item.kind == "credit_note":
            return
        if item.exhausted:
            self.posting_balance(item.currency).exhausted -= 1
        index = self._index
        if index is None:
            self.row.index = unpack(self.row.index, item.currency, item.document)
        else:
            index.remove(item.currency, item.document, item.due_date, item.action_date, amount)

    def raise_item(self, document: str, amount: int) -> Item:
        """Put an amount back on an item, which is open again then."""
        item = self.posted_item(document)
        cleared = not item.open
        item.open += amount
        if cleared:
            self._opened(item)
            if item.exhausted:
                self.posting_balance(item.currency).exhausted += 1
        else:
            self.touch_item(item)
            self._revalued(item, item.open - amount)
        return item

    def _revalued(self, item: Item, before: int) -> None:
        """What is open of an open item was `before`."""
        if self._index is not None and item.kind != "credit_note":
            self._index.value(item.currency, item.document, before, item.open)

    def debits_of_amounts(self, currency: str, least: int, most: int, count: int) -> list[Item]:
        """The first `count` open debits with least <= open amount <= most: by amount, then document, where there are
        very many; else by due date."""
        index = self._index
        if index is None:
            found = [item for item in self.debits_by_due(currency) if least <= item.open <= most]
            return found[:count]
        return [self._open(document) for document in islice(index.of_amounts(currency, least, most), count)]

    def many_debits_of_amounts(self, currency: str, least: int, most: int, count: int) -> bool:
        """Whether there are more than `count` open debits with least <= open amount <= most. Reads no item."""
        index = self._index
        if index is None:
            return False
        return len(list(islice(index.of_amounts(currency, least, most), count + 1))) > count

    # --- unapplied cash ---

    def set_unapplied(self, receipt: ReceiptRow, amount: int) -> None:
        """Set what is unapplied of a receipt; one of which nothing is left waits for nothing."""
        before = receipt.unapplied
        self.put_receipt(receipt)
        self.dirty[ACCOUNT] = True
        # A suspense account holds any number of receipts and never searches them: it keeps no list.
        if self.suspense:
            receipt.unapplied = amount
            return
        if before and not amount:
            self.wait_for(receipt, [])
            if receipt.proposed:
                # What comes back of it waits for a person anew, and that is said again.
                self.drop_exception(f"{PROPOSAL}{receipt.receipt_id}")
                receipt.proposed = []
            if receipt.receipt_id in self.row.rate_receipts:
                self.row.rate_receipts.remove(receipt.receipt_id)
        index = self._cash
        if index is not None and before:
            index.put(receipt, False)
        receipt.unapplied = amount
        if index is None:
            self._list_unapplied(receipt, before)
        elif amount:
            if not before:
                receipt.place = self._next_place()
            index.put(receipt, True)

    def _list_unapplied(self, receipt: ReceiptRow, before: int) -> None:
        listed = self.row.unapplied
        if receipt.unapplied and not before:
            listed.append(receipt.receipt_id)
            if len(listed) > MOST_LISTED:
                self._spread_cash()
        elif before and not receipt.unapplied:
            listed.remove(receipt.receipt_id)

    def wait_for(self, receipt: ReceiptRow, references: list[str]) -> None:
        """Set the folded references of documents by which the receipt is tried again."""
        row = self.row
        index = self._cash
        if index is not None:
            index.put_waiting(receipt, False)
            receipt.waits_for = references
            receipt.waits_since = self._next_place() if references else 0
            index.put_waiting(receipt, True)
            self.put_receipt(receipt)
        else:
            if row.waiting:
                row.waiting = [w for w in row.waiting if w.receipt_id != receipt.receipt_id]
            for folded in references:
                row.waiting.append(WaitingReference(folded, receipt.receipt_id))
            if len(row.waiting) > MOST_WAITING_LISTED:
                self._spread_cash()
        self.dirty[ACCOUNT] = True

    def _next_place(self) -> int:
        self.row.places += 1
        return self.row.places

    def _spread_cash(self) -> None:
        """Move the lists of unapplied receipts and of what they wait for into rows, for good."""
        row = self.row
        index = self._cash = UnappliedRows(self._index_names())
        for receipt_id in row.unapplied:
            receipt = self.known_receipt(receipt_id)
            receipt.place = self._next_place()
            index.put(receipt, True)
            self.put_receipt(receipt)
        for waiting in row.waiting:
            receipt = self.known_receipt(waiting.receipt_id)
            if not receipt.waits_for:
                receipt.waits_since = self._next_place()
            receipt.waits_for.append(waiting.folded)
        for receipt_id in row.unapplied:
            index.put_waiting(self.known_receipt(receipt_id), True)
        row.cash_indexed = True
        row.unapplied = []
        row.waiting = []

    def unapplied_since(self, currency: str, day: int, most: int) -> list[ReceiptRow]:
        """The first `most` unapplied receipts valued on that day or later, by value date, then in order of arrival."""
        index = self._cash
        if index is not None:
            return [self.known_receipt(x) for x in islice(index.valued_since(currency, day), most)]
        receipts = [self.known_receipt(x) for x in self.row.unapplied]
        found = [x for x in receipts if x.currency == currency and max(0, x.value_date) >= max(0, day)]
        # Sorting keeps the order of arrival among those of one day.
        found.sort(key=_by_value_date)
        return found[:most]

    def unapplied_with_reference(self, currency: str, reference: str, most: int) -> list[ReceiptRow]:
        """The first `most` unapplied receipts without lines of that bank reference, in order of arrival."""
        index = self._cash
        if index is not None:
            return [self.known_receipt(x) for x in islice(index.with_reference(currency, reference), most)]
        return [x for x in self._listed(currency) if x.bank_reference == reference][:most]

    def unapplied_with_amount(self, currency: str, amount: int, most: int) -> list[ReceiptRow]:
        """The first `most` receipts without lines of which that much is unapplied, in order of arrival."""
        index = self._cash
        if index is not None:
            return [self.known_receipt(x) for x in islice(index.with_amount(currency, amount), most)]
        return [x for x in self._listed(currency) if x.unapplied == amount][:most]

    def _listed(self, currency: str) -> list[ReceiptRow]:
        found = [self.known_receipt(x) for x in self.row.unapplied]
        return [x for x in found if x.currency == currency and not x.lines]

    @property
    def has_unapplied(self) -> bool:
        """Whether any receipt may have unapplied cash."""
        return self._cash is not None or bool(self.row.unapplied)

    def latest_unapplied(self, most: int) -> list[ReceiptRow]:
        """The last receipts with unapplied cash, the last one first, at the most `most`; where they are very many,
        only those that are of an amount or a reference are looked for, and these are none."""
        if self._cash is not None:
            return []
        return [self.known_receipt(x) for x in reversed(self.row.unapplied[-most:])]

    @property
    def waits(self) -> bool:
        """Whether any receipt may wait for a document."""
        return self._cash is not None or bool(self.row.waiting)

    def waiting_for(self, folded: str) -> Iterator[str]:
        """Receipts that wait for a document of that folded number, the one that began to first."""
        index = self._cash
        if index is not None:
            yield from index.waiting_for(folded)
        else:
            for waiting in self.row.waiting:
                if waiting.folded == folded:
                    yield waiting.receipt_id

    def owner_of(self, role: str, day: int) -> str:
        """Who has that role of the account on that day; empty where nobody has."""
        owner = ""
        for state in self.row.owners:
            if state.role == role and state.valid_from_date <= day:
                owner = state.owner
        return owner


def load(key: str, rows: Rows, stored: bytes) -> Account:
    """The account of that key, its header being `stored`; a new one where that is empty."""
    return Account(key, read_account_row(Reader(stored, 0, ANY_ITEMS)) if stored else AccountRow(), rows)


def _by_due(item: Item) -> tuple[int, str]:
    return (item.due_date, item.document)


def _by_value_date(receipt: ReceiptRow) -> int:
    return max(0, receipt.value_date)
