"""DSO and CEI while open items are taken over: the report, the trend and the views know as much of sales and of what was owed."""

from collections.abc import Iterator
from datetime import date

import pytest

from headrace.report import make_report
from headrace.trend import make_trend
from sinks.clickhouse.reading import Views
from tests.ledger import Ledger
from tests.publishing import published


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    """A customer with a history of invoices, and one whose open items came over later."""
    ledger = Ledger()
    ledger.invoice("C1", "INV-1", 900_00, "2025-11-01", "2025-12-01")
    ledger.invoice("C1", "INV-2", 300_00, "2026-01-20", "2026-02-19")
    for number, posted in enumerate(("2026-01-10", "2026-02-10")):
        ledger.invoice("C2", f"OLD-{number}", 100_00, posted, "2026-02-20", rule="posted.opening")
    ledger.say("noted", "C1", "2026-06-30")
    with published(tmp_path_factory.mktemp("taken-over"), ledger) as views:
        yield views


@pytest.mark.parametrize(
    ("on", "over_90", "over_3_months", "is_known"),
    [
        pytest.param(date(2026, 1, 9), 0, 0, False, id="before anything is known"),
        pytest.param(date(2026, 2, 9), 1, 1, False, id="the take-over runs"),
        pytest.param(date(2026, 4, 9), 2, 2, False, id="90 days later, all but the first day"),
        pytest.param(date(2026, 4, 10), 1, 1, False, id="three months, and 90 days, after the first one"),
        pytest.param(date(2026, 5, 9), 1, 1, False, id="the last day"),
        pytest.param(date(2026, 5, 10), 1, 0, True, id="three months after the last one, of 89 days"),
        pytest.param(date(2026, 5, 11), 0, 0, True, id="90 days after the last one"),
    ],
)
def test_what_was_taken_over_has_no_sales_and_no_beginning(
    views: Views, on: date, over_90: int, over_3_months: int, is_known: bool
) -> None:
    [report] = make_report(views, on)
    [point] = make_trend(views, [on], "USD")
    assert report.pace == point.pace
    assert report.pace.sales_missing == (over_90 > 0)
    sql = "SELECT sum(k.taken_over_90), sum(c.taken_over), countIf(c.cei_bp IS NOT NULL) FROM kpi_dso AS k JOIN kpi_cei AS c USING"
    key = "(day, tenant, entity, region, segment, currency, owner)"
    assert views.ask(f"{sql} {key} WHERE day = '{on}'").rows == [[over_90, over_3_months, int(is_known)]]
    assert (report.pace.cei is not None) == is_known
