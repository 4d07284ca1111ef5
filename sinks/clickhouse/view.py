"""A view, whose columns may have comments, and what all KPIs share: their key and how ratios are rounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KEY: Final[dict[str, str]] = {
    "day": "Day, UTC",
    "tenant": "Tenant",
    "entity": "Company of the tenant",
    "region": "Region of the account, as its last customer fact says",
    "segment": "Segment of the account, as its last customer fact says",
    "currency": "ISO 4217, or empty",
    "owner": "The account's collector",
}
GROUP: Final = "tenant, entity, region, segment, currency, owner"
# Types: texts that few rows differ in, and others.
CODE: Final = "LowCardinality(String)"
TEXT: Final = "String"
TIME: Final = "DateTime64(3, 'UTC')"
DAYS: Final = "Nullable(Decimal(18, 1))"
_KEY_TYPES: Final = dict.fromkeys(KEY, CODE) | {"day": "Date32"}


@dataclass(frozen=True, slots=True)
class View:
    """A view. columns: all that `select` gives, in its order, each with its comment; where there are none the server finds them.

    types: those of columns that are not what `_type_of` says; that all are what `select` gives, a test sees to. Types and comments
    that are said with the view cost little: all views take 0.2 s of a processor so, and 0.7 where the server has to find the
    types and comments come in statements of their own (22 November 2026, chDB 26.9).
    """

    name: str
    comment: str
    columns: Mapping[str, str]
    select: str
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def statement(self) -> str:
        """Make it, in place of one of that name."""
        return f"CREATE OR REPLACE VIEW {self.name}{self._columns()} COMMENT {quoted(self.comment)} AS\n{self.select.lstrip()}"

    def _columns(self) -> str:
        return f" ({', '.join(self.typed())})" if self.columns else ""

    def typed(self) -> list[str]:
        """Its columns as a CREATE names them."""
        return [f"`{name}` {self._type_of(name)} COMMENT {quoted(text)}" for name, text in self.columns.items()]

    def _type_of(self, name: str) -> str:
        usual = "Nullable(Int64)" if name.endswith("_bp") else "Int64"
        return self.types.get(name) or _KEY_TYPES.get(name) or usual


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def divided(numerator: str, denominator: str) -> str:
    """The whole number next to numerator / denominator, half away from zero; null where the denominator is not above 0."""
    return (
        f"if({denominator} > 0, toInt64(sign({numerator}) * intDiv(2 * abs(toInt128({numerator})) + {denominator}, "
        f"2 * toInt128(greatest({denominator}, 1)))), NULL)"
    )


def basis_points(numerator: str, denominator: str) -> str:
    """numerator / denominator in basis points."""
    return divided(f"(10000 * toInt128({numerator}))", f"toInt128({denominator})")


def with_one_decimal(numerator: str, denominator: str) -> str:
    """numerator / denominator with one decimal, exact."""
    tenths = divided(f"(10 * toInt128({numerator}))", f"toInt128({denominator})")
    return f"CAST(toDecimal64({tenths}, 1) / 10, 'Nullable(Decimal(18, 1))')"
