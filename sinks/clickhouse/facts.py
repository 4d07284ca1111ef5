"""`FactTables`: facts that say who accounts are, and policies, as rows of the dimension tables.

Guarantee: a fact that was committed is one row, however often it is given: rows of one event_id replace each other. So a
position is saved after its rows, and who comes back after a kill reads a little again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from schemas.records import AccountOwner, Customer, Fact, Policy
from sinks.base import SinkStopped
from sinks.clickhouse.connect import Database
from sinks.clickhouse.rolling import Account, Rollups
from sinks.clickhouse.schema import FIRST_DAY, FIRST_MS, LAST_DAY, LAST_MS

# Facts of other kinds only move the position, which is then saved once in so many of them.
_PASSED_BEFORE_SAVING: Final = 50_000

Row = Mapping[str, Any]


def _common(fact: Fact, shard: int, offset: int) -> dict[str, Any]:
    return {
        "shard": shard,
        "fact_offset": offset,
        "event_id": fact.event_id,
        "source": fact.source,
        "event_time": fact.event_time,
        "recorded_time": fact.recorded_time,
    }


def _account(fact: Fact) -> dict[str, Any]:
    return {"tenant": fact.tenant, "entity": fact.entity, "account_id": fact.account_id}


def _customer(fact: Customer) -> dict[str, Any]:
    said = ("name", "active", "region", "segment", "tier", "currency", "language", "terms_days", "credit_group")
    more = ("affiliate", "direct_debit", "contacts_blocked", "risk_class", "contract")
    return _account(fact) | {"country": fact.country.upper()} | {name: getattr(fact, name) for name in (*said, *more)}


def _account_owner(fact: AccountOwner) -> dict[str, Any]:
    return _account(fact) | {"role": fact.role, "owner": fact.owner, "valid_from": fact.valid_from_date}


def _policy(fact: Policy) -> dict[str, Any]:
    said = ("version", "text", "digest", "from_time", "taken_back", "actor", "note", "approved_by")
    return {name: getattr(fact, name) for name in said}


_TABLES: Final[dict[type[Fact], tuple[str, Callable[[Any], dict[str, Any]]]]] = {
    Customer: ("customer_facts", _customer),
    AccountOwner: ("account_owner_facts", _account_owner),
    Policy: ("policy_facts", _policy),
}
KINDS: Final = ("customer", "account_owner", "policy")
_DAY: Final = pa.date32()
_INSTANT: Final = pa.timestamp("ms", "UTC")
_TYPES: Final[dict[str, Any]] = {
    **dict.fromkeys(("shard",), pa.uint16()),
    **dict.fromkeys(("fact_offset",), pa.int64()),
    **dict.fromkeys(("terms_days", "version"), pa.int32()),
    **dict.fromkeys(("active", "affiliate", "direct_debit", "contacts_blocked", "taken_back"), pa.bool_()),
    **dict.fromkeys(("event_time", "recorded_time", "from_time"), _INSTANT),
    "valid_from": _DAY,
}


def _column(values: list[Any], kind: Any) -> Any:
    """Days since 1970-01-01 and UTC milliseconds as what the columns can hold."""
    if kind is _DAY:
        return pa.array([min(max(value, FIRST_DAY), LAST_DAY) for value in values], pa.int32()).cast(kind)
    if kind is _INSTANT:
        return pa.array([min(max(value, FIRST_MS), LAST_MS) for value in values], pa.int64()).cast(kind)
    return pa.array(values, kind)


def _arrow(rows: Sequence[Row]) -> Any:
    return pa.table({name: _column([row[name] for row in rows], _TYPES.get(name, pa.string())) for name in rows[0]})


class FactTables:
    """Takes facts in the order of each shard: construct, read from `start`, `add` and `passed`, then `commit`.

    `log` is the identity of the facts log; `rollups` are told which accounts are spoken of. The constructor and `commit` raise RetryLater: call again later. SinkStopped
    where the rows that are there come from another log.
    """

    def __init__(self, database: Database, log: str, rollups: Rollups) -> None:
        self._database = database
        self._rollups = rollups
        self._touched: set[Account] = set()
        self._log = log
        self._rows: dict[str, list[Row]] = {}
        self._passed = 0
        self._next: dict[int, int] = {}
        for shard, offset, other in database.rows("SELECT shard, next_offset, log FROM facts_state FINAL"):
            if other != log:
                raise SinkStopped(
                    f"{database.place.name}: its facts come from log {other}, this log is {log}: "
                    "use the log they came from, or another database"
                )
            self._next[shard] = offset

    def start(self, shard: int) -> int:
        """Offset of the facts log to read `shard` from."""
        return self._next.get(shard, 0)

    @property
    def waiting(self) -> int:
        """Rows taken and not yet committed."""
        return sum(len(rows) for rows in self._rows.values())

    def add(self, fact: Fact, shard: int, offset: int) -> None:
        """Take a fact of one of KINDS."""
        table, fields = _TABLES[type(fact)]
        # Every shard has the same policies.
        if isinstance(fact, Policy) and shard:
            return
        if not isinstance(fact, Policy):
            self._touched.add((fact.tenant, fact.entity, fact.account_id))
        self._rows.setdefault(table, []).append(fields(fact) | _common(fact, shard, offset))

    def passed(self, number: int, positions: Mapping[int, int]) -> None:
        """So many facts were read, and how far: `positions` are the next offsets."""
        self._passed += number
        self._next.update(positions)

    def commit(self, last: bool) -> None:
        """Put what was added into its tables, durably, and the position where that is worth it, or this is the `last` time."""
        if not self._rows and not (self._passed >= _PASSED_BEFORE_SAVING or (last and self._passed)):
            return
        with self._database.client() as client:
            for table, rows in sorted(self._rows.items()):
                client.insert_arrow(table, _arrow(rows), settings={"async_insert": 0})
        self._rollups.regroup(self._touched)
        with self._database.client() as client:
            client.insert_arrow("facts_state", self._state(self._next.items()), settings={"async_insert": 0})
        self._rows = {}
        self._touched = set()
        self._passed = 0

    def _state(self, positions: Iterable[tuple[int, int]]) -> Any:
        shards, offsets = zip(*positions, strict=True)
        return pa.table(
            {
                "shard": pa.array(shards, pa.uint16()),
                "next_offset": pa.array(offsets, pa.int64()),
                "log": pa.array([self._log] * len(shards), pa.string()),
            }
        )
