"""The mapping language: a TOML document, what it may say, and what is wrong with one. docs/mapping.md explains it.

A mapping is checked whole before a file is opened; `load` raises WrongMapping with every finding.
"""

import codecs
import difflib
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from connectors.files.kinds import Field as FactField
from connectors.files.kinds import FieldType, fields_of, is_money_kind
from connectors.files.values import EPOCH_FORMATS
from schemas.topics import TOPIC_OF_KIND

Constant = str | bool | int | list[str]
Negative = Literal["minus", "trailing_minus", "parentheses"]


class WrongMapping(ValueError):
    """A mapping that cannot be used. The message has a line for each finding: file, place, what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _check_formats(formats: list[str]) -> list[str]:
    sample = datetime(2021, 12, 31, 23, 58, 59)
    for form in formats:
        if form in EPOCH_FORMATS:
            continue
        try:
            found = datetime.strptime(sample.strftime(form), form)
        except ValueError as error:
            raise ValueError(f"{form!r} is not a form that can be read: {error}") from None
        if found.date() != sample.date():
            raise ValueError(
                f"{form!r} does not say year, month and day; 31.12.2026 is %d.%m.%Y, 2026-12-31 is %Y-%m-%d"
            )
    return formats


def _check_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{zone!r} is not a time zone, such as UTC or America/New_York") from None
    return zone


class Value(_Part):
    """Where one field comes from, and how it is written there."""

    column: str | None = None
    constant: Constant | None = None
    default: str | bool | int | None = None
    optional: bool = False
    map: dict[str, str] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", ".", " ", "'"] | None = None
    negative: list[Negative] | None = None
    unit: Literal["major", "minor"] | None = None
    sign: Literal["keep", "invert", "absolute"] | None = None
    debit: str | None = None
    credit: str | None = None
    indicator: str | None = None
    negative_when: list[str] | None = None
    date: str | list[str] | None = None
    at: str | None = Field(default=None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    timezone: str | None = None
    true: list[str] | None = None
    false: list[str] | None = None
    split: str | None = None
    pair: str | None = None
    each: str | None = None
    rows: list[dict[str, "Value"]] | None = None
    fields: dict[str, "Value"] | None = None

    @field_validator("date")
    @classmethod
    def _date(cls, form: str | list[str] | None) -> str | list[str] | None:
        if form is not None:
            _check_formats([form] if isinstance(form, str) else form)
        return form

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, zone: str | None) -> str | None:
        return None if zone is None else _check_zone(zone)

    @field_validator("split", "pair")
    @classmethod
    def _pattern(cls, pattern: str | None) -> str | None:
        return None if pattern is None else _check_pattern(pattern)

    def columns(self) -> list[str]:
        """The columns of the row that it reads."""
        named = [self.column, self.debit, self.credit, self.indicator, self.each]
        inner = [c for row in self.rows or [] for value in row.values() for c in value.columns()]
        return [c for c in named if c is not None] + inner


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    if re.fullmatch(pattern, ""):
        raise ValueError(f"{pattern!r} matches the empty text")
    return pattern


class Condition(_Part):
    """One thing that must hold for a fact to be made of the row. `column` or `amount`, and one test of it."""

    column: str | None = None
    amount: Value | None = None
    equals: str | list[str] | None = None
    not_equals: str | list[str] | None = None
    empty: bool | None = None
    matches: str | None = None
    sign: Literal["positive", "negative", "zero"] | None = None

    @field_validator("matches")
    @classmethod
    def _matches(cls, pattern: str | None) -> str | None:
        return None if pattern is None else _check_pattern(pattern)

    def columns(self) -> list[str]:
        return ([] if self.column is None else [self.column]) + ([] if self.amount is None else self.amount.columns())


class FactRule(_Part):
    """One fact that a row may become."""

    kind: str
    label: str = Field(default="", pattern=r"^[a-z0-9_]*$")
    id: list[str] = []
    when: list[Condition] = []
    fields: dict[str, Value] = {}


class Defaults(_Part):
    """How values are written unless a field says otherwise."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    negative: list[Negative] = ["minus"]
    date: str | list[str] = "%Y-%m-%d"
    timezone: str = "UTC"
    true: list[str] = ["true", "True", "TRUE", "yes", "Yes", "YES", "Y", "1"]
    false: list[str] = ["false", "False", "FALSE", "no", "No", "NO", "N", "0"]

    @field_validator("date")
    @classmethod
    def _date(cls, form: str | list[str]) -> str | list[str]:
        _check_formats([form] if isinstance(form, str) else form)
        return form

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, zone: str) -> str:
        return _check_zone(zone)


