"""A sink that does not know what it has sent sends nothing, until a person says from where it goes on."""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connectors.log.base import LogUnavailable
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog
from dataflows.effects_position import Hold, PositionLost, go_on_from, offsets_since
from headrace.logs import open_installation
from headrace.settings import load
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkStopped
from sinks.effects.store import EffectStore
from sinks.local import HeldElsewhere
from tests.facts import customer
from tests.hooks import HookServer, write_settings
from tests.ledger import instant
from tests.letters import LetterSink, letters, letters_file, send_letters
from tests.live import LiveLedger, ago
from tests.publishing import append_decisions, append_fact

SHARDS = 2


class World:
    """An installation with a letter sent."""

    def __init__(self, directory: Path) -> None:
        self.server = HookServer()
        self.directory = directory
        write_settings(directory, shards=SHARDS)
        log = open_installation(load(directory, None))
        assert isinstance(log, SqliteLog)
        self.log = log
        self.ledger = LiveLedger(SHARDS)
        self._written = 0
        append_fact(log, customer(account_id="C1"))
        send_letters(log, directory, LetterSink(self.server.url()))

    def remind(self, document: str) -> None:
        self.ledger.say(
            "reminder_due", "C1", ago(), document=document, amount=100, level=1, reference_id=f"C1:{document}"
        )
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)

    def run(self, directory: Path | None = None) -> None:
        send_letters(self.log, directory or self.directory, LetterSink(self.server.url()))

    @property
    def sent(self) -> list[str]:
        return [one.body.decode().rpartition(" ")[2] for one in self.server.received]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    found.remind("INV-1")
    found.run()
    assert found.sent == ["INV-1"]
    yield found
    found.server.close()
    found.log.close()


def forget(directory: Path) -> None:
    for path in letters_file(directory).parent.glob("letters.sqlite*"):
        path.unlink()


def test_a_new_sink_begins_where_the_decisions_end(tmp_path: Path) -> None:
    directory = tmp_path / "i"
    write_settings(directory, shards=SHARDS)
    log = open_installation(load(directory, None))
    ledger, server = LiveLedger(SHARDS), HookServer()
    append_fact(log, customer(account_id="C1"))
    for number, document in enumerate(["INV-1", "INV-2"]):
        ledger.say("reminder_due", "C1", ago(), document=document, amount=100, level=1, reference_id=document)
        append_decisions(log, ledger, number)
        send_letters(log, directory, LetterSink(server.url()))
    assert [one.body.decode().rpartition(" ")[2] for one in server.received] == ["INV-2"]
    server.close()


def test_a_sink_whose_file_is_gone_stops_and_sends_nothing(world: World) -> None:
    forget(world.directory)
    world.remind("INV-2")
    with pytest.raises(PositionLost, match=r"letters\.sqlite is gone.*say from where it goes on: say from where"):
        world.run()
    assert world.sent == ["INV-1"]
    # Trying again changes nothing.
    with pytest.raises(PositionLost, match="is gone"):
        world.run()


def test_a_sink_with_an_older_copy_of_its_file_stops(world: World, tmp_path: Path) -> None:
    shutil.copytree(letters_file(world.directory).parent, tmp_path / "copy")
    world.remind("INV-2")
    world.run()
    assert world.sent == ["INV-1", "INV-2"]
    shutil.rmtree(letters_file(world.directory).parent)
    shutil.copytree(tmp_path / "copy", letters_file(world.directory).parent)
    with pytest.raises(PositionLost, match="it is an older copy, and what was sent since is not known"):
        world.run()
    assert world.sent == ["INV-1", "INV-2"]


def test_a_sink_with_a_copy_from_before_an_attempt_stops_though_no_decision_came_since(
    world: World, tmp_path: Path
) -> None:
    effects = letters_file(world.directory).parent
    world.remind("INV-2")
    world.server.answer = lambda _: 503
    world.run()
    assert letters(world.directory)[1][:2] == ("INV-2", "waiting")
    shutil.copytree(effects, tmp_path / "copy")
    world.server.answer = lambda _: 200
    world.run()
    sent = ["INV-1", "INV-2", "INV-2"]
    assert (world.sent, letters(world.directory)[1][:2]) == (sent, ("INV-2", "done"))
    # It goes on from its own file as often as it likes.
    world.run()
    shutil.copytree(effects, tmp_path / "right")
    shutil.rmtree(effects)
    shutil.copytree(tmp_path / "copy", effects)
    for _ in range(2):
        with pytest.raises(PositionLost, match=r"has 2 attempts begun, .*letters had 3: it is an older copy"):
            world.run()
    assert world.sent == sent
    shutil.rmtree(effects)
    shutil.copytree(tmp_path / "right", effects)
    world.remind("INV-3")
    world.run()
    assert world.sent == [*sent, "INV-3"]


def test_a_copy_of_a_file_from_before_one_that_a_person_began_is_older_too(world: World, tmp_path: Path) -> None:
    effects = letters_file(world.directory).parent
    shutil.copytree(effects, tmp_path / "copy")
    go_on_from(
        world.log, "letters", letters_file(world.directory), dict(enumerate(world.log.end_offsets(DECISIONS))), 1
    )
    world.remind("INV-2")
    world.run()
    assert world.sent == ["INV-1", "INV-2"]
    store = EffectStore(letters_file(world.directory))
    assert store.begun() == 2
    store.close()


