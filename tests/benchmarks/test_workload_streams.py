"""What is made of facts: topics of a log, other orders, the stream for measuring, the file of the sample's shape."""

import csv
import re
from collections import Counter, defaultdict, deque
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.workload import (
    Config,
    ar_history_shape,
    bench_stream,
    interleavings,
    publish,
    simulate,
    warm_up_facts,
)
from benchmarks.workload.history import COLUMNS
from connectors.log.base import partition_of
from connectors.log.sqlite import SqliteLog
from connectors.placing import producer_key
from schemas.codec import decode_fact, encode_fact
from schemas.records import (
    CreditNote,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
)
from schemas.topics import INPUT_TOPICS, TOPIC_OF_KIND

SMALL = Config(accounts=30, months=3, seed=5, difficulty=3)


def by_topic(facts: list[Fact]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for fact in facts:
        found[TOPIC_OF_KIND[fact.kind]].append(encode_fact(fact))
    return found


def test_published_facts_are_in_their_topics_and_partitions_in_order(tmp_path: Path) -> None:
    facts = list(simulate(SMALL))
    seen: list[int] = []
    log = SqliteLog(tmp_path)
    assert publish(facts, log, 3, seen.append) == len(facts)
    assert seen == [*range(2_000, len(facts), 2_000), len(facts)]
    assert sorted(log.topics()) == sorted(INPUT_TOPICS)
    wanted: dict[tuple[str, int], list[tuple[bytes, bytes]]] = defaultdict(list)
    for fact in facts:
        key = producer_key(fact)
        wanted[TOPIC_OF_KIND[fact.kind], partition_of(key, 3)].append((key, encode_fact(fact)))
    for topic in INPUT_TOPICS:
        ends = log.end_offsets(topic)
        reader = log.reader(topic, dict.fromkeys(range(3), 0))
        read: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
        while any(reader.position(partition) < ends[partition] for partition in range(3)):
            for record in reader.poll(5_000, 1.0):
                assert record.key is not None
                read[record.partition].append((record.key, record.value))
        reader.close()
        for partition in range(3):
            assert read[partition] == wanted[topic, partition]
    log.close()


def test_more_facts_than_a_writer_holds_are_published(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, sync=False)
    assert publish(bench_stream(200, 45_000, 1, 5), log, 1) == 46_200
    assert sum(log.end_offsets("invoices")) > 20_000
    assert sum(sum(log.end_offsets(topic)) for topic in INPUT_TOPICS) == 46_200
    log.close()


def test_interleavings_keep_the_order_of_each_topic_and_nothing_else() -> None:
    facts = list(simulate(SMALL))
    topics = by_topic(facts)
    orders = set()
    for seed in range(20):
        mixed = interleavings(facts, seed)
        assert by_topic(mixed) == topics
        orders.add(tuple(x.event_id for x in mixed))
        if seed == 3:
            assert [x.event_id for x in interleavings(facts, 3)] == [x.event_id for x in mixed]
    assert len(orders) == 20
    ends = Counter(TOPIC_OF_KIND[interleavings(facts, seed)[-1].kind] for seed in range(20))
    assert len(ends) >= 3


def test_the_bench_stream_has_its_backlog_and_its_mix() -> None:
    accounts, backlog, count = 300, 8, 40_000
    stream = bench_stream(accounts, count, 1, backlog)
    warm = list(islice(stream, warm_up_facts(accounts, backlog)))
    assert Counter(x.kind for x in warm) == {"customer": accounts, "invoice": accounts * backlog}
    measured = list(stream)
    assert len(measured) == count
    kinds = Counter(x.kind for x in measured)
    posted = sum(1 for x in measured if isinstance(x, Invoice) and x.stage == "posted")
    assert 0.43 < posted / count < 0.48
    assert 0.38 < kinds["receipt"] / count < 0.42
    goods = kinds["order"] + kinds["shipment"] + kinds["proof_of_delivery"] + kinds["invoice"] - posted
    assert 0.04 < goods / count < 0.06
    assert set(kinds) == set(TOPIC_OF_KIND) - {
        *("account_owner", "approval", "customer", "message", "operator_action", "service_case"),
        *("debit_note", "opening_item", "refund", "erp_posting", "fx_rate", "period_close", "payer_relation"),
        *("credit_limit", "price_agreement", "return"),
    }
    again = Counter(Counter(x.event_id for x in measured).values())
    assert 0.005 < again[2] / count < 0.015
    replay = bench_stream(accounts, count, 1, backlog)
    assert [encode_fact(x) for x in islice(replay, 20_000)] == [encode_fact(x) for x in (warm + measured)[:20_000]]
    assert {x.event_id for x in bench_stream(accounts, 100, 2, backlog)} != {x.event_id for x in warm}


def test_the_bench_streams_receipts_pay_open_documents_of_any_age() -> None:
    accounts, backlog = 100, 10
    amounts: dict[str, int] = {}
    opened: dict[str, list[str]] = defaultdict(list)
    advised: deque[RemittanceAdvice] = deque()
    paid: dict[str, list[str]] = {}
    ages: Counter[int] = Counter()
    last = ""
    just_posted = paid_two = 0
    seen: set[str] = set()
    for fact in bench_stream(accounts, 20_000, 3, backlog):
        if fact.event_id in seen:
            continue
        seen.add(fact.event_id)
        mine = opened[fact.account_id]
        if isinstance(fact, Invoice):
            assert fact.amount == sum(x.net + x.tax for x in fact.lines)
            amounts[fact.document] = fact.amount
            mine.append(fact.document)
            last = fact.document
        elif isinstance(fact, Receipt) and fact.lines:
            assert fact.amount == sum(x.amount or 0 for x in fact.lines)
            paid_two += len(fact.lines) == 2
            paid[fact.receipt_id] = [x.document for x in fact.lines]
            for line in fact.lines:
                assert line.amount == amounts[line.document]
                ages[mine.index(line.document)] += 1
                just_posted += line.document == last
                mine.remove(line.document)
        elif isinstance(fact, Receipt):
            advice = advised.popleft()
            assert (fact.amount, fact.bank_reference) == (advice.amount, advice.bank_reference)
        elif isinstance(fact, RemittanceAdvice):
            advised.append(fact)
            mine.remove(fact.lines[0].document)
        elif isinstance(fact, CreditNote):
            assert fact.amount == amounts[fact.invoice]
            mine.remove(fact.invoice)
        elif isinstance(fact, Dispute):
            assert fact.document in mine
            assert 0 < (fact.amount or 0) <= amounts[fact.document]
        elif isinstance(fact, ReceiptReturned):
            mine.extend(paid.pop(fact.receipt_id))
    open_now = sum(len(x) for x in opened.values()) / accounts
    assert backlog * 0.8 < open_now < backlog * 2.5
    assert len(ages) > backlog
    assert ages[0] < sum(ages.values()) / 2
    assert just_posted < sum(ages.values()) / 20
    assert paid_two > 100


def test_the_bench_streams_disputes_close_once_with_what_was_contested() -> None:
    amounts: dict[str, int] = {}
    for fact in bench_stream(50, 20_000, 4, 5):
        if isinstance(fact, Dispute):
            amounts[fact.dispute_id] = fact.amount or 0
        elif isinstance(fact, DisputeUpdate):
            assert fact.credited + fact.rejected + fact.written_off == amounts[fact.dispute_id] > 0


def test_a_bench_stream_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="accounts 0 and backlog 3 must be at least 1"):
        next(bench_stream(0, 10, 1, 3))


