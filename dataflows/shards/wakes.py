"""The wakes of a shard's accounts, in (due, account) order: stored ones and those set since the last commit."""

from heapq import heappop, heappush
from typing import Final

from dataflows.shards.store import Store, wake_key

CHUNK: Final = 512
# Later than any time in milliseconds.
NEVER: Final = 4_000_000_000_000_000_000


class Wakes:
    """One wake for each account. `pop` is the same whatever was committed when.

    A stored wake is overruled by what was set for its account since the last commit.
    """

    def __init__(self, store: Store) -> None:
        self._store: Final = store
        self._set: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._chunk: list[tuple[int, str]] = []
        self._at = 0
        self._after = b"W"
        self._ended = False
        # No wake is due before this: what makes asking after each fact cheap.
        self._none_before = 0

    def set(self, account_key: str, due: int) -> None:
        """Wake the account at `due`, UTC milliseconds; 0 takes its wake away."""
        self._set[account_key] = due
        if due:
            self._none_before = min(self._none_before, due)
            heappush(self._heap, (due, account_key))

    def pop(self, bound: int) -> tuple[int, str] | None:
        """The next wake that is due by `bound`, or None. It counts as popped until it is set anew."""
        found = self._first(bound)
        if found is None:
            return None
        self._set[found[1]] = 0
        return found

    def due(self, bound: int) -> bool:
        """Whether a wake is due by `bound`."""
        return self._first(bound) is not None

    def _first(self, bound: int) -> tuple[int, str] | None:
        if bound < self._none_before:
            return None
        while self._heap:
            due, key = self._heap[0]
            if self._set.get(key) == due:
                break
            heappop(self._heap)
        stored = self._stored()
        if self._heap and (stored is None or self._heap[0] < stored):
            first = self._heap[0]
        elif stored is not None:
            first = stored
        else:
            self._none_before = NEVER
            return None
        if first[0] > bound:
            self._none_before = first[0]
            return None
        return first

    def _stored(self) -> tuple[int, str] | None:
        """The first stored wake that was not overruled."""
        while True:
            while self._at < len(self._chunk):
                entry = self._chunk[self._at]
                if entry[1] not in self._set:
                    return entry
                self._at += 1
            if self._ended:
                return None
            rows = self._store.range(self._after, b"X", CHUNK)
            self._chunk = [(int.from_bytes(key[1:9], "big"), key[9:].decode()) for key, _ in rows]
            self._at = 0
            self._ended = len(rows) < CHUNK
            if rows:
                self._after = rows[-1][0] + b"\0"

    def after(self, place: tuple[int, str], most: int) -> list[tuple[int, str]]:
        """The first `most` wakes past that place, (due, account), in order; the same whatever was committed when."""
        found = [(due, key) for key, due in self._set.items() if due and (due, key) > place]
        start = wake_key(*place) + b"\0"
        left = most
        while left:
            rows = self._store.range(start, b"X", left)
            stored = [(int.from_bytes(key[1:9], "big"), key[9:].decode()) for key, _ in rows]
            kept = [entry for entry in stored if entry[1] not in self._set]
            found += kept
            if len(rows) < left:
                break
            left -= len(kept)
            start = rows[-1][0] + b"\0"
        found.sort()
        return found[:most]

    def taken_back(self) -> None:
        """All that was set or popped since the last commit is so no more."""
        self.committed()
        self._none_before = 0

    def committed(self) -> None:
        """All that was set is stored now."""
        self._set = {}
        self._heap = []
        self._chunk = []
        self._at = 0
        self._after = b"W"
        self._ended = False


def moved(stored: int, due: int, account_key: str) -> tuple[bytes | None, bytes | None]:
    """The keys to delete and to put when an account's stored wake becomes `due`."""
    if stored == due:
        return None, None
    return (wake_key(stored, account_key) if stored else None), (wake_key(due, account_key) if due else None)
