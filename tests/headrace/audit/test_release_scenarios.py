"""The auditor finds nothing in the scenarios of these subjects: its own code comes to the same."""

from pathlib import Path

import pytest

from connectors.log.base import account_key
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.codec import decode_fact
from schemas.topics import FACTS
from tests.installations import decide, open_log
from tests.scenario_language import parse
from tests.scenario_runner import Run

FOLDER = Path(__file__).parents[2] / "scenarios"
SUBJECTS = (
    "release",
    "hold",
    "delivery",
    "credit",
    "dispute",
    "deduction",
    "instalments",
    "consolidated",
    "interest",
    "reminder",
)
FILES = sorted(path for name in SUBJECTS for path in FOLDER.glob(f"{name}-*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_auditor_agrees(path: Path, tmp_path: Path) -> None:
    run = Run(parse(path), tmp_path / "scenario")
    run.all()
    run.close()
    log = open_log(tmp_path, 1)
    writer = log.writer(FACTS, "test")
    for value in run.taken:
        fact = decode_fact(value)
        key = account_key(fact.tenant, fact.entity, fact.account_id) if fact.account_id else None
        writer.send(0, key, value)
    writer.flush(30.0)
    writer.close()
    decide(log, tmp_path / "state")
    checks = Checks()
    run_audit(Sources(log, tmp_path / "state", None, None, 1 << 24), checks)
    log.close()
    assert checks.facts.checked
    assert [f"{x.code} {x.text}" for check in checks.all() for x in check.findings] == []
