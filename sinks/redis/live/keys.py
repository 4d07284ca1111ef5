"""Names of the live views' keys, and the members of their sorted sets.

`headrace:v2:{SHARD}:GENERATION:NAME`: the braces keep all keys of a shard in one slot of a cluster. v2 is the version of
what is in them: a later program that keeps something else writes under another, beside these.
"""

from typing import Final

ROOT: Final = "headrace:v2:"
# Which log the views are of and how many shards it has: a hash with `log` and `shards`.
ABOUT: Final = ROOT + "live"

POSITION: Final = "position"  # hash: log, offset, sequence, facts, now, day, turned
CARD: Final = "card"  # hash of each account: what a person sees first
ITEMS: Final = "items"  # hash of each account: open item -> JSON
DAYS: Final = "days"  # hash of each account: CURRENCY:DUE_DAY and level:N -> what is open of it
MATTERS: Final = "matters"  # hash of each account: KIND and id of what is open -> JSON
TASKS: Final = "tasks"  # hash of each account: open task -> JSON
WORKLIST: Final = "worklist"  # sorted set of open tasks by score; of each owner too
QUEUE: Final = "queue"  # sorted set of exceptions and requests for approval by time; of each owner too
CLOCKS: Final = "clocks"  # sorted set of what has a deadline, by deadline
TURNING: Final = "turning"  # sorted set of accounts by the day on which their aging changes by itself
OWNERS: Final = "owners"  # hash: owner -> how many entries of worklist and queue are his
REFERENCES: Final = "references"  # hash: reference as folded -> JSON list of what it may be

TASK: Final = "task"
EXCEPTION: Final = "exception"
PROPOSAL: Final = "proposal"
APPROVAL: Final = "approval"
DISPUTE: Final = "dispute"
PROMISE: Final = "promise"
DRAFT: Final = "draft"

_BETWEEN: Final = "\n"


def tag(shard: int) -> str:
    """What all keys of a shard begin with."""
    return f"{ROOT}{{{shard:03d}}}:"


def current(shard: int) -> str:
    """The key that says which generation is to be read."""
    return f"{tag(shard)}current"


def named(shard: int, generation: int, *names: str) -> str:
    """The key of that name in a generation; an account's or an owner's with him after it."""
    return f"{tag(shard)}{generation}:{':'.join(names)}"


def member(account: str, kind: str, about: str) -> str:
    """A member of a sorted set. Parts hold no newline: the edge refuses control characters in ids."""
    return _BETWEEN.join((account, kind, about))


def parts(text: str) -> tuple[str, str, str]:
    """Account, kind and id of a member."""
    account, kind, about = text.split(_BETWEEN, 2)
    return account, kind, about


def matter(kind: str, about: str) -> str:
    """A field of MATTERS."""
    return f"{kind}{_BETWEEN}{about}"


def account_of(tenant: str, entity: str, account_id: str) -> str:
    """An account as the views name it."""
    return f"{tenant}/{entity}/{account_id}"
