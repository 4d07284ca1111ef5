"""The state of one shard between facts: what is stored, what the log has not confirmed, what one commit writes."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import complete
from dataflows.rules.policy.policy import DEFAULT_TEXT, Policy, published
from dataflows.shards.accounts import Accounts
from dataflows.shards.events import NEW, SAME, Events
from dataflows.shards.logged import Logged, is_of, rejected
from dataflows.shards.rates import ShardRates
from dataflows.shards.store import Store, new_batch, unconfirmed_key
from dataflows.shards.wakes import Wakes
from schemas.codec import digest64
from schemas.records import Decision, Fact, ShardRow


class ShardState:
    """What a shard holds between facts, and how that is stored. shard.py takes facts in.

    outbox: Decisions that are to be appended, (sequence, account key, bytes), in order; the owner takes them.
    """

    def __init__(self, number: int, shards: int, store: Store, row: ShardRow, cache_bytes: int) -> None:
        self.number: Final = number
        self.shards: Final = shards
        self.store: Final = store
        self.row = row
        self.policy: Policy = published(row.policy_text or DEFAULT_TEXT)
        self.outbox: list[tuple[int, bytes, bytes]] = []
        # All decisions that the log has not confirmed, and which of them the last commit stored.
        self.unconfirmed: dict[int, bytes] = {}
        self._stored_unconfirmed: set[int] = set()
        # Decisions below this are in the log or in the outbox.
        self.emitted = row.next_sequence
        self.wakes = Wakes(store)
        self.accounts: Final = Accounts(number, shards, store, self.wakes, cache_bytes)
        self.events: Final = Events(store)
        self.rates: Final = ShardRates(store)
        # Facts of parked accounts, to put or to delete.
        self._parked: dict[bytes, bytes | None] = {}
        self._since: list[tuple[int, bytes, Logged | None]] = []
        # By offset, account and cause.
        self._failures: dict[tuple[int, str, str], str] = {}
        self._group: list[Decision] = []
        self._adopted: list[Decision] | None = None
        self._adopt_at = 0
        # Decisions of the group that have their policy version: one more may come into force behind them.
        self._stamped = 0
        self._offset = 0
        # Wakes due by this may run: now, or how far the cash sources are complete.
        self._bound = self._complete()
        self.facts = 0
        self.kinds: Final[dict[str, int]] = {}
        self.duplicates = 0
        self.drains = 0

    def _first_open(self, account: Account) -> int:
        """The first day on which the account's company posts; 0 where no period is closed."""
        for period in self.row.periods:
            if period.name == f"{account.tenant}/{account.entity}":
                return period.first_open_date
        return 0

    def _complete(self) -> int:
        return complete(self.row.now, self.policy.cash_sources, self.row.watermarks)

    def _adopted_of(self, account: Account, cause_kind: str, cause_id: str) -> list[Decision] | None:
        """The logged decisions of this cause, or None where rules are to run."""
        if self._adopted is None:
            return None
        start = self._adopt_at
        at = start
        logged = self._adopted
        while at < len(logged) and is_of(logged[at], account, cause_kind, cause_id):
            at += 1
        self._adopt_at = at
        return logged[start:at]

    def _origin(self) -> str:
        return "live" if self.row.mode == "live" else "history"

    def _is_new(self, fact: Fact, value: bytes) -> bool:
        """Whether the event comes for the first time; one with other contents is rejected."""
        known = self.events.take(fact.event_id, fact.kind, value, self.row.now, fact.recorded_time)
        if known == SAME:
            self.duplicates += 1
        elif known != NEW:
            self._reject(fact, "shard.event_id", "event_id_with_other_contents")
        return known == NEW

    def _reject(self, fact: Fact, rule: str, reason: str) -> None:
        self._adopt_at += 1
        self._group.append(rejected(fact, rule, reason, self._origin()))

    # --- commit ---

    def confirm(self, sequence: int, offset: int) -> None:
        """All decisions up to `sequence` are in the log; that one at `offset`."""
        at = self.row.confirmed_sequence
        while at <= sequence:
            if at in self.unconfirmed:
                del self.unconfirmed[at]
            at += 1
        self.row.confirmed_sequence = max(self.row.confirmed_sequence, sequence + 1)
        self.row.decisions_offset = max(self.row.decisions_offset, offset + 1)

    def remember_unconfirmed(self, sequence: int, raw: bytes) -> None:
        """A decision that the last commit stored as unconfirmed."""
        self.unconfirmed[sequence] = raw
        self._stored_unconfirmed.add(sequence)

    def commit(self) -> None:
        """Store, in one batch, all that changed since the last commit and every decision not yet confirmed."""
        if self._since:
            self.row.last_digest = digest64(self._since[-1][1])
        batch = new_batch()
        self.accounts.commit(batch)
        self.events.commit(batch, self.row.now)
        self.rates.commit(batch)
        for name_key, value in self._parked.items():
            if value is None:
                batch.delete(name_key)
            else:
                batch.put(name_key, value)
        for sequence in self._stored_unconfirmed:
            if sequence not in self.unconfirmed:
                batch.delete(unconfirmed_key(sequence))
        for sequence, raw in self.unconfirmed.items():
            if sequence not in self._stored_unconfirmed:
                batch.put(unconfirmed_key(sequence), raw)
        self._stored_unconfirmed = set(self.unconfirmed)
        self.store.write(batch, self.row)
        self.accounts.committed()
        self.events.committed()
        self.rates.committed()
        self._parked.clear()
        self._since.clear()
        self._failures.clear()
        self.wakes.committed()

    @property
    def dirty_rows(self) -> int:
        """How many rows the next commit has to store, less decisions that are not confirmed."""
        return self.accounts.dirty_rows + self.events.dirty_rows + self.rates.dirty_rows

    @property
    def uncommitted(self) -> bool:
        """Whether a commit would store anything new."""
        return bool(self._since) or self._stored_unconfirmed != set(self.unconfirmed)

    def close(self) -> None:
        self.store.close()
