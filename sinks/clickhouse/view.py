"""A view whose every column has a comment, and what all KPIs share: their key and how ratios are rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
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
# What an account adds to the key, of a row of `accounts` named a.
OF_ACCOUNT: Final = "a.region AS region, a.segment AS segment"
IN_GROUP: Final = "LEFT JOIN accounts AS a USING (tenant, entity, account_id)"


@dataclass(frozen=True, slots=True)
class View:
    """A view; `columns` are all that `select` gives, in its order, each with its comment."""

    name: str
    comment: str
    columns: Mapping[str, str]
    select: str

    @property
    def statements(self) -> tuple[str, str]:
        """Make it, then say what it and its columns are."""
        comments = [f"COMMENT COLUMN `{name}` {quoted(text)}" for name, text in self.columns.items()]
        return (
            f"CREATE OR REPLACE VIEW {self.name} AS\n{self.select.lstrip()}",
            f"ALTER TABLE {self.name} {', '.join([f'MODIFY COMMENT {quoted(self.comment)}', *comments])}",
        )


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
