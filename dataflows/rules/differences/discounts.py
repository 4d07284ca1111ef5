"""Cash discounts: what terms allow, what a payment earns of it. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.money.money import half_up
from schemas.records import DiscountTerm, Item

PPM: Final = 1_000_000


def whole(item: Item, term: DiscountTerm) -> int:
    """The discount of the term where all of the item is paid in time."""
    return min(item.amount - 1, half_up(item.discountable * term.rate_ppm, PPM))


def allowed(item: Item, value_date: int, grace_days: int) -> int:
    """The highest whole discount that money of that value date earns; 0 where it comes too late for all."""
    most = 0
    for term in item.terms:
        if value_date <= term.last_day + grace_days:
            most = max(most, whole(item, term))
    return most


def beside(item: Item, paid: int, discount: int) -> int:
    """What a part payment clears beside itself, `discount` being that of the whole: paid / (1 - rate) - paid."""
    return half_up(paid * discount, item.amount - discount)


def earned(item: Item, value_date: int, grace_days: int) -> int:
    """The discount with which money of that value date clears all that is open of the item; 0 where there is none."""
    if not item.terms or not item.open:
        return 0
    discount = allowed(item, value_date, grace_days)
    left = discount - item.discounted
    if left <= 0:
        return 0
    amount = min(left, half_up(item.open * discount, item.amount))
    paid = item.open - amount
    return amount if paid > 0 and amount <= beside(item, paid, discount) else 0


def reach(amount: int, rate_ppm: int) -> int:
    """The most that an item may be open with which that amount clears less a discount of that rate."""
    return amount if not rate_ppm else amount * PPM // (PPM - min(rate_ppm, PPM - 1)) + 1


def is_one(item: Item, paid: int, left: int) -> bool:
    """Whether what is left is just the discount of one of the terms, earned or not: of the part, or of the whole."""
    for term in item.terms:
        discount = whole(item, term)
        if left in (discount, beside(item, paid, discount)):
            return True
    return False
