"""The range machine: which decisions of each shard are being published, so that each is there once.

A batch is a range [first, last] for each shard that it touches. Its rows go in as one part, under a token made
of the ranges, between a row `before` and a row `after` for each shard in publish_state. Who comes back to a
`before` reads exactly those ranges again, inserts them with the same token, and then counts: ClickHouse notes a
token before its part is in place, so a server killed in between would drop the second insert too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b


class Phase(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Range:
    """Decisions `first` to `last` of a shard, found from `first_offset` on and all before `next_offset`."""

    shard: int
    first: int
    last: int
    first_offset: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A row of publish_state."""

    owner: str
    batch: int
    phase: Phase
    log: str
    range: Range


def token(log: str, ranges: Iterable[Range]) -> str:
    """The insert token of a batch: the same for the same ranges of the same log, whoever inserts it."""
    said = ",".join(f"{r.shard}:{r.first}-{r.last}" for r in sorted(ranges, key=lambda r: r.shard))
    return blake2b(f"{log}/{said}".encode(), digest_size=16).hexdigest()


def latest(rows: Iterable[Saved]) -> dict[int, Saved]:
    """For each shard, its last row; of one batch `after` beats `before`."""
    found: dict[int, Saved] = {}
    for row in rows:
        other = found.get(row.range.shard)
        if other is None or (row.batch, row.phase is Phase.AFTER) > (other.batch, other.phase is Phase.AFTER):
            found[row.range.shard] = row
    return found
