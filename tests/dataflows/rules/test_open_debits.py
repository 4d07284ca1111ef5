"""The packed index of an account's open debits."""

from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.account.open_debits import entries, first_due, pack

ITEMS = st.lists(
    st.tuples(st.sampled_from(["EUR", "USD"]), st.text("abé", max_size=3), st.integers(-3, 3)),
    unique_by=lambda item: item[1],
    max_size=8,
)


@given(ITEMS)
def test_the_first_one_is_the_first_of_all_in_order(items: list[tuple[str, str, int]]) -> None:
    packed = b""
    for currency, document, due_date in items:
        packed = pack(packed, currency, document, due_date, 0)
    for currency in ("EUR", "USD"):
        expected = [entry.document for entry in entries(packed) if entry.currency == currency]
        assert first_due(packed, currency) == (expected[0] if expected else None)


def test_of_one_day_the_first_number_and_of_no_item_none() -> None:
    packed = pack(pack(pack(b"", "EUR", "B", 7, 0), "EUR", "A", 7, 0), "USD", "0", 1, 0)
    assert [first_due(packed, currency) for currency in ("EUR", "USD", "GBP")] == ["A", "0", None]
