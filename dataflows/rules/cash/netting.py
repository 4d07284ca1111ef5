"""Open credit notes that the policy nets with what the account owes, the oldest first. Source: REFERENCE 3.5.

They wait for the policy's days, in which the payer may take them off a payment itself. Nothing is netted in a currency in
which money is unapplied: that may be less such a credit. What is disputed, and what a payer deducted, is left out.
"""

from collections.abc import Iterator
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of
from dataflows.rules.context import Context
from dataflows.rules.provisions.cash import NEVER, PAST_DUE
from schemas.records import Decision, Item

NET: Final = "cash.net"


def decide_due(account: Account, ctx: Context) -> list[Decision]:
    """The credit notes whose time has come, in the order in which they were posted."""
    decisions: list[Decision] = []
    # Of each currency, the items that are left; of the first one, how much.
    items: dict[str, Iterator[Item]] = {}
    rooms: dict[str, tuple[Item, int]] = {}
    for name in account.row.credits:
        credit = account.item(name)
        assert credit is not None, f"no open credit note {name}"
        if not _is_due(account, credit, ctx):
            continue
        left = credit.open
        rest = items.setdefault(credit.currency, _owed(account, credit.currency, ctx))
        while left:
            known = rooms.get(credit.currency)
            if known is None or not known[1]:
                item = next(rest, None)
                if item is None:
                    break
                known = (item, item.open - item.disputed)
            part = min(left, known[1])
            decisions.append(_netted(credit, known[0], part, ctx))
            rooms[credit.currency] = (known[0], known[1] - part)
            left -= part
    return decisions


def next_day(account: Account, ctx: Context) -> int:
    """The next day on which a credit note may be netted; 0 where there is none."""
    days: list[int] = []
    for name in account.row.credits:
        credit = account.item(name)
        assert credit is not None, f"no open credit note {name}"
        provisions = account.provisions(ctx, credit.currency)
        if provisions.cash.net_credits != NEVER:
            days.append(max(credit.posting_date + provisions.cash.net_credits_days, ctx.today + 1))
    return min(days, default=0)


def _is_due(account: Account, credit: Item, ctx: Context) -> bool:
    terms = account.provisions(ctx, credit.currency).cash
    if terms.net_credits == NEVER or credit.posting_date + terms.net_credits_days > ctx.today:
        return False
    if account.balance(credit.currency).unapplied:
        return False
    # What it corrects may come yet, and what it settles is of a certain invoice.
    if credit.corrects and all(account.known_item(x) is None for x in documents_of(account, [credit.corrects])):
        return False
    dispute = account.dispute(credit.settles) if credit.settles else None
    return dispute is None or dispute.status == "closed"


def _owed(account: Account, currency: str, ctx: Context) -> Iterator[Item]:
    """Items with something that is not disputed, oldest due first."""
    past_due = account.provisions(ctx, currency).cash.net_credits == PAST_DUE
    for item in account.debits_by_due(currency):
        if past_due and item.due_date >= ctx.today:
            return
        if item.kind != "deduction" and item.open > item.disputed:
            yield item


def _netted(credit: Item, item: Item, amount: int, ctx: Context) -> Decision:
    day = max(ctx.today, credit.posting_date, item.posting_date)
    return Decision(
        kind="credit_allocated",
        rule=NET,
        currency=credit.currency,
        amount=amount,
        document=item.document,
        counterparty=credit.document,
        posting_date=day,
        value_date=day,
    )
