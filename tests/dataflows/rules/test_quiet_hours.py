"""What is late by the machine's fault does not ring at night: live letters leave in daytime, where the customer is."""

from pathlib import Path

from connectors.intake.clockwork import day_end_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import Clock, Decision, ShardRow, Watermark
from tests.facts import DAY_MS, invoice, operator_action
from tests.policies import policy_fact

HOUR_MS = 3_600_000
# Thursday 2026-03-12; the customer is in New York, four hours behind UTC by then.
DUE = 20_524
POLICY = """
[reminders]
steps_days = [1, 8]
[calendars.default]
offsets = [0, -240]
"""


def clock(time: int, mode: str = "live") -> bytes:
    header = (f"clock:{time}", time, "", "headrace", "", "", "", time)
    return encode_fact(Clock(*header, time, mode, [Watermark("payments", time)]))


class Night:
    """A shard with one invoice that was due yesterday, and the machine away until a given hour."""

    def __init__(self, directory: Path) -> None:
        self.shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), 1 << 20)
        self._offset = 0
        self.take(day_end_message(DUE - 2))
        self.take(encode_fact(policy_fact(POLICY)))
        posted = {"document_date": DUE - 2, "posting_date": DUE - 2, "event_time": (DUE - 2) * DAY_MS}
        self.take(encode_fact(invoice(due_date=DUE, order_id="", lines=[], **posted)))
        allowed = operator_action(event_id="late", action="allow_clock", until=(DUE + 90) * DAY_MS)
        self.take(encode_fact(allowed))

    def take(self, value: bytes) -> list[Decision]:
        self.shard.process(self._offset, value, None)
        self._offset += 1
        said = [decode_decision(raw) for _, _, raw in self.shard.outbox]
        self.shard.outbox = []
        return [d for d in said if d.kind.startswith("reminder")]


def test_a_letter_that_is_late_waits_for_the_next_morning(tmp_path: Path) -> None:
    night = Night(tmp_path)
    # Friday, 23:00 on Thursday there; 21:30 UTC is 17:30 there, after the window and before the quiet hours.
    assert night.take(clock((DUE + 1) * DAY_MS + 3 * HOUR_MS)) == []
    (reminder,) = night.take(clock((DUE + 1) * DAY_MS + 21 * HOUR_MS + 30 * 60_000))
    assert (reminder.level, reminder.origin) == (1, "live")
    # The second step is on Friday the 20th; the machine comes back on Saturday, 00:30 UTC, 20:30 on Friday there.
    assert night.take(clock((DUE + 9) * DAY_MS + 30 * 60_000)) == []
    monday = (DUE + 11) * DAY_MS
    # 02:00 UTC on Monday is Sunday night there; at 20:59 all contacts of the window have been.
    assert night.take(clock(monday + 2 * HOUR_MS)) == []
    (second,) = night.take(clock(monday + 20 * HOUR_MS + 59 * 60_000))
    assert second.level == 2
    night.shard.close()


def test_in_quiet_hours_of_the_day_itself_nothing_leaves(tmp_path: Path) -> None:
    night = Night(tmp_path)
    later = POLICY.replace("[reminders]", "[reminders]\nquiet_from_minute = 1030")
    night.take(encode_fact(policy_fact(later, 2)))
    # 21:30 UTC is 17:30 there, and the customer's evening begins at 17:10.
    assert night.take(clock((DUE + 1) * DAY_MS + 21 * HOUR_MS + 30 * 60_000)) == []
    (reminder,) = night.take(clock((DUE + 4) * DAY_MS + 21 * HOUR_MS))
    assert reminder.level == 1
    night.shard.close()


def test_a_replay_tells_the_past_at_any_hour(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.take(encode_fact(policy_fact(POLICY.replace("[reminders]", "[reminders]\nquiet_from_minute = 1030"), 2)))
    (reminder,) = night.take(clock((DUE + 1) * DAY_MS + 23 * HOUR_MS, "replay"))
    assert (reminder.level, reminder.origin) == (1, "history")
    night.shard.close()
