"""Whether an account gets goods and invoices: what other rules ask of its credit. Source: REFERENCE 3.7, CAPABILITIES A2."""

from typing import Final

from dataflows.rules.account.account import Account

# The reason with which a draft is held.
CREDIT_HELD: Final = "credit_held"
BLOCKED: Final = "blocked"


def credit_held(account: Account) -> bool:
    """Whether the account is on a credit hold that stops the release of its drafts, or its master data say that its
    credit is blocked."""
    if account.row.credit_stop:
        return True
    customer = account.customer()
    return customer is not None and customer.credit_status == BLOCKED
