"""A shard concludes the same and keeps the same, however its state is held."""

from collections import defaultdict

from dataflows.shards.logged import Logged
from schemas.codec import decode_decision
from tests.histories import run


def same_however_kept(values: list[bytes]) -> None:
    """The same bytes where every account is evicted and committed after each fact, and where a shard adopts what the
    log has of it; and no account is parked."""
    made = run(values)
    assert [d.reasons for d in made.decisions if d.rule == "shard.parked"] == []
    evicted = run(values, cache_bytes=1, commit_each=True)
    logged: dict[int, list[bytes]] = defaultdict(list)
    for value in made.values:
        logged[decode_decision(value).fact_offset].append(value)
    adopted = run(values, logged=[Logged(logged[at], True, 0) for at in range(len(values))])
    assert evicted.values == made.values == adopted.values
    assert evicted.rows == made.rows == adopted.rows
