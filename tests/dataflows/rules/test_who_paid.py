"""What the exception about an unidentified receipt says of its payer."""

import pytest

from dataflows.rules.following import MOST_WHO_PAID, who_paid
from schemas.records import ReceiptRow


@pytest.mark.parametrize(
    ("account", "name", "text", "said"),
    [
        ("BANK-1", "ACME", "INV 7", "BANK-1 · INV 7"),
        ("BANK-1", "ACME", "", "BANK-1"),
        ("", "ACME", "INV 7", " · ACME · INV 7"),
        ("", "ACME", "", " · ACME"),
        ("", "", "INV 7", " · INV 7"),
        ("", "", "", ""),
        ("B · 1", "", "", "B 1"),
        ("BANK-1", "", "x" * 400, "BANK-1 · " + "x" * (MOST_WHO_PAID - 4) + "…"),
    ],
)
def test_account_or_name_and_the_text(account: str, name: str, text: str, said: str) -> None:
    row = ReceiptRow("R-1")
    row.payer_account, row.payer_name, row.text = account, name, text
    assert who_paid(row) == said
