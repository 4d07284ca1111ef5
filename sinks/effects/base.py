"""What a sink with effects outside is, and the words that the machinery and the sinks share.

A decision in the log asks for effects (`Intent`); the machinery keeps each until it is done, hands it to the sink
when it may be tried (`attempt`), keeps what came of it (`Outcome`) and brings it back as facts. A sink says what its
decisions ask for, does one attempt, and knows nothing of positions, order, waiting or crashes.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar, Final

from schemas.records import Decision, Fact

# The sinks that have effects outside, by name.
SINKS: Final = ("webhooks", "delivery", "erp")
DAY_SECONDS: Final = 86_400
# Origin of the decisions that may be sent to anyone.
LIVE: Final = "live"
# The same each time for a decision and a target, whoever computes it, so it is never made of time or chance.
_KEY_DIGITS: Final = 16


class State(StrEnum):
    """Of an effect. `waiting` is tried, and tried again; `sending` is at the outside just now; the others are ends."""

    waiting = "waiting"
    sending = "sending"
    done = "done"
    failed = "failed"
    expired = "expired"
    withdrawn = "withdrawn"
    unknown = "unknown"


OPEN: Final = (State.waiting, State.sending)


class Result(StrEnum):
    """Of one attempt.

    done: the outside has it. more: it has a part of it and takes the rest, go on at once. later: it has it not, or not all, try
    again. refused: it never will; a person is told.
    unknown: it may have it, and would not notice a second one. off: as later, and the whole target is switched off until a
    person enables it, after which this one is tried at once: what is wrong is not the effect.
    """

    done = "done"
    more = "more"
    later = "later"
    refused = "refused"
    unknown = "unknown"
    off = "off"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    detail: for people, without secrets and personal data, at most 500 characters are kept. reference: what the
    outside calls it, or empty. after_seconds: not before then, where the outside says so. parts: how many parts the outside has
    by now of what goes there in parts, for the next attempt. in_doubt: it got no answer, or was cut off, and may have arrived.
    """

    result: Result
    detail: str = ""
    reference: str = ""
    after_seconds: float = 0.0
    parts: int = 0
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """What one decision asks of one target.

    target: what is slow, away or switched off as a whole: an endpoint, a mail server, an ERP.
    kind: `event`, `reminder`, `delivery`, `statement` or `posting`: what withdraws it (withdrawals.py).
    lane: of two effects with the same target and lane the later one waits until the earlier one has ended; empty: no
    order.
    life_seconds: it expires this long after the log learned what caused it.
    bundle: intents of one fact with the same target and bundle are one effect, with all their decisions (a letter).
    not_before_ms: it is first tried then, UTC milliseconds; 0: at once.
    """

    target: str
    kind: str
    lane: str
    life_seconds: int
    bundle: str = ""
    not_before_ms: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Something outside.

    at_once: attempts at the same time, at most. keyed: it has one effect for a key however often it gets it, so an
    attempt that a crash cut off is made again; where it has not, that is `unknown`, for a person. asks_for_all: who answers
    that it wants to be left alone for a while means all that goes there, not what was sent just now.
    """

    name: str
    at_once: int
    keyed: bool
    asks_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect as it stands.

    number: its row here. key: for the outside, the same over retries, restarts and rebuilds of all but the facts log.
    decisions: in their order, without those withdrawn meanwhile; all of them where all were. attempt: which one this is,
    from 1; what went on without failing is none. rounds: how often a person had it begun again. parts: how many of its parts the
    outside has from attempts before. late: it has expired, and is only looked for (`EffectSink.look_seconds`). in_doubt: an
    attempt may have arrived, as far as anybody knows.
    """

    number: int
    key: str
    target: str
    kind: str
    lane: str
    decisions: tuple[Decision, ...]
    attempt: int
    rounds: int
    parts: int = 0
    late: bool = False
    in_doubt: bool = False

    @property
    def name(self) -> str:
        """SHARD-SEQUENCE of its first decision, as people name it."""
        return self.key.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Ending:
    """How an effect ended. at_ms: when, UTC milliseconds; the same each time it is told."""

    effect: Effect
    state: State
    detail: str
    reference: str
    at_ms: int

    def event_id(self, word: str = "") -> str:
        """The id of the fact that tells it, the same each time; `word` where one ending is told by several facts."""
        more = (f":{word}" if word else "") + (f":{self.effect.rounds}" if self.effect.rounds else "")
        return f"effect:{self.effect.target}:{self.effect.key}:{self.state.value}{more}"


