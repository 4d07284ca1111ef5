"""New reminder steps reach all accounts of a shard, a bounded number after each fact, the same whatever was committed."""

from pathlib import Path

from connectors.log.base import account_key, partition_of
from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.shard import DAY_MS, SWEEP_WAKES, Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import Clock, Drain, Fact, Invoice, Policy, ShardRow, Watermark

DAY = 20_000  # a Friday
SHARDS = 4
ACCOUNTS = [f"C{n}" for n in range(900) if partition_of(account_key("t", "e", f"C{n}"), SHARDS) == 0][:200]
# The day after the next: what is brought forward wakes on it at the latest.
SOON = (DAY + 2) * DAY_MS


def clock(now: int) -> Clock:
    return Clock(f"clock:{now}", now, "", "headrace", "", "", "", now, now, "live", [Watermark("payments", now)])


def invoice(account: str) -> Invoice:
    time = DAY * DAY_MS
    head = (f"invoice:{account}", time, "", "erp", "t", "e", account, time)
    return Invoice(*head, f"INV-{account}", "posted", DAY, DAY, DAY + 30, "USD", 100_00, 0, "", "", "", [])


def policy(version: int, steps: str) -> Policy:
    text = DEFAULT_TEXT.replace("version = 0", f"version = {version}").replace("[-7, 1, 10, 20, 30]", steps)
    return Policy(f"policy:{version}", 0, "", "headrace", "", "", "", 0, version, text, str(version))


def drain(number: int) -> Drain:
    return Drain(f"drain:{number}", 0, "", "headrace", "", "", "", 0, 64)


class Story:
    """One shard that takes facts; `committing` after each of them, with no memory for accounts, or never."""

    def __init__(self, directory: Path, committing: bool) -> None:
        self.shard = Shard(0, SHARDS, Store(directory), ShardRow("facts", "decisions"), 1 if committing else 1 << 24)
        self.committing = committing
        self.offset = 0
        self.said: list[bytes] = []

    def take(self, *facts: Fact) -> None:
        for fact in facts:
            self.shard.process(self.offset, encode_fact(fact), None)
            self.offset += 1
            self.said += [raw for _, _, raw in self.shard.outbox if decode_decision(raw).kind != "policy_in_force"]
            self.shard.outbox.clear()
            if self.committing:
                self.shard.commit()

    def waking_by(self, time: int) -> int:
        """How many accounts wake by then."""
        return len([due for due, _ in self.shard.wakes.after((0, ""), 1_000) if due <= time])


def test_new_steps_bring_wakes_forward_a_few_after_each_fact(tmp_path: Path) -> None:
    story = Story(tmp_path, committing=False)
    story.take(policy(1, "[30]"), clock(DAY * DAY_MS), *map(invoice, ACCOUNTS))
    assert not story.shard.wakes_left()
    assert story.waking_by(SOON) == 0
    story.take(policy(2, "[-29]"))
    assert story.waking_by(SOON) == SWEEP_WAKES
    assert story.shard.wakes_left()
    drains = 0
    while story.shard.wakes_left():
        story.take(drain(drains))
        drains += 1
    assert drains == 3
    assert story.waking_by(SOON) == len(ACCOUNTS)
    assert story.said[len(ACCOUNTS) :] == []
    story.shard.close()


def test_a_policy_with_the_same_steps_wakes_nobody(tmp_path: Path) -> None:
    story = Story(tmp_path, committing=False)
    story.take(policy(1, "[30]"), clock(DAY * DAY_MS), *map(invoice, ACCOUNTS[:3]), policy(2, "[30]"))
    assert not story.shard.wakes_left()
    assert story.waking_by(SOON) == 0
    story.shard.close()


def test_what_was_committed_when_makes_no_difference(tmp_path: Path) -> None:
    found = []
    for committing in (False, True):
        story = Story(tmp_path / str(committing), committing)
        half = len(ACCOUNTS) // 2
        story.take(policy(1, "[30]"), clock(DAY * DAY_MS), *map(invoice, ACCOUNTS[:half]), policy(2, "[-29]"))
        # While wakes are still brought forward, accounts and another policy come.
        story.take(*map(invoice, ACCOUNTS[half:]), policy(3, "[-27]"))
        # Live time goes on in small steps, over the weekend to the end of Monday.
        story.take(*[clock(DAY * DAY_MS + minutes * 60_000) for minutes in range(4, 4 * 1440, 4)])
        for number in range(20):
            story.take(drain(number))
        story.shard.commit()
        found.append(
            (story.said, story.shard.store.range(b"A", b"B", 1_000), story.shard.store.range(b"W", b"X", 1_000))
        )
        story.shard.close()
    assert found[0] == found[1]
    reminded = [d for d in map(decode_decision, found[0][0]) if d.kind == "reminder_due"]
    assert sorted(d.account_id for d in reminded) == sorted(ACCOUNTS)
    assert {(d.policy_version, d.level) for d in reminded} == {(3, 1)}
