"""Money that was sent on to another account is counted once, where it came, in the view and in its recomputation."""

from pathlib import Path

from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.cash import cash_application
from headrace.audit.kpi.reading import Reading
from tests.ledger import Ledger
from tests.publishing import published

SUMS = ("receipts", "received_minor", "cleared", "cleared_minor")


def ledger() -> Ledger:
    made = Ledger(shards=1)

    def sent(receipt: str, amount: int) -> None:
        made.say(
            "cash_transferred", "C1", "2026-03-02", receipt_id=receipt, amount=amount, rule="transfer.out",
            counterparty="C2",
        )  # fmt: skip

    made.invoice("C1", "INV-1", 60_00, "2026-01-10", "2026-02-09")
    made.receipt("C1", "GONE", 90_00, "2026-03-02")
    sent("GONE", 90_00)
    made.receipt("C2", "GONE", 90_00, "2026-03-02", rule="transfer.in")
    made.receipt("C1", "PART", 100_00, "2026-03-02")
    sent("PART", 40_00)
    made.applied("C1", "INV-1", "PART", 60_00, "2026-03-02")
    made.receipt("C1", "BACK", 7_00, "2026-03-02")
    sent("BACK", 7_00)
    made.receipt("C1", "BACK", 7_00, "2026-03-02", rule="transfer.returned")
    return made


def test_what_was_sent_on_counts_where_it_came(tmp_path: Path) -> None:
    made = ledger()
    with published(tmp_path, made) as views:
        sums = ", ".join(f"sum({name})" for name in SUMS)
        assert views.ask(f"SELECT {sums} FROM kpi_cash_application").rows == [[3, 157_00, 1, 60_00]]
    rows = cash_application(Basis(Reading(decisions=made.decisions)))
    assert [sum(row[name] or 0 for row in rows.values()) for name in SUMS] == [3, 157_00, 1, 60_00]
