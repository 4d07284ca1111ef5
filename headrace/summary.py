"""What a run that ended by itself did, for people: counted in the log and the views, before and after."""

from dataclasses import dataclass
from typing import Self

from connectors import dead_letters
from connectors.dead_letters import DeadLetter
from connectors.intake.positions import Positions
from connectors.log.base import Log
from headrace.places import views
from headrace.policies.in_force import current, in_force
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS

_REJECTED = """
SELECT count(), countIf(fact_offset >= {begun:Array(Int64)}[shard + 1]) FROM decisions WHERE kind = 'fact_rejected'
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How much there was at a moment: messages that intake has read, facts by shard, decisions, dead letters."""

    read: int
    facts: tuple[int, ...]
    decisions: int
    letters: int

    @classmethod
    def now(cls, log: Log, settings: Settings) -> Self:
        """Raises LogUnavailable."""
        saved = Positions(log, settings.dir / "intake" / "positions.json").load()
        return cls(
            sum(sum(by_partition.values()) for by_partition in saved.values()),
            tuple(log.end_offsets(FACTS)),
            sum(log.end_offsets(DECISIONS)),
            sum(isinstance(entry, DeadLetter) for _, entry in dead_letters.letters(log)),
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Facts rejected: since the start, and of those that came in since a moment."""

    ever: int = 0
    since: int = 0

    def __str__(self) -> str:
        were = "fact was" if self.since == 1 else "facts were"
        return f"{self.since:,} {were} rejected of those that came in now, {self.ever:,} since the start"


def rejected(settings: Settings, before: Counted) -> Rejected:
    """Of what is published, and of what came in after `before`. Raises SinkError."""
    asked = views(settings)
    try:
        return Rejected(*asked.ask(_REJECTED, {"begun": list(before.facts)}).rows[0])
    finally:
        asked.close()


def policies_in_force(settings: Settings) -> dict[int, int]:
    """The version of the policy that is in force in each shard, of what is published. Raises SinkError."""
    asked = views(settings)
    try:
        return current(in_force(asked), settings.shards)
    finally:
        asked.close()


def _policy(versions: dict[int, int]) -> str:
    """In words; the same in all shards unless some have not come so far."""
    names = {
        version: f"version {version}" if version else "the built-in one" for version in sorted(set(versions.values()))
    }
    if len(names) == 1:
        return f"policy: {', '.join(names.values())} is in force in all {len(versions)} shards"
    count = [f"{name} in {sum(held == version for held in versions.values())}" for version, name in names.items()]
    return f"policy: {', '.join(count)} of {len(versions)} shards"


def summary(before: Counted, after: Counted, versions: dict[int, int], rejections: Rejected, where: str) -> str:
    """What was done between, a line for each flow, and the policy in force by shard (nothing where it cannot be told);
    `where` are the options that name the installation."""
    read, letters = after.read - before.read, after.letters - before.letters
    facts, decisions = sum(after.facts) - sum(before.facts), after.decisions - before.decisions
    refused = f", {letters:,} of them refused: headrace dead-letters {where} list" if letters else ", none refused"
    lines = [
        f"intake: {read:,} messages read{refused}",
        f"receivables: {facts:,} facts decided (clocks included), {decisions:,} decisions",
        f"publish: all {after.decisions:,} decisions are in the views",
    ]
    if versions:
        lines.append(_policy(versions))
    if rejections.ever:
        lines.append(f"{rejections}: headrace rejected {where}")
    return "\n".join(lines)
