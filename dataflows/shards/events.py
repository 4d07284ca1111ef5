"""The event ids that a shard took in: the same one has one effect.

Ids are kept for ever of facts that move money, and of what people say of it, disputes and promises: said again
later they would be rejected, or a promise that is over would be opened again. Those of others, which state how
things are (customers, orders, goods), are kept for two generations of EVENT_DAYS: that is a rule of the log's
time, so that it holds wherever the rows are that a generation leaves behind.
"""

from typing import Final

from dataflows.rules.policy.policy import DAY_MS
from dataflows.shards.store import Batch, Store, event_key
from schemas.codec import contents_digest
from schemas.records import FACT_IDS

EVENT_DAYS: Final = 45
# As many ids as one commit looks at, to take away those that count no more: eight million a day at a commit a second.
LOOKED_AT: Final = 100
# These move money, or say that it moved; or are said once of it.
KEPT_KINDS: Final = frozenset(
    (
        "invoice",
        "credit_note",
        "receipt",
        "receipt_returned",
        "cash_transferred",
        "remittance_advice",
        "operator_action",
        "approval",
        "dispute",
        "dispute_update",
        "promise",
        "debit_note",
        "opening_item",
        "refund",
        "erp_posting",
        "credit_limit",
    )
)
# A generation is two bytes: in the year 9,000 or so.
LAST_GENERATION: Final = 65_535
FOR_EVER: Final = bytes(2)
_KINDS: Final = {kind: number.to_bytes(4, "big") for kind, number in FACT_IDS.items()}
NEW: Final = 0
SAME: Final = 1
OTHER: Final = 2


class Events:
    """The ids of one shard: stored ones, and those that came since the last commit."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store
        self._new: dict[bytes, bytes] = {}
        # The oldest generation that counted when all rows had been looked at, and how far the present look is.
        self._clean = 0
        self._looked = b"E"

    def take(self, event_id: str, kind: str, value: bytes, now: int, recorded_time: int) -> int:
        """NEW, and noted from now on; SAME where it came before with the same contents; OTHER where with others.

        value: The whole message; now: the shard's time, 0 before its first clock.
        """
        event = event_key(event_id)
        # The kind by the id it is written with now: what an older version says is no other contents.
        says = _KINDS[kind] + contents_digest(value)
        known = self._new.get(event)
        if known is None:
            known = self._store.one(event)
        if known is not None:
            generation = int.from_bytes(known[12:], "big")
            if not generation or generation >= _generation(now) - 1:
                return SAME if known[:12] == says else OTHER
        kept = 0 if kind in KEPT_KINDS else _generation(now or recorded_time)
        self._new[event] = says + (kept.to_bytes(2, "big") if kept else FOR_EVER)
        return NEW

    def forget(self, event_id: str) -> None:
        """Take back what `take` has just noted: the fact was refused, and may come again."""
        del self._new[event_key(event_id)]

    @property
    def dirty_rows(self) -> int:
        return len(self._new)

    def commit(self, batch: Batch, now: int) -> None:
        """Put what is new into the batch, and delete some of what counts no more."""
        # In order, as the accounts' rows are.
        for event in sorted(self._new):
            batch.put(event, self._new[event])
        oldest = _generation(now) - 1
        if oldest > self._clean:
            self._clear(batch, oldest)

    def _clear(self, batch: Batch, oldest: int) -> None:
        rows = self._store.range(self._looked, b"F", LOOKED_AT)
        for event, kept in rows:
            if 0 < int.from_bytes(kept[12:], "big") < oldest and event not in self._new:
                batch.delete(event)
        if len(rows) == LOOKED_AT:
            self._looked = rows[-1][0] + b"\0"
        else:
            self._looked = b"E"
            self._clean = oldest

    def committed(self) -> None:
        """All is stored, or was taken back."""
        self._new = {}


def _generation(now: int) -> int:
    """The generation of ids that come at `now`; never 0, which is for ever."""
    return min(max(1, 1 + now // DAY_MS // EVENT_DAYS), LAST_GENERATION)
