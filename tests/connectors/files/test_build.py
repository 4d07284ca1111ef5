"""The mapping language: each thing it can say, on a row, and the facts that come of it."""

import io
import json
from typing import Any

import pytest

from connectors.files.build import Builder, Refused, needed_columns
from connectors.files.mapping import Mapping, parse
from connectors.files.rows import Row, read_rows
from schemas.records import CreditNote, DisputeUpdate, Fact, Invoice, Promise, Receipt
from tests.facts import DAY, TODAY, instant

RECEIPT = """
name = "bank"
format = "FORMAT"

[common]
tenant = { constant = "t1" }
entity = { constant = "us01" }
account_id = { constant = "" }
event_time = { constant = "2026-03-10" }
bank_account = { constant = "bank-usd-1" }
posting_date = { constant = "2026-03-10" }
value_date = { constant = "2026-03-10" }
currency = CURRENCY

[[facts]]
kind = "receipt"
id = ["ref"]
[facts.fields]
receipt_id = { column = "ref" }
bank_reference = { constant = "" }
amount = AMOUNT
"""


def receipt_mapping(amount: str, currency: str = '{ constant = "USD" }', more: str = "", form: str = "csv") -> Mapping:
    text = RECEIPT.replace("AMOUNT", amount).replace("CURRENCY", currency).replace("FORMAT", form)
    return parse(text + more, "bank.toml")


def made(mapping: Mapping, *lines: str) -> list[list[Fact] | Refused]:
    """What each row of a file gives; the first line of a CSV file is its header."""
    content = "".join(line + "\n" for line in lines).encode()
    builder = Builder(mapping)
    found: list[list[Fact] | Refused] = []
    for row in read_rows(io.BytesIO(content), mapping, "bank", needed_columns(mapping)).rows:
        assert isinstance(row, Row), row
        found.append(builder.facts(row, TODAY))
    return found


def only(mapping: Mapping, *lines: str) -> Any:
    ((fact,),) = made(mapping, *lines)
    return fact


def refused(mapping: Mapping, *lines: str) -> Refused:
    (found,) = made(mapping, *lines)
    assert isinstance(found, Refused)
    return found


@pytest.mark.parametrize(
    ("amount", "cells", "minor"),
    [
        ('{ column = "a" }', "1234.50,", 123450),
        ('{ column = "a", thousands = "," }', '"1,234.50",', 123450),
        ('{ column = "a", decimal = ",", thousands = "." }', '"1.234,50",', 123450),
        ('{ column = "a", unit = "minor" }', "123450,", 123450),
        ('{ column = "a", sign = "invert" }', "-12.00,", 1200),
        ('{ column = "a", sign = "absolute" }', "-12.00,", 1200),
        ('{ column = "a", negative = ["parentheses"], sign = "invert" }', "(12.00),", 1200),
        ('{ column = "a", negative = ["trailing_minus"], sign = "invert" }', "12.00-,", 1200),
        ('{ debit = "a", credit = "b" }', "12.00,", 1200),
        ('{ debit = "b", credit = "a", sign = "invert" }', "12.00,0.00", 1200),
        ('{ column = "a", indicator = "b", negative_when = ["D"], sign = "invert" }', "12.00,D", 1200),
        ('{ column = "a", indicator = "b", negative_when = ["D"] }', "12.00,C", 1200),
        ('{ column = "a", default = "7.00" }', ",", 700),
        ('{ constant = "7.25" }', ",", 725),
    ],
)
def test_amounts(amount: str, cells: str, minor: int) -> None:
    fact = only(receipt_mapping(amount), "ref,a,b", f"R1,{cells}")
    assert isinstance(fact, Receipt)
    assert fact.amount == minor


@pytest.mark.parametrize(
    ("amount", "cells", "column", "detail"),
    [
        (
            '{ column = "a" }',
            "55.943,",
            "a",
            "'55.943' has 3 decimals; USD has 2. Correct the amount, or the decimal and ",
        ),
        ('{ column = "a" }', ",", "a", "is empty, and an amount is needed; say default = ..., or when = ["),
        ('{ column = "a" }', "-5.00,", "a", "receipt amount: -5.00 USD is not above zero"),
        ('{ column = "a" }', "twelve,", "a", "'twelve' is not a number with decimal separator '.'"),
        ('{ debit = "a", credit = "b" }', "1.00,2.00", "b", "has an amount as a has; a row is one or the other"),
        ('{ debit = "a", credit = "b" }', ",", "a", "is empty as b is; one of them needs an amount"),
        (
            '{ column = "a", indicator = "b", negative_when = ["D"] }',
            "-1.00,D",
            "a",
            "is below zero, and b says so too",
        ),
        ('{ column = "a", unit = "minor" }', "1.5,", "a", "'1.5' has 1 decimals; at most 0 can be kept"),
    ],
)
def test_amounts_that_are_refused(amount: str, cells: str, column: str, detail: str) -> None:
    found = refused(receipt_mapping(amount), "ref,a,b", f"R1,{cells}")
    assert found.column == column
    assert found.detail.startswith(detail)


