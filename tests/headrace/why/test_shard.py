"""What the shard itself decides is explained too: refused clocks and policies, parked accounts, bytes that are no fact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflows.rules.money.money import MOST_MINOR
from headrace.commands.why import lines_of
from headrace.why.explain import explain
from headrace.why.history import History, made
from headrace.why.replay import Replay
from headrace.why.waits import waits
from schemas.codec import decode_fact, encode_fact
from schemas.records import Decision, Fact
from schemas.wire import Unreadable
from tests.dataflows.shards.test_shard import ACCOUNT, DAY_MS, ELSEWHERE, SHARDS, Bench, action, clock, invoice, receipt
from tests.headrace.why.test_every_decision import explained
from tests.headrace.why.told import is_the_same
from tests.policies import policy_fact

KEY = f"t/e/{ACCOUNT}"


class Recorded(Bench):
    """A bench that keeps what it was fed and what came of it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.facts: list[tuple[int, Fact | None]] = []
        self.decided: list[Decision] = []

    def feed(self, *facts: Fact | bytes) -> None:
        for fact in facts:
            value = fact if isinstance(fact, bytes) else encode_fact(fact)
            try:
                self.facts.append((self.offset, decode_fact(value)))
            except Unreadable:
                self.facts.append((self.offset, None))
            self.decided += self.take(value)

    def histories(self) -> dict[str, History]:
        return made(0, self.facts, self.decided)

    def told(self, rule: str) -> str:  # type: ignore[override]
        """What is printed of the first decision of that rule."""
        (history, d) = next((h, d) for h in self.histories().values() for d in h.decisions if d.rule == rule)
        return "\n".join(lines_of(explain(history, d)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Recorded]:
    found = Recorded(tmp_path / "shard")
    yield found
    found.shard.close()


def test_what_a_shard_refuses_is_explained(bench: Recorded) -> None:
    now = 20_000 * DAY_MS
    bench.feed(
        clock(now),
        clock(now + 301_000),
        policy_fact("[release]\npod_days = -1\n", 1),
        b"no fact",
        invoice("a", "INV-1", account=ELSEWHERE),
        invoice("b", "INV-1"),
        invoice("b", "INV-2"),
        receipt("c", "R-1", 0, "INV-1"),
        action("d", "resume_account"),
    )
    assert sum(explained(bench.histories().values()).values()) == len(bench.decided)
    assert {d.rule for d in bench.decided} == {
        *("shard.clock", "shard.policy", "shard.unreadable", "shard.misplaced", "shard.event_id"),
        *("posted.erp", "facts", "operator.resume_account"),
    }
    assert "  The clock: it is 2024-10-04 00:05:01 UTC" in bench.told("shard.clock")
    assert "clock jump seconds:301" in bench.told("shard.clock")
    assert "Bytes in the log that are no fact" in bench.told("shard.unreadable")
    assert "whole shard; the log's clock stood at 2024-10-04 00:00:00" in bench.told("shard.policy")
    assert "An event id has one effect" in bench.told("shard.event_id")
    assert "Receipt R-1 of 0.00 USD" in bench.told("facts")
    # What was refused is not in force, and moved no clock.
    (history,) = [h for key, h in bench.histories().items() if key == KEY]
    assert history.times.last().now == now
    assert history.times.last().in_force.version == 0


def test_a_parked_account_says_so_and_is_made_again_as_it_is(bench: Recorded) -> None:
    huge = 3 << 60
    bench.feed(
        clock(20_000 * DAY_MS, "replay"),
        invoice("a", "INV-1", huge),
        invoice("b", "INV-2", huge),
        receipt("c", "R-1", 5, "INV-1"),
        action("d", "resume_account"),
        receipt("e", "R-2", 5, "INV-1"),
    )
    explained(bench.histories().values())
    assert "the rules failed on it" not in bench.told("shard.parked")
    assert "its facts wait until an operator lets it go on." in bench.told("shard.parked")
    bench.shard.commit()
    replay = Replay(bench.histories()[KEY], SHARDS)
    is_the_same(replay, bench.shard.store)
    (found,) = waits(replay, "INV-1")
    assert found.holds[0] == "the account is parked since offset 4: its facts wait for resume-account"
    replay.close()


def test_what_waited_for_its_account_says_how_long(bench: Recorded) -> None:
    bench.feed(invoice("a", "INV-1", MOST_MINOR - 100), invoice("b", "INV-2", 500))
    assert bench.decided[-1].rule == "shard.parked"
    account = bench.shard.accounts.get(KEY)
    assert account is not None
    # The rules are mended meanwhile: what does not fit any more is here made to fit by hand.
    account.balance("USD").open_debit -= 10_000
    account.balance("USD").debits_raised -= 10_000
    account.touch()
    bench.shard.accounts.changed(account)
    bench.feed(action("e", "resume_account"))
    assert [d.kind for d in bench.decided[-2:]] == ["exception_closed", "item_posted"]
    history = bench.histories()[KEY]
    told = lines_of(explain(history, bench.decided[-1]))
    assert "    it waited for its account to go on, from offset 1 to 2" in told
