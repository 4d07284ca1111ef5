"""Statements of account: opening + movements = closing, for each currency, in the order of the log. Source: C11."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DAY_MS
from schemas.records import Balance, Decision, OperatorAction

SCHEDULED: Final = "statements.scheduled"
REQUESTED: Final = "statements.requested"


def balance_of(balance: Balance) -> int:
    """What the account owes in that currency."""
    return balance.open_debit - balance.open_credit - balance.unapplied - balance.on_account


def cash_of(balance: Balance) -> int:
    """Money that ever came, from outside or other accounts, less what went."""
    return balance.received + balance.transferred_in - balance.returned - balance.transferred_out


def decide_due(account: Account, ctx: Context) -> list[Decision]:
    """The scheduled statements of today."""
    row = account.row
    if not row.next_statement or row.next_statement > ctx.today:
        return []
    if not account.provisions(ctx).statements.day_of_month:
        return []
    return [_statement(b, ctx.today, SCHEDULED) for b in row.balances if _says_anything(b)]


def requested(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """Statements that a person asked for, in one currency or in all."""
    day = max(ctx.today, ctx.event_time // DAY_MS)
    return [
        _statement(b, day, REQUESTED) for b in account.row.balances if not fact.currency or b.currency == fact.currency
    ]


def _says_anything(balance: Balance) -> bool:
    """Whether something is owed, or moved since the last one."""
    moved = balance.debits_raised - balance.stated_debits or balance.credits_raised - balance.stated_credits
    return bool(balance_of(balance) or balance.stated_balance or moved or cash_of(balance) - balance.stated_cash)


def _statement(balance: Balance, day: int, rule: str) -> Decision:
    closing = balance_of(balance)
    debits = balance.debits_raised - balance.stated_debits
    credits = balance.credits_raised - balance.stated_credits
    cash = cash_of(balance) - balance.stated_cash
    # Discounts, write-offs, refunds and all else that is neither a document nor a receipt.
    rest = closing - balance.stated_balance - debits + credits + cash
    return Decision(
        kind="statement",
        rule=rule,
        currency=balance.currency,
        amount=closing,
        item_amount=balance.stated_balance,
        reference_id=f"statement:{balance.currency}:{day}",
        posting_date=day,
        evidence=[
            f"since_day:{balance.stated_date}",
            f"opening:{balance.stated_balance}",
            f"debits:{debits}",
            f"credits:{-credits}",
            f"cash:{-cash}",
            f"other:{rest}",
            f"closing:{closing}",
        ],
    )
