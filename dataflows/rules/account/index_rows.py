"""Rows whose names are an index and which hold nothing: where they are read from, and what changed in them.

What is indexed so is in open_debits.py and unapplied.py.
"""

from collections.abc import Iterator
from typing import Final

_CHUNK: Final = 256


class IndexRows:
    """Where the names of index rows are read from. A base class; the method is overridden."""

    def names(self, account_key: str, start: str, stop: str, most: int) -> list[str]:
        """Names of the account's rows with start <= name < stop, in order, at the most `most`."""
        raise NotImplementedError

    def changed_names(self, account_key: str) -> "Names | None":
        """The account's index rows, where some changed that are not stored yet: what changes next is added to them."""
        return None


class Names:
    """Names of an account's index rows: stored ones, overruled by what changed since the last commit.

    changed: By name, whether the row is there now. said: how many of these the shard was last told; its business alone.
    """

    def __init__(self, account_key: str, rows: IndexRows) -> None:
        self._key: Final = account_key
        self._rows: Final = rows
        self.changed: Final[dict[str, bool]] = {}
        self.said = 0

    def between(self, start: str, stop: str) -> Iterator[str]:
        """Names with start <= name < stop, in order."""
        changed = sorted([name for name in self.changed if start <= name < stop])
        at = 0
        after = start
        more = True
        while more:
            stored = self._rows.names(self._key, after, stop, _CHUNK)
            more = len(stored) == _CHUNK
            for name in stored:
                while at < len(changed) and changed[at] < name:
                    if self.changed[changed[at]]:
                        yield changed[at]
                    at += 1
                if name not in self.changed:
                    yield name
            if more:
                after = stored[-1] + "\0"
        while at < len(changed):
            if self.changed[changed[at]]:
                yield changed[at]
            at += 1
