"""What a mapping may fill: the fields of each kind of fact, from its Avro source, with the way each is parsed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from schemas import records
from schemas.generate import latest_sources
from schemas.topics import TOPIC_OF_KIND


class FieldType(StrEnum):
    TEXT = "text"
    TEXTS = "list of texts"
    DAY = "date"
    TIME = "time"
    MONEY = "amount"
    MILLI = "quantity"
    MICRO = "price"
    NANO = "rate"
    INTEGER = "whole number"
    BOOLEAN = "true or false"
    RECORDS = "list of records"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `default` is None where a mapping must say the field; `nullable` fields may stay empty."""

    name: str
    type: FieldType
    nullable: bool
    default: object
    item: tuple["Field", ...] = ()
    item_name: str = ""


MONEY_FIELDS: Final = frozenset(
    {
        "amount",
        "tax",
        "net",
        "credited",
        "rejected",
        "written_off",
        "goodwill",
        "recovered",
        "rebilled",
        "refunded",
        "charges",
        "residual",
        "disputed",
    }
)
INTEGER_FIELDS: Final = frozenset(
    {"terms_days", "line", "order_line", "days", "days_customer", "days_own", "days_upstream", "parts", "level"}
)
# Its own defaults: a source rarely knows them.
HEADER_DEFAULTS: Final = {"recorded_time": 0, "correlation": ""}


@cache
def fields_of(kind: str) -> dict[str, Field]:
    """The fields of a kind that producers send, its newest version, without event_id; in the schema's order."""
    assert kind in TOPIC_OF_KIND
    newest = next(s for s in latest_sources() if s.group == "facts" and s.name == kind)
    return {f["name"]: _field(f) for f in newest.schema["fields"] if f["name"] != "event_id"}


def is_money_kind(kind: str) -> bool:
    """Whether facts of this kind carry amounts, or let amounts be posted, so that one that comes twice would count twice."""
    return kind == "approval" or any(
        f.type is FieldType.MONEY or any(i.type is FieldType.MONEY for i in f.item) for f in fields_of(kind).values()
    )


def fact_class(kind: str) -> Callable[..., records.Fact]:
    made: Callable[..., records.Fact] = getattr(records, _class_name(kind))
    return made


def item_class(name: str) -> Callable[..., object]:
    made: Callable[..., object] = getattr(records, _class_name(name))
    return made


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _field(source: dict[str, Any]) -> Field:
    name, avro = source["name"], source["type"]
    default = source.get("default", HEADER_DEFAULTS.get(name))
    if isinstance(avro, dict) and isinstance(avro["items"], dict):
        item = tuple(_field(f) for f in avro["items"]["fields"])
        return Field(name, FieldType.RECORDS, False, default, item, avro["items"]["name"])
    nullable = isinstance(avro, list)
    return Field(name, _type(name, "long" if nullable else avro), nullable, default)


def _type(name: str, avro: object) -> FieldType:
    """How the field is parsed; its name says its unit (docs of the schemas)."""
    simple = {"string": FieldType.TEXT, "boolean": FieldType.BOOLEAN}
    if isinstance(avro, dict):
        return FieldType.TEXTS
    if isinstance(avro, str) and avro in simple:
        return simple[avro]
    if name in MONEY_FIELDS:
        return FieldType.MONEY
    if name in INTEGER_FIELDS:
        return FieldType.INTEGER
    for ending, found in (
        ("_date", FieldType.DAY),
        ("_time", FieldType.TIME),
        ("until", FieldType.TIME),
        ("_milli", FieldType.MILLI),
        ("_micro", FieldType.MICRO),
        ("_nano", FieldType.NANO),
        ("_ppm", FieldType.INTEGER),
    ):
        if name.endswith(ending):
            return found
    raise AssertionError(f"no way to parse {name}: name it by its unit, or add it here")
