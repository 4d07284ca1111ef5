"""An account with more unapplied receipts than its header lists: they are found by what names them, never by walking."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given

from connectors.intake.clockwork import day_end_message
from dataflows.rules.account.account import Account, load
from dataflows.rules.account.unapplied import MOST_LISTED, MOST_WAITING_LISTED
from dataflows.rules.cash.cash import MOST_EXPLAINED, explain
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DEFAULT_TEXT, parse
from dataflows.rules.promises.promises import judge_due
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_decision, encode_fact
from schemas.records import (
    AdviceRow,
    Decision,
    Fact,
    Invoice,
    Policy,
    Promise,
    Receipt,
    RemittanceAdvice,
    RemittanceLine,
    ShardRow,
    read_account_row,
)
from schemas.wire import Reader
from tests.books import Books
from tests.cases import cases
from tests.facts import DAY_MS
from tests.histories import ACCOUNT, DAYS, FIRST_DAY, History, histories
from tests.shard_runs import messages, run

# Money that names nothing waits here for what says what it is for.
QUIET = DEFAULT_TEXT.replace("by_amount = true", "by_amount = false").replace("by_subset = true", "by_subset = false")
QUIET = QUIET.replace("version = 0", "version = 1")
START = 20_000
KEY = "t/e/C1"
MANY = 300


def head(event_id: str, day: int = START) -> tuple[str, int, str, str, str, str, str, int]:
    return (event_id, day * DAY_MS, "", "test", "t", "e", "C1", day * DAY_MS)


def receipt(number: int, amount: int, reference: str = "", text: str = "", documents: tuple[str, ...] = ()) -> Receipt:
    lines = [RemittanceLine(document, None) for document in documents]
    return Receipt(*head(f"r{number}"), f"R-{number}", "B", reference, "USD", amount, START, START, "", "", text, lines)


def invoice(document: str, amount: int) -> Invoice:
    return Invoice(
        *head(f"i-{document}"), document, "posted", START, START, START + 30, "USD", amount, 0, "", "", "", []
    )


def advice(name: str, amount: int, document: str, receipt_id: str = "", reference: str = "") -> RemittanceAdvice:
    lines = [RemittanceLine(document, amount)]
    return RemittanceAdvice(*head(f"a-{name}"), f"AD-{name}", "USD", amount, receipt_id, reference, 0, lines)


def quiet() -> bytes:
    return encode_fact(
        Policy("policy-1", 0, "", "headrace", "", "", "", 0, 1, QUIET, sha256(QUIET.encode()).hexdigest())
    )


def history() -> Iterator[Fact]:
    """Receipts that say nothing, of as many amounts; ten of one bank reference; ten that wait for one invoice."""
    for number in range(MANY):
        yield receipt(number, 1_000 + number, f"REF-{number}")
    for number in range(MANY, MANY + 10):
        yield receipt(number, 7_700, "SAME")
    for number in range(MANY + 10, MANY + 20):
        yield receipt(number, 8_800, "", "", ("INV-9009",))
    for number in range(5):
        yield invoice(f"INV-{100 + number}", 1_100 + number)
    yield invoice("INV-200", 7_700)
    yield advice("id", 1_100, "INV-100", receipt_id="R-100")
    yield advice("reference", 1_101, "INV-101", reference="REF-101")
    yield advice("amount", 1_102, "INV-102")
    yield advice("nobody", 5_000, "INV-103")
    yield advice("same", 7_700, "INV-200", reference="SAME")
    yield advice("alike", 7_700, "INV-103")
    yield invoice("INV-9009", 8_800)


def taken(directory: Path, cache_bytes: int, commit_each: bool) -> tuple[list[bytes], Shard]:
    shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), cache_bytes)
    for offset, value in enumerate([day_end_message(START - 1), quiet(), *map(encode_fact, history())]):
        shard.process(offset, value, None)
        if commit_each:
            shard.commit()
    shard.commit()
    return [raw for _, _, raw in shard.outbox], shard


def test_each_advice_finds_its_receipt_among_hundreds(tmp_path: Path) -> None:
    said, shard = taken(tmp_path / "a", 64 << 20, False)
    again, other = taken(tmp_path / "b", 1, True)
    assert said == again
    decisions = [decode_decision(raw) for raw in said]
    Books().take_all(decisions).settle()
    applied = [(d.receipt_id, d.document, d.amount, d.rule) for d in decisions if d.kind == "cash_applied"]
    assert applied == [
        ("R-100", "INV-100", 1_100, "cash.2.advice"),
        ("R-101", "INV-101", 1_101, "cash.2.advice"),
        ("R-102", "INV-102", 1_102, "cash.2.advice"),
        # The first of those with that reference, and the first of those that wait for that invoice.
        ("R-300", "INV-200", 7_700, "cash.2.advice"),
        ("R-310", "INV-9009", 8_800, "cash.1.structured"),
    ]
    left = MANY + 20 - len(applied)
    for each in (shard, other):
        raw = each.store.fetch(KEY, "A") or b""
        header = read_account_row(Reader(raw))
        assert (header.cash_indexed, header.unapplied, header.waiting) == (True, [], [])
        assert len(raw) < 1_000
        valued = each.store.names(KEY, "Z", "[", 1_000)
        # Table, currency, day and place come before the number; all are valued on one day.
        assert [name[6 + 8 + 16 :] for name in valued] == [
            f"R-{n}" for n in range(MANY + 20) if n not in (100, 101, 102, 300, 310)
        ]
        # The nine that still wait name documents, and no advice is asked for them.
        assert len(each.store.names(KEY, "N", "O", 1_000)) == left - 9
        assert len(each.store.names(KEY, "B", "C", 1_000)) == left - 9
        assert [name[-5:] for name in each.store.names(KEY, "H", "I", 1_000)] == [f"R-{n}" for n in range(311, 320)]
        each.close()


@pytest.mark.parametrize("named", [("R-200", ""), ("", "REF-200"), ("", "")], ids=["number", "reference", "amount"])
def test_an_advice_reads_the_receipt_it_means_and_no_other(tmp_path: Path, named: tuple[str, str]) -> None:
    _, shard = taken(tmp_path, 64 << 20, False)
    account: Account = load(KEY, shard.store, shard.store.fetch(KEY, "A") or b"")
    row = AdviceRow("AD-new", "USD", 1_200, *named, 0, [RemittanceLine("INV-104", 1_104)])
    account.put_advice(row)
    account.row.advices.append(row.advice_id)
    before = len(account._loaded)
    ctx = Context(START * DAY_MS, "live", parse(QUIET), "remittance_advice", "a", 0, 0)
    said = [(d.kind, d.receipt_id, d.document, d.amount) for d in explain(account, row, ctx)]
    assert said == [("cash_applied", "R-200", "INV-104", 1_104), ("cash_proposed", "R-200", "", 96)]
    # The advices that wait, the receipt, the documents it may be for.
    assert len(account._loaded) - before < 20 + len(account.row.advices)
    shard.close()


def test_promises_read_receipts_valued_since_and_no_more_than_they_need(tmp_path: Path) -> None:
    """Three promises for the account of 2,500 each, made on the second day: of 300 receipts of 1,000 the second day has 200."""
    shard = Shard(0, 1, Store(tmp_path), ShardRow("facts", "decisions"), 64 << 20)
    facts: list[Fact] = [invoice("INV-1", 900_000)]
    for number in range(300):
        facts.append(
            Receipt(
                *head(f"r{number}"),
                f"R-{number:03}",
                "B",
                "",
                "USD",
                1_000,
                START,
                START + number // 100,
                "",
                "",
                "",
                [],
            )
        )
    for number in range(3):
        facts.append(
            Promise(*head(f"p{number}", START + 1), f"P-{number}", "USD", 2_500, START + 2 + number, [], False)
        )
    for offset, fact in enumerate(facts):
        shard.process(offset, encode_fact(fact), None)
    shard.commit()
    account: Account = load(KEY, shard.store, shard.store.fetch(KEY, "A") or b"")
    found = [x.receipt_id for x in account.unapplied_since("USD", START + 1, 250)]
    assert found == [f"R-{number}" for number in range(100, 300)]
    ctx = Context((START + 30) * DAY_MS, "live", shard.policy, "wake", "", 0, 0)
    judged = [(d.kind, d.reference_id, d.item_amount) for d in judge_due(account, ctx)]
    assert judged == [("promise_kept", f"P-{number}", 2_500) for number in range(3)]
    shard.close()


def test_of_more_receipts_of_one_amount_than_are_tried_none_is_certain(tmp_path: Path) -> None:
    """All but the last are spoken for by an advice of their own, which one look at a bounded number does not find out."""
    shard = Shard(0, 1, Store(tmp_path), ShardRow("facts", "decisions"), 64 << 20)
    facts: list[Fact] = [receipt(number, 500, "SAME" if number else "") for number in range(MOST_EXPLAINED + 2)]
    facts += [advice("same", 99, "INV-1", reference="SAME"), advice("amount", 500, "INV-1"), invoice("INV-1", 500)]
    for offset, value in enumerate([quiet(), *map(encode_fact, facts)]):
        shard.process(offset, value, None)
    decisions = [decode_decision(raw) for _, _, raw in shard.outbox]
    assert [d.receipt_id for d in decisions if d.kind == "cash_applied"] == []
    assert sum(d.amount for d in decisions if d.kind == "receipt_booked") == 500 * (MOST_EXPLAINED + 2)
    shard.close()


def test_references_that_are_waited_for_leave_the_header_too(tmp_path: Path) -> None:
    shard = Shard(0, 1, Store(tmp_path), ShardRow("facts", "decisions"), 64 << 20)
    documents = [tuple(f"INV-{receipt_number}{n:02}" for n in range(30)) for receipt_number in range(1, 6)]
    for offset, names in enumerate(documents):
        shard.process(offset, encode_fact(receipt(offset, 900, documents=names)), None)
    shard.commit()
    assert MOST_LISTED > 5
    assert MOST_WAITING_LISTED < 5 * 30
    header = read_account_row(Reader(shard.store.fetch(KEY, "A") or b""))
    assert (header.cash_indexed, header.unapplied, header.waiting) == (True, [], [])
    assert len(shard.store.names(KEY, "H", "I", 1_000)) == 5 * 30
    shard.close()


def crowded(history: History) -> History:
    """The same history on an account with many receipts in a currency of their own, which no rule has to do with it."""
    time = FIRST_DAY * DAY_MS
    others = tuple(
        Receipt(
            *(f"x-{n}", 1, "", "test", "t1", "us01", ACCOUNT, time),
            *(f"X-{n}", "B", "E1", "CHF", 40, FIRST_DAY, FIRST_DAY, "", "", "", []),
        )
        for n in range(MOST_LISTED + 1)
    )
    return History(history.currency, others + history.facts)


def told(decisions: list[Decision]) -> list[bytes]:
    """What is said of all but the crowd, less numbers that count the crowd too."""
    found = [d for d in decisions if d.currency != "CHF"]
    for d in found:
        d.sequence = d.fact_offset = 0
    return [encode_decision(d) for d in found]


few = cases(35)


@few
@given(histories(("receipt", "receipt", "advice", "advice", "returned", "operator", "promise", "credit_note")))
def test_the_rules_conclude_the_same_from_rows_as_from_the_header(history: History) -> None:
    alone = run(messages(history.facts, DAYS + 4))
    values = messages(crowded(history).facts, DAYS + 4)
    among_many = run(values)
    assert told(among_many.decisions) == told(alone.decisions)
    evicted = run(values, cache_bytes=1, commit_each=True)
    assert evicted.values == among_many.values
    assert evicted.rows == among_many.rows
