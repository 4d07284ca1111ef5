"""What the directory keeps in Redis, with the positions it was made up to, changed together or not at all."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import redis

from schemas.records import Decision
from sinks.base import SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.transfers import Cause

# The braces keep all of it in one slot of a cluster; v2 is the version of what is in it.
PREFIX: Final = "headrace:v2:{directory}:"
# Hashes, each from a field to a JSON text. Fields are made by `key`.
DOCUMENTS: Final = "documents"  # document as folded -> [[account, document as written], ...]
PAYERS: Final = "payers"  # bank account -> [account, ...]
NAMES: Final = "names"  # name of a payer that a person explained, as folded -> [account, ...]
CALLED: Final = "called"  # account -> its customer's name, as folded
REGISTERED: Final = "registered"  # name of a customer, as folded -> [account, ...]
CUSTOMERS: Final = "customers"  # account -> [bank account, ...]
RECEIPTS: Final = "receipts"  # receipt in a suspense account -> the cause by which it was booked last
WAITING: Final = "waiting"  # receipt in a suspense account -> what is known of it
ADVISED: Final = "advised"  # money as a remittance advice names it -> [account of the advice, ...]
AWAITED: Final = "awaited"  # document, bank account, name or advice that a receipt waits for -> [receipt, ...]
REFUSED: Final = "refused"  # account -> [receipt that it did not take, ...]
STUCK: Final = "stuck"  # transfer that cannot be brought, as SHARD-SEQUENCE -> why
# Sets of receipts to judge: NEW were found in this reading, RIPE when all that was in the logs then has been read.
NEW: Final = "new"
RIPE: Final = "ripe"
_POSITION: Final = "position"


class Wiped(Exception):
    """Redis has lost what this process knew it had: everything is to be read again from the beginning."""


def key(*parts: str) -> str:
    """A field's name. Parts hold no newline: the edge refuses control characters in ids."""
    return "\n".join(parts)


@dataclass(slots=True)
class Positions:
    """Next offsets of both topics and next sequences, by shard; a shard that is missing is at 0."""

    decisions: dict[int, int] = field(default_factory=dict)
    sequences: dict[int, int] = field(default_factory=dict)
    facts: dict[int, int] = field(default_factory=dict)


class Work:
    """Fields read and changes collected; nothing is written until `Store.commit`.

    `transfers` are the decisions whose money is to be forwarded, each with the cause by which its
    receipt was booked, or None where that is not known here. `new` and `judged` are receipts.
    """

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._wanted: set[tuple[str, str]] = set()
        self._values: dict[tuple[str, str], Any] = {}
        self.changed: set[tuple[str, str]] = set()
        self.new: set[str] = set()
        self.judged: set[str] = set()
        self.ripen = False
        self.transfers: list[tuple[Decision, Cause | None]] = []

    def want(self, table: str, name: str) -> None:
        """`load` will read this field."""
        if (table, name) not in self._values:
            self._wanted.add((table, name))

    def load(self) -> None:
        """Read what is wanted and not yet here. Raises RetryLater."""
        if self._wanted:
            wanted = sorted(self._wanted)
            self._values.update(zip(wanted, self._store.read(wanted), strict=True))
            self._wanted.clear()

    def get(self, table: str, name: str) -> Any:
        """Its value, or None. It must have been loaded."""
        return self._values[table, name]

    def put(self, table: str, name: str, value: Any) -> None:
        """Change it; None takes it away."""
        self._values[table, name] = value
        self.changed.add((table, name))

    def add(self, table: str, name: str, value: Any) -> None:
        """Put `value` into the list at `name` where it is not yet in it."""
        found = self.get(table, name) or []
        if value not in found:
            self.put(table, name, [*found, value])

    def remove(self, table: str, name: str, value: Any) -> None:
        """Take `value` out of the list at `name`."""
        found = self.get(table, name) or []
        if value in found:
            self.put(table, name, [kept for kept in found if kept != value] or None)

    @property
    def values(self) -> dict[tuple[str, str], Any]:
        return self._values


