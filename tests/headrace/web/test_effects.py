"""What Operations says of effects: what waits, what is for a person, and which target is switched off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.settings import load
from headrace.web.pages.operations import _effects
from tests.hooks import HookServer, endpoint, made, tell
from tests.live import LiveLedger, ago
from tests.publishing import append_decisions


class Asking:
    """As much of a question as the table needs."""

    def __init__(self, directory: Path) -> None:
        self.settings = load(directory, None)


def shown(directory: Path) -> list[list[str]]:
    asked: Any = Asking(directory)
    return [[cell.text for cell in row] for row in _effects(asked).rows]


@pytest.fixture
def server() -> Iterator[HookServer]:
    found = HookServer()
    yield found
    found.close()


def test_a_target_that_is_off_is_told_with_what_waits(server: HookServer, tmp_path: Path) -> None:
    log = made(tmp_path, endpoint(server))
    assert shown(tmp_path) == []
    ledger = LiveLedger(4)
    for at in range(3):
        ledger.invoice(f"C{at}", f"INV-{at}", 5, ago(), "2026-02-01")
    append_decisions(log, ledger)
    server.answer = lambda _: 410
    tell(tmp_path, log)
    log.close()
    [(sink, target, waiting, failed, unknown, stands)] = shown(tmp_path)
    assert (sink, target, waiting, failed, unknown) == ("webhooks", "crm", "3", "0", "0")
    assert stands.startswith("is off since ")
    assert stands.endswith(": HTTP 410: the endpoint wants no more events")
    (tmp_path / "effects" / "webhooks.sqlite").write_bytes(b"no database at all")
    [(sink, *_, stands)] = shown(tmp_path)
    assert sink == "webhooks"
    assert "cannot be read" in stands
