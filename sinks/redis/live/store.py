"""Positions and generations of the live views, and the one transaction by which a shard's data and position change.

What is written is made of the decisions and facts alone, so two writers by mistake write the same: each commits only
from the position that it read, and one that is overtaken goes on from where the other is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sinks.base import SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.live.keys import ABOUT, POSITION, ROOT, current, named, tag
from sinks.redis.live.work import Command, Work

_AT_ONCE: Final = 1_000
_FIELDS: Final = ("log", "offset", "sequence", "facts", "now", "day", "turned")

# KEYS: the position, the key of the current generation, then those that the commands are about.
# ARGV: the generation that must be current (or nothing), the position that must be there, the one it becomes, each
# as so many values; then commands as name, place of its key, number of arguments, arguments.
_COMMIT: Final = f"""
local names = {{{", ".join(f"'{name}'" for name in _FIELDS)}}}
local found = redis.call('HMGET', KEYS[1], unpack(names))
local generation = redis.call('GET', KEYS[2]) or ''
local before, after = true, true
for at, value in ipairs(found) do
    before = before and value == ARGV[1 + at]
    after = after and value == ARGV[1 + #names + at]
end
if ARGV[1] ~= '' and ARGV[1] ~= generation then return 'switched' end
if not before then
    if after then return 'done' end
    if not found[1] then return 'wiped' end
    return 'overtaken'
end
local at = 2 + 2 * #names
while at <= #ARGV do
    local count = tonumber(ARGV[at + 2])
    redis.call(ARGV[at], KEYS[tonumber(ARGV[at + 1])], unpack(ARGV, at + 3, at + 2 + count))
    at = at + 3 + count
end
for place, name in ipairs(names) do redis.call('HSET', KEYS[1], name, ARGV[1 + #names + place]) end
return 'done'
"""
# KEYS: the key of the current generation, the positions of the current one and of the next. ARGV: both generations.
# What is read may not go back: the next one becomes current only where it is as far.
_SWITCH: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'overtaken' end
local here, there = redis.call('HGET', KEYS[2], 'sequence'), redis.call('HGET', KEYS[3], 'sequence')
local facts, others = redis.call('HGET', KEYS[2], 'facts'), redis.call('HGET', KEYS[3], 'facts')
if not there then return 'wiped' end
if here and (tonumber(there) < tonumber(here) or tonumber(others) < tonumber(facts)) then return 'behind' end
redis.call('SET', KEYS[1], ARGV[2])
return 'done'
"""


class Reopen(Exception):
    """Redis was emptied, another generation is current, or another writer went on: open the store again."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a shard's views are: next offset and sequence of decisions, next offset of facts.

    `now`: the last clock, UTC milliseconds; `day`: the day as of which everything past due is; `turned`: how many
    accounts are already as of `now`'s day, while that is a later one.
    """

    offset: int = 0
    sequence: int = 0
    facts: int = 0
    now: int = 0
    day: int = 0
    turned: int = 0

    def values(self, log: str) -> list[str]:
        """As they are kept, in the order of the fields."""
        return [log, *(str(getattr(self, name)) for name in _FIELDS[1:])]


def position_of(found: Mapping[str, str]) -> Position:
    """The position in its hash."""
    return Position(**{name: int(found[name]) for name in _FIELDS[1:]})


class Store:
    """The live views of one generation of each shard. Every method may raise RetryLater, `commit` Reopen."""

    def __init__(self, server: RedisServer, log: str, shards: int, building: Mapping[int, int] | None = None) -> None:
        """`log` names both topics' identities. With `building`, generations that nobody reads yet are made from nothing.

        Raises SinkStopped where another log's views are there, or where the server may drop keys by itself.
        """
        self.server: Final = server
        self._log: Final = log
        self._building: Final = building is not None
        server.refuse_eviction()
        self._refuse_other(shards)
        self.generations: dict[int, int] = {}
        self.positions: dict[int, Position] = {}
        self._open(range(shards), dict(building or {}))

    def _refuse_other(self, shards: int) -> None:
        with self.server.outside():
            found: dict[str, str] = self.server.client.hgetall(ABOUT)
            about = {"log": self._log, "shards": str(shards)}
            if not found:
                self.server.client.hset(ABOUT, mapping=about)
        if found and found != about:
            raise SinkStopped(
                f"{self.server.name}: holds live views of another log; give this installation a Redis (or database "
                f"number) of its own, or delete the keys that begin with {ROOT}"
            )

    def _open(self, shards: Iterable[int], building: dict[int, int]) -> None:
        known = building or current_generations(self.server, shards)
        found = positions(self.server, {shard: known[shard] for shard in shards if known.get(shard)})
        missing = [shard for shard in shards if not found.get(shard)]
        if missing and not building:
            # Leftovers without a position may be anything: begin with nothing.
            forget(self.server, dict.fromkeys(missing, 0))
        for shard in shards:
            self.generations[shard] = known.get(shard) or 1
            there = found.get(shard)
            if there and there["log"] != self._log:
                raise SinkStopped(
                    f"{self.server.name}: the live views of shard {shard} are of another log; delete them"
                )
            self.positions[shard] = position_of(there) if there else Position()
        self._begin(missing)

    def _begin(self, shards: Sequence[int]) -> None:
        with self.server.outside():
            pipe = self.server.client.pipeline(transaction=False)
            for shard in shards:
                generation = self.generations[shard]
                values = dict(zip(_FIELDS, Position().values(self._log), strict=True))
                pipe.hset(named(shard, generation, POSITION), mapping=values)
                if not self._building:
                    pipe.set(current(shard), str(generation))
            if shards:
                pipe.execute()

    def work(self, shard: int) -> Work:
        """For one transaction of the shard."""
        return Work(shard, self.generations[shard])

    def commit(self, work: Work, after: Position) -> None:
        """Write all of `work` and the position in one transaction, or nothing. After RetryLater it may be called again.

        Raises Reopen where the shard's views are not as they were when this store last wrote.
        """
        shard = work.shard
        before = self.positions[shard]
        generation = self.generations[shard]
        keys = [named(shard, generation, POSITION), current(shard)]
        places: dict[str, int] = {}
        arguments = ["" if self._building else str(generation), *before.values(self._log), *after.values(self._log)]
        for name, key, rest in work.commands():
            if key not in places:
                keys.append(key)
                places[key] = len(keys)
            arguments += [name, str(places[key]), str(len(rest)), *rest]
        said = self._run(_COMMIT, keys, arguments)
        if said != "done":
            raise Reopen(f"{self.server.name}: shard {shard}: {said}")
        self.positions[shard] = after

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> str:
        with self.server.outside():
            return str(self.server.client.eval(script, len(keys), *keys, *arguments))

    def turning(self, shard: int, key: str, day: int, most: int) -> list[str]:
        """Members of a sorted set of the shard with a score up to `day`, the lowest first."""
        with self.server.outside():
            found: list[str] = self.server.client.zrange(
                named(shard, self.generations[shard], key), "-inf", str(day), byscore=True, offset=0, num=most
            )
        return found

    def switch(self, shard: int, before: int) -> bool:
        """Make this generation the one that is read in place of `before`. False where it is not as far yet.

        Raises Reopen where `before` is not current any more.
        """
        after = self.generations[shard]
        keys = [current(shard), named(shard, before, POSITION), named(shard, after, POSITION)]
        said = self._run(_SWITCH, keys, [str(before), str(after)])
        if said in ("overtaken", "wiped"):
            raise Reopen(f"{self.server.name}: shard {shard}: {said} while its views were made anew")
        return said == "done"


def current_generations(server: RedisServer, shards: Iterable[int]) -> dict[int, int]:
    """The generation of each shard that is to be read; none for a shard that has none. Raises RetryLater."""
    wanted = list(shards)
    with server.outside():
        pipe = server.client.pipeline(transaction=False)
        for shard in wanted:
            pipe.get(current(shard))
        found = pipe.execute()
    return {shard: int(generation) for shard, generation in zip(wanted, found, strict=True) if generation}


def positions(server: RedisServer, generations: Mapping[int, int]) -> dict[int, dict[str, str]]:
    """The hash of each shard's position; empty where there is none. Raises RetryLater."""
    with server.outside():
        pipe = server.client.pipeline(transaction=False)
        for shard, generation in generations.items():
            pipe.hgetall(named(shard, generation, POSITION))
        found: list[Any] = pipe.execute() if generations else []
    return dict(zip(generations, found, strict=True))


def forget(server: RedisServer, kept: Mapping[int, int]) -> None:
    """Take away the keys of these shards but those of the generation that is kept of each; 0 keeps none. Raises RetryLater."""
    stay = {tag(shard): f"{generation}:" for shard, generation in kept.items()}
    gone: list[str] = []
    with server.outside():
        for name in server.scan(f"{ROOT}{{*"):
            begin, _, rest = name.partition("}:")
            keep = stay.get(f"{begin}}}:")
            if keep is None or rest.startswith(keep) or (rest == "current" and keep != "0:"):
                continue
            gone.append(name)
            if len(gone) == _AT_ONCE:
                server.unlink(gone)
                gone.clear()
        server.unlink(gone)


__all__ = ["Command", "Position", "Reopen", "Store", "current_generations", "forget", "positions", "replace"]
