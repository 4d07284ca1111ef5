"""Places for logs: `place` is each kind of log in turn, the others only some kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.log.places import Place

KAFKA = [pytest.param("kafka", marks=pytest.mark.kafka), pytest.param("transactional", marks=pytest.mark.kafka)]


def _place(request: pytest.FixtureRequest, directory: Path) -> Iterator[Place]:
    kind: str = request.param
    bootstrap = "" if kind == "sqlite" else request.getfixturevalue("kafka")
    place = Place(kind, directory, bootstrap)
    yield place
    place.close()


@pytest.fixture(params=["sqlite", *KAFKA])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from _place(request, tmp_path)


@pytest.fixture(params=KAFKA)
def kafka_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from _place(request, tmp_path)


@pytest.fixture(params=["sqlite", KAFKA[1]])
def fencing_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The logs that keep a second writer out."""
    yield from _place(request, tmp_path)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    place = Place("sqlite", tmp_path)
    yield place
    place.close()
