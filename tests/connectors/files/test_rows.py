"""Reading rows: each with its line and bytes; a bad one is told and the rest goes on; memory does not grow."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.mapping import CsvOptions, Mapping, parse
from connectors.files.rows import ROW_MAX_BYTES, BadFile, BadRow, Row, read_rows
from tests.connectors.files.test_mapping import GOOD

CSV = parse(GOOD, "bank.toml")
JSONL = CSV.model_copy(update={"format": "jsonl"})


def with_csv(**options: object) -> Mapping:
    return CSV.model_copy(update={"csv": CsvOptions.model_validate(options)})


def rows(content: bytes, mapping: Mapping = CSV, needed: tuple[str, ...] = ("a",)) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), mapping, "in.csv", needed).rows)


def test_lines_and_bytes_are_kept() -> None:
    assert rows(b'a,b\r\n1,2\r\n\r\n"x\r\ny",4\r\n5,6\r\n') == [
        Row(2, b"1,2\r\n", {"a": "1", "b": "2"}),
        Row(4, b'"x\r\ny",4\r\n', {"a": "x\r\ny", "b": "4"}),
        Row(6, b"5,6\r\n", {"a": "5", "b": "6"}),
    ]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert rows(b"\xef\xbb\xbfa,b\n1,2\n") == [Row(2, b"1,2\n", {"a": "1", "b": "2"})]


def test_skipped_lines_delimiter_and_quote() -> None:
    mapping = with_csv(skip_lines=2, delimiter=";", quote="'")
    assert rows(b"Report\nof today\na;b\n'1;1';2\n", mapping) == [Row(4, b"'1;1';2\n", {"a": "1;1", "b": "2"})]


def test_a_file_without_a_header_row() -> None:
    assert rows(b"1,2\n", with_csv(header_row=False, header=["a", "b"])) == [Row(1, b"1,2\n", {"a": "1", "b": "2"})]


def test_another_encoding() -> None:
    mapping = CSV.model_copy(update={"encoding": "cp1252"})
    assert rows(b"a,b\n\x80,2\n", mapping)[0] == Row(2, b"\x80,2\n", {"a": "€", "b": "2"})


@pytest.mark.parametrize(
    ("content", "line", "column", "detail"),
    [
        (b"a,b\n1,2,3\n", 2, "", "has 3 values, the header has 2; quote values that hold a delimiter"),
        (b"a,b\n1,\xe9\n", 2, "b", "byte 0xe9 is not utf-8; if the file is in another encoding, name it in the mapping"),
        (b'a,b\n"1"x,2\n', 2, "", "not CSV: ',' expected after '\"'"),
        (b"a,b\n1\n", 2, "", "has 1 values, the header has 2"),
        (b"a,b\n1", 2, "", "the file is truncated: it ends within this row (has 1 values, the header has 2"),
        (b'a,b\n1,"2', 2, "", "a quote is opened and never closed; double the quotes within a value, or the file is truncated"),
        (b"a,b\n" + b"x" * (ROW_MAX_BYTES + 9) + b"\n", 2, "", "the line is over 1,048,576 bytes; rows end by LF or CR LF"),
    ],
)  # fmt: skip
def test_bad_rows(content: bytes, line: int, column: str, detail: str) -> None:
    (found,) = rows(content)
    assert isinstance(found, BadRow)
    assert (found.line, found.column) == (line, column)
    assert found.detail.startswith(detail)


def test_the_rows_after_a_bad_one_go_on() -> None:
    content = b'a,b\n1,2,3\n4,5\n"never closed,6\n7,8\n' + b"y" * (ROW_MAX_BYTES * 2) + b"\n9,10\n"
    assert [(row.line, isinstance(row, Row)) for row in rows(content)] == [
        (2, False),
        (3, True),
        (4, False),
        (5, True),
        (6, False),
        (7, True),
    ]


@pytest.mark.parametrize(("row", "count"), [(b"2,3\n", 1_100), (b"2," + b"x" * 10_000 + b"\n", 120)])
def test_a_quote_that_swallows_too_much_loses_its_own_line_only(row: bytes, count: int) -> None:
    found = rows(b'a,b\n"open,1\n' + row * count + b'"closed",1\n')
    assert isinstance(found[0], BadRow)
    assert found[0].raw == b'"open,1\n'
    assert [row.line for row in found] == list(range(2, count + 4))
    assert all(isinstance(row, Row) for row in found[1:])


def test_a_last_value_that_may_be_cut_is_refused() -> None:
    assert rows(b"a,b\n1,2", needed=("a",)) == [Row(2, b"1,2", {"a": "1", "b": "2"})]
    (found,) = rows(b"a,b\n1,2", needed=("a", "b"))
    assert isinstance(found, BadRow)
    assert found.column == "b"
    assert found.detail.startswith("the file ends without a line end, so its last value may be truncated")
    assert rows(b"a,b\n1,2", with_csv(final_newline=False), ("a", "b")) == [Row(2, b"1,2", {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("content", "mapping", "message"),
    [
        (b"", CSV, "in.csv:1: no header can be read: the file is empty"),
        (b"amount,b\n", CSV, "in.csv:1: column 'a' is missing; the header there has amount, b."),
        (b"A,b\n", with_csv(header=["a", "b"]), "in.csv:1: column 1 of the header is 'A', the mapping says 'a'; correct the file or [csv] header"),
        (b"a,b,c\n", with_csv(header=["a", "b"]), "in.csv:1: the header has 3 columns, the mapping says 2"),
        (b"a;b\n", CSV, "Correct the mapping: [csv] skip_lines if this line is not the header, delimiter if this is one long name"),
        (b"a,a\n", CSV, "in.csv:1: column 'a' is there 2 times; rename all but one"),
        (b"\xff\xfea\0,\0", CSV, "in.csv:1: the file is UTF-16; save it as UTF-8"),
        (b"a,\xe9\n", CSV, "in.csv:1: no header can be read: byte 0xe9 is not utf-8"),
        (b'"a,b\n', CSV, "in.csv:1: no header can be read: a quote is opened and never closed"),
    ],
)  # fmt: skip
def test_bad_files(content: bytes, mapping: Mapping, message: str) -> None:
    with pytest.raises(BadFile) as bad:
        rows(content, mapping)
    assert message in str(bad.value)


def test_a_column_that_was_renamed_is_guessed() -> None:
    with pytest.raises(BadFile, match="column 'InvoiceAmount' is missing; is it 'Invoice Amount' now\\?"):
        rows(b"Invoice Amount,b\n", needed=("InvoiceAmount",))


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b'{"a": 1\n', "not JSON: "),
        (b'{"a": 1', "the file is truncated: it ends within this row (not JSON: "),
        (b"[1]\n", "each line must be one JSON object: {...}"),
        (b'{"a": 1, "a": 2}\n', "not JSON that can be taken: 'a' is there twice"),
        (b'{"a": NaN}\n', "not JSON that can be taken: NaN is no number"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "not JSON that can be taken: "),
        (b'{"a": "\xe9"}\n', "byte 0xe9 is not utf-8"),
        (b'{"a": "' + b"x" * ROW_MAX_BYTES + b'"}\n', "the line is over 1,048,576 bytes; each line is one JSON object"),
    ],
    ids=range(8),
)
def test_bad_json_rows(content: bytes, detail: str) -> None:
    found = rows(content + (b'{"a": 2}\n' if content.endswith(b"\n") else b""), JSONL)
    assert isinstance(found[0], BadRow)
    assert found[0].line == 1
    assert found[0].detail.startswith(detail)
    assert [row.line for row in found[1:]] == ([2] if content.endswith(b"\n") else [])


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_what_csv_writes_is_read(table: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("a", "b"), *table])
    found = rows(out.getvalue().encode())
    assert [row.cells for row in found if isinstance(row, Row)] == [
        {"a": one.strip(), "b": two.strip()} for one, two in table
    ]
