"""A checked mapping becomes a function from a row to its facts.

Guarantee: the same row under the same mapping gives the same facts with the same event ids, so that a
row that is ingested twice has one effect. A row gives all of its facts or none.
"""

import re
from collections.abc import Callable
from collections.abc import Mapping as Cells
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from connectors.checks import EVENT_ID_MAX, findings
from connectors.currencies import MINOR_DIGITS
from connectors.files import values
from connectors.files.kinds import Field, FieldType, fact_class, fields_of, item_class
from connectors.files.mapping import Condition, Defaults, FactRule, Mapping, Value
from connectors.files.rows import Number, Row
from connectors.files.values import NumberStyle, Unfit
from connectors.placing import no_account
from schemas.codec import encode_fact
from schemas.records import Fact


class Refused(NamedTuple):
    """Why a row gives no fact. `column` is the column's name or path, or empty."""

    column: str
    detail: str


class BadCell(ValueError):
    """A cell that is not what its field needs."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column
        self.detail = detail


class Money(NamedTuple):
    """The currency that amounts of a fact are read in."""

    currency: str
    digits: int


Source = Cells[str, Any]
Getter = Callable[[Source, Money], Any]
Test = Callable[[Source], bool]
NO_MONEY: Final = Money("", 0)
# Amounts that are only compared with zero are read with the most decimals that any currency has.
SIGN_MONEY: Final = Money("any currency", 4)


def needed_columns(mapping: Mapping) -> list[str]:
    """The columns of a CSV file that the mapping reads, each once."""
    found: list[str] = []
    for rule in mapping.facts:
        for value in mapping.fields(rule).values():
            found += value.columns()
        for condition in rule.when:
            found += condition.columns()
        found += rule.id
    return list(dict.fromkeys(found))


class Builder:
    """Makes facts of rows by one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._rules = [_Rule(mapping, rule) for rule in mapping.facts]

    def facts(self, row: Row, wall_ms: int) -> list[Fact] | Refused:
        """The row's facts, in the order of the mapping; [] where the mapping skips rows that no rule takes."""
        made: list[Fact] = []
        try:
            for rule in self._rules:
                if not all(test(row.cells) for test in rule.tests):
                    continue
                fact = rule.fact(row)
                found = findings(fact, wall_ms)
                nowhere = no_account(fact)
                if nowhere is not None:
                    found.append(f"{nowhere.field}: {nowhere.detail}")
                if found:
                    column = rule.column_of(found[0].partition(":")[0])
                    return Refused(column, f"{fact.kind} {'; '.join(found)}")
                made.append(fact)
        except BadCell as error:
            return Refused(error.column, error.detail)
        if not made and self._mapping.unmatched == "refuse":
            return Refused("", 'no fact of the mapping takes this row; add one, or say unmatched = "skip"')
        return made


class _Rule:
    """One [[facts]] of the mapping, compiled."""

    def __init__(self, mapping: Mapping, rule: FactRule) -> None:
        said = mapping.fields(rule)
        known = fields_of(rule.kind)
        self._prefix = ":".join(part for part in (mapping.name, rule.kind, rule.label) if part)
        self._make = fact_class(rule.kind)
        self._id = rule.id
        self._said = said
        self.tests = [_test(condition, mapping.defaults) for condition in rule.when]
        self._currency = said.get("currency")
        self._currency_of = None
        if self._currency is not None:
            self._currency_of = _text(self._currency)
        self._getters = [
            (name, _getter(said[name], field, mapping.defaults)) for name, field in known.items() if name in said
        ]
        self._fixed = {name: field.default for name, field in known.items() if name not in said}
        if "source" in self._fixed:
            self._fixed["source"] = mapping.name

    def column_of(self, field: str) -> str:
        """The column that a field is read from, or empty."""
        value = self._said.get(field.partition(".")[0])
        columns = value.columns() if value is not None else []
        return columns[0] if columns else ""

    def fact(self, row: Row) -> Fact:
        """Raises BadCell."""
        money = self._money(row.cells)
        filled = {name: get(row.cells, money) for name, get in self._getters}
        for name, default in self._fixed.items():
            filled[name] = list(default) if isinstance(default, list) else default
        if self._id:
            return self._make(event_id=self._event_id(row.cells), **filled)
        # Without id columns the same contents are the same event.
        contents = encode_fact(self._make(event_id="", **filled))
        return self._make(event_id=f"{self._prefix}:{_digest(contents)}", **filled)

    def _money(self, cells: Source) -> Money:
        if self._currency_of is None or self._currency is None:
            return NO_MONEY
        currency = self._currency_of(cells, NO_MONEY)
        digits = MINOR_DIGITS.get(currency)
        if digits is None:
            raise BadCell(
                self._currency.column or "",
                f"{currency!r} is not an ISO 4217 currency; correct it, or translate it with map = {{ ... }}",
            )
        return Money(currency, digits)

    def _event_id(self, cells: Source) -> str:
        parts = []
        for column in self._id:
            part = _cell(cells, column)
            if not part:
                raise BadCell(column, "the id column is empty: without it a row that comes twice would count twice")
            # Escaped, so that ("a|b", "c") and ("a", "b|c") are two ids.
            parts.append(part.replace("\\", "\\\\").replace("|", "\\|"))
        joined = "|".join(parts)
        event_id = f"{self._prefix}:{joined}"
        return event_id if len(event_id) <= EVENT_ID_MAX else f"{self._prefix}:{_digest(joined.encode())}"


