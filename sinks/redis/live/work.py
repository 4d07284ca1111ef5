"""What one transaction of a shard reads and changes: fields of hashes and members of sorted sets, by the names in keys.py."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sinks.redis.connect import RedisServer
from sinks.redis.live.keys import named

# A command may have so many arguments: Lua's stack holds about 8,000.
_MOST_ARGUMENTS: Final = 1_000

Command = tuple[str, str, Sequence[str]]


class Work:
    """Fields read and changes collected for one shard; nothing is written until `Store.commit`.

    A key is a name of keys.py with the account or owner after it. A value that is put as it was changes nothing.
    """

    def __init__(self, shard: int, generation: int) -> None:
        self.shard: Final = shard
        self.generation: Final = generation
        self._wanted: set[tuple[str, str]] = set()
        self._wanted_whole: set[str] = set()
        self._whole: set[str] = set()
        self._before: dict[tuple[str, str], str | None] = {}
        self._now: dict[tuple[str, str], str | None] = {}
        self._fields: dict[str, set[str]] = {}
        self._ranks: dict[tuple[str, str], int | None] = {}

    def want(self, key: str, field: str) -> None:
        """`load` will read this field."""
        if (key, field) not in self._before and key not in self._whole:
            self._wanted.add((key, field))

    def want_whole(self, key: str) -> None:
        """`load` will read all fields of this hash. Only of those that are small for every account."""
        if key not in self._whole:
            self._wanted_whole.add(key)

    def get(self, key: str, field: str) -> str | None:
        """Its value; None where there is none. It must have been loaded, alone or with all of its hash."""
        where = key, field
        if where in self._now:
            return self._now[where]
        assert where in self._before or key in self._whole, f"{where} was not loaded"
        return self._before.get(where)

    def whole(self, key: str) -> dict[str, str]:
        """All fields of a hash, as changed so far. It must have been loaded whole."""
        assert key in self._whole, f"{key} was not loaded"
        values = ((field, self.get(key, field)) for field in self._fields.get(key, ()))
        return {field: value for field, value in values if value is not None}

    def put(self, key: str, field: str, value: str | None) -> None:
        """Change it; None takes it away."""
        self._now[key, field] = value
        self._fields.setdefault(key, set()).add(field)

    def rank(self, key: str, member: str, score: int | None) -> None:
        """Put a member into a sorted set; None takes it out."""
        self._ranks[key, member] = score

    def questions(self) -> tuple[list[tuple[str, list[str]]], list[str]]:
        """What is wanted and not yet here: fields by hash, and whole hashes."""
        fields: dict[str, list[str]] = {}
        for key, field in sorted(self._wanted):
            if key not in self._wanted_whole:
                fields.setdefault(key, []).append(field)
        return list(fields.items()), sorted(self._wanted_whole)

    def answered(
        self, fields: Iterable[tuple[str, list[str], list[str | None]]], whole: Iterable[tuple[str, dict[str, str]]]
    ) -> None:
        """Take in what `questions` asked for."""
        for key, names, values in fields:
            for name, value in zip(names, values, strict=True):
                self._before[key, name] = value
                self._fields.setdefault(key, set()).add(name)
        for key, found in whole:
            self._whole.add(key)
            self._fields.setdefault(key, set()).update(found)
            for name, value in found.items():
                self._before[key, name] = value
        self._wanted.clear()
        self._wanted_whole.clear()

    def commands(self) -> list[Command]:
        """What is to be done, as (command, key, arguments), in a fixed order."""
        kept: dict[str, list[str]] = {}
        gone: dict[str, list[str]] = {}
        for (key, field), value in sorted(self._now.items(), key=lambda item: item[0]):
            if value == self._before.get((key, field)):
                continue
            if value is None:
                gone.setdefault(key, []).append(field)
            else:
                kept.setdefault(key, []).extend((field, value))
        placed: dict[str, list[str]] = {}
        removed: dict[str, list[str]] = {}
        for (key, member), score in sorted(self._ranks.items(), key=lambda item: item[0]):
            if score is None:
                removed.setdefault(key, []).append(member)
            else:
                placed.setdefault(key, []).extend((str(score), member))
        found: list[Command] = []
        for name, by_key in (("HSET", kept), ("HDEL", gone), ("ZADD", placed), ("ZREM", removed)):
            for key, arguments in by_key.items():
                full = named(self.shard, self.generation, key)
                for at in range(0, len(arguments), _MOST_ARGUMENTS):
                    found.append((name, full, arguments[at : at + _MOST_ARGUMENTS]))
        return found


def load(server: RedisServer, works: Iterable[Work]) -> None:
    """Read what all of them want, in one round. Raises RetryLater."""
    asked = [(work, *work.questions()) for work in works]
    if not any(fields or whole for _, fields, whole in asked):
        return
    with server.outside():
        pipe = server.client.pipeline(transaction=False)
        for work, fields, whole in asked:
            for key, names in fields:
                pipe.hmget(named(work.shard, work.generation, key), names)
            for key in whole:
                pipe.hgetall(named(work.shard, work.generation, key))
        answers: list[Any] = pipe.execute()
    at = 0
    for work, fields, whole in asked:
        values = answers[at : at + len(fields)]
        at += len(fields)
        hashes = answers[at : at + len(whole)]
        at += len(whole)
        work.answered(
            [(key, names, value) for (key, names), value in zip(fields, values, strict=True)],
            list(zip(whole, hashes, strict=True)),
        )
