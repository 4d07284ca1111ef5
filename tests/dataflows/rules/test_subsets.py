"""The search for what adds up, held against trying every set."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.cash.cash_search import sets_up_to
from dataflows.rules.cash.subsets import MOST_ANSWERS, MOST_ITEMS, search

AMOUNTS = st.integers(min_value=1, max_value=12)
# What an item may count with: what is open, that less a discount, or a credit.
VALUES = st.one_of(
    AMOUNTS.map(lambda x: [x]),
    AMOUNTS.map(lambda x: [x + 1, x]),
    st.integers(min_value=-6, max_value=-1).map(lambda x: [x]),
)


def every_way(values: list[list[int]], target: int) -> list[list[int]]:
    return [list(chosen) for chosen in product(*[[0, *each] for each in values]) if sum(chosen) == target]


@given(st.lists(VALUES, max_size=8), st.integers(min_value=1, max_value=40))
def test_the_search_finds_every_way_and_no_other(values: list[list[int]], target: int) -> None:
    found = search(values, target)
    right = every_way(values, target)
    assert found.finished
    assert len(found.chosen) == min(len(right), MOST_ANSWERS)
    assert all(chosen in right for chosen in found.chosen)
    assert len({tuple(chosen) for chosen in found.chosen}) == len(found.chosen)


def test_a_payment_of_all_is_certain_however_many_items_there_are() -> None:
    values = [[1_000 + number] for number in range(MOST_ITEMS)]
    found = search(values, sum(value for (value,) in values))
    assert (found.finished, found.chosen) == (True, [[value for (value,) in values]])


def test_a_payment_of_nearly_all_leaves_out_the_one_set_of_the_rest() -> None:
    values = [[100_000 + 7 * number] for number in range(500)] + [[3], [5], [11]]
    found = search(values, sum(value for (value,) in values) - 16)
    assert found.finished
    assert [[values[at][0] for at, value in enumerate(chosen) if not value] for chosen in found.chosen] == [[5, 11]]


def test_a_search_beyond_its_bound_says_so() -> None:
    even = [[1_000 + 2 * number] for number in range(29)]
    assert not search(even, 14_501).finished
    assert search(even[:28], 14_501).finished
    assert not search([[1]] * (MOST_ITEMS + 1), 5).finished


def test_sets_are_counted() -> None:
    assert [sets_up_to(5, size) for size in range(6)] == [1, 6, 16, 26, 31, 32]
    assert sets_up_to(1_000, 500) == 1 << 62
