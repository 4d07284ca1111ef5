"""Whether an account's credit lets new invoices go. Source: CAPABILITIES A2."""

from typing import Final

from dataflows.rules.account import Account

BLOCKED: Final = "blocked"


def credit_held(account: Account) -> bool:
    """Whether the account's credit is held, as far as it is known: its master data say that it is blocked."""
    customer = account.customer()
    return customer is not None and customer.credit_status == BLOCKED