class Known(ABC):
    """What a sink has learned from facts: small rows by key, in its own file, moved on together with its position.

    For the machinery's own thread only: `learn` and `prepare`.
    """

    @abstractmethod
    def get(self, key: str) -> bytes | None: ...

    @abstractmethod
    def put(self, key: str, value: bytes) -> None: ...

    @abstractmethod
    def fact(self, shard: int, offset: int) -> Fact:
        """The fact at this offset of the log. Raises LogUnavailable, SinkStopped where it is not there."""

    @abstractmethod
    def cause(self, d: Decision) -> Fact | None:
        """The fact that a decision came of; None where it is not in the log. Of an account that was parked it is not the one at
        the decision's offset, which let the account go on: then the shard's log is read through for it."""


class EffectSink(ABC):
    """One sink with effects outside. All but `attempt` and `give_up` run in the machinery's thread and must be quick."""

    # In settings, metrics and file names.
    name: ClassVar[str]
    # Kinds of facts that `learn` wants: each is learned once its shard's decisions have come past it, and before anything
    # that a decision asks for after it is prepared.
    learns: ClassVar[tuple[str, ...]] = ()
    # Kinds of decisions that `heed` wants, of history too, and of before the sink began.
    heeds: ClassVar[tuple[str, ...]] = ()
    # Whether every target has one effect for a key, those that are not set any more too.
    keyed: ClassVar[bool] = False
    # What was tried and expires gets attempts for so long that only find out whether one before them arrived.
    look_seconds: ClassVar[int] = 0

    @abstractmethod
    def targets(self) -> Sequence[Target]:
        """The targets that are set; what waits for another one, and is not `unwanted`, waits on until it expires."""

    @abstractmethod
    def intents(self, decision: Decision) -> Sequence[Intent]:
        """What a decision asks for. Pure. Never asked for decisions of history."""

    def learn(self, shard: int, offset: int, fact: Fact, known: Known) -> None:
        """Keep what will be needed of a fact of `learns`. At least once, in the order of each shard."""
        raise AssertionError(f"{self.name} wants {self.learns} and does not learn")

    def heed(self, decision: Decision, known: Known) -> None:
        """Keep what will be needed of a decision of `heeds`, before anything that it is prepared for, and before the facts up to
        its own are learned. At least once."""
        raise AssertionError(f"{self.name} wants {self.heeds} and does not heed")

    def unwanted(self, effect: Effect) -> str:
        """Why, as the sink is set now, it is not to be done any more though it was asked for; empty where it is. Asked each
        time before it is tried, and at the start of what waits for a target that is not set; it ends as withdrawn, with
        that as its reason."""
        return ""

    def prepare(self, effect: Effect, known: Known) -> Any:
        """What `attempt` needs besides the effect, which is not this attempt's yet. An Outcome ends the attempt with it at
        once."""
        return None

    @abstractmethod
    def attempt(self, effect: Effect, prepared: Any) -> Outcome:
        """Do it once, with `effect.key` as the idempotency key. In a thread of its own; must end within `seconds`.

        What the outside does wrong is an Outcome. An exception, here and in `prepare`, is a bug: this effect fails, for a
        person. SinkStopped, and what is wrong with the log, the file or the machine, stops the sink.
        """

    @property
    def seconds(self) -> float:
        """How long an attempt may take; `abandon` is called when it takes longer."""
        return 60.0

    @abstractmethod
    def abandon(self, effect: Effect) -> None:
        """Make an attempt that takes too long end (close its connection). From the machinery's thread."""

    @abstractmethod
    def retry_seconds(self, effect: Effect) -> float | None:
        """How long to wait after this attempt, which ended `later`; None: no more. Derived, never random."""

    def facts(self, ending: Ending) -> Sequence[Fact]:
        """What is told to the rules. The same facts each time: it may be asked again after a crash."""
        return ()


def effect_key(facts_identity: str, shard: int, sequence: int) -> str:
    """The idempotency key of a decision's effect: LOG-SHARD-SEQUENCE. LOG is of the facts log, so a decisions log that was
    rebuilt from it gives the same keys."""
    return f"{sha256(facts_identity.encode()).hexdigest()[:_KEY_DIGITS]}-{shard}-{sequence}"


def spread(key: str, attempt: int, part: float) -> float:
    """A factor from 1 - part to 1 + part, for waiting times: spread over the keys, the same after a restart."""
    drawn = int.from_bytes(sha256(f"{key}:{attempt}".encode()).digest()[:4]) / 0xFFFF_FFFF
    return 1 + part * (2 * drawn - 1)
