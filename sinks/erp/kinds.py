"""What every mapping of an ERP says: which decisions are written back."""

from typing import Final

from pydantic import BaseModel, ConfigDict, field_validator

from sinks.erp.ledger import GROUPS

# All that moves money, and promises; drafts where the mapping says so.
DEFAULT: Final = tuple(kind for kind in GROUPS if kind != "invoice_released")


class Left(BaseModel):
    """Decisions of this kind that a fact of this kind caused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    cause: str


class Kinds(BaseModel):
    """kinds: of decisions; leaves_out: those of them that the ERP books itself. suspense: also of money whose payer is not
    known yet, which has no customer there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: str
    kinds: tuple[str, ...] = DEFAULT
    leaves_out: tuple[Left, ...] = ()
    suspense: bool = False

    @field_validator("kinds")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in GROUPS:
                raise ValueError(f"there is no {kind!r} to write back; there are {', '.join(GROUPS)}")
        return kinds
