"""What all sinks with effects outside share: withdrawals, bundles, what a crash leaves, and what is told back."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.log.base import LogUnavailable, Reader, Record
from connectors.log.sqlite import SqliteLog
from connectors.reading import read_to_end
from dataflows.effects import wall_ms
from headrace.logs import open_installation
from headrace.settings import load
from schemas.codec import decode_fact
from schemas.records import Fact, Message
from schemas.topics import DECISIONS
from sinks.base import SinkStopped
from sinks.effects.base import Effect, Ending, Known
from sinks.effects.store import EffectStore, TargetRow
from tests.commands import headrace_here
from tests.facts import customer
from tests.hooks import HookServer, Received, write_settings
from tests.letters import LetterSink, letters, letters_file, send_letters, wait_out_pause
from tests.live import LiveLedger, ago
from tests.publishing import append, append_decisions, append_fact

ROOT = Path(__file__).parents[2]
SHARDS = 2


class World:
    """An installation whose letters go to a receiver; what the ledger says is in its log."""

    def __init__(self, directory: Path) -> None:
        self.server = HookServer()
        self.directory = directory
        write_settings(directory, shards=SHARDS)
        log = open_installation(load(directory, None))
        assert isinstance(log, SqliteLog)
        self.log = log
        self.ledger = LiveLedger(SHARDS)
        self._written = 0
        self.run()

    def known(self, *accounts: str) -> None:
        for account in accounts:
            append_fact(self.log, customer(event_id=f"c-{account}", account_id=account, name=f"Customer {account}"))

    def remind(self, account: str, document: str, letter: str = "", **fields: Any) -> None:
        self.ledger.say(
            "reminder_due", account, ago(), document=document, amount=100, level=1, item_amount=100,
            reference_id=letter or f"{account}:20000", **fields,
        )  # fmt: skip

    def say(self, kind: str, account: str, **fields: Any) -> None:
        """One decision; cash is booked right before it is applied, by the same fact."""
        if kind == "cash_applied":
            at = {"fact_offset": 50, "count": 2}
            self.ledger.receipt(account, fields["receipt_id"], fields["amount"], ago(), index=0, **at)
            fields |= at | {"index": 1}
        self.ledger.say(kind, account, ago(), **fields)

    def write(self) -> None:
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)

    def run(self, sink: LetterSink | None = None) -> None:
        self.write()
        send_letters(self.log, self.directory, sink or LetterSink(self.server.url()))

    @property
    def sent(self) -> list[str]:
        return [one.body.decode() for one in self.server.received]

    def told(self) -> list[tuple[str, str, str]]:
        """(letter, status, reason) of every message that was brought back, in order."""
        ends = dict(enumerate(self.log.end_offsets("messages")))
        reader = self.log.reader("messages", dict.fromkeys(ends, 0))
        facts = [decode_fact(record.value) for records in read_to_end(reader, ends) for record in records]
        reader.close()
        messages = [fact for fact in facts if isinstance(fact, Message)]
        return [(m.delivery_id, m.status, m.reason) for m in sorted(messages, key=lambda m: (m.event_time, m.event_id))]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.server.close()
    found.log.close()


def test_a_letter_is_sent_once_and_told(world: World) -> None:
    world.known("C1")
    world.remind("C1", "INV-1")
    world.run()
    world.run()
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1"]
    assert world.told() == [("C1:20000", "sent", "")]
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


def test_what_one_fact_asks_for_is_one_letter(world: World) -> None:
    world.known("C1")
    world.remind("C1", "INV-1", fact_offset=7)
    world.remind("C1", "INV-2", fact_offset=7)
    world.remind("C1", "INV-3", "C1:20007", fact_offset=8)
    world.run()
    assert world.sent == [
        "To Customer C1, 1 Street: please pay INV-1, INV-2",
        "To Customer C1, 1 Street: please pay INV-3",
    ]
    assert world.told() == [("C1:20000", "sent", ""), ("C1:20007", "sent", "")]


@pytest.mark.parametrize(
    ("word", "kind", "fields"),
    [
        ("paid", "cash_applied", {"document": "INV-1", "amount": 40, "receipt_id": "R1"}),
        ("paid", "deduction_opened", {"document": "INV-1/D1", "counterparty": "INV-1", "amount": 5}),
        ("disputed", "dispute_opened", {"document": "INV-1", "amount": 5, "reference_id": "D-1"}),
        ("promised", "promise_opened", {"candidates": ["INV-0", "INV-1"], "amount": 5, "reference_id": "P-1"}),
        ("promised", "promise_opened", {"candidates": [], "amount": 5, "reference_id": "P-1"}),
        ("cash_or_credit_covers", "receipt_booked", {"receipt_id": "R1", "amount": 1}),
        ("cash_or_credit_covers", "receipt_booked", {"receipt_id": "R1", "amount": 1, "currency": "EUR"}),
        ("cash_or_credit_covers", "cash_proposed", {"candidates": ["INV-0", "INV-1"], "amount": 5, "currency": "EUR"}),
        ("reminded_again", "reminder_due", {"document": "INV-1", "level": 2, "reference_id": "C1:20009"}),
    ],
)
def test_with_the_outside_stalled_and_the_matter_settled_meanwhile_nothing_leaves(
    word: str, kind: str, fields: dict[str, Any], world: World
) -> None:
    """However long it stalls: the letter was tried and did not get through, and then its reason went away."""
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    world.server.answer = lambda _: 503
    world.run(LetterSink(world.server.url(), retry_seconds=0.2))
    assert letters(world.directory)[0][1] == "waiting"
    tried = len(world.sent)
    assert tried > 0
    world.say(kind, "C1", **fields)
    world.server.answer = lambda _: 200
    wait_out_pause(world.directory)
    if kind == "reminder_due":
        world.run()
        assert world.server.taken()[0].body.decode().endswith("please pay INV-1")
        assert len(world.sent) == tried + 1
        assert world.told()[-1] == ("C1:20009", "sent", "")
    else:
        world.run()
        assert len(world.sent) == tried
    assert letters(world.directory)[0] == ("INV-1", "withdrawn", word)
    assert world.told()[0] == ("C1:20000", "expired", f"withdrawn:{word}")


def test_what_is_settled_while_a_letter_is_on_its_way_is_not_sent_again(world: World) -> None:
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")

    def answer(_: Received) -> int:
        world.say("dispute_opened", "C1", document="INV-1", amount=5, reference_id="D-1")
        beside = open_installation(load(world.directory, None))
        append_decisions(beside, world.ledger, len(world.ledger.decisions) - 1)
        beside.close()
        time.sleep(0.3)
        return 503

    world.server.answer = answer
    world.run()
    assert len(world.sent) == 1
    assert letters(world.directory) == [("INV-1", "withdrawn", "disputed")]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("cash_applied", {"document": "INV-2", "amount": 40, "receipt_id": "R1"}),
        ("dispute_opened", {"document": "INV-2", "amount": 5, "reference_id": "D-1"}),
        ("promise_opened", {"candidates": ["INV-2"], "amount": 5, "reference_id": "P-1"}),
        ("promise_opened", {"candidates": [], "amount": 5, "reference_id": "P-1", "currency": "EUR"}),
        ("cash_proposed", {"candidates": ["INV-2"], "amount": 5, "currency": "EUR"}),
        ("item_posted", {"document": "INV-3", "item_kind": "invoice", "amount": 5}),
    ],
)
def test_what_is_about_something_else_withdraws_nothing(kind: str, fields: dict[str, Any], world: World) -> None:
    world.known("C1", "C2")
    for document in ("INV-1", "INV-2"):
        world.ledger.invoice("C1", document, 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    world.say(kind, "C1", **fields)
    world.say("receipt_booked", "C2", receipt_id="R9", amount=100)
    world.run()
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


def test_money_that_may_be_for_an_item_of_its_own_currency_withdraws_nothing_in_another(world: World) -> None:
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.ledger.say("item_posted", "C1", ago(), document="INV-2", item_kind="invoice", amount=5, currency="EUR")
    world.remind("C1", "INV-1")
    world.say("receipt_booked", "C1", receipt_id="R1", amount=5, currency="EUR")
    world.run()
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


@pytest.mark.parametrize("restarts", [False, True], ids=["at-once", "read-in-two-parts"])
def test_cash_counts_whatever_its_fact_says_last_in_another_currency(restarts: bool, world: World) -> None:
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    at = {"fact_offset": 50, "count": 2}
    world.say("receipt_booked", "C1", receipt_id="R1", amount=40, index=0, **at)
    world.say("credit_near_limit", "C1", currency="EUR", amount=9, index=1, **at)
    if restarts:
        last = world.ledger.decisions.pop()
        world.write()
        send_letters(world.log, world.directory, LetterSink(world.server.url()), _AfterRounds(5, threading.Event()))
        world.ledger.decisions.append(last)
    world.run()
    assert world.sent == []
    assert letters(world.directory) == [("INV-1", "withdrawn", "cash_or_credit_covers")]


def test_cash_that_its_own_fact_puts_on_another_item_withdraws_nothing(world: World) -> None:
    world.known("C1")
    for document in ("INV-1", "INV-2"):
        world.ledger.invoice("C1", document, 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    at = {"fact_offset": 50, "count": 3}
    world.say("receipt_booked", "C1", receipt_id="R1", amount=40, index=0, **at)
    world.ledger.say("cash_applied", "C1", ago(), document="INV-2", receipt_id="R1", amount=40, index=1, **at)
    world.say("credit_near_limit", "C1", currency="EUR", amount=9, index=2, **at)
    world.run()
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


def test_a_letter_goes_with_what_is_left_of_it(world: World) -> None:
    world.known("C1")
    for document in ("INV-1", "INV-2"):
        world.ledger.invoice("C1", document, 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1", fact_offset=9)
    world.remind("C1", "INV-2", fact_offset=9)
    world.say("dispute_opened", "C1", document="INV-1", amount=5, reference_id="D-1")
    world.run()
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-2"]


def test_nothing_leaves_before_a_fact_is_decided_to_its_end(world: World) -> None:
    """The owner of a shard died between two decisions of one fact: the second one withdraws the first."""
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1", fact_offset=3)
    world.say("dispute_opened", "C1", document="INV-1", amount=5, reference_id="D-1", fact_offset=3, index=1, count=2)
    world.ledger.decisions[-2].count = 2
    kept = world.ledger.decisions.pop()
    world.write()
    sent_letters = threading.Event()
    stop = _AfterRounds(20, sent_letters)
    send_letters(world.log, world.directory, LetterSink(world.server.url()), stop)
    assert world.sent == []
    world.ledger.decisions.append(kept)
    world.run()
    assert world.sent == []
    assert letters(world.directory) == [("INV-1", "withdrawn", "disputed")]


class _Late:
    """A reader that is always one round behind, as one over a network is."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held: list[Record] = []
        self.pause, self.resume = reader.pause, reader.resume

    def poll(self, most: int, timeout_seconds: float) -> list[Record]:
        found, self._held = self._held, self._reader.poll(most, timeout_seconds)
        return found

    def position(self, partition: int) -> int:
        return next((r.offset for r in self._held if r.partition == partition), self._reader.position(partition))

    def close(self) -> None:
        self._reader.close()


