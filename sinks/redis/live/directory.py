"""The directory of references: which account has a document, a receipt or a number of its own, in any spelling."""

import json
from typing import Final

from schemas.records import Customer, Decision
from sinks.redis.directory import fold, spellings
from sinks.redis.live.keys import REFERENCES, account_of
from sinks.redis.live.values import packed
from sinks.redis.live.work import Work

ACCOUNT: Final = "account"
DOCUMENT: Final = "document"
RECEIPT: Final = "receipt"
_NAMES_DOCUMENT: Final = frozenset(
    {"item_posted", "invoice_released", "invoice_held", "interest_charged", "deduction_opened"}
)


def field(reference: str) -> str:
    """The field of REFERENCES for a reference; what is nothing but zeros and punctuation stands as it is."""
    return fold(reference) or reference


def fields(reference: str) -> list[str]:
    """Where it may be: in its own field first, then with more or fewer zeros before its last digits."""
    return spellings(reference) or [reference]


def want_names(work: Work, d: Decision) -> None:
    """Read what `learn_names` needs."""
    for _, reference in _named(d):
        work.want(REFERENCES, field(reference))


def learn_names(work: Work, d: Decision) -> None:
    """What the decision is the first to name, and the account."""
    account = account_of(d.tenant, d.entity, d.account_id)
    for kind, reference in _named(d):
        _add(work, kind, account, reference)


def learn_account(work: Work, fact: Customer, wanted: bool = False) -> None:
    """The account of a customer; with `wanted` only read what that needs."""
    if wanted:
        work.want(REFERENCES, field(fact.account_id))
    else:
        _add(work, ACCOUNT, account_of(fact.tenant, fact.entity, fact.account_id), fact.account_id)


def _named(d: Decision) -> list[tuple[str, str]]:
    found = [(ACCOUNT, d.account_id)]
    if d.kind in _NAMES_DOCUMENT and d.document:
        found.append((DOCUMENT, d.document))
    if d.kind == "receipt_booked":
        found.append((RECEIPT, d.receipt_id))
    return found


def _add(work: Work, kind: str, account: str, reference: str) -> None:
    text = work.get(REFERENCES, field(reference))
    known = json.loads(text) if text else []
    if [kind, account, reference] not in known:
        work.put(REFERENCES, field(reference), packed(sorted([*known, [kind, account, reference]])))


__all__ = ["ACCOUNT", "DOCUMENT", "RECEIPT", "field", "learn_account", "learn_names", "want_names"]
