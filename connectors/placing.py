"""Which shard a fact goes to. Pure, and never dependent on what was learned: the same fact, the same shard, for ever.

Guarantee: a fact that names its account goes to the account's shard. A receipt or its return
that names none goes to a suspense account (docs/ledger.md, "A receipt without an account"), the credit limit of a group
of accounts to the group's own.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from connectors.log.base import account_key, murmur2, partition_of
from schemas.records import CreditLimit, Fact, Receipt, ReceiptReturned
from schemas.topics import CREDIT_PREFIX, EVERY_SHARD_KINDS, SUSPENSE_BUCKETS, SUSPENSE_PREFIX, TOPIC_OF_KIND

# An account has many facts, and the hash in pure Python costs more than the checks of one.
partition_of_account: Final = lru_cache(maxsize=1 << 16)(partition_of)


class Rejected(NamedTuple):
    """What is wrong with something that came in. `field` is empty where it is about the whole."""

    reason: str
    field: str
    detail: str


# The shard of facts that are for a whole installation.
EVERY_SHARD: Final = -1


class Placement(NamedTuple):
    """Where a fact goes: its shard, or EVERY_SHARD, its key there, and the account it stands in."""

    shard: int
    key: bytes
    account_id: str


def place(fact: Fact, shards: int) -> Placement | Rejected:
    """The fact's place among `shards`. Kinds that are headrace's own are rejected: nobody else may say them."""
    if fact.kind not in TOPIC_OF_KIND:
        return Rejected(
            "kind_not_accepted", "", f"{fact.kind} is headrace's own; producers send {', '.join(sorted(TOPIC_OF_KIND))}"
        )
    if fact.kind in EVERY_SHARD_KINDS:
        return Placement(EVERY_SHARD, b"", "")
    nowhere = no_account(fact)
    if nowhere is not None:
        return nowhere
    account_id = fact.account_id or unnamed_account(fact)
    key = account_key(fact.tenant, fact.entity, account_id)
    return Placement(partition_of_account(key, shards), key, account_id)


def no_account(fact: Fact) -> Rejected | None:
    """What is wrong with a fact that must name an account, and names none."""
    if fact.account_id or fact.kind in EVERY_SHARD_KINDS or unnamed_account(fact):
        return None
    return Rejected("no_account", "account_id", f"is empty; the {fact.kind} must name the payer's account")


def unnamed_account(fact: Fact) -> str:
    """Headrace's own account for a fact that names none; empty where there is none either."""
    if isinstance(fact, CreditLimit) and fact.group:
        return CREDIT_PREFIX + fact.group
    return suspense_account(fact)


def suspense_account(fact: Fact) -> str:
    """~suspense:BANK_ACCOUNT:BUCKET for a fact about money whose account nobody knows yet; empty for other kinds."""
    if not isinstance(fact, Receipt | ReceiptReturned):
        return ""
    bank_account, reference = fact.bank_account, fact.bank_reference or fact.receipt_id
    return f"{SUSPENSE_PREFIX}{bank_account}:{murmur2(reference.encode()) % SUSPENSE_BUCKETS:02}"


def producer_key(fact: Fact) -> bytes:
    """The key a producer sends the fact with: its account's, or that of the one it will be placed in."""
    return account_key(fact.tenant, fact.entity, fact.account_id or unnamed_account(fact))