def _digest(contents: bytes) -> str:
    return blake2b(contents, digest_size=16).hexdigest()


def _cell(cells: Source, column: str, optional: bool = False) -> str:
    """The text of a cell. Raises BadCell where there is none, or a list or an object."""
    found: Any = cells.get(column, _MISSING)
    if found is _MISSING and "." in column:
        found = cells
        for part in column.split("."):
            found = found.get(part, _MISSING) if isinstance(found, dict) else _MISSING
    if found is _MISSING:
        if optional:
            return ""
        raise BadCell(column, "is missing in this row; if that may be, say optional = true or default = ...")
    if found is None:
        return ""
    if isinstance(found, Number):
        return found
    if isinstance(found, str):
        return found.strip()
    if isinstance(found, bool):
        return "true" if found else "false"
    raise BadCell(column, f"is a {'list' if isinstance(found, list) else 'JSON object'}, not a single value")


_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads the text of a value: its column, default and map; a constant is the same for every row."""

    value: Value

    def __call__(self, cells: Source) -> str:
        value = self.value
        if value.constant is not None:
            return _plain(value.constant)
        assert value.column is not None
        text = _cell(cells, value.column, value.optional or value.default is not None)
        if not text and value.default is not None:
            return _plain(value.default)
        if value.map is None or (not text and value.optional):
            return text
        if text not in value.map:
            raise BadCell(
                value.column, f"{text!r} is not in the mapping's map; it has {', '.join(map(repr, value.map))}"
            )
        return value.map[text]


def _plain(constant: object) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant)


def _text(value: Value) -> Getter:
    read = _Read(value)
    return lambda cells, money: str(read(cells))


def _style(value: Value, defaults: Defaults) -> NumberStyle:
    return NumberStyle(
        value.decimal or defaults.decimal,
        defaults.thousands if value.thousands is None else value.thousands,
        tuple(value.negative or defaults.negative),
    )


def _getter(value: Value, field: Field, defaults: Defaults) -> Getter:
    """How the field is read from a row."""
    if field.type is FieldType.RECORDS:
        return _records(value, field, defaults)
    if field.type is FieldType.TEXTS:
        return _texts(value)
    if field.type is FieldType.TEXT:
        return _text(value)
    if field.type is FieldType.MONEY:
        return _nullable(value, field, _money(value, defaults))
    read = _Read(value)
    convert = _converter(value, field, defaults)

    def get(cells: Source, money: Money) -> object:
        text = read(cells)
        if not text:
            raise BadCell(value.column or "", f"is empty, and {field.name} needs a {field.type.value}; {_EMPTY}")
        try:
            return convert(text)
        except Unfit as error:
            raise BadCell(value.column or "", str(error)) from None

    return get


_EMPTY: Final = "say default = ..., or when = [{ column = ..., empty = false }]"


def _converter(value: Value, field: Field, defaults: Defaults) -> Callable[[str], object]:
    said = value.date if value.date is not None else defaults.date
    forms = (said,) if isinstance(said, str) else tuple(said)
    if value.column is None:
        forms = (*forms, "%Y-%m-%d", "epoch_ms")
    zone = value.timezone or defaults.timezone
    style = _style(value, defaults)
    true, false = tuple(value.true or defaults.true), tuple(value.false or defaults.false)
    if field.type is FieldType.DAY:
        return lambda text: values.days(text, forms, zone)
    if field.type is FieldType.TIME:
        at = None if value.at is None else int(value.at[:2]) * 60 + int(value.at[3:])
        return lambda text: values.milliseconds(text, forms, zone, at)
    if field.type is FieldType.INTEGER:
        return values.integer
    if field.type is FieldType.BOOLEAN:
        return lambda text: values.boolean(text, (*true, "true"), (*false, "false"))
    places = {FieldType.MILLI: 3, FieldType.NANO: 9}.get(field.type, 6)
    return lambda text: values.scaled(text, places, values.PLAIN if isinstance(text, Number) else style)


def _nullable(value: Value, field: Field, get: Getter) -> Getter:
    """Null where a nullable amount's cell is empty."""
    read = _Read(value)
    if not field.nullable or value.debit is not None:
        return get
    return lambda cells, money: get(cells, money) if read(cells) else None


