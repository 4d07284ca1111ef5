"""Files into the producers' topics of a real log: keys, dead letters, counts, the second time, bounded memory."""

import csv
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors.files
from connectors import dead_letters
from connectors.dead_letters import DeadLetter, FileOrigin
from connectors.files.build import Builder, needed_columns
from connectors.files.ingest import Counts, ensure_topics, ingest_file
from connectors.files.ledger import FileLedger, Ingested, file_digest
from connectors.files.mapping import load
from connectors.files.rows import BadFile, Row, read_rows
from connectors.log.base import Log, account_key, partition_of
from connectors.log.sqlite import SqliteLog
from schemas.codec import decode_fact
from schemas.records import Customer, Dispute, Fact, Invoice, Receipt
from schemas.topics import INPUT_TOPICS
from tests.facts import facts, instant, records

SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "ar_history.csv"
MAPPING = Path(connectors.files.__file__).parent / "mappings" / "ar_history.toml"
HEADER = (
    "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,"
    "PaperlessBill,DaysToSettle,DaysLate"
)
ROWS = [
    "391,0379-NEVHP,4/6/2013,611365,1/2/2013,2/1/2013,55.94,No,1/15/2013,Paper,13,0",
    "406,8976-AMJEO,3/3/2012,7900770,1/26/2013,2/25/2013,61.74,Yes,3/3/2013,Electronic,36,6",
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = SqliteLog(tmp_path / "log", sync=False)
    ensure_topics(opened, 4)
    yield opened
    opened.close()


def ingest(log: Log, path: Path, said: list[str] | None = None) -> Counts:
    report = (said if said is not None else []).append
    wall_ms = time.time_ns() // 1_000_000
    return ingest_file(log, load(MAPPING), MAPPING, path, wall_ms, report, lambda: False)


def write(path: Path, *rows: str) -> Path:
    path.write_text("".join(row + "\n" for row in (HEADER, *rows)))
    return path


def all_facts(log: Log) -> list[Fact]:
    return [fact for topic in INPUT_TOPICS for partition in facts(log, topic) for fact in partition]


def letters(log: Log) -> list[DeadLetter]:
    return [entry for _, entry in dead_letters.letters(log) if isinstance(entry, DeadLetter)]


def test_the_facts_of_a_row(log: Log, tmp_path: Path) -> None:
    counts = ingest(log, write(tmp_path / "ar.csv", ROWS[1]))
    assert (counts.rows, counts.refused, counts.skipped) == (1, 0, 0)
    customer, invoice, receipt, dispute = all_facts(log)
    assert isinstance(customer, Customer)
    assert (customer.event_id, customer.segment, customer.country, customer.event_time) == (
        "ar_history:customer:8976-AMJEO",
        "406",
        "",
        instant("2012-01-01"),
    )
    assert isinstance(invoice, Invoice)
    assert (invoice.document, invoice.stage, invoice.amount, invoice.currency) == ("7900770", "posted", 6174, "USD")
    assert invoice.event_time == instant("2013-01-26")
    assert (invoice.document_date, invoice.posting_date, invoice.due_date) == (15731, 15731, 15761)
    assert isinstance(dispute, Dispute)
    assert (dispute.event_time, dispute.document, dispute.amount) == (instant("2013-02-25T09:00"), "7900770", 6174)
    assert isinstance(receipt, Receipt)
    assert (receipt.event_time, receipt.amount) == (instant("2013-03-03T16:00"), 6174)
    assert [(line.document, line.amount) for line in receipt.lines] == [("7900770", 6174)]
    assert {fact.account_id for fact in all_facts(log)} == {"8976-AMJEO"}
    assert {(fact.tenant, fact.entity, fact.source) for fact in all_facts(log)} == {("sample", "ibm", "ar_history")}


def test_keys_and_partitions_are_the_accounts(log: Log, tmp_path: Path) -> None:
    rows = [ROWS[0].replace("0379-NEVHP", f"C-{n}").replace("611365", f"{n}") for n in range(40)]
    ingest(log, write(tmp_path / "ar.csv", *rows))
    for topic in ("customers", "invoices", "payments"):
        found = records(log, topic)
        assert [len(partition) > 0 for partition in found] == [True] * 4
        for partition, inside in enumerate(found):
            for record in inside:
                fact = decode_fact(record.value)
                assert record.key == account_key("sample", "ibm", fact.account_id)
                assert partition_of(record.key, 4) == partition


def test_bad_rows_become_dead_letters_and_the_rest_goes_on(log: Log, tmp_path: Path) -> None:
    bad = {
        "InvoiceAmount": (ROWS[0].replace("55.94", "55.943"), "'55.943' has 3 decimals; USD has 2."),
        "SettledDate": (ROWS[0].replace("1/15/2013", "13/15/2013"), "'13/15/2013' is not a date of the form %m/%d/%Y"),
        "InvoiceDate": (ROWS[0].replace("1/2/2013", "1/2/2099"), "invoice event_time: 2099-01-02 00:00:00 UTC is in the future"),
        "customerID": (ROWS[0].replace("0379-NEVHP", ""), "the id column is empty"),
    }  # fmt: skip
    negative = ROWS[0].replace("55.94", "-55.94")
    path = write(tmp_path / "ar.csv", *(row for row, _ in bad.values()), negative, "cut,off", ROWS[1])
    said: list[str] = []
    counts = ingest(log, path, said)
    assert (counts.rows, counts.refused, counts.facts.total()) == (7, 6, 4)
    found = letters(log)
    assert [letter.raw.decode() for letter in found] == [
        row + "\n" for row in (*(row for row, _ in bad.values()), negative, "cut,off")
    ]
    for line, (letter, (column, (_, detail))) in enumerate(zip(found, bad.items(), strict=False), 2):
        assert letter.origin == FileOrigin(str(path), line, column, str(MAPPING), tuple(HEADER.split(",")))
        assert str(letter.origin) == f"{path}:{line}:{column}"
        assert letter.reason == "bad_row"
        assert letter.detail.startswith(detail)
    assert said[0] == f"{path}:2: column 7 InvoiceAmount: {found[0].detail}"
    assert said[4].startswith(f"{path}:6: column 7 InvoiceAmount: invoice amount: -55.94 USD is not above zero")
    assert said[5] == f"{path}:7: has 2 values, the header has 12; quote values that hold a delimiter"


def test_only_the_first_refusals_are_told(log: Log, tmp_path: Path) -> None:
    said: list[str] = []
    counts = ingest(log, write(tmp_path / "ar.csv", *["bad"] * 50), said)
    assert (counts.refused, len(said), len(letters(log))) == (50, 20, 50)


def test_an_invoice_due_before_it_is_dated_is_taken_and_told(log: Log, tmp_path: Path) -> None:
    said: list[str] = []
    path = write(tmp_path / "ar.csv", ROWS[0], ROWS[1].replace("2/25/2013", "1/25/2013"))
    counts = ingest(log, path, said)
    assert (counts.rows, counts.refused, counts.due_early, counts.facts["invoice"]) == (2, 0, 1, 2)
    assert said == [
        f"{path}:3: taken, but invoice 7900770 is due on 2013-01-25, before its date, 2013-01-26: "
        "are its dates read as they are meant?"
    ]


def test_a_file_with_another_header_is_refused_whole(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "ar.csv"
    path.write_text(HEADER.replace("InvoiceAmount", "Amount") + "\n" + ROWS[0] + "\n")
    with pytest.raises(BadFile, match=r"ar\.csv:1: column 'InvoiceAmount' is missing"):
        ingest(log, path)
    assert all_facts(log) == []
    assert letters(log) == []


def test_the_same_rows_again_have_the_same_ids_and_contents(log: Log, tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", *ROWS)
    ingest(log, path)
    ingest(log, path)
    for topic in INPUT_TOPICS:
        for partition in records(log, topic):
            values = [record.value for record in partition]
            assert sorted(values) == sorted(value for value in set(values) for _ in range(2))


def test_the_ledger_knows_files_by_contents_and_mapping(tmp_path: Path) -> None:
    path = write(tmp_path / "ar.csv", *ROWS)
    seen = Ingested(str(path), 1_700_000_000_000, 2, 7, 0)
    with FileLedger(tmp_path / "installation") as ledger:
        ledger.save(file_digest(path), "ar_history", seen)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(path.read_bytes())
    with FileLedger(tmp_path / "installation") as ledger:
        assert ledger.find(file_digest(copy), "ar_history") == seen
        assert ledger.find(file_digest(copy), "other") is None
        copy.write_bytes(path.read_bytes() + b"x")
        assert ledger.find(file_digest(copy), "ar_history") is None


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Reading and building; what is sent is bounded by the writer."""
    mapping = load(MAPPING)
    builder = Builder(mapping)

    def peak(count: int) -> int:
        path = write(tmp_path / f"{count}.csv", *(ROWS[0].replace("611365", f"{n}") for n in range(count)))
        tracemalloc.start()
        with path.open("rb") as stream:
            for row in read_rows(stream, mapping, "ar.csv", needed_columns(mapping)).rows:
                assert isinstance(row, Row)
                assert len(builder.facts(row, instant("2026-01-01"))) == 3
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # 5,000 rows kept would be 7 MB and more; the collector's own rhythm lets some tenths of one stand.
    assert peak(5_000) < 1_500_000


def test_the_real_file(log: Log) -> None:
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE} is not there: the sample of REFERENCE section 5 is not tested here")
    counts = ingest(log, SAMPLE)
    assert (counts.rows, counts.refused) == (2466, 0)
    assert counts.facts == {"customer": 2466, "invoice": 2466, "dispute": 561, "receipt": 2466}
    found = all_facts(log)
    invoices = [fact for fact in found if isinstance(fact, Invoice)]
    assert sum(fact.amount for fact in invoices) == 14_770_318
    disputed = {fact.document: fact for fact in found if isinstance(fact, Dispute)}
    assert sum(fact.amount or 0 for fact in disputed.values()) == 3_674_612
    assert len({fact.event_id for fact in found if isinstance(fact, Customer)}) == 100
    with SAMPLE.open() as stream:
        assert {row["invoiceNumber"] for row in csv.DictReader(stream)} == {fact.document for fact in invoices}
    paid = {fact.receipt_id: fact.event_time for fact in found if isinstance(fact, Receipt)}
    assert sum(paid[number] < dispute.event_time for number, dispute in disputed.items()) == 160
