"""Decisions of now, for tests of what is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.records import Decision
from tests.ledger import Ledger


def ago(**past: float) -> str:
    """A moment of the past, of now without any, as the ledger takes it."""
    return (datetime.now(UTC) - timedelta(**past)).replace(tzinfo=None).isoformat(timespec="milliseconds")


# Beyond what a test's log has of facts.
_LATER = 1_000_000_000


class LiveLedger(Ledger):
    """A ledger whose decisions are live: they may be sent; and came of facts after all that the log has, where nothing is said."""

    def say(self, kind: str, account: str, on: str, **fields: Any) -> Decision:
        later = _LATER + self._next[self.shard_of(account)]
        return super().say(kind, account, on, **{"origin": "live", "fact_offset": later, **fields})
