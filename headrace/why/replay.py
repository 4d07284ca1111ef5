"""One account as its shard has it, without asking its shard: made again from the logs, by the real transition functions.

The shard's own state belongs to the process that runs it. What the log says was decided is adopted, as after a
restart; the rules do not decide anew. Time and memory are bounded by what the account has: its rows lie in a scratch
store, which goes when this is closed.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context, origin_of
from dataflows.rules.transition import adopt, adopt_rates, adopt_wake
from dataflows.shards.accounts import Accounts
from dataflows.shards.store import Store, new_batch
from dataflows.shards.wakes import Wakes
from headrace.why.history import RATES, WAKE, History, Moment, Taken
from schemas.codec import decode_decision, encode_decision
from schemas.records import Decision, OperatorAction, ShardRow

_CACHE_BYTES: Final = 32 << 20
_COMMIT_FACTS: Final = 2_000
PARKED: Final = "shard.parked"


class OtherState(Exception):
    """The account cannot be made again from the logs; the message says where."""


class Replay:
    """Makes the account again when it is opened. Close it."""

    def __init__(self, history: History, shards: int) -> None:
        self.history: Final = history
        self._directory: Final = TemporaryDirectory(prefix="headrace-why-")
        self._store: Final = Store(Path(self._directory.name))
        self._accounts: Final = Accounts(history.shard, shards, self._store, Wakes(self._store), _CACHE_BYTES)
        self._said: Final[dict[tuple[int, str, str], list[Decision]]] = {}
        self._wakes: Final[dict[int, dict[str, int]]] = {}
        # By offset: what the account was told of when rates of exchange had come.
        self._rates: Final[dict[int, str]] = {}
        # By when a wake was due: where the log says what came of it.
        self._said_at: Final[dict[int, int]] = {}
        self._seen: Final[set[str]] = set()
        self._waiting: list[Taken] = []
        self._facts = 0
        self._offset = -1
        for d in history.decisions:
            self._said.setdefault((d.fact_offset, d.cause_kind, d.cause_id), []).append(d)
            if d.cause_kind == WAKE:
                self._wakes.setdefault(d.fact_offset, {})[d.cause_id] = d.event_time
                self._said_at[d.event_time] = d.fact_offset
            elif d.cause_kind == RATES:
                self._rates[d.fact_offset] = d.cause_id
        try:
            self._run()
        except AssertionError as error:
            self.close()
            raise OtherState(
                f"{history.key}, after offset {self._offset} of shard {history.shard}: {error}; headrace verify looks further"
            ) from error

    def close(self) -> None:
        self._store.close()
        self._directory.cleanup()

    @property
    def account(self) -> Account:
        """As it is after all that the logs say."""
        found = self._accounts.get(self.history.key)
        assert found is not None, f"{self.history.key} is not of shard {self.history.shard}"
        return found

    def now(self) -> Moment:
        """The shard's clock, and the policy in force."""
        return self.history.times.last()

    def context(self, at: Moment, of_wake: bool, kind: str, cause: str, event_time: int, recorded_time: int) -> Context:
        """What a transition at that moment may know."""
        now = at.bound if of_wake else at.now
        origin = origin_of(at.mode, at.now, at.now if of_wake else event_time)
        rates = self.history.times.rates
        return Context(now, origin, at.in_force.policy, kind, cause, event_time, recorded_time, rates)

    # --- in the order of the log ---

    def _run(self) -> None:
        facts = {taken.offset: taken for taken in self.history.facts}
        for offset in sorted(facts.keys() | self._wakes.keys() | self._rates.keys()):
            self._silent(offset)
            self._offset = offset
            self.history.times.rates.before = offset + 1
            if offset in facts:
                self._take(facts[offset])
            for cause, due in self._wakes.get(offset, {}).items():
                self._silent(offset + 1, due)
                self._wake(offset, cause, due, self._said[offset, WAKE, cause])
            if offset in self._rates:
                self._rates_came(offset, self._rates[offset])
        self._silent(1 << 62)
        self.history.times.rates.before = 1 << 62

    def _silent(self, before: int, due: int = 0) -> None:
        """Wakes of which nothing came: each when the clock got there, before an offset, and before another wake."""
        while True:
            wake = self.account.row.wake
            if not wake or (due and wake >= due) or self._is_said_later(wake, before):
                return
            offset = self.history.times.complete_at(wake)
            if offset is None or max(offset, self._offset) >= before:
                return
            self._wake(max(offset, self._offset), "", wake, [])
            if self.account.row.wake == wake:
                return

    def _is_said_later(self, wake: int, before: int) -> bool:
        """Whether something was decided at that wake, from the offset on: then it ran there."""
        return self._said_at.get(wake, -1) >= before - 1

    def _wake(self, offset: int, cause: str, due: int, said: Sequence[Decision]) -> None:
        account = self.account
        at = self.history.times.at(offset)
        if said and said[0].rule == PARKED:
            self._park(offset)
        elif account.row.parked_at < 0:
            adopt_wake(account, _copies(said), self.context(at, True, WAKE, cause, due, at.now))
            self._accounts.changed(account)

    def _rates_came(self, offset: int, cause: str) -> None:
        said = self._said[offset, RATES, cause]
        if said[0].rule == PARKED:
            self._park(offset)
        else:
            at = self.history.times.at(offset)
            account = self.account
            adopt_rates(account, _copies(said), self.context(at, False, RATES, cause, at.now, at.now))
            self._accounts.changed(account)

    def _take(self, taken: Taken) -> None:
        offset, fact = taken
        said = self._said.get((offset, fact.kind, fact.event_id), [])
        if said and said[0].kind == "fact_rejected" and said[0].rule.startswith(("shard.", "operator.resume_account")):
            return
        if fact.event_id in self._seen and not said:
            # An event id has one effect.
            return
        self._seen.add(fact.event_id)
        if isinstance(fact, OperatorAction) and fact.action == "resume_account":
            self._resume(offset)
        elif said and said[0].rule == PARKED:
            self._park(offset)
            self._wait([taken])
        elif self.account.row.parked_at >= 0:
            self._wait([taken])
        else:
            self._adopt(offset, taken, said)

    def _adopt(self, offset: int, taken: Taken, said: Sequence[Decision]) -> None:
        account, fact = self.account, taken.fact
        at = self.history.times.at(offset)
        ctx = self.context(at, False, fact.kind, fact.event_id, fact.event_time, fact.recorded_time)
        adopt(account, fact, _copies(said), ctx)
        self._accounts.changed(account)
        self._facts += 1
        if self._facts % _COMMIT_FACTS == 0:
            batch = new_batch()
            self._accounts.commit(batch)
            self._store.write(batch, ShardRow())
            self._accounts.committed()

    def _park(self, offset: int) -> None:
        account = self.account
        account.row.parked_at = offset
        account.touch()
        self._accounts.changed(account)

    def _wait(self, facts: Sequence[Taken]) -> None:
        self._waiting += facts
        account = self.account
        account.row.parked_facts = len(self._waiting)
        account.touch()
        self._accounts.changed(account)

    def _resume(self, offset: int) -> None:
        """What waited is decided where the account was let go on; it may be parked again there."""
        waiting, self._waiting = self._waiting, []
        account = self.account
        account.row.parked_at = -1
        account.row.parked_facts = 0
        account.touch()
        self._accounts.changed(account)
        for at, taken in enumerate(waiting):
            said = self._said.get((offset, taken.fact.kind, taken.fact.event_id), [])
            if said and said[0].rule == PARKED:
                self._park(offset)
                self._wait(waiting[at:])
                return
            self._adopt(offset, taken, said)


def _copies(said: Sequence[Decision]) -> list[Decision]:
    """Posting writes balances into a decision; those of the history stay as the log has them."""
    return [decode_decision(encode_decision(d)) for d in said]
