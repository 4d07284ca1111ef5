"""The mapping of an ERPNext site: which company an entity is, and which of its accounts plays which role."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from sinks.erp.adapter import Refused
from sinks.erp.kinds import Kinds

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


class Company(BaseModel):
    """A company of the site. accounts: by role (sinks/erp/ledger.py); banks: by bank account here, where it is not
    accounts.bank."""

    model_config = _STRICT

    company: str
    cost_center: str
    accounts: dict[str, str]
    banks: dict[str, str] = Field(default_factory=dict)

    def account(self, role: str) -> str:
        """Raises Refused where the mapping has none."""
        found = self.accounts.get(role)
        if found is None:
            raise Refused(
                f"the mapping of {self.company} has no account for {role}: add it, start the sink again, retry"
            )
        return found

    def bank(self, bank_account: str) -> str:
        return self.banks.get(bank_account) or self.account("bank")


class ErpNextMapping(Kinds):
    """companies: by entity."""

    companies: dict[str, Company]