def test_the_history_has_the_samples_columns_forms_and_shape(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    ar_history_shape(path, 2466, 1)
    assert path.read_bytes().startswith(",".join(COLUMNS).encode() + b"\r\n")
    with path.open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 2466
    assert len({x["invoiceNumber"] for x in rows}) == 2466
    assert len({x["customerID"] for x in rows}) == 100
    assert len({(x["customerID"], x["countryCode"], x["PaperlessDate"]) for x in rows}) == 100
    assert {x["countryCode"] for x in rows} == {"391", "406", "770", "818", "897"}
    for row in rows:
        assert re.fullmatch(r"\d{4}-[A-Z]{5}", row["customerID"])
        assert re.fullmatch(r"\d{1,3}(\.\d{1,2})?", row["InvoiceAmount"])
        assert re.fullmatch(r"[1-9]\d?/[1-9]\d?/201\d", row["InvoiceDate"])
        issued, due, settled, paperless = (
            datetime.strptime(row[x], "%m/%d/%Y") for x in ("InvoiceDate", "DueDate", "SettledDate", "PaperlessDate")
        )
        assert (due - issued).days == 30
        assert (settled - issued).days == int(row["DaysToSettle"])
        assert max(0, (settled - due).days) == int(row["DaysLate"])
        assert row["PaperlessBill"] == ("Electronic" if paperless <= issued else "Paper")
    assert 0.15 < sum(x["Disputed"] == "Yes" for x in rows) / 2466 < 0.3
    assert 0.28 < sum(x["DaysLate"] != "0" for x in rows) / 2466 < 0.42
    assert 23 < sum(int(x["DaysToSettle"]) for x in rows) / 2466 < 30
    assert 55 < sum(float(x["InvoiceAmount"]) for x in rows) / 2466 < 66


def test_the_history_is_the_same_for_a_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        ar_history_shape(tmp_path / name, 200, seed)
    first, same, other = ((tmp_path / name).read_bytes() for name in ("a", "b", "c"))
    assert first == same != other


def test_decoded_bench_facts_are_what_was_said() -> None:
    for fact in bench_stream(20, 3_000, 6, 3):
        value = encode_fact(fact)
        assert encode_fact(decode_fact(value)) == value
