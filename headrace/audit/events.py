"""The check of duplicates: the same event id has one effect, and with other contents it is rejected and kept."""

from enum import StrEnum
from typing import Any, Final

from headrace.audit.findings import Check
from headrace.audit.keep import Keep, Scratch
from headrace.audit.streams import Group
from schemas.codec import contents_digest
from schemas.records import Decision, Fact

# These move money, or say that it moved.
MONEY_KINDS: Final = frozenset(
    (
        "invoice",
        "credit_note",
        "receipt",
        "receipt_returned",
        "cash_transferred",
        "remittance_advice",
        "operator_action",
        "debit_note",
        "opening_item",
        "refund",
        "erp_posting",
    )
)
# Ids of these are kept for ever; ids of others at least 45 days.
KEPT_KINDS: Final = MONEY_KINDS | {"approval", "dispute", "dispute_update", "promise", "credit_limit"}
KEPT_DAYS: Final = 45
# Ids are forgotten by generations of 45 days, so that some live twice as long.
FORGOTTEN_DAYS: Final = 2 * KEPT_DAYS


class Verdict(StrEnum):
    """What an event is by its id: the first of it, one that came before, or another one under the same id."""

    FIRST = "first"
    AGAIN = "again"
    OTHER = "other"


Event = tuple[str, int, int, int]
"""Kind, digest of contents, offset, day of the log's time."""


def _same(event: Any) -> Any:
    return event


class Events:
    """The event ids of one shard."""

    def __init__(self, check: Check, scratch: Scratch, shard: int) -> None:
        self._check: Final = check
        self._shard: Final = shard
        self._known: Final[Keep[Event]] = Keep(scratch, _same, tuple)

    def judge(self, group: Group, fact: Fact, said: list[Decision], today: int) -> Verdict:
        """What the fact is by its id, and whether what was said of it fits. `said` are its own decisions."""
        self._check.checked += 1
        known = self._known.get(fact.event_id)
        digest = int.from_bytes(contents_digest(group.value), "little", signed=True)
        if known is not None and fact.kind not in KEPT_KINDS and known[0] not in KEPT_KINDS:
            age = today - known[3]
            if age >= FORGOTTEN_DAYS or (age >= KEPT_DAYS and said):
                known = None
        if known is None:
            self._known.put(fact.event_id, (fact.kind, digest, group.offset, today))
            return Verdict.FIRST
        rejected = bool(said) and all(d.kind == "fact_rejected" for d in said)
        if known[0] == fact.kind and known[1] == digest:
            if said and not rejected:
                self._wrong(group, fact, "second_effect", f"it came at offset {known[2]} and has {_kinds(said)} again")
            return Verdict.AGAIN
        if not rejected:
            what = _kinds(said) if said else "no rejection"
            self._wrong(
                group,
                fact,
                "other_contents",
                f"a {known[0]} at offset {known[2]} has this id and other contents; it has {what}",
            )
        return Verdict.OTHER

    def forget(self, fact: Fact) -> None:
        """The fact was turned away before it counted; it may come again."""
        self._known.drop(fact.event_id)

    def _wrong(self, group: Group, fact: Fact, code: str, text: str) -> None:
        account = f"{fact.tenant}/{fact.entity}/{fact.account_id}"
        self._check.find(
            code, f"{fact.kind} {fact.event_id}: {text}", shard=self._shard, offset=group.offset, account=account
        )


def _kinds(said: list[Decision]) -> str:
    return ", ".join(d.kind for d in said)
