"""Reads the live views. Each answer is of one generation of its shard: a rebuild that is switched over meanwhile is read anew."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinks.base import RetryLater, SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.live.directory import fields
from sinks.redis.live.keys import (
    ABOUT,
    CARD,
    CLOCKS,
    ITEMS,
    MATTERS,
    POSITION,
    QUEUE,
    REFERENCES,
    TASK,
    TASKS,
    WORKLIST,
    current,
    matter,
    named,
    parts,
)
from sinks.redis.live.store import Position, position_of
from sinks.redis.live.values import Row

# A rebuild is switched over at most a few times while one question is asked.
_TRIES: Final = 10
_ROWS_AT_ONCE: Final = 1_000

# What one command of a question is: its name as redis-py has it, the name of its key, and the rest.
Ask = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of a sorted set with its row. `about` is its id; of an exception `rule` says who raised it."""

    account: str
    kind: str
    about: str
    rule: str
    score: int
    row: Row


class LiveViews:
    """Answers of the live views on a server that the caller closes. Methods raise RetryLater, SinkStopped."""

    def __init__(self, server: RedisServer) -> None:
        """Raises SinkStopped where none were ever written."""
        self._server: Final = server
        with server.outside():
            about = server.client.hgetall(ABOUT)
        if not about:
            raise SinkStopped(f"{server.name}: holds no live views; `headrace run publish --sink live` makes them")
        self.log: Final[str] = about["log"]
        self.shards: Final = int(about["shards"])
        self._generations: dict[int, str] = {}

    def ask(self, shard: int, asks: Sequence[Ask]) -> tuple[Position, list[Any]]:
        """Answers of one moment, and how far the shard's views were then."""
        for _ in range(_TRIES):
            generation = self._generations.get(shard, "1")
            with self._server.outside():
                pipe = self._server.client.pipeline(transaction=True)
                pipe.get(current(shard))
                pipe.hgetall(named(shard, int(generation), POSITION))
                for command, key, *rest in asks:
                    getattr(pipe, command)(named(shard, int(generation), key), *rest)
                found, position, *answers = pipe.execute()
            if found is None:
                raise RetryLater(f"{self._server.name}: the live views of shard {shard} are being made")
            if found == generation and position:
                return position_of(position), answers
            self._generations[shard] = found
        raise RetryLater(f"{self._server.name}: the live views of shard {shard} are being switched over all the time")

    def cards(self, shard: int, accounts: Sequence[str]) -> tuple[Position, list[dict[str, str]]]:
        """Cards as they are kept; empty for an account that has none."""
        return self.ask(shard, [("hgetall", f"{CARD}:{account}") for account in accounts])

    def items(self, shard: int, accounts: Sequence[str]) -> tuple[Position, list[dict[str, str]]]:
        """Open items of accounts, by document, as JSON."""
        return self.ask(shard, [("hgetall", f"{ITEMS}:{account}") for account in accounts])

    def waiting(self, shard: int, accounts: Sequence[str]) -> tuple[Position, list[tuple[set[str], set[str]]]]:
        """Of each account the fields of its open matters and its open tasks."""
        asks = [("hkeys", f"{name}:{account}") for account in accounts for name in (MATTERS, TASKS)]
        position, answers = self.ask(shard, asks)
        return position, [(set(answers[at]), set(answers[at + 1])) for at in range(0, len(answers), 2)]

    def find(self, reference: str) -> list[tuple[int, str, str, str]]:
        """What a reference may be, in any spelling: shard, kind, account and the reference as written; exact ones first, those
        with other zeros before their last digits last."""
        found: list[tuple[int, int, str, str, str]] = []
        for shard in range(self.shards):
            _, texts = self.ask(shard, [("hget", REFERENCES, field) for field in fields(reference)])
            for at, text in enumerate(texts):
                found += [(at, shard, *one) for one in json.loads(text or "[]")]
        return [one[1:] for one in sorted(found, key=lambda one: (one[4] != reference, one[0] > 0, one[2:], one[1]))]

    def worklist(self, owner: str, most: int) -> list[Entry]:
        """Open tasks by score, the highest first: those of an owner, or all."""
        found = self._ranked(WORKLIST, owner, most, highest=True)
        return sorted(found, key=lambda x: (-x.score, x.row["opened_time"], x.account, x.about))[:most]

    def queue(self, owner: str, most: int) -> list[Entry]:
        """Exceptions, proposed cash and requests for approval, the oldest first."""
        found = self._ranked(QUEUE, owner, most, highest=False)
        return sorted(found, key=lambda x: (x.score, x.account, x.kind, x.about, x.rule))[:most]

    def clocks(self, most: int) -> list[Entry]:
        """What has a deadline (`score`, UTC milliseconds), the first one first."""
        found = self._ranked(CLOCKS, "", most, highest=False)
        return sorted(found, key=lambda x: (x.score, x.account, x.kind, x.about, x.rule))[:most]

    def positions(self) -> list[Position]:
        """How far the views of each shard are."""
        return [self.ask(shard, [])[0] for shard in range(self.shards)]

    def _ranked(self, ranking: str, owner: str, most: int, highest: bool) -> Iterable[Entry]:
        """Of each shard the first `most`, and all others with the score of the last of them."""
        key = f"{ranking}:{owner}" if owner else ranking
        for shard in range(self.shards):
            _, (members,) = self.ask(shard, [("zrange", key, 0, most - 1, highest, True)])
            if len(members) == most:
                # Of those with the last score the set has an order of its own: which are first is for who asks to say.
                last = members[-1][1]
                _, (alike,) = self.ask(shard, [("zrangebyscore", key, last, last)])
                members = [one for one in members if one[1] != last] + [(name, last) for name in alike]
            for at in range(0, len(members), _ROWS_AT_ONCE):
                entries = [(*_named(name), int(score)) for name, score in members[at : at + _ROWS_AT_ONCE]]
                _, rows = self.ask(shard, [_row_of(account, kind, about) for account, kind, about, _, _ in entries])
                for (account, kind, about, rule, score), text in zip(entries, rows, strict=True):
                    row = _said_by(rule, json.loads(text)) if text else None
                    # One that is closed since is open no more.
                    if row is not None:
                        yield Entry(account, kind, about, rule, score, row)


def _named(name: str) -> tuple[str, str, str, str]:
    account, kind, about = parts(name)
    about, _, rule = about.partition("\n")
    return account, kind, about, rule


def _row_of(account: str, kind: str, about: str) -> Ask:
    if kind == TASK:
        return ("hget", f"{TASKS}:{account}", about)
    return ("hget", f"{MATTERS}:{account}", matter(kind, about))


def _said_by(rule: str, row: Row) -> Row | None:
    """Of an exception what that rule said of it, beside what all have in common."""
    if not rule:
        return row
    found = row["rules"].get(rule)
    return None if found is None else {name: value for name, value in row.items() if name != "rules"} | found
