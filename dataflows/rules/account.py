"""One account's state as the rules see it: the header, its open items, and its other documents, read when needed.

Rows come from a `Rows` (RocksDB in a shard, a dict in tests). What is loaded again equals what
was never evicted: everything a rule may read is in a row, and nothing else is kept.
"""

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from dataflows.rules.references import fold
from schemas.records import (
    AccountRow,
    AdviceRow,
    Balance,
    DisputeRow,
    DraftRow,
    Item,
    ItemGroup,
    OrderRow,
    ReceiptRow,
    put_account_row,
    put_advice_row,
    put_dispute_row,
    put_draft_row,
    put_item_group,
    put_order_row,
    put_receipt_row,
    read_account_row,
    read_advice_row,
    read_dispute_row,
    read_draft_row,
    read_item_group,
    read_order_row,
    read_receipt_row,
)
from schemas.wire import Reader

# The first letter of a row's name is its table; the rest is the document's id.
ACCOUNT: Final = "A"
ITEMS: Final = "I"
CLEARED: Final = "C"
DRAFT: Final = "D"
ORDER: Final = "O"
RECEIPT: Final = "R"
ADVICE: Final = "V"
DISPUTE: Final = "T"

Row = ItemGroup | DraftRow | OrderRow | ReceiptRow | AdviceRow | DisputeRow


class Rows:
    """Where an account's rows are read from. A base class; both methods are overridden."""

    def fetch(self, account_key: str, name: str) -> bytes | None:
        """The row of that name, or None."""
        raise NotImplementedError

    def open_items(self, account_key: str) -> list[bytes]:
        """All rows of table ITEMS, in any order."""
        raise NotImplementedError


class Account:
    """One account. Rules read it; only evolve changes it, and names what it changed by `put` and `touch`.

    key: tenant/entity/account_id.
    dirty: names of the rows that differ from what is stored; "A" is the header.
    """

    def __init__(self, key: str, row: AccountRow, rows: Rows, items: list[bytes]) -> None:
        self.key: Final = key
        self.row: Final = row
        self._rows: Final = rows
        self.groups: Final[dict[str, ItemGroup]] = {}
        for raw in items:
            group = read_item_group(Reader(raw))
            self.groups[fold(group.items[0].document)] = group
        self._loaded: dict[str, Row | None] = {}
        self.dirty: Final[set[str]] = set()

    # --- items ---

    def item(self, document: str) -> Item | None:
        """The open item of that number, as written."""
        group = self.groups.get(fold(document))
        return None if group is None else _in_group(group, document)

    def cleared_item(self, document: str) -> Item | None:
        """The cleared item of that number, as written."""
        group = self.cleared_group(fold(document))
        return None if group is None else _in_group(group, document)

    def cleared_group(self, folded: str) -> ItemGroup | None:
        row = self._get(CLEARED + folded)
        assert row is None or isinstance(row, ItemGroup)
        return row

    def debits_by_due(self, currency: str) -> list[Item]:
        """Open debits, oldest due first, then by number."""
        found = [
            item
            for group in self.groups.values()
            for item in group.items
            if item.kind != "credit_note" and item.currency == currency
        ]
        found.sort(key=_by_due)
        return found

    def debits_to_act_on(self, day: int) -> list[Item]:
        """Open debits whose next reminder step is due by `day`, oldest due first, then by number."""
        found = [item for group in self.groups.values() for item in group.items if 0 < item.action_date <= day]
        found.sort(key=_by_due)
        return found

    def add_item(self, item: Item) -> None:
        folded = fold(item.document)
        group = self.groups.get(folded)
        if group is None:
            self.groups[folded] = ItemGroup([item])
        else:
            group.items.append(item)
        self.row.open_items += 1
        self.dirty.add(ITEMS + folded)
        self.dirty.add(ACCOUNT)

    def touch_item(self, item: Item) -> None:
        """Say that an item changed; one that is wholly cleared moves to the cleared ones, if it is not there."""
        folded = fold(item.document)
        group = self.groups.get(folded)
        if group is None or item not in group.items:
            self._put(CLEARED + folded, self.cleared_group(folded))
            return
        self.dirty.add(ITEMS + folded)
        self.dirty.add(ACCOUNT)
        if item.open:
            return
        group.items.remove(item)
        if not group.items:
            del self.groups[folded]
        self.row.open_items -= 1
        cleared = self.cleared_group(folded)
        if cleared is None:
            cleared = ItemGroup([])
        cleared.items.append(item)
        self._put(CLEARED + folded, cleared)

    def reopen_item(self, document: str) -> Item:
        """The open item of that number, moved back from the cleared ones where it was cleared."""
        item = self.item(document)
        if item is not None:
            return item
        folded = fold(document)
        cleared = self.cleared_group(folded)
        assert cleared is not None, f"no item {document} to reopen"
        item = _in_group(cleared, document)
        assert item is not None, f"no item {document} to reopen"
        cleared.items.remove(item)
        self._put(CLEARED + folded, cleared)
        self.add_item(item)
        return item

    # --- other documents ---

    def draft(self, document: str) -> DraftRow | None:
        row = self._get(DRAFT + document)
        assert row is None or isinstance(row, DraftRow)
        return row

    def order(self, order_id: str) -> OrderRow | None:
        row = self._get(ORDER + order_id)
        assert row is None or isinstance(row, OrderRow)
        return row

    def receipt(self, receipt_id: str) -> ReceiptRow | None:
        row = self._get(RECEIPT + receipt_id)
        assert row is None or isinstance(row, ReceiptRow)
        return row

    def known_receipt(self, receipt_id: str) -> ReceiptRow:
        row = self.receipt(receipt_id)
        assert row is not None, f"receipt {receipt_id} is not of this account"
        return row

    def advice(self, advice_id: str) -> AdviceRow | None:
        row = self._get(ADVICE + advice_id)
        assert row is None or isinstance(row, AdviceRow)
        return row

    def dispute(self, dispute_id: str) -> DisputeRow | None:
        row = self._get(DISPUTE + dispute_id)
        assert row is None or isinstance(row, DisputeRow)
        return row

    def put_draft(self, document: str, row: DraftRow | None) -> None:
        self._put(DRAFT + document, row)

    def put_order(self, row: OrderRow) -> None:
        self._put(ORDER + row.order_id, row)

    def put_receipt(self, row: ReceiptRow) -> None:
        self._put(RECEIPT + row.receipt_id, row)

    def put_advice(self, row: AdviceRow) -> None:
        self._put(ADVICE + row.advice_id, row)

    def put_dispute(self, row: DisputeRow) -> None:
        self._put(DISPUTE + row.dispute_id, row)

    # --- header ---

    def touch(self) -> None:
        """Say that the header changed."""
        self.dirty.add(ACCOUNT)

    def balance(self, currency: str) -> Balance:
        """The sums of that currency, to be read: zero where it has none."""
        for balance in self.row.balances:
            if balance.currency == currency:
                return balance
        return Balance(currency)

    def posting_balance(self, currency: str) -> Balance:
        """The sums of that currency, to be posted to: kept from now on."""
        balance = self.balance(currency)
        if balance not in self.row.balances:
            self.row.balances.append(balance)
            self.row.balances.sort(key=_by_currency)
        return balance

    @property
    def suspense(self) -> bool:
        return self.row.account_id.startswith("~")

    def wake_by(self, time_ms: int) -> None:
        """Wake no later than this."""
        if not self.row.wake or time_ms < self.row.wake:
            self.row.wake = time_ms
            self.dirty.add(ACCOUNT)

    # --- rows ---

    def _get(self, name: str) -> Row | None:
        if name in self._loaded:
            return self._loaded[name]
        raw = self._rows.fetch(self.key, name)
        row = None if raw is None else _decode(name, raw)
        self._loaded[name] = row
        return row

    def _put(self, name: str, row: Row | None) -> None:
        self._loaded[name] = row
        self.dirty.add(name)

    def encoded(self, name: str) -> bytes | None:
        """The row of that name as it now is; None where it is gone."""
        table = name[0]
        if table == ACCOUNT:
            out = BytesWriter()
            put_account_row(out, self.row)
            return out.getvalue()
        row = self.groups.get(name[1:]) if table == ITEMS else self._loaded[name]
        if row is None or (isinstance(row, ItemGroup) and not row.items):
            return None
        return _encode(row)

    def settle(self) -> None:
        """Forget what was changed (it is stored now) and every document but the open items."""
        self.dirty.clear()
        self._loaded = {}

    def size_bytes(self) -> i64:
        """About how much memory this takes (measured 2026-11 on CPython 3.11: 1.2 kB empty, 620 bytes an item)."""
        row = self.row
        ids: i64 = len(row.held) + len(row.unapplied) + len(row.advices) + 4 * len(row.promises)
        return 1200 + 620 * len(self.groups) + 300 * len(self._loaded) + 80 * ids


