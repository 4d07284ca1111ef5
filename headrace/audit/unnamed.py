"""The check of cash that names nothing (REFERENCE 3.5, steps 4 to 6): by counting anew, with other code, what it could be for."""

from typing import Final

from headrace.audit.accounts import CREDIT, Account, Item, Receipt
from headrace.audit.findings import Check
from headrace.audit.policy import Terms
from schemas.records import Decision

BY_AMOUNT: Final = "cash.4.amount"
BY_SUBSET: Final = "cash.5.subset"
BY_ORDER: Final = "cash.6."
# Sets are counted among so many open items at the most: 2^16 sums.
MOST_COUNTED: Final = 16


def is_unnamed(rule: str) -> bool:
    """Whether the rule is one of steps 4 to 6."""
    return rule in (BY_AMOUNT, BY_SUBSET) or rule.startswith(BY_ORDER)


def check_unnamed(check: Check, account: Account, d: Decision, receipt: Receipt, item: Item, terms: Terms) -> None:
    """A cash_applied of steps 4 to 6, before it is posted."""
    if receipt.lines:
        check.about(d, "it_names", f"{d.rule}: {d.receipt_id} names {[name for name, _ in receipt.lines]}")
    if d.document in receipt.declined:
        check.about(d, "declined", f"{d.rule}: a person took {d.receipt_id} off {d.document}")
    if d.rule.startswith(BY_ORDER):
        rule = d.rule.removeprefix(BY_ORDER)
        if not account.cash_order or rule not in terms.text["cash"]["order"]:
            check.about(d, "not_asked_for", f"{d.rule}: this payer did not ask for it")
        if rule == "exact_match" and (d.amount, d.amount) != (item.open, receipt.unapplied):
            check.about(d, "amount", f"{d.rule}: {d.amount} of {receipt.unapplied} on {item.open} of {d.document}")
        return
    values = _values(account, receipt)
    if d.rule == BY_AMOUNT:
        alike = [name for name, value in values.items() if value == receipt.unapplied]
        if alike != [d.document] or d.amount != receipt.unapplied:
            check.about(d, "not_one_item", f"{d.rule}: {d.amount} of {receipt.unapplied}, which is open of {alike}")
    elif d.amount != item.open:
        check.about(d, "amount", f"{d.rule}: {d.amount} of {item.open} on {d.document}")
    elif len(values) <= MOST_COUNTED and min(values.values(), default=0) > 0:
        # Once a credit note is taken off, what is left of it is no choice of its own.
        number = _ways(list(values.values()), receipt.unapplied)
        if number != 1:
            check.about(d, "not_one_set", f"{d.rule}: {number} sets come to {receipt.unapplied}")


def _values(account: Account, receipt: Receipt) -> dict[str, int]:
    """What is open in the receipt's currency, credits below zero, less what a person took the receipt off."""
    return {
        x.document: -x.open if x.kind == CREDIT else x.open
        for x in account.open.values()
        if x.currency == receipt.currency and x.document not in receipt.declined
    }


def _ways(values: list[int], target: int) -> int:
    """How many sets of the values come to the target."""
    ways = {0: 1}
    for value in values:
        for total, number in list(ways.items()):
            ways[total + value] = ways.get(total + value, 0) + number
    return ways.get(target, 0)
