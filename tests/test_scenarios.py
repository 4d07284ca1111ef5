"""Every file of tests/scenarios: what the rules decide of a written history, by REFERENCE 3.1 to 3.5."""

from pathlib import Path

import pytest

from tests.scenario_language import parse
from tests.scenario_runner import Run

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.txt"))


def differences(path: Path, directory: Path) -> list[str]:
    run = Run(parse(path), directory)
    try:
        return run.all()
    finally:
        run.close()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_scenario(path: Path, tmp_path: Path) -> None:
    found = differences(path, tmp_path)
    expected = parse(path).xfail
    if expected and found:
        pytest.xfail(expected)
    assert not expected, f"{path}: was expected to fail ({expected}) and does not: take that line out"
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
