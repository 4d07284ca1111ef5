"""Balances, aging, DSO and CEI of every day are what `headrace report` says of the same decisions."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from dataflows.clickhouse import publish_clickhouse
from dataflows.publishing import PublishStatus
from headrace.formulas import rounded
from headrace.report import make_report
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import DatabaseViews
from tests.headrace.audit.test_approvals import installed
from tests.headrace.audit.test_histories import SHARDS
from tests.installations import open_log
from tests.publishing import Never

# Histories with credits, discounts, deductions, returned money, other currencies, suspense accounts and instalments.
HISTORIES = (
    *("credit-note-in-a-remittance", "deduction-goes-back-with-the-money", "discount-goes-back-with-the-money"),
    *("instalments-credited", "discount-of-a-part-payment", "credit-note-netted-by-policy"),
)


@pytest.mark.parametrize("name", HISTORIES)
def test_every_day_is_as_the_report_says(name: str, tmp_path: Path) -> None:
    installed(tmp_path, name)
    log = open_log(tmp_path, SHARDS)
    place = Place(tmp_path / "clickhouse")
    publish_clickhouse(log, place, tmp_path / "c.sock", until_idle=True, stop=Never(), status=PublishStatus())
    log.close()
    views = DatabaseViews(place)
    first, last = (date.fromisoformat(day) for day in views.ask("SELECT min(day), max(day) FROM kpi_aging").rows[0])
    for as_of in {first, last, *(first + timedelta(days=n) for n in range(0, (last - first).days, 40))}:
        for said in make_report(views, as_of):
            where = f"WHERE day = '{as_of}' AND currency = '{said.currency}'"
            aged = views.ask(
                "SELECT sum(open_minor), sum(current_minor), sum(days_1_30_minor), sum(days_31_60_minor),"
                " sum(days_61_90_minor), sum(days_91_minor), sum(credits_minor), sum(unapplied_minor),"
                f" sum(on_account_minor), sum(unidentified_minor) FROM kpi_aging {where}"
            ).rows[0]
            figures = (said.open, *said.aging, said.open_credits, said.unapplied, said.on_account, said.unidentified)
            assert aged == [figure.amount_minor for figure in figures], (as_of, said.currency)
            sql = f"SELECT dso, bpdso, add, countback_days, countback_exhausted FROM kpi_dso {where}"
            pace = said.pace
            exact = (pace.dso, pace.bpdso, pace.add, pace.countback.days)
            wanted = [None if one is None else float(rounded(one, 1) or 0) for one in exact]
            for row in views.ask(sql).rows:
                assert row == [*wanted, int(pace.countback.exhausted)], (as_of, said.currency)
            for (found,) in views.ask(f"SELECT cei_bp FROM kpi_cei {where}").rows:
                assert found == (None if pace.cei is None else rounded(pace.cei * 100, 0)), (as_of, said.currency)
    views.close()