def test_the_currency_of_each_row_says_its_decimals() -> None:
    mapping = receipt_mapping('{ column = "a" }', '{ column = "cur" }')
    rows = made(mapping, "ref,a,cur", "1,5,JPY", "2,1.234,KWD", "3,1.2,EUR")
    assert [(fact.amount, fact.currency) for row in rows for fact in row if isinstance(fact, Receipt)] == [
        (5, "JPY"),
        (1234, "KWD"),
        (120, "EUR"),
    ]
    assert refused(mapping, "ref,a,cur", "1,5.5,JPY").detail.startswith("'5.5' has 1 decimals; JPY has 0.")
    assert refused(mapping, "ref,a,cur", "1,5,XYZ") == Refused(
        "cur", "'XYZ' is not an ISO 4217 currency; correct it, or translate it with map = { ... }"
    )


def test_a_map_translates() -> None:
    mapping = receipt_mapping('{ column = "a" }', '{ column = "cur", map = { "US$" = "USD" } }')
    assert only(mapping, "ref,a,cur", "1,5,US$").currency == "USD"
    assert refused(mapping, "ref,a,cur", "1,5,EUR") == Refused("cur", "'EUR' is not in the mapping's map; it has 'US$'")


def test_event_ids_come_from_the_name_and_the_id_columns() -> None:
    mapping = receipt_mapping('{ column = "a" }')
    assert only(mapping, "ref,a", "R1,5").event_id == "bank:receipt:R1"
    two = (
        RECEIPT.replace("AMOUNT", '{ column = "a" }')
        .replace("CURRENCY", '{ constant = "USD" }')
        .replace("FORMAT", "csv")
    )
    two_columns = parse(two.replace('id = ["ref"]', 'id = ["ref", "b"]\nlabel = "main"'), "bank.toml")
    ids = [
        row[0].event_id
        for row in made(two_columns, "ref,a,b", "x|y,5,z", "x,5,y|z", "x\\,5,|")
        if isinstance(row, list)
    ]
    assert ids == ["bank:receipt:main:x\\|y|z", "bank:receipt:main:x|y\\|z", "bank:receipt:main:x\\\\|\\|"]
    assert len(only(mapping, "ref,a", f"{'x' * 128},5").event_id) == 128 + len("bank:receipt:")
    assert refused(mapping, "ref,a", " ,5").column == "ref"


def test_long_ids_are_hashed_and_stay_apart() -> None:
    text = (
        RECEIPT.replace("AMOUNT", '{ column = "a" }')
        .replace("CURRENCY", '{ constant = "USD" }')
        .replace("FORMAT", "csv")
    )
    mapping = parse(text.replace('id = ["ref"]', 'id = ["ref", "long"]'), "bank.toml")
    rows = made(mapping, "ref,a,long", f"R1,5,{'x' * 400}", f"R1,5,{'x' * 401}")
    ids = {row[0].event_id for row in rows if isinstance(row, list)}
    assert len(ids) == 2
    assert all(len(event_id) == len("bank:receipt:") + 32 for event_id in ids)


def test_one_column_with_several_references() -> None:
    mapping = receipt_mapping(
        '{ column = "a" }',
        more='lines = { column = "refs", split = "[;, ]+", fields = { document = { column = "1" } } }',
    )
    fact = only(mapping, "ref,a,refs", 'R1,5,"INV-1; INV-2,INV-3"')
    assert [(line.document, line.amount) for line in fact.lines] == [("INV-1", None), ("INV-2", None), ("INV-3", None)]
    assert only(mapping, "ref,a,refs", "R1,5,").lines == []


def test_references_with_amounts() -> None:
    more = 'lines = { column = "refs", split = ";", pair = "=", fields = { document = { column = "1" }, amount = { column = "2" } } }'
    mapping = receipt_mapping('{ column = "a" }', more=more)
    fact = only(mapping, "ref,a,refs", "R1,5,INV-1=3.00;INV-2=2")
    assert [(line.document, line.amount) for line in fact.lines] == [("INV-1", 300), ("INV-2", 200)]
    assert refused(mapping, "ref,a,refs", "R1,5,INV-1=3.001") == Refused(
        "refs",
        "part 2 of 'INV-1=3.001': '3.001' has 3 decimals; USD has 2. Correct the amount, or the decimal and thousands "
        "separators of the mapping",
    )
    assert refused(mapping, "ref,a,refs", "R1,5,INV-1").detail.startswith("part 2 of 'INV-1': is missing in this row")


