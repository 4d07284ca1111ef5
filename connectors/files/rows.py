"""Rows of CSV and JSON-lines files, one at a time, each with its line and its bytes; memory does not grow with the file.

A row that cannot be read is a BadRow in the same stream and the rows after it go on; a file that is
not what the mapping says as a whole raises BadFile before its first row.
"""

import codecs
import csv
import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NamedTuple

from connectors.files.mapping import CsvOptions, Mapping

ROW_MAX_BYTES: Final = 1 << 20
# A quote that nobody closes costs so many lines read twice.
ROW_MAX_LINES: Final = 1_000
BOM: Final = b"\xef\xbb\xbf"
WIDE_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


class BadFile(ValueError):
    """The file as a whole cannot be taken. The message says file, line, what is wrong and what to do."""


class Number(str):
    """A number of a JSON file, as it is written there: its decimal separator is a point, whatever the mapping says."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `cells` are by column name for CSV, nested as they are for JSON. `line` counts from 1."""

    line: int
    raw: bytes
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read. `column` is its name, or empty where it is about the whole row."""

    line: int
    column: str
    raw: bytes
    detail: str


class RowFile(NamedTuple):
    """An open file: the names of its columns (none for JSON) and its rows."""

    header: tuple[str, ...]
    rows: Iterator[Row | BadRow]


def read_rows(stream: BinaryIO, mapping: Mapping, file: str, needed: Sequence[str]) -> RowFile:
    """The file's header and rows; `needed` are the columns that the mapping reads. Raises BadFile."""
    start = stream.read(3)
    if start[:2] in WIDE_BOMS:
        raise BadFile(f"{file}:1: the file is UTF-16; save it as UTF-8")
    stream.seek(len(BOM) if start == BOM else 0)
    lines = _Lines(stream)
    if mapping.format == "jsonl":
        return RowFile((), _json_rows(lines, mapping))
    for _ in range(mapping.csv.skip_lines):
        lines.next()
    names = _header(lines, mapping.csv, mapping.encoding, file, needed)
    return RowFile(tuple(names), _csv_rows(lines, mapping, names, names[-1] in needed))


def read_row(raw: bytes, mapping: Mapping, header: Sequence[str], line: int, needed: Sequence[str]) -> Row | BadRow:
    """One row whose bytes were kept."""
    if mapping.format == "jsonl":
        return _json_cells(raw, mapping.encoding, line)
    return _csv_row(raw, header, mapping, line, header[-1] in needed)


class _Lines:
    """Physical lines with their numbers; lines can be given back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._back: list[bytes] = []
        self.number = 0

    def next(self) -> bytes:
        """The next line with its line end, `number` is its; b"" at the end. Of a line over ROW_MAX_BYTES the rest is skipped."""
        line = self._back.pop() if self._back else self._read()
        if line:
            self.number += 1
        return line

    def _read(self) -> bytes:
        line = rest = self._stream.readline(ROW_MAX_BYTES + 1)
        while _too_long(line) and rest and not rest.endswith(b"\n"):
            rest = self._stream.readline(ROW_MAX_BYTES)
        return line

    def give_back(self, lines: list[bytes]) -> None:
        self._back.extend(reversed(lines))
        self.number -= len(lines)


def _too_long(line: bytes) -> bool:
    return len(line) > ROW_MAX_BYTES


def _decode(raw: bytes, encoding: str) -> str | tuple[int, str]:
    """The text, or (byte that is wrong, what is wrong)."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        other = "utf-8" if codecs.lookup(encoding).name == "cp1252" else "cp1252"
        return error.start, (
            f"byte {raw[error.start]:#04x} is not {encoding}; "
            f'if the file is in another encoding, name it in the mapping, such as encoding = "{other}"'
        )


def _csv_rows(lines: _Lines, mapping: Mapping, names: Sequence[str], last_used: bool) -> Iterator[Row | BadRow]:
    options, encoding = mapping.csv, mapping.encoding
    while True:
        line = lines.number + 1
        raw, fault = _record(lines, options.quote.encode(encoding), options.delimiter.encode(encoding))
        if not raw:
            return
        if not raw.strip(b"\r\n"):
            continue
        if fault:
            yield BadRow(line, "", raw, fault)
            continue
        yield _csv_row(raw, names, mapping, line, last_used)


def _csv_row(raw: bytes, names: Sequence[str], mapping: Mapping, line: int, last_used: bool) -> Row | BadRow:
    cells = _cells(raw, names, mapping.csv, mapping.encoding, line)
    if raw.endswith(b"\n"):
        return cells
    if isinstance(cells, BadRow):
        return BadRow(line, cells.column, raw, f"the file is truncated: it ends within this row ({cells.detail})")
    return BadRow(line, names[-1], raw, _NO_END) if mapping.csv.final_newline and last_used else cells


_NO_END: Final = (
    "the file ends without a line end, so its last value may be truncated; "
    "get the file again, or say final_newline = false under [csv] where it always ends so"
)


