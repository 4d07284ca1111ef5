"""Exchange rates that a shard knows, and the accounts that wait for one: rows of its own beside those of accounts.

Tables: `F` currency pair and day, its rate; `J` account key, nothing. What came since the last commit is in memory.
"""

from typing import Final

from dataflows.rules.differences.rates import Rates
from dataflows.shards.store import Batch, Store
from schemas.records import FxRate


def _rate_key(base: str, quote: str, day: int) -> bytes:
    # A currency has no NUL: connectors/checks.py lets ISO 4217 in only, and a longer one finds no row.
    return f"F{base}\0{quote}\0{day}".encode()


def _waiting_key(account_key: str) -> bytes:
    return f"J{account_key}".encode()


class ShardRates(Rates):
    """The rates of one shard."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store
        self._new: Final[dict[bytes, int]] = {}
        self._waiting: Final[dict[bytes, bool]] = {}

    def take(self, fact: FxRate) -> None:
        """What is said last of a pair and day holds."""
        self._new[_rate_key(fact.base_currency, fact.quote_currency, fact.rate_date)] = fact.rate_nano

    def rate_nano(self, base: str, quote: str, day: int) -> int:
        key = _rate_key(base, quote, day)
        known = self._new.get(key)
        if known is not None:
            return known
        raw = self._store.one(key)
        return 0 if raw is None else int.from_bytes(raw, "big")

    def wait(self, account_key: str, waits: bool) -> None:
        """Say whether an account waits for a rate."""
        self._waiting[_waiting_key(account_key)] = waits

    def waiting(self, after: str, most: int) -> list[str]:
        """Keys of accounts that wait, in order, those behind `after`, at the most `most`."""
        start = _waiting_key(after) + b"\0"
        found: list[bytes] = []
        for key in sorted(self._waiting):
            if key >= start and self._waiting[key]:
                found.append(key)
        at = start
        while True:
            stored = self._store.range(at, b"K", most)
            found += [key for key, _ in stored if key not in self._waiting]
            if len(stored) < most or len(found) >= most + len(self._waiting):
                break
            at = stored[-1][0] + b"\0"
        found.sort()
        return [key[1:].decode() for key in found[:most]]

    def commit(self, batch: Batch) -> None:
        for key, nano in self._new.items():
            batch.put(key, nano.to_bytes(8, "big"))
        for key, waits in self._waiting.items():
            if waits:
                batch.put(key, b"")
            else:
                batch.delete(key)

    def committed(self) -> None:
        """All that is new is stored, or is taken back."""
        self._new.clear()
        self._waiting.clear()

    @property
    def dirty_rows(self) -> int:
        return len(self._new) + len(self._waiting)