def test_conditions() -> None:
    text = """
name = "erp"
format = "csv"
unmatched = "skip"
[defaults]
negative = ["parentheses"]
[common]
tenant = { constant = "t1" }
entity = { constant = "us01" }
account_id = { column = "acct" }
event_time = { column = "day" }
document_date = { column = "day" }
posting_date = { column = "day" }
currency = { constant = "EUR" }
document = { column = "doc" }
[[facts]]
kind = "invoice"
id = ["doc"]
when = [{ amount = { column = "amt" }, sign = "positive" }, { column = "type", not_equals = ["X", "Y"] }]
[facts.fields]
stage = { constant = "posted" }
due_date = { column = "day" }
amount = { column = "amt" }
[[facts]]
kind = "credit_note"
id = ["doc"]
when = [{ amount = { column = "amt" }, sign = "negative" }, { column = "doc", matches = "^C" }]
[facts.fields]
amount = { column = "amt", sign = "invert" }
[[facts]]
kind = "promise"
id = ["doc"]
when = [{ column = "promised", empty = false }]
[facts.fields]
promise_id = { column = "doc" }
amount = { column = "amt", sign = "absolute" }
promised_date = { column = "promised" }
documents = { column = "doc", split = "/" }
"""
    mapping = parse(text, "erp.toml")
    rows = made(
        mapping,
        "acct,day,doc,amt,type,promised",
        "A,2026-03-01,I1,5.00,,",
        "A,2026-03-01,I2,5.00,X,",
        "A,2026-03-01,C1,(5.00),,",
        "A,2026-03-01,D1,(5.00),,",
        "A,2026-03-01,I3/I4,5.00,,2026-03-20",
    )
    assert [[fact.kind for fact in row] for row in rows if isinstance(row, list)] == [
        ["invoice"],
        [],
        ["credit_note"],
        [],
        ["invoice", "promise"],
    ]
    (credit,) = rows[2]
    promise = rows[4][1]
    assert isinstance(credit, CreditNote)
    assert isinstance(promise, Promise)
    assert (credit.amount, credit.event_time) == (500, instant("2026-03-01"))
    assert (promise.documents, promise.promised_date) == (["I3", "I4"], DAY + 10)
    strict = parse(text.replace('unmatched = "skip"', ""), "erp.toml")
    assert refused(strict, "acct,day,doc,amt,type,promised", "A,2026-03-01,I2,5.00,X,") == Refused(
        "", 'no fact of the mapping takes this row; add one, or say unmatched = "skip"'
    )


def test_currency_of_a_kind_that_has_none_reads_its_amounts() -> None:
    text = """
name = "desk"
format = "csv"
[[facts]]
kind = "dispute_update"
id = ["case"]
[facts.fields]
tenant = { constant = "t1" }
entity = { constant = "us01" }
account_id = { column = "acct" }
event_time = { constant = "2026-03-10" }
currency = { constant = "KWD" }
dispute_id = { column = "case" }
status = { constant = "closed" }
credited = { column = "credited" }
"""
    fact = only(parse(text, "desk.toml"), "acct,case,credited", "A,7,1.500")
    assert isinstance(fact, DisputeUpdate)
    assert (fact.credited, fact.rejected, fact.source) == (1500, 0, "desk")


JSON_INVOICE = """
name = "erp-json"
format = "jsonl"
[[facts]]
kind = "invoice"
id = ["no"]
[facts.fields]
tenant = { constant = "t1" }
entity = { column = "company.code" }
account_id = { column = "bill_to" }
event_time = { column = "at", date = "epoch_ms" }
document = { column = "no" }
stage = { column = "draft", map = { "true" = "draft", "false" = "posted" } }
document_date = { column = "date" }
posting_date = { column = "date" }
due_date = { column = "due" }
currency = { column = "cur" }
amount = { column = "total", decimal = "," }
tax = { column = "tax", default = "0" }
po_reference = { column = "po", optional = true }
[facts.fields.lines]
each = "lines"
optional = true
fields.line = { column = "n" }
fields.order_line = { column = "n" }
fields.product = { column = "sku" }
fields.quantity_milli = { column = "qty" }
fields.unit_price_micro = { column = "price" }
fields.net = { column = "net" }
fields.tax = { constant = "0" }
"""


