"""Publishing policies, taking them back, and saying which are published and where they are in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from connectors.intake import policies
from connectors.intake.policies import Published, policy_fact, withdrawal
from connectors.log.base import Log
from dataflows.intake import carry_policies
from headrace.policies.compiling import Compiled, compile_text
from headrace.policies.differences import Change, differences
from headrace.policies.in_force import Place
from headrace.policies.reading import BadPolicy
from schemas.records import Policy
from schemas.topics import NEXT_CLOCK, POLICIES

DAY_MS: Final = 86_400_000
EPOCH: Final = date(1970, 1, 1)


class Refused(Exception):
    """What may not be published or taken back; nothing was written. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """One published version. fact: what the shards get, or the proposal while nobody approved it; taken_back: the
    withdrawal, where it was."""

    number: int
    fact: Policy
    taken_back: Policy | None

    @property
    def name(self) -> str:
        return f"version {self.number}"


def day_ms(day: date) -> int:
    """The start of a day, UTC milliseconds; the first moment that is a time, where it would be none."""
    return max(NEXT_CLOCK + 1, (day - EPOCH).days * DAY_MS)


def day_of(fact: Policy) -> date | None:
    """From when on a version is to be in force; None: from the next clock on."""
    if fact.from_time <= NEXT_CLOCK:
        return None
    return datetime.fromtimestamp(fact.from_time / 1000, UTC).date()


def versions(said: Sequence[Published]) -> list[Version]:
    """Every version that was published, by number: the first record of a number counts, as it does in every shard, and
    the first proposal where there is none."""
    first: dict[int, Policy] = {}
    back: dict[int, Policy] = {}
    for entry in said:
        fact = entry.fact
        if not fact.taken_back:
            if fact.version not in first or (first[fact.version].proposed and not fact.proposed):
                first[fact.version] = fact
        elif fact.version in first:
            back.setdefault(fact.version, fact)
    return [Version(number, first[number], back.get(number)) for number in sorted(first)]


def refuse_publishing(known: Sequence[Version], compiled: Compiled, from_time: int) -> bool:
    """Whether exactly this is published already. Raises Refused where it may not be published."""
    number = compiled.version
    if number < 1:
        raise Refused(f"version: {number} is that of the policy that is built in; the first own one is 1")
    for version in known:
        if version.number == number:
            _refuse_other(version, compiled, from_time)
            return True
    highest = known[-1].number if known else 0
    if number <= highest:
        raise Refused(f"version: {number} is below version {highest}, which is published: write {highest + 1}")
    for version in known:
        if version.taken_back is None and version.fact.from_time > max(from_time, NEXT_CLOCK):
            raise Refused(
                f"{version.name} is to be in force from {day_of(version.fact)} on, later than this: it would never be. "
                f"Name that day or a later one; while it is in force nowhere, `headrace policy publish --take-back {version.number}` takes it back"
            )
    return False


def _refuse_other(version: Version, compiled: Compiled, from_time: int) -> None:
    if version.taken_back is not None:
        raise Refused(f"{version.name} was taken back: give the policy the next number")
    if version.fact.text != compiled.text:
        raise Refused(
            f"{version.name} is published with another text: give this one the next number{_first(version, compiled)}"
        )
    if version.fact.from_time != from_time:
        when = day_of(version.fact) or "the next clock"
        raise Refused(
            f"{version.name} is published from {when} on: to change the day, take it back and publish the next number"
        )


def _first(version: Version, compiled: Compiled) -> str:
    """What is other in it, for the message."""
    try:
        found: list[Change] = differences(compile_text(version.fact.text, version.name), compiled)
    except BadPolicy:
        return ""
    return "; what is other: " + ", ".join(dict.fromkeys(change.path for change in found)) if found else ""


def publish(
    log: Log, compiled: Compiled, from_time: int, now_ms: int, actor: str, note: str, proposed: bool = False
) -> bool:
    """Publish the policy by one append, or propose it; whether it was not there before. On return it is durable,
    everywhere or nowhere.

    Raises Refused before anything is written, LogUnavailable, LogRefused.
    """
    if refuse_publishing(versions(policies.published(log)), compiled, from_time):
        return False
    policies.append(log, policy_fact(compiled.version, compiled.text, from_time, now_ms, actor, note, proposed))
    (first,) = [v for v in versions(policies.published(log)) if v.number == compiled.version]
    if (first.fact.text, first.fact.from_time) != (compiled.text, from_time):
        raise Refused(
            f"{first.name} was published by {first.fact.actor or 'another'} at the same moment: that one counts"
        )
    return True


def approve(log: Log, number: int, now_ms: int, actor: str) -> bool:
    """Publish what another proposed, by one append; whether nobody had approved it before. Raises as publish."""
    found = [version for version in versions(policies.published(log)) if version.number == number]
    if not found:
        raise Refused(f"version {number} is not proposed")
    fact = found[0].fact
    if found[0].taken_back is not None:
        raise Refused(f"version {number} was taken back")
    if not fact.proposed:
        return False
    if fact.actor == actor:
        raise Refused(f"version {number} is {actor}'s own: another has to approve it")
    policies.append(
        log, policy_fact(number, fact.text, fact.from_time, now_ms, fact.actor, fact.note, approved_by=actor)
    )
    return True


def take_back(log: Log, number: int, now_ms: int, actor: str, note: str, in_force: Sequence[Place]) -> bool:
    """Take a version back that is not in force; whether it was not taken back before. Raises as publish.

    Should it take effect before this reaches the shards, all of them reject it.
    """
    found = [version for version in versions(policies.published(log)) if version.number == number]
    if not found:
        raise Refused(f"version {number} is not published")
    if in_force:
        raise Refused(f"version {number} is in force: publish another one that says what it should")
    if found[0].taken_back is not None:
        return False
    policies.append(log, withdrawal(number, now_ms, actor, note))
    return True


def carry(log: Log, directory: Path, embedded: bool) -> bool:
    """Bring what is published to every shard now, where nobody else does it; whether it is there."""
    if embedded:
        carry_policies(log, directory)
    return policies.carried_until(log) >= log.end_offsets(POLICIES)[0]
