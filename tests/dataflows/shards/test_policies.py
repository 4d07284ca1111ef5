"""Versions of the policy in a shard: they wait for their time, rise, are taken back, and are said once."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.shard import DAY_MS, Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import Clock, Decision, Fact, Policy, ShardRow, Watermark

DAY = 20_000
NEXT_CLOCK = 1


def clock(now: int, mode: str = "live") -> Clock:
    return Clock(f"clock:{mode}:{now}", now, "", "headrace", "", "", "", now, now, mode, [Watermark("payments", now)])


def day_end(day: int) -> Clock:
    return clock((day + 1) * DAY_MS - 1, "replay")


def policy(version: int, from_time: int = 0, more: str = "") -> Policy:
    text = DEFAULT_TEXT.replace("version = 0", f"version = {version}") + more
    return Policy(f"policy:{version}:{len(more)}", 0, "", "headrace", "", "", "", 0, version, text, "", from_time)


def taken_back(version: int) -> Policy:
    return Policy(f"back:{version}", 0, "", "headrace", "", "", "", 0, version, "", "", 0, True)


class Bench:
    """One shard that takes facts and tells what it says of policies."""

    def __init__(self, directory: Path) -> None:
        self.shard = Shard(0, 4, Store(directory), ShardRow("facts", "decisions"), 1 << 24)
        self.offset = 0

    def take(self, *facts: Fact) -> list[Decision]:
        said = []
        for fact in facts:
            self.shard.process(self.offset, encode_fact(fact), None)
            self.offset += 1
            said += [decode_decision(raw) for _, _, raw in self.shard.outbox]
            self.shard.outbox.clear()
        return said

    def told(self, *facts: Fact) -> list[str]:
        """In short: `3` where version 3 takes effect, else why a fact is rejected."""
        return [d.reasons[0] if d.reasons else d.reference_id.removeprefix("policy:") for d in self.take(*facts)]


def test_a_version_waits_for_the_first_clock_at_its_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    start = DAY * DAY_MS
    assert bench.told(clock(start - 120_000), policy(1, start), clock(start - 60_000)) == []
    (said,) = bench.take(clock(start + 30_000))
    assert (said.kind, said.rule, said.reference_id, said.policy_version) == (
        "policy_in_force",
        "policy.from_time",
        "policy:1",
        1,
    )
    assert (said.fact_offset, said.event_time, said.account_id) == (3, start + 30_000, "")
    assert (bench.shard.row.policy_version, bench.shard.policy.version) == (1, 1)
    bench.shard.close()


def test_the_next_clock_is_waited_for_unless_time_has_not_begun(tmp_path: Path) -> None:
    begun = Bench(tmp_path / "begun")
    assert begun.told(clock(DAY * DAY_MS), policy(1, NEXT_CLOCK)) == []
    assert begun.told(clock(DAY * DAY_MS + 60_000)) == ["1"]
    fresh = Bench(tmp_path / "fresh")
    assert fresh.told(policy(1, NEXT_CLOCK), policy(2, DAY * DAY_MS)) == ["1"]
    assert fresh.told(clock(DAY * DAY_MS)) == ["2"]
    begun.shard.close()
    fresh.shard.close()


def test_at_a_day_s_end_the_next_day_s_policy_comes_behind_what_that_day_still_brought(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.told(day_end(DAY - 1), policy(1, (DAY + 1) * DAY_MS), policy(2, (DAY + 2) * DAY_MS)) == []
    (said,) = bench.take(day_end(DAY))
    assert (said.reference_id, said.policy_version) == ("policy:1", 1)
    # A clock that comes twice moves nothing, and puts nothing into force.
    assert bench.told(day_end(DAY), policy(3, NEXT_CLOCK), day_end(DAY)) == []
    assert bench.told(day_end(DAY + 1)) == ["3"]
    bench.shard.close()


def test_what_cannot_be_is_rejected_and_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.told(policy(2), clock(DAY * DAY_MS), policy(5, (DAY + 9) * DAY_MS)) == ["2"]
    assert bench.told(policy(2), policy(5, (DAY + 9) * DAY_MS)) == []
    assert bench.told(
        policy(1),
        policy(2, 0, "# other\n"),
        policy(5, (DAY + 8) * DAY_MS),
        policy(5, (DAY + 9) * DAY_MS, "# other\n"),
        taken_back(2),
        taken_back(4),
        policy(6, 0, "\nnonsense = 1\n"),
    ) == [
        "version_not_above:2",
        "version_with_other_text:2",
        "version_with_other_date:5",
        "version_with_other_text:5",
        "version_in_force:2",
        "version_unknown:4",
        "calendars.default.nonsense: unknown; known are weekend, holidays, start_minute, end_minute, offsets",
    ]
    assert bench.told(taken_back(5), taken_back(5), policy(5, (DAY + 9) * DAY_MS)) == []
    assert bench.told(clock((DAY + 10) * DAY_MS, "replay")) == []
    assert [(state.version, state.state) for state in bench.shard.row.policies] == [(2, "in_force"), (5, "taken_back")]
    bench.shard.close()


def test_a_shard_takes_no_proposal_and_nothing_that_its_maker_approved(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    text = policy(1).text
    header = ("p", 0, "", "headrace", "", "", "", 0, 1, text, "")
    assert bench.told(
        Policy(*header, 0, False, "kim", "", True, ""),
        Policy(*header, 0, False, "kim", "", False, "kim"),
        Policy(*header, 0, False, "kim", "", False, "lee"),
    ) == ["version_not_approved:1", "approved_by_its_maker:1", "1"]
    bench.shard.close()


def test_what_an_older_program_published_has_the_built_in_values_of_what_it_did_not_know(tmp_path: Path) -> None:
    before, _, behind = policy(1).text.partition("[statements]\n")
    whole = [*before.splitlines(), *behind[behind.index("\n[") :].splitlines()]
    older = [line for line in whole if not line.startswith("contacts_max")]
    assert len(older) == len(whole) - 1
    header = ("p", 0, "", "headrace", "", "", "", 0, 1, "\n".join(older), "")
    bench = Bench(tmp_path)
    assert bench.told(Policy(*header)) == ["1"]
    assert (bench.shard.policy.base.reminders.contacts_max, bench.shard.policy.base.statements.day_of_month) == (12, 0)
    bench.shard.commit()
    bench.shard.close()
    store = Store(tmp_path)
    row = store.shard_row()
    assert row is not None
    again = Shard(0, 4, store, row, 1 << 24)
    assert again.policy.version == 1
    again.close()


def test_a_higher_version_ends_lower_ones_that_wait(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.told(clock(DAY * DAY_MS), policy(1, (DAY + 5) * DAY_MS), policy(2, NEXT_CLOCK)) == []
    assert bench.told(clock(DAY * DAY_MS + 60_000), taken_back(1)) == ["2", "version_over:1"]
    assert bench.told(day_end(DAY + 7)) == []
    bench.shard.close()


def test_what_waits_is_there_after_a_restart(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.take(clock(DAY * DAY_MS), policy(1, (DAY + 1) * DAY_MS))
    bench.shard.commit()
    bench.shard.close()
    store = Store(tmp_path)
    row = store.shard_row()
    assert row is not None
    again = Bench.__new__(Bench)
    again.shard, again.offset = Shard(0, 4, store, row, 1 << 24), 2
    assert again.told(policy(1, (DAY + 1) * DAY_MS), day_end(DAY)) == ["1"]
    again.shard.close()


@st.composite
def _facts(draw: st.DrawFn) -> list[Fact]:
    """Policies with any days, withdrawals and clocks, in any order."""
    found: list[Fact] = []
    for _ in range(draw(st.integers(1, 14))):
        what = draw(st.sampled_from(("policy", "policy", "back", "clock", "day")))
        if what == "policy":
            from_time = draw(st.sampled_from((0, NEXT_CLOCK, *(((DAY + n) * DAY_MS) for n in range(4)))))
            found.append(policy(draw(st.integers(1, 5)), from_time, draw(st.sampled_from(("", "# other\n")))))
        elif what == "back":
            found.append(taken_back(draw(st.integers(1, 5))))
        elif what == "clock":
            found.append(clock(DAY * DAY_MS + draw(st.integers(-5, 5)) * 60_000))
        else:
            found.append(day_end(DAY + draw(st.integers(-1, 4))))
    return found


# Each example opens two stores.
@settings(max_examples=25)
@given(_facts())
def test_the_version_in_force_only_rises_and_repeats_change_nothing(facts: list[Fact]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        bench, other = Bench(Path(one)), Bench(Path(two))
        versions = []
        for fact in facts:
            versions += [d.policy_version for d in bench.take(fact) if d.kind == "policy_in_force"]
            other.take(fact)
            if isinstance(fact, Policy):
                # Carried again by somebody who was killed before he could say that it was carried.
                assert not [d for d in other.take(fact) if d.kind == "policy_in_force"]
        assert versions == sorted(set(versions))
        assert [(p.version, p.state) for p in bench.shard.row.policies] == [
            (p.version, p.state) for p in other.shard.row.policies
        ]
        assert bench.shard.row.policy_version == other.shard.row.policy_version == max([0, *versions])
        bench.shard.close()
        other.shard.close()
