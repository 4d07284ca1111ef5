"""Whether an account gets goods and invoices: what other rules ask of its credit. Source: REFERENCE 3.7."""

from typing import Final

from dataflows.rules.account import Account

# The reason with which a draft is held.
CREDIT_HOLD: Final = "credit_hold"


def credit_held(account: Account) -> bool:
    """Whether the account is on a credit hold that stops the release of its drafts. Reads its header alone."""
    return account.row.credit_stop
