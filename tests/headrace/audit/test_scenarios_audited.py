"""The auditor, which shares no code with the rules, agrees with what every scenario shows."""

from pathlib import Path

import pytest

from schemas.codec import encode_decision
from tests.auditing import audited
from tests.headrace.why.told import Recorded
from tests.scenario_language import parse

FILES = sorted((Path(__file__).parents[2] / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_auditor_finds_nothing_in_a_scenario(path: Path, tmp_path: Path) -> None:
    run = Recorded(parse(path), tmp_path)
    try:
        run.all()
    finally:
        run.close()
    assert audited(run.values, [encode_decision(d) for d in run.decided]) == []