class _Meanwhile:
    """A reader of decisions that come, as `comes` says, in the moment in which they are waited for."""

    def __init__(self, reader: Reader, comes: Callable[[], None]) -> None:
        self._reader = reader
        self._comes: list[Callable[[], None]] = [comes]
        self.position = reader.position
        self.close = reader.close

    def poll(self, most: int, timeout_seconds: float) -> list[Record]:
        while self._comes:
            self._comes.pop()()
        return self._reader.poll(most, timeout_seconds)


class _LateFacts:
    """A log whose facts are read two rounds after its decisions, though they were appended before them."""

    def __init__(self, world: World, comes: Callable[[], None]) -> None:
        self._world = world
        self._comes = comes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.log, name)

    def reader(self, topic: str, starts: dict[int, int]) -> Any:
        reader = self._world.log.reader(topic, starts)
        return _Meanwhile(reader, self._comes) if topic == DECISIONS else _Late(cast("Reader", _Late(reader)))


def test_what_a_decision_came_of_is_known_before_its_letter_leaves(world: World) -> None:
    def comes() -> None:
        offset = append_fact(world.log, customer(event_id="c-C1", account_id="C1", name="Customer C1"))
        world.remind("C1", "INV-1", fact_offset=offset)
        world.write()

    send_letters(cast("Any", _LateFacts(world, comes)), world.directory, LetterSink(world.server.url()))
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1"]
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