def _header(lines: _Lines, options: CsvOptions, encoding: str, file: str, needed: Sequence[str]) -> list[str]:
    """The names of the columns. Raises BadFile where they are not what the mapping needs."""
    names = options.header
    line = lines.number + 1
    if options.header_row:
        raw, fault = _record(lines, options.quote.encode(encoding), options.delimiter.encode(encoding))
        text = _decode(raw, encoding)
        if fault or not raw.strip() or not isinstance(text, str):
            what = fault or ("the file is empty" if not raw.strip() else text[1])
            raise BadFile(f"{file}:{line}: no header can be read: {what}")
        try:
            names = [name.strip() for name in next(csv.reader([text], **_dialect(options)))]
        except csv.Error as error:
            raise BadFile(f"{file}:{line}: no header can be read: {error}") from None
        if options.header and names != options.header:
            raise BadFile(f"{file}:{line}: {_difference(names, options.header)}")
    for name in needed:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"is it {near[0]!r} now? The" if near else "the"
            raise BadFile(
                f"{file}:{line}: column {name!r} is missing; {hint} header there has {', '.join(names)}. "
                "Correct the mapping: [csv] skip_lines if this line is not the header, delimiter if this is one long name"
            )
        if names.count(name) > 1:
            raise BadFile(f"{file}:{line}: column {name!r} is there {names.count(name)} times; rename all but one")
    return names


def _difference(names: list[str], wanted: list[str]) -> str:
    for number, (found, want) in enumerate(zip(names, wanted, strict=False), 1):
        if found != want:
            return f"column {number} of the header is {found!r}, the mapping says {want!r}; correct the file or [csv] header"
    return f"the header has {len(names)} columns, the mapping says {len(wanted)}; correct the file or [csv] header"


def _record(lines: _Lines, quote: bytes, delimiter: bytes) -> tuple[bytes, str]:
    """The bytes of the next record, over several lines where a quoted value has line ends, and what is wrong with it."""
    first = lines.next()
    if _too_long(first):
        return first, f"the line is over {ROW_MAX_BYTES:,} bytes; rows end by LF or CR LF"
    open_quote = _ends_in_quotes(first, quote, delimiter, False)
    if not open_quote:
        return first, ""
    parts = [first]
    size = len(first)
    while open_quote:
        line = lines.next()
        if not line or size + len(line) > ROW_MAX_BYTES or len(parts) >= ROW_MAX_LINES:
            # Only the row that opens the quote is lost: what it swallowed may be good rows.
            lines.give_back([*parts[1:], line] if line else parts[1:])
            return (
                first,
                "a quote is opened and never closed; double the quotes within a value, or the file is truncated",
            )
        parts.append(line)
        size += len(line)
        open_quote = _ends_in_quotes(line, quote, delimiter, True)
    return b"".join(parts), ""


def _ends_in_quotes(line: bytes, quote: bytes, delimiter: bytes, inside: bool) -> bool:
    """Whether a quoted value goes on after this line. A quote opens only at a value's start."""
    at = 0
    while True:
        if inside:
            at = line.find(quote, at)
            if at < 0:
                return True
            if line.startswith(quote, at + 1):
                at += 2
                continue
            inside = False
            at += 1
        if not inside:
            if at == 0 and line.startswith(quote):
                at, inside = 1, True
                continue
            at = line.find(delimiter + quote, at)
            if at < 0:
                return False
            at, inside = at + 2, True


def _dialect(options: CsvOptions) -> dict[str, Any]:
    return {"delimiter": options.delimiter, "quotechar": options.quote, "strict": True}


def _cells(raw: bytes, names: Sequence[str], options: CsvOptions, encoding: str, line: int) -> Row | BadRow:
    text = _decode(raw, encoding)
    if not isinstance(text, str):
        at, detail = text
        number = raw[:at].count(options.delimiter.encode(encoding))
        return BadRow(line, names[number] if number < len(names) else "", raw, detail)
    try:
        values = next(csv.reader([text], **_dialect(options)))
    except csv.Error as error:
        return BadRow(line, "", raw, f"not CSV: {error}")
    if len(values) != len(names):
        return BadRow(
            line, "", raw, f"has {len(values)} values, the header has {len(names)}; quote values that hold a delimiter"
        )
    return Row(line, raw, dict(zip(names, (value.strip() for value in values), strict=True)))


def _json_rows(lines: _Lines, mapping: Mapping) -> Iterator[Row | BadRow]:
    while True:
        raw = lines.next()
        if not raw:
            return
        if not raw.strip():
            continue
        if _too_long(raw):
            yield BadRow(
                lines.number, "", raw, f"the line is over {ROW_MAX_BYTES:,} bytes; each line is one JSON object"
            )
            continue
        found = _json_cells(raw, mapping.encoding, lines.number)
        if isinstance(found, BadRow) and not raw.endswith(b"\n"):
            found = BadRow(found.line, "", raw, f"the file is truncated: it ends within this row ({found.detail})")
        yield found


def _json_cells(raw: bytes, encoding: str, line: int) -> Row | BadRow:
    text = _decode(raw, encoding)
    if not isinstance(text, str):
        return BadRow(line, "", raw, text[1])
    try:
        cells = json.loads(
            text, parse_float=Number, parse_int=Number, parse_constant=_no_constant, object_pairs_hook=_no_twice
        )
    except json.JSONDecodeError as error:
        return BadRow(line, "", raw, f"not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        return BadRow(line, "", raw, f"not JSON that can be taken: {error}")
    if not isinstance(cells, dict):
        return BadRow(line, "", raw, "each line must be one JSON object: {...}")
    return Row(line, raw, cells)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return found
