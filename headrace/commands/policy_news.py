"""What who publishes a policy is told: that its day is past, and what it changes of the version that it replaces."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.intake.clockwork import shard_clocks
from connectors.log.base import Log
from headrace.commands.policy_tables import short
from headrace.policies.compiling import Compiled, built_in, compile_text
from headrace.policies.differences import Change, differences
from headrace.policies.explaining import in_words
from headrace.policies.publishing import Version
from schemas.topics import NEXT_CLOCK

# Changes that are told; `headrace policy diff` has them all.
MOST_TOLD: Final = 12


def day_is_past(log: Log, from_time: int) -> list[str]:
    """Where the log's clock stands behind the first day already."""
    stands = max((clock.now for clock in shard_clocks(log)), default=0)
    if from_time <= NEXT_CLOCK or stands < from_time:
        return []
    day, now = (datetime.fromtimestamp(at / 1000, UTC) for at in (from_time, stands))
    return [
        f"warning: --from {day:%Y-%m-%d} is past: the log's clock stands at {now:%Y-%m-%d %H:%M}. It takes effect at the next "
        "clock, and what was decided before stays as it is; `headrace policy try` says what it would have changed"
    ]


def replaced(known: Sequence[Version], compiled: Compiled, path: Path, where: str) -> list[str]:
    """What the new version changes of the one that goes before it, in short: it replaces all of it."""
    before = [version for version in known if version.taken_back is None and version.number < compiled.version]
    old = compile_text(before[-1].fact.text, before[-1].name) if before else built_in()
    name = before[-1].name if before else "the built-in policy"
    found = differences(old, compiled)
    lines = [f"it replaces all of {name}: what the file does not say is as built in again"] if before else []
    if not found:
        return [*lines, f"nothing is other than in {name}"]
    lines.append(f"what is other than in {name}, {len(found)} value{'s' * (len(found) > 1)}:")
    lines += [f"  {_told(change)}" for change in found[:MOST_TOLD]]
    number = before[-1].number if before else "built-in"
    if len(found) > MOST_TOLD:
        lines.append(f"  and {len(found) - MOST_TOLD} more: headrace policy diff {number} {path} {where}")
    return lines


def _told(change: Change) -> str:
    """Such as `reminders.minimum_minor for tier gold from 2026-06-01: 500, will be 700`."""
    whom = f" for {in_words(change.who)}" if change.who else ""
    days = f" from {change.first}" * (change.first is not None) + f" until {change.last}" * (change.last is not None)
    return f"{change.path}{whom}{days}: {short(change.before)}, will be {short(change.after)}"
