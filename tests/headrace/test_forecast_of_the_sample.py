"""Forecasts of the past of the open sample, against what came."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from headrace.forecast import back_test, off_by
from sinks.clickhouse.connect import Place
from tests.headrace.test_forecast import published
from tests.ledger import Ledger, day

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "ar_history.csv"


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"{SAMPLE} is not there: the forecast of the sample is not tested here")
def test_forecasts_of_the_sample_are_near_what_came(tmp_path: Path) -> None:
    ledger = Ledger()
    with SAMPLE.open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["invoiceNumber"])
    for row in rows:
        made, due, came = (
            datetime.strptime(row[name], "%m/%d/%Y").date() for name in ("InvoiceDate", "DueDate", "SettledDate")
        )
        amount = round(float(row["InvoiceAmount"]) * 100)
        account, document = row["customerID"], row["invoiceNumber"]
        ledger.invoice(account, document, amount, made.isoformat(), due.isoformat())
        ledger.receipt(account, f"R-{document}", amount, came.isoformat())
        ledger.applied(account, document, f"R-{document}", amount, came.isoformat(), due_date=day(due.isoformat()))
        if row["Disputed"] == "Yes" and due <= came:
            ledger.say(
                "dispute_opened", account, due.isoformat(), document=document, reference_id=f"D-{document}",
                amount=amount,
            )  # fmt: skip
    views = published(Place(tmp_path / "clickhouse"), ledger)
    months, weeks = back_test(views, 30, most=3), back_test(views, 7, most=4)
    views.close()
    off, received = off_by(months, "expected")
    assert off * 100 < received * 8
    off, received = off_by(weeks, "expected")
    plainly, _ = off_by(weeks, "on_due_dates")
    assert off * 100 < received * 25
    assert off * 2 < plainly
