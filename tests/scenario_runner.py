"""Runs a scenario through a real shard on RocksDB, and says where it and the scenario differ.

Days pass by the clock of a replay: each day's facts, then its end. Every decision is held against
the second set of books (tests/books.py).
"""

import re
from datetime import date
from itertools import combinations
from pathlib import Path

import tomli_w

from connectors.intake.clockwork import clock_message, day_end_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from headrace.amounts import plain
from schemas.codec import decode_decision, encode_fact
from schemas.records import CashTransferred, Decision, Fact, OperatorAction, Policy, Receipt, ReceiptReturned, ShardRow
from schemas.topics import INPUT_TOPICS, SUSPENSE_PREFIX
from sinks.redis.credit import credit_facts
from sinks.redis.transfers import cause_of, transfer_fact
from tests.books import Books, Unsound
from tests.policies import policy_fact
from tests.scenario_language import (
    Again,
    Arrives,
    CreditArrives,
    DayEnds,
    PolicyChange,
    Scenario,
    Step,
)
from tests.scenario_lines import ACCOUNT, EPOCH, MINUTE_MS
from tests.scenario_words import described

CACHE_BYTES = 16 << 20
# Facts of a live scenario come after nine.
FACTS_HOUR = 9
# These only say again what their fact says: they are expected without being written.
ECHOES = frozenset(("item_posted", "receipt_booked"))


