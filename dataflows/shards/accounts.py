"""The accounts that a shard has in memory: as objects since the last commit, before that as they are stored."""

from typing import Final

from connectors.log.base import partition_of
from dataflows.rules.account import Account, load
from dataflows.rules.account_rows import ACCOUNT
from dataflows.shards.store import Batch, Store, row_key
from dataflows.shards.wakes import Wakes, moved

# What an account in the cache takes beside the bytes of its header (measured 2026-11 on CPython 3.11).
CACHED_BYTES: Final = 250


class Accounts:
    """Accounts by key, within `cache_bytes`. What is loaded again equals what was never evicted.

    Objects are ten times as big as their rows and lie scattered over memory; a fact that finds its account so waits
    longer for all of it than decoding takes (docs/decisions/0006-what-an-account-holds.md).
    """

    def __init__(self, number: int, shards: int, store: Store, wakes: Wakes, cache_bytes: int) -> None:
        self._number: Final = number
        self._shards: Final = shards
        self._store: Final = store
        self._wakes: Final = wakes
        self._most_bytes: Final = cache_bytes
        self._low_bytes: Final = cache_bytes - cache_bytes // 8
        # Those that were asked for since the last commit.
        self._live: dict[str, Account] = {}
        self._live_bytes = 0
        # Headers as they are stored, the one used longest ago first; empty where there is none.
        self._cached: dict[str, bytes] = {}
        self._cached_bytes = 0
        self.dirty_rows = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: str) -> Account | None:
        """The account of that key; None where it is another shard's, or has a NUL, which ends it in the keys of rows."""
        account = self._live.get(key)
        if account is not None:
            self.hits += 1
            return account
        stored = self._cached.get(key)
        if stored is None:
            if "\0" in key or partition_of(key.encode(), self._shards) != self._number:
                return None
            self.misses += 1
            stored = self._store.fetch(key, ACCOUNT) or b""
            self._cache(key, stored)
        else:
            self.hits += 1
        account = self._live[key] = load(key, self._store, stored)
        return account

    def _cache(self, key: str, stored: bytes) -> None:
        """Keep the account's header as it is stored, as the one used last."""
        before = self._cached.pop(key, None)
        self._cached_bytes += len(stored) + (CACHED_BYTES if before is None else -len(before))
        self._cached[key] = stored

    def changed(self, account: Account) -> None:
        """After a transition: the account's wake, its rows to store, its size."""
        if account.dirty:
            self.dirty_rows += len(account.dirty) - account.said_rows
            account.said_rows = len(account.dirty)
            if account.row.wake != account.said_wake:
                self._wakes.set(account.key, account.row.wake)
                account.said_wake = account.row.wake
        size = int(account.size_bytes())
        self._live_bytes += size - account.said_bytes
        account.said_bytes = size

    def full(self) -> bool:
        """Make room where the limit is passed; whether only a commit can make more."""
        if self._cached_bytes + self._live_bytes > self._most_bytes:
            self._evict()
        return self._live_bytes > self._low_bytes

    def _evict(self) -> None:
        """Let go of the cached accounts that were used longest ago, until there is room.

        An eighth of the cache at once. What is not stored yet is among the live ones, which stay.
        """
        gone: list[str] = []
        for key, stored in self._cached.items():
            if self._cached_bytes + self._live_bytes <= self._low_bytes:
                break
            self._cached_bytes -= len(stored) + CACHED_BYTES
            gone.append(key)
        for key in gone:
            del self._cached[key]

    def commit(self, batch: Batch) -> None:
        """Put all rows that changed, and the wakes, into the batch."""
        for key, account in self._live.items():
            for name in account.dirty:
                raw = account.encoded(name)
                if raw is None:
                    batch.delete(row_key(key, name))
                    continue
                batch.put(row_key(key, name), raw)
                if name == ACCOUNT:
                    self._cache(key, raw)
                    gone, new = moved(account.stored_wake, account.row.wake, key)
                    if gone is not None:
                        batch.delete(gone)
                    if new is not None:
                        batch.put(new, b"")
            for name, there in account.index_changes().items():
                if there:
                    batch.put(row_key(key, name), b"")
                else:
                    batch.delete(row_key(key, name))

    def committed(self) -> None:
        """All that changed is stored, or is taken back."""
        self._live.clear()
        self._live_bytes = 0
        self.dirty_rows = 0
        self.full()
