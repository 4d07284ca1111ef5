"""Wakes by the hour: deadlines of disputes and tasks come at their time, and bring no reminder forward or back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.intake.clockwork import clock_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import ShardRow
from schemas.topics import INPUT_TOPICS
from tests.facts import DAY, DAY_MS, dispute, invoice
from tests.policies import policy_fact

HOUR_MS = 3_600_000
# Contacts leave between 15:00 and 16:00; the owner of a dispute has one hour, and so has the collector after that.
POLICY = """
[reminders]
steps_days = [1, 3]
days_between_letters = 0
window_start_minute = 900
window_minutes = 60
[disputes]
escalations = ["lead"]
[disputes.sla_hours]
default = 1
[[disputes.routes]]
owner = "claims"
[collections]
tasks = ["dispute_overdue"]
[[collections.steps]]
role = "collector"
hours = 1
[[collections.steps]]
role = "lead"
hours = 0
[calendars.default]
weekend = []
"""


class Day:
    """One account of one shard, hour by hour."""

    def __init__(self, directory: Path) -> None:
        self.shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), 1 << 24)
        self.offset = 0

    def take(self, value: bytes) -> list[str]:
        self.shard.process(self.offset, value, None)
        self.offset += 1
        said = [decode_decision(raw) for _, _, raw in self.shard.outbox]
        self.shard.outbox.clear()
        return [f"{d.kind} {d.reference_id or d.document}" for d in said if d.kind != "item_posted"]

    def at(self, day: int, hour: int) -> list[str]:
        """The clock at that hour, and what time brought since."""
        now = day * DAY_MS + hour * HOUR_MS
        return self.take(clock_message(now, "replay", [(topic, now) for topic in INPUT_TOPICS]))


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Day]:
    """The second invoice is due for a reminder tomorrow; the first is disputed at nine today."""
    day = Day(tmp_path)
    day.at(DAY - 1, 24)
    day.take(encode_fact(policy_fact(POLICY)))
    for number in (1, 2):
        fact = invoice(event_id=f"i-{number}", document=f"INV-{number}", due_date=DAY - 1 if number == 2 else DAY + 90)
        day.take(encode_fact(fact))
    yield day
    day.shard.close()


def disputed(day: Day, on: int, hour: int) -> list[str]:
    time = on * DAY_MS + hour * HOUR_MS
    return day.take(encode_fact(dispute(document="INV-1", amount=None, event_time=time, recorded_time=time)))


def test_a_deadline_before_the_contact_time_sends_nothing_early(story: Day) -> None:
    assert story.at(DAY, 9) == []
    assert disputed(story, DAY, 9) == ["dispute_opened D-1", "dispute_routed D-1"]
    # The dispute's own deadline, which opens a task; then the task's.
    assert story.at(DAY, 10) == ["escalated D-1", "task_opened dispute_overdue:D-1"]
    assert story.at(DAY, 11) == ["escalated dispute_overdue:D-1"]
    assert story.at(DAY, 14) == []
    assert [said.split()[0] for said in story.at(DAY, 16)] == ["reminder_due"]


def test_a_deadline_after_the_contact_time_is_not_missed(story: Day) -> None:
    assert story.at(DAY, 15) == []
    assert disputed(story, DAY, 15) == ["dispute_opened D-1", "dispute_routed D-1"]
    said = story.at(DAY, 16)
    assert sorted(text.split()[0] for text in said) == ["escalated", "reminder_due", "task_opened"]
    assert story.at(DAY, 17) == ["escalated dispute_overdue:D-1"]
    assert story.at(DAY, 24) == []


def test_new_steps_are_kept_by_an_account_that_wakes_for_a_deadline_first(story: Day) -> None:
    story.at(DAY, 16)
    story.at(DAY + 1, 9)
    disputed(story, DAY + 1, 9)
    # By the old steps the next reminder was the day after.
    story.take(encode_fact(policy_fact(POLICY.replace("[1, 3]", "[1, 2]"), 2)))
    assert story.at(DAY + 1, 10) == ["escalated D-1", "task_opened dispute_overdue:D-1"]
    said = story.at(DAY + 1, 16)
    assert [text.split()[0] for text in said] == ["escalated", "reminder_due"]
