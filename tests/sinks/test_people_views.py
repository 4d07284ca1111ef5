"""The views of what waits for people, of real decisions: scenarios that a shard ran and a publisher brought in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.log.base import Log
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews, Views
from tests.headrace.audit.kpi.installed import of_scenarios, publish
from tests.headrace.audit.test_approvals import SCENARIOS

EXCEPTIONS = (
    "SELECT exception_id, what, rule, amount, owner, substring(toString(deadline), 1, 16), step, notes, last_note"
    " FROM open_exceptions ORDER BY exception_id"
)
APPROVALS = "SELECT approval_id, amount, maker, status, answered_by, answer FROM approvals ORDER BY request"
OPEN_APPROVALS = "SELECT approval_id, maker, asked, delegate FROM open_approvals ORDER BY approval_id"
NEVER = "1970-01-01 00:00"
CASES: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    (
        "queue-exception-has-owner-and-deadline",
        EXCEPTIONS,
        [
            ("proposal:R-3", "proposal", "cash.proposed", 1000, "carl", "2026-03-09 16:24", 0, 0, ""),
            ("refund:RF-1", "exception", "refund", 1000, "desk", "2026-03-09 16:22", 0, 0, ""),
            ("unidentified:R-1", "exception", "cash.unidentified", 1000, "una", "2026-03-03 13:18", 0, 0, ""),
            ("unidentified:R-2", "exception", "cash.unidentified", 1000, "vic", "2026-03-05 13:20", 0, 0, ""),
        ],
    ),
    ("queue-exception-escalates-when-overdue", EXCEPTIONS, []),
    ("queue-exception-closes-when-resolved", EXCEPTIONS, []),
    (
        "queue-tasks-and-disputes-are-assigned-alike",
        EXCEPTIONS,
        [("broken_promise:P-1", "task", "broken_promise", 0, "lee", NEVER, 0, 0, "")],
    ),
    (
        "queue-tasks-and-disputes-are-assigned-alike",
        "SELECT task_id, category, owner, next_action FROM open_tasks",
        [("broken_promise:P-1", "broken_promise", "lee", "call")],
    ),
    (
        "approval-rejected-with-a-reason",
        APPROVALS,
        [
            ("write_off:INV-1001", 10000, "kim", "rejected", "lee", "not due yet"),
            ("write_off:INV-1001", 10000, "kim", "open", "", ""),
        ],
    ),
    (
        "approval-withdrawn-by-its-maker",
        APPROVALS,
        [("write_off:INV-1001", 10000, "kim", "withdrawn", "", "paid tomorrow")],
    ),
    ("approval-expires-when-its-time-is-over", APPROVALS, [("write_off:INV-1001", 10000, "kim", "expired", "", "")]),
    (
        "approval-in-a-base-currency",
        OPEN_APPROVALS,
        [("write_off:INV-1002", "kim", "", ""), ("write_off:INV-1003", "kim", "", "")],
    ),
    (
        "approval-of-a-letter-of-several-items",
        "SELECT approval_id, category, document, amount, maker, note, status, answered_by FROM approvals ORDER BY request",
        [
            (
                *("reminder:USD:2026-04-09", "reminder", "", 17000, "policy"),
                *("INV-1001 at level 2, INV-1002 at level 2", "given", "lee"),
            ),
            (
                *("reminder:USD:2026-04-20", "reminder", "", 7000, "policy"),
                *("INV-1003 at level 2, INV-1004 at level 2", "open", ""),
            ),
        ],
    ),
    (
        "approval-of-a-letter-that-nobody-answers",
        "SELECT category, sum(requested), sum(requested_minor), sum(given), sum(expired) FROM kpi_approvals GROUP BY category",
        [("reminder", 2, 20000, 0, 2)],
    ),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Log, Views]]:
    """The tenant that each of these scenarios is of, by name; the log and the views of all."""
    directory = tmp_path_factory.mktemp("published")
    names = list(dict.fromkeys(name for name, _, _ in CASES))
    log = of_scenarios(directory, [SCENARIOS / f"{name}.txt" for name in names])
    publish(log, directory)
    views = DatabaseViews(Place(directory / "clickhouse"))
    yield {name: f"t{shard}" for shard, name in enumerate(names)}, log, views
    views.close()
    log.close()


@pytest.mark.parametrize(("name", "sql", "rows"), CASES)
def test_views_have_what_waits(
    name: str, sql: str, rows: list[tuple[Any, ...]], published: tuple[dict[str, str], Log, Views]
) -> None:
    tenants, _, views = published
    of_tenant = re.sub(r"FROM (\w+)", rf"FROM (SELECT * FROM \1 WHERE tenant = '{tenants[name]}')", sql)
    assert [tuple(row) for row in views.ask(of_tenant).rows] == rows


def test_the_auditor_finds_nothing_in_them(published: tuple[dict[str, str], Log, Views], tmp_path: Path) -> None:
    _, log, views = published
    checks = Checks()
    run_audit(Sources(log, tmp_path / "no state", views, None, 1 << 24), checks)
    assert checks.views.checked > 100
    assert [f"{finding.code} {finding.text}" for finding in checks.views.findings] == []
