"""Cash discounts with which money clears an item: what is looked for is what step 7 grants."""

from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.differences.discounts import PPM, allowed, beside, earned, reach
from schemas.records import DiscountTerm, Item

LAST_DAY = 100


@st.composite
def items(draw: st.DrawFn) -> Item:
    amount = draw(st.integers(1, 10**12))
    open_minor = draw(st.integers(1, amount))
    item = Item("INV-1", "invoice", "USD", amount, open_minor)
    item.discountable = draw(st.integers(0, amount))
    rate = draw(st.integers(0, 300_000))
    item.terms = [DiscountTerm(LAST_DAY, rate)]
    item.discounted = draw(st.integers(0, amount - open_minor))
    return item


@given(items(), st.integers(LAST_DAY - 5, LAST_DAY + 10), st.integers(0, 5))
def test_what_is_earned_is_granted_for_the_rest(item: Item, day: int, grace_days: int) -> None:
    amount = earned(item, day, grace_days)
    assert 0 <= amount < item.open
    discount = allowed(item, day, grace_days)
    if amount:
        assert day <= LAST_DAY + grace_days
        paid = item.open - amount
        # As differences.py grants it to the payment: all that is left then.
        assert min(amount, beside(item, paid, discount), discount - item.discounted) == amount
        assert item.open <= reach(paid, item.terms[0].rate_ppm)


def test_an_item_of_which_nothing_was_paid_earns_all_of_its_discount() -> None:
    item = Item("INV-1", "invoice", "USD", 100_000, 100_000)
    item.discountable = 100_000
    item.terms = [DiscountTerm(LAST_DAY, 30_000), DiscountTerm(LAST_DAY + 10, 20_000)]
    assert [earned(item, day, 0) for day in (LAST_DAY, LAST_DAY + 1, LAST_DAY + 11)] == [3_000, 2_000, 0]
    assert earned(Item("INV-2", "invoice", "USD", 100, 100), 0, 0) == 0
    assert reach(97_000, 0) == 97_000
    assert reach(0, PPM) == 1
