"""With the outside stalled and the customer paying meanwhile nothing leaves, and the account's timeline says so."""

import time
from pathlib import Path

from connectors.intake.clockwork import HOUR_MS, clock_message
from connectors.log.sqlite import SqliteLog
from connectors.reading import read_to_end
from headrace.logs import open_installation
from headrace.settings import load
from schemas.codec import decode_fact
from schemas.records import Fact, OperatorAction
from schemas.topics import FACTS, INPUT_TOPICS
from tests.facts import DAY_MS, customer, invoice, receipt
from tests.hooks import HookServer, write_settings
from tests.installations import Facts, all_decisions, decide
from tests.letters import LetterSink, letters, send_letters, wait_out_pause
from tests.publishing import append

SHARDS = 2
LIFE_SECONDS = 30 * 86_400


class Lived:
    """A live log that is some days old, whose clock strikes each hour."""

    def __init__(self, directory: Path, begin: int) -> None:
        write_settings(directory, shards=SHARDS)
        log = open_installation(load(directory, None))
        assert isinstance(log, SqliteLog)
        self.log = log
        self._directory = directory
        self._facts = Facts(log)
        self._now = begin
        allowed = OperatorAction(
            "allow", begin, "", "test", "", "", "", begin, "allow_clock", "someone", "", "", "", "", 0, 1 << 50, ""
        )
        self._facts.append([allowed])

    def until(self, now: int) -> None:
        """Let the hours go by, and have receivables decide."""
        while self._now + HOUR_MS <= now:
            self._now += HOUR_MS
            message = clock_message(self._now, "live", [(topic, self._now) for topic in INPUT_TOPICS])
            append(self.log, FACTS, [(shard, b"", message) for shard in range(SHARDS)])
        decide(self.log, self._directory / "state")

    def take(self, *facts: Fact) -> None:
        self._facts.append(facts)
        decide(self.log, self._directory / "state")

    def brought_back(self) -> list[Fact]:
        """The messages that were brought back, as intake would take them."""
        ends = dict(enumerate(self.log.end_offsets("messages")))
        reader = self.log.reader("messages", dict.fromkeys(ends, 0))
        found = [decode_fact(record.value) for records in read_to_end(reader, ends) for record in records]
        reader.close()
        return found


def test_a_letter_whose_item_was_paid_while_the_outside_stalled_never_leaves_and_the_timeline_says_so(
    tmp_path: Path,
) -> None:
    server = HookServer(lambda _: 503)
    now = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS
    begin = now - 10 * DAY_MS
    day = begin // DAY_MS
    lived = Lived(tmp_path, begin)
    send_letters(lived.log, tmp_path, LetterSink(server.url(), 0.2, LIFE_SECONDS))
    lived.until(begin + HOUR_MS)
    at = {"event_time": begin + HOUR_MS, "recorded_time": begin + HOUR_MS}
    dates = {"document_date": day, "posting_date": day, "due_date": day + 1}
    lived.take(customer(**at), invoice(**at, **dates))
    lived.until(now - HOUR_MS)
    reminded = [d for d in all_decisions(lived.log) if d.kind == "reminder_due"]
    assert reminded
    assert {d.origin for d in reminded} == {"live"}
    # The outside is away.
    send_letters(lived.log, tmp_path, LetterSink(server.url(), 0.2, LIFE_SECONDS))
    tried = len(server.received)
    assert tried > 0
    assert letters(tmp_path)[-1][1] == "waiting"
    # The customer pays, and then the outside is back.
    paid = {"event_time": now - HOUR_MS, "recorded_time": now - HOUR_MS}
    lived.take(receipt(**paid, posting_date=now // DAY_MS, value_date=now // DAY_MS))
    server.answer = lambda _: 200
    wait_out_pause(tmp_path)
    send_letters(lived.log, tmp_path, LetterSink(server.url(), 0.2, LIFE_SECONDS))
    assert len(server.received) == tried
    assert letters(tmp_path)[-1] == ("INV-1", "withdrawn", "paid")
    lived.take(*lived.brought_back())
    said = [d for d in all_decisions(lived.log) if d.kind == "letter_status"][-1]
    assert (said.reference_id, said.text, said.reasons, said.account_id) == (
        reminded[-1].reference_id,
        "expired",
        ["withdrawn:paid"],
        "A-1",
    )
    # Told once more, it has no second effect.
    before = len(all_decisions(lived.log))
    lived.take(*lived.brought_back())
    assert len(all_decisions(lived.log)) == before
    server.close()
    lived.log.close()