class _Busy:
    """A log in which another account's decision comes before each question where it ends, a hundred times."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.left = 100
        self.sent_with: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.log, name)

    def reader(self, topic: str, starts: dict[int, int]) -> Any:
        return _Late(self._world.log.reader(topic, starts))

    def end_offsets(self, topic: str) -> list[int]:
        if topic == DECISIONS and self.left:
            self.left -= 1
            for account in ("C2", "C3", "C4"):
                self._world.say("noted", account)
            self._world.write()
        if self._world.sent:
            self.sent_with.add(self.left)
        return self._world.log.end_offsets(topic)


def test_a_log_that_grows_all_the_time_holds_up_nothing(world: World) -> None:
    assert {world.ledger.shard_of(account) for account in ("C2", "C3", "C4")} == {0, 1}
    world.known("C1")
    world.remind("C1", "INV-1")
    world.write()
    busy: Any = _Busy(world)
    send_letters(busy, world.directory, LetterSink(world.server.url()))
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1"]
    assert max(busy.sent_with) > 50, "it was sent when the log stood still"


def test_what_the_owner_wrote_twice_in_part_holds_up_nothing(world: World) -> None:
    world.known("C1")
    world.remind("C1", "INV-1", fact_offset=3, count=2)
    world.remind("C1", "INV-2", fact_offset=3, index=1, count=2)
    world.write()
    append(world.log, DECISIONS, world.ledger.records()[:1])
    world.run()
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1, INV-2"]


def test_who_stops_before_an_attempt_has_tried_nothing(world: World) -> None:
    class Stopping(LetterSink):
        def prepare(self, effect: Effect, known: Known) -> Any:
            raise SinkStopped("the fact is not there")

    world.known("C1")
    world.remind("C1", "INV-1")
    with pytest.raises(SinkStopped, match="the fact is not there"):
        world.run(Stopping(world.server.url()))
    assert letters(world.directory) == [("INV-1", "waiting", "")]
    world.run()
    assert len(world.sent) == 1


def test_what_came_of_an_attempt_is_kept_though_the_log_is_away_when_it_is_to_stop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is the outside: it goes away while a letter is on its way, and then the process is told to leave."""
    world.known("C1")
    world.remind("C1", "INV-1")
    world.write()
    away, leaving = threading.Event(), threading.Event()

    def answer(_: Received) -> int:
        away.set()
        time.sleep(0.3)
        leaving.set()
        time.sleep(0.5)
        return 200

    there = world.log.end_offsets

    def asked(topic: str) -> list[int]:
        if away.is_set():
            raise LogUnavailable("nobody answers")
        return there(topic)

    world.server.answer = answer
    monkeypatch.setattr(world.log, "end_offsets", asked)
    send_letters(world.log, world.directory, LetterSink(world.server.url()), _Told(leaving))
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


