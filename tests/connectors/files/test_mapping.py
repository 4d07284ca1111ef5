"""Mappings: what is wrong with one is found before a file is opened, with its place and what to do."""

from pathlib import Path

import pytest

from connectors.files.kinds import FieldType, fields_of, is_money_kind
from connectors.files.mapping import WrongMapping, load, parse
from schemas.topics import TOPIC_OF_KIND

GOOD = """
name = "bank"
format = "csv"

[common]
tenant = { constant = "t1" }
entity = { constant = "us01" }
currency = { constant = "USD" }

[[facts]]
kind = "receipt"
id = ["Ref"]
[facts.fields]
account_id = { constant = "" }
event_time = { column = "Date" }
receipt_id = { column = "Ref" }
bank_account = { constant = "bank-usd-1" }
bank_reference = { column = "Ref" }
amount = { column = "Amount" }
posting_date = { column = "Date" }
value_date = { column = "Date" }
"""


def test_the_good_one_is_taken() -> None:
    mapping = parse(GOOD, "bank.toml")
    assert [rule.kind for rule in mapping.facts] == ["receipt"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('id = ["Ref"]', "", "bank.toml: facts 1 (receipt): money needs id columns, or a row that comes twice would count twice: "
         'say id = ["..."] with the columns that name one receipt'),
        ('kind = "receipt"', 'kind = "clock"', "bank.toml: facts 1 (clock): there is no such kind; it may be account_owner, approval, credit_limit, credit_note"),
        ('format = "csv"', 'format = "xml"', "bank.toml: format: Input should be 'csv' or 'jsonl', not 'xml'"),
        ('format = "csv"', 'format = "csv"\ncolour = 1', "bank.toml: colour: there is no such setting, not 1"),
        ('name = "bank"', "", "bank.toml: name: must be said"),
        ('amount = { column = "Amount" }', 'amont = { column = "Amount" }', "bank.toml: facts 1 (receipt): amont: a receipt has no such field; it has "),
        ('amount = { column = "Amount" }', "", "bank.toml: facts 1 (receipt): amount is not said: amount = { column = ... } or amount = { constant = ... }"),
        ('amount = { column = "Amount" }', 'amount = { colum = "Amount" }', "bank.toml: facts 1.fields.amount.colum: there is no such setting; is it column?"),
        ('format = "csv"', 'format = "csv"\n[default]\ndecimal = ","', "bank.toml: default: there is no such setting; is it defaults?"),
        ('amount = { column = "Amount" }', "amount = {}", "bank.toml: facts 1 (receipt): amount: say exactly one of column, constant, debit"),
        ('amount = { column = "Amount" }', 'amount = { debit = "D" }', "facts 1 (receipt): amount: debit and credit go together"),
        ('amount = { column = "Amount" }', 'amount = { column = "A", indicator = "DC" }', "amount: indicator and negative_when go together"),
        ('amount = { column = "Amount" }', 'amount = { column = "A", decimal = ",", thousands = "," }', "amount: decimal and thousands are both ','; they must differ"),
        ('amount = { column = "Amount" }', 'amount = { column = "A", date = "%Y-%m-%d" }', "amount: date cannot be said of this field, of type amount"),
        ('currency = { constant = "USD" }', "", "facts 1 (receipt): currency is not said, and amounts need it to be read"),
        ('tenant = { constant = "t1" }', 'tenant = { constant = "t1" }\ncity = { column = "City" }', "common.city: no fact of this mapping has such a field"),
        ('value_date = { column = "Date" }', 'value_date = { column = "Date", date = "%m/%Y" }', "value_date.date: '%m/%Y' does not say year, month and day"),
        ('value_date = { column = "Date" }', 'value_date = { column = "Date", date = "%Q" }', "value_date.date: '%Q' is not a form that can be read"),
        ('value_date = { column = "Date" }', 'value_date = { column = "Date", timezone = "Mars/Base" }', "'Mars/Base' is not a time zone, such as UTC or America/New_York"),
        ('event_time = { column = "Date" }', 'event_time = { column = "Date", date = "%Y-%m-%d %H:%M", at = "12:00" }', "event_time: at is for dates without a time"),
        ('event_time = { column = "Date" }', 'event_time = { column = "Date", at = "25:00" }', "facts 1.fields.event_time.at: "),
        ('format = "csv"', 'format = "csv"\nencoding = "utf-16"', "encoding: 'utf-16' cannot be read; take utf-8 or a one-byte encoding such as cp1252"),
        ('format = "csv"', 'format = "csv"\ncsv = { header_row = false }', "csv: header_row = false needs header = [the names of the columns]"),
        ('id = ["Ref"]', 'id = ["Ref"]\nwhen = [{ column = "A", equals = "x", empty = true }]', "when 1: say exactly one of equals, not_equals, empty, matches, sign"),
        ('id = ["Ref"]', 'id = ["Ref"]\nwhen = [{ column = "A", sign = "negative" }]', "when 1: sign is a test of amount = { column = ... }"),
        ('id = ["Ref"]', 'id = ["Ref"]\nwhen = [{ column = "A", matches = "(" }]', "when 1.matches: '(' is not a regular expression"),
        ("[facts.fields]", '[facts.fields]\nlines = { column = "Refs" }', "lines: a column becomes records by split = PATTERN and fields = {...}"),
        ("[facts.fields]", '[facts.fields]\nlines = { column = "Refs", split = ";", fields = { number = { column = "1" } } }', "lines.number: there is no such field; it has document, amount"),
        ("[facts.fields]", '[facts.fields]\nlines = { column = "Refs", split = ";", fields = { amount = { column = "1" } } }', "lines.document is not said"),
        ("[facts.fields]", '[facts.fields]\nlines = { each = "lines", fields = { document = { column = "1" } } }', "lines: each = PATH is for lists in JSON"),
        ("[facts.fields]", '[facts.fields]\nlines = { column = "Refs", split = "x*", fields = { document = { column = "1" } } }', "'x*' matches the empty text"),
        ("[common]", "[common", "bank.toml: not TOML: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(before: str, after: str, message: str) -> None:
    assert before in GOOD
    with pytest.raises(WrongMapping) as wrong:
        parse(GOOD.replace(before, after), "bank.toml")
    assert message in str(wrong.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "bank"', "", "bank.toml: name: must be said"),
        ('event_time = { column = "Date" }', 'event_time = { column = "Date", date = "DD.MM.YYYY" }',
         "bank.toml: facts 1.fields.event_time.date: 'DD.MM.YYYY' does not say year, month and day; "
         "31.12.2026 is %d.%m.%Y, 2026-12-31 is %Y-%m-%d"),
    ],
)  # fmt: skip
def test_what_our_own_words_say_is_not_said_twice(before: str, after: str, message: str) -> None:
    with pytest.raises(WrongMapping) as wrong:
        parse(GOOD.replace(before, after), "bank.toml")
    assert str(wrong.value) == message


def test_all_findings_are_said() -> None:
    with pytest.raises(WrongMapping) as wrong:
        parse(GOOD.replace('id = ["Ref"]', "").replace('amount = { column = "Amount" }', ""), "bank.toml")
    assert len(str(wrong.value).splitlines()) == 2


def test_two_facts_of_a_kind_need_labels() -> None:
    second = GOOD[GOOD.index("[[facts]]") :]
    with pytest.raises(
        WrongMapping, match="facts 2 \\(receipt\\): facts 1 is a receipt too; give each a label of its own"
    ):
        parse(GOOD + second, "bank.toml")
    parse(GOOD + second.replace('kind = "receipt"', 'kind = "receipt"\nlabel = "fee"'), "bank.toml")


def test_a_file_that_is_not_there_or_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="cannot be read: No such file or directory; name a mapping file"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    with pytest.raises(WrongMapping, match="byte 11 is not UTF-8"):
        load(tmp_path / "latin.toml")


def test_every_field_of_every_kind_can_be_parsed() -> None:
    types = {(kind, field.name): field.type for kind in TOPIC_OF_KIND for field in fields_of(kind).values()}
    assert types["invoice", "due_date"] is FieldType.DAY
    assert types["invoice", "event_time"] is FieldType.TIME
    assert types["customer", "bank_accounts"] is FieldType.TEXTS
    assert types["customer", "terms_days"] is FieldType.INTEGER
    assert types["operator_action", "until"] is FieldType.TIME
    lines = {field.name: field.type for field in fields_of("invoice")["lines"].item}
    assert lines["net"] is FieldType.MONEY
    assert (lines["quantity_milli"], lines["unit_price_micro"]) == (FieldType.MILLI, FieldType.MICRO)


def test_which_kinds_are_money() -> None:
    assert {kind for kind in TOPIC_OF_KIND if not is_money_kind(kind)} == {
        "customer",
        "order",
        "payer_relation",
        "shipment",
        "proof_of_delivery",
        "return",
        "price_agreement",
        "account_owner",
        "message",
        "service_case",
        "fx_rate",
        "period_close",
    }
