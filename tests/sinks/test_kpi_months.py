"""DSO where the sales of a month come to nothing."""

from datetime import date
from pathlib import Path

from headrace.report import make_report
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews
from tests.ledger import Ledger
from tests.publishing import publish


def test_a_first_month_whose_sales_were_taken_back_counts_as_a_month(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.invoice("C1", "INV-1", 100_00, "2026-01-10", "2026-02-09")
    ledger.credit_note("C1", "CN-1", 100_00, "2026-01-20")
    ledger.invoice("C1", "INV-2", 90_00, "2026-03-11", "2026-04-10")
    ledger.say("noted", "C1", "2026-04-20")
    place = Place(tmp_path / "clickhouse")
    publish(place, ledger)
    views = DatabaseViews(place)
    asked = "SELECT day, dso, countback_days, countback_exhausted FROM kpi_dso WHERE day IN ('2026-02-15', '2026-03-31') ORDER BY day"
    assert views.ask(asked).rows == [["2026-02-15", None, 0, 0], ["2026-03-31", 90, 31, 0]]
    [report] = make_report(views, date(2026, 3, 31))
    assert (report.pace.countback.days, report.pace.countback.exhausted) == (31, False)
    views.close()