def test_json_lines_with_nested_values_and_lists() -> None:
    row = {
        "no": 4711,
        "company": {"code": "us01"},
        "bill_to": "A",
        "at": TODAY,
        "draft": False,
        "date": "2026-03-01",
        "due": "2026-03-31",
        "cur": "USD",
        "total": 10.5,
        "po": None,
        "lines": [{"n": 1, "sku": "P", "qty": 1.5, "price": 7.000001, "net": "10.50"}],
    }
    fact = only(parse(JSON_INVOICE, "erp.toml"), json.dumps(row))
    assert isinstance(fact, Invoice)
    assert (fact.document, fact.stage, fact.amount, fact.event_time) == ("4711", "posted", 1050, TODAY)
    (line,) = fact.lines
    assert (line.quantity_milli, line.unit_price_micro, line.net) == (1500, 7_000_001, 1050)
    del row["lines"]
    assert only(parse(JSON_INVOICE, "erp.toml"), json.dumps(row)).lines == []


@pytest.mark.parametrize(
    ("change", "column", "detail"),
    [
        ({"total": None}, "total", "is empty, and an amount is needed"),
        ({"total": "10.50"}, "total", "'10.50' is not a number with decimal separator ','"),
        ({"bill_to": ["A"]}, "bill_to", "is a list, not a single value"),
        (
            {"company": {}},
            "company.code",
            "is missing in this row; if that may be, say optional = true or default = ...",
        ),
        ({"lines": "none"}, "lines", "is not a list of JSON objects; if it may be missing, say optional = true"),
        ({"lines": [{"n": "x"}]}, "lines.1.n", "'x' is not a whole number"),
        ({"draft": "maybe"}, "draft", "'maybe' is not in the mapping's map; it has 'true', 'false'"),
    ],
)
def test_json_rows_that_are_refused(change: dict[str, object], column: str, detail: str) -> None:
    row: dict[str, object] = {
        "no": "1", "company": {"code": "us01"}, "bill_to": "A", "at": TODAY, "draft": False, "date": "2026-03-01",
        "due": "2026-03-31", "cur": "USD", "total": 10.5,
    }  # fmt: skip
    found = refused(parse(JSON_INVOICE, "erp.toml"), json.dumps(row | change))
    assert found.column == column
    assert found.detail.startswith(detail)


def test_customers_without_id_columns_are_known_by_their_contents() -> None:
    fields = "\n".join(
        f'{name} = {{ constant = {value} }}'
        for name, value in {
            "tenant": '"t1"', "entity": '"us01"', "event_time": '"2026-03-10"', "country": '""', "active": "true",
            "language": '"en"', "segment": '""', "tier": '""', "currency": '"USD"', "terms_days": "30",
            "billing_address": '""', "email": '""', "po_required": "false", "direct_debit": "false", "affiliate": "false",
        }.items()
    )  # fmt: skip
    text = f'name = "crm"\nformat = "csv"\n[[facts]]\nkind = "customer"\n[facts.fields]\n{fields}\n' + (
        'account_id = { column = "id" }\nname = { column = "name" }\nbank_accounts = { column = "ibans", split = " " }\n'
    )
    rows = made(parse(text, "crm.toml"), "id,name,ibans", "A,Ann,X Y", "A,Ann,X Y", "A,Anne,")
    first, second, third = (row[0] for row in rows if isinstance(row, list))
    assert first.event_id == second.event_id != third.event_id
    assert first.event_id.startswith("crm:customer:")


INVOICE = """
name = "erp"
format = "csv"

[common]
tenant = { constant = "t1" }
entity = { constant = "us01" }
account_id = { column = "Debitor" }
event_time = { constant = "2026-03-10" }
currency = { constant = "EUR" }

[[facts]]
kind = "invoice"
id = ["No"]
[facts.fields]
document = { column = "No" }
stage = { constant = "posted" }
document_date = { constant = "2026-03-10" }
posting_date = { constant = "2026-03-10" }
due_date = { constant = "2026-04-09" }
amount = { column = "Betrag" }
"""


def test_a_row_without_the_account_that_its_fact_must_name_is_refused() -> None:
    """Intake could place it nowhere, and would know neither file nor line any more."""
    first, second = made(parse(INVOICE, "erp.toml"), "No,Debitor,Betrag", "1,,9.00", "2,D-7,9.00")
    assert first == Refused("Debitor", "invoice account_id: is empty; the invoice must name the payer's account")
    assert not isinstance(second, Refused)
    assert [fact.account_id for fact in second] == ["D-7"]
    # Of a receipt nobody may know yet who paid it.
    assert only(receipt_mapping('{ column = "a" }'), "ref,a", "R1,5.00").account_id == ""
