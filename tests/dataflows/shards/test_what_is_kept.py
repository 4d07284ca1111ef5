"""What a shard and a policy keep because it is asked for with each fact is what would be found anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.workload import bench_stream, warm_up_facts
from connectors.intake.clockwork import clock_message
from connectors.intake.policies import policy_fact
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DAY_MS, DEFAULT_TEXT, Policy, Provisions, parse
from dataflows.rules.policy.policy_tables import Table
from dataflows.rules.provisions.calendars import Calendar
from dataflows.shards.accounts import Accounts
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from dataflows.shards.wakes import Wakes
from headrace.policies.compiling import compile_file
from schemas.codec import encode_fact
from schemas.records import CustomerRow, Fact, ShardRow
from tests.installations import but

KEY = "t/e/C1"
DAY = 20_454
START = DAY * DAY_MS
DEMO = Path("headrace/commands/demo_policy.toml")
VARIED = (
    DEFAULT_TEXT
    + """
[[variants]]
name = "gold"
where = { tier = "gold" }
reminders.minimum_minor = 777

[[variants]]
name = "gold in spring"
where = { tier = "gold", segment = "retail", from = "2026-03-01", until = "2026-05-31" }
reminders.minimum_minor = 888
"""
)


class Opened:
    """The accounts of a shard's store, fed by hand."""

    def __init__(self, directory: Path) -> None:
        self.store = Store(directory)
        self.accounts = Accounts(0, 1, self.store, Wakes(self.store), 1 << 20)

    def put(self, tier: str) -> None:
        account = self.accounts.get(KEY)
        assert account is not None
        account.put_customer(CustomerRow(True, "US", "retail", tier, "USD"))
        self.accounts.changed(account)

    def minimum(self, policy: Policy, day: int) -> int:
        account = self.accounts.get(KEY)
        assert account is not None
        found = account.provisions(Context(day * DAY_MS, "live", policy, "", "", 0, 0)).reminders.minimum_minor
        self.accounts.changed(account)
        return found


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    found = Opened(tmp_path / "shard")
    yield found
    found.store.close()


def test_provisions_follow_master_data_policy_and_day(opened: Opened) -> None:
    policy = parse(VARIED)
    plain = parse(DEFAULT_TEXT + '\n[[variants]]\nname = "x"\nwhere = { tier = "iron" }\nreminders.minimum_minor = 5\n')
    base = policy.base.reminders.minimum_minor
    opened.put("gold")
    assert [opened.minimum(policy, DAY), opened.minimum(policy, DAY)] == [777, 777]
    march = 20_513  # 2026-03-01
    assert [opened.minimum(policy, march - 1), opened.minimum(policy, march), opened.minimum(policy, DAY)] == [
        777,
        888,
        777,
    ]
    assert opened.minimum(plain, DAY) == base
    assert opened.minimum(policy, DAY) == 777
    opened.put("silver")
    assert opened.minimum(policy, DAY) == base


def test_master_data_that_are_taken_back_are_known_no_more(opened: Opened) -> None:
    policy = parse(VARIED)
    opened.put("gold")
    assert opened.minimum(policy, DAY) == 777
    opened.accounts.taken_back()
    assert opened.minimum(policy, DAY) == policy.base.reminders.minimum_minor


def facts_of_days() -> Iterator[bytes]:
    """Twelve accounts, their backlog and 600 facts over two days, by the demo's policy; master data change on the way."""
    yield encode_fact(policy_fact(2, compile_file(DEMO).text, 0, START))
    minute = 0
    for at, fact in enumerate(bench_stream(12, 600, 3, 4, START)):
        # One fact a millisecond becomes one in five minutes.
        now = START + at * 300_000
        if now // 60_000 > minute:
            minute = now // 60_000
            yield clock_message(now, "live", [("payments", now)])
        yield encode_fact(fact)
        if at > warm_up_facts(12, 4) and at % 50 == 0:
            yield encode_fact(promoted(fact, at))


def promoted(fact: Fact, at: int) -> Fact:
    """The account's customer, who is of another tier from now on."""
    customer = next(iter(bench_stream(1, 0, 1, 1, START)))
    tier = "gold" if at % 100 else "bronze"
    return but(customer, event_id=f"promoted{at}", account_id=fact.account_id, tier=tier)


def decided(directory: Path, cache_bytes: int, commit_every: int) -> list[bytes]:
    shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), cache_bytes)
    found: list[bytes] = []
    for offset, value in enumerate(facts_of_days()):
        shard.process(offset, value, None)
        for sequence, _, raw in shard.outbox:
            found.append(raw)
            shard.confirm(sequence, sequence)
        shard.outbox.clear()
        if offset % commit_every == 0:
            shard.commit()
    shard.close()
    return found


def test_nothing_kept_gives_the_same_decisions_with_all_rules_on(tmp_path: Path) -> None:
    """One byte of memory and a commit after each fact, or all in memory and seldom a commit."""
    kept = decided(tmp_path / "kept", 64 << 20, 400)
    assert len(kept) > 1_000
    assert decided(tmp_path / "not_kept", 1, 1) == kept


@given(st.lists(st.integers(-DAY_MS, 6 * DAY_MS), max_size=30))
def test_an_offset_is_the_one_in_force_in_whatever_order_it_is_asked_for(times: list[int]) -> None:
    table = {"weekend": [5, 6], "holidays": [], "start_minute": 480, "end_minute": 1020}
    calendar = Calendar(Table(table | {"offsets": [DAY_MS, 60, 2 * DAY_MS, 120, 4 * DAY_MS, -300]}, "calendar"))
    for time in times:
        minutes = 0 if time < DAY_MS else 60 if time < 2 * DAY_MS else 120 if time < 4 * DAY_MS else -300
        assert calendar.offset_ms(time) == minutes * 60_000


def test_the_hours_of_contacts_are_the_same_when_they_are_asked_for_again() -> None:
    provisions: Provisions = parse(DEFAULT_TEXT).base
    opens = DAY * DAY_MS + provisions.reminders.window_start_ms
    expected = (opens, provisions.reminders.window_ms)
    assert [provisions.contact_window(DAY), provisions.contact_window(DAY)] == [expected, expected]
    assert provisions.contact_window(DAY + 1) == (opens + DAY_MS, provisions.reminders.window_ms)
