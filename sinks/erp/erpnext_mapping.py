"""The mapping of an ERPNext site: which company an entity is, and which of its accounts plays which role."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sinks.erp.adapter import Refused
from sinks.erp.kinds import Kinds
from sinks.erp.ledger import ELSE, ROLES

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


class Company(BaseModel):
    """A company of the site. currency: its own one. accounts: by role (sinks/erp/ledger.py); banks: by bank account here,
    where it is not accounts.bank."""

    model_config = _STRICT

    company: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    cost_center: str
    accounts: dict[str, str]
    banks: dict[str, str] = Field(default_factory=dict)

    @field_validator("accounts")
    @classmethod
    def _roles(cls, accounts: dict[str, str]) -> dict[str, str]:
        for role in accounts:
            if role not in ROLES:
                raise ValueError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
        return accounts

    def account(self, role: str) -> str:
        """Raises Refused where the mapping has none."""
        found = self.accounts.get(role) or self.accounts.get(ELSE.get(role, ""))
        if not found:
            raise Refused(
                f"the mapping of {self.company} has no account for {role}: add it, start the sink again, retry"
            )
        return found

    def bank(self, bank_account: str) -> str:
        return self.banks.get(bank_account) or self.account("bank")


class ErpNextMapping(Kinds):
    """companies: by entity."""

    companies: dict[str, Company]
