"""Facts that are larger, or more, than any business has: a shard goes on, and what it wrote it can read."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from connectors.log.base import account_key, partition_of
from dataflows.shards.logged import Logged
from schemas.codec import decode_decision, encode_fact
from schemas.records import (
    CreditLimit,
    Fact,
    FxRate,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Receipt,
    RemittanceAdvice,
    RemittanceLine,
    Shipment,
    ShipmentLine,
)
from schemas.wire import MAX_MESSAGE_BYTES
from tests.dataflows.shards.test_shard import ACCOUNT, DAY, DAY_MS, SHARDS, Bench, action, clock, invoice, receipt

PARKED = ("exception_raised", "shard.parked", ["ValueError: int too large to convert to i64"])
TIME = DAY * DAY_MS
OTHER = next(f"D{n}" for n in range(100) if partition_of(account_key("t", "e", f"D{n}"), SHARDS) == 0)


def head(event_id: str, account: str = ACCOUNT, entity: str = "e") -> tuple[str, int, str, str, str, str, str, int]:
    return event_id, TIME, "", "source", "t", entity, account, TIME


def billed(number: int, quantity_milli: int) -> Invoice:
    line = InvoiceLine(1, 1, "P", quantity_milli, 0, 100, 0, "S")
    return Invoice(
        *head(f"b{number}"), f"INV-{number}", "posted", DAY, DAY, DAY + 30, "USD", 100, 0, "O-1", "", "", [line]
    )


def shipped(lines: int) -> Shipment:
    return Shipment(*head("s"), "SH-1", "O-1", "c", DAY, [ShipmentLine(1, "P", 10**15) for _ in range(lines)])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "shard")
    made.take(clock(TIME, "replay"))
    yield made
    made.shard.close()


@pytest.mark.parametrize("facts", [[billed(1, (1 << 63) - 1), billed(2, (1 << 63) - 1)], [shipped(9_300)]])
def test_quantities_that_no_row_can_hold_park_their_account(bench: Bench, facts: list[Fact]) -> None:
    *before, last = facts
    for fact in before:
        bench.take(fact)
    assert [d.rule for d in bench.take(last)] == ["shard.parked"]
    bench.shard.commit()
    assert [d.kind for d in bench.take(invoice("x", "INV-9", account=OTHER))] == ["item_posted"]
    bench.shard.commit()


def limit() -> CreditLimit:
    return CreditLimit(*head("limit"), "L", "USD", 1_000_00, 0, 0, "", False)


def ordered(number: int, quantity_milli: int = 10**11, unit_price_micro: int = 9 * 10**13) -> Order:
    """An order of nine quintillion minor units but for a tenth."""
    lines = [OrderLine(1, "P", quantity_milli, unit_price_micro)]
    return Order(*head(f"o{number}"), f"O-{number}", DAY, "USD", "", False, lines)


def test_orders_that_no_sum_can_hold_park_their_account(bench: Bench) -> None:
    """What a rule concludes there, and no 64 bits hold, fails when it is written: in a decision, or in a row."""
    bench.take(limit())
    said = [bench.told(ordered(number)) for number in range(11)]
    assert [told[0][0] for told in said if told] == ["credit_hold_set", "exception_raised"]
    assert said[10] == [PARKED]
    # Nothing of it is kept: a decision has the number of the one before and one more, and others go on.
    assert [(d.kind, d.sequence) for d in bench.take(invoice("x", "INV-9", account=OTHER))] == [("item_posted", 3)]
    bench.shard.commit()
    assert bench.take(receipt("c", "R-1", 5, "INV-1")) == []
    assert bench.shard.row.parked_accounts == 1


def test_a_decision_that_cannot_be_written_leaves_no_part_of_its_group(bench: Bench) -> None:
    bench.take(limit())
    bench.take(invoice("i", "INV-1"))
    bench.shard.commit()
    assert bench.told(ordered(1, 10**15, 10**15)) == [PARKED]
    assert sorted(bench.shard.unconfirmed) == list(range(bench.shard.row.next_sequence))
    assert bench.shard.emitted == bench.shard.row.next_sequence


def test_what_waited_parks_the_account_again_at_the_fact_whose_rows_cannot_be_written(bench: Bench) -> None:
    bench.take(billed(1, (1 << 63) - 1))
    assert bench.told(billed(2, (1 << 63) - 1)) == [PARKED]
    for number in (3, 4):
        assert bench.take(invoice(f"w{number}", f"INV-{number}")) == []
    again = bench.take(action("e", "resume_account"))
    assert [(d.rule, d.cause_id) for d in again] == [("shard.parked", "e"), ("shard.parked", "b2")]
    bench.shard.commit()
    account = bench.shard.accounts.get(f"t/e/{ACCOUNT}")
    assert account is not None
    assert (account.row.parked_facts, account.row.open_items) == (3, 1)


def test_a_log_that_has_the_parking_is_adopted(tmp_path: Path) -> None:
    facts: list[Fact] = [clock(TIME, "replay"), limit(), *(ordered(number) for number in range(11))]
    said = Bench(tmp_path / "said")
    logged: list[list[bytes]] = []
    for fact in facts:
        said.shard.process(len(logged), encode_fact(fact), None)
        logged.append([raw for _, _, raw in said.shard.outbox])
        said.shard.outbox.clear()
    again = Bench(tmp_path / "again")
    for offset, fact in enumerate(facts):
        again.shard.process(offset, encode_fact(fact), Logged(logged[offset], True, 0))
    assert [raw for _, _, raw in again.shard.outbox] == [raw for raws in logged for raw in raws]
    assert again.shard.row.next_sequence == said.shard.row.next_sequence == 3
    assert again.shard.row.parked_accounts == 1
    said.shard.close()
    again.shard.close()


def test_a_wrong_rate_parks_the_account_that_it_makes_too_large(bench: Bench) -> None:
    bench.take(FxRate("rate", TIME, "", "bank", "", "", "", TIME, "EUR", "USD", 10**17, DAY))
    bench.take(limit())
    euros = Invoice(*head("i"), "INV-1", "posted", DAY, DAY, DAY + 30, "EUR", 2 * 10**11, 0, "", "", "", [])
    assert bench.told(euros) == [PARKED]
    assert [d.kind for d in bench.take(invoice("x", "INV-9", account=OTHER))] == ["item_posted"]


def test_lists_longer_than_a_message_may_have_are_read_again(bench: Bench) -> None:
    account = bench.shard.accounts.get(f"t/e/{ACCOUNT}")
    assert account is not None
    account.row.credits += [f"C-{number}" for number in range(20_001)]
    account.touch()
    bench.shard.accounts.changed(account)
    bench.shard.commit()
    for number in range(300):
        advice = RemittanceAdvice(*head(f"a{number}"), f"AD-{number}", "USD", 1, f"other-{number}", "", DAY, [])
        bench.take(advice)
    bench.shard.commit()
    account = bench.shard.accounts.get(f"t/e/{ACCOUNT}")
    assert account is not None
    assert len(account.row.credits) == 20_001
    assert len(account.row.advices) == 200


def test_a_receipt_of_thousands_of_lines_is_told_in_a_message_that_readers_take(bench: Bench) -> None:
    lines = [RemittanceLine(f"{number:05}" + "X" * 110, 1) for number in range(7_000)]
    fact = Receipt(*head("r"), "R-1", "B", "", "USD", 7_000, DAY, DAY, "", "", "", lines)
    bench.shard.process(bench.offset, encode_fact(fact), None)
    raws = [raw for _, _, raw in bench.shard.outbox]
    assert max(map(len, raws)) < MAX_MESSAGE_BYTES
    proposed = decode_decision(raws[-1])
    assert (proposed.kind, proposed.amount) == ("cash_proposed", 7_000)
    assert proposed.reasons[-1] == proposed.candidates[-1] == "more:6800"


def test_a_wake_that_ran_before_a_failure_runs_again_when_it_is_taken_back(tmp_path: Path) -> None:
    """The same decisions, whether a commit was between the wake and the failure or not."""
    told = []
    for commit in (True, False):
        bench = Bench(tmp_path / str(commit))
        bench.take(clock(TIME, "replay"))
        bench.take(invoice("a", "INV-1"))
        bench.take(invoice("h1", "H-1", 3 << 60, account=OTHER))
        bench.shard.commit()
        said = bench.take(clock(TIME + 26 * DAY_MS, "replay"))
        assert [d.kind for d in said] == ["reminder_due", "reminder_due"]
        if commit:
            bench.shard.commit()
        said += bench.take(invoice("h2", "H-2", 3 << 60, account=OTHER))
        assert said[-1].rule == "shard.parked"
        said += bench.take(clock(TIME + 33 * DAY_MS, "replay"))
        told.append([(d.sequence, d.kind, d.account_id, d.document, d.level, d.cause_id) for d in said])
        bench.shard.close()
    assert told[0] == told[1]


def test_accounts_of_one_name_in_two_companies_adopt_each_its_own(tmp_path: Path) -> None:
    """Both wake at the same millisecond: the causes of what they say then have one name."""
    by_time: dict[int, str] = {}
    for number in range(1_000_000):
        second = f"e{number}"
        key = account_key("t", second, "C1")
        if partition_of(key, SHARDS) == 0:
            first = by_time.setdefault(crc32(key) % (480 * 60_000), second)
            if first != second:
                break
    facts = [
        clock(TIME, "replay"),
        *(
            Invoice(*head(f"i{e}", "C1", e), f"INV-{e}", "posted", DAY, DAY, DAY + 30, "USD", 100_00, 0, "", "", "", [])
            for e in (first, second)
        ),
        clock(TIME + 26 * DAY_MS, "replay"),
    ]
    bench = Bench(tmp_path / "first")
    logged = []
    keys: list[bytes] = []
    for fact in facts:
        bench.shard.process(bench.offset, encode_fact(fact), None)
        bench.offset += 1
        logged.append([raw for _, _, raw in bench.shard.outbox])
        keys += [key for _, key, _ in bench.shard.outbox]
        bench.shard.outbox.clear()
    bench.shard.close()
    assert [len(raws) for raws in logged] == [0, 1, 1, 2]
    assert set(keys[-2:]) == {f"t/{first}/C1".encode(), f"t/{second}/C1".encode()}
    again = Bench(tmp_path / "again")
    for offset, (fact, raws) in enumerate(zip(facts, logged, strict=True)):
        again.shard.process(offset, encode_fact(fact), Logged(raws, True, 0))
    assert again.shard.row.next_sequence == 4
    again.shard.close()


def test_decisions_that_are_sent_again_have_the_key_of_their_account(tmp_path: Path) -> None:
    """Of a fact's two decisions the log has the first."""
    said = Bench(tmp_path / "said")
    said.take(clock(TIME, "replay"))
    said.shard.process(said.offset, encode_fact(receipt("r", "R-1", 100, "INV-1")), None)
    first, second = [raw for _, _, raw in said.shard.outbox]
    said.shard.close()
    again = Bench(tmp_path / "again")
    again.take(clock(TIME, "replay"))
    again.shard.emitted = 1
    again.shard.process(again.offset, encode_fact(receipt("r", "R-1", 100, "INV-1")), Logged([first], False, 0))
    assert again.shard.outbox == [(1, f"t/e/{ACCOUNT}".encode(), second)]
    again.shard.close()
