"""What a run that ended by itself did, for people: counted in the log and the views, before and after."""

from dataclasses import dataclass
from typing import Self

from connectors import dead_letters
from connectors.dead_letters import DeadLetter
from connectors.intake.positions import Positions
from connectors.log.base import Log
from headrace.places import views
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS

_REJECTED = "SELECT count() FROM decisions WHERE kind = 'fact_rejected'"


@dataclass(frozen=True, slots=True)
class Counted:
    """How much there was at a moment: messages that intake has read, records of the logs, dead letters."""

    read: int
    facts: int
    decisions: int
    letters: int

    @classmethod
    def now(cls, log: Log, settings: Settings) -> Self:
        """Raises LogUnavailable."""
        saved = Positions(log, settings.dir / "intake" / "positions.json").load()
        return cls(
            sum(sum(by_partition.values()) for by_partition in saved.values()),
            sum(log.end_offsets(FACTS)),
            sum(log.end_offsets(DECISIONS)),
            sum(isinstance(entry, DeadLetter) for _, entry in dead_letters.letters(log)),
        )


def rejected(settings: Settings) -> int:
    """Facts rejected since the start, of what is published. Raises SinkError."""
    asked = views(settings)
    try:
        return int(asked.ask(_REJECTED).rows[0][0])
    finally:
        asked.close()


def summary(before: Counted, after: Counted, rejections: int, where: str) -> str:
    """What was done between, a line for each flow; `where` are the options that name the installation."""
    read, letters = after.read - before.read, after.letters - before.letters
    facts, decisions = after.facts - before.facts, after.decisions - before.decisions
    refused = f", {letters:,} of them refused: headrace dead-letters {where} list" if letters else ", none refused"
    lines = [
        f"intake: {read:,} messages read{refused}",
        f"receivables: {facts:,} facts decided (clocks included), {decisions:,} decisions",
        f"publish: all {after.decisions:,} decisions are in the views",
    ]
    if rejections:
        were = "fact was" if rejections == 1 else "facts were"
        lines.append(f"{rejections:,} {were} rejected since the start: headrace rejected {where}")
    return "\n".join(lines)
