"""Which version of the policy is in force where, by what is published into the views."""

from dataclasses import dataclass
from typing import Final

from sinks.clickhouse.reading import Views

_IN_FORCE: Final = """
SELECT shard, fact_offset, toInt64(policy_version), toUnixTimestamp64Milli(event_time)
FROM decisions WHERE kind = 'policy_in_force' ORDER BY policy_version, shard
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version took effect: the offset of the fact in a shard's log, and the shard's time then, UTC ms."""

    shard: int
    offset: int
    time: int


def in_force(views: Views) -> dict[int, list[Place]]:
    """Where each version took effect, of all that is published into the views. Raises SinkError."""
    found: dict[int, list[Place]] = {}
    for shard, offset, version, time in views.ask(_IN_FORCE).rows:
        found.setdefault(int(version), []).append(Place(int(shard), int(offset), int(time)))
    return found


def current(places: dict[int, list[Place]], shards: int) -> dict[int, int]:
    """The version in force in each shard: 0 is the built-in one."""
    found = dict.fromkeys(range(shards), 0)
    for version, where in places.items():
        for place in where:
            found[place.shard] = max(found[place.shard], version)
    return found
