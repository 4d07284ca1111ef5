"""The check of cash that names nothing (REFERENCE 3.5, steps 4 to 6): by counting anew, with other code, what it could be for."""

from fractions import Fraction
from typing import Final

from headrace.audit.accounts import CREDIT, Account, Item, Receipt
from headrace.audit.evidence import half_up, share
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
    one = len(receipt.lines) == 1 and receipt.lines[0][0] not in account.numbers
    if receipt.lines and (d.rule != BY_SUBSET or one or len(receipt.allocations) < 2):
        # Only what makes up the rest, where several that are named have been paid, is searched for.
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
    values = _values(account, receipt, d, terms)
    if d.rule == BY_AMOUNT:
        alike = [name for name, each in values.items() if receipt.unapplied in each]
        if alike != [d.document] or d.amount not in (receipt.unapplied, item.open):
            check.about(d, "not_one_item", f"{d.rule}: {d.amount} of {receipt.unapplied}, which is open of {alike}")
    elif d.amount not in values.get(d.document, ()):
        check.about(d, "amount", f"{d.rule}: {d.amount} of {item.open} on {d.document}")
    elif len(values) <= MOST_COUNTED and min((min(each) for each in values.values()), default=0) > 0:
        # Once a credit note is taken off, what is left of it is no choice of its own.
        number = _ways(list(values.values()), receipt.unapplied)
        if number != 1:
            check.about(d, "not_one_set", f"{d.rule}: {number} sets come to {receipt.unapplied}")


def _values(account: Account, receipt: Receipt, d: Decision, terms: Terms) -> dict[str, tuple[int, ...]]:
    """What each open item in the receipt's currency may count with: what is open, credits below zero; and less the cash
    discount that the money earns. Without what a person took the receipt off, and what it has paid already."""
    found: dict[str, tuple[int, ...]] = {}
    for x in account.open.values():
        gone = x.document in receipt.declined or (x.document in receipt.allocations and x.document != d.document)
        if x.currency != receipt.currency or gone:
            continue
        if x.kind == CREDIT:
            found[x.document] = (-x.open,)
        else:
            less = 0 if receipt.adjusted else _earned(x, d.value_date, terms)
            found[x.document] = (x.open, x.open - less) if less else (x.open,)
    return found


def _earned(item: Item, day: int, terms: Terms) -> int:
    """The cash discount with which money of that value date clears all that is open of the item."""
    grace = terms.differences["discount_grace_days"]
    of_tiers = [
        min(item.amount - 1, half_up(Fraction(item.discountable * rate, 10**6)))
        for last, rate in item.terms
        if day <= last + grace
    ]
    whole = max(of_tiers, default=0)
    amount = min(whole - item.discounted, share(item.open, item.amount, whole))
    paid = item.open - amount
    if amount <= 0 or paid <= 0:
        return 0
    return amount if share(paid, item.amount - whole, whole) >= amount else 0


def _ways(values: list[tuple[int, ...]], target: int) -> int:
    """How many sets of the values, at the most one of each item, come to the target."""
    ways = {0: 1}
    for each in values:
        for total, number in list(ways.items()):
            for value in each:
                ways[total + value] = ways.get(total + value, 0) + number
    return ways.get(target, 0)
