"""Placing: by the account that a fact names, by the suspense account of its bank account where it names none."""

from connectors.log.base import account_key, murmur2, partition_of
from connectors.placing import Placement, Rejected, place, producer_key
from schemas.records import Clock
from tests.facts import TODAY, advice, credit_limit, header, invoice, receipt, returned


def test_a_fact_goes_to_the_shard_of_its_account() -> None:
    for number in range(50):
        fact = invoice(account_id=f"A-{number}")
        key = f"t1/us01/A-{number}".encode()
        assert place(fact, 16) == Placement(partition_of(key, 16), key, f"A-{number}")
        assert producer_key(fact) == key


def test_a_receipt_without_an_account_goes_to_its_bank_accounts_suspense_account() -> None:
    bucket = murmur2(b"REF-1") % 16
    account = f"~suspense:bank-usd-1:{bucket:02}"
    key = account_key("t1", "us01", account)
    assert place(receipt(account_id=""), 64) == Placement(partition_of(key, 64), key, account)
    assert producer_key(receipt(account_id="")) == key


def test_a_return_is_placed_beside_its_receipt() -> None:
    assert place(returned(account_id=""), 64) == place(receipt(account_id=""), 64)


def test_without_a_bank_reference_the_receipt_id_decides() -> None:
    bucket = murmur2(b"R-1") % 16
    placement = place(receipt(account_id="", bank_reference=""), 16)
    assert isinstance(placement, Placement)
    assert placement.account_id == f"~suspense:bank-usd-1:{bucket:02}"


def test_buckets_spread() -> None:
    found = {place(receipt(account_id="", bank_reference=f"R{n}"), 16) for n in range(200)}
    assert len(found) == 16


def test_what_must_name_an_account_is_rejected_without() -> None:
    for fact in (invoice(account_id=""), advice(account_id="")):
        rejected = place(fact, 16)
        assert isinstance(rejected, Rejected)
        assert (rejected.reason, rejected.field) == ("no_account", "account_id")


def test_kinds_of_headraces_own_are_rejected() -> None:
    rejected = place(Clock(**header("c", ""), now=TODAY, mode="live", watermarks=[]), 16)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "kind_not_accepted"
    assert rejected.detail.startswith(
        "clock is headrace's own; producers send account_owner, approval, credit_limit, credit_note"
    )


def test_the_limit_of_a_group_goes_to_the_groups_own_account() -> None:
    placed = place(credit_limit(account_id="", group="north"), 16)
    assert isinstance(placed, Placement)
    assert (placed.account_id, placed.key) == ("~credit:north", b"t1/us01/~credit:north")
    assert isinstance(place(credit_limit(account_id=""), 16), Rejected)