class CsvOptions(_Part):
    """How a CSV file is laid out."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    header_row: bool = True
    header: list[str] = []
    skip_lines: int = Field(default=0, ge=0)
    final_newline: bool = True


class Mapping(_Part):
    """A whole mapping."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    format: Literal["csv", "jsonl"]
    encoding: str = "utf-8"
    unmatched: Literal["refuse", "skip"] = "refuse"
    csv: CsvOptions = CsvOptions()
    defaults: Defaults = Defaults()
    common: dict[str, Value] = {}
    facts: list[FactRule] = Field(min_length=1)

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, encoding: str) -> str:
        try:
            plain = "".join(map(chr, range(128)))
            fit = plain.encode(encoding) == plain.encode("ascii")
            return codecs.lookup(encoding).name if fit else _refuse_encoding(encoding)
        except (LookupError, UnicodeError):
            return _refuse_encoding(encoding)

    def fields(self, rule: FactRule) -> dict[str, Value]:
        """What the rule fills: the common fields that its kind has (`currency` always), and its own."""
        known = fields_of(rule.kind)
        shared = {name: value for name, value in self.common.items() if name in known or name == "currency"}
        return shared | rule.fields


def _refuse_encoding(encoding: str) -> str:
    raise ValueError(
        f"{encoding!r} cannot be read; take utf-8 or a one-byte encoding such as cp1252, or convert the file"
    )


def load(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises WrongMapping with every finding."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongMapping(f"{path}: cannot be read: {error.strerror}; name a mapping file") from None
    except UnicodeDecodeError as error:
        raise WrongMapping(f"{path}: byte {error.start} is not UTF-8; save the mapping as UTF-8") from None
    return parse(text, str(path))


def parse(text: str, origin: str) -> Mapping:
    """The mapping in a TOML text; `origin` names it in messages. Raises WrongMapping with every finding."""
    try:
        mapping = Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WrongMapping(f"{origin}: not TOML: {error}") from None
    except ValidationError as error:
        lines = [f"{origin}: {_place(e['loc'])}: {_plain(e)}" for e in error.errors()]
        raise WrongMapping("\n".join(dict.fromkeys(lines))) from None
    found = _findings(mapping)
    if found:
        raise WrongMapping("\n".join(f"{origin}: {finding}" for finding in found))
    return mapping


def _place(location: tuple[int | str, ...]) -> str:
    """facts, 1, fields becomes facts 2.fields: people count from 1."""
    out = ""
    for part in location:
        if isinstance(part, int):
            out += f" {part + 1}"
        elif part not in ("str", "bool", "int", "list[str]"):
            out += f".{part}" if out else part
    return out


def _plain(error: ErrorDetails) -> str:
    """What is wrong, in our words; with the value where these do not have it."""
    message = error["msg"]
    if error["type"] == "missing":
        return "must be said"
    if error["type"] == "value_error":
        return message.removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _settings_at(error["loc"]), 1)
        if near:
            return f"there is no such setting; is it {near[0]}?"
        message = "there is no such setting"
    return f"{message}, not {_short(error['input'])}"


def _settings_at(location: tuple[int | str, ...]) -> Iterable[str]:
    """What may be said where that is."""
    inner: type[_Part] = Value
    if location[0] == "facts":
        inner = FactRule if len(location) == 3 else Condition if "when" in location else Value
    elif location[0] == "defaults":
        inner = Defaults
    elif location[0] == "csv":
        inner = CsvOptions
    return (Mapping if len(location) == 1 else inner).model_fields


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _findings(mapping: Mapping) -> list[str]:
    """What the models alone cannot see."""
    found: list[str] = []
    styles = mapping.defaults
    if styles.decimal == styles.thousands:
        found.append(f"defaults: decimal and thousands are both {styles.decimal!r}; they must differ")
    if mapping.format == "csv" and not mapping.csv.header_row and not mapping.csv.header:
        found.append("csv: header_row = false needs header = [the names of the columns]")
    kinds = [rule.kind for rule in mapping.facts if rule.kind in TOPIC_OF_KIND]
    for name in mapping.common:
        if name != "currency" and not any(name in fields_of(kind) for kind in kinds):
            found.append(f"common.{name}: no fact of this mapping has such a field")
    named: dict[tuple[str, str], int] = {}
    for number, rule in enumerate(mapping.facts, 1):
        place = f"facts {number} ({rule.kind})"
        if rule.kind not in TOPIC_OF_KIND:
            found.append(f"{place}: there is no such kind; it may be {', '.join(sorted(TOPIC_OF_KIND))}")
            continue
        other = named.setdefault((rule.kind, rule.label), number)
        if other != number:
            found.append(
                f"{place}: facts {other} is a {rule.kind} too; give each a label of its own, it is part of their ids"
            )
        found += [f"{place}: {finding}" for finding in _rule_findings(mapping, rule)]
    return found


