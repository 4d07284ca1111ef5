"""Alert rules: promtool takes them and they come when they must and only then; they ask for metrics that there are; each has a runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.deploy.metrics import OTHERS_METRICS, told_metrics

ROOT = Path(__file__).parents[2]
RULES = "deploy/alerts.yml"


def yaml_of(path: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / path).read_text())


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml_of(RULES)["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def alerts(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


@pytest.mark.promtool
@pytest.mark.parametrize(
    "arguments", [("check", "rules", RULES), ("test", "rules", "tests/deploy/alerts.yml")], ids=["check", "test"]
)
def test_promtool_takes_the_rules_and_they_come_when_they_must(arguments: tuple[str, ...]) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not on PATH; install prometheus")
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried(alerts: dict[str, dict[str, Any]]) -> None:
    tried = (ROOT / "tests/deploy/alerts.yml").read_text()
    assert [name for name in alerts if not re.search(rf"{name}\b", tried)] == []


def test_every_alert_has_its_runbook_and_every_runbook_its_alert(alerts: dict[str, dict[str, Any]]) -> None:
    text = (ROOT / "docs/runbooks.md").read_text()
    sections = re.findall(r"^## (\w+)\n(Page|Ticket)\. ", text, re.MULTILINE)
    assert dict(sections) == {name: rule["labels"]["severity"].capitalize() for name, rule in alerts.items()}
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"


def test_rules_ask_for_metrics_that_there_are(rules: list[dict[str, Any]]) -> None:
    recorded = {rule["record"] for rule in rules if "record" in rule}
    asked = {name for rule in rules for name in re.findall(r"\bheadrace[_:]\w+|\bup\b", rule["expr"])}
    assert asked - told_metrics() - OTHERS_METRICS == recorded


def test_prometheus_reads_the_rules() -> None:
    (path,) = yaml_of("deploy/prometheus.yml")["rule_files"]
    assert f"./{RULES}:{path}:ro" in yaml_of("docker-compose.yml")["services"]["prometheus"]["volumes"]
