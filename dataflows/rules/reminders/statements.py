"""Statements of account: opening + movements = closing, for each currency, in the order of the log. Source: C11.

One that is to be sent says by which channel and in which language, and lists what is open.
"""

from itertools import islice
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.delivery.delivery import Way
from dataflows.rules.policy.policy import DAY_MS
from schemas.records import Balance, Decision, Item, OperatorAction

SCHEDULED: Final = "statements.scheduled"
REQUESTED: Final = "statements.requested"
# Of debits, the oldest due first, and of credits as they came; what is open beyond these is told as a sum.
MOST_ITEMS: Final = 100


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
    return [_statement(account, b, ctx.today, SCHEDULED, ctx) for b in row.balances if _says_anything(b)]


def requested(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """Statements that a person asked for, in one currency or in all."""
    day = max(ctx.today, ctx.event_time // DAY_MS)
    return [
        _statement(account, b, day, REQUESTED, ctx)
        for b in account.row.balances
        if not fact.currency or b.currency == fact.currency
    ]


def _says_anything(balance: Balance) -> bool:
    """Whether something is owed, or moved since the last one."""
    moved = balance.debits_raised - balance.stated_debits or balance.credits_raised - balance.stated_credits
    return bool(balance_of(balance) or balance.stated_balance or moved or cash_of(balance) - balance.stated_cash)


def _statement(account: Account, balance: Balance, day: int, rule: str, ctx: Context) -> Decision:
    closing = balance_of(balance)
    debits = balance.debits_raised - balance.stated_debits
    credits = balance.credits_raised - balance.stated_credits
    cash = cash_of(balance) - balance.stated_cash
    # Discounts, write-offs, refunds and all else that is neither a document nor a receipt.
    rest = closing - balance.stated_balance - debits + credits + cash
    said = Decision(
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
    _address(account, said, ctx)
    return said


def _address(account: Account, said: Decision, ctx: Context) -> None:
    """Write into a statement how it is sent and what is open: nothing where it is for nobody."""
    channels = account.provisions(ctx).statements.channels
    if not channels or account.suspense:
        return
    customer = account.customer()
    if customer is not None and customer.contacts_blocked:
        said.reasons = ["contacts_blocked"]
        return
    way = Way(account, channels)
    said.channel = way.channels[0] if way.channels else channels[-1]
    said.language = way.language
    debits = list(islice(account.debits_by_due(said.currency), MOST_ITEMS))
    said.evidence += [_listed(item) for item in debits + _credits(account, said.currency)]


def _credits(account: Account, currency: str) -> list[Item]:
    found: list[Item] = []
    for name in account.row.credits:
        item = account.item(name)
        if item is not None and item.currency == currency:
            found.append(item)
            if len(found) == MOST_ITEMS:
                break
    return found


def _listed(item: Item) -> str:
    """open_item:DATED:DUE:AMOUNT:OPEN:DISPUTED:KIND:NUMBER"""
    figures = (item.document_date, item.due_date, item.amount, item.open, item.disputed)
    return f"open_item:{':'.join([str(figure) for figure in figures])}:{item.kind}:{item.document}"
