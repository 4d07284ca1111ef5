"""Decisions of now, for tests of what is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.records import Decision
from tests.ledger import Ledger


def ago(**past: float) -> str:
    """A moment of the past, of now without any, as the ledger takes it."""
    return (datetime.now(UTC) - timedelta(**past)).replace(tzinfo=None).isoformat(timespec="milliseconds")


class LiveLedger(Ledger):
    """A ledger whose decisions are live: they may be sent."""

    def say(self, kind: str, account: str, on: str, **fields: Any) -> Decision:
        return super().say(kind, account, on, **{"origin": "live", **fields})