def test_where_the_log_does_not_take_the_attempt_nothing_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is the outside: it goes away between the look at who sends and the count of what is sent."""
    world.remind("INV-2")
    save = world.log.save_positions
    away = [0]

    def failing(group: str, topic: str, positions: Mapping[int, int]) -> None:
        if group.endswith("-attempts") and positions[0] > 1 and away[0] < 3:
            away[0] += 1
            assert world.sent == ["INV-1"]
            raise LogUnavailable("gone for a moment")
        save(group, topic, positions)

    monkeypatch.setattr(world.log, "save_positions", failing)
    world.run()
    assert (away, world.sent) == ([3], ["INV-1", "INV-2"])
    store = EffectStore(letters_file(world.directory))
    assert [(row.attempts, row.state) for row in store.rows()] == [(1, "done"), (1, "done")]
    assert len(store.attempts(2)) == 1
    store.close()


def test_a_sink_on_decisions_that_were_made_anew_stops(world: World) -> None:
    world.log.close()
    for path in (world.directory / "log").glob(f"{DECISIONS}.sqlite*"):
        path.unlink()
    log = open_installation(load(world.directory, None))
    append_decisions(log, world.ledger)
    with pytest.raises(PositionLost, match=r"the decisions it has read are those of sqlite:.*a log that was rebuilt"):
        send_letters(log, world.directory, LetterSink(world.server.url()))
    assert world.sent == ["INV-1"]
    log.close()


@pytest.mark.parametrize("since", ["end", "before", "after"])
def test_it_goes_on_from_where_a_person_says(since: str, world: World) -> None:
    between = ago()
    world.remind("INV-2")
    forget(world.directory)
    said = {"end": "end", "before": ago(hours=1), "after": between}[since]
    ends = dict(enumerate(world.log.end_offsets(DECISIONS)))
    offsets = ends if said == "end" else offsets_since(world.log, instant(said))
    assert go_on_from(world.log, "letters", letters_file(world.directory), offsets, 1) is None
    world.run()
    assert world.sent == {"end": ["INV-1"], "before": ["INV-1", "INV-1", "INV-2"], "after": ["INV-1", "INV-2"]}[since]
    # The same decision has the same key, whoever sends it.
    assert len({one.id for one in world.server.received}) == len(set(world.sent))


def test_two_of_a_sink_on_one_directory_the_second_refuses_to_start(world: World) -> None:
    hold = Hold(world.log, "letters", letters_file(world.directory), "again")
    with pytest.raises(HeldElsewhere, match="the sink letters is open in process"):
        world.run()
    hold.close()
    world.run()


def test_two_of_a_sink_on_copies_of_a_directory_the_first_stops_before_it_sends(world: World, tmp_path: Path) -> None:
    first = Hold(world.log, "letters", letters_file(world.directory), "again")
    first.check()
    shutil.copytree(letters_file(world.directory).parent, tmp_path / "copy" / "effects")
    second = Hold(world.log, "letters", letters_file(tmp_path / "copy"), "again")
    with pytest.raises(SinkStopped, match="another process of the sink letters was started on this log"):
        first.check()
    second.check()
    first.close()
    second.close()


def test_decisions_that_jump_stop_the_sink(world: World) -> None:
    world.ledger.say("reminder_due", "C1", ago(), document="INV-2", amount=100, level=1, reference_id="x")
    world.ledger.say("reminder_due", "C1", ago(), document="INV-3", amount=100, level=1, reference_id="y")
    append_decisions(world.log, world.ledger, 2)
    with pytest.raises(SinkStopped, match="sequence 2 where 1 was due"):
        world.run()
    assert world.sent == ["INV-1"]
    assert letters(world.directory) == [("INV-1", "done", "HTTP 200")]


@pytest.mark.kafka
def test_on_kafka_the_log_remembers_the_sink_too(kafka: str, tmp_path: Path) -> None:
    log = KafkaLog(kafka, f"t{uuid.uuid4().hex[:12]}.")
    log.ensure_topic(FACTS, SHARDS)
    log.ensure_topic(DECISIONS, SHARDS)
    ledger, server = LiveLedger(SHARDS), HookServer()
    append_fact(log, customer(account_id="C1"))
    send_letters(log, tmp_path, LetterSink(server.url()))
    for number, document in enumerate(["INV-1", "INV-2"]):
        ledger.say("reminder_due", "C1", ago(), document=document, amount=100, level=1, reference_id=document)
        append_decisions(log, ledger, number)
        send_letters(log, tmp_path, LetterSink(server.url(), tells=False))
    assert [one.body.decode().rpartition(" ")[2] for one in server.received] == ["INV-1", "INV-2"]
    first = Hold(log, "letters", letters_file(tmp_path), "again")
    shutil.copytree(tmp_path / "effects", tmp_path / "copy" / "effects")
    second = Hold(log, "letters", letters_file(tmp_path / "copy"), "again")
    with pytest.raises(SinkStopped, match="another process of the sink letters was started on this log"):
        first.save()
    second.save()
    first.close()
    second.close()
    forget(tmp_path)
    with pytest.raises(PositionLost, match="is gone"):
        send_letters(log, tmp_path, LetterSink(server.url()))
    server.close()
    log.close()
