"""One shard: ordered facts in, numbered decisions out, state that is a checkpoint of the two logs.

Guarantees, each with its test in tests/dataflows/shards:
- The same facts give the same decisions, byte for byte, whatever was committed, evicted or killed when.
- A decision's number is given once; what a restart finds logged is adopted, never concluded anew.
- An event id has one effect; the same id with other contents is rejected.
- A transition that fails changes nothing, parks its account, and is told as a decision.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context, next_contact, origin_of
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, published
from dataflows.rules.transition import RULES_VERSION, adopt, adopt_rates, adopt_wake, rates_came, transition, wake
from dataflows.shards.logged import Diverged, Logged, ShardStopped, brief, decision_key, difference, unreadable
from dataflows.shards.store import parked_key
from dataflows.shards.whole_shard import WholeShard
from schemas.codec import decode_decision, decode_fact, encode_decision
from schemas.records import (
    Clock,
    Decision,
    Drain,
    Fact,
    FxRate,
    OperatorAction,
    PeriodClose,
    Rules,
    ShardRow,
)
from schemas.records import Policy as PolicyFact
from schemas.wire import Unreadable

# In a replay the clock stands at the end of the day before; a fact may be of the day after that one.
MOST_FUTURE_MS: Final = 2 * DAY_MS
# Wakes that run after each fact; more wait for drain facts, so that a payment never waits for them.
WAKES_PER_FACT: Final = 4
# Wakes that are brought forward after one fact, when the steps of reminders change.
SWEEP_WAKES: Final = 64
MOST_DIRTY_ROWS: Final = 2_000


class _Failed(Exception):
    """A transition of an account failed, by this cause; the state has to be taken back to before it."""

    def __init__(self, account_key: str, cause: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        super().__init__(reason)
        self.account_key: Final = account_key
        self.cause: Final = cause
        self.reason: Final = reason


class Shard(WholeShard):
    """One shard and its state. `process` facts in order, `commit` now and then, `confirm` what the log has."""

    # --- facts ---

    def process(self, offset: int, value: bytes, logged: Logged | None) -> None:
        """Take in the fact at `offset`; its decisions are in the outbox then. Raises Diverged, ShardStopped."""
        assert offset >= self.row.next_offset, f"fact {offset} of shard {self.number} was taken in already"
        self._since.append((offset, value, logged))
        self._retrying(offset, value, logged)
        if self.accounts.full() or self.dirty_rows >= MOST_DIRTY_ROWS * 4:
            self.commit()

    def _retrying(self, offset: int, value: bytes, logged: Logged | None) -> None:
        while True:
            try:
                self._one(offset, value, logged)
            except _Failed as failed:
                failure = (offset, failed.account_key, failed.cause)
                if failure in self._failures:
                    raise ShardStopped(
                        f"shard {self.number}, fact at offset {offset}: {failed.account_key} failed and cannot be parked: "
                        f"{failed.reason}: start a version that mends it"
                    ) from failed
                self._failures[failure] = failed.reason
                self._rewind()
            else:
                return

    def _rewind(self) -> None:
        """Go back to the last commit and take in again what came since, but for the last fact."""
        again = self._since[:-1]
        row = self.store.shard_row()
        confirmed, decisions_offset = self.row.confirmed_sequence, self.row.decisions_offset
        self.row = row if row is not None else ShardRow(self.row.log_id, self.row.decisions_log_id)
        self.row.confirmed_sequence = confirmed
        self.row.decisions_offset = decisions_offset
        self.policy = published(self.row.policy_text or DEFAULT_TEXT)
        self._bound = self._complete()
        self.wakes.taken_back()
        self.accounts.taken_back()
        self.events.committed()
        self.rates.committed()
        self._parked.clear()
        for offset, value, logged in again:
            self._one(offset, value, logged)

    def _one(self, offset: int, value: bytes, logged: Logged | None) -> None:
        self._offset = offset
        self._group = []
        self._stamped = 0
        self._adopted = None
        self._adopt_at = 0
        if logged is not None and logged.complete:
            self._adopted = [decode_decision(raw) for raw in logged.values]
        limit = WAKES_PER_FACT
        day_ends = False
        try:
            fact = decode_fact(value)
        except Unreadable as error:
            self._adopt_at += 1
            self._group.append(unreadable(str(error), self._origin(), self.row.now))
        else:
            if isinstance(fact, Clock):
                day_ends = self._take_clock(fact) and fact.mode == "replay"
                if fact.mode == "replay":
                    limit = -1
            elif isinstance(fact, Drain):
                limit = fact.limit
                self.drains += 1
            elif isinstance(fact, PolicyFact):
                self._take_policy(fact)
            elif isinstance(fact, Rules):
                self._take_rules(fact)
            elif isinstance(fact, OperatorAction) and fact.action in ("allow_clock", "allow_future"):
                self._take_allowance(fact)
            elif isinstance(fact, FxRate):
                self._take_rate(fact, value)
            elif isinstance(fact, PeriodClose):
                self._take_period(fact, value)
            else:
                self._take(fact, value)
        self._run_wakes(limit)
        if day_ends:
            # What is in force from the next day on is so for that day's facts.
            self._policy_due(fact, self.row.now + 1)
        self._finish(logged)
        self.row.next_offset = offset + 1
        self.row.last_offset = offset
        self.facts += 1

    def _finish(self, logged: Logged | None) -> None:
        """Number the decisions of this fact, compare them with what the log says, put the new ones into the outbox."""
        if not self._group and logged is None:
            return
        row = self.row
        # All are encoded before one is kept: what cannot be written is a transition that failed.
        raws = self._encoded(logged)
        key: bytes | None = None
        for index in range(len(raws)):
            if row.next_sequence >= self.emitted:
                decision = self._group[index]
                raw = raws[index]
                self.kinds[decision.kind] = self.kinds.get(decision.kind, 0) + 1
                self.emitted = row.next_sequence + 1
                self.unconfirmed[row.next_sequence] = raw
                # Most decisions of a fact are of one account; `is` cannot be wrong about that.
                before = self._group[index - 1]
                if key is None or not (
                    decision.account_id is before.account_id
                    and decision.entity is before.entity
                    and decision.tenant is before.tenant
                ):
                    key = decision_key(decision)
                self.outbox.append((row.next_sequence, key, raw))
            row.next_sequence += 1

    def _encoded(self, logged: Logged | None) -> list[bytes]:
        """The decisions of this fact, numbered, as bytes; none that differs from what the log says."""
        group = self._group
        count = len(group)
        row = self.row
        said = logged.values if logged is not None else []
        if len(said) > count or (logged is not None and logged.complete and len(said) != count):
            raise Diverged(self._difference(f"the log has {len(said)} decisions, the rules conclude {count}"))
        raws: list[bytes] = []
        for index in range(count):
            decision = group[index]
            decision.shard = self.number
            decision.sequence = row.next_sequence + index
            decision.fact_offset = self._offset
            decision.index = index
            decision.count = count
            if index >= self._stamped:
                decision.policy_version = row.policy_version
            adopted = self._adopted
            # What the engine itself says of a fact has the version under which it was said first.
            decision.rules_version = (
                adopted[index].rules_version if adopted is not None and index < len(adopted) else RULES_VERSION
            )
            try:
                raw = encode_decision(decision)
            except Exception as error:
                raise _Failed(decision_key(decision).decode(), decision.cause_id, error) from error
            if index < len(said) and raw != said[index]:
                raise Diverged(
                    self._difference(f"decision {index} is {brief(said[index])} in the log, {brief(raw)} by the rules")
                )
            raws.append(raw)
        return raws

    def _difference(self, what: str) -> str:
        return difference(self.number, self._offset, what)

    # --- facts of an account ---

    def _take(self, fact: Fact, value: bytes) -> None:
        row = self.row
        if not (fact.tenant and fact.entity and fact.account_id) or "/" in fact.tenant or "/" in fact.entity:
            self._reject(fact, "shard.account", "tenant_entity_or_account_missing")
            return
        if not self._is_new(fact, value):
            return
        if row.now and fact.event_time > row.now + MOST_FUTURE_MS and fact.event_time > row.allowed_future:
            # Its id is free: when an operator allows it, it is sent again.
            self.events.forget(fact.event_id)
            self._reject(fact, "shard.future", f"event_time_ahead_days:{(fact.event_time - row.now) // DAY_MS}")
            return
        account = self.accounts.get(f"{fact.tenant}/{fact.entity}/{fact.account_id}")
        if account is None:
            self.events.forget(fact.event_id)
            if "\0" in f"{fact.tenant}/{fact.entity}/{fact.account_id}":
                self._reject(fact, "shard.account", "nul_in_tenant_entity_or_account")
            else:
                self._reject(fact, "shard.misplaced", f"not_of_shard:{self.number}")
            return
        if account.row.parked_at >= 0:
            if isinstance(fact, OperatorAction) and fact.action == "resume_account":
                self._resume(account, fact)
            else:
                self._wait(account, value)
        elif isinstance(fact, OperatorAction) and fact.action == "resume_account":
            self._reject(fact, "operator.resume_account", "not_parked")
        else:
            self._conclude(account, fact, value)
        self._changed(account, fact.event_id)

    def _changed(self, account: Account, cause: str) -> None:
        """After a transition: its rows, and what the shard keeps of the account beside them.

        Where a row cannot be written, the transition of this cause failed.
        """
        waits = bool(account.row.rate_receipts)
        if waits != account.said_waits:
            self.rates.wait(account.key, waits)
            account.said_waits = waits
        try:
            self.accounts.changed(account)
        except Exception as error:
            raise _Failed(account.key, cause, error) from error

    def _conclude(self, account: Account, fact: Fact, value: bytes) -> None:
        """Run the rules, or adopt what the log says they concluded; a failure parks the account."""
        adopted = self._adopted_of(account, fact.kind, fact.event_id)
        failure = self._failures.get((self._offset, account.key, fact.event_id)) if self._failures else None
        if adopted is not None and len(adopted) == 1 and adopted[0].rule == "shard.parked":
            failure = adopted[0].reasons[0]
        ctx = Context(
            self.row.now,
            origin_of(self.row.mode, self.row.now, fact.event_time),
            self.policy,
            fact.kind,
            fact.event_id,
            fact.event_time,
            fact.recorded_time,
            self.rates,
            self._first_open(account) if self.row.periods else 0,
        )
        if failure is not None:
            self._park(account, failure, ctx)
            self._wait(account, value)
            return
        try:
            decisions = adopt(account, fact, adopted, ctx) if adopted is not None else transition(account, fact, ctx)
        except Exception as error:
            raise _Failed(account.key, fact.event_id, error) from error
        self._group += decisions

    # --- parked accounts ---

    def _park(self, account: Account, reason: str, ctx: Context) -> None:
        row = account.row
        row.parked_at = self._offset
        account.touch()
        self.row.parked_accounts += 1
        told = Decision(
            kind="exception_raised", rule="shard.parked", reference_id=f"parked:{account.account_id}", reasons=[reason]
        )
        ctx.stamp(told, account.tenant, account.entity, account.account_id)
        self._group.append(told)

    def _wait(self, account: Account, value: bytes) -> None:
        self._parked[parked_key(account.key, account.row.parked_facts)] = value
        account.row.parked_facts += 1
        account.touch()

    def _resume(self, account: Account, fact: OperatorAction) -> None:
        """Take in what waited, in order; where one fails again, it and the rest wait on."""
        waiting: list[bytes] = []
        for number in range(account.row.parked_facts):
            key = parked_key(account.key, number)
            raw = self._parked[key] if key in self._parked else self.store.one(key)
            assert raw is not None, f"fact {number} that waits for {account.key} is missing"
            waiting.append(raw)
            self._parked[key] = None
        account.row.parked_at = -1
        account.row.parked_facts = 0
        account.touch()
        self.row.parked_accounts -= 1
        told = closed("shard.parked", f"parked:{account.account_id}", "")
        ctx = Context(
            self.row.now, self._origin(), self.policy, fact.kind, fact.event_id, fact.event_time, fact.recorded_time
        )
        ctx.stamp(told, account.tenant, account.entity, account.account_id)
        self._adopt_at += 1
        self._group.append(told)
        for raw in waiting:
            if account.row.parked_at >= 0:
                self._wait(account, raw)
            else:
                waited = decode_fact(raw)
                self._conclude(account, waited, raw)
                # Here, so that of many it is known which one's rows cannot be written.
                self._changed(account, waited.event_id)
                account.dirty.clear()

    # --- wakes ---

    def wakes_left(self) -> bool:
        """Whether wakes are due that have not run, or are to be brought forward: the owner appends a drain fact then."""
        return self.row.rates_came or self.row.sweep_due >= 0 or self.wakes.due(self._bound)

    def _run_wakes(self, limit: int) -> None:
        bound = self._bound
        while limit:
            due = self.wakes.pop(bound)
            if due is None:
                break
            limit -= 1
            account = self.accounts.get(due[1])
            assert account is not None, f"a wake of {due[1]}, which is not of shard {self.number}"
            cause = f"wake:{account.account_id}:{due[0]}"
            self._wake(account, cause, due[0], bound)
            self._changed(account, cause)
        if self.row.rates_came and limit:
            self._retry_rates(limit)
        if self.row.sweep_due >= 0 and limit:
            self._sweep(limit)

    def _retry_rates(self, limit: int) -> None:
        """Let accounts that wait for a rate try again, in order of their keys, a bounded number after each fact."""
        row = self.row
        more = True
        while more:
            found = self.rates.waiting(row.rates_account, SWEEP_WAKES)
            for key in found:
                row.rates_account = key
                account = self.accounts.get(key)
                assert account is not None, f"{key} waits for a rate, and is not of shard {self.number}"
                cause = f"rates:{account.account_id}:{self._offset}"
                if account.row.parked_at < 0:
                    self._rates_came(account, cause)
                self._changed(account, cause)
            if len(found) < SWEEP_WAKES:
                row.rates_came = False
                row.rates_account = ""
                return
            more = limit < 0

    def _rates_came(self, account: Account, cause: str) -> None:
        ctx = Context(
            self.row.now,
            self._origin(),
            self.policy,
            "rates",
            cause,
            self.row.now,
            self.row.now,
            self.rates,
            self._first_open(account),
        )
        failure = self._failures.get((self._offset, account.key, cause)) if self._failures else None
        adopted = self._adopted_of(account, "rates", cause)
        if adopted is not None and len(adopted) == 1 and adopted[0].rule == "shard.parked":
            failure = adopted[0].reasons[0]
        if failure is not None:
            self._park(account, failure, ctx)
            return
        try:
            self._group += adopt_rates(account, adopted, ctx) if adopted is not None else rates_came(account, ctx)
        except Exception as error:
            raise _Failed(account.key, cause, error) from error

    def _sweep(self, limit: int) -> None:
        """Bring wakes forward to the accounts' next contact times, where their items get the steps of a new policy.

        A bounded number after each fact, in order of wakes, so that no payment waits for all of them.
        """
        row = self.row
        ctx = Context(row.now, self._origin(), self.policy, "", "", 0, 0)
        more = True
        while more:
            found = self.wakes.after((row.sweep_due, row.sweep_account), SWEEP_WAKES)
            for due, key in found:
                row.sweep_due, row.sweep_account = due, key
                time = next_contact(ctx, self.policy.base, key, ctx.today)
                if due > time:
                    account = self.accounts.get(key)
                    assert account is not None, f"a wake of {key}, which is not of shard {self.number}"
                    account.wake_by(time)
                    self.accounts.changed(account)
            if len(found) < SWEEP_WAKES:
                row.sweep_due, row.sweep_account = -1, ""
                return
            more = limit < 0

    def _wake(self, account: Account, cause: str, due: int, now: int) -> None:
        """Let time do its work on the account. `now` is how far the books are complete, which is what rules may see."""
        tomorrow = (now // DAY_MS + 1) * DAY_MS
        if account.row.parked_at >= 0:
            account.row.wake = tomorrow
            account.touch()
            return
        first_open = self._first_open(account) if self.row.periods else 0
        ctx = Context(now, self._origin(), self.policy, "wake", cause, due, self.row.now, self.rates, first_open)
        failure = self._failures.get((self._offset, account.key, cause)) if self._failures else None
        adopted = self._adopted_of(account, "wake", cause)
        if adopted is not None and len(adopted) == 1 and adopted[0].rule == "shard.parked":
            failure = adopted[0].reasons[0]
        if failure is not None:
            account.row.wake = tomorrow
            self._park(account, failure, ctx)
            return
        try:
            self._group += adopt_wake(account, adopted, ctx) if adopted is not None else wake(account, ctx)
        except Exception as error:
            raise _Failed(account.key, cause, error) from error
