"""What the values of a policy may be: the types that the sections' models are made of."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from dataflows.rules.policy.policy_tables import MOST_MINOR_OF_POLICY


class Section(BaseModel):
    """A table of a policy: nothing is converted, and nothing may stand there that is not named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def wrong(text: str) -> PydanticCustomError:
    """What a validator raises: `text` says what the value must be."""
    return PydanticCustomError("policy", "{text}", {"text": text})


def whole(low: int, high: int) -> Any:
    """For an int: from `low` to `high`."""
    return Field(ge=low, le=high)


def one_of(names: Sequence[str]) -> AfterValidator:
    """For a str: one of these words."""

    def check(value: str) -> str:
        if value not in names:
            raise wrong(f"must be one of {', '.join(names)}")
        return value

    return AfterValidator(check)


def _not_empty(value: str) -> str:
    if not value:
        raise wrong("must not be empty")
    return value


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise wrong("must be a date YYYY-MM-DD") from None
    return value


def _day_or_none(value: str) -> str:
    return _day(value) if value else value


def ordinal(day: str) -> int:
    """A number that orders days; an empty text, which stands for 1970-01-01, as the rules have it."""
    return date.fromisoformat(day or "1970-01-01").toordinal()


Name: TypeAlias = Annotated[str, AfterValidator(_not_empty)]
Minor: TypeAlias = Annotated[int, whole(0, MOST_MINOR_OF_POLICY)]
Day: TypeAlias = Annotated[str, AfterValidator(_day)]
DayOrNone: TypeAlias = Annotated[str, AfterValidator(_day_or_none)]


def none() -> Any:
    """For a list that may be left out."""
    return Field(default_factory=list)


def _not_before(until: str, info: ValidationInfo) -> str:
    first = info.data.get("first")
    if first is not None and ordinal(until) < ordinal(first):
        raise wrong("is before from")
    return until


def not_before_from() -> Any:
    """In a model with `first` (alias from) and `until`: the one is no day before the other."""
    return field_validator("until")(_not_before)


def another_than(name: str, field: str) -> Any:
    """In a model: `field` is not what `name`, which stands before it, is."""

    def check(value: str, info: ValidationInfo) -> str:
        if value == info.data.get(name):
            raise wrong(f"must be another one than {name}")
        return value

    return field_validator(field)(check)
