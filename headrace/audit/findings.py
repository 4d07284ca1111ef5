"""What an audit finds: findings, kept by check, the first ones in full and all of them counted."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

from schemas.records import Decision

# Findings kept for each check; a log that is wrong throughout has millions, and the first ones tell.
MOST_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `offset` is in the facts log, `sequence` numbers a decision; -1 where it is about none.

    account: tenant/entity/account, or empty where it is about a whole shard or installation (shard -1).
    """

    code: str
    shard: int
    offset: int
    sequence: int
    account: str
    text: str


@dataclass(slots=True)
class Check:
    """One check of an audit. `notes` say what is no fault, and what could not be checked and why."""

    name: str
    title: str
    checked: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(
        self, code: str, text: str, *, shard: int = -1, offset: int = -1, sequence: int = -1, account: str = ""
    ) -> None:
        self.keep(Finding(f"{self.name}.{code}", shard, offset, sequence, account, text))

    def keep(self, finding: Finding) -> None:
        self.count += 1
        if len(self.findings) < MOST_KEPT:
            self.findings.append(finding)

    def about(self, d: Decision, code: str, text: str) -> None:
        """A finding about a decision."""
        self.find(code, text, shard=d.shard, offset=d.fact_offset, sequence=d.sequence, account=account_of(d))

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class Checks:
    """All checks of an audit, in the order in which they are shown."""

    def __init__(self, kpi: bool = False) -> None:
        """`kpi`: the figures of the kpi_* views are wanted too."""
        self.kpi: Final = Check("kpi", "the figures of every kpi_* view recomputed") if kpi else None
        self.sequence: Final = Check("sequence", "decisions are numbered, whole and in their place")
        self.duplicates: Final = Check("duplicates", "an event has one effect")
        self.books: Final = Check("books", "balances, items and receipts recomputed; money conserved")
        self.facts: Final = Check("facts", "every fact has what must follow from it, and nothing else has")
        self.reminders: Final = Check("reminders", "nobody is reminded of what is paid, disputed or promised")
        self.cash: Final = Check("cash", "cash is on items that were named for it")
        self.approvals: Final = Check("approvals", "nothing above a limit is posted without another person")
        self.credit: Final = Check("credit", "exposures recomputed; who is on credit hold, and who is not")
        self.transit: Final = Check("transit", "money between accounts is neither lost nor doubled")
        self.views: Final = Check("views", "the views equal the decisions")
        self.state: Final = Check("state", "the checkpoints equal the logs")
        self.rerun: Final = Check("rerun", "the rules conclude the same again")

    def all(self) -> list[Check]:
        return [
            self.sequence,
            self.duplicates,
            self.books,
            self.facts,
            self.reminders,
            self.cash,
            self.approvals,
            self.credit,
            self.transit,
            self.views,
            self.state,
            self.rerun,
            *([self.kpi] if self.kpi is not None else []),
        ]

    @property
    def ok(self) -> bool:
        return not any(check.count for check in self.all())


def as_json(checks: Checks) -> dict[str, object]:
    """The object of `verify --json`."""
    return {
        "checks": [
            {
                "name": check.name,
                "checked": check.checked,
                "found": check.count,
                "findings": [asdict(finding) for finding in check.findings],
                "notes": check.notes,
            }
            for check in checks.all()
        ],
        "ok": checks.ok,
    }


def account_of(d: Decision) -> str:
    """tenant/entity/account of a decision; empty where it is about a whole shard."""
    return f"{d.tenant}/{d.entity}/{d.account_id}" if d.account_id else ""


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first of many names, for a message."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
