"""What is wrong with settings that pydantic refused, for people: places, and what they may hold. Whose settings these are is
not known here.

Guarantee: a value is told only of a setting that is named harmless. A password may stand at a name that is mistyped, or
at the wrong one.
"""

from collections.abc import Container, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

_UNKNOWN: Final = "extra_forbidden"
_MISSING: Final = "missing"


def findings(error: ValidationError, model: type[BaseModel], harmless: Container[str]) -> list[str]:
    """A line for each finding: `email.prot: no such setting; is it port?`. harmless: names of settings, wherever they stand,
    whose value may be told."""
    return [_finding(e["type"], e["loc"], e["input"], e["msg"], model, harmless) for e in error.errors()]


def _finding(
    kind: str,
    place: tuple[int | str, ...],
    value: object,
    message: str,
    model: type[BaseModel],
    harmless: Container[str],
) -> str:
    where = _shown(place)
    names = [part for part in place if isinstance(part, str)]
    if kind == _UNKNOWN:
        near = nearest(names[-1], model, names[:-1])
        return f"{where}: no such setting" + (f"; is it {near}?" if near else "")
    told = bool(names) and names[-1] in harmless and isinstance(value, str | int | float)
    said = "must be said" if kind == _MISSING else message.removeprefix("Value error, ")
    return f"{where}{f' = {value!r}' if told else ''}: {said}" if where else said


def _shown(place: tuple[int | str, ...]) -> str:
    """Such as `webhooks 1.url`: people count from 1."""
    text = ""
    for part in place:
        text += f" {part + 1}" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(name: str, model: type[BaseModel], place: Sequence[str]) -> str:
    """The name at a place in a model that a mistyped one may mean; empty where none is near."""
    return next(iter(get_close_matches(name, _names(model, place), 1)), "")


def _names(model: type[BaseModel], place: Sequence[str]) -> list[str]:
    """The settings that there are at a place."""
    found: type[BaseModel] | None = model
    for name in place:
        field = found.model_fields.get(name) if found is not None else None
        found = next(_models(field.annotation), None) if field is not None else None
    return [field.alias or name for name, field in found.model_fields.items()] if found is not None else []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