class Store:
    """The directory's Redis. Every method may raise RetryLater; `read` and `commit` raise Wiped."""

    def __init__(self, server: RedisServer, log: str) -> None:
        """`log` names both topics' identities. Raises SinkStopped where another log's directory is there."""
        self._server = server
        self._stamp = ""
        self._owner = uuid.uuid4().hex
        self._round = 0
        self.positions = self._open(log)

    def _open(self, log: str) -> Positions:
        self._server.refuse_eviction()
        with self._server.outside():
            found: dict[str, str] = self._server.client.hgetall(PREFIX + _POSITION)
            if not found:
                self._stamp = f"{self._owner}:0"
                # Leftovers without a position may be anything: begin with nothing.
                names = list(self._server.scan(PREFIX + "*"))
                for at in range(0, len(names), 10_000):
                    self._server.unlink(names[at : at + 10_000])
                self._server.client.hset(PREFIX + _POSITION, mapping={"log": log, "stamp": self._stamp})
                return Positions()
        if found.pop("log") != log:
            raise SinkStopped(
                f"{self._server.name}: holds the directory of another log; give this installation "
                "a Redis (or database number) of its own, or empty it"
            )
        self._stamp = found.pop("stamp")
        positions = Positions()
        kinds = {"d": positions.decisions, "s": positions.sequences, "f": positions.facts}
        for name, value in found.items():
            kinds[name[0]][int(name[1:])] = int(value)
        return positions

    def read(self, wanted: Iterable[tuple[str, str]]) -> list[Any]:
        """Values of (hash, field), parsed, None where there is none."""
        fields: dict[str, list[str]] = {}
        order = list(wanted)
        for table, name in order:
            fields.setdefault(table, []).append(name)
        with self._server.outside():
            pipe = self._server.client.pipeline(transaction=False)
            for table, names in fields.items():
                pipe.hmget(PREFIX + table, names)
            answers = pipe.execute()
        found = {
            (table, name): None if raw is None else json.loads(raw)
            for (table, names), values in zip(fields.items(), answers, strict=True)
            for name, raw in zip(names, values, strict=True)
        }
        return [found[each] for each in order]

    def ripe(self, most: int) -> list[str]:
        """Up to `most` receipts to judge, sorted."""
        with self._server.outside():
            return sorted(self._server.client.srandmember(PREFIX + RIPE, most))

    def unjudged(self) -> int:
        """How many receipts are still to be judged."""
        with self._server.outside():
            return int(self._server.client.scard(PREFIX + NEW)) + int(self._server.client.scard(PREFIX + RIPE))

    def stuck(self) -> int:
        """How many transfers cannot be brought."""
        with self._server.outside():
            return int(self._server.client.hlen(PREFIX + STUCK))

    def commit(self, work: Work, positions: Positions) -> None:
        """Write all of `work` and the positions in one transaction. After RetryLater it may be called again.

        Raises SinkStopped where another process wrote in between, Wiped where Redis was emptied.
        """
        stamp = f"{self._owner}:{self._round + 1}"
        with self._server.outside(), self._server.client.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(PREFIX + _POSITION)
                found = pipe.hget(PREFIX + _POSITION, "stamp") or ""
                if found == self._stamp:
                    pipe.multi()
                    self._queue(pipe, work, positions, stamp)
                    pipe.execute()
                elif found != stamp:
                    self._refuse(found)
            except redis.exceptions.WatchError:
                self._refuse("another")
        self._round += 1
        self._stamp = stamp
        self.positions = positions

    def _refuse(self, found: str) -> None:
        if not found:
            raise Wiped(f"{self._server.name}: emptied while in use")
        raise SinkStopped(f"{self._server.name}: another forwarder writes to it: let one of them run")

    def _queue(self, pipe: Any, work: Work, positions: Positions, stamp: str) -> None:
        kept: dict[str, dict[str, str]] = {}
        gone: dict[str, list[str]] = {}
        for table, name in sorted(work.changed):
            value = work.values[table, name]
            if value is None:
                gone.setdefault(table, []).append(name)
            else:
                text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
                kept.setdefault(table, {})[name] = text
        for table, mapping in kept.items():
            pipe.hset(PREFIX + table, mapping=mapping)
        for table, names in gone.items():
            pipe.hdel(PREFIX + table, *names)
        if work.judged:
            pipe.srem(PREFIX + RIPE, *sorted(work.judged))
        if work.ripen:
            # By its own name: redis-py refuses it for clusters, where all of this lies in one slot.
            pipe.execute_command("SUNIONSTORE", PREFIX + RIPE, PREFIX + RIPE, PREFIX + NEW)
            pipe.delete(PREFIX + NEW)
        if work.new:
            pipe.sadd(PREFIX + NEW, *sorted(work.new))
        reached: dict[str, str | int] = {"stamp": stamp}
        reached.update({f"d{shard}": offset for shard, offset in positions.decisions.items()})
        reached.update({f"s{shard}": sequence for shard, sequence in positions.sequences.items()})
        reached.update({f"f{shard}": offset for shard, offset in positions.facts.items()})
        pipe.hset(PREFIX + _POSITION, mapping=reached)
