"""The versions of the policy: each in force when its time has come, and in all shards from the same clock on."""

from dataclasses import dataclass
from typing import Final

from headrace.audit.findings import Check
from schemas.records import Decision, Policy

KIND: Final = "policy_in_force"
# A version of this day is in force from the next clock on.
NEXT_CLOCK: Final = 1


@dataclass(frozen=True, slots=True)
class _Change:
    """Where a version was first seen to take effect: in which shard, with which text, at what time of the shard."""

    shard: int
    digest: str
    when: int


class Everywhere:
    """What all shards must have in common. `finish` when all have been walked."""

    def __init__(self, check: Check) -> None:
        self._check: Final = check
        self._changes: Final[dict[int, _Change]] = {}
        # How far each shard was walked: its time, and the version in force there.
        self._reached: Final[dict[int, tuple[int, int]]] = {}

    def change(self, shard: int, version: int, digest: str, d: Decision) -> None:
        first = self._changes.setdefault(version, _Change(shard, digest, d.event_time))
        if (first.digest, first.when) != (digest, d.event_time):
            self._check.about(
                d, "policy_differs", f"version {version} took effect otherwise in shard {first.shard}, at {first.when}"
            )

    def walked(self, shard: int, now: int, version: int) -> None:
        self._reached[shard] = (now, version)

    def finish(self) -> None:
        for shard, (now, version) in self._reached.items():
            for other, change in self._changes.items():
                if other > version and change.when <= now:
                    self._check.find(
                        "policy_missing",
                        f"version {other} is in force in shard {change.shard} from {change.when} on; this shard is at "
                        f"{now} and has version {version}",
                        shard=shard,
                    )


class ShardVersions:
    """Those of one shard. `version`: the one in force."""

    def __init__(self, check: Check, shard: int, everywhere: Everywhere) -> None:
        self._check: Final = check
        self._shard: Final = shard
        self._everywhere: Final = everywhere
        self._known: Final[dict[int, Policy]] = {}
        self._waiting: Final[dict[int, Policy]] = {}
        self.version = 0

    def take(self, fact: Policy) -> None:
        """A policy fact that was not rejected."""
        if fact.taken_back:
            self._waiting.pop(fact.version, None)
        elif fact.version not in self._known:
            self._known[fact.version] = self._waiting[fact.version] = fact

    def of_next_day(self, d: Decision, now: int) -> bool:
        """Whether the decision says that a version is in force from the moment behind this clock on."""
        fact = self._waiting.get(_version(d)) if d.kind == KIND else None
        return fact is not None and fact.from_time > now

    def in_force(self, d: Decision, now: int) -> str:
        """The text that holds from this decision on; empty where it may not."""
        version = _version(d)
        fact = self._waiting.get(version)
        if fact is None or fact.from_time > max(now + 1, NEXT_CLOCK):
            self._check.about(d, "policy_not_due", f"{d.reference_id} is in force, and does not wait for this time")
            return ""
        self.version = version
        for other in [number for number in self._waiting if number <= version]:
            del self._waiting[other]
        self._everywhere.change(self._shard, version, fact.digest, d)
        return fact.text

    def clock(self, now: int, offset: int) -> None:
        """A clock was taken in, with what it put into force: none may wait any more whose time it is."""
        for version, fact in self._waiting.items():
            if fact.from_time <= now:
                self._check.find(
                    "policy_late",
                    f"version {version} should be in force from {fact.from_time} on",
                    shard=self._shard,
                    offset=offset,
                )


def _version(d: Decision) -> int:
    number = d.reference_id.removeprefix("policy:")
    return int(number) if number.isdigit() else -1
