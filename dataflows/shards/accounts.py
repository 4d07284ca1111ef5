"""The accounts that a shard has in memory: all as they are stored, or will be with the next commit."""

from collections.abc import Mapping
from typing import Final

from connectors.log.base import partition_of
from dataflows.rules.account.account import Account, load
from dataflows.rules.account.account_rows import ACCOUNT, CREDIT, CUSTOMER, Rows
from dataflows.rules.account.index_rows import Names
from dataflows.rules.policy.policy import Policy, Provisions
from dataflows.shards.store import Batch, Store, key_stem, stemmed
from dataflows.shards.wakes import Wakes, moved

# What an account in the cache takes beside the bytes of its header, a row that is kept with it beside its own, and one
# that waits for the next commit, or an index row (measured 2026-11 on CPython 3.11).
CACHED_BYTES: Final = 350
KEPT_BYTES: Final = 130
CHANGED_BYTES: Final = 300
_NONE: Final[dict[str, bytes]] = {}


class Accounts(Rows):
    """Accounts by key, within `cache_bytes`. What is loaded again equals what was never evicted.

    Objects are ten times as big as their rows and lie scattered over memory; a fact that finds its account so waits
    longer for all of it than decoding takes (docs/decisions/0006-what-an-account-holds.md). So an account is objects for
    one fact only, and its rows are encoded while they are in the processor's cache. Index rows that changed are handed to
    it again for its next fact.
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
        # Index rows that changed since then, by account.
        self._names: dict[str, Names] = {}
        # Both together.
        self._changed_bytes = 0
        # The wakes that changed since then: as it was stored, and as it is now.
        self._stored_wakes: dict[str, int] = {}
        self._new_wakes: dict[str, int] = {}
        # Headers as they are stored, the one used longest ago first; empty where there is none. One that changed is not
        # among them until it is stored.
        self._cached: dict[str, bytes] = {}
        self._cached_bytes = 0
        # Rows that a policy with variants, and one that looks at credit, ask for with each fact: as they are stored, by
        # account, empty where there is none.
        self._customers: dict[str, bytes] = {}
        self._credits: dict[str, bytes] = {}
        # What that policy says for them from that day until before that day.
        self._provisions: dict[str, Provisions] = {}
        self._policy: Policy | None = None
        self._from_day = 0
        self._until_day = 0
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
        if name == CUSTOMER:
            return self._fetch_kept(self._customers, account_key, name)
        if name == CREDIT:
            return self._fetch_kept(self._credits, account_key, name)
        return self._store.fetch(account_key, name)

    def _fetch_kept(self, kept: dict[str, bytes], account_key: str, name: str) -> bytes | None:
        raw = kept.get(account_key)
        if raw is None:
            raw = kept[account_key] = self._store.fetch(account_key, name) or b""
            self._cached_bytes += len(raw) + KEPT_BYTES
        return raw or None

    def _forget_kept(self, kept: dict[str, bytes], account_key: str) -> None:
        raw = kept.pop(account_key, None)
        if raw is not None:
            self._cached_bytes -= len(raw) + KEPT_BYTES

    def provisions(self, account_key: str, policy: Policy, day: int) -> Provisions | None:
        if policy is not self._policy or not self._from_day <= day < self._until_day:
            return None
        return self._provisions.get(account_key)

    def keep_provisions(self, account_key: str, policy: Policy, day: int, found: Provisions) -> None:
        if policy is not self._policy or not self._from_day <= day < self._until_day:
            self._provisions = {}
            self._policy = policy
            self._from_day, self._until_day = policy.days_alike(day)
        self._provisions[account_key] = found

    def forget_provisions(self, account_key: str) -> None:
        self._provisions.pop(account_key, None)

    def names(self, account_key: str, start: str, stop: str, most: int) -> list[str]:
        return self._store.names(account_key, start, stop, most)

    def unstored(self, account_key: str) -> Mapping[str, bytes]:
        return self._changed.get(account_key, _NONE)

    def changed_names(self, account_key: str) -> Names | None:
        return self._names.get(account_key)

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
        names = account.index_changes()
        if names is not None:
            self._names[key] = names
            self._changed_bytes += (len(names.changed) - names.said) * CHANGED_BYTES
            names.said = len(names.changed)
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
            self._forget_kept(self._customers, key)
            self._forget_kept(self._credits, key)
            self.forget_provisions(key)
        if not self._cached:
            # What is left is of accounts that changed since, or whose changes were taken back.
            self._provisions = {}
            for kept in (self._customers, self._credits):
                for key in list(kept):
                    self._forget_kept(kept, key)

    def commit(self, batch: Batch) -> None:
        """Put all rows that changed, and the wakes, into the batch."""
        for key in sorted(self._names):
            stem = key_stem(key)
            for name, there in self._names[key].changed.items():
                if there:
                    batch.put(stemmed(stem, name), b"")
                else:
                    batch.delete(stemmed(stem, name))
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
                if name == CUSTOMER:
                    self._forget_kept(self._customers, key)
                elif name == CREDIT:
                    self._forget_kept(self._credits, key)
        for key, stored in self._stored_wakes.items():
            gone, new = moved(stored, self._new_wakes[key], key)
            if gone is not None:
                batch.delete(gone)
            if new is not None:
                batch.put(new, b"")

    def taken_back(self) -> None:
        """All that changed since the last commit did not."""
        self._provisions = {}
        self.committed()

    def committed(self) -> None:
        """All that changed is stored."""
        self._names = {}
        self._changed = {}
        self._stored_wakes.clear()
        self._new_wakes.clear()
        self._changed_bytes = 0
        self.dirty_rows = 0
        self.full()
