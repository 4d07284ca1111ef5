"""Clients for reading: kept for the next who asks, and given up after an error."""

from pathlib import Path

import pytest

from sinks.clickhouse.connect import Database, Place


def test_clients_are_kept_and_nobody_has_one_with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    with Database(Place(tmp_path / "clickhouse")) as database:
        real = database._open
        monkeypatch.setattr(database, "_open", lambda *limits: opened.append(1) or real(*limits))
        with database.read_client({"max_threads": 1}) as first, database.read_client({"max_threads": 1}) as second:
            assert first is not second
        for _ in range(3):
            with database.read_client({"max_threads": 1}) as again:
                assert again in (first, second)
        with database.read_client({"max_threads": 2}) as other:
            assert other not in (first, second)
        with pytest.raises(ValueError, match="mine"), database.read_client({"max_threads": 2}) as broken:
            raise ValueError("mine")
        with database.read_client({"max_threads": 2}) as fresh:
            assert fresh is not broken
    assert len(opened) == 4