def load(key: str, rows: Rows) -> Account:
    """The account of that key, as stored; a new one where there is none."""
    raw = rows.fetch(key, ACCOUNT)
    if raw is None:
        tenant, entity, account_id = key.split("/", 2)
        return Account(key, AccountRow(tenant, entity, account_id), rows, [])
    row = read_account_row(Reader(raw))
    return Account(key, row, rows, rows.open_items(key) if row.open_items else [])


def _in_group(group: ItemGroup, document: str) -> Item | None:
    for item in group.items:
        if item.document == document:
            return item
    return None


def _by_due(item: Item) -> tuple[int, str]:
    return (item.due_date, item.document)


def _by_currency(balance: Balance) -> str:
    return balance.currency


def _decode(name: str, raw: bytes) -> Row:
    reader = Reader(raw)
    table = name[0]
    if table == CLEARED:
        return read_item_group(reader)
    if table == RECEIPT:
        return read_receipt_row(reader)
    if table == ORDER:
        return read_order_row(reader)
    if table == DRAFT:
        return read_draft_row(reader)
    if table == ADVICE:
        return read_advice_row(reader)
    assert table == DISPUTE, f"no table {table}"
    return read_dispute_row(reader)


def _encode(row: Row) -> bytes:
    out = BytesWriter()
    if isinstance(row, ItemGroup):
        put_item_group(out, row)
    elif isinstance(row, ReceiptRow):
        put_receipt_row(out, row)
    elif isinstance(row, OrderRow):
        put_order_row(out, row)
    elif isinstance(row, DraftRow):
        put_draft_row(out, row)
    elif isinstance(row, AdviceRow):
        put_advice_row(out, row)
    else:
        put_dispute_row(out, row)
    return out.getvalue()
