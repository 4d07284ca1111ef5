"""The check of checkpoints: the rows of a shard's state against the books recomputed up to the same place.

The RocksDB directory is read from a copy, so that a running process is neither disturbed nor waited
for. Keys and rows are as dataflows/shards/store.py and schemas/avro/state describe them.
"""

import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from rocksdict import AccessType, Options, Rdict, ReadOptions

from headrace.audit.accounts import CREDIT, Account, Sums
from headrace.audit.books import Books
from headrace.audit.findings import Check, listed
from schemas.codec import decode_fact, digest64
from schemas.records import (
    AccountRow,
    Invoice,
    Item,
    ReceiptRow,
    ShardRow,
    read_account_row,
    read_draft_row,
    read_exception_row,
    read_item_group,
    read_receipt_row,
    read_shard_row,
)
from schemas.wire import ANY_ITEMS, Reader, Unreadable

_ATTEMPTS: Final = 20
_WAIT_SECONDS: Final = 0.1
# What a copy needs not, and what the writing process alone may touch.
_LEFT_OUT: Final = ("LOCK", "LOG")


class Unstable(Exception):
    """The directory changed each time it was copied."""


class StateCopy:
    """A shard's checkpoint, read from a copy of its directory made in `into`.

    Raises Unstable; RocksDB's own error (a plain Exception) for a directory that is damaged is a
    `damaged` text instead, with no rows.
    """

    def __init__(self, directory: Path, into: Path) -> None:
        self.damaged = ""
        self.row: ShardRow | None = None
        self._db: Rdict | None = None
        _copy(directory, into)
        try:
            self._db = Rdict(str(into), Options(raw_mode=True), access_type=AccessType.read_only(False))
            raw = self._db.get(b"M")
            self.row = None if raw is None else read_shard_row(Reader(raw))
            if raw is None and next(self.rows(), None) is not None:
                self.damaged = "it has rows, and none that says where the shard stands"
        # rocksdict raises nothing narrower.
        except Exception as error:  # noqa: BLE001
            self.damaged = str(error)

    def rows(self, table: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """(key, value) of all rows whose key starts with `table`, in order of key."""
        if self._db is None:
            return
        bound = ReadOptions()
        if table:
            bound.set_iterate_upper_bound(table[:-1] + bytes((table[-1] + 1,)))
        rows = self._db.iter(bound)
        rows.seek(table) if table else rows.seek_to_first()
        while rows.valid():
            yield rows.key(), rows.value()
            rows.next()

    def unconfirmed(self) -> dict[int, bytes]:
        """Decisions that the log had not confirmed at the commit, by sequence."""
        return {int.from_bytes(key[1:9], "big"): raw for key, raw in self.rows(b"U")}

    def close(self) -> None:
        if self._db is not None:
            self._db.close()


def _copy(directory: Path, into: Path) -> None:
    """Copy a RocksDB directory that may be written meanwhile: once nothing but its last log grew while it was copied."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_WAIT_SECONDS)
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        before = _listing(directory)
        try:
            for name in before:
                # Tables are never changed once they are written.
                if name.endswith(".sst"):
                    (into / name).hardlink_to(directory / name)
                else:
                    shutil.copyfile(directory / name, into / name)
        except FileNotFoundError:
            continue
        except OSError:
            # Another file system, or one without links.
            shutil.rmtree(into, ignore_errors=True)
            shutil.copytree(directory, into, ignore=shutil.ignore_patterns("LOCK", "LOG*"))
        if _listing(directory) == before:
            return
    raise Unstable(f"{directory} changed each of {_ATTEMPTS} times it was copied")


def _listing(directory: Path) -> dict[str, int]:
    """Names, and sizes of what may not change: manifests and tables."""
    return {
        path.name: path.stat().st_size if path.suffix == ".sst" or path.name.startswith("MANIFEST") else 0
        for path in sorted(directory.iterdir())
        if not path.name.startswith(_LEFT_OUT)
    }


def _hanging(row: ReceiptRow) -> dict[str, int]:
    """What hangs on a receipt's applications, by the names of the books. A dispute is no posting."""
    found: dict[str, int] = {}
    for x in row.differences:
        name = f"{x.what}\n{x.document}"
        if x.what == "deduction":
            name = f"{name}\n{x.reference}"
        elif x.what == "exchange":
            name = f"{name}\n{x.currency}"
        if x.what != "dispute":
            found[name] = found.get(name, 0) + x.amount
    return found


def _letters(account: Account) -> list[tuple[str, str, int, str]]:
    """Request, item, level and who approved it."""
    asked = [(name, x, level, "") for name, items in account.asked_letters.items() for x, level in items.items()]
    approved = [(x.approval_id, document, x.level, x.by) for document, x in account.approved_letters.items()]
    return sorted(asked + approved)


def _letters_of(row: AccountRow) -> list[tuple[str, str, int, str]]:
    return sorted((x.approval_id, x.document, x.level, x.by) for x in row.letters if x.status != "unanswered")


class StateCheck:
    """Compares one shard's rows with its books."""

    def __init__(self, check: Check, shard: int, books: Books) -> None:
        self._check: Final = check
        self._shard: Final = shard
        self._books: Final = books

    def _wrong(self, code: str, text: str, account: str = "") -> None:
        self._check.find(code, text, shard=self._shard, account=account)

    def identity(self, row: ShardRow, facts_id: str, decisions_id: str) -> None:
        if (row.log_id, row.decisions_log_id) != (facts_id, decisions_id):
            self._wrong(
                "other_log",
                f"the checkpoint is of the logs {row.log_id} and {row.decisions_log_id}, these are {facts_id} and {decisions_id}",
            )

    def unconfirmed(self, row: ShardRow, held: Collection[int], logged: int) -> None:
        """A restart appends what is unconfirmed: it must be all from the confirmed one on. `logged`: records in the log."""
        due = range(row.confirmed_sequence, row.next_sequence)
        if sorted(held) != list(due) or row.confirmed_sequence > row.next_sequence:
            self._wrong(
                "unconfirmed",
                f"confirmed below {row.confirmed_sequence}, next is {row.next_sequence}, and {len(held)} are held: "
                f"{listed(map(str, sorted(held)))}",
            )
        if row.decisions_offset > logged:
            self._wrong("unconfirmed", f"confirmed below offset {row.decisions_offset}, the log ends at {logged}")

    def compare(self, copy: StateCopy, row: ShardRow, next_sequence: int, last: bytes) -> None:
        """The state against the books at the same place: `next_sequence` is due next, `last` is the last fact's bytes."""
        if row.next_sequence != next_sequence:
            self._wrong(
                "sequence",
                f"the checkpoint is at fact {row.next_offset} and decision {row.next_sequence}, the log there at "
                f"decision {next_sequence}",
            )
        if last and row.last_digest != digest64(last):
            self._wrong("last_fact", f"the checkpoint took in another fact than the one at offset {row.last_offset}")
        for table, read in (
            (b"A", self._accounts),
            (b"K", self._customers),
            (b"I", self._items),
            (b"R", self._receipts),
            (b"D", self._drafts),
            (b"S", self._exceptions),
        ):
            try:
                read(copy.rows(table))
            except Unreadable as error:
                self._wrong("unreadable", f"a row of table {table.decode()} cannot be read: {error}")

    def _accounts(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        seen: set[str] = set()
        for key, raw in rows:
            name = key[1:].split(b"\0")[0].decode(errors="replace")
            seen.add(name)
            self._check.checked += 1
            self._account(self._books.account(name), read_account_row(Reader(raw, 0, ANY_ITEMS)))
        for name, account in self._books.accounts.items():
            moved = any(sums != Sums() for sums in account.sums.values())
            if name not in seen and (moved or account.held or account.waiting):
                self._wrong("account_missing", "the checkpoint does not have it", name)

    def _account(self, account: Account, row: AccountRow) -> None:
        said = {balance.currency: balance for balance in row.balances}
        for currency in sorted(said.keys() | account.sums.keys()):
            sums, balance = account.sums_of(currency), said.get(currency)
            for name in (
                *("open_debit", "open_credit", "unapplied", "debits_raised", "credits_raised", "cash_applied"),
                *("received", "returned", "transferred_in", "transferred_out", "on_account", "discounts", "charges"),
                *("written_off", "small_credits", "exchanged_in", "exchanged_out", "refunded", "credits_refunded"),
            ):
                right, stored = getattr(sums, name), 0 if balance is None else getattr(balance, name)
                if right != stored:
                    self._wrong("balance", f"{name} is {right} {currency}, the checkpoint has {stored}", account.key)
        for name, here, there in (
            ("open items", len(account.open), row.open_items),
            ("held drafts", sorted(account.held), sorted(row.held)),
            ("facts that wait", len(account.waiting), row.parked_facts),
            ("parked", account.parked, row.parked_at >= 0),
            ("blocked", account.blocked, row.reminders_blocked),
            ("letters that wait for an approval or were approved", _letters(account), _letters_of(row)),
            ("requests for approval", sorted(account.requests), sorted(x.approval_id for x in row.approvals)),
        ):
            if here != there:
                self._wrong("account", f"{name}: {here}, the checkpoint has {there}", account.key)

    def _customers(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        there = {key[1:].split(b"\0")[0].decode(errors="replace") for key, _ in rows}
        for name, account in self._books.accounts.items():
            if account.known != (name in there):
                self._wrong("account", f"known: {account.known}, the checkpoint has {name in there}", name)

    def _items(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        found: dict[str, int] = {}
        for key, raw in rows:
            account = self._books.account(key[1:].split(b"\0")[0].decode(errors="replace"))
            for item in read_item_group(Reader(raw, 0, ANY_ITEMS)).items:
                self._check.checked += 1
                found[account.key] = found.get(account.key, 0) + (item.open > 0)
                self._item(account, item)
        for name, account in self._books.accounts.items():
            if found.get(name, 0) != len(account.open):
                self._wrong(
                    "items",
                    f"{len(account.open)} items are open, the checkpoint has rows of {found.get(name, 0)}",
                    name,
                )

    def _item(self, account: Account, row: Item) -> None:
        item = self._books.item(account, row.document)
        if item is None:
            self._wrong("item_unknown", f"the checkpoint has {row.document}, which was never opened", account.key)
            return
        for name in ("kind", "currency", "amount", "open", "disputed", "level", "due_date", "document_date"):
            right, stored = getattr(item, name), getattr(row, name)
            if right != stored:
                self._wrong(
                    "item", f"{name} of {row.document} is {right!r}, the checkpoint has {stored!r}", account.key
                )
        if item.kind == CREDIT and item.corrects != row.corrects:
            self._wrong(
                "item", f"{row.document} corrects {item.corrects}, the checkpoint has {row.corrects}", account.key
            )

    def _receipts(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        for key, raw in rows:
            self._check.checked += 1
            account = self._books.account(key[1:].split(b"\0")[0].decode(errors="replace"))
            row = read_receipt_row(Reader(raw, 0, ANY_ITEMS))
            receipt = self._books.receipt(account, row.receipt_id)
            if receipt is None:
                self._wrong("receipt_unknown", f"the checkpoint has {row.receipt_id}, which never came", account.key)
                continue
            applied = {allocation.document: allocation.amount for allocation in row.allocations}
            credits: dict[str, int] = {}
            for taken in row.credits:
                pair = f"{taken.document}\n{taken.credit}"
                credits[pair] = credits.get(pair, 0) + taken.amount
            for name, right, stored in (
                ("currency", receipt.currency, row.currency),
                ("amount", receipt.amount, row.amount),
                ("unapplied", receipt.unapplied, row.unapplied),
                ("returned", receipt.returned, row.returned),
                ("sent", receipt.sent, {sent.account: sent.amount for sent in row.sent if sent.amount}),
                ("sent_back", receipt.sent_back, {sent.account: sent.returned for sent in row.sent if sent.returned}),
                ("came_from", receipt.came_from, row.came_from),
                ("allocations", receipt.allocations, applied),
                ("credits", receipt.credits, credits),
                ("on_account", receipt.on_account, row.on_account),
                ("differences", receipt.hanging, _hanging(row)),
            ):
                if right != stored:
                    self._wrong(
                        "receipt", f"{name} of {row.receipt_id}: {right!r}, the checkpoint has {stored!r}", account.key
                    )

    def _exceptions(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        """What a person has to look at; what a parked account is told for is no row, and proposed cash is no exception."""
        there: set[tuple[str, str, str]] = set()
        for key, raw in rows:
            self._check.checked += 1
            account, _, name = key[1:].decode(errors="replace").partition("\0")
            if not name.startswith("proposal:"):
                there |= {(account, name, rule) for rule in read_exception_row(Reader(raw, 0, ANY_ITEMS)).rules}
        right = {
            (account.key, name, rule)
            for account in self._books.accounts.values()
            for rule, name in account.exceptions
            if rule != "shard.parked"
        }
        for account, name, rule in sorted(right ^ there):
            has = "has" if (account, name, rule) in there else "does not have"
            self._wrong("exception", f"the checkpoint {has} {name} of {rule}", account)

    def _drafts(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        for key, raw in rows:
            self._check.checked += 1
            name, _, document = key[1:].decode(errors="replace").partition("\0")
            held = self._books.account(name).held.get(document)
            fact = decode_fact(read_draft_row(Reader(raw, 0, ANY_ITEMS)).fact)
            said = (fact.document, fact.amount, fact.currency) if isinstance(fact, Invoice) else None
            if held is None or said != (held.document, held.amount, held.currency):
                self._wrong("draft", f"the checkpoint holds draft {document} as {said}", name)
