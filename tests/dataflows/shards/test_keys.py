"""Names from facts that did not pass intake's checks never make one key of two rows."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.log.base import partition_of
from dataflows.rules.account import account_rows, deadlines, open_debits, unapplied
from dataflows.rules.account.account_rows import DISPUTE, DRAFT, EXCEPTION, ITEMS, ORDER, RECEIPT
from dataflows.rules.delivery import delivery_rows
from dataflows.rules.release import price_agreements
from dataflows.shards import rates
from dataflows.shards.shard import Shard
from dataflows.shards.store import META, Store, event_key, parked_key, row_key, unconfirmed_key, wake_key
from schemas.codec import decode_decision, encode_fact
from schemas.records import Decision, Fact, OperatorAction, ShardRow
from tests.facts import invoice, operator_action, receipt

LETTERS = st.sampled_from("ab\0")
NAME = st.builds(
    lambda table, rest: table + rest,
    st.sampled_from((DISPUTE, DRAFT, EXCEPTION, ITEMS, ORDER, RECEIPT)),
    st.text(LETTERS),
)


@given(st.text("ab/"), NAME, st.text("ab/"), NAME)
def test_two_rows_have_two_keys(account: str, name: str, other: str, other_name: str) -> None:
    assert (row_key(account, name) == row_key(other, other_name)) == ((account, name) == (other, other_name))


def test_no_two_tables_share_a_letter() -> None:
    """What looks through a table, such as the wakes, takes all keys of its letter."""
    of_accounts = [
        value
        for module in (account_rows, deadlines, delivery_rows, open_debits, price_agreements, unapplied)
        for name, value in vars(module).items()
        if isinstance(value, str) and len(value) == 1 and value.isalpha() and name != "_BEHIND"
        # Not what it takes from there.
        if module is account_rows or not hasattr(account_rows, name)
    ]
    of_the_shard = [
        META,
        event_key("e"),
        wake_key(1, "a"),
        unconfirmed_key(1),
        parked_key("a", 1),
        rates._rate_key("EUR", "USD", 1),
        rates._waiting_key("a"),
    ]
    letters = of_accounts + [key[:1].decode() for key in of_the_shard]
    assert len(letters) == 32
    assert len(set(letters)) == len(letters)


class Bench:
    def __init__(self, directory: Path) -> None:
        self.shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), 1 << 20)
        self.offset = 0

    def take(self, fact: Fact) -> list[Decision]:
        self.shard.process(self.offset, encode_fact(fact), None)
        self.offset += 1
        said = [decode_decision(raw) for _, _, raw in self.shard.outbox]
        self.shard.outbox = []
        return said

    def told(self, fact: Fact) -> list[tuple[str, str, list[str]]]:
        return [(d.kind, d.rule, d.reasons) for d in self.take(fact)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("field", ["tenant", "entity", "account_id"])
def test_an_account_with_a_nul_is_rejected_and_its_event_id_is_free(bench: Bench, field: str) -> None:
    names = {"tenant": "t", "entity": "e", "account_id": "a"}
    right = invoice(event_id="e-1", **names)
    wrong = invoice(event_id="e-1", **names | {field: f"{names[field]}\0b"})
    rejected = [("fact_rejected", "shard.account", ["nul_in_tenant_entity_or_account"])]
    assert bench.told(wrong) == rejected
    assert bench.told(wrong) == rejected
    bench.shard.commit()
    assert bench.told(wrong) == rejected
    (said,) = bench.take(right)
    assert (said.kind, said.account_id, said.amount) == ("item_posted", "a", right.amount)


def test_a_nul_in_a_document_names_a_document_of_its_own(bench: Bench) -> None:
    """Its account ends at the first NUL of the key, so that the document may have any."""
    for number, (account, receipt_id) in enumerate([("a", "b"), ("a", "b\0c"), ("a", "\0b"), ("ab", "")]):
        fact = receipt(
            event_id=f"r-{number}", account_id=account, receipt_id=receipt_id, amount=100 + number, text="", lines=[]
        )
        bench.take(fact)
    bench.shard.commit()
    found = {}
    for account, receipt_id in [("a", "b"), ("a", "b\0c"), ("a", "\0b"), ("ab", "")]:
        kept = bench.shard.accounts.get(f"t1/us01/{account}")
        assert kept is not None
        found[account, receipt_id] = kept.known_receipt(receipt_id).amount
    assert found == {("a", "b"): 100, ("a", "b\0c"): 101, ("a", "\0b"): 102, ("ab", ""): 103}


def test_a_nul_in_a_currency_or_a_target_is_rejected(bench: Bench) -> None:
    assert bench.told(invoice(event_id="i", currency="US\0D")) == [("fact_rejected", "facts", ["nul_in_currency"])]
    bench.take(receipt(event_id="r", account_id="A", receipt_id="R-1", amount=100, text="", lines=[]))
    action = operator_action(
        event_id="o",
        account_id="A",
        action="identify_payer",
        receipt_id="R-1",
        document="",
        target_account="B\0",
        currency="USD",
        amount=0,
    )
    assert isinstance(action, OperatorAction)
    assert bench.told(action) == [("fact_rejected", "operator.identify_payer", ["nul_in_target_account"])]


def test_an_account_of_another_shard_is_still_told_so(tmp_path: Path) -> None:
    shard = Shard(0, 4, Store(tmp_path), ShardRow("facts", "decisions"), 1 << 20)
    elsewhere = next(f"C{n}" for n in range(99) if partition_of(f"t1/us01/C{n}".encode(), 4) != 0)
    shard.process(0, encode_fact(invoice(event_id="i", account_id=elsewhere)), None)
    (said,) = [decode_decision(raw) for _, _, raw in shard.outbox]
    assert (said.rule, said.reasons) == ("shard.misplaced", ["not_of_shard:0"])
    shard.close()
