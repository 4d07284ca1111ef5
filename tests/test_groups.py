"""Tests that share a server, or what takes long to make, run in one worker."""

import pytest


@pytest.mark.xdist_group("kafka")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    # pytest 9.2 with pytest-xdist 3.8 forgets them without a word.
    in_groups = bool(request.config.getoption("loadgroup", default=False))
    assert request.node.nodeid.endswith("@kafka") == in_groups


@pytest.fixture(scope="module")
def shared() -> str:
    return "made once"


def test_tests_of_a_file_that_share_a_fixture_are_a_group(shared: str, request: pytest.FixtureRequest) -> None:
    assert [mark.args for mark in request.node.iter_markers("xdist_group")] == [("tests/test_groups.py",)]
    assert shared == "made once"