class _Told:
    """A stop that comes with an event."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __bool__(self) -> bool:
        return self._event.is_set()


class _AfterRounds:
    """A stop that comes when it was asked for so often."""

    def __init__(self, rounds: int, stopped: threading.Event) -> None:
        self._left = rounds
        self._stopped = stopped

    def __bool__(self) -> bool:
        self._left -= 1
        if self._left <= 0:
            self._stopped.set()
        return self._left <= 0


DYING = """
import sys
from pathlib import Path
from headrace.logs import open_installation
from headrace.settings import load
from tests.letters import LetterSink, send_letters
directory, url = Path(sys.argv[1]), sys.argv[2]
send_letters(open_installation(load(directory, None)), directory, LetterSink(url))
"""


def test_what_a_crash_cut_off_is_for_a_person_where_the_outside_knows_no_keys(world: World) -> None:
    world.known("C1", "C2")
    world.remind("C1", "INV-1")
    world.write()
    process: list[subprocess.Popen[bytes]] = []

    def answer(request: Received) -> int:
        process[0].kill()
        process[0].wait()
        return 200

    world.server.answer = answer
    command = [sys.executable, "-c", DYING, str(world.directory), world.server.url()]
    process.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}))
    assert process[0].wait(60) == -9
    world.server.answer = lambda _: 200
    # The next letter of the account is not held up by it.
    world.remind("C1", "INV-2", "C1:20007")
    world.run()
    assert [body.rpartition(" ")[2] for body in world.sent] == ["INV-1", "INV-2"]
    ((document, state, detail), after) = letters(world.directory)
    assert (document, state) == ("INV-1", "unknown")
    assert detail == "the process ended while it was being sent, and it may have arrived"
    assert after == ("INV-2", "done", "HTTP 200")
    assert [status for _, status, _ in world.told()] == ["queued", "sent"]


def test_an_effect_that_nobody_knows_of_is_listed_and_settled(world: World) -> None:
    test_what_a_crash_cut_off_is_for_a_person_where_the_outside_knows_no_keys(world)
    listed = json.loads(headrace_here(world.directory, "effects", "list", "letters", "--json").stdout)
    assert [(row["state"], row["account"], row["attempts"]) for row in listed] == [("unknown", "t1/us01/C1", 1)]
    number = str(listed[0]["number"])
    shown = headrace_here(world.directory, "effects", "show", "letters", number).stdout
    assert "Reminder of level 1 for INV-1, 1.00 USD, letter C1:20000" in shown
    assert "the process ended while it was being sent, and it may have arrived" in shown
    unexplained = headrace_here(world.directory, "effects", "settle", "letters", number, "--note", " ")
    assert (unexplained.returncode, unexplained.stderr) == (2, "--note: is empty; say how it is known\n")
    settled = headrace_here(
        world.directory, "effects", "settle", "letters", number, "--note", "asked the printer", "--actor", "Kim"
    )
    assert settled.stdout == "1 settled as done, 0 not\n"
    world.run()
    assert len(world.sent) == 2
    assert letters(world.directory)[0] == ("INV-1", "done", "settled by Kim: asked the printer")
    assert world.told()[-1] == ("C1:20000", "sent", "")
    twice = headrace_here(world.directory, "effects", "settle", "letters", number, "--note", "again")
    assert (twice.returncode, twice.stdout) == (1, "0 settled as done, 1 not\n")


def test_a_customer_without_address_is_refused_and_told(world: World) -> None:
    world.remind("C7", "INV-1")
    world.run()
    assert world.sent == []
    assert letters(world.directory) == [("INV-1", "failed", "the customer has no address")]
    assert world.told() == [("C7:20000", "bounced", "")]


def test_what_expires_is_told(world: World) -> None:
    world.known("C1")
    world.ledger.say("reminder_due", "C1", ago(hours=3), document="INV-1", amount=100, level=1, reference_id="C1:20000")
    world.run(LetterSink(world.server.url(), life_seconds=3_600))
    assert world.sent == []
    assert letters(world.directory) == [("INV-1", "expired", "not done in time, 0 attempts")]
    assert world.told() == [("C1:20000", "expired", "")]


def test_a_clock_that_is_put_forward_and_back_expires_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second letter waits for the first one, and one round sees the day after tomorrow."""
    answered, over = threading.Event(), threading.Event()
    rounds: list[int] = []
    there = world.log.end_offsets

    def asked(topic: str) -> list[int]:
        if answered.is_set() and topic == DECISIONS:
            rounds.append(len(rounds))
            if len(rounds) > 2:
                over.set()
        return there(topic)

    def answer(_: Received) -> int:
        answered.set()
        assert over.wait(20)
        return 200

    world.known("C1")
    world.remind("C1", "INV-1")
    world.remind("C1", "INV-2", "C1:20007")
    world.server.answer = answer
    monkeypatch.setattr(world.log, "end_offsets", asked)
    monkeypatch.setattr("dataflows.effects.wall_ms", lambda: wall_ms() + (2 * 86_400_000 if len(rounds) == 1 else 0))
    world.run()
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200"), ("INV-2", "done", "HTTP 200")]


