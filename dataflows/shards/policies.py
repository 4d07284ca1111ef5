"""The versions of the policy that a shard knows: which waits, which is in force, which was taken back.

Guarantees, each with its test in tests/dataflows/shards/test_policies.py:
- A version has one text and one day: said again it has no effect, said otherwise it is rejected.
- Nobody approves what he published himself.
- The version in force only rises. One that takes effect ends all lower ones that still wait.
- Which version is in force after a clock depends on the policy facts before that clock and on nothing else: shards
  that have the same policy facts between the same clocks change at the same clock.
"""

from hashlib import sha256
from typing import Final

from dataflows.rules.policy.policy import WrongPolicy, published
from schemas.records import Decision, Fact, PolicyState, ShardRow
from schemas.records import Policy as PolicyFact

WAITING: Final = "waiting"
IN_FORCE: Final = "in_force"
OVER: Final = "over"
TAKEN_BACK: Final = "taken_back"


def take(row: ShardRow, fact: PolicyFact) -> str:
    """Keep what the fact says; why it cannot be, or empty. A version whose time has come is not yet in force then."""
    known = _known(row, fact.version)
    if fact.taken_back:
        return _take_back(known, fact.version)
    if fact.proposed:
        return f"version_not_approved:{fact.version}"
    if fact.approved_by and fact.approved_by == fact.actor:
        return f"approved_by_its_maker:{fact.version}"
    digest = sha256(fact.text.encode()).hexdigest()
    if known is not None:
        if known.digest != digest:
            return f"version_with_other_text:{fact.version}"
        if known.from_time != fact.from_time:
            return f"version_with_other_date:{fact.version}"
        return ""
    if fact.version <= row.policy_version:
        return f"version_not_above:{row.policy_version}"
    try:
        published(fact.text)
    except WrongPolicy as error:
        return str(error)
    row.policies.append(PolicyState(fact.version, digest, fact.from_time, WAITING, fact.text))
    row.policies.sort(key=_version)
    return ""


def _take_back(known: PolicyState | None, version: int) -> str:
    if known is None:
        return f"version_unknown:{version}"
    if known.state in (IN_FORCE, OVER):
        return f"version_{known.state}:{version}"
    known.state = TAKEN_BACK
    known.text = ""
    return ""


def due(row: ShardRow, now: int) -> PolicyState | None:
    """The highest version that waits and whose time has come at `now`."""
    found: PolicyState | None = None
    for state in row.policies:
        if state.state == WAITING and state.from_time <= now:
            found = state
    return found


def put_in_force(row: ShardRow, chosen: PolicyState) -> None:
    """It is the policy from here on; what was in force, and lower ones that wait, are over."""
    for state in row.policies:
        if state.version < chosen.version and state.state in (WAITING, IN_FORCE):
            state.state = OVER
            state.text = ""
    row.policy_version = chosen.version
    row.policy_text = chosen.text
    chosen.state = IN_FORCE
    chosen.text = ""


def in_force(chosen: PolicyState, cause: Fact, origin: str, now: int) -> Decision:
    """The decision that says so: one for each shard and version. `now`: the shard's time."""
    return Decision(
        kind="policy_in_force",
        rule="policy.from_offset" if not chosen.from_time else "policy.from_time",
        origin=origin,
        cause_kind=cause.kind,
        cause_id=cause.event_id,
        event_time=now or chosen.from_time,
        recorded_time=cause.recorded_time,
        reference_id=f"policy:{chosen.version}",
        evidence=[f"from:{chosen.from_time}", f"sha256:{chosen.digest}"],
    )


def _known(row: ShardRow, version: int) -> PolicyState | None:
    for state in row.policies:
        if state.version == version:
            return state
    return None


def _version(state: PolicyState) -> int:
    return state.version
