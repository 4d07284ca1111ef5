"""What holds for all tests: no stale compiled modules, no real service missed in silence, and who runs beside whom.

Tests marked `kafka` need a real broker, `registry` a real schema registry; they run in one worker, so that one
of each serves them all, and so do those of a file that share a fixture. Those marked `redis` need a real Redis, which is
small: each worker has its own. Those marked `browser` need a Chromium, `promtool` Prometheus' own program. Where there is
none they are skipped, with one loud line at the end; with CI=true a skip is a failure.
"""

import atexit
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

from headrace.compiled import StaleCompiled, mode, refuse_stale
from tests.brokers import kafka, local_kafka
from tests.cases import NIGHTLY
from tests.clickhouses import clickhouse_places
from tests.redis_servers import local_redis, redis_cluster, redis_url, shared_cluster
from tests.registries import real_registry, registry_server

__all__ = [
    "clickhouse_places",
    "kafka",
    "local_kafka",
    "local_redis",
    "real_registry",
    "redis_cluster",
    "redis_url",
    "registry_server",
    "shared_cluster",
]

SERVICES = ("browser", "kafka", "promtool", "redis", "registry")

# No deadlines: how long an example takes says nothing. --hypothesis-profile=nightly tries much more.
settings.register_profile("quick", deadline=None)
settings.register_profile("nightly", max_examples=NIGHTLY, deadline=None)
settings.load_profile("quick")


def pytest_configure(config: pytest.Config) -> None:
    try:
        refuse_stale()
    except StaleCompiled as stale:
        raise pytest.UsageError(str(stale)) from stale


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """All is told by now: leave as commands do (headrace/main.py), whose libraries now and then end in a hang."""
    session = config.pluginmanager.get_plugin("session")
    if session is None:
        return

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(session.exitstatus))

    atexit.register(leave)


def pytest_report_header() -> str:
    return f"hot path: {mode()}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(service) is not None for service in ("kafka", "registry")):
            item.add_marker(pytest.mark.xdist_group("kafka"))
        elif item.get_closest_marker("xdist_group") is None and _shares_within_module(item):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(item.config.rootpath))))


def _shares_within_module(item: pytest.Item) -> bool:
    """Whether it uses what is made once for all tests of its file, which each worker would make again."""
    known = getattr(item, "_fixtureinfo", None)
    made = [] if known is None else known.name2fixturedefs.values()
    return any(fixture.scope == "module" for fixtures in made for fixture in fixtures)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needed = [service for service in SERVICES if item.get_closest_marker(service) is not None]
    if report.skipped and needed and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"with CI=true a test that needs {needed[0]} may not be skipped: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    for service in SERVICES:
        count = sum(service in report.keywords for report in skipped)
        if count:
            terminalreporter.write_line("")
            terminalreporter.write_line(
                f"!!! {count} TESTS THAT NEED A REAL {service.upper()} WERE SKIPPED: the {service} side is not tested here !!!",
                red=True,
                bold=True,
            )
