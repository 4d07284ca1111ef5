"""What goes wrong with one effect is for a person, and holds up no other; what is wrong with all of them stops the sink."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.log.base import LogRefused
from sinks.base import SinkStopped
from sinks.effects.base import Effect, Known, Outcome
from tests.dataflows.test_effects import World
from tests.letters import LetterSink, letters


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.server.close()
    found.log.close()


def _broken(where: str, error: Exception) -> type[LetterSink]:
    """A sink in which what concerns C1 goes wrong."""

    def breaks(effect: Effect) -> None:
        if effect.decisions[0].account_id == "C1":
            raise error

    class Broken(LetterSink):
        def prepare(self, effect: Effect, known: Known) -> Any:
            if where == "prepare":
                breaks(effect)
            return super().prepare(effect, known)

        def attempt(self, effect: Effect, prepared: Any) -> Outcome:
            if where == "attempt":
                breaks(effect)
            return super().attempt(effect, prepared)

    return Broken


@pytest.mark.parametrize("where", ["prepare", "attempt"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "/x/Ms. Secret"), "OSError (File name too long)"),
        (KeyError("Ms. Secret"), "KeyError"),
        (RecursionError("Ms. Secret"), "RecursionError"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_what_goes_wrong_with_one_effect_fails_that_one_alone(
    where: str, error: Exception, said: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.known("C1", "C2")
    world.remind("C1", "INV-1")
    world.remind("C2", "INV-2")
    world.run(_broken(where, error)(world.server.url()))
    bad, good = sorted(letters(world.directory))
    assert good == ("INV-2", "done", "HTTP 200")
    assert bad[:2] == ("INV-1", "failed")
    assert re.fullmatch(
        re.escape(said) + r" in test_effects_failures\.py, line \d+; the sink's log has the rest. "
        r"Once mended: headrace effects retry letters \d",
        bad[2],
    )
    assert ("C1:20000", "bounced", "") in world.told()
    logged = capsys.readouterr().out
    assert "a bug, or a value that nobody thought of" in logged
    assert "Traceback" in logged


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", ["prepare", "attempt"])
@pytest.mark.parametrize(
    "error",
    [SinkStopped("x"), LogRefused("x"), MemoryError(), OSError(errno.EMFILE, "x"), sqlite3.OperationalError("x")],
)
def test_what_is_wrong_with_more_than_one_effect_stops_the_sink(where: str, error: Exception, world: World) -> None:
    world.known("C1")
    world.remind("C1", "INV-1")
    # Of the file it is said that it cannot be read.
    with pytest.raises(SinkStopped if isinstance(error, sqlite3.Error) else type(error)):
        world.run(_broken(where, error)(world.server.url()))
    assert letters(world.directory)[0][1] == ("waiting" if where == "prepare" else "sending")