def _rule_findings(mapping: Mapping, rule: FactRule) -> list[str]:
    found = []
    if not rule.id and is_money_kind(rule.kind):
        found.append(
            "money needs id columns, or a row that comes twice would count twice: "
            'say id = ["..."] with the columns that name one ' + rule.kind
        )
    known = fields_of(rule.kind)
    fields = mapping.fields(rule)
    for name, value in fields.items():
        if name == "currency" and name not in known:
            found += _value_findings(mapping, "currency", value, FieldType.TEXT, ())
        elif name in known:
            found += _field_findings(mapping, name, value, known[name])
        else:
            found.append(f"{name}: a {rule.kind} has no such field; it has {', '.join(known)}")
    for name, field in known.items():
        if name not in fields and field.default is None and name != "source":
            say = '{ constant = "" }' if field.type is FieldType.TEXT else "{ constant = ... }"
            found.append(f"{name} is not said: {name} = {{ column = ... }} or {name} = {say}")
    if "currency" not in fields and any(f.type is FieldType.MONEY and f.name in fields for f in known.values()):
        found.append("currency is not said, and amounts need it to be read")
    for number, condition in enumerate(rule.when, 1):
        found += [f"when {number}: {finding}" for finding in _condition_findings(mapping, condition)]
    return found


_SOURCES: Final = ("column", "constant", "debit", "rows", "each")
_ANY: Final = frozenset({"column", "constant", "default", "optional", "map"})
_NUMBER: Final = _ANY | {"decimal", "thousands", "negative"}
_ALLOWED: Final[dict[FieldType, frozenset[str]]] = {
    FieldType.TEXT: _ANY,
    FieldType.TEXTS: frozenset({"column", "constant", "optional", "split"}),
    FieldType.DAY: _ANY | {"date", "timezone"},
    FieldType.TIME: _ANY | {"date", "timezone", "at"},
    FieldType.MONEY: _NUMBER | {"unit", "sign", "debit", "credit", "indicator", "negative_when"},
    FieldType.MILLI: _NUMBER,
    FieldType.MICRO: _NUMBER,
    FieldType.NANO: _NUMBER,
    FieldType.INTEGER: _ANY,
    FieldType.BOOLEAN: _ANY | {"true", "false"},
    FieldType.RECORDS: frozenset({"column", "split", "pair", "fields", "each", "rows", "optional"}),
}


def _field_findings(mapping: Mapping, name: str, value: Value, field: FactField) -> list[str]:
    return _value_findings(mapping, name, value, field.type, field.item)


def _value_findings(
    mapping: Mapping, name: str, value: Value, kind: FieldType, item: tuple[FactField, ...]
) -> list[str]:
    said = value.model_fields_set
    wrong = sorted(said - _ALLOWED[kind])
    if wrong:
        return [f"{name}: {', '.join(wrong)} cannot be said of this field, of type {kind.value}"]
    found = []
    sources = [source for source in _SOURCES if source in said]
    if len(sources) != 1:
        found.append(f"{name}: say exactly one of {', '.join(s for s in _SOURCES if s in _ALLOWED[kind])}")
    if ("debit" in said) != ("credit" in said):
        found.append(f"{name}: debit and credit go together")
    if ("indicator" in said) != ("negative_when" in said):
        found.append(f"{name}: indicator and negative_when go together")
    decimal = value.decimal or mapping.defaults.decimal
    thousands = mapping.defaults.thousands if value.thousands is None else value.thousands
    if decimal == thousands and ("decimal" in said or "thousands" in said):
        found.append(f"{name}: decimal and thousands are both {decimal!r}; they must differ")
    if value.at is not None and "%H" in str(value.date or mapping.defaults.date):
        found.append(f"{name}: at is for dates without a time; its date form has one")
    if kind is FieldType.TEXTS and isinstance(value.constant, str | bool | int):
        found.append(f'{name}: constant must be a list: ["{value.constant}"]')
    if kind is FieldType.RECORDS:
        found += _records_findings(mapping, name, value, item)
    return found


def _records_findings(mapping: Mapping, name: str, value: Value, item: tuple[FactField, ...]) -> list[str]:
    found = []
    if value.column is not None and (value.split is None or value.fields is None):
        found.append(f"{name}: a column becomes records by split = PATTERN and fields = {{...}}")
    if value.each is not None and (mapping.format != "jsonl" or value.fields is None):
        found.append(f"{name}: each = PATH is for lists in JSON, and needs fields = {{...}}")
    known = {field.name: field for field in item}
    for fields in [*(value.rows or []), *([value.fields] if value.fields is not None else [])]:
        for inner, said in fields.items():
            if inner not in known:
                found.append(f"{name}.{inner}: there is no such field; it has {', '.join(known)}")
            else:
                found += _value_findings(mapping, f"{name}.{inner}", said, known[inner].type, ())
        for inner, field in known.items():
            if inner not in fields and field.default is None and not field.nullable:
                found.append(f"{name}.{inner} is not said")
    return found


def _condition_findings(mapping: Mapping, condition: Condition) -> list[str]:
    tests = condition.model_fields_set - {"column", "amount"}
    if len(tests) != 1:
        return ["say exactly one of equals, not_equals, empty, matches, sign"]
    if tests == {"sign"}:
        if condition.amount is None or condition.column is not None:
            return ["sign is a test of amount = { column = ... }"]
        return _value_findings(mapping, "amount", condition.amount, FieldType.MONEY, ())
    if condition.column is None or condition.amount is not None:
        return [f"{tests.pop()} is a test of column = NAME"]
    return []