class Run:
    """One scenario's shard, its decisions so far and what differed."""

    def __init__(self, scenario: Scenario, directory: Path) -> None:
        self.scenario = scenario
        self.shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), CACHE_BYTES)
        self.books = Books()
        self.differences: list[str] = []
        # All that the last fact led to.
        self.concluded: list[Decision] = []
        self._offset = 0
        # Every message that was taken in.
        self.taken: list[bytes] = []
        # Of a live scenario: hours that the clock has struck.
        self._struck = 0
        self._policies = 0
        self._last = b""
        self._money: list[Receipt | CashTransferred | ReceiptReturned] = []
        self._sent: list[CashTransferred | ReceiptReturned] = []
        self._credit: list[Fact] = []
        # By account and its name for a receipt: the fact that brought it.
        self._booked: dict[tuple[str, str], Fact] = {}

    def close(self) -> None:
        self.shard.close()

    def all(self) -> list[str]:
        """Run every line and day; the differences, each as text of several lines."""
        steps = self.scenario.steps
        today = steps[0].day
        self._take(day_end_message(today - 1))
        if self.scenario.live:
            self._take(encode_fact(_allowance()))
            self._struck = today * 24
        for step in steps:
            while today < step.day:
                self._end(today)
                today += 1
            if isinstance(step.action, DayEnds):
                self._compare(step, self._day_over(today))
                today += 1
            else:
                # What the morning brings comes before it.
                early = self._strike(today * 24 + FACTS_HOUR) if self.scenario.live else []
                self._compare(step, early + self._act(step))
        self._end(today)
        return self.differences

    def _end(self, day: int) -> None:
        """The end of a day that the scenario says nothing about: nothing may come of it."""
        decisions = self._day_over(day)
        if decisions:
            said = "".join([f"\n    got       {self.told(d)}" for d in decisions])
            when = date.fromordinal(day + EPOCH).isoformat()
            self.differences.append(f"{self.scenario.path}: {when} end of day, of which it says nothing{said}")

    def _day_over(self, day: int) -> list[Decision]:
        """The clock of a replay closes the day; a live one has struck each hour of it."""
        if not self.scenario.live:
            return self._take(day_end_message(day))
        return self._strike(day * 24 + 24)

    def _strike(self, until: int) -> list[Decision]:
        """The hours that have gone by, counted since 1970."""
        decisions: list[Decision] = []
        while self._struck < until:
            self._struck += 1
            now = self._struck * 60 * MINUTE_MS - 1
            decisions += self._take(clock_message(now, "live", [(topic, now) for topic in INPUT_TOPICS]))
        return decisions

    def _act(self, step: Step) -> list[Decision]:
        action = step.action
        if isinstance(action, Again):
            return self._take(self._last)
        if isinstance(action, PolicyChange):
            return self._take(encode_fact(self._policy(action)))
        if isinstance(action, CreditArrives):
            news, self._credit = self._credit, []
            return [d for fact in news for d in self._fact(fact)]
        if isinstance(action, Arrives):
            for fact in self._sent:
                if fact.receipt_id == action.receipt_id:
                    self._sent.remove(fact)
                    return self._fact(fact)
            self.differences.append(f"{self.scenario.path}:{step.line}: {step.text}: nothing of it is on its way")
            return []
        assert isinstance(action, Fact)
        return self._fact(action)

    def _fact(self, fact: Fact) -> list[Decision]:
        if isinstance(fact, Receipt | CashTransferred | ReceiptReturned):
            self._money.append(fact)
        self._last = encode_fact(fact)
        decisions = self._take(self._last)
        for d in decisions:
            if d.kind == "receipt_booked":
                self._booked[d.account_id, d.receipt_id] = self._cause(d)
            elif d.kind == "cash_transferred":
                money = self._booked.get((d.account_id, d.receipt_id))
                cause = money if money is not None and d.rule == "transfer.out" else self._cause(d)
                self._sent.append(transfer_fact(d, cause, money if d.rule == "transfer.return" else None))
        return decisions

    def _cause(self, d: Decision) -> Fact:
        """The fact that it was decided on."""
        return next(fact for fact in self._money if cause_of(d).names(fact))

    def _policy(self, change: PolicyChange) -> Policy:
        self._policies += 1
        return policy_fact(tomli_w.dumps(change.part), self._policies)

    def _take(self, value: bytes) -> list[Decision]:
        self.taken.append(value)
        self.shard.process(self._offset, value, None)
        self._offset += 1
        decisions = [decode_decision(raw) for _, _, raw in self.shard.outbox]
        self.concluded = decisions
        # A scenario that writes a policy means it to be in force.
        decisions = [d for d in decisions if d.kind != "policy_in_force"]
        self.shard.outbox = []
        self._credit += [fact for d in decisions for fact in credit_facts(d)]
        try:
            self.books.take_all(decisions).settle()
        except Unsound as error:
            self.differences.append(f"{self.scenario.path}: {error}")
        return decisions

    # --- what is expected against what came ---

    def _compare(self, step: Step, decisions: list[Decision]) -> None:
        expected = [line.strip() for _, line in step.below]
        balances = [line for line in expected if _BALANCE.fullmatch(line)]
        expected = [line for line in expected if line not in balances]
        got = decisions
        if expected == ["nothing"]:
            expected = []
        else:
            said = [d for d in decisions if d.kind in ECHOES and not any(self._fits(line, d) for line in expected)]
            got = [d for d in decisions if d not in said]
        where = f"{self.scenario.path}:{step.line}: {step.text}"
        if len(got) != len(expected) or not all(map(self._fits, expected, got)):
            wanted = "".join([f"\n    expected  {line}" for line in expected or ["nothing"]])
            came = "".join([f"\n    got       {self.told(d)}" for d in got]) or "\n    got       nothing"
            self.differences.append(where + wanted + came)
        for line in balances:
            found = self._balance(line)
            if found != line:
                self.differences.append(f"{where}\n    expected  {line}\n    got       {found}")

    def _balance(self, line: str) -> str:
        """What the books have where the line says what is expected, in the line's own form."""
        found = _BALANCE.fullmatch(line)
        assert found is not None
        currency = found["currency"] or self.scenario.currency
        sums = self.books.sums[self._account(found["account"]), currency]
        wanted = [part.split(" ", 1)[0] for part in found["parts"].split(", ")]
        amounts = {
            "open": sums.open_debit,
            "credit": sums.open_credit,
            "unapplied": sums.unapplied,
            "on-account": sums.on_account,
        }
        parts = [f"{name} {plain(amount, currency)}" for name, amount in amounts.items() if amount or name in wanted]
        head = line[: found.start("parts")]
        return head + (", ".join(parts) if parts else "zero")

    def _account(self, text: str | None) -> str:
        if text is None:
            return ACCOUNT
        if text == "suspense":
            return next((a for a, _ in self.books.sums if a.startswith(SUSPENSE_PREFIX)), "")
        return text

    def _fits(self, line: str, d: Decision) -> bool:
        head, parts = described(d, self.scenario.currency)
        return any(line == " ".join([head, *some]) for n in range(len(parts) + 1) for some in combinations(parts, n))

    def told(self, d: Decision) -> str:
        head, parts = described(d, self.scenario.currency)
        return " ".join([head, *parts])


_BALANCE = re.compile(r"(?:\[(?P<account>\S+)\] )?balance (?:in (?P<currency>[A-Z]{3}) )?(?P<parts>.+)")


def _allowance() -> OperatorAction:
    """The clock of a live scenario strikes each hour, and jumps at its begin."""
    until = 1 << 50
    return OperatorAction(
        "allow", 0, "", "scenario", "", "", "", 0, "allow_clock", "someone", "", "", "", "", 0, until, ""
    )
