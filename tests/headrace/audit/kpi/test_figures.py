"""The recomputed figures of one small history, by hand: what the words of the reference mean in numbers."""

from decimal import Decimal

import pytest

from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.check import KPIS
from headrace.audit.kpi.tables import Value
from tests.headrace.audit.kpi.installed import STORY, read_run
from tests.headrace.why.told import Recorded
from tests.scenario_language import parse

WHO = ("t1", "us01", "west", "retail", "USD")


@pytest.fixture(scope="module")
def basis(tmp_path_factory: pytest.TempPathFactory) -> Basis:
    directory = tmp_path_factory.mktemp("history")
    path = directory / "history.txt"
    path.write_text(STORY)
    run = Recorded(parse(path), directory / "state")
    try:
        # What comes of each line is not written there: it differs, and does not matter.
        run.all()
    finally:
        run.close()
    return Basis(read_run(run))


def figures(basis: Basis, view: str, day: str, *also: int | str, owner: str = "kim") -> dict[str, Value]:
    """The figures of a row that are not 0."""
    kpi = next(kpi for kpi in KPIS if kpi.view == view)
    row = kpi.rows(basis)[day, *WHO, owner, *also]
    return {name: value for name, value in row.items() if value != 0}


def test_days_of_sales(basis: Basis) -> None:
    # Open 600 + 570, credit 100, unapplied 20: 1,050. Sold 1,600 less 100. Of March nothing is sold (6 days), of February
    # 500 (28 days), of January's 1,000 (31 days) 550 are left.
    assert figures(basis, "kpi_dso", "2026-03-06") == {
        "receivables_minor": 1_050_00,
        "sales_90_minor": 1_500_00,
        "current_minor": 570_00,
        "dso": Decimal("63.0"),
        "bpdso": Decimal("34.2"),
        "add": Decimal("28.8"),
        "countback_days": Decimal("51.1"),
    }
    # On the first day all sales are not enough for one day, and just what is owed.
    assert figures(basis, "kpi_dso", "2026-01-15")["countback_days"] == Decimal("15.0")


def test_collection_effectiveness(basis: Basis) -> None:
    assert figures(basis, "kpi_cei", "2026-03-06") == {
        "sales_3_months_minor": 1_500_00,
        "ending_minor": 1_050_00,
        "ending_current_minor": 570_00,
        "cei_numerator": -1_650_00,
        "cei_denominator": -210_00,
        "cei_bp": None,
    }


def test_aging(basis: Basis) -> None:
    assert figures(basis, "kpi_aging", "2026-03-06") == {
        "open_minor": 1_170_00,
        "current_minor": 570_00,
        "days_1_30_minor": 600_00,
        "past_due_minor": 600_00,
        "credits_minor": 100_00,
        "unapplied_minor": 20_00,
        "disputed_minor": 200_00,
    }
    # Due today is current.
    assert figures(basis, "kpi_aging", "2026-02-14") == {"open_minor": 1_600_00, "current_minor": 1_600_00}


def test_unapplied_cash_has_the_age_of_its_receipt(basis: Basis) -> None:
    assert figures(basis, "kpi_unapplied", "2026-03-06") == {"unapplied_minor": 20_00, "age_0_30_minor": 20_00}


def test_recovery_is_of_what_was_past_due_when_the_month_began(basis: Basis) -> None:
    assert figures(basis, "kpi_recovery", "2026-03-01") == {"past_due_at_start_minor": 1_000_00}
    assert figures(basis, "kpi_recovery", "2026-03-02") == {"recovered_minor": 400_00, "recovery_bp": 4_000}
    # Cash on what is not due is none of it.
    with pytest.raises(KeyError):
        figures(basis, "kpi_recovery", "2026-03-06")


def test_what_falls_due(basis: Basis) -> None:
    assert figures(basis, "kpi_forecast", "2026-03-06") == {"overdue_minor": 600_00}
    assert figures(basis, "kpi_forecast", "2026-03-12") == {"due_minor": 570_00}
    assert figures(basis, "kpi_forecast", "2026-03-20") == {"promised_minor": 300_00}


def test_a_receipt_that_a_person_applied_did_not_go_straight_through(basis: Basis) -> None:
    assert figures(basis, "kpi_cash_application", "2026-03-02") == {
        **{"receipts": 1, "received_minor": 400_00, "cleared": 1, "cleared_minor": 400_00, "straight_through": 1},
        **{"applied_pairs": 1, "on_same_day": 1, "straight_through_bp": 10_000, "accuracy_bp": 10_000},
    }
    assert figures(basis, "kpi_cash_application", "2026-03-05") == {
        **{"receipts": 1, "received_minor": 50_00, "applied_pairs": 1, "accuracy_bp": 10_000},
    }
    assert figures(basis, "kpi_overrides", "2026-03-06", "cash_applied") == {
        **{"overrides": 1, "decided": 1, "override_bp": 10_000},
    }


def test_reminders_that_were_answered(basis: Basis) -> None:
    # Its first reminder is 7 days before it is due; cash came 21 days later, and is no answer to that.
    assert "responded" not in figures(basis, "kpi_reminders", "2026-02-09", 1, "")
    # The one of 2026-02-24, ten days after it was due, is followed by cash within ten days.
    assert figures(basis, "kpi_reminders", "2026-02-24", 3, "")["response_bp"] == 10_000


def test_what_waits(basis: Basis) -> None:
    assert figures(basis, "kpi_queues", "2026-03-06", "dispute", owner="") == {
        **{"open": 1, "open_minor": 200_00, "age_2_5": 1},
    }
    assert figures(basis, "kpi_queues", "2026-03-05", "proposal", owner="")["open_minor"] == 50_00


def test_collectors(basis: Basis) -> None:
    assert figures(basis, "kpi_collectors", "2026-03-06") == {
        **{"promises": 1, "promised_minor": 300_00, "is_working_day": 1},
    }
    assert figures(basis, "kpi_collectors", "2026-03-05") == {"letters": 1, "cash_minor": 50_00, "is_working_day": 1}
