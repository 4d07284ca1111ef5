"""What goes to an API, a portal or a folder in many documents gets there in several attempts, each document once."""

from pathlib import Path
from typing import ClassVar

import pytest

from dataflows.effects import EffectsStatus, wall_ms
from sinks.delivery.sink import DeliverySink
from sinks.effects.store import EffectStore
from tests.delivering import Delivering, office_at, outboxes
from tests.facts import invoice
from tests.publishing import run_effects
from tests.sinks.delivery.http_server import http_inbox
from tests.sinks.delivery.papers import LINES, text_of

COUNT = 40
NUMBERS = [f"RE-{number}" for number in range(COUNT)]


class ShortTurns(DeliverySink):
    """An attempt takes one document, and what may be begun in no time."""

    turn_seconds: ClassVar[float] = 0.0


@pytest.fixture
def world(delivering: Delivering) -> Delivering:
    fields = {"currency": "EUR", "amount": 13_878, "tax": 2_115, "lines": LINES}
    delivering.fact(*[invoice(event_id=number, document=number, **fields) for number in NUMBERS])
    return delivering


def run(world: Delivering, sink: DeliverySink) -> EffectsStatus:
    world.write()
    return run_effects(world.log, sink, world.directory)


def test_each_document_gets_there_once_in_as_many_attempts_as_it_takes(world: Delivering) -> None:
    world.request("SR-1", 13_878 * COUNT, channel="api", candidates=NUMBERS)
    with http_inbox() as inbox:
        told = run(world, ShortTurns(office_at(("127.0.0.1", 1), api={"url": inbox.url, "form": "ubl"})))
        keys = [headers["idempotency-key"] for _, _, headers, _ in inbox.requests]
        numbers = [headers["document"] for _, _, headers, _ in inbox.requests]
    assert numbers == NUMBERS
    assert keys == [keys[0], *[f"{keys[0]}-{at}" for at in range(1, COUNT)]]
    assert told.ended == {("api", "more"): COUNT - 1, ("api", "done"): 1}
    assert world.statuses() == [("delivery:SR-1:1", "delivered", "")]


def test_after_a_failure_it_goes_on_where_it_stood(world: Delivering) -> None:
    world.request("SR-1", 13_878 * COUNT, channel="portal", candidates=NUMBERS)
    with http_inbox() as inbox:
        office = office_at(("127.0.0.1", 1), portal={"url": inbox.url, "form": "ubl"})
        inbox.refuses = lambda: len(inbox.taken) == 7
        run(world, DeliverySink(office))
        assert world.effects() == [("SR-1", "waiting", "HTTP 503")]
        inbox.refuses = bool
        world.no_pause()
        # Another process, by what the file says.
        run(world, DeliverySink(office))
        paths = [path.rpartition("-RE-")[2] for _, path, _, _ in inbox.requests]
    assert paths == [f"{number}.xml" for number in [*range(8), *range(7, COUNT)]]
    assert world.statuses() == [("delivery:SR-1:1", "delivered", "")]


def test_a_person_has_all_of_it_sent_again(world: Delivering) -> None:
    world.request("SR-1", 13_878 * COUNT, channel="api", candidates=NUMBERS)
    with http_inbox() as inbox:
        office = office_at(("127.0.0.1", 1), api={"url": inbox.url, "form": "ubl"})
        inbox.refuses = lambda: len(inbox.taken) == 7
        inbox.refusal = 400
        run(world, DeliverySink(office))
        assert world.effects() == [("SR-1", "failed", "HTTP 400")]
        inbox.refuses = bool
        store = EffectStore(world.directory / "effects" / "delivery.sqlite")
        assert store.effect(1).parts == 7
        assert store.again(1, wall_ms()) == ""
        assert store.effect(1).parts == 0
        store.close()
        run(world, DeliverySink(office))
        assert len(inbox.taken) == COUNT
        assert len(inbox.requests) == 8 + COUNT


def test_none_leaves_where_one_cannot_be_made(world: Delivering) -> None:
    # Of a tax code that nobody knows.
    wrong = [*LINES[:-1], type(LINES[-1])(3, 3, "P-3", 1_000, 10_000_000, 1_000, 70, "??")]
    world.fact(invoice(event_id="X", document="X", currency="EUR", amount=13_878, tax=2_115, lines=wrong))
    world.request("SR-1", 13_878 * (COUNT + 1), channel="api", candidates=[*NUMBERS, "X"])
    with http_inbox() as inbox:
        run(world, DeliverySink(office_at(("127.0.0.1", 1), api={"url": inbox.url, "form": "ubl"})))
        assert inbox.requests == []
    ((_, state, said),) = world.effects()
    assert state == "failed"
    assert said.startswith("X is no invoice of EN 16931: BR-47")


# Of each pair a file's name says the same: what it may not have is a hyphen there.
@pytest.mark.parametrize("alike", [["2026/1-1", "2026-1/1"], ["RÄ-1", "RÖ-1"], ["0-RE/1", "RE-1", "1-RE-1", "RE/1"]])
@pytest.mark.parametrize("channel", ["letter", "portal"])
def test_numbers_that_are_alike_in_a_file_name_are_a_file_each(
    alike: list[str], channel: str, world: Delivering, tmp_path: Path
) -> None:
    fields = {"currency": "EUR", "amount": 13_878, "tax": 2_115, "lines": LINES}
    world.fact(*[invoice(event_id=number, document=number, **fields) for number in alike])
    world.request("SR-1", 13_878 * len(alike), channel=channel, candidates=alike)
    (tmp_path / "portal").mkdir()
    run(
        world,
        DeliverySink(office_at(("127.0.0.1", 1), portal={"folder": tmp_path / "portal"}, **outboxes(tmp_path))),
    )
    files = sorted((tmp_path / channel).iterdir())
    texts = [text_of(path.read_bytes()) for path in files]
    assert [f"Rechnung {number}" in text for number, text in zip(alike, texts, strict=True)] == [True] * len(alike)
    assert [path.name.split("-")[3] for path in files] == [str(at) for at in range(len(alike))]
    assert world.statuses() == [("delivery:SR-1:1", "delivered", "")]


def test_letters_of_many_documents_for_the_printer(world: Delivering, tmp_path: Path) -> None:
    world.request("SR-1", 13_878 * 3, channel="letter", candidates=NUMBERS[:3])
    told = run(world, ShortTurns(office_at(("127.0.0.1", 1), **outboxes(tmp_path))))
    assert len(list((tmp_path / "letter").iterdir())) == 3
    assert told.ended == {("letter", "more"): 2, ("letter", "done"): 1}
