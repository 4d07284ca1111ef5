"""[exceptions]: who gets what a person has to look at, how long it may take, and who is told then. Source: CAPABILITIES E1."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.people import Absence, there

DEFAULT: Final = "default"
# The rules that raise exceptions, and proposals of cash, which wait for a person too.
KINDS: Final = (
    DEFAULT,
    "approvals.letter_unanswered",
    "approvals.not_possible",
    "approvals.too_many",
    "cash.proposed",
    "cash.remittance_asked",
    "cash.unidentified",
    "delivery.rejected",
    "delivery.unacknowledged",
    "delivery.unconfirmed",
    "delivery.unreachable",
    "disputes.document",
    "disputes.message",
    "erp.cleared",
    "erp.refused",
    "interest.rate_missing",
    "refund",
    "refund.not_approved",
    "release.sla",
    "reminders.template",
    "returned.early",
    "returned.not_here",
    "returned.too_much",
)
# An owner that begins so is whoever has that role of the account.
ROLE: Final = "role:"
HOUR_MINUTES: Final = 60


class ExceptionTerms:
    """owners, sla_minutes: by kind, "default" for the others; business minutes, 0 is without end. escalations: roles
    that are told one after the other, escalation_minutes apart; none: nobody is. covers: who is away."""

    __slots__ = ("covers", "escalation_minutes", "escalations", "owners", "sla_minutes")

    def __init__(self, table: Table) -> None:
        hours = table.table("sla_hours")
        self.sla_minutes: Final[dict[str, int]] = {}
        for name in hours.names():
            _known(hours, name)
            self.sla_minutes[name] = HOUR_MINUTES * hours.number(name, 0, 10_000)
        if DEFAULT not in self.sla_minutes:
            raise WrongPolicy(f"{hours.at(DEFAULT)}: must be there")
        owners = table.table("owners")
        self.owners: Final[dict[str, str]] = {}
        for name in owners.names():
            _known(owners, name)
            self.owners[name] = owners.text(name)
        self.escalations: Final = table.texts("escalations")
        self.escalation_minutes: Final = HOUR_MINUTES * table.number("escalation_hours", 1, 10_000)
        self.covers: list[Absence] = []
        table.done()

    def minutes(self, kind: str) -> int:
        """Business minutes until it is to be resolved."""
        found = self.sla_minutes.get(kind)
        return self.sla_minutes[DEFAULT] if found is None else found

    def owner(self, kind: str) -> str:
        """Who gets it by the policy's word, a person, a team or `role:NAME`; empty is nobody."""
        found = self.owners.get(kind)
        return self.owners.get(DEFAULT, "") if found is None else found

    def present(self, owner: str, day: int) -> str:
        """The owner, or who covers that day."""
        return there(self.covers, owner, day)


def _known(table: Table, name: str) -> None:
    if name not in KINDS:
        raise WrongPolicy(f"{table.at(name)}: unknown; known are {', '.join(KINDS)}")
