"""A replay: what is in the input topics goes to the facts log in the order it happened, each day closed by a clock fact.

Guarantees: a restart after a kill appends what was not appended, and nothing twice: what stands in the
facts log behind the saved cursor is compared with what comes next. Facts of days that are closed already
go first, and no clock goes back. A day that is not over by the machine's clock is not closed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from connectors import dead_letters
from connectors.checking import DAY_MS
from connectors.dead_letters import DeadLetter
from connectors.intake import metrics
from connectors.intake.clockwork import ShardClock, day_end_message
from connectors.intake.outlet import Delivery, time_of
from connectors.intake.plan import START, Cursor, Plan, Planned
from connectors.intake.positions import Offsets
from connectors.log.base import Log
from connectors.placing import EVERY_SHARD
from connectors.reading import read_to_end
from connectors.steady import SteadyWriter, patiently
from schemas.codec import decode_fact, heads
from schemas.records import Customer
from schemas.topics import DEAD_LETTERS, FACTS, INPUT_TOPICS, SUSPENSE_PREFIX

BATCH_FACTS: Final = 2_000
# Between two durable cursors; a restart compares at most about so many records.
SETTLE_RECORDS: Final = 2_000
TOPIC_NUMBER: Final = {topic: number for number, topic in enumerate(INPUT_TOPICS)}


_SUSPENSE: Final = f"/{SUSPENSE_PREFIX}".encode()
_CUSTOMER: Final = heads("customer")
_FOR_OTHERS: Final = heads("payer_relation", "operator_action")


class Message(NamedTuple):
    """One record for the facts log; `kind` is for the counters."""

    shard: int
    key: bytes | None
    value: bytes


class Batch(NamedTuple):
    """Messages in order, how far the plan is sent once they are durable, and whether the flows behind must be done with them before
    more is sent."""

    messages: list[Message]
    cursor: Cursor
    waits: bool


class Collector:
    """Keeps what was received in the plan, and what was refused with the dead letters. Close it."""

    def __init__(self, log: Log, plan: Plan, give_up: Callable[[], bool]) -> None:
        self._plan = plan
        self._letters = SteadyWriter(log, DEAD_LETTERS, "intake", give_up)
        self._reached: Offsets = plan.reached()
        self._end = plan.end()
        self._first_open_ms = (plan.closed_day + 1) * DAY_MS
        self._kept: list[Planned] = []

    def keep(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            outcome = delivery.outcome
            if isinstance(outcome, DeadLetter):
                metrics.DEAD_LETTERS.labels(outcome.reason).inc()
                self._letters.send(0, None, dead_letters.encode(outcome))
            else:
                fact = outcome.fact
                metrics.FACTS.labels(fact.kind).inc()
                # A fact of a closed day without a recorded time was learned after that day.
                message = outcome.message(max(fact.event_time, self._first_open_ms))
                place = (TOPIC_NUMBER[delivery.topic], delivery.partition, delivery.offset)
                self._kept.append(Planned(time_of(fact), *place, outcome.shard, outcome.key, message))
            self._reached[delivery.topic][delivery.partition] = delivery.offset + 1
        if len(self._kept) >= BATCH_FACTS:
            self.settle()

    def settle(self) -> None:
        self._letters.flush()
        self._plan.collect(self._kept, self._reached)
        self._kept = []

    def close(self) -> None:
        self._letters.close()


def digest(message: Message) -> bytes:
    return blake2b(message.value, digest_size=16, salt=message.shard.to_bytes(2, "big")).digest()


def sent_since(log: Log, ends: Sequence[int]) -> Counter[bytes]:
    """Digests of what the facts log holds from these offsets on."""
    found: Counter[bytes] = Counter()
    present = log.end_offsets(FACTS)
    start = {shard: end for shard, end in enumerate(ends) if end < present[shard]}
    if not start:
        return found
    reader = log.reader(FACTS, start)
    try:
        for records in read_to_end(reader, {shard: present[shard] for shard in start}):
            found.update(digest(Message(record.partition, record.key, record.value)) for record in records)
    finally:
        reader.close()
    return found


def _concerns_others(fact: Planned) -> bool:
    """Whether it may lead to facts of other accounts: money whose payer has to be found, or that is for somebody else; a limit of
    several accounts."""
    if fact.value.startswith(_CUSTOMER):
        said = decode_fact(fact.value)
        return isinstance(said, Customer) and said.credit_group != ""
    return _SUSPENSE in fact.key or fact.value.startswith(_FOR_OTHERS)


def batches(plan: Plan, cursor: Cursor, clocks: Sequence[ShardClock], now_ms: int, paced: bool) -> Iterator[Batch]:
    """The rest of the plan, from the cursor on: facts by day, and after each day a clock fact for every shard whose
    clock is not there yet. Where `paced`, each day's facts wait before its clock, from the first day on of which one concerns
    other accounts: what comes of it belongs to that day."""
    last = plan.last_time()
    if last is None:
        return
    last_day = last // DAY_MS
    open_day = cursor.open_day
    # What was sent before a restart is not looked at again: there may have been such a fact.
    waits = paced and cursor[:4] != START[:4]
    while True:
        planned = plan.after(cursor, BATCH_FACTS)
        if not planned:
            break
        messages: list[Message] = []
        for fact in planned:
            day = fact.time // DAY_MS
            if open_day < 0:
                open_day = day
            if open_day < day and waits:
                yield Batch(messages, cursor._replace(open_day=open_day), True)
                messages = []
            waits = waits or (paced and _concerns_others(fact))
            while open_day < day:
                messages += _close(open_day, clocks, now_ms)
                open_day += 1
                if len(messages) >= BATCH_FACTS:
                    # A gap of years is cut too; the cursor is before this fact, with the days closed so far.
                    yield Batch(messages, cursor._replace(open_day=open_day), False)
                    messages = []
            if fact.shard == EVERY_SHARD:
                messages += [Message(shard, None, fact.value) for shard in range(len(clocks))]
            else:
                messages.append(Message(fact.shard, fact.key, fact.value))
            cursor = Cursor(*fact[:4], open_day)
        yield Batch(messages, cursor, False)
    if open_day <= last_day:
        yield Batch([], cursor, waits)
        yield Batch(_close(last_day, clocks, now_ms), cursor._replace(open_day=last_day + 1), False)


def _close(day: int, clocks: Sequence[ShardClock], now_ms: int) -> list[Message]:
    end_ms = (day + 1) * DAY_MS - 1
    if end_ms > now_ms:
        return []
    value = day_end_message(day)
    return [Message(shard, None, value) for shard, clock in enumerate(clocks) if clock.now < end_ms]


class Sender:
    """Appends batches to the facts log, less what is there already. Close it; `settle` first.

    `carry`, where there is one, is called once: when a day was closed in all shards, and is durable there.
    """

    def __init__(
        self,
        log: Log,
        plan: Plan,
        there: Counter[bytes],
        give_up: Callable[[], bool],
        carry: Callable[[], object] | None = None,
    ) -> None:
        self._carry = carry
        self._closed_day = False
        self._log = log
        self._plan = plan
        self._there = there
        self._give_up = give_up
        self._facts = SteadyWriter(log, FACTS, "intake", give_up)
        self._cursor: Cursor | None = None
        self._sent = 0

    def send(self, batch: Batch) -> None:
        for message in batch.messages:
            if self._carry is not None:
                self._carry_behind_clock(message)
            if self._there and self._is_there(message):
                continue
            self._facts.send(*message)
        self._cursor = batch.cursor
        self._sent += len(batch.messages)
        if self._sent >= SETTLE_RECORDS:
            self.settle()

    def _carry_behind_clock(self, message: Message) -> None:
        if message.key is None:
            self._closed_day = True
        elif self._closed_day and self._carry is not None:
            self._facts.flush()
            self._carry()
            self._carry = None

    def _is_there(self, message: Message) -> bool:
        """Whether the log has it already; each record there counts for one message."""
        mark = digest(message)
        count = self._there[mark]
        if count == 1:
            del self._there[mark]
        elif count:
            self._there[mark] = count - 1
        return count > 0

    def settle(self) -> None:
        """Make durable what was sent, then the cursor behind it."""
        self._facts.flush()
        if self._cursor is not None:
            ends = patiently(lambda: self._log.end_offsets(FACTS), self._give_up)
            self._plan.save_cursor(self._cursor, ends)
        self._cursor = None
        self._sent = 0

    def close(self) -> None:
        self._facts.close()