def _money(value: Value, defaults: Defaults) -> Getter:
    style = _style(value, defaults)

    def parse(column: str, text: str, money: Money) -> int:
        if not text:
            raise BadCell(column, f"is empty, and an amount is needed; {_EMPTY}")
        plain = value.constant is not None or isinstance(text, Number)
        written = values.PLAIN if plain else style
        try:
            if value.unit == "minor":
                return values.scaled(text, 0, written)
            return values.money(text, money.currency, money.digits, written)
        except Unfit as error:
            raise BadCell(column, str(error)) from None

    if value.debit is not None and value.credit is not None:
        get = _two_columns(value.debit, value.credit, parse)
    else:
        get = _one_column(value, parse)
    if value.sign == "invert":
        return lambda cells, money: -get(cells, money)
    if value.sign == "absolute":
        return lambda cells, money: abs(get(cells, money))
    return get


Parse = Callable[[str, str, Money], int]


def _two_columns(debit: str, credit: str, parse: Parse) -> Callable[[Source, Money], int]:
    """Debit above zero, credit below; exactly one of them has an amount."""

    def get(cells: Source, money: Money) -> int:
        debited, credited = _cell(cells, debit, True), _cell(cells, credit, True)
        if debited and credited and parse(debit, debited, money) and parse(credit, credited, money):
            raise BadCell(credit, f"has an amount as {debit} has; a row is one or the other")
        if not debited and not credited:
            raise BadCell(debit, f"is empty as {credit} is; one of them needs an amount")
        return (parse(debit, debited, money) if debited else 0) - (parse(credit, credited, money) if credited else 0)

    return get


def _one_column(value: Value, parse: Parse) -> Callable[[Source, Money], int]:
    read = _Read(value)
    column = value.column or ""

    def get(cells: Source, money: Money) -> int:
        amount = parse(column, read(cells), money)
        if value.indicator is not None and _cell(cells, value.indicator) in (value.negative_when or []):
            if amount < 0:
                raise BadCell(column, f"is below zero, and {value.indicator} says so too; which is meant?")
            return -amount
        return amount

    return get


def _texts(value: Value) -> Getter:
    def get(cells: Source, money: Money) -> list[str]:
        if isinstance(value.constant, list):
            return list(value.constant)
        assert value.column is not None
        found = cells.get(value.column)
        if isinstance(found, list):
            return [_cell({value.column: item}, value.column) for item in found]
        return _pieces(value, _cell(cells, value.column, value.optional))

    return get


def _pieces(value: Value, text: str) -> list[str]:
    parts = [text] if value.split is None else re.split(value.split, text)
    return [part.strip() for part in parts if part and part.strip()]


def _records(value: Value, field: Field, defaults: Defaults) -> Getter:
    """A list of records: from the row's own columns, from pieces of one column, or from a JSON list."""
    make = item_class(field.item_name)

    def compiled(fields: dict[str, Value]) -> Callable[[Source, Money], object]:
        getters = [(f.name, _getter(fields[f.name], f, defaults)) for f in field.item if f.name in fields]
        fixed = {f.name: f.default for f in field.item if f.name not in fields}
        return lambda cells, money: make(**fixed, **{name: get(cells, money) for name, get in getters})

    if value.rows is not None:
        rows = [compiled(fields) for fields in value.rows]
        return lambda cells, money: [row(cells, money) for row in rows]
    assert value.fields is not None
    one = compiled(value.fields)
    if value.each is not None:
        return _each(value.each, value.optional, one)
    column = value.column or ""

    def get(cells: Source, money: Money) -> list[object]:
        found = []
        for piece in _pieces(value, _cell(cells, column, value.optional)):
            parts = [piece] if value.pair is None else re.split(value.pair, piece)
            named = {str(number): part.strip() for number, part in enumerate(parts, 1)}
            try:
                found.append(one(named, money))
            except BadCell as error:
                raise BadCell(column, f"part {error.column} of {piece!r}: {error.detail}") from None
        return found

    return get


def _each(path: str, optional: bool, one: Callable[[Source, Money], object]) -> Getter:
    def get(cells: Source, money: Money) -> list[object]:
        found: Any = cells
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None and optional:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise BadCell(path, "is not a list of JSON objects; if it may be missing, say optional = true")
        made = []
        for number, item in enumerate(found, 1):
            try:
                made.append(one(item, money))
            except BadCell as error:
                raise BadCell(f"{path}.{number}.{error.column}", error.detail) from None
        return made

    return get


def _test(condition: Condition, defaults: Defaults) -> Test:
    if condition.sign is not None:
        assert condition.amount is not None
        get, sign = _money(condition.amount, defaults), condition.sign
        return lambda cells: _sign(get(cells, SIGN_MONEY)) == sign
    assert condition.column is not None
    column = condition.column
    if condition.empty is not None:
        wanted = condition.empty
        return lambda cells: (not _cell(cells, column, True)) == wanted
    if condition.matches is not None:
        pattern = re.compile(condition.matches)
        return lambda cells: pattern.search(_cell(cells, column)) is not None
    listed = condition.equals if condition.equals is not None else condition.not_equals
    assert listed is not None
    texts = (listed,) if isinstance(listed, str) else tuple(listed)
    equal = condition.equals is not None
    return lambda cells: (_cell(cells, column) in texts) == equal


def _sign(amount: int) -> str:
    return "zero" if amount == 0 else "positive" if amount > 0 else "negative"
