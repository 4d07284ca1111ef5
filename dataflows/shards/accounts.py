"""The accounts that a shard has in memory: all as they are stored, or will be with the next commit."""

from collections.abc import Mapping
from typing import Final

from connectors.log.base import partition_of
from dataflows.rules.account.account import Account, load
from dataflows.rules.account.account_rows import ACCOUNT, Rows
from dataflows.shards.store import Batch, Store, key_stem, row_key, stemmed
from dataflows.shards.wakes import Wakes, moved

# What an account in the cache takes beside the bytes of its header, and a row that waits for the next commit beside its
# own (measured 2026-11 on CPython 3.11).
CACHED_BYTES: Final = 250
CHANGED_BYTES: Final = 300
_NONE: Final[dict[str, bytes]] = {}


class Accounts(Rows):
    """Accounts by key, within `cache_bytes`. What is loaded again equals what was never evicted.

    Objects are ten times as big as their rows and lie scattered over memory; a fact that finds its account so waits
    longer for all of it than decoding takes (docs/decisions/0006-what-an-account-holds.md). So an account is objects for
    one fact only, and its rows are encoded while they are in the processor's cache. The exception are large ones: those
    whose index rows changed stay as they are until the next commit.
    """

    def __init__(self, number: int, shards: int, store: Store, wakes: Wakes, cache_bytes: int) -> None:
        self._number: Final = number
        self._shards: Final = shards
        self._store: Final = store
        self._wakes: Final = wakes
        self._most_bytes: Final = cache_bytes
        self._low_bytes: Final = cache_bytes - cache_bytes // 8
        # Rows that changed since the last commit, by account and name; empty for one that is gone.
        self._changed: dict[str, dict[str, bytes]] = {}
        # Those whose index rows changed since then.
        self._live: dict[str, Account] = {}
        # Both together.
        self._changed_bytes = 0
        # The wakes that changed since then: as it was stored, and as it is now.
        self._stored_wakes: dict[str, int] = {}
        self._new_wakes: dict[str, int] = {}
        # Headers as they are stored, the one used longest ago first; empty where there is none. One that changed is not
        # among them until it is stored.
        self._cached: dict[str, bytes] = {}
        self._cached_bytes = 0
        self._taken = b""
        self.dirty_rows = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: str) -> Account | None:
        """The account of that key; None where it is another shard's, or has a NUL, which ends it in the keys of rows.

        `changed` is to be called with it before any other account is asked for.
        """
        stored = self._cached.get(key)
        if stored is not None:
            del self._cached[key]
            self.hits += 1
            self._cached_bytes -= len(stored) + CACHED_BYTES
            self._taken = stored
            return load(key, self, stored)
        account = self._live.get(key)
        if account is not None:
            self.hits += 1
            return account
        rows = self._changed.get(key)
        if rows is not None and ACCOUNT in rows:
            self.hits += 1
            stored = rows[ACCOUNT]
        else:
            if "\0" in key or partition_of(key.encode(), self._shards) != self._number:
                return None
            self.misses += 1
            stored = self._store.fetch(key, ACCOUNT) or b""
        self._taken = stored
        return load(key, self, stored)

    def fetch(self, account_key: str, name: str) -> bytes | None:
        rows = self._changed.get(account_key)
        if rows is not None:
            raw = rows.get(name)
            if raw is not None:
                return raw or None
        return self._store.fetch(account_key, name)

    def names(self, account_key: str, start: str, stop: str, most: int) -> list[str]:
        return self._store.names(account_key, start, stop, most)

    def unstored(self, account_key: str) -> Mapping[str, bytes]:
        return self._changed.get(account_key, _NONE)

    def _cache(self, key: str, stored: bytes) -> None:
        """Keep the account's header as it is stored, as the one used last."""
        self._cached_bytes += len(stored) + CACHED_BYTES
        self._cached[key] = stored

    def changed(self, account: Account) -> None:
        """After a transition: the account's wake, its rows to store, its size."""
        key = account.key
        if account.row.wake != account.said_wake:
            if key not in self._stored_wakes:
                self._stored_wakes[key] = account.said_wake
            self._new_wakes[key] = account.row.wake
            self._wakes.set(key, account.row.wake)
            account.said_wake = account.row.wake
        if account.index_changes():
            size = int(account.size_bytes())
            self._changed_bytes += size - account.said_bytes
            account.said_bytes = size
            self.dirty_rows += len(account.dirty) - account.said_rows
            account.said_rows = len(account.dirty)
            self._live[key] = account
            return
        if account.dirty:
            self.dirty_rows += self._write(account)
        rows = self._changed.get(key)
        if rows is None or ACCOUNT not in rows:
            self._cache(key, self._taken)

    def _write(self, account: Account) -> int:
        """Encode what changed of the account; how many rows that are more than there were."""
        rows = self._changed.get(account.key)
        if rows is None:
            rows = self._changed[account.key] = {}
        before = len(rows)
        for name in account.dirty:
            raw = account.encoded(name) or b""
            self._changed_bytes += len(raw) + CHANGED_BYTES
            rows[name] = raw
        return len(rows) - before

    def full(self) -> bool:
        """Make room where the limit is passed; whether only a commit can make more."""
        if self._cached_bytes + self._changed_bytes > self._most_bytes:
            self._evict()
        return self._changed_bytes > self._low_bytes

    def _evict(self) -> None:
        """Let go of the cached accounts that were used longest ago, until there is room.

        An eighth of the cache at once. What is not stored yet is not among them.
        """
        gone: list[str] = []
        for key, stored in self._cached.items():
            if self._cached_bytes + self._changed_bytes <= self._low_bytes:
                break
            self._cached_bytes -= len(stored) + CACHED_BYTES
            gone.append(key)
        for key in gone:
            del self._cached[key]

    def commit(self, batch: Batch) -> None:
        """Put all rows that changed, and the wakes, into the batch."""
        for account in self._live.values():
            self._write(account)
            for name, there in account.index_changes().items():
                if there:
                    batch.put(row_key(account.key, name), b"")
                else:
                    batch.delete(row_key(account.key, name))
        # In order: RocksDB finds the place of a row beside the one before it sooner.
        for key in sorted(self._changed):
            stem = key_stem(key)
            for name, raw in self._changed[key].items():
                if raw:
                    batch.put(stemmed(stem, name), raw)
                    if name == ACCOUNT:
                        self._cache(key, raw)
                else:
                    batch.delete(stemmed(stem, name))
        for key, stored in self._stored_wakes.items():
            gone, new = moved(stored, self._new_wakes[key], key)
            if gone is not None:
                batch.delete(gone)
            if new is not None:
                batch.put(new, b"")

    def committed(self) -> None:
        """All that changed is stored, or is taken back."""
        self._live.clear()
        self._changed = {}
        self._stored_wakes.clear()
        self._new_wakes.clear()
        self._changed_bytes = 0
        self.dirty_rows = 0
        self.full()
