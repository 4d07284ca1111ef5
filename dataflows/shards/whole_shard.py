"""What a shard takes of facts that are for all of it: clocks, policies, the rules' version, allowances, rates, closed periods."""

from typing import Final

from dataflows.rules.policy.policy import DAY_MS, published
from dataflows.rules.transition import RULES_VERSION
from dataflows.shards import policies
from dataflows.shards.logged import ShardStopped
from dataflows.shards.shard_state import ShardState
from schemas.records import Clock, ClosedPeriod, Fact, FxRate, OperatorAction, PeriodClose, Rules
from schemas.records import Policy as PolicyFact
from schemas.topics import NEXT_CLOCK

# A live clock that jumps further waits for an operator: reminders must not go out on a wrong day.
MOST_LIVE_JUMP_MS: Final = 5 * 60_000
# Billionths; nobody's money is worth a billion of another one's.
MOST_NANO: Final = 10**18


class WholeShard(ShardState):
    """Its time, its policy, and what else holds for all accounts; shard.py has what is done with one of them."""

    def _take_clock(self, fact: Clock) -> bool:
        """Whether time moved."""
        row = self.row
        if row.now and fact.now <= row.now:
            return False
        jump = fact.now - row.now
        if fact.mode == "live" and row.now and jump > MOST_LIVE_JUMP_MS and fact.now > row.allowed_clock:
            self._reject(fact, "shard.clock", f"clock_jump_seconds:{jump // 1000}")
            return False
        if self.policy.changes_between(row.now // DAY_MS, fact.now // DAY_MS):
            self._sweep_from_now()
        row.now = fact.now
        row.mode = fact.mode
        row.watermarks = fact.watermarks
        self._bound = self._complete()
        self._policy_due(fact, row.now)
        return True

    def _take_policy(self, fact: PolicyFact) -> None:
        wrong = policies.take(self.row, fact)
        if wrong:
            self._reject(fact, "shard.policy", wrong)
            return
        # Where time has not begun no clock is waited for.
        self._policy_due(fact, 0 if self.row.now else NEXT_CLOCK)

    def _policy_due(self, cause: Fact, now: int) -> None:
        """Put the policy in force whose time has come at `now`, if there is one; never back in time."""
        chosen = policies.due(self.row, now)
        if chosen is None:
            return
        while self._stamped < len(self._group):
            self._group[self._stamped].policy_version = self.row.policy_version
            self._stamped += 1
        policies.put_in_force(self.row, chosen)
        policy = published(self.row.policy_text)
        if policy.steps_key != self.policy.steps_key:
            self._sweep_from_now()
        self.policy = policy
        self._bound = self._complete()
        self._adopt_at += 1
        self._group.append(policies.in_force(chosen, cause, self._origin(), self.row.now))

    def _sweep_from_now(self) -> None:
        """Bring wakes forward, since reminders may have other steps from now on."""
        self.row.sweep_due = self.row.now
        self.row.sweep_account = ""

    def _take_rules(self, fact: Rules) -> None:
        if fact.version.isdigit() and int(fact.version) > int(RULES_VERSION):
            raise ShardStopped(
                f"shard {self.number}: the log is at rules version {fact.version}, this program has {RULES_VERSION}: "
                "start the newer program"
            )
        self.row.rules_version = fact.version

    def _take_allowance(self, fact: OperatorAction) -> None:
        if fact.action == "allow_clock":
            self.row.allowed_clock = fact.until
        else:
            self.row.allowed_future = fact.until

    def _take_rate(self, fact: FxRate, value: bytes) -> None:
        if not self._is_new(fact, value):
            return
        if not 0 < fact.rate_nano < MOST_NANO:
            self._reject(fact, "shard.rate", f"rate_not_above_zero:{fact.rate_nano}")
            return
        self.rates.take(fact)
        # Accounts that wait for a rate are tried again, a bounded number after each fact.
        self.row.rates_came = True
        self.row.rates_account = ""

    def _take_period(self, fact: PeriodClose, value: bytes) -> None:
        """From now on what is posted earlier is posted on that day; an earlier day than before opens a period again."""
        if not self._is_new(fact, value):
            return
        name = f"{fact.tenant}/{fact.entity}"
        kept = [period for period in self.row.periods if period.name != name]
        kept.append(ClosedPeriod(name, fact.first_open_date))
        kept.sort(key=_name_of)
        self.row.periods = kept


def _name_of(period: ClosedPeriod) -> str:
    return period.name
