"""The commands about effects where the sink's file is damaged, or a number is none that a file could have."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.log.sqlite import SqliteLog
from dataflows.effects import EffectsStatus
from dataflows.effects_position import effects_file, go_on_from
from dataflows.publish import publish_effects
from dataflows.publishing import PublishStatus
from headrace.logs import open_installation
from headrace.main import app
from headrace.settings import load
from schemas.topics import DECISIONS
from sinks.base import SinkStopped
from sinks.effects.store import EffectStore
from sinks.webhooks.sink import WebhookSink
from tests.hooks import write_settings
from tests.publishing import Never
from tests.sinks.effects.test_store import ask

TOO_LARGE = str(1 << 63)


def headrace(directory: Path, group: str, *words: str) -> Result:
    """In this process."""
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [group, "--dir", str(directory), *words])


@pytest.fixture
def log(tmp_path: Path) -> SqliteLog:
    """Of an installation whose sink of webhooks has run."""
    write_settings(tmp_path, shards=1)
    log = open_installation(load(tmp_path, None))
    assert isinstance(log, SqliteLog)
    go_on_from(log, "webhooks", effects_file(tmp_path, "webhooks"), dict(enumerate(log.end_offsets(DECISIONS))), 1)
    return log


@pytest.fixture
def damaged(log: SqliteLog, tmp_path: Path) -> Path:
    """The file, of which some pages between the first ones and the last are no pages any more."""
    path = effects_file(tmp_path, "webhooks")
    with EffectStore.reading(path) as store:
        ask(store, *[""] * 200)
    whole = bytearray(path.read_bytes())
    page = 4_096
    pages = range(3 * page, len(whole) - page)
    whole[pages.start : pages.stop] = b"\xff" * len(pages)
    path.write_bytes(whole)
    return path


def test_a_damaged_file_is_told_and_there_is_a_way_out(damaged: Path, log: SqliteLog, tmp_path: Path) -> None:
    way_out = (
        "malformed; put a whole copy back, or say from where the sink goes on: headrace effects start webhooks --from"
    )
    for words in (["list", "webhooks"], ["show", "webhooks", "1"], ["retry", "webhooks", "1"]):
        told = headrace(tmp_path, "effects", *words)
        assert (told.exit_code, way_out in told.stderr) == (1, True), told.output
    with pytest.raises(SinkStopped, match=way_out):
        publish_effects(
            log, WebhookSink([]), damaged, "", until_idle=True, stop=Never(), status=PublishStatus(), effects=EffectsStatus()
        )  # fmt: skip
    started = headrace(tmp_path, "effects", "start", "webhooks", "--from", "end")
    assert started.exit_code == 0, started.output
    assert "goes on from end" in started.stdout
    listed = headrace(tmp_path, "effects", "list", "webhooks", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)) == (0, [])
    again = headrace(tmp_path, "effects", "start", "webhooks", "--from", "end")
    assert (again.exit_code, "has its position" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("effects", ["show", "webhooks", TOO_LARGE]),
        ("effects", ["retry", "webhooks", "1", TOO_LARGE]),
        ("effects", ["settle", "webhooks", TOO_LARGE, "--note", "x"]),
        ("effects", ["list", "webhooks", "--most", TOO_LARGE]),
        ("webhooks", ["replay", TOO_LARGE]),
        ("webhooks", ["log", "--most", TOO_LARGE]),
    ],
)
def test_a_number_that_no_file_could_have_is_wrong_usage(
    group: str, words: list[str], log: SqliteLog, tmp_path: Path
) -> None:
    told = headrace(tmp_path, group, *words)
    assert told.exit_code == 2, told.output
    assert "less than or equal to 9223372036854775807" in told.stderr
