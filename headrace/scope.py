"""Which accounts a question is about: of a company, region, segment, collector. In SQL, for every view that has the account."""

from dataclasses import dataclass
from typing import Final

# Where a question says which accounts; `Scope.of` puts it in.
WITHIN: Final = "{WITHIN}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Empty texts do not narrow. Region, segment and collector are those of now, as the view `accounts` has them."""

    entity: str = ""
    region: str = ""
    segment: str = ""
    collector: str = ""

    def of(self, sql: str, by_columns: bool = False) -> str:
        """`sql` with a condition in the place of each WITHIN: on tenant, entity and account_id, or `by_columns` of those
        names, where the collector is called owner, as the KPIs have them. Bind `parameters`."""
        parts = ["entity = {entity:String}"] if self.entity else []
        said = [name for name in ("region", "segment", "collector") if getattr(self, name)]
        if by_columns:
            parts += [f"{'owner' if name == 'collector' else name} = {{{name}:String}}" for name in said]
        elif said:
            where = " AND ".join(f"accounts.{name} = {{{name}:String}}" for name in said)
            parts.append(
                f"(tenant, entity, account_id) IN (SELECT tenant, entity, account_id FROM accounts WHERE {where})"
            )
        return sql.replace(WITHIN, " AND ".join(parts) if parts else "true")

    @property
    def parameters(self) -> dict[str, str]:
        return {name: value for name in ("entity", "region", "segment", "collector") if (value := getattr(self, name))}


EVERYTHING: Final = Scope()
