"""Reception: each way a record can be unfit has its reason; a fit one keeps its bytes but for what it lacked."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.intake.reception import Received, receive
from connectors.log.base import Record, account_key, partition_of
from connectors.placing import EVERY_SHARD, Rejected, producer_key
from schemas.codec import contents_digest, decode_fact, encode_fact
from schemas.records import FACT_IDS, Clock, Fact
from schemas.topics import EVERY_SHARD_KINDS, TOPIC_OF_KIND
from tests.facts import TODAY, header, instant, invoice, one_of_each, receipt

PARTITIONS = 4
SHARDS = 16


def record(fact: Fact) -> Record:
    key = producer_key(fact)
    return Record(partition_of(key, PARTITIONS), 7, key, encode_fact(fact))


def received(fact: Fact) -> Received | Rejected:
    return receive(TOPIC_OF_KIND.get(fact.kind, "payments"), PARTITIONS, record(fact), TODAY, SHARDS)


@pytest.mark.parametrize("fact", one_of_each(), ids=lambda fact: fact.kind)
def test_a_good_fact_of_every_kind_is_placed(fact: Fact) -> None:
    found = received(fact)
    assert isinstance(found, Received)
    key = account_key("t1", "us01", "A-1")
    everywhere = fact.kind in EVERY_SHARD_KINDS
    where = (EVERY_SHARD, b"", "") if everywhere else (partition_of(key, SHARDS), key, "A-1")
    assert (found.shard, found.key, found.account_id) == where
    message = found.message(TODAY + 5)
    stamped = decode_fact(message)
    assert stamped.recorded_time == TODAY + 5
    assert contents_digest(message) == contents_digest(encode_fact(fact))


def test_a_recorded_time_that_came_stays() -> None:
    fact = invoice(recorded_time=TODAY - 1)
    found = received(fact)
    assert isinstance(found, Received)
    assert found.message(TODAY) == encode_fact(fact)


def test_a_receipt_without_account_gets_its_suspense_account() -> None:
    fact = receipt(account_id="", recorded_time=TODAY - 1)
    found = received(fact)
    assert isinstance(found, Received)
    expected = receipt(account_id=found.account_id, recorded_time=TODAY - 1)
    assert found.account_id.startswith("~suspense:bank-usd-1:")
    assert found.message(TODAY) == encode_fact(expected)


def test_unknown_schema_id() -> None:
    value = b"\0\0\0\x03\xe7" + encode_fact(invoice())[5:]
    found = receive("invoices", PARTITIONS, Record(0, 0, None, value), TODAY, SHARDS)
    assert found == Rejected("unreadable", "", "schema id 999 is not one of ours")


def test_a_message_of_10_mb() -> None:
    value = encode_fact(invoice()) + b"\0" * 10_000_000
    found = receive("invoices", PARTITIONS, Record(0, 0, None, value), TODAY, SHARDS)
    assert isinstance(found, Rejected)
    assert found.detail == f"message of {len(value):,} bytes; at most 1,048,576 are read"


def test_bytes_cut_off_at_each_place() -> None:
    whole = encode_fact(invoice())
    for size in range(len(whole)):
        found = receive("invoices", PARTITIONS, Record(0, 0, None, whole[:size]), TODAY, SHARDS)
        assert isinstance(found, Rejected)
        assert found.reason == "unreadable"


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", *(b"\0" + number.to_bytes(4, "big") for number in FACT_IDS.values())]),
)
def test_random_bytes_are_rejected_never_raised(body: bytes, prefix: bytes) -> None:
    found = receive("invoices", PARTITIONS, Record(0, 0, None, prefix + body), TODAY, SHARDS)
    assert isinstance(found, Rejected)
    assert found.reason in {"unreadable", "kind_not_accepted", "wrong_topic", "invalid", "no_account"}


def test_flipped_bits_never_raise() -> None:
    dice = random.Random(7)
    whole = encode_fact(invoice())
    for _ in range(2_000):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        found = receive("invoices", PARTITIONS, Record(0, 0, None, bytes(damaged)), TODAY, SHARDS)
        assert isinstance(found, Rejected | Received)


def test_wrong_partition() -> None:
    good = record(invoice())
    wrong = good._replace(partition=(good.partition + 1) % PARTITIONS)
    found = receive("invoices", PARTITIONS, wrong, TODAY, SHARDS)
    assert isinstance(found, Rejected)
    assert found.reason == "wrong_partition"
    assert found.detail == (
        f"found in partition {wrong.partition}, its account's is {good.partition} (murmur2 of b't1/us01/A-1')"
    )


def test_wrong_key() -> None:
    found = receive("invoices", PARTITIONS, record(invoice())._replace(key=b"A-1"), TODAY, SHARDS)
    assert found == Rejected("wrong_key", "account_id", "sent with key b'A-1', its account's is b't1/us01/A-1'")


def test_a_fact_without_account_may_come_in_any_partition() -> None:
    value = encode_fact(receipt(account_id=""))
    for partition in range(PARTITIONS):
        assert isinstance(receive("payments", PARTITIONS, Record(partition, 0, None, value), TODAY, SHARDS), Received)


def test_wrong_topic() -> None:
    found = receive("payments", PARTITIONS, record(invoice()), TODAY, SHARDS)
    assert found == Rejected("wrong_topic", "", "invoice came in payments; it belongs in invoices")


def test_clocks_are_not_taken_from_outside() -> None:
    found = received(Clock(**header("c", ""), now=TODAY, mode="live", watermarks=[]))
    assert isinstance(found, Rejected)
    assert found.reason == "kind_not_accepted"


def test_event_time_in_2099_and_a_negative_amount_are_both_told() -> None:
    found = received(invoice(event_time=instant("2099-01-01"), amount=-5, tax=0, lines=[]))
    assert isinstance(found, Rejected)
    assert (found.reason, found.field) == ("invalid", "event_time")
    assert found.detail.startswith("event_time: 2099-01-01 00:00:00 UTC is in the future")
    assert found.detail.endswith("amount: -0.05 USD is not above zero and at most 1,000,000,000,000,000 minor units")
