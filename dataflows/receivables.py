"""The receivables flow: facts of a process's shards in, decisions out.

One source part polls the log for all shards, a stateful step keyed by shard lets each take its
facts in, a sink queues the decisions; the log's confirmations come back through the owner.
Positions are in the shards, so bytewax keeps no recovery store.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import bytewax.operators as op
from bytewax._bytewax import cli_main
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.log.base import LogRefused, Record
from dataflows.shards.owner import Outgoing, Owner

# A round waits this long in poll() for facts; bytewax's own idle loop of 1 ms costs more and is no faster.
ROUND_SECONDS: Final = 0.005
EPOCH: Final = timedelta(seconds=1)
# A next_awake in the past: poll() is where a round waits.
AT_ONCE: Final = datetime(2000, 1, 1, tzinfo=UTC)

ShardFacts = tuple[str, list[Record]]


class _Facts(StatefulSourcePartition[ShardFacts, None]):
    """Facts by shard, and an empty list for every shard at first: a key's logic is built on its first item."""

    def __init__(self, owner: Owner, leave: Callable[[], bool], refused: list[LogRefused]) -> None:
        self._owner = owner
        self._leave = leave
        self._refused = refused
        self._started = False

    def next_batch(self) -> Iterable[ShardFacts]:
        if self._refused or self._leave():
            raise StopIteration
        try:
            found = self._owner.poll(ROUND_SECONDS)
            self._owner.tend()
        except LogRefused as error:
            self._refused.append(error)
            return []
        if not self._started:
            self._started = True
            found = {**{number: [] for number in self._owner.open}, **found}
        return [(_key(number), records) for number, records in found.items()]

    def next_awake(self) -> datetime:
        return AT_ONCE

    def snapshot(self) -> None:
        return None


class FactsSource(FixedPartitionedSource[ShardFacts, None]):
    """One part for all shards of the process: one consumer for all partitions is what keeps latency low."""

    def __init__(self, owner: Owner, leave: Callable[[], bool], refused: list[LogRefused]) -> None:
        self._owner = owner
        self._leave = leave
        self._refused = refused

    def list_parts(self) -> list[str]:
        return ["facts"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Facts:
        return _Facts(self._owner, self._leave, self._refused)


class _ShardLogic(StatefulBatchLogic[list[Record], list[Outgoing], None]):
    """Lets one shard take its facts in."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def on_batch(self, values: list[list[Record]]) -> tuple[list[list[Outgoing]], bool]:
        decided = [self._owner.take(records[0].partition, records) for records in values if records]
        return [part for part in decided if part], StatefulBatchLogic.RETAIN

    def snapshot(self) -> None:
        return None


class _Decisions(StatefulSinkPartition[list[Outgoing], None]):
    def __init__(self, owner: Owner, number: int, refused: list[LogRefused]) -> None:
        self._owner = owner
        self._number = number
        self._refused = refused

    def write_batch(self, values: list[list[Outgoing]]) -> None:
        try:
            for decided in values:
                self._owner.send(self._number, decided)
        except LogRefused as error:
            self._refused.append(error)

    def snapshot(self) -> None:
        return None


class DecisionsSink(FixedPartitionedSink[list[Outgoing], None]):
    """Queues each shard's decisions for its partition; confirmations come through the owner."""

    def __init__(self, owner: Owner, refused: list[LogRefused]) -> None:
        self._owner = owner
        self._refused = refused
        self._numbers = {_key(number): number for number in owner.open}

    def list_parts(self) -> list[str]:
        return list(self._numbers)

    def part_fn(self, item_key: str) -> int:
        return self.list_parts().index(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Decisions:
        return _Decisions(self._owner, self._numbers[for_part], self._refused)


def _key(number: int) -> str:
    """Zero-padded: bytewax orders parts as texts."""
    return f"{number:03d}"


def receivables_flow(owner: Owner, leave: Callable[[], bool], refused: list[LogRefused]) -> Dataflow:
    """The dataflow over an owner's shards; it ends when `leave`, asked before each round, says so, or when a log
    refuses, which is in `refused` then: an exception that passes through bytewax comes out as a panic."""
    flow = Dataflow("receivables")
    facts: Any = op.input("facts", flow, FactsSource(owner, leave, refused))
    decisions = op.stateful_batch("shards", facts, lambda _: _ShardLogic(owner))
    op.output("decisions", decisions, DecisionsSink(owner, refused))
    return flow


def run_receivables(owner: Owner, leave: Callable[[], bool]) -> None:
    """Run the flow in this thread until `leave`. The owner stays open; stop and close it then.

    Raises what of LogRefused a log answered with.
    """
    refused: list[LogRefused] = []
    cli_main(receivables_flow(owner, leave, refused), epoch_interval=EPOCH)  # type: ignore[no-untyped-call]
    if refused:
        raise refused[0]