def test_a_clock_that_was_a_day_ahead_holds_up_nothing_once_it_is_right(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.known("C1")
    world.remind("C1", "INV-1")
    world.server.answer = lambda _: (503, {"retry-after": "40"})
    with monkeypatch.context() as ahead:
        ahead.setattr("dataflows.effects.wall_ms", lambda: wall_ms() + 86_000_000)
        world.run()
    world.run()
    with closing(EffectStore(letters_file(world.directory))) as store:
        waits = [row.due_ms for row in store.rows()] + [row.paused_until_ms for row in store.targets().values()]
    assert len(waits) == 2
    assert all(0 < until_ms - wall_ms() <= 40_000 for until_ms in waits)
    assert len(world.sent) == 1


def test_a_customer_that_comes_late_in_the_log_is_known_before_anything_leaves(world: World) -> None:
    append_many(world)
    world.known("C1")
    world.remind("C1", "INV-1")
    world.run()
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1"]


def test_a_fact_that_the_decisions_have_not_come_past_counts_for_nothing_yet(world: World) -> None:
    world.known("C1")
    offset = append_fact(world.log, customer(event_id="c-2", account_id="C1", name="Somebody else"))
    world.remind("C1", "INV-1", fact_offset=offset - 1)
    world.run()
    assert world.sent == ["To Customer C1, 1 Street: please pay INV-1"]
    world.remind("C1", "INV-2", "C1:20007", fact_offset=offset)
    world.run()
    assert world.sent[1:] == ["To Somebody else, 1 Street: please pay INV-2"]


def test_what_is_paid_while_another_letter_is_being_prepared_does_not_leave(world: World) -> None:
    class Slow(LetterSink):
        """Takes longer to prepare the letter before than what was read stays fresh."""

        def prepare(self, effect: Effect, known: Known) -> Any:
            if effect.decisions[0].document == "INV-2" and not paid:
                time.sleep(0.6)
                paid.append(True)
                world.say("cash_applied", "C1", document="INV-1", amount=40, receipt_id="R1")
                world.write()
            return super().prepare(effect, known)

    paid: list[bool] = []
    world.known("C1", "C2")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    world.remind("C2", "INV-2")
    world.run(Slow(world.server.url()))
    assert world.sent == ["To Customer C2, 1 Street: please pay INV-2"]
    assert sorted(letters(world.directory)) == [("INV-1", "withdrawn", "paid"), ("INV-2", "done", "HTTP 200")]


def test_what_is_paid_while_endings_are_told_does_not_leave(world: World) -> None:
    class Slow(LetterSink):
        """Takes long to say what is told, and only then the target is no more left alone."""

        def facts(self, ending: Ending) -> Sequence[Fact]:
            if not paid:
                paid.append(True)
                wait_out_pause(world.directory)
                world.say("cash_applied", "C1", document="INV-1", amount=40, receipt_id="R1")
                world.write()
            return super().facts(ending)

    paid: list[bool] = []
    world.known("C1", "C2")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    world.ledger.say("reminder_due", "C2", ago(hours=30), document="INV-2", amount=1, level=1, reference_id="C2:20000")
    store = EffectStore(letters_file(world.directory))
    store.set_target(TargetRow("mail", paused_until_ms=time.time_ns() // 1_000_000 + 3_600_000))
    store.close()
    world.run(Slow(world.server.url()))
    assert world.sent == []
    assert sorted(state for _, state, _ in letters(world.directory)) == ["expired", "withdrawn"]


@pytest.mark.parametrize("away", [True, False], ids=["away", "slow"])
def test_what_is_paid_while_the_log_does_not_take_the_attempt_does_not_leave(
    away: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is the outside: it goes away, or takes its time, when it is to count the attempt."""
    world.known("C1")
    world.ledger.invoice("C1", "INV-1", 100, ago(), "2026-02-01")
    world.remind("C1", "INV-1")
    save = world.log.save_positions
    paid: list[bool] = []

    def saving(group: str, topic: str, positions: Mapping[int, int]) -> None:
        if group.endswith("-attempts") and positions[0] > 0 and not paid:
            paid.append(True)
            world.say("cash_applied", "C1", document="INV-1", amount=40, receipt_id="R1")
            world.write()
            if away:
                raise LogUnavailable("gone for a moment")
            time.sleep(0.6)
        save(group, topic, positions)

    monkeypatch.setattr(world.log, "save_positions", saving)
    world.run()
    assert (paid, world.sent) == ([True], [])
    assert letters(world.directory) == [("INV-1", "withdrawn", "paid")]


def append_many(world: World) -> None:
    for number in range(50):
        append_fact(world.log, customer(event_id=f"x-{number}", account_id=f"X{number}"))
