"""docker-compose.yml and what it mounts: valid, complete, and one with the settings and metrics of the code."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from ruamel.yaml import YAML

from headrace.main import app
from headrace.operations import FLOWS, flow_port
from headrace.settings import Settings, load
from tests.deploy.metrics import OTHERS_METRICS, told_metrics

ROOT = Path(__file__).parents[2]
PROMQL_WORDS = {"by", "count", "histogram_quantile", "increase", "job", "max", "or", "rate", "sum", "time", "vector"}
PROMQL_LABELS = {"kind", "le", "reason", "result", "sink", "shard", "state", "target"}


def flow_of(command: list[str]) -> str:
    """The flow that a container's command runs, as FLOWS names it."""
    return " ".join(word for word in command[1:-2] if word != "--sink")


def yaml_of(path: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / path).read_text())


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml_of("docker-compose.yml")["services"]
    return found


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, services: dict[str, dict[str, Any]]) -> Settings:
    """As a flow's container loads them."""
    for name, value in services["receivables"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{CLICKHOUSE_PASSWORD:\?[^}]*\}", "secret", value))
    return load(None, ROOT / "deploy" / "headrace.toml")


def test_the_compose_file_fits_the_compose_specification() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_pinned_limited_watched_and_restarted(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert re.fullmatch(r"headrace|\S+:v?\d+(\.\d+)+", service["image"]), f"{name}: {service['image']}"
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name}: {port} would be open to the network"
        for other, wish in service.get("depends_on", {}).items():
            assert other in services, f"{name}: depends on {other}"
            assert wish == {"condition": "service_healthy"}, name


def test_every_volume_is_there(services: dict[str, dict[str, Any]]) -> None:
    named = set(yaml_of("docker-compose.yml")["volumes"])
    used = set()
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name}: {source}"
                assert volume.endswith(":ro"), f"{name}: {volume}"
            else:
                used.add(source)
    assert used == named


def test_settings_of_the_containers_name_its_services(settings: Settings, services: dict[str, dict[str, Any]]) -> None:
    assert settings.kafka == "kafka:9092"
    assert "INSIDE://kafka:9092" in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert settings.schema_registry == "http://schema-registry:8081"
    assert services["schema-registry"]["environment"]["SCHEMA_REGISTRY_LISTENERS"].endswith(":8081")
    assert settings.clickhouse == "http://headrace:secret@clickhouse:8123/headrace"
    assert services["clickhouse"]["environment"]["CLICKHOUSE_DB"] == "headrace"
    assert settings.redis == "redis://valkey:6379/0"
    assert f"headrace:{settings.dir}" in services["receivables"]["volumes"]
    assert settings.metrics_host == "0.0.0.0"


def test_every_flow_runs_and_is_asked_on_its_own_port(settings: Settings, services: dict[str, dict[str, Any]]) -> None:
    ports = {}
    for service in services.values():
        if service["image"] == "headrace":
            words = service["command"]
            assert words[0] == "run"
            assert words[-2:] == ["--config", "/etc/headrace.toml"]
            # Parses as the command line would; a word that it does not know raises.
            typer.main.get_command(app).commands["run"].make_context("run", words[1:])  # type: ignore[attr-defined]
            ports[flow_of(words)] = int(service["healthcheck"]["test"][-1])
    assert ports == {flow: flow_port(settings.metrics_port, flow) for flow in FLOWS}


def test_prometheus_scrapes_every_flow(settings: Settings, services: dict[str, dict[str, Any]]) -> None:
    (job,) = yaml_of("deploy/prometheus.yml")["scrape_configs"]
    assert job["job_name"] == "headrace"
    scraped = {}
    for group in job["static_configs"]:
        (target,) = group["targets"]
        name, port = target.split(":")
        assert flow_of(services[name]["command"]) == group["labels"]["flow"]
        scraped[group["labels"]["flow"]] = int(port)
    assert scraped == {flow: flow_port(settings.metrics_port, flow) for flow in FLOWS}


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    told = told_metrics()
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/operations.json").read_text())
    asked = set()
    for panel in dashboard["panels"]:
        # What asks ClickHouse is in test_dashboards.py.
        if panel["datasource"]["uid"] != "prometheus":
            continue
        for target in panel["targets"]:
            expression = re.sub(r'"[^"]*"|\$__rate_interval|\[1h\]', "", target["expr"])
            asked |= set(re.findall(r"[a-z_]{2,}", expression)) - PROMQL_WORDS - PROMQL_LABELS
    assert asked - told - OTHERS_METRICS == set()
    bucketless = {name for name in told if name.endswith(("_sum", "_count"))}
    assert told - bucketless - asked == set(), "a metric that no panel shows"


def test_grafana_finds_its_source_and_its_dashboards(services: dict[str, dict[str, Any]]) -> None:
    (source,) = yaml_of("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml_of("deploy/grafana/provisioning/dashboards/files.yml")["providers"]
    folder = provider["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in services["grafana"]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/operations.json"


def test_grafana_asks_clickhouse_as_a_user_who_only_reads(services: dict[str, dict[str, Any]]) -> None:
    (source,) = yaml_of("deploy/grafana/provisioning/datasources/clickhouse.yml")["datasources"]
    assert source["uid"] == "clickhouse"
    assert source["type"] in services["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    assert (source["jsonData"]["host"], source["jsonData"]["port"]) == ("clickhouse", 8123)
    assert source["secureJsonData"] == {"password": "$CLICKHOUSE_READER_PASSWORD"}
    reader = ElementTree.parse(ROOT / "deploy/clickhouse/reader.xml")
    user = reader.find(f"users/{source['jsonData']['username']}")
    assert user is not None
    assert [grant.text for grant in user.findall("grants/query")] == ["GRANT SELECT ON headrace.*"]
    assert reader.findtext(f"profiles/{user.findtext('profile')}/readonly") == "2"
    password = user.find("password")
    assert password is not None
    assert password.attrib["from_env"] in services["clickhouse"]["environment"]
    assert password.attrib["from_env"] in services["grafana"]["environment"]


def test_the_lock_files_name_no_address_and_agree() -> None:
    pins = []
    for path in ("requirements.lock", "deploy/requirements.lock"):
        text = (ROOT / path).read_text()
        assert "://" not in text
        assert "--index" not in text
        names = re.findall(r"^([a-z0-9-]+==\S+)(?: ;.*)? \\$", text, re.MULTILINE)
        assert len(names) == len(re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)), "a pin without a hash"
        pins.append(set(names))
    everything, running = pins
    assert running < everything
    assert not any(pin.startswith(("pytest==", "mypy==", "ruff==")) for pin in running)
