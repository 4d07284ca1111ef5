"""What unapplied and proposed cash and open credits pay of each item, before any of it is applied. Source: REFERENCE 3.2.

They count as paid, oldest item first, in their own currency. What is left of a currency when all its items are paid pays
those in others, at the rate of today. Money that waits for a rate pays what it names, whatever that is worth.
"""

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.differences.rates import find
from schemas.records import Balance, Item


def paid_of(account: Account, items: list[Item], ctx: Context) -> dict[str, int]:
    """Minor units of each item that count as paid, by document; in each currency up to the last one of `items`."""
    found: dict[str, int] = {}
    last = {item.currency: item for item in items}
    brought = _from_others(account, ctx)
    for currency in sorted(last):
        left = max(0, _there(account.balance(currency))) + brought.get(currency, 0)
        if not left:
            continue
        for item in account.debits_by_due(currency):
            found[item.document] = min(left, item.open)
            left -= found[item.document]
            if not left or item is last[currency]:
                break
    for receipt_id in account.row.rate_receipts:
        named = account.known_receipt(receipt_id).proposed
        for item in items:
            if item.document in named:
                found[item.document] = item.open
    return found


def _there(balance: Balance) -> int:
    return balance.unapplied + balance.on_account + balance.open_credit


def _from_others(account: Account, ctx: Context) -> dict[str, int]:
    """What the money of other currencies pays in each, where its own does not pay all; each unit once, by code of currency."""
    spare = {x.currency: _there(x) - x.open_debit for x in account.row.balances if _there(x) > x.open_debit}
    found: dict[str, int] = {}
    if not spare:
        return found
    age_days = account.provisions(ctx).exchange.rate_age_days
    for balance in account.row.balances:
        lacks = balance.open_debit - max(0, _there(balance))
        for currency in sorted(spare):
            rate = find(ctx.rates, currency, balance.currency, ctx.today, age_days) if lacks > 0 else None
            worth = 0 if rate is None else rate.convert(spare[currency])
            if worth > 0:
                taken = min(worth, lacks)
                spare[currency] -= spare[currency] * taken // worth
                lacks -= taken
                found[balance.currency] = found.get(balance.currency, 0) + taken
    return found
